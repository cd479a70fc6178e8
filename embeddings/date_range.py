"""Ranges of days, from dates or from texts that name a day, a month or a year."""

import calendar
import datetime
import re
from dataclasses import dataclass
from typing import Self

from embeddings.errors import SettingsError

_PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
"""A year, or a month of a year."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """The days from `after` to `before`, both included. None leaves a side open."""

    after: datetime.date | None = None
    before: datetime.date | None = None

    @classmethod
    def of(cls, after: datetime.date | str | None, before: datetime.date | str | None) -> Self:
        """Create a range from dates or texts (YYYY-MM-DD, YYYY-MM or YYYY).

        A month or year stands for its first day in `after` and for its last day in `before`.

        Raises:
            SettingsError: a text is not a date, or the range ends before it starts.
        """
        first, last = _day(after, last=False), _day(before, last=True)
        if first is not None and last is not None and last < first:
            raise SettingsError(f"The range from {first} to {last} is empty: swap the two dates.")
        return cls(after=first, before=last)

    def __contains__(self, day: datetime.date | None) -> bool:
        """Return whether a day is in the range; None (unknown) is only in a fully open one."""
        if day is None:
            return self.after is None and self.before is None
        return (self.after is None or self.after <= day) and (
            self.before is None or day <= self.before
        )


def _day(day: datetime.date | str | None, *, last: bool) -> datetime.date | None:
    """Return a date; for a text that names a month or a year, its first or last day."""
    if isinstance(day, datetime.datetime):
        return day.date()
    if not isinstance(day, str):
        return day
    text = day.strip()
    period = _PERIOD.fullmatch(text)
    try:
        if period is None:
            return datetime.date.fromisoformat(text)
        year, month = int(period[1]), int(period[2] or (12 if last else 1))
        first = datetime.date(year, month, 1)
        return first.replace(day=calendar.monthrange(year, month)[1]) if last else first
    except ValueError as error:
        raise SettingsError(
            f"{day!r} is not a date: write it as 2020-09-16, 2020-09 or 2020."
        ) from error
