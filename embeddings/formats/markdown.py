"""Markdown files, with or without front matter in YAML or TOML."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from markdown_it import MarkdownIt

from embeddings.dates import leading_date
from embeddings.formats.encoding import read_text
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import Fields, day_of, first_value, locate, scalars, title_of
from embeddings.types import Document, Section

_FRONT_MATTER = (
    (re.compile(r"---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL), yaml.safe_load),
    (re.compile(r"\+\+\+[ \t]*\n(.*?\n)?\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL), tomllib.loads),
)
_FRONT_MATTER_CHARACTERS = 20_000  # its parser is slow on long input
_EMBEDDED_FILE = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.=-]+)*;base64,[\w+/=%-]*", re.ASCII)

_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|\Z)")
_HTML_HEADING = re.compile(r" {0,3}<h([1-6])\b[^<>]*>(.{1,400}?)</h\1>", re.DOTALL | re.IGNORECASE)
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})([^`]*)")
_OTHER_BLOCK = re.compile(r" {4}|\t| {0,3}(?:>|[-*+][ \t]|\d{1,9}[.)][ \t]|\||[-*_]{3,}[ \t]*\Z)")
_INLINE_MARKUP = re.compile(r"[\\`*_\[\]<>&!]")
_ATTRIBUTES = re.compile(r"[ \t]*\{[#.:][^{}]*\}[ \t]*\Z")
_HEADING_CHARACTERS = 1_000


def read(path: Path, _options: ParseOptions) -> Document:
    """Read a Markdown file. The text is its source, front matter included, without embedded files.

    Embedded files are data URIs, such as images in base64.
    """
    text = _EMBEDDED_FILE.sub("", read_text(path))
    front, body_start = _front_matter(text)
    there = locate(front, Fields())
    title = first_value(front, there.get("title", ()), title_of)
    date = first_value(front, there.get("date", ()), day_of)
    sections = tuple(_sections(text, body_start))
    return Document(
        id="",
        text=text,
        title=title[1] if title else next((one.heading for one in sections), ""),
        date=date[1] if date else leading_date(text[body_start:]),
        metadata=scalars(front, leave_out=[found[0] for found in (title, date) if found]),
        sections=sections,
    )


def _front_matter(text: str) -> tuple[Mapping[str, object], int]:
    """Return the front matter, empty if it is broken, and the start of the body."""
    found = ((form.match(text, 0, _FRONT_MATTER_CHARACTERS), load) for form, load in _FRONT_MATTER)
    match, load = next((one for one in found if one[0]), (None, yaml.safe_load))
    if match is None:
        return {}, 0
    try:
        front = load(match[1] if match[1] is not None else "")
        if not isinstance(front, dict):
            return {}, 0
        return {str(key): value for key, value in front.items()}, match.end()
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return {}, match.end()


def _sections(text: str, start: int) -> Iterator[Section]:
    """Find the headings outside code, comments, quotations and lists.

    The lines are scanned here because a parser of the whole file takes quadratic time.
    """
    fence = ""
    comment = False
    paragraph = -1  # the offset where the paragraph above the current line starts
    while start < len(text):
        end = text.find("\n", start)
        end = end if end >= 0 else len(text)
        line = text[start:end]
        opening = _FENCE.fullmatch(line)
        if comment:
            comment = "-->" not in line
        elif fence:
            closes = opening is not None and opening[1].startswith(fence) and not opening[2].strip()
            fence = "" if closes else fence
        elif opening is not None:
            fence, paragraph = opening[1], -1
        elif (heading := _HEADING.match(line)) is not None:
            yield from _section(_unclosed(line[heading.end() :]), len(heading[1]), start)
            paragraph = -1
        elif (block := _HTML_HEADING.match(text, start)) is not None:
            yield from _section(block[2], int(block[1]), start)
            paragraph = -1
        elif paragraph >= 0 and (underline := _UNDERLINE.fullmatch(line)) is not None:
            yield from _section(text[paragraph:start], 1 if "=" in underline[1] else 2, paragraph)
            paragraph = -1
        elif not line.strip() or (paragraph < 0 and _OTHER_BLOCK.match(line)):
            paragraph = -1
        else:
            comment = line.lstrip().startswith("<!--") and "-->" not in line
            paragraph = -1 if comment else paragraph if paragraph >= 0 else start
        start = end + 1


def _unclosed(heading: str) -> str:
    """Remove the number signs that may close a heading, and attributes such as `{#steps .new}`."""
    heading = _ATTRIBUTES.sub("", heading)
    without = heading.strip().rstrip("#")
    return without if not without or without[-1] in " \t" else heading


def _section(source: str, level: int, start: int) -> Iterator[Section]:
    source = source.strip()[:_HEADING_CHARACTERS]
    if _INLINE_MARKUP.search(source):
        (inline,) = MarkdownIt("commonmark").parseInline(source)
        parts = (part.content or " " for part in inline.children or [] if _is_text(part.type))
        source = "".join(parts)
    heading = " ".join(source.split())
    if heading:
        yield Section(heading=heading, level=level, start=start)


def _is_text(token_type: str) -> bool:
    return token_type in {"text", "code_inline", "softbreak", "hardbreak"}
