"""Ranges of days that time expressions name: a day, a month, a quarter, a century."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from dateutil.relativedelta import relativedelta

_DAYS_IN = {"day": 1, "week": 7}
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}
_ONE_DAY = datetime.timedelta(days=1)

_PARTS = {"week": ("day", 7, 2), "month": ("day", 30, 7), "year": ("month", 12, 2)}
_PARTS |= {"decade": ("year", 10, 2), "century": ("year", 100, 17)}
"""By precision: the unit that divides a period, its number, and its number in "start" or "end"."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: datetime.date
    last: datetime.date
    precision: str
    """"day", "week", "month", "quarter", "half", "season", "year", "decade" or "century"; "days"
    for any other range. A part of a longer period ("early September") has the precision of that
    period."""

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    @property
    def iso(self) -> str:
        """ISO 8601, as precise as the words: 2020-09-16, 2020-09, 2020, or first/last day."""
        characters = {"day": 10, "month": 7, "year": 4}.get(self.precision)
        if characters is not None:
            return self.first.isoformat()[:characters]
        return f"{self.first.isoformat()}/{self.last.isoformat()}"

    @classmethod
    def day(cls, day: datetime.date) -> Period:
        """Return the period of one day."""
        return cls(day, day, "day")

    @classmethod
    def months(cls, year: int, month: int, count: int, precision: str) -> Period:
        """Return `count` whole months, starting with `month` (1 to 12)."""
        first = datetime.date(year, month, 1)
        return cls(first, first + relativedelta(months=count - 1, day=31), precision)

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """Return a month, 1 to 12."""
        return cls.months(year, month, 1, "month")

    @classmethod
    def years(cls, first: int, last: int, precision: str) -> Period:
        """Return whole years, both included."""
        return cls(datetime.date(first, 1, 1), datetime.date(last, 12, 31), precision)

    @classmethod
    def around(cls, day: datetime.date, unit: str) -> Period:
        """Return the day, week, month, quarter, year, decade or century that contains a day."""
        if unit == "day":
            return cls.day(day)
        if unit == "week":
            monday = day - datetime.timedelta(days=day.weekday())
            return cls(monday, monday + datetime.timedelta(days=6), "week")
        count = _MONTHS_IN[unit]
        first_year = 1 if unit == "century" else 0  # the 19th century began in 1801
        passed = ((day.year - first_year) * 12 + day.month - 1) // count * count
        return cls.months(first_year + passed // 12, passed % 12 + 1, count, unit)

    def to(self, other: Period) -> Period:
        """Return the range from the earlier to the later of two periods."""
        return Period(min(self.first, other.first), max(self.last, other.last), "days")

    def slice(self, unit: str, start: int, count: int) -> Period | None:
        """Return `count` units of the period; None where they do not lie in it.

        Args:
            unit: as for `shifted`.
            start: index of the first one; negative values count from the end.
            count: how many.
        """
        origin = self.last + _ONE_DAY if start < 0 else self.first
        first = shifted(origin, unit, start)
        last = shifted(origin, unit, start + count) - _ONE_DAY
        if first < self.first or last > self.last:
            return None
        return Period(first, last, unit if count == 1 else "days")

    def half(self, number: int) -> Period:
        """Return the first (1) or the second (2) half."""
        unit, count = "month", _MONTHS_IN.get(self.precision, 1)
        if count % 2:
            unit, count = "day", self.days
        middle = shifted(self.first, unit, count // 2)
        first, last = (self.first, middle - _ONE_DAY) if number == 1 else (middle, self.last)
        return Period(first, last, "half")

    def part(self, name: str) -> Period:
        """Return a part of the period, with the precision of the whole.

        Args:
            name: "early", "mid" or "late" (a third); "start" or "end" (two months of a year, two
                years of a decade, a week of a month, two days of a week, a sixth of anything else).
        """
        if self.precision == "day":
            return self
        default = ("day", self.days, max(self.days // 6, 1))
        unit, count, edge = _PARTS.get(self.precision, default)
        third, two_thirds = -(-count // 3), -(-2 * count // 3)
        first = {"mid": third, "late": two_thirds, "end": -edge}.get(name, 0)
        end = {"early": third, "mid": two_thirds, "start": edge}.get(name)
        origin = self.last + _ONE_DAY if first < 0 else self.first
        last = self.last if end is None else shifted(self.first, unit, end) - _ONE_DAY
        return Period(shifted(origin, unit, first), last, self.precision)


UNCLEAR = Period(datetime.date.min, datetime.date.min, "unclear")
"""A time whose days are unknown: no part of its words is read as another time."""


def day_of(year: int, month: int, day: int) -> datetime.date | None:
    """Return a date; None if the calendar has no such day."""
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def shifted(day: datetime.date, unit: str, count: int) -> datetime.date:
    """Move a day by a number of units; the 31st moves to the last day of a shorter month.

    Args:
        day: where to start.
        unit: "day", "week", "month", "quarter", "year", "decade" or "century".
        count: how many units; negative values go back.

    Raises:
        OverflowError, ValueError: the result is outside the calendar.
    """
    if unit in _DAYS_IN:
        return day + datetime.timedelta(days=count * _DAYS_IN[unit])
    return day + relativedelta(months=count * _MONTHS_IN[unit])
