"""Markdown files, with or without YAML front matter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import yaml
from markdown_it import MarkdownIt

from embeddings.formats.encoding import read_text
from embeddings.formats.rows import Fields, day_of, locate, scalars, title_of
from embeddings.types import Document

__all__ = ["read"]

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)

# Both stand at the top, and their parsers are slow on long input.
_FRONT_MATTER_CHARACTERS = 20_000
_HEADING_CHARACTERS = 20_000


def read(path: Path) -> Document:
    """Read a Markdown file; the text is its source as it stands, front matter included."""
    text = read_text(path)
    front, body_start = _front_matter(text)
    place = locate(front, Fields())
    title = title_of(front.get(place.get("title", "")))
    date = day_of(front.get(place.get("date", "")))
    used = [place[role] for role, value in (("title", title), ("date", date)) if value]
    return Document(
        id="",
        text=text,
        title=title if title else _first_heading(text[body_start:]),
        date=date,
        metadata=scalars(front, leave_out=used),
    )


def _front_matter(text: str) -> tuple[Mapping[str, object], int]:
    """Read the front matter and tell where the body starts; broken YAML states nothing."""
    match = _FRONT_MATTER.match(text, 0, _FRONT_MATTER_CHARACTERS)
    if match is None:
        return {}, 0
    try:
        front = yaml.safe_load(match[1] if match[1] is not None else "")
        if not isinstance(front, dict):
            return {}, 0
        return {str(key): value for key, value in front.items()}, match.end()
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return {}, match.end()


def _first_heading(source: str) -> str:
    tokens = MarkdownIt("commonmark").parse(source[:_HEADING_CHARACTERS])
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            parts = [
                part.content or " " for part in following.children or [] if _is_text(part.type)
            ]
            return " ".join("".join(parts).split())
    return ""


def _is_text(token_type: str) -> bool:
    return token_type in {"text", "code_inline", "softbreak", "hardbreak"}
