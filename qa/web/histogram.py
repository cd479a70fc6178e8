"""Number of documents over time, as bars that filter the list."""

import calendar
import datetime
from collections import Counter
from collections.abc import Sequence

from qa.web.markup import render
from qa.web.texts import day_name, month_name, text

_MIN_DATED = 0.1
"""Minimum share of dated documents."""

_MAX_DAYS = 45
_MAX_MONTHS = 60
_MAX_NAMES = 12


def has_enough_dates(dates: Sequence[datetime.date | None]) -> bool:
    """Return whether enough documents are dated to filter and draw by time."""
    dated = len(dates) - dates.count(None)
    return dated > 0 and dated >= _MIN_DATED * len(dates)


def histogram(dates: Sequence[datetime.date | None]) -> str:
    """Draw the number of documents of each day, month or year, as buttons.

    "" if too few documents are dated, or all of them on the same day.
    """
    dated = sorted(date for date in dates if date)
    if not has_enough_dates(dates) or dated[0] == dated[-1]:
        return ""
    length, bars = _bars(dated[0], dated[-1])
    counts = Counter(
        next(after for after, before, _ in bars if after <= date <= before) for date in dated
    )
    names = [name for _, _, name in bars]
    # Every bar has its name below it if there are few and each is a year.
    each = len(names) <= _MAX_NAMES and all(len(name) == 4 for name in names)
    return render(
        "histogram",
        bars=[(after, before, name, counts[after]) for after, before, name in bars],
        most=max(counts.values()),
        length=length,
        each=each,
        axis=names if each else (names[0], names[-1]),
        undated=len(dates) - len(dated),
    )


def _bars(
    first: datetime.date, last: datetime.date
) -> tuple[str, list[tuple[datetime.date, datetime.date, str]]]:
    """Return the length of a bar in words, and the first day, last day and name of each."""
    days = (last - first).days + 1
    if days <= _MAX_DAYS:
        dates = [first + datetime.timedelta(days=number) for number in range(days)]
        return text("histogram.day"), [(date, date, day_name(date)) for date in dates]
    bars = []
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months <= _MAX_MONTHS:
        for number in range(first.month - 1, first.month - 1 + months):
            after = datetime.date(first.year + number // 12, number % 12 + 1, 1)
            before = after.replace(day=calendar.monthrange(after.year, after.month)[1])
            bars.append((after, before, f"{month_name(after)} {after.year}"))
        return text("histogram.month"), bars
    years = last.year - first.year + 1
    # If there are too many years, a bar is a group of 5, 10, 25 ... years.
    step = next(size for size in (1, 5, 10, 25, 50, 100, 250) if years / size <= _MAX_MONTHS)
    for year in range(first.year // step * step, last.year + 1, step):
        after = datetime.date(max(year, 1), 1, 1)
        before = datetime.date(min(year + step - 1, datetime.MAXYEAR), 12, 31)
        is_year = after.year == before.year
        bars.append((after, before, str(year) if is_year else f"{after.year}–{before.year}"))
    return text("histogram.year") if step == 1 else text("histogram.years", count=step), bars
