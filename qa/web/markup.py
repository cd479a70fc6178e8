"""HTML from the templates in `templates/`. All text from documents and questions is escaped."""

import datetime
import html
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from qa.serialization import replace_control_characters
from qa.web.texts import count_text, day_name, number_text, text

_TEMPLATES = files("qa.web") / "templates"


def safe(value: object) -> Markup:
    """Escape a value for HTML, also inside quoted attributes; control characters become U+FFFD.

    Markup stays as it is.
    """
    if isinstance(value, Markup):
        return value
    escaped = html.escape(replace_control_characters(str(value)))
    return Markup(escaped)  # nosec B704 # escaped


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


def title_case(dateline: str) -> str:
    """Return the place of a dateline in normal case: "New York" for "NEW YORK"."""
    return dateline.title() if dateline.isupper() else dateline


def html_text(key: str, **values: object) -> Markup:
    """Return a text as `text` does, but as HTML: escaped together with its values."""
    found = safe(text(key))
    return found.format(**{n: safe(value) for n, value in values.items()}) if values else found


def day(date: datetime.date | str) -> Markup:
    """Return a `<time>` element such as "16 September 2020"; a text must be an ISO date."""
    if not isinstance(date, datetime.date):
        date = datetime.date.fromisoformat(date)
    return Markup('<time datetime="{}">{}</time>').format(date.isoformat(), day_name(date))


def days(first: datetime.date | str | None, last: datetime.date | str | None) -> Markup:
    """Return a day or a range of days in words; None is an open end.

    Raises:
        ValueError: both ends are None, or a text is not an ISO date.
    """
    if first is not None and first == last:
        return day(first)
    if first is not None and last is not None:
        return html_text("answer.from_to", first=day(first), last=day(last))
    if first is not None:
        return html_text("answer.since", day=day(first))
    if last is None:
        raise ValueError("a range of days needs an end")
    return html_text("answer.until", day=day(last))


def percent(score: float) -> str:
    """Format a probability, 0 to 1, as a percentage that never claims certainty."""
    if score < 0.01:
        return text("confidence.under")
    return text("confidence.over") if score > 0.99 else f"{score:.0%}"


def citation_parts(cited: Mapping[str, Any]) -> list[str]:
    """Return page and section of a citation as texts that are not escaped."""
    parts = []
    if cited.get("page") is not None:
        parts.append(text("answer.page", number=int(cited["page"])))
    if cited.get("section"):
        parts.append(" › ".join(map(str, cited["section"])))
    return parts


def render(name: str, **values: Any) -> Markup:
    """Fill in the template `<name>.html`, which escapes the values.

    Raises:
        ValueError: a part of a value is missing.
    """
    try:
        filled = _environment.get_template(f"{name}.html").render(values)
    except jinja2.UndefinedError as error:
        raise ValueError(f"{name}.html: {error}") from error
    return Markup(filled)  # nosec B704 # the template has escaped the values


def _load(file: str) -> str:
    """Read a template, without its line ends and indentation."""
    return re.sub(r"\n\s*", "", (_TEMPLATES / file).read_text(encoding="utf-8"))


_environment = jinja2.Environment(
    loader=jinja2.FunctionLoader(_load),
    undefined=jinja2.StrictUndefined,
    autoescape=True,
    finalize=safe,
)
_environment.globals |= {
    "citation_parts": citation_parts,
    "count_text": count_text,
    "day": day,
    "days": days,
    "number": number_text,
    "one_line": one_line,
    "percent": percent,
    "text": html_text,
}
