import datetime
import tomllib
from pathlib import Path

import pytest

from qa.dates import Period, date_of

CASES = tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))
PUBLISHED = datetime.date.fromisoformat(CASES["published"])


def dated(marked: str, published: datetime.date | None = PUBLISHED) -> Period | None:
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    return date_of(text, start, end, published=published)


@pytest.mark.parametrize(("marked", "iso", "precision"), CASES["dated"])
def test_time_in_document_returns_period(marked: str, iso: str, precision: str) -> None:
    period = dated(marked)
    assert period is not None
    assert (period.iso, period.precision) == (iso, precision)


@pytest.mark.parametrize("marked", CASES["not_dated"])
def test_other_words_return_none(marked: str) -> None:
    assert dated(marked) is None


@pytest.mark.parametrize(
    ("marked", "iso"),
    [
        ("It sank on [14 September 2019].", "2019-09-14"),
        ("It was founded [in 1998].", "1998"),
        ("It was popular in [the 1990s].", "1990-01-01/1999-12-31"),
    ],
)
def test_time_with_year_needs_no_day_of_publication(marked: str, iso: str) -> None:
    period = dated(marked, None)
    assert period is not None
    assert period.iso == iso


@pytest.mark.parametrize("words", ["on [14 September]", "on [Tuesday]", "[last year]"])
def test_time_without_year_or_day_of_publication_returns_none(words: str) -> None:
    assert dated(f"It sank {words}.", None) is None


@pytest.mark.parametrize("published", [datetime.date.min, datetime.date.max])
@pytest.mark.parametrize("words", ["two days later", "two days earlier", "last year", "May 3"])
def test_time_at_limits_of_calendar_returns_none_or_period(
    words: str, published: datetime.date
) -> None:
    period = date_of(words, 0, len(words), published=published)
    assert period is None or period.first <= period.last
