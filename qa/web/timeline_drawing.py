"""Answers over time, as a drawing and as a list.

The drawings are SVG without a library; horizontal positions are percentages of the width.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from qa.web.markup import one_line, percent, render
from qa.web.texts import text

LEAST_DRAWN = 0.05
"""Less likely answers are not drawn."""

_LABEL_CHARACTERS = 34

_day = datetime.date.fromisoformat


def answers_over_time(answers: Sequence[Mapping[str, Any]]) -> str:
    """Draw answers, in JSON, on a line of time, one per row; "" unless two have different days."""
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
    label = "; ".join(
        text(
            "timeline.label_answer",
            day=date.isoformat(),
            value=one_line(answer["answer"]),
            percent=percent(answer["score"]),
        )
        for date, answer in dated
    )
    rows = [
        _row(answer["answer"], [(date - first) / (last - first)], 4 + 4 * answer["score"])
        for date, answer in dated
    ]
    caption = text("timeline.answers")
    return render("drawing", caption=caption, label=label, rows=rows, first=first, last=last)


def values_over_time(timeline: Mapping[str, Any]) -> str:
    """Draw and list the values of a timeline in JSON, each from its first to its last day."""
    values = timeline["values"]
    return render("values", entries=values, drawn=_drawing(values) if values else "")


def _drawing(values: Sequence[Mapping[str, Any]]) -> str:
    """Draw values; "" unless there are two days."""
    first = min(_day(value["first"]) for value in values)
    last = max(_day(value["last"]) for value in values)
    if first == last:
        return ""
    label = "; ".join(
        text(
            "timeline.label_superseded" if value["superseded"] else "timeline.label",
            first=value["first"],
            last=value["last"],
            value=one_line(value["value"]),
        )
        for value in values
    )
    rows = [
        _row(
            value["value"],
            [
                (_day(answer["document"]["date"]) - first) / (last - first)
                for answer in value["answers"]
            ],
            5.0,
            superseded=value["superseded"],
        )
        for value in values
    ]
    caption = text("timeline.values")
    return render("drawing", caption=caption, label=label, rows=rows, first=first, last=last)


def _row(
    value: str, shares: Sequence[float], radius: float, *, superseded: bool = False
) -> dict[str, Any]:
    """Describe the row of a value: places in percent from shares of the width, 0 to 1."""
    line = one_line(value)
    return {
        "label": line if len(line) <= _LABEL_CHARACTERS else line[: _LABEL_CHARACTERS - 1] + "…",
        "at": [round(2 + 96 * share, 1) for share in shares],
        "radius": round(radius, 1),
        "superseded": superseded,
    }
