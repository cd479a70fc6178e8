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


def told(marked: str) -> tuple[str, str] | None:
    period = dated(marked)
    return None if period is None else (period.iso, period.precision)


@pytest.mark.parametrize(("marked", "iso", "precision"), CASES["dated"])
def test_words_for_a_time_are_dated_from_the_day_of_publication(
    marked: str, iso: str, precision: str
) -> None:
    assert told(marked) == (iso, precision)


@pytest.mark.parametrize("marked", CASES["not_dated"])
def test_other_words_are_not(marked: str) -> None:
    assert told(marked) is None


def test_without_a_day_of_publication_only_what_names_its_year_is_dated() -> None:
    for marked, iso in (
        ("It sank on [14 September 2019].", "2019-09-14"),
        ("It was founded [in 1998].", "1998"),
        ("It was popular in [the 1990s].", "1990-01-01/1999-12-31"),
    ):
        period = dated(marked, None)
        assert period is not None
        assert period.iso == iso
    for marked in ("It sank on [14 September].", "It sank on [Tuesday].", "It sank [last year]."):
        assert dated(marked, None) is None


@pytest.mark.parametrize("published", [datetime.date.min, datetime.date.max])
@pytest.mark.parametrize("words", ["two days later", "two days earlier", "last year", "May 3"])
def test_a_document_of_the_calendars_last_day_is_no_trouble(
    words: str, published: datetime.date
) -> None:
    period = date_of(words, 0, len(words), published=published)
    assert period is None or period.first <= period.last
