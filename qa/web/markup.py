"""HTML building blocks. All text from documents and questions is escaped."""

import datetime
import html
import re

from qa.serialization import replace_control_characters
from qa.web.texts import day_name, text


def safe(value: object) -> str:
    """Escape a value for HTML, also inside quoted attributes; control characters become U+FFFD."""
    return html.escape(replace_control_characters(str(value)))


def one_line(words: str) -> str:
    """Replace each run of white space by one space; not escaped."""
    return re.sub(r"\s+", " ", words)


def keep_paragraphs(words: str) -> str:
    """Replace white space by one space, blank lines by a line end, and keep the rows of tables."""
    least = 1 if "\t" in words else 2
    return re.sub(
        r"\s+",
        lambda run: "\n" if run[0].count("\n") >= least else "\t" if "\t" in run[0] else " ",
        words,
    )


def day(date: datetime.date | str) -> str:
    """Return a `<time>` element such as "16 September 2020"; a text must be an ISO date."""
    if not isinstance(date, datetime.date):
        date = datetime.date.fromisoformat(date)
    return f'<time datetime="{date.isoformat()}">{day_name(date)}</time>'


def percent(score: float) -> str:
    """Format a probability, 0 to 1, as a percentage that never claims certainty."""
    if score < 0.01:
        return text("confidence.under")
    return text("confidence.over") if score > 0.99 else f"{score:.0%}"


def icon(name: str) -> str:
    """Return an icon of the page's set, hidden from screen readers."""
    return f'<svg class="icon" aria-hidden="true"><use href="#i-{name}"></use></svg>'


def button(act: str, sign: str, label: str, *, square: bool = False, **data: object) -> str:
    """Return a button with an icon.

    Args:
        act: name of the action in the script.
        sign: name of the icon.
        label: text of the button.
        square: show only the icon; the label is for screen readers and the tooltip.
        **data: `data-` attributes.
    """
    attributes = "".join(f' data-{name}="{safe(value)}"' for name, value in data.items())
    shown = "" if square else f"<span>{safe(label)}</span>"
    named = f' aria-label="{safe(label)}" title="{safe(label)}"' if square else ""
    look = "quiet square" if square else "quiet"
    return (
        f'<button type="button" class="{look}" data-act="{act}"{attributes}{named}>'
        f"{icon(sign)}{shown}</button>"
    )
