"""Number of documents over time as bars that filter."""

import calendar
import datetime
from collections import Counter
from collections.abc import Iterator, Sequence

from qa.web.texts import count_text, day_name, month_name, number_text, text

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
    most = max(counts.values())
    bars = "".join(_bar(period, counts[period[0]], most) for period in periods)
    undated = len(dates) - len(dated)
    note = ""
    if undated:
        documents = count_text("documents", "", undated)
        note = f"<p>{text('histogram.undated', documents=documents)}</p>"
    length = _length(*periods[len(periods) // 2])
    highest = text("histogram.highest", count=number_text(most), period=length)
    return (
        f'<figure class="histogram"><figcaption>{text("histogram.title")} '
        f'<span class="num">{highest}</span></figcaption>'
        f'<ol class="bars">{bars}</ol>{_axis(periods)}{note}</figure>'
    )


def _bar(period: tuple[datetime.date, datetime.date], count: int, most: int) -> str:
    after, before = period
    documents = count_text("documents", "", count)
    label = text("histogram.bar", period=_period_name(after, before), documents=documents)
    return (
        f'<li><button type="button" data-act="range" data-after="{after}" data-before="{before}" '
        f'aria-label="{label}" title="{label}"{"" if count else " disabled"}>'
        f'<span style="height:{count / most * 100:.1f}%"></span></button></li>'
    )


def _axis(periods: Sequence[tuple[datetime.date, datetime.date]]) -> str:
    """Name every bar if there are few and each is a year, otherwise the first and the last."""
    names = [_period_name(*period) for period in periods]
    if len(names) <= _MOST_NAMES and all(len(name) == 4 for name in names):
        return f'<div class="axis each">{"".join(f"<span>{name}</span>" for name in names)}</div>'
    return f'<div class="axis"><span>{names[0]}</span><span>{names[-1]}</span></div>'


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
