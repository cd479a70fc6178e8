"""Texts that nobody vouches for, made into HTML that only shows them."""

from __future__ import annotations

import datetime
import html
import re

from qa.serialization import replace_control_characters

__all__ = ["day", "figure", "icon", "one_line", "percent", "safe"]


def safe(text: str) -> str:
    """Escape a text for HTML, also inside quoted attributes; unshowable characters get a sign."""
    return html.escape(replace_control_characters(text))


def one_line(text: str) -> str:
    """Fold white space; not escaped."""
    return re.sub(r"\s+", " ", text)


def day(date: datetime.date) -> str:
    """Write a day as "16 September 2020", marked up for machines."""
    return f'<time datetime="{date.isoformat()}">{date.day} {date:%B} {date.year}</time>'


def percent(score: float) -> str:
    """Write a probability, 0 to 1, as a percentage that never claims certainty."""
    if score < 0.01:
        return "under 1%"
    return "over 99%" if score > 0.99 else f"{score:.0%}"


def figure(number: int) -> str:
    """Write a count with its thousands apart."""
    return f"{number:,}"


def icon(name: str) -> str:
    """Draw a sign of the page's set, which says nothing to a screen reader."""
    return f'<svg class="icon" aria-hidden="true"><use href="#i-{name}"></use></svg>'
