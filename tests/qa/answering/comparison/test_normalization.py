import datetime
import random

import pytest

from qa.answering.comparison.normalization import Value, agree, equal_places, value_at, value_of
from qa.answering.conflicts import conflict
from qa.dates import Period
from tests.qa.answering.answer_pairs import COMPATIBLE, CONTRADICTING, DIFFERENT, EQUAL, span_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("48 million crowns", Value("number", "48000000", "crown")),
        ("$48m", Value("number", "48000000", "dollar")),
        ("$1,234,567.50", Value("number", "1234567.5", "dollar")),
        ("about 5,400 visitors", Value("number", "5400", "visitor", "about")),
        ("More than 40,000", Value("number", "40000", bound="over")),
        ("-5 degrees", Value("number", "-5", "degree")),
        ("forty-eight", Value("number", "48")),
        ("12%", Value("number", "0.12", "ratio")),
        ("two thirds", Value("number", "2/3", "ratio")),
        ("1.5 km", Value("number", "1500", "metre")),
        ("two and a half hours", Value("number", "9000", "second")),
        ("$12 an hour", Value("number", "1/300", "dollar/second")),
        ("three to five days", Value("range", "259200..432000", "second")),
        ("3 to 5", Value("range", "3..5")),
        ("2nd", Value("ordinal", "2")),
        ("3 pm", Value("time", "15:00")),
        ("v2.3.1", Value("version", "2.3.1")),
        ("Sept. 15", Value("date", "--09-15")),
        ("3 May 2021", Value("date", "2021-05-03")),
        ("not in Libya", Value("words", "libya", negated=True)),
        ("Mrs Berg", Value("words", "berg", "female")),
        ("Boeing 737", Value("words", "boeing 737")),
        ("the Harbour Street’s", Value("words", "harbour street")),
        ("007", Value("words", "007")),
        ("...", Value("words", "...")),
        ("", Value("words", "")),
    ],
)
def test_answer_is_normalised_to_its_value(text: str, value: Value) -> None:
    assert value_of(text) == value


def test_answer_that_names_days_is_a_date() -> None:
    tuesday = Period.day(datetime.date(2020, 9, 15))
    assert value_of("Tuesday", tuesday) == Value("date", "2020-09-15")
    assert value_of("after Tuesday", tuesday) == Value("date", "2020-09-15", bound="after")


def test_words_next_to_an_answer_change_its_value() -> None:
    text = "The crew of under 40 men is not in Libya; the vice president flew 2000 miles in 2000."

    def value(words: str, number: int = 0) -> Value:
        start = text.index(words) if not number else text.rindex(words)
        return value_at(text, start, start + len(words))

    assert value("40") == Value("number", "40", "man", "under")
    assert value("Libya") == Value("words", "libya", negated=True)
    assert value("president") == Value("words", "vice president")
    assert value("2000").unit == "metre"
    assert value("2000", -1) == Value("date", "2000")


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_answers_agree(one: str, other: str) -> None:
    values = value_at(*span_of(one)), value_at(*span_of(other))
    assert agree(*values)
    assert agree(*reversed(values))
    assert not conflict(*values)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_answers_do_not_agree(one: str, other: str) -> None:
    values = value_at(*span_of(one)), value_at(*span_of(other))
    assert not agree(*values)
    assert not agree(*reversed(values))


@pytest.mark.parametrize(("one", "other"), CONTRADICTING)
def test_contradicting_answers_conflict(one: str, other: str) -> None:
    values = value_at(*span_of(one)), value_at(*span_of(other))
    assert conflict(*values)
    assert conflict(*reversed(values))


@pytest.mark.parametrize(("one", "other"), COMPATIBLE)
def test_compatible_answers_do_not_conflict(one: str, other: str) -> None:
    values = value_at(*span_of(one)), value_at(*span_of(other))
    assert not conflict(*values)
    assert not conflict(*reversed(values))


def test_groups_of_equal_values_do_not_depend_on_the_order() -> None:
    marked = [one for pair in (*EQUAL, *DIFFERENT) for one in pair]
    values = list({value_at(*span_of(one)) for one in marked})

    def groups() -> set[frozenset[Value]]:
        places = equal_places(values)
        return {
            frozenset(value for value, own in zip(values, places, strict=True) if own == place)
            for place in places
        }

    first = groups()
    for seed in range(5):
        random.Random(seed).shuffle(values)
        assert groups() == first


def test_number_without_unit_joins_the_only_unit_of_its_amount() -> None:
    bare, passengers, crew = (value_of(text) for text in ("214", "214 passengers", "214 crew"))
    assert equal_places([bare, passengers]) == [0, 0]
    assert equal_places([passengers, bare]) == [0, 0]
    assert equal_places([passengers, bare, crew]) == [0, 1, 2]
    assert equal_places([value_of("5"), value_of("5 km"), value_of("5000 m")]) == [0, 0, 0]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("40 people", "51 people", True),
        ("under 40", "over 40", True),
        ("3 May 2021", "5 May 2021", True),
        ("in Libya", "not in Libya", True),
        ("the president of Tarsia", "the vice president of Tarsia", True),
        ("Republic of the Congo", "Democratic Republic of the Congo", True),
        ("the leak", "a leak in the parser", False),
        ("Ankara", "Moscow", False),
        ("40", "Moscow", False),
        ("five", "5", False),
    ],
)
def test_only_numbers_negation_or_distinguishing_words_conflict(
    one: str, other: str, expected: bool
) -> None:
    assert conflict(value_of(one), value_of(other)) is expected
    assert conflict(value_of(other), value_of(one)) is expected


def test_month_does_not_conflict_with_a_day_in_it() -> None:
    may = Value("date", "2021-05")
    assert not conflict(may, Value("date", "2021-05-03"))
    assert conflict(may, Value("date", "2021-06-03"))


def test_day_or_year_in_a_longer_period_does_not_conflict_with_it() -> None:
    nineties = Value("date", "1990-01-01/1999-12-31")
    assert not conflict(nineties, Value("date", "1994"))
    assert conflict(nineties, Value("date", "1989"))


def test_qualified_value_joins_the_plain_one_if_no_other_qualifier() -> None:
    plain, up, down = (value_of(text) for text in ("4%", "up 4%", "down 4%"))
    assert equal_places([plain, up]) == [0, 0]
    assert equal_places([up, plain, down]) == [0, 1, 2]


def test_long_text_of_quantities_is_words() -> None:
    assert value_of("1 m " * 10_000).kind == "words"
    assert value_of("not " * 10_000 + "so").negated is False


def test_short_form_joins_the_only_matching_name() -> None:
    short, full, other = (value_of(text) for text in ("A. Berg", "Ada Berg", "Anna Berg"))
    longest = value_of("Ada K. Berg")
    assert equal_places([short, full]) == [0, 0]
    assert equal_places([full, longest, short]) == [0, 0, 0]
    assert equal_places([full, short, other]) == [0, 1, 2]
    assert equal_places([value_of("15:00 CET"), value_of("15:00"), value_of("15:00 EST")]) == [
        0,
        1,
        2,
    ]
