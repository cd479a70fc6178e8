"""Times written in digits, without spaces: "2018-05-07", "06/2018", "1914-18", "2018Q1", "FY18".

The order of the numbers is read only if it is certain:

- The year is first (2018-05-07, 2018/5/7), or it is last and one of the others is over 12 or both
  are the same (10/31/2017, 5/5/2017). 3/4/2020 may be in March or in April: its days are unknown.
  With full stops the day is first (3.4.2020).
- Two numbers are a month and a year (06/2018, 2018-06) or two years (1914-18, 2015-2018). With a
  slash the years follow each other: 2010/11 is two years, 2010-11 is November.
- "06/2018", "30-6-20" and "20180507" can also be numbers of laws and parts: they are times only
  after a word such as "in".
"""

import datetime
import re
from collections.abc import Callable
from typing import TypeAlias

from qa.dates.period import UNCLEAR, Period, day_of

_Match: TypeAlias = re.Match[str]
_Day: TypeAlias = datetime.date


def _full_year(text: str, anchor: _Day) -> int:
    """Read a year of four or two digits; "'18" is the latest such year up to ten years ahead."""
    number = int(text.lstrip("'"))
    if number >= 100:
        return number
    year = anchor.year - anchor.year % 100 + number
    return year if year <= anchor.year + 10 else year - 100


def _integer(match: _Match, _: _Day) -> int:
    return int(next(filter(None, match.groups())))


def _day(year: int, month: int, day: int) -> Period:
    made = day_of(year, month, day)
    return UNCLEAR if made is None else Period.day(made)


def _year_last(match: _Match, anchor: _Day) -> Period:
    one, other, year = int(match[1]), int(match[3]), _full_year(match[4], anchor)
    if match[2] != "." and one <= 12 and other <= 12 and one != other:
        return UNCLEAR
    return _day(year, other, one) if other <= 12 else _day(year, one, other)


def _years(match: _Match, _: _Day) -> tuple[int, int] | None:
    first, last = int(match[1]), int(match[3])
    if last < 100:
        last += first - first % 100 + (100 if last == 0 and first % 100 == 99 else 0)
    if last <= first or (match[2] == "/" and last != first + 1):
        return None
    return first, last


def _year_first(match: _Match, _: _Day) -> Period:
    return _day(int(match[1]), int(match[3]), int(match[4]))


def _month(match: _Match, _: _Day) -> Period:
    return Period.month(int(match["year"]), int(match["month"]))


def _part_of_year(match: _Match, anchor: _Day) -> Period:
    count, precision = (3, "quarter") if match["part"] == "q" else (6, "half")
    month = count * (int(match["number"]) - 1) + 1
    return Period.months(_full_year(match["year"], anchor), month, count, precision)


def _iso_week(match: _Match, _: _Day) -> Period:
    try:
        day = datetime.date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        return UNCLEAR
    return Period.around(day, "day" if match[3] else "week")


def _amount(match: _Match, _: _Day) -> tuple[str, int]:
    units = {"h": "hour", "d": "day", "w": "week", "y": "year", "m": "month"}
    return units[match[2][0]], int(match[1])


def _decade(match: _Match, anchor: _Day) -> int | None:
    number = int(match[1])
    if number < 100:  # the last one that has begun
        number += anchor.year // 100 * 100
        return number if number <= anchor.year else number - 100
    return number if number >= 1000 else None


def _fiscal_years(match: _Match, anchor: _Day) -> tuple[int, int]:
    return _full_year(match[1], anchor), _full_year(match[2] or match[1], anchor)


_YEAR = "(1[0-9]{3}|20[0-9]{2})"
_ANY_YEAR = "(1[0-9]{3}|20[0-9]{2}|'?[0-9]{2})"
_NUMBER = "([0-9]{1,2})"
_TWO = f"{_NUMBER}([-/.]){_NUMBER}\\2"
_ROWS: tuple[tuple[str, str, Callable[[_Match, _Day], object]], ...] = (
    ("number", r"[0-9]{1,4}(?:\.[0-9])?", lambda match, _: float(match[0])),
    ("ordinal", f"{_NUMBER}(?:st|nd|rd|th)", _integer),
    ("day", "(0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?", _integer),
    ("day_code", "([12]?[0-9]|3[01])(?:st|nd|rd|th)", _integer),
    ("days", f"{_NUMBER}[-–/]{_NUMBER}", lambda match, _: (int(match[1]), int(match[2]))),
    ("year", f"{_YEAR}|'[0-9]{{2}}", lambda match, day: _full_year(match[0], day)),
    ("short_year", "[0-9]{2}", lambda match, day: _full_year(match[0], day)),
    ("early_year", "([1-9][0-9]{0,3})", _integer),
    ("years", f"{_YEAR}([-–/])({_YEAR}|[0-9]{{2}})", _years),
    ("fiscal_years", f"[fc]y{_ANY_YEAR}(?:[-/–]([0-9]{{2,4}}))?", _fiscal_years),
    ("decade", "'?([0-9]{1,3}0)'?s", _decade),
    ("week", "w?([0-9]{1,2})", _integer),
    ("week_code", "w([0-9]{1,2})", _integer),
    ("quarter_code", "q([1-4])|([1-4])q", _integer),
    ("half_code", "h([12])|([12])h", _integer),
    ("amount_code", "([0-9]{1,3})(h|d|w|y|hr|wk|yr|mo|mth)s?", _amount),
    ("numeric", f"{_YEAR}([-/.]){_NUMBER}\\2{_NUMBER}(?:t[0-9].*)?", _year_first),
    ("numeric", _TWO + _YEAR, _year_last),
    ("unclear_day", f"{_NUMBER}/{_NUMBER}/{_YEAR}", lambda match, _: match.groups()),
    ("numeric_after", f"{_TWO}([0-9]{{2}})", _year_last),
    ("numeric_after", f"{_YEAR}()([0-9]{{2}})([0-9]{{2}})", _year_first),
    ("numeric_after", f"(?P<month>0?[1-9](?=[-/])|0[1-9]|1[0-2])[-/.](?P<year>{_YEAR})", _month),
    ("numeric", f"(?P<year>{_YEAR})[-/](?P<month>0[1-9]|1[0-2])", _month),
    ("numeric", f"(?P<number>[1-4])(?P<part>[qh])(?P<year>{_ANY_YEAR})", _part_of_year),
    ("numeric", f"(?P<year>{_YEAR})(?P<part>[qh])(?P<number>[1-4])", _part_of_year),
    ("numeric", f"{_YEAR}-?w([0-9]{{2}})(?:-?([1-7]))?", _iso_week),
)

PATTERNS = {
    name: [(re.compile(pattern), convert) for other, pattern, convert in _ROWS if other == name]
    for name, _, _ in _ROWS
}
"""By class: a regular expression, and a function that returns the value, or None if it has none."""
