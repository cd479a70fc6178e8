"""The headings of a PDF: what its outline names, or else large and bold lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile, zip_longest

from embeddings.formats.pdf.flow import Flow

__all__ = ["Heading", "OutlineEntry", "largest_line", "mark_headings"]

_MOST_LINES = 3
_MOST_CHARACTERS = 150
_LARGE, _TITLE = 1.12, 1.3
"""Headings, and the title on the first page, are larger than the text by these factors at least."""
_LEAST_FOUND = 1 / 3
"""An outline of which less is found on the pages is no table of contents."""
_PREFIX = re.compile(r"(?:chapter|appendix|section|part|article)?[a-z]?\d*")
_NUMBER = re.compile(
    r"(?:(?:chapter|appendix|section|part|article|§)\s*)?((?:[A-Z]\.)?\d{1,3}(?:\.\d{1,3})*)\.?\s",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?:chapter|appendix|section|part|article|§)\s*[\divx]+\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """An entry of a PDF's outline."""

    title: str
    level: int
    """1 for the highest."""
    page: int
    """0 for the first page."""
    y: float | None
    """Where on the page it leads to, in points from the bottom; None for the whole page."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, and the line that it stands on or before."""

    text: str
    level: int
    first: Flow


def mark_headings(
    pages: Sequence[Sequence[Flow]], outline: Sequence[OutlineEntry], size: float
) -> list[Heading]:
    """Find the headings, and set the level of their lines.

    Args:
        pages: the lines of each page, changed in place.
        outline: what the file itself says; without it, the looks of the lines count.
        size: the usual font size in points.
    """
    texts = [[_plain(one.line.text) for one in page] for page in pages] if outline else []
    found = [(entry, _find(entry, pages, texts)) for entry in outline]
    if sum(bool(lines) for _, lines in found) > _LEAST_FOUND * len(outline):
        headings = []
        for entry, lines in found:
            if lines:
                headings.append(_mark(lines, entry.level))
            elif (first := _first_below(entry, pages)) is not None:
                headings.append(Heading(entry.title, entry.level, first))
        return headings
    groups = [group for page in pages for group in _groups(page, size)]
    headings = []
    above: list[tuple[float, bool, int]] = []  # styles of the sections that a heading stands in
    for group in groups:
        style = _style(group)
        while above and above[-1] >= style:
            above.pop()
        above.append(style)
        headings.append(_mark(group, len(above)))
    return headings


def largest_line(page: Sequence[Flow], size: float) -> str:
    """Return the title on a first page: the lines in the largest font; empty if it is usual."""
    largest = max((one.line.size for one in page), default=0)
    from_largest = dropwhile(lambda one: one.line.size < largest, page)
    lines = [one.line.text for one in takewhile(lambda one: one.line.size == largest, from_largest)]
    if largest < _TITLE * size or len(lines) > _MOST_LINES:
        return ""
    return " ".join(" ".join(lines).split())[:_MOST_CHARACTERS]


def _mark(lines: Sequence[Flow], level: int) -> Heading:
    for one in lines:
        one.level = level
        one.continues = one is not lines[0]
    text = " ".join(" ".join(one.line.text for one in lines).split())
    return Heading(text, level, lines[0])


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _find(
    entry: OutlineEntry, pages: Sequence[Sequence[Flow]], texts: Sequence[Sequence[str]]
) -> Sequence[Flow]:
    """Find the lines that an entry of the outline names, nearest to where it leads."""
    title = _plain(entry.title)
    if not title:
        return []
    for number in (entry.page, entry.page + 1):
        page = pages[number] if 0 <= number < len(pages) else []
        places: list[Sequence[Flow]] = []
        for start in range(len(page)):
            text = ""
            for end in range(start, min(start + _MOST_LINES, len(page))):
                text += texts[number][end]
                if _is_same(text, title):
                    places.append(page[start : end + 1])
                if len(text) > len(title):
                    break
        if places:
            y = entry.y if entry.y is not None and number == entry.page else float("inf")
            return min(places, key=lambda lines: abs(min(y, 1e6) - lines[0].line.y))
    return []


def _is_same(text: str, title: str) -> bool:
    """Compare two headings, one of which may lack the number in front."""
    longer, shorter = (text, title) if len(text) > len(title) else (title, text)
    is_end = bool(shorter) and longer.endswith(shorter)
    return is_end and _PREFIX.fullmatch(longer.removesuffix(shorter)) is not None


def _first_below(entry: OutlineEntry, pages: Sequence[Sequence[Flow]]) -> Flow | None:
    page = pages[entry.page] if 0 <= entry.page < len(pages) else []
    below = (one for one in page if entry.y is None or one.line.y < entry.y)
    return next(below, page[0] if page else None)


def _groups(page: Sequence[Flow], size: float) -> Iterator[list[Flow]]:
    """Group the lines of each heading by their looks."""
    group: list[Flow] = []
    above: Flow | None = None
    for one, below in zip_longest(page, page[1:]) if page else ():
        is_heading = _looks_like_heading(one, above, below, size)
        if group and not (is_heading and _is_one_heading(group[-1], one)):
            if len(group) <= _MOST_LINES:
                yield group
            group = []
        if is_heading:
            group.append(one)
        above = one
    if group and len(group) <= _MOST_LINES:
        yield group


def _is_one_heading(last: Flow, one: Flow) -> bool:
    return (
        abs(last.line.size - one.line.size) < 0.5
        and last.line.is_bold == one.line.is_bold
        and 0 < last.line.y - one.line.y < 1.6 * one.line.size
        and _NUMBER.match(one.line.text) is None
    )


def _looks_like_heading(one: Flow, above: Flow | None, below: Flow | None, size: float) -> bool:
    line, text = one.line, one.line.text
    if (
        len(text) > _MOST_CHARACTERS
        or line.is_tabular
        or sum(map(str.isalpha, text)) < 3
        or text[-1] in ".,;"
        or line.size < 0.95 * size
        or (line.is_mono and line.size < _LARGE * size)
    ):
        return False
    if line.size >= _LARGE * size:
        return True
    if not one.is_short and not line.is_bold:
        return False
    if line.is_bold:
        # Not the first words of a paragraph in bold type.
        return below is None or not below.line.text[0].islower()
    is_apart = above is None or not 0 < above.line.y - line.y < 1.5 * line.size
    number = _NUMBER.match(text)
    is_numbered = number is not None and "." in number[1]
    return is_apart and (text.isupper() or is_numbered or _CLAUSE.match(text) is not None)


def _style(group: Sequence[Flow]) -> tuple[float, bool, int]:
    """Return what headings of one level have in common; the smaller, the higher the level."""
    line = group[0].line
    number = _NUMBER.match(line.text)
    depth = number[1].count(".") if number is not None else 0
    return -round(2 * line.size) / 2, not line.is_bold, depth
