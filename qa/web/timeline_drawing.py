"""Answers over time, as a drawing and as a list.

The drawings are SVG without a library; horizontal positions are percentages of the width.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from qa.web.markup import one_line, percent, render
from qa.web.texts import text

MIN_DRAWN = 0.05
"""Minimum score of an answer that is drawn."""

_LABEL_CHARACTERS = 34


def answers_over_time(answers: Sequence[Mapping[str, Any]]) -> str:
    """Draw answers, in JSON, on a line of time, one per row; "" unless two have different days."""
    dated = [one for one in answers if one["document"]["date"] and one["score"] >= MIN_DRAWN]
    rows = []
    for answer in sorted(dated, key=lambda one: (one["document"]["date"], -one["score"])):
        day, value = answer["document"]["date"], one_line(answer["answer"])
        label = text(
            "timeline.label_answer", day=day, value=value, percent=percent(answer["score"])
        )
        rows.append(_row(value, [day], label, radius=round(4 + 4 * answer["score"], 1)))
    return _drawing(text("timeline.answers"), rows)


def values_over_time(timeline: Mapping[str, Any]) -> str:
    """Draw and list the values of a timeline in JSON, each from its first to its last day."""
    rows = []
    for entry in timeline["values"]:
        days = [answer["document"]["date"] for answer in entry["answers"]]
        value, is_superseded = one_line(entry["value"]), entry["superseded"]
        key = "timeline.label_superseded" if is_superseded else "timeline.label"
        label = text(key, first=entry["first"], last=entry["last"], value=value)
        rows.append(_row(value, days, label, radius=5.0, superseded=is_superseded))
    drawn = _drawing(text("timeline.values"), rows)
    return render("values", entries=timeline["values"], drawn=drawn)


def _row(value: str, days: Sequence[str], label: str, **style: object) -> dict[str, Any]:
    short = value if len(value) <= _LABEL_CHARACTERS else value[: _LABEL_CHARACTERS - 1] + "…"
    dates = [datetime.date.fromisoformat(day) for day in days]
    return {"dates": dates, "label": label, "short": short, "superseded": False, **style}


def _drawing(caption: str, rows: Sequence[dict[str, Any]]) -> str:
    """Draw rows on a line of time; "" unless there are two days."""
    dates = [date for row in rows for date in row["dates"]]
    if len(set(dates)) < 2:
        return ""
    first, last = min(dates), max(dates)
    for row in rows:
        row["at"] = [round(2 + 96 * ((date - first) / (last - first)), 1) for date in row["dates"]]
    label = "; ".join(row["label"] for row in rows)
    return render("drawing", caption=caption, label=label, rows=rows, first=first, last=last)
