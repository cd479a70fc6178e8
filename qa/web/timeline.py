"""Answers over time, as a drawing and as a list.

The drawings are SVG without a library; horizontal positions are percentages of the width.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from qa.web.markup import day, one_line, percent, safe
from qa.web.texts import text

LEAST_DRAWN = 0.05
"""Less likely answers are not drawn."""

_ROW_PIXELS = 30
_LABEL_CHARACTERS = 34

_day = datetime.date.fromisoformat


def answers_over_time(answers: Sequence[Mapping[str, Any]]) -> str:
    """Draw answers on a line of time, one per row; "" unless two have different days.

    Args:
        answers: in the JSON of a reply.
    """
    dated = sorted(
        (
            (_day(answer["document"]["date"]), answer)
            for answer in answers
            if answer["document"]["date"] and answer["score"] >= LEAST_DRAWN
        ),
        key=lambda pair: (pair[0], -pair[1]["score"]),
    )
    if not dated or dated[0][0] == dated[-1][0]:
        return ""
    first, last = dated[0][0], dated[-1][0]
    rows = "".join(
        _row(answer["answer"], [(date - first) / (last - first)], row, 4 + 4 * answer["score"])
        for row, (date, answer) in enumerate(dated)
    )
    label = "; ".join(
        text(
            "timeline.label_answer",
            day=date.isoformat(),
            value=one_line(answer["answer"]),
            percent=percent(answer["score"]),
        )
        for date, answer in dated
    )
    return _figure(text("timeline.answers"), label, rows, len(dated), (first, last))


def values_over_time(timeline: Mapping[str, Any], link: Any) -> str:
    """Draw and list the values of a timeline, each from its first to its last day.

    Args:
        timeline: in the JSON of the HTTP API.
        link: returns the HTML of a link to the source of an answer.
    """
    values = timeline["values"]
    if not values:
        return f'<p class="why">{text("timeline.none")}</p>'
    rows = "".join(_list_item(value, link) for value in values)
    return f'{_drawing(values)}<ol class="values">{rows}</ol>'


def _drawing(values: Sequence[Mapping[str, Any]]) -> str:
    """Draw values; "" unless there are two days."""
    first = min(_day(value["first"]) for value in values)
    last = max(_day(value["last"]) for value in values)
    if first == last:
        return ""
    rows = "".join(
        _row(
            value["value"],
            [(_day(answer["document"]["date"]) - first) / (last - first) for answer in answers],
            row,
            5,
            superseded=value["superseded"],
        )
        for row, value in enumerate(values)
        if (answers := [answer for answer in value["answers"] if answer["document"]["date"]])
    )
    label = "; ".join(
        text(
            "timeline.label_superseded" if value["superseded"] else "timeline.label",
            first=value["first"],
            last=value["last"],
            value=one_line(value["value"]),
        )
        for value in values
    )
    return _figure(text("timeline.values"), label, rows, len(values), (first, last))


def _row(
    value: str, shares: Sequence[float], row: int, radius: float, *, superseded: bool = False
) -> str:
    """Draw a value at shares of the width, 0 to 1, with its label on the side with more room."""
    y = row * _ROW_PIXELS + _ROW_PIXELS // 2
    at = [2 + 96 * share for share in shares]
    line = one_line(value)
    label = line if len(line) <= _LABEL_CHARACTERS else line[: _LABEL_CHARACTERS - 1] + "…"
    anchor, shift, x = ("start", 14, at[-1]) if 100 - at[-1] >= at[0] else ("end", -14, at[0])
    marks = "".join(f'<circle cx="{x:.1f}%" cy="{y}" r="{radius:.1f}"></circle>' for x in at)
    return (
        f'<g class="value"{" data-superseded" if superseded else ""}>'
        f'<line class="track" x1="2%" x2="98%" y1="{y}" y2="{y}"></line>'
        f'<line class="period" x1="{at[0]:.1f}%" x2="{at[-1]:.1f}%" y1="{y}" y2="{y}"></line>'
        f'{marks}<text x="{x:.1f}%" y="{y}" dx="{shift}" dy="0.35em" text-anchor="{anchor}">'
        f"{safe(label)}</text></g>"
    )


def _figure(
    caption: str, label: str, rows: str, count: int, days: tuple[datetime.date, datetime.date]
) -> str:
    return (
        f'<figure class="timeline"><figcaption>{caption}</figcaption>'
        f'<svg role="img" aria-label="{safe(label)}" width="100%" height="{_ROW_PIXELS * count}">'
        f'{rows}</svg><div class="axis"><span>{day(days[0])}</span><span>{day(days[1])}</span>'
        "</div></figure>"
    )


def _list_item(value: Mapping[str, Any], link: Any) -> str:
    days = day(value["first"])
    if value["first"] != value["last"]:
        days = text("answer.from_to", first=days, last=day(value["last"]))
    mark = f'<span class="mark">{text("timeline.superseded")}</span>' if value["superseded"] else ""
    cites = "".join(f"<li>{link(answer)}{_printed(answer)}</li>" for answer in value["answers"])
    return (
        f'<li{" data-superseded" if value["superseded"] else ""}><h4 dir="auto">'
        f"{safe(one_line(value['value']))}{mark}</h4>"
        f'<p class="cite">{days}</p><ol class="cite">{cites}</ol></li>'
    )


def _printed(answer: Mapping[str, Any]) -> str:
    count = len(answer["citations"]) + 1
    return f' <span class="faint">{text("timeline.printed", count=count)}</span>' * (count > 1)
