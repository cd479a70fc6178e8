"""Texts of the page, from `files/texts.toml`."""

from __future__ import annotations

import tomllib
from importlib.resources import files

__all__ = ["TEXTS", "count_text", "text"]

TEXTS: dict[str, dict[str, str]] = tomllib.loads(
    (files("qa.web") / "files" / "texts.toml").read_text(encoding="utf-8")
)
"""Texts by section and name."""


def text(key: str, **values: object) -> str:
    """Return the text of a key such as "answer.open", with its `{name}` parts filled in."""
    section, _, name = key.partition(".")
    found = TEXTS[section][name]
    return found.format(**values) if values else found


def count_text(section: str, prefix: str, count: int) -> str:
    """Return the text of a count: `<prefix>one` for 1, otherwise `<prefix>many`."""
    if count == 1:
        return text(f"{section}.{prefix}one")
    return text(f"{section}.{prefix}many", count=f"{count:,}")
