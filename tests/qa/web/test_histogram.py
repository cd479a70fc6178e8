import datetime
import re

import pytest

from qa.web.histogram import histogram

DAY = datetime.date


def bars(shown: str) -> dict[str, float]:
    found = re.findall(r'title="([^"]+)".*?height:([\d.]+)%', shown)
    return {title: float(height) for title, height in found}


def test_bars_are_days_months_or_years_depending_on_the_range() -> None:
    days = bars(histogram([DAY(2020, 2, 27), DAY(2020, 3, 1), DAY(2020, 3, 1)]))
    assert list(days) == [
        "27 February 2020: 1 document",
        "28 February 2020: 0 documents",
        "29 February 2020: 0 documents",
        "1 March 2020: 2 documents",
    ]
    assert list(days.values()) == [50, 0, 0, 100]
    months = bars(histogram([DAY(2019, 11, 30), DAY(2020, 2, 29)]))
    assert [name.split(":")[0] for name in months] == [
        "November 2019",
        "December 2019",
        "January 2020",
        "February 2020",
    ]
    years = bars(histogram([DAY(2010, 1, 1), DAY(2019, 12, 31)]))
    assert [name[:4] for name in years] == [str(year) for year in range(2010, 2020)]


@pytest.mark.parametrize("first", [DAY(1, 1, 1), DAY(999, 1, 1), DAY(1700, 6, 1)])
def test_very_long_range_has_at_most_60_bars(first: datetime.date) -> None:
    shown = bars(histogram([first, DAY(9999, 12, 31)]))
    assert 2 < len(shown) <= 60
    assert sum(height > 0 for height in shown.values()) == 2


def test_histogram_is_empty_if_few_documents_are_dated() -> None:
    dates = [DAY(2020, 1, 31), DAY(2020, 4, 1)]
    assert histogram([*dates, *[None] * 18]) != ""
    assert histogram([*dates, *[None] * 19]) == ""


def test_bar_has_its_first_and_last_day() -> None:
    shown = histogram([DAY(2020, 1, 31), DAY(2020, 4, 1)])
    assert 'data-after="2020-02-01" data-before="2020-02-29"' in shown


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (DAY(2020, 1, 3), "up to 2 a day"),
        (DAY(2020, 8, 1), "up to 2 a month"),
        (DAY(2040, 1, 1), "up to 2 a year"),
        (DAY(2300, 1, 1), "up to 2 in 5 years"),
    ],
)
def test_highest_count_is_shown(last: datetime.date, said: str) -> None:
    assert f">{said}<" in histogram([DAY(2020, 1, 1), DAY(2020, 1, 1), last])


def test_undated_documents_are_counted_below() -> None:
    assert "2 documents without a date" in histogram([DAY(2020, 1, 1), DAY(2020, 1, 2), None, None])
    assert histogram([DAY(2020, 1, 1), None]) == ""
    assert histogram([]) == ""
