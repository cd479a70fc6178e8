import datetime
import re

import pytest

from embeddings import Document
from qa import Answer
from qa.timeline.timeline import timeline_entries
from qa.web.plots import histogram, timeline, values

DAY = datetime.date


def test_dated_answers_stand_in_order_at_their_share_of_the_time(answer) -> None:
    shown = timeline(
        [
            answer("Monday", 0.7, date=DAY(2020, 1, 11)),
            answer("rained", 0.2, date=DAY(2020, 1, 1)),
            answer("prize", 0.1, date=DAY(2020, 1, 6)),
            answer("Baker", 0.1, date=None),
            answer("won", 0.04, date=DAY(2020, 1, 20)),
        ]
    )
    assert re.findall(r">(\w+)</text>", shown) == ["rained", "prize", "Monday"]
    assert re.findall(r'cx="([\d.]+)%"', shown) == ["2.0", "50.0", "98.0"]
    assert 'aria-label="2020-01-01: rained, 20%; 2020-01-06: prize, 10%;' in shown


def test_answers_of_one_day_or_without_days_are_not_drawn(answer) -> None:
    assert timeline([]) == ""
    assert timeline([answer(), answer("Monday")]) == ""
    assert timeline([answer(), answer("Monday", date=None)]) == ""


def told(text: str, words: str, date: datetime.date) -> Answer:
    start = text.index(words)
    document = Document(id=text, text=text, date=date)
    return Answer(words, 0.7, start, start + len(words), document, context=text, context_start=0)


def test_values_stand_from_their_first_to_their_last_day() -> None:
    shown = values(
        timeline_entries(
            [
                told("The butler did it.", "butler", DAY(2020, 1, 1)),
                told("They say that it was the cook.", "cook", DAY(2020, 1, 6)),
                told("Nobody but a cook can have done it.", "cook", DAY(2020, 1, 11)),
            ]
        )
    )
    assert re.findall(r">(\w+)</text>", shown) == ["butler", "cook"]
    assert re.findall(r'cx="([\d.]+)%"', shown) == ["2.0", "50.0", "98.0"]
    assert re.findall(r'class="spell" x1="([\d.]+)%" x2="([\d.]+)%"', shown) == [
        ("2.0", "2.0"),
        ("50.0", "98.0"),
    ]
    assert shown.count("data-superseded") == 1
    assert "2020-01-01 to 2020-01-01: butler, superseded; 2020-01-06" in shown


def test_values_of_one_day_are_not_drawn(answer) -> None:
    assert values([]) == ""
    assert values(timeline_entries([answer()])) == ""


def bars(shown: str) -> dict[str, float]:
    found = re.findall(r'title="([^"]+)".*?height:([\d.]+)%', shown)
    return {title: float(height) for title, height in found}


def test_days_months_and_years_are_chosen_by_the_time_there_is() -> None:
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
def test_a_very_long_time_still_fits(first: datetime.date) -> None:
    shown = bars(histogram([first, DAY(9999, 12, 31)]))
    assert 2 < len(shown) <= 60
    assert sum(height > 0 for height in shown.values()) == 2


def test_a_bar_carries_the_days_it_stands_for() -> None:
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
def test_the_highest_bar_is_told_in_figures(last: datetime.date, said: str) -> None:
    assert f">{said}<" in histogram([DAY(2020, 1, 1), DAY(2020, 1, 1), last])


def test_undated_documents_are_counted_beside_it() -> None:
    assert "2 documents without a date" in histogram([DAY(2020, 1, 1), DAY(2020, 1, 2), None, None])
    assert histogram([DAY(2020, 1, 1), None]) == ""
    assert histogram([]) == ""
