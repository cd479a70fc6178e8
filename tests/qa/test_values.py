import datetime

import pytest

from qa.dates import Period
from qa.values import Value, agree, value_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("48 million crowns", Value("number", "48000000", "crown")),
        ("$48 million", Value("number", "48000000", "dollar")),
        ("$48m", Value("number", "48000000", "dollar")),
        ("about 5,400 visitors", Value("number", "5400", "visitor")),
        ("More than 40,000", Value("number", "40000")),
        ("nine", Value("number", "9")),
        ("forty-eight", Value("number", "48")),
        ("two hundred people", Value("number", "200", "person")),
        ("5.9", Value("number", "5.9")),
        ("12%", Value("number", "12", "%")),
        ("12 percent", Value("number", "12", "%")),
        ("three to five", Value("words", "three to five")),
        ("3 to 5", Value("words", "3 to 5")),
        ("Boeing 737", Value("words", "boeing 737")),
        ("the Harbour Street’s", Value("words", "harbour street")),
        ("...", Value("words", "")),
    ],
)
def test_words_are_brought_into_their_normal_form(text: str, value: Value) -> None:
    assert value_of(text) == value


def test_a_date_is_its_day() -> None:
    assert value_of("Tuesday", Period.day(datetime.date(2020, 9, 15))) == Value(
        "date", "2020-09-15"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("214", "214 passengers"),
        ("$5", "five dollars"),
        ("The Hague", "the hague"),
        ("Captain Ewa Lindqvist", "Ewa Lindqvist"),
        ("President Biden", "Biden"),
    ],
)
def test_what_says_the_same_agrees(one: str, other: str) -> None:
    assert agree(value_of(one), value_of(other))
    assert agree(value_of(other), value_of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("214 passengers", "214 crew"),
        ("214", "215"),
        ("York", "New York"),
        ("Ankara", "Moscow"),
        ("1998", "nineteen"),
        ("...", "Moscow"),
    ],
)
def test_what_says_something_else_does_not(one: str, other: str) -> None:
    assert not agree(value_of(one), value_of(other))
    assert not agree(value_of(other), value_of(one))
