import datetime
import tomllib
from pathlib import Path

import pytest

from embeddings import DateRange
from qa.dates import Preference, TimeRange, parse_time_range, recent

CASES = tomllib.loads((Path(__file__).parent / "time_ranges.toml").read_text(encoding="utf-8"))
AS_OF = datetime.date.fromisoformat(CASES["as_of"])


def understood(question: str) -> tuple[str, str, str, str] | None:
    window = parse_time_range(question, AS_OF)
    if window is None:
        return None
    return (
        question[window.start : window.end],
        window.after.isoformat() if window.after else "",
        window.before.isoformat(),
        "hard" if window.hard else "soft",
    )


def test_at_least_95_in_100_of_the_listed_questions_are_understood() -> None:
    wrong = [
        (question, understood(question))
        for hardness in ("soft", "hard")
        for question, *expected in CASES[hardness]
        if understood(question) != (*expected, hardness)
    ]
    wrong += [
        (question, understood(question)) for question in CASES["none"] if understood(question)
    ]
    count = sum(len(CASES[name]) for name in ("soft", "hard", "none"))
    assert count >= 150
    assert len(wrong) <= 0.05 * count, wrong


def test_a_time_named_with_its_year_goes_before_one_that_hangs_on_the_day_of_asking() -> None:
    assert understood("Who left this week, in the week of 3 June 2020, and on Monday?") == (
        "in the week of 3 June 2020",
        "2020-06-01",
        "2020-06-07",
        "soft",
    )
    week = understood("Who won for the first time since 2006 this week?")
    assert week is not None
    assert week[0] == "this week"


@pytest.mark.parametrize("question", ["", "?", "in " * 3000, "1 to 2 to 3 May 99999", "in 0000"])
def test_any_text_may_be_a_question(question: str) -> None:
    assert parse_time_range(question, datetime.date.min) is None
    parse_time_range(question, datetime.date.max)


def test_the_years_of_a_calendar_are_not_left() -> None:
    assert parse_time_range("Who was king 100 decades ago?", datetime.date(900, 1, 1)) is None


def test_preferred_are_the_days_of_a_window_and_the_more_the_nearer() -> None:
    days = DateRange(datetime.date(2020, 5, 1), datetime.date(2020, 5, 10))
    preference = Preference(days, half_life=5)
    nearness = [
        preference.nearness(datetime.date(2020, month, day))
        for month, day in ((5, 1), (5, 10), (5, 15), (5, 20), (4, 26))
    ]
    assert nearness == [1, 1, 0.5, 0.25, 0.5]
    assert preference.nearness(None) == 0


def test_a_window_prefers_its_days_and_an_open_one_its_last_day() -> None:
    may = TimeRange(datetime.date(2020, 5, 1), datetime.date(2020, 5, 31), 0, 3, hard=False)
    assert may.preference == Preference(may.dates, half_life=31)
    day = TimeRange(may.before, may.before, 0, 3, hard=False)
    assert day.preference.half_life > 1
    until = TimeRange(None, may.before, 0, 3, hard=True)
    assert until.preference == recent(may.before)
    assert until.dates == DateRange(before=may.before)


@pytest.mark.parametrize(
    ("question", "bare"),
    [
        ("Who won in May?", "Who won?"),
        ("In May 2020, who won the prize?", "who won the prize?"),
        ("Who resigned last week over it?", "Who resigned over it?"),
        ("Who won the 2018 World Cup?", "Who won the 2018 World Cup?"),
        ("Who has won since May?", "Who has won since May?"),
        ("Who won between 1 and 15 May?", "Who won between 1 and 15 May?"),
        ("What is the latest count?", "What is the latest count?"),
        ("Who yesterday?", "Who yesterday?"),
    ],
)
def test_a_phrase_that_only_says_when_can_be_left_out(question: str, bare: str) -> None:
    window = parse_time_range(question, AS_OF)
    assert window is not None
    assert window.question_without_time(question) == bare
