"""What people would rather look at than read: answers and documents over time.

Both are drawn without a library, in the page's own colours and at the page's own text size: all
that is measured across is a percentage of the width there is.
"""

from __future__ import annotations

import calendar
import datetime
from collections import Counter
from collections.abc import Iterator, Sequence

from qa.timeline.timeline import TimelineEntry
from qa.types import Answer
from qa.web.markup import day, figure, one_line, percent, safe

__all__ = ["histogram", "timeline", "values"]

LEAST_DRAWN = 0.05
_ROW_PIXELS = 30
_LABEL_CHARACTERS = 34
_MOST_DAYS = 45
_MOST_MONTHS = 60
_MOST_NAMES = 12


def timeline(answers: Sequence[Answer]) -> str:
    """Draw answers on a line of time, one below the other, but those that are hardly likely.

    "" unless two have different days.
    """
    dated = sorted(
        (
            (answer.document.date, answer)
            for answer in answers
            if answer.document.date and answer.score >= LEAST_DRAWN
        ),
        key=lambda pair: (pair[0], -pair[1].score),
    )
    if not dated or dated[0][0] == dated[-1][0]:
        return ""
    first, last = dated[0][0], dated[-1][0]
    height = _ROW_PIXELS * len(dated)
    marks = "".join(
        _mark(date, answer, (date - first) / (last - first), row * _ROW_PIXELS + 15)
        for row, (date, answer) in enumerate(dated)
    )
    told = "; ".join(
        f"{date.isoformat()}: {one_line(answer.text)}, {percent(answer.score)}"
        for date, answer in dated
    )
    return (
        '<figure class="timeline"><figcaption>Answers over time</figcaption>'
        f'<svg role="img" aria-label="{safe(told)}" width="100%" height="{height}">'
        f"{marks}</svg>"
        f'<div class="axis"><span>{day(first)}</span><span>{day(last)}</span></div></figure>'
    )


def _mark(date: datetime.date, answer: Answer, along: float, y: int) -> str:
    """Draw one answer at a share of the width, 0 to 1, with its words on the roomier side."""
    x = 2 + 96 * along
    text = one_line(answer.text)
    label = text if len(text) <= _LABEL_CHARACTERS else text[: _LABEL_CHARACTERS - 1] + "…"
    anchor, shift = ("start", 14) if along <= 0.5 else ("end", -14)
    radius = 4 + 4 * answer.score
    return (
        f'<line class="rail" x1="2%" x2="98%" y1="{y}" y2="{y}"></line>'
        f'<circle cx="{x:.1f}%" cy="{y}" r="{radius:.1f}">'
        f"<title>{date.isoformat()}</title></circle>"
        f'<text x="{x:.1f}%" y="{y}" dx="{shift}" dy="0.35em" text-anchor="{anchor}">'
        f"{safe(label)}</text>"
    )


def values(told: Sequence[TimelineEntry]) -> str:
    """Draw the values of a timeline, each from its first to its last day with its documents.

    "" unless there are two days.
    """
    if not told:
        return ""
    first, last = min(one.first for one in told), max(one.last for one in told)
    if first == last:
        return ""
    rows = "".join(
        _value(one, [(day - first) / (last - first) for day in _days(one)], row * _ROW_PIXELS + 15)
        for row, one in enumerate(told)
    )
    heard = "; ".join(
        f"{one.first.isoformat()} to {one.last.isoformat()}: {one_line(one.best.text)}"
        + (", superseded" if one.superseded else "")
        for one in told
    )
    return (
        '<figure class="timeline"><figcaption>Values over time</figcaption>'
        f'<svg role="img" aria-label="{safe(heard)}" width="100%" '
        f'height="{_ROW_PIXELS * len(told)}">{rows}</svg>'
        f'<div class="axis"><span>{day(first)}</span><span>{day(last)}</span></div></figure>'
    )


def _days(told: TimelineEntry) -> list[datetime.date]:
    return [answer.document.date for answer in told.answers if answer.document.date is not None]


def _value(told: TimelineEntry, shares: Sequence[float], y: int) -> str:
    """Draw one value at shares of the width, 0 to 1, with its words on the roomier side."""
    at = [2 + 96 * share for share in shares]
    text = one_line(told.best.text)
    label = text if len(text) <= _LABEL_CHARACTERS else text[: _LABEL_CHARACTERS - 1] + "…"
    right = 100 - at[-1] >= at[0]
    anchor, shift, x = ("start", 14, at[-1]) if right else ("end", -14, at[0])
    marks = "".join(f'<circle cx="{x:.1f}%" cy="{y}" r="5"></circle>' for x in at)
    return (
        f'<g class="value"{" data-superseded" if told.superseded else ""}>'
        f'<line class="rail" x1="2%" x2="98%" y1="{y}" y2="{y}"></line>'
        f'<line class="spell" x1="{at[0]:.1f}%" x2="{at[-1]:.1f}%" y1="{y}" y2="{y}"></line>{marks}'
        f'<text x="{x:.1f}%" y="{y}" dx="{shift}" dy="0.35em" text-anchor="{anchor}">'
        f"{safe(label)}</text></g>"
    )


def histogram(dates: Sequence[datetime.date | None]) -> str:
    """Draw how many documents there are of each day, month or year, as bars to be pressed.

    "" unless two have different days.
    """
    dated = sorted(date for date in dates if date)
    if not dated or dated[0] == dated[-1]:
        return ""
    periods = list(_periods(dated[0], dated[-1]))
    counts = Counter(_period_of(date, periods) for date in dated)
    most = max(counts.values())
    bars = "".join(
        f'<li><button type="button" data-act="range" data-after="{after}" data-before="{before}" '
        f'aria-label="{_period_name(after, before)}: {_documents(counts[after])}" '
        f'title="{_period_name(after, before)}: {_documents(counts[after])}"'
        f"{'' if counts[after] else ' disabled'}>"
        f'<span style="height:{counts[after] / most * 100:.1f}%"></span></button></li>'
        for after, before in periods
    )
    undated = len(dates) - len(dated)
    note = f"<p>{_documents(undated)} without a date</p>" if undated else ""
    highest = f"up to {figure(most)} {_length(*periods[len(periods) // 2])}"
    return (
        '<figure class="histogram"><figcaption>Documents over time '
        f'<span class="num">{highest}</span></figcaption>'
        f'<ol class="bars">{bars}</ol>{_axis(periods)}{note}</figure>'
    )


def _axis(periods: Sequence[tuple[datetime.date, datetime.date]]) -> str:
    """Name every bar when they are few and of a year each, else the first and the last."""
    names = [_period_name(*period) for period in periods]
    if len(names) <= _MOST_NAMES and all(len(name) == 4 for name in names):
        return f'<div class="axis each">{"".join(f"<span>{name}</span>" for name in names)}</div>'
    return f'<div class="axis"><span>{names[0]}</span><span>{names[-1]}</span></div>'


def _periods(
    first: datetime.date, last: datetime.date
) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Cut a stretch of time into days, months or years, each with its first and last day."""
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
    # More bars than fit are drawn as stretches of 5, 10, 25 ... years.
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
        return f"{after.day} {after:%B} {after.year}"
    if (after.year, after.month) == (before.year, before.month):
        return f"{after:%B} {after.year}"
    return str(after.year) if after.year == before.year else f"{after.year}–{before.year}"


def _length(after: datetime.date, before: datetime.date) -> str:
    if after == before:
        return "a day"
    if (after.year, after.month) == (before.year, before.month):
        return "a month"
    years = before.year - after.year + 1
    return "a year" if years == 1 else f"in {years} years"


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{figure(count)} documents"
