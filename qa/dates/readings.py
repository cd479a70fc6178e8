"""What the matches of the grammar's rules mean: named parts of a match to a stretch of days."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Literal, TypeAlias

from qa.dates.periods import Period, day_of, shifted

__all__ = ["DECADES", "NUMBERS", "READINGS", "Direction", "Reading"]

Direction: TypeAlias = Literal["past", "near", "future"]
"""Which September "September" is: the last one that has begun, the nearest, or the next one that
is not over."""

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_WEEKDAYS = "mon tue wed thu fri sat sun".split()
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4}
_ORDINALS |= {"4th": 4, "last": 4, "final": 4}
NUMBERS = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve".split(),
        range(1, 13),
        strict=True,
    )
)
NUMBERS |= {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3, "several": 3}
DECADES = "twenties thirties forties fifties sixties seventies eighties nineties".split()
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}

Reading: TypeAlias = Callable[[re.Match[str], datetime.date, Direction], Period | None]
"""What a match means, said on a day; None when it means no time."""

_PARTS = {"beginning": "start", "middle": "mid", "close": "end"}


def _nearest(
    make: Callable[[int], Period | None], anchor: datetime.date, direction: Direction
) -> Period | None:
    """Choose the year, of those around the anchor, of a period that comes once a year."""
    made = [make(anchor.year + step) for step in range(-8, 9)]  # 29 February
    periods = [period for period in made if period is not None]
    if direction == "past":
        return max((one for one in periods if one.first <= anchor), key=lambda one: one.first)
    if direction == "future":
        return min((one for one in periods if one.last >= anchor), key=lambda one: one.first)
    return min(periods, key=lambda one: _distance(one, anchor))


def _distance(period: Period, day: datetime.date) -> int:
    return max((period.first - day).days, (day - period.last).days, 0)


def _year(match: re.Match[str], anchor: datetime.date) -> int | None:
    fields = match.groupdict()
    if fields.get("year"):
        return int(fields["year"])
    if fields.get("which_year"):
        step = {"last": -1, "this": 0, "next": 1}[fields["which_year"].lower()]
        return anchor.year + step
    return None


def _month(match: re.Match[str]) -> int:
    return _MONTHS.index(match["month"][:3].lower()) + 1


def _iso(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    year, month = int(match["year"]), int(match["number"])
    if match["day"] is None:
        return Period.month(year, month)
    day = day_of(year, month, int(match["day"]))
    return None if day is None else Period.day(day)


def _numbers(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    one, other, year = int(match["one"]), int(match["other"]), int(match["year"])
    if one <= 12 and other <= 12 and one != other:
        return None  # 3/4/2020 may be in March or in April
    day = day_of(year, other, one) if other <= 12 else day_of(year, one, other)
    return None if day is None else Period.day(day)


def _date(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    month, number = _month(match), int(match["day"])
    until = match.groupdict().get("day_to")

    def make(year: int) -> Period | None:
        first = day_of(year, month, number)
        last = first if until is None else day_of(year, month, int(until))
        if first is None or last is None or last < first:
            return None
        return Period.day(first) if until is None else Period(first, last, "days")

    year = _year(match, anchor)
    return _nearest(make, anchor, direction) if year is None else make(year)


_OTHER_WORDS = re.compile(r"May|March|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?")
_BEFORE_MONTH = re.compile(
    r"\b(?:in|since|before|after|until|till|by|from|to|and|between|during|of|through|throughout|"
    r"around|for|on|or|late|early)\s+$",
    re.I,
)
"""What tells the month from "May we", "the Women's March" and Jan, a name."""


def _named_month(
    match: re.Match[str], anchor: datetime.date, direction: Direction
) -> Period | None:
    month = _month(match)
    year = _year(match, anchor)
    if _OTHER_WORDS.fullmatch(match[0]) and not _BEFORE_MONTH.search(match.string[: match.start()]):
        return None
    whole = (
        _nearest(lambda year: Period.month(year, month), anchor, direction)
        if year is None
        else Period.month(year, month)
    )
    return None if whole is None else _part(match, whole)


def _part(match: re.Match[str], whole: Period) -> Period:
    named = match.groupdict().get("part")
    if named is None:
        return whole
    word = named.lower().split()[0]
    return whole.part(_PARTS.get(word, word))


def _which_month(
    match: re.Match[str], anchor: datetime.date, direction: Direction
) -> Period | None:
    month = _month(match)
    which = match["which"].lower()
    if which == "this":
        return Period.month(anchor.year, month)
    over = Period.month(anchor.year, month)
    if which in ("last", "past", "previous"):
        back = over.last >= anchor
        return Period.month(anchor.year - 1, month) if back else over
    return over if over.first > anchor else Period.month(anchor.year + 1, month)


_COUNTED = re.compile(r"\s+(?!was\b|is\b|does\b|has\b|this\b|as\b|its\b)(?:[a-z]+s|people)\b")


def _plain_year(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    if _COUNTED.match(match.string, match.end()):
        return None  # 2000 soldiers
    return _part(match, Period.year(int(match["year"])))


def _quarter(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    number = int(match["q"]) if match["q"] else _ORDINALS[match["ordinal"].lower()]
    return _slice(match, anchor, direction, 3 * number - 2, 3, "quarter")


def _half(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    return _slice(match, anchor, direction, 6 * _ORDINALS[match["ordinal"].lower()] - 5, 6, "half")


def _season(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    month = _SEASONS[match["season"].lower()]
    which = match.groupdict().get("which")
    if which is None:
        whole = _slice(match, anchor, direction, month, 3, "season")
        return None if whole is None else _part(match, whole)
    if which.lower() == "this":
        return Period.months(anchor.year, month, 3, "season")
    over = [Period.months(anchor.year + step, month, 3, "season") for step in (-2, -1, 0, 1)]
    if which.lower() in ("last", "past", "previous"):
        return max((one for one in over if one.last < anchor), key=lambda one: one.first)
    return min((one for one in over if one.first > anchor), key=lambda one: one.first)


def _slice(
    match: re.Match[str],
    anchor: datetime.date,
    direction: Direction,
    month: int,
    count: int,
    precision: str,
) -> Period | None:
    year = _year(match, anchor)
    if year is None and match.groupdict().get("of_the_year"):
        year = anchor.year
    if year is not None:
        return Period.months(year, month, count, precision)
    return _nearest(lambda year: Period.months(year, month, count, precision), anchor, direction)


def _decade(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    if match["name"]:
        first = 1920 + 10 * DECADES.index(match["name"].lower())
    else:
        first = int(match["decade"])
        if first < 100:
            first += 1900 if first > anchor.year % 100 else 2000
    decade = Period.years(first, first + 9, "decade")
    return decade if match["part"] is None else _part(match, decade)


def _century(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    first = 100 * (int(match["century"]) - 1)
    century = Period.years(max(first + 1, 1), first + 100, "century")
    return century if match["part"] is None else _part(match, century)


def _which_unit(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    which, unit = match["which"].lower(), match["unit"].lower()
    if which == "past" or (which == "last" and match["the"]):
        return Period(shifted(anchor, unit, -1), anchor, "days")
    step = {"last": -1, "previous": -1, "this": 0, "current": 0}.get(which, 1)
    day = shifted(anchor, unit, step)
    whole = Period.around(day, unit)
    if match["part"] is None:
        return whole
    part = match["part"].lower()
    if part == "earlier":
        return Period(whole.first, min(anchor, whole.last), whole.precision)
    if part == "later":
        return Period(max(anchor, whole.first), whole.last, whole.precision)
    return _part(match, whole)


def _the_unit(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    return _part(match, Period.around(anchor, match["unit"].lower()))


def _count(match: re.Match[str]) -> int:
    said = " ".join(match["count"].lower().split())
    return int(said) if said.isdigit() else NUMBERS[said]


def _last_units(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    unit = match["unit"].lower()
    if match["which"].lower() in ("next", "coming", "following"):
        return Period(anchor, shifted(anchor, unit, _count(match)), "days")
    return Period(shifted(anchor, unit, -_count(match)), anchor, "days")


def _ago(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    unit = match["unit"].lower()
    ahead = match["back"].lower().startswith("from")
    return Period.around(shifted(anchor, unit, _count(match) * (1 if ahead else -1)), unit)


_WEEKS = {"first": 0, "second": 7, "third": 14, "fourth": 21}


def _week_in(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    month = _named_month(match, anchor, direction)
    if month is None:
        return None
    six = datetime.timedelta(days=6)
    if match["ordinal"].lower() == "last":
        return Period(month.last - six, month.last, "week")
    first = month.first + datetime.timedelta(days=_WEEKS[match["ordinal"].lower()])
    return Period(first, first + six, "week")


_DAY_WORDS = {"day before yesterday": -2, "yesterday": -1, "last night": -1, "overnight": -1}
_DAY_WORDS |= {"tomorrow": 1, "day after tomorrow": 2}


def _day_word(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    step = _DAY_WORDS.get(" ".join(match["said"].lower().split()), 0)
    return Period.day(anchor + datetime.timedelta(days=step))


def _weekend(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    this = Period.weekend(anchor)
    which = (match["which"] or "").lower()
    week = datetime.timedelta(days=7)
    if which in ("last", "past", "previous") or (
        not which and direction != "future" and this.first > anchor
    ):
        return Period.weekend(anchor - week)
    return Period.weekend(anchor + week) if which in ("next", "coming") else this


def _weekday(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    number = _WEEKDAYS.index(match["weekday"][:3].lower())
    which = (match["which"] or "").lower()
    back = (anchor.weekday() - number) % 7
    if which == "this":
        return Period.day(Period.week(anchor).first + datetime.timedelta(days=number))
    if match["last_week"]:
        monday = Period.week(anchor).first
        weeks = {"last": -7, "this": 0, "next": 7}[match["last_week"].lower()]
        return Period.day(monday + datetime.timedelta(days=number + weeks))
    if which in ("next", "coming") or (not which and direction == "future"):
        ahead = (number - anchor.weekday()) % 7
        return Period.day(anchor + datetime.timedelta(days=ahead if ahead or not which else 7))
    return Period.day(anchor - datetime.timedelta(days=7 if which and not back else back))


def _week_of(match: re.Match[str], anchor: datetime.date, direction: Direction) -> Period | None:
    named = _date(match, anchor, direction)
    if named is None:
        return None
    week = datetime.timedelta(days=6)
    how = match["how"].lower()
    if how in ("ending", "to"):
        return Period(named.first - week, named.first, "week")
    if how in ("beginning", "starting", "commencing", "from"):
        return Period(named.first, named.first + week, "week")
    return Period.week(named.first)


READINGS: dict[str, Reading] = {
    "iso": _iso,
    "numbers": _numbers,
    "day month": _date,
    "month day": _date,
    "days month": _date,
    "month days": _date,
    "month": _named_month,
    "small month": _named_month,
    "which month": _which_month,
    "year": _plain_year,
    "quarter": _quarter,
    "half": _half,
    "season": _season,
    "the season": _season,
    "which season": _season,
    "decade": _decade,
    "century": _century,
    "which unit": _which_unit,
    "the unit": _the_unit,
    "week in": _week_in,
    "last units": _last_units,
    "ago": _ago,
    "day": _day_word,
    "weekend": _weekend,
    "weekday": _weekday,
    "week of": _week_of,
    "week of month day": _week_of,
}
"""By the rule of the grammar."""
