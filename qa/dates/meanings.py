"""Functions for the rules of `qa.dates.grammar` whose meaning takes more than one expression."""

import datetime
import re
from collections.abc import Callable
from typing import TypeAlias

from qa.dates.parser import Match
from qa.dates.period import UNCLEAR, Period, day_of, shifted

Amount: TypeAlias = tuple[int, str]
"""A number and its unit: "day", "week", "month", "quarter", "year", "decade" or "century"."""

Years: TypeAlias = tuple[int, int]
"""The first and the last year, both included."""

Holiday: TypeAlias = int | tuple[int, int] | tuple[int, int, int]
"""How many days after Easter, a month and a day, or a month and its nth weekday."""

Yearly: TypeAlias = Callable[[int], Period | None]
"""The period of a year; None if that year has none, such as 29 February."""

_CERTAIN = frozenset(
    """in on since during until till throughout before after between from of by early mid late
    -""".split()
)
"""Words that occur before times but not before the verbs "may" and "march"."""

_HOLIDAY_LEADS = frozenset("on since until till before after by".split())

LEADS = _CERTAIN | frozenset("to and or for at around about through".split())
"""Words that may occur before a time."""

_SMALLER = {
    "century": (100, "year"),
    "decade": (10, "year"),
    "year": (12, "month"),
    "quarter": (3, "month"),
    "month": (30, "day"),
    "fortnight": (2, "week"),
    "week": (7, "day"),
    "day": (1, "day"),
    "hour": (1 / 24, "day"),
    "minute": (0, "day"),
    "second": (0, "day"),
}
_CALENDAR_UNITS = frozenset("day week month quarter year decade century".split())

# Times that come once a year


def _nearest(m: Match, make: Yearly, *, ahead: int = 0, weekday: int | None = None) -> Period:
    """Choose the year by the tense, or the nearest one that begins up to `ahead` days later.

    Years in which the day is another weekday are left out if there are others.
    """
    made = [make(m.anchor.year + step) for step in range(-12, 13)]
    periods = [period for period in made if period is not None]
    if m.parser.tense == "future" and not ahead:
        return next(one for one in periods if one.last >= m.anchor)
    latest = m.anchor + datetime.timedelta(days=ahead)
    begun = [one for one in periods if one.first <= latest]
    begun = [one for one in begun if one.first.weekday() == weekday] or begun
    return min(begun, key=lambda one: max((one.first - m.anchor).days, (m.anchor - one.last).days))


def _in_year(m: Match, make: Callable[[int], Period], year: int | None, which: str = "") -> Period:
    """Return the period of a year, or the last, this or the next one, or choose by the tense."""
    if year is not None:
        return make(year)
    if not which:
        return _nearest(m, make)
    periods = [make(m.anchor.year + step) for step in (-2, -1, 0, 1)]
    if which == "this":
        return periods[2]
    if which == "next":
        return next(one for one in periods if one.first > m.anchor)
    return next(one for one in reversed(periods) if one.last < m.anchor)


def _is_verb(m: Match, lead: str = "") -> bool:
    """Return whether "may" or "march" in lower case may be a verb, as also after `lead`."""
    words = m.parser.tokens[m.start : m.end]
    verbs = [word for word in words if word.text in ("may", "march") and not word.capitalized]
    return bool(verbs) and m.start > 0 and m.lead not in _CERTAIN - {lead}


def date(m: Match, month: int, day: int, last: int = 0, year: int | None = None) -> Period | None:
    """Return a day of a month, or the days from `day` to `last`."""
    if year is None and (_is_verb(m, "of") or (last and m.parser.is_counted(m.end))):
        return None  # "which of the 3 may come", "on May 5 and 6 people"

    def make(year: int) -> Period | None:
        begin, end = day_of(year, month, day), day_of(year, month, last or day)
        if begin is None or end is None or end < begin:
            return None
        return Period(begin, end, "days" if last else "day")

    if year is None:
        ahead = m.parser.days_ahead
        weekday = None if ahead else m.parser.find("on_weekday", m.start)  # a text is near its date
        return _nearest(m, make, ahead=ahead, weekday=weekday and weekday.value)
    return make(year) or UNCLEAR


def day_of_month(m: Match, day: int, container: Period | None = None) -> Period | None:
    """Return "the 5th of last month" or, for "on the 5th", the last 5th; not "the 5th floor"."""
    if container is not None:
        return container.slice("day", day - 1, 1) if container.precision == "month" else None
    if m.before != "the" or m.lead != "on" or m.parser.word(m.end).isalpha():
        return None
    days = (m.anchor - datetime.timedelta(days=back) for back in range(62))
    return next((Period.day(one) for one in days if one.day == day), None)


def numeric_days(m: Match, clear: Period, unclear: tuple[str, str, str]) -> Period | None:
    """Return "03/06/2021 to 19/06/2021": the order of one date is that of the other."""
    first, second, year = map(int, unclear)
    firsts = [int(m.parser.word(at).split("/")[0]) for at in (m.start, m.end - 1)]
    month, day = (second, first) if max(firsts) > 12 else (first, second)
    return Period.day(datetime.date(year, month, day)).to(clear) if clear.first.day > 12 else None


def days(m: Match, days: tuple[int, int], month: int, year: int | None = None) -> Period | None:
    """Return "3-5 May"."""
    return date(m, month, *days, year)


def holiday(m: Match, holiday: Holiday, year: int | None = None, which: str = "") -> Period:
    """Return the day of a holiday; without a year, it may be any year's."""

    def make(year: int) -> Period:
        if isinstance(holiday, tuple) and len(holiday) == 3:
            return nth_weekday(m, *holiday[1:], Period.month(year, holiday[0]))
        if isinstance(holiday, tuple):
            return Period.day(datetime.date(year, *holiday))
        from dateutil.easter import easter

        return Period.day(easter(year) + datetime.timedelta(days=holiday))

    if year is None and not which and m.before not in _HOLIDAY_LEADS:
        return UNCLEAR
    return _in_year(m, make, year, which)


def month(m: Match, month: int, year: int | None = None, which: str = "") -> Period | None:
    """Return a month; names that are other words as well need a year or a word before them."""
    word = m.parser.word(m.start)
    verb = _is_verb(m) and (year is None or not word.isalpha())  # "in 2018 may"
    other = month in (3, 5) or len(word) < 4 or word == "sept"
    if not which and (verb or (year is None and other and m.before not in LEADS)):
        return None
    return _in_year(m, lambda year: Period.month(year, month), year, which)


def months(m: Match, first: int, last: int, year: int | None = None) -> Period | None:
    """Return "May to July"; "November to February 2020" ends in that year."""
    if year is not None:
        return Period.month(year - (last < first), first).to(Period.month(year, last))
    begin = month(m, first)
    if m.parser.find("day", m.end) and not m.parser.is_counted(m.end + 1):
        return None  # "June to September 20"
    return begin and begin.to(Period.month(begin.first.year + (last < first), last))


def quarter(m: Match, quarter: int, year: int | None = None) -> Period:
    """Return a quarter of a year."""
    return _in_year(m, lambda year: Period.months(year, 3 * quarter - 2, 3, "quarter"), year)


def half_year(m: Match, half: int, year: int) -> Period:
    """Return a half of a year."""
    return Period.months(year, 6 * half - 5, 6, "half")


def quarters(m: Match, first: int, last: int, year: int | None = None) -> Period:
    """Return the quarters from one to another."""
    begin = quarter(m, first, year)
    return begin.to(quarter(m, last, begin.first.year))


def season(m: Match, season: int, year: int | None = None, which: str = "") -> Period | None:
    """Return a season; without a year, only "in the summer" and the like."""
    if year is None and not which and not (m.before == "the" and m.lead in _CERTAIN):
        return None
    if m.parser.word(m.start).isdigit() and m.parser.is_capitalized(m.end):
        return None  # "the 2022 Winter Olympics"
    return _in_year(m, lambda year: Period.months(year, season, 3, "season"), year, which)


def week_number(m: Match, week: int, year: int | None = None, last: int = 0) -> Period:
    """Return a week of the ISO calendar, or the weeks from one to another."""

    def make(year: int) -> Period:
        first, end = (datetime.date.fromisocalendar(year, n, 1) for n in (week, last or week))
        return Period(first, end + datetime.timedelta(days=6), "days" if last else "week")

    return _in_year(m, make, year)


# Years and more


def year_of(first: int, last: int | None = None) -> Period:
    """Return a year, or the years of "2018/19"."""
    return Period.years(first, last or first, "year")


def year(m: Match, year: int) -> Period | None:
    """Return a year, unless the number counts something: "2000 soldiers"."""
    recent = 1900 <= year <= m.anchor.year + 1 and year % 50 and m.before == "the"
    if m.parser.is_counted(m.end) and not recent:  # but "the 2018 elections"
        return None
    return year_of(year)


def years(m: Match, years: Years) -> Period | None:
    """Return "1914-18"; None for "2010-11", which is a month."""
    is_month = re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", m.parser.word(m.start))
    return None if is_month else Period.years(*years, "days")


def of_year(m: Match, year: int) -> int | None:
    """Return the year after a month or day; None for "In May, 2018 people came"."""
    return None if m.parser.word(m.start) == "," and m.parser.is_counted(m.end) else year


def year_range(m: Match, first: int, last: int) -> Period | None:
    """Return "1914 to 18"."""
    last = first // 100 * 100 + last % 100
    return Period.years(first, last, "days") if last > first else None


def decade(m: Match, decade: int, last: int | None = None) -> Period | None:
    """Return a decade, or a century for "the 1800s"; "90s" may be seconds, "nineties" an age."""
    is_certain = re.match("'|[0-9]{4}", m.parser.word(m.start)) is not None
    if not is_certain and m.before not in ("the", "early", "mid", "late", "-"):
        return None
    if last is None and decade < 2000 and decade % 100 == 0:
        return Period.years(decade, decade + 99, "century")
    return Period.years(decade, (decade if last is None else last) + 9, "decade")


def century(m: Match, ordinal: int, last: int = 0) -> Period:
    """Return a century, or those from one to another: the 19th is 1801 to 1900."""
    return Period.years(100 * ordinal - 99, 100 * (last or ordinal), "century")


# Relative to the anchor


def amount(m: Match, units: str, number: float = 1) -> Amount:
    """Return a number of whole units of the calendar; an hour is a part of a day."""
    while units not in _CALENDAR_UNITS or (number != int(number) and units != "day"):
        factor, units = _SMALLER[units]
        number *= factor
    return int(number + 0.5), units


def step(day: datetime.date, amount: Amount, sign: int = 1) -> Period:
    """Return the day, week, month, ... that is an amount of time after a day, or before it."""
    count, unit = amount
    return Period.around(shifted(day, unit, sign * count), unit)


def ago(
    m: Match, amount: Amount, more: Amount | None = None, day_word: int | None = None
) -> Period:
    """Return the day, week, ... some time before the anchor; a day for "a year ago today"."""
    day = shifted(m.anchor, amount[1], -amount[0])
    if day_word is not None:
        return Period.day(day + datetime.timedelta(days=day_word))
    return Period.around(day, amount[1]) if more is None else step(day, more, -1)


def ago_range(m: Match, number: float, last: float, units: str) -> Period:
    """Return "two or three years ago"; "a hundred and fifty years ago" is one number."""
    if number >= 100 > last:
        return ago(m, amount(m, units, number + last))
    return ago(m, amount(m, units, number)).to(ago(m, amount(m, units, last)))


def which_amount(m: Match, which: str, amount: Amount) -> Period:
    """Return "the last three weeks", up to the anchor."""
    end = shifted(m.anchor, amount[1], amount[0] * (1 if which == "next" else -1))
    return Period.day(m.anchor).to(Period.day(end))


def which_unit(m: Match, which: str, unit: str) -> Period | None:
    """Return "last week" by the calendar; "the last week", "the past week" up to the anchor."""
    rolling = which == "past" or (which == "last" and m.before == "the" and unit != "century")
    if unit in ("minute", "second") or (unit == "day" and not rolling):
        return None  # "in the last minute", "the next day"
    if rolling or unit not in _CALENDAR_UNITS:
        return which_amount(m, which, amount(m, unit))
    step = {"last": -1, "previous": -1, "this": 0, "next": 1}[which]
    return Period.around(shifted(m.anchor, unit, step), unit)


def day_word(m: Match, day_word: int) -> Period:
    """Return "yesterday"."""
    return Period.day(m.anchor + datetime.timedelta(days=day_word))


def weekend(m: Match, which: str = "") -> Period | None:
    """Return a weekend; "the weekend" is the last one that has begun."""
    if not which and m.before != "the":
        return None
    coming = m.parser.tense == "past" and m.anchor.weekday() < 5
    steps = {"": -1 if coming else 0, "this": 0, "next": 1}
    return weekend_of(m.anchor, steps.get(which, -1))


def weekend_of(day: datetime.date, weeks: int) -> Period:
    """Return the weekend of the week of a day, or some weeks later."""
    week = Period.around(day + datetime.timedelta(weeks=weeks), "week")
    return Period(week.first + datetime.timedelta(days=5), week.last, "days")


def weekday(m: Match, weekday: int, which: str = "", weeks: int = 0) -> Period:
    """Return "Monday", "last Monday", "this Monday", "next Monday" or that of some weeks later."""
    ahead = (weekday - m.anchor.weekday()) % 7
    if which == "this" or weeks:
        ahead = weekday - m.anchor.weekday() + 7 * weeks
    elif which == "next" or (not which and m.parser.tense == "future"):
        ahead = ahead or (7 if which else 0)
    else:
        ahead = ahead - 7 if ahead or which else 0
    return Period.day(m.anchor + datetime.timedelta(days=ahead))


# Relative to another time


def some_day(m: Match, container: Period) -> Period | None:
    """Return a single day: "Monday" in "Monday morning"."""
    return container if container.precision == "day" else None


def weekday_of(m: Match, weekday: int, container: Period) -> Period | None:
    """Return a day of a week: "Monday last week"."""
    if container.precision != "week":
        return None
    return nth_weekday(m, 1, weekday, container)


def nth_weekday(m: Match, nth: int, weekday: int, container: Period) -> Period:
    """Return the first, second, ... or last (-1) Monday of a period."""
    edge, weeks = (container.last, nth + 1) if nth < 0 else (container.first, nth - 1)
    ahead = (weekday - edge.weekday()) % 7
    days = 7 * weeks + (ahead - 7 if nth < 0 and ahead else ahead)
    day = edge + datetime.timedelta(days=days)
    return Period.day(day) if container.first <= day <= container.last else UNCLEAR


def nth_units(
    m: Match, nth: int, container: Period, amount: Amount | None = None, unit: str = ""
) -> Period | None:
    """Return "the first week of May", "the last three months of 2019"."""
    count, unit = amount or (1, unit)
    if unit not in _CALENDAR_UNITS or (amount and nth > 1):
        return None
    return container.slice(unit, nth - 1 if nth > 0 else -count, count) or UNCLEAR


def part(m: Match, part: str, container: Period, last: str = "") -> Period:
    """Return "early May", "earlier this year", "the end of the 1990s", "mid to late 2018"."""
    if part == "earlier":
        return Period(container.first, min(m.anchor, container.last), container.precision)
    if part == "later":
        first = m.anchor if container.last >= m.anchor else container.first
        return Period(max(first, container.first), container.last, container.precision)
    begin = container.part(part)
    return begin.to(container.part(last)) if last else begin


def same_time(m: Match, container: Period, unit: str = "month") -> Period | None:
    """Return "this time last year", "the same quarter last year"."""
    if container.precision != "year":
        return None
    return Period.around(shifted(m.anchor, "year", container.first.year - m.anchor.year), unit)


def before(m: Match, span: Amount, time: Period) -> Period:
    """Return "the day before yesterday", "the three years before 2018"."""
    begin = step(time.first, span, -1)
    if m.before != "the" or span[0] == 1:
        return begin
    return Period(begin.first, time.first - datetime.timedelta(days=1), "days")


def ending(m: Match, span: Amount, container: Period) -> Period:
    """Return "the three months to June 2018", "the year ended 31 March 2018"."""
    first = shifted(container.last + datetime.timedelta(days=1), span[1], -span[0])
    return Period(first, container.last, span[1] if span[0] == 1 else "days")


def week_from(m: Match, day: Period) -> Period:
    """Return the seven days that begin with a day."""
    return Period(day.first, day.first + datetime.timedelta(days=6), "week")
