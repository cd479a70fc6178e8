"""A document's date, title and dateline, as its own first lines or its file name state them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

__all__ = [
    "Header",
    "dateline",
    "file_name_date",
    "leading_date",
    "leading_title",
    "news_header",
    "parse_date",
]

_DATE_CHARACTERS = 60
_TITLE_CHARACTERS = 120
_LEADING_LINES = 5
_LEADING_CHARACTERS = 5_000

_TIME = r"[T\s]\s*\d[\d:.,+\s-]*[A-Za-z]{0,5}"
_YEAR_FIRST = re.compile(rf"([12]\d{{3}})([-/.]?)(\d\d?)\2(\d\d?)(?:{_TIME})?", re.ASCII)
_COMPACT_DAY = re.compile(r"\d{8}", re.ASCII)
_NEWS_HEADER = re.compile(r"\s*date ([12]\d{3}-\d\d-\d\d)(?:[ \t]+(.*))?(?:\n|\Z)", re.ASCII)
_DATE_LABEL = re.compile(r"(?:date|published)[ \t]*:[ \t]*", re.IGNORECASE)
_STATED_DAY = re.compile(r"[^\W\d_]{3}|\d{4}-", re.ASCII)
_FILE_NAME_DAY = re.compile(
    r"(?<![^\W_])(?:([12]\d{3})([-_.])(\d\d)\2(\d\d)|((?:19|20)\d\d)(\d\d)(\d\d))(?![^\W_])"
)

_CAPITALS = r"[^\W\d_a-z](?:[^\W\d_a-z]|\.)*"  # other alphabets' small letters: `isupper` below
_PLACE = (
    rf"(?P<city>{_CAPITALS}(?:[ '’/-]{_CAPITALS}){{0,4}})"
    r"(?:, [^\W_][^,()–—−]{0,30}){0,3}"  # region, day of the month
)
_DATELINE = re.compile(rf"{_PLACE}\s*(?:\([^()]{{2,40}}\))?\s*(?:--?|[–—−])(?:\s+(?P<lead>.*)|$)")
_DATELINE_ALONE = re.compile(rf"{_PLACE}(?:\s*[-–—−]\s*.{{2,40}})?$")
_AGENCIES = frozenset({"AFP", "ANSA", "BBC", "CNN", "DPA", "NPR", "REUTERS", "TASS", "UPI"})


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line of a dated news file states."""

    date: datetime.date
    title: str


def parse_date(value: str) -> datetime.date | None:
    """Read a date with or without time and zone; the day is the one written, never converted.

    None where day, month or a year of four digits (1000 to 2999) is missing, and where 03/04/2020
    could be March or April.
    """
    value = value.strip()
    if not value or len(value) > _DATE_CHARACTERS:
        return None
    year_first = _YEAR_FIRST.fullmatch(value)
    if year_first is not None:
        compact = not year_first[2]
        if compact and not _COMPACT_DAY.match(value):
            return None
        return _day(year_first[1], year_first[3], year_first[4])

    # Slow to import, and most documents state their dates in the form above.
    from dateutil import parser

    # The parser fills missing parts from the default and guesses the order of numbers: what
    # changes with either was not stated.
    readings = set()
    defaults = (datetime.datetime(2000, 1, 1), datetime.datetime(2004, 2, 2))
    for default, day_first in product(defaults, (False, True)):
        try:
            moment = parser.parse(value, default=default, dayfirst=day_first, ignoretz=True)
        except (ValueError, OverflowError):
            return None
        readings.add(moment.date())
    day = readings.pop()
    if readings or not 1000 <= day.year <= 2999 or str(day.year) not in value:
        return None
    return day


def _day(year: str, month: str, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None


def news_header(text: str) -> Header | None:
    """Read the first line of a dated news file, ` date 2020-09-16 Headline`."""
    match = _NEWS_HEADER.match(text)
    if match is None:
        return None
    day = parse_date(match[1])
    if day is None:
        return None
    return Header(date=day, title=" ".join((match[2] if match[2] is not None else "").split()))


def dateline(text: str) -> str | None:
    """Name the city in capitals that a report comes from, as "ANKARA" in "ANKARA (Reuters) - ".

    It opens one of the first paragraphs, before a dash; under a news header it may have a line of
    its own.
    """
    header = _NEWS_HEADER.match(text)
    lines = _leading_lines(text, header.end() if header else 0)
    for number, line in enumerate(lines):
        match = _DATELINE.match(line)
        if match is None and header is not None and number == 0:
            match = _DATELINE_ALONE.match(line)
        if match is not None and _is_dateline(match):
            return match["city"]
    return None


def _is_dateline(match: re.Match[str]) -> bool:
    city = match["city"]
    lead = match.groupdict().get("lead")
    headline = lead is not None and lead.isupper()
    letters = sum(character.isalpha() for character in city)
    return city.isupper() and letters > 2 and city not in _AGENCIES and not headline


def leading_date(text: str) -> datetime.date | None:
    """Read a date that has one of the first lines for itself, as "Date: 2020-09-16" or bare."""
    days = map(_line_date, _leading_lines(text))
    return next((day for day in days if day is not None), None)


def _line_date(line: str) -> datetime.date | None:
    label = _DATE_LABEL.match(line)
    if label is not None:
        return parse_date(line[label.end() :])
    # Bare numbers may be anything: a month's name is asked for, or the year first.
    return parse_date(line) if _STATED_DAY.search(line) else None


def leading_title(text: str) -> str:
    """Take the first line for the title when it stands apart: short, no sentence, text below it.

    Returns "" otherwise. A line with the date may stand above or below the title.
    """
    lines = [line.strip() for line in text[:_LEADING_CHARACTERS].lstrip().split("\n")]
    while lines and (not lines[0] or _line_date(lines[0]) is not None):
        del lines[0]
    if len(lines) < 3 or not any(lines[1:]):
        return ""
    title, below = lines[:2]
    apart = not below or _line_date(below) is not None
    return title if apart and len(title) <= _TITLE_CHARACTERS and title[-1] not in ".!?:;," else ""


def file_name_date(name: str) -> datetime.date | None:
    """Read a date that stands in a file's name, as 2020-09-16 or 20200916."""
    for match in _FILE_NAME_DAY.finditer(name):
        day = _day(*(match.group(1, 3, 4) if match[1] else match.group(5, 6, 7)))
        if day is not None:
            return day
    return None


def _leading_lines(text: str, start: int = 0) -> Iterator[str]:
    lines = (line.strip() for line in text[start : start + _LEADING_CHARACTERS].split("\n"))
    return islice(filter(None, lines), _LEADING_LINES)
