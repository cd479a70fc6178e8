"""Stretches of days that a phrase stands for: a day, a month, a year, a decade."""

from __future__ import annotations

import calendar
import datetime
from dataclasses import dataclass

__all__ = ["Period", "day_of", "shifted"]


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: datetime.date
    last: datetime.date
    precision: str
    """What was named: "day", "week", "month", "quarter", "half", "season", "year", "decade" or
    "century"; "days" for any other stretch. A part of a month or a year ("early September") has
    the precision of the whole, and its own days."""

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def iso(self) -> str:
        """ISO 8601, as exact as the words were: 2020-09-16, 2020-09, 2020, or first/last day."""
        match self.precision:
            case "day":
                return self.first.isoformat()
            case "month":
                return self.first.isoformat()[:7]
            case "year":
                return self.first.isoformat()[:4]
            case _:
                return f"{self.first.isoformat()}/{self.last.isoformat()}"

    @classmethod
    def day(cls, day: datetime.date) -> Period:
        """Make the period of one day."""
        return cls(day, day, "day")

    @classmethod
    def week(cls, day: datetime.date) -> Period:
        """Make the week around a day, Monday to Sunday."""
        monday = day - datetime.timedelta(days=day.weekday())
        return cls(monday, monday + datetime.timedelta(days=6), "week")

    @classmethod
    def weekend(cls, day: datetime.date) -> Period:
        """Make the Saturday and Sunday of the week around a day."""
        week = cls.week(day)
        return cls(week.first + datetime.timedelta(days=5), week.last, "days")

    @classmethod
    def months(cls, year: int, month: int, count: int, precision: str) -> Period:
        """Make the period of so many whole months, from the given one (1 to 12) on."""
        year_after, ending = divmod(year * 12 + month - 1 + count - 1, 12)
        last = calendar.monthrange(year_after, ending + 1)[1]
        return cls(
            datetime.date(year, month, 1), datetime.date(year_after, ending + 1, last), precision
        )

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """Make the period of a month, 1 to 12."""
        return cls.months(year, month, 1, "month")

    @classmethod
    def years(cls, first: int, last: int, precision: str) -> Period:
        """Make the period of whole years, both included."""
        return cls(datetime.date(first, 1, 1), datetime.date(last, 12, 31), precision)

    @classmethod
    def year(cls, year: int) -> Period:
        """Make the period of a year."""
        return cls.years(year, year, "year")

    @classmethod
    def around(cls, day: datetime.date, unit: str) -> Period:
        """Make the day, week, month, quarter, year or decade that a day lies in."""
        match unit:
            case "day":
                return cls.day(day)
            case "week":
                return cls.week(day)
            case "month":
                return cls.month(day.year, day.month)
            case "quarter":
                return cls.months(day.year, (day.month - 1) // 3 * 3 + 1, 3, "quarter")
            case "year":
                return cls.year(day.year)
            case _:
                return cls.years(day.year // 10 * 10, day.year // 10 * 10 + 9, "decade")

    def part(self, name: str) -> Period:
        """Take a part of it; the precision stays.

        Args:
            name: "early", "mid" or "late", a third of it; "start" or "end", two months of a year,
                two years of a decade, a week of a month, a sixth of anything else.
        """
        if self.precision == "year":
            month, count = _MONTHS_OF_YEAR[name]
            return Period.months(self.first.year, month, count, "year")
        if self.precision == "decade":
            first, last = _YEARS_OF_DECADE[name]
            return Period.years(self.first.year + first, self.first.year + last, "decade")
        third, edge = self.days // 3, max(self.days // 6, 1)
        if self.precision == "month":
            third, edge = 10, 7
        begin, end = {
            "early": (0, third),
            "mid": (third, 2 * third),
            "late": (2 * third, self.days),
            "start": (0, edge),
            "end": (self.days - edge, self.days),
        }[name]
        return Period(
            self.first + datetime.timedelta(days=begin),
            self.first + datetime.timedelta(days=end - 1),
            self.precision,
        )


_MONTHS_OF_YEAR = {"early": (1, 4), "mid": (5, 4), "late": (9, 4), "start": (1, 2), "end": (11, 2)}
"""The first month (1 to 12) and how many."""

_YEARS_OF_DECADE = {"early": (0, 3), "mid": (4, 6), "late": (7, 9), "start": (0, 1), "end": (8, 9)}
"""The last digits of the first and the last year."""


def day_of(year: int, month: int, day: int) -> datetime.date | None:
    """Make a date; None where the calendar has no such day."""
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def shifted(day: datetime.date, unit: str, count: int) -> datetime.date:
    """Go so many days, weeks, months, quarters, years or decades on; a month's end stays in it.

    Raises:
        OverflowError: no calendar has that day.
    """
    if unit in ("day", "week"):
        return day + datetime.timedelta(days=count * (7 if unit == "week" else 1))
    months = count * {"month": 1, "quarter": 3, "year": 12, "decade": 120}[unit]
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not datetime.MINYEAR <= year <= datetime.MAXYEAR:
        raise OverflowError(f"no calendar has the year {year}")
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(day.day, last))
