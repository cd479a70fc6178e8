import datetime
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings import DateRange
from qa.dates import Preference, TimeRange, parse_time_range, recent

CASES = tomllib.loads((Path(__file__).parent / "time_ranges.toml").read_text(encoding="utf-8"))
AS_OF = CASES["as_of"]


def parsed(question: str, as_of: str = AS_OF) -> list[str] | None:
    found = parse_time_range(question, datetime.date.fromisoformat(as_of))
    if found is None:
        return None
    after = "" if found.after is None else found.after.isoformat()
    return [question[found.start : found.end], after, found.before.isoformat()]


def is_hard(question: str) -> bool:
    found = parse_time_range(question, datetime.date.fromisoformat(AS_OF))
    return found is not None and found.hard


def without_time(question: str) -> str:
    found = parse_time_range(question, datetime.date.fromisoformat(AS_OF))
    return question if found is None else found.question_without_time(question)


@pytest.mark.parametrize(("question", "expected"), [(row[0], row[1:]) for row in CASES["soft"]])
def test_time_in_question_returns_soft_range(question: str, expected: list[str]) -> None:
    assert parsed(question) == expected
    assert not is_hard(question)


@pytest.mark.parametrize(("question", "expected"), [(row[0], row[1:]) for row in CASES["hard"]])
def test_time_of_publication_returns_hard_range(question: str, expected: list[str]) -> None:
    assert parsed(question) == expected
    assert is_hard(question)


@pytest.mark.parametrize("question", CASES["none"])
def test_question_without_time_returns_none(question: str) -> None:
    assert parsed(question) is None


@pytest.mark.parametrize(
    ("as_of", "question", "expected"), [(row[0], row[1], row[2:]) for row in CASES["other_days"]]
)
def test_range_counts_from_day_of_asking(as_of: str, question: str, expected: list[str]) -> None:
    assert parsed(question, as_of) == expected


def test_table_has_enough_rows() -> None:
    assert len(CASES["soft"]) + len(CASES["hard"]) + len(CASES["other_days"]) >= 450
    assert len(CASES["none"]) >= 120


def test_day_with_year_precedes_time_relative_to_day_of_asking() -> None:
    question = "Who left this week, in the week of 3 June 2020, and on Monday?"
    assert parsed(question) == ["in the week of 3 June 2020", "2020-06-01", "2020-06-07"]
    found = parsed("Who won for the first time since 2006 this week?")
    assert found is not None
    assert found[0] == "this week"


@pytest.mark.parametrize("question", ["", "?", "in " * 3000, "1 to 2 to 3 May 99999", "in 0000"])
def test_question_at_limits_of_calendar_returns_none_or_range(question: str) -> None:
    assert parse_time_range(question, datetime.date.min) is None
    found = parse_time_range(question, datetime.date.max)
    assert found is None or found.before <= datetime.date.max


def test_time_before_first_year_returns_none() -> None:
    assert parse_time_range("Who was king 100 decades ago?", datetime.date(900, 1, 1)) is None


def test_preference_falls_with_distance_from_range() -> None:
    days = DateRange(datetime.date(2020, 5, 1), datetime.date(2020, 5, 10))
    preference = Preference(days, half_life=5)
    nearness = [
        preference.nearness(datetime.date(2020, month, day))
        for month, day in ((5, 1), (5, 10), (5, 15), (5, 20), (4, 26))
    ]
    assert nearness == [1, 1, 0.5, 0.25, 0.5]
    assert preference.nearness(None) == 0


def test_open_range_prefers_last_day() -> None:
    may = TimeRange(datetime.date(2020, 5, 1), datetime.date(2020, 5, 31), 0, 3, hard=False)
    assert may.preference == Preference(may.dates, half_life=31)
    day = TimeRange(may.before, may.before, 0, 3, hard=False)
    assert day.preference.half_life > 1
    until = TimeRange(None, may.before, 0, 3, hard=True)
    assert until.preference == recent(may.before)
    assert until.dates == DateRange(before=may.before)


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("Who won in May?", "Who won?"),
        ("In May 2020, who won the prize?", "who won the prize?"),
        ("In 2018: who won?", "who won?"),
        ("Who resigned last week over it?", "Who resigned over it?"),
        ("Who resigned in 2018, and why?", "Who resigned, and why?"),
        ("What was the profit in 2019/20?", "What was the profit?"),
        ("What happened in 1914-18?", "What happened?"),
        ("What was decided on 2017/Oct/31?", "What was decided?"),
        ("What was popular in the '90s?", "What was popular?"),
        ("What happened on Monday morning?", "What happened?"),
        ("What happened in Nov/Dec 1975?", "What happened?"),
        ("Who spoke on May Day 2018?", "Who spoke?"),
        ("Who resigned half a year ago?", "Who resigned?"),
        ("Who resigned more than two years ago in Kolm?", "Who resigned in Kolm?"),
        ("Which day last week was wet?", "Which day was wet?"),
        ("What happened, in 2018, in Kolm?", "What happened, in Kolm?"),
        ("What changed so far in August?", "What changed?"),
        ("What changed some ten years ago?", "What changed?"),
    ],
)
def test_adverbial_of_time_is_removed(question: str, rest: str) -> None:
    assert without_time(question) == rest


@pytest.mark.parametrize(
    "question",
    [
        # The phrase says more than when.
        "Who has won since May?",
        "Who won between 1 and 15 May?",
        "Who won in 2018 and 2019?",
        "Who won the cup of 2018?",
        "What is the latest count?",
        "What was the profit in FY2018?",
        # The rest would be a fragment.
        "Who yesterday?",
        "Who won the 2018 World Cup?",
        "Who scored in the 2018 World Cup?",
        "Who won last year's cup?",
        "Who won in last year's final?",
        "Who won the May 2018 election?",
        "Was the profit higher in 2018 than in 2019?",
        "What was the profit compared with last year?",
        "What happened back in 2018?",
        "What was yesterday?",
        "Who (in 2018) resigned?",
        "In May, 2018 people came from where?",
        "What was the profit in 2018 alone?",
        "What happened exactly in 2018?",
        "What happened in April, May and June 2018?",
    ],
)
def test_question_is_unchanged_if_the_rest_would_be_a_fragment(question: str) -> None:
    assert parsed(question) is not None
    assert without_time(question) == question


MONTHS = ["January", "Feb.", "mar", "May", "june", "SEPT", "December"]
YEARS = ["2018", "1975", "'18", "1999"]
TIMES = st.one_of(
    st.builds("{} {}".format, st.sampled_from(MONTHS), st.sampled_from(YEARS)),
    st.builds(
        "{}{} {} {}".format,
        st.integers(1, 28),
        st.sampled_from(["", "th", "-30"]),
        st.sampled_from(MONTHS),
        st.sampled_from(YEARS),
    ),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["2018", "30/6", "30.6", "06", "1914"]),
        st.sampled_from(["-", "/", ".", "–", " ", ""]),
        st.sampled_from(["05-07", "Oct/31", "20", "2018", "18", "Q1", "H2", "W23", "August"]),
    ),
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["Q1", "1Q", "H1", "FY", "the first half of", "quarter 2", "the end of"]),
        st.sampled_from(["of", "", "/", "-"]),
        st.sampled_from(YEARS),
    ),
    st.builds(
        "{} {}{}".format,
        st.sampled_from(["the early", "the mid-", "the", "the late", "his"]),
        st.sampled_from(["'90s", "nineties", "1990s", "19th century", "nineteenth century"]),
        st.sampled_from(["", " BC", "'s", " and 2000s"]),
    ),
    st.builds(
        "{} {} {}".format,
        st.sampled_from(
            ["last", "the last", "the past", "a", "two", "half a", "1.5", "more than 2"]
        ),
        st.sampled_from(["year", "weeks", "24 hours", "month and a half", "century", "Monday"]),
        st.sampled_from(["", "ago", "ago today", "of 2018", "of the war", "and a half", "morning"]),
    ),
)
LEADS = st.sampled_from(
    ["in", "on", "at", "during", "", "of", "since", "before", "over", "than in"]
)
FRAMES = st.sampled_from(
    [
        "What was the profit {}?",
        "Who led the council {}",
        "{}, who led the council?",
        "What happened {} in Kolm?",
        "Who ({}) led the council?",
        "Who led the council {} of Kolm?",
        "What did the {} report say?",
        "Was the profit higher {} than before?",
        "How many {} people died?",
    ]
)


@settings(deadline=None)
@given(frame=FRAMES, lead=LEADS, time=TIMES)
def test_question_without_time_is_frame_or_whole_question(frame: str, lead: str, time: str) -> None:
    phrase = f"{lead} {time}".strip()
    question = frame.format(phrase)
    whole = " ".join(frame.format("").split()).replace(" ?", "?").strip(" ,")
    assert " ".join(without_time(question).split()) in (whole, " ".join(question.split()))
