"""Texts of the page in the language of the visitor, from `files/texts.LANGUAGE.toml`."""

import datetime
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.resources import files

TEXTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    language: tomllib.loads(
        (files("qa.web") / "files" / f"texts.{language}.toml").read_text(encoding="utf-8")
    )
    for language in ("en", "de")
}
"""Texts by language, section and name."""

_language: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def in_language(name: object) -> Iterator[None]:
    """Use the texts of a language in the block; English if the language is unknown."""
    token = _language.set(name if isinstance(name, str) and name in TEXTS else "en")
    try:
        yield
    finally:
        _language.reset(token)


def text(key: str, **values: object) -> str:
    """Return the text of a key such as "answer.open", with its `{name}` parts filled in."""
    section, _, name = key.partition(".")
    found = TEXTS[_language.get()][section][name]
    return found.format(**values) if values else found


def count_text(section: str, prefix: str, count: int) -> str:
    """Return the text of a count: `<prefix>one` for 1, otherwise `<prefix>many`."""
    if count == 1:
        return text(f"{section}.{prefix}one")
    return text(f"{section}.{prefix}many", count=number_text(count))


def number_text(value: int) -> str:
    """Format a number with the thousands separator of the language."""
    return f"{value:,}".replace(",", text("format.thousands"))


def month_name(date: datetime.date) -> str:
    """Return the name of a date's month."""
    return text("format.months").split()[date.month - 1]


def day_name(date: datetime.date) -> str:
    """Format a date such as "16 September 2020"."""
    return text("format.day", day=date.day, month=month_name(date), year=date.year)
