"""Number of documents over time as bars that filter."""

import calendar
import datetime
from collections import Counter
from collections.abc import Iterator, Sequence

from qa.web.markup import render
from qa.web.texts import day_name, month_name, text

_LEAST_DATED = 0.1
"""Share of the documents that must be dated."""

_MOST_DAYS = 45
_MOST_MONTHS = 60
_MOST_NAMES = 12


def has_enough_dates(dates: Sequence[datetime.date | None]) -> bool:
    """Tell whether enough documents are dated to filter and draw by time."""
    dated = len(dates) - dates.count(None)
    return dated > 0 and dated >= _LEAST_DATED * len(dates)


def histogram(dates: Sequence[datetime.date | None]) -> str:
    """Draw the number of documents of each day, month or year, as buttons.

    "" if too few documents are dated, or all of them on the same day.
    """
    dated = sorted(date for date in dates if date)
    if not has_enough_dates(dates) or dated[0] == dated[-1]:
        return ""
    periods = list(_periods(dated[0], dated[-1]))
    counts = Counter(_period_of(date, periods) for date in dated)
    names = [_period_name(*period) for period in periods]
    # Every bar has its name below it if there are few and each is a year.
    each = len(names) <= _MOST_NAMES and all(len(name) == 4 for name in names)
    return render(
        "histogram",
        bars=[
            (after, before, name, counts[after])
            for (after, before), name in zip(periods, names, strict=True)
        ],
        most=max(counts.values()),
        length=_length(*periods[len(periods) // 2]),
        each=each,
        axis=names if each else (names[0], names[-1]),
        undated=len(dates) - len(dated),
    )


def _periods(
    first: datetime.date, last: datetime.date
) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Yield the first and last day of each day, month, year or group of years."""
    days = (last - first).days + 1
    if days <= _MOST_DAYS:
        for number in range(days):
            date = first + datetime.timedelta(days=number)
            yield date, date
        return
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months <= _MOST_MONTHS:
        for number in range(first.month - 1, first.month - 1 + months):
            year, month = first.year + number // 12, number % 12 + 1
            length = calendar.monthrange(year, month)[1]
            yield datetime.date(year, month, 1), datetime.date(year, month, length)
        return
    years = last.year - first.year + 1
    # If there are too many years, a bar is a group of 5, 10, 25 ... years.
    step = next(size for size in (1, 5, 10, 25, 50, 100, 250) if years / size <= _MOST_MONTHS)
    for year in range(first.year // step * step, last.year + 1, step):
        yield (
            datetime.date(max(year, 1), 1, 1),
            datetime.date(min(year + step - 1, datetime.MAXYEAR), 12, 31),
        )


def _period_of(
    date: datetime.date, periods: Sequence[tuple[datetime.date, datetime.date]]
) -> datetime.date:
    return next(after for after, before in periods if after <= date <= before)


def _period_name(after: datetime.date, before: datetime.date) -> str:
    if after == before:
        return day_name(after)
    if (after.year, after.month) == (before.year, before.month):
        return f"{month_name(after)} {after.year}"
    return str(after.year) if after.year == before.year else f"{after.year}–{before.year}"


def _length(after: datetime.date, before: datetime.date) -> str:
    if after == before:
        return text("histogram.day")
    if (after.year, after.month) == (before.year, before.month):
        return text("histogram.month")
    years = before.year - after.year + 1
    return text("histogram.year") if years == 1 else text("histogram.years", count=years)
