"""Headings of a PDF, from its outline or else from large and bold lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, zip_longest

from embeddings.formats.pdf.paragraphs import FlowLine

_MAX_LINES = 3
_MAX_CHARACTERS = 150
_LARGE, _TITLE = 1.12, 1.3
"""Smallest ratio to the usual font size, for headings and for the title on the first page."""
_MIN_FOUND = 1 / 3
"""Smallest share of the outline's entries that must be found on the pages."""
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
    """Target position in points from the bottom of the page; None if the entry has none."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its first line; if it is not on the page, the first line of its section."""

    text: str
    level: int
    first: FlowLine


def mark_headings(
    pages: Sequence[Sequence[FlowLine]], outline: Sequence[OutlineEntry], size: float
) -> list[Heading]:
    """Find the headings, and set the level of their lines.

    Args:
        pages: the lines of each page, changed in place.
        outline: the entries of the file's outline; if few are found on the pages, headings are
            recognized by font and numbering.
        size: the usual font size in points.
    """
    texts = [[_plain(one.line.text) for one in page] for page in pages] if outline else []
    found = [(entry, _find(entry, pages, texts)) for entry in outline]
    if sum(bool(lines) for _, lines in found) > _MIN_FOUND * len(outline):
        headings = []
        for entry, lines in found:
            if lines:
                headings.append(_mark(lines, entry.level))
            elif (first := _first_below(entry, pages)) is not None:
                headings.append(Heading(entry.title, entry.level, first))
        return headings
    groups = [group for page in pages for group in _groups(page, size)]
    headings = []
    above: list[tuple[float, bool, int]] = []  # styles of the headings above
    for group in groups:
        style = _style(group)
        while above and above[-1] >= style:
            above.pop()
        above.append(style)
        headings.append(_mark(group, len(above)))
    return headings


def title_on_page(page: Sequence[FlowLine], size: float) -> str:
    """Return the first lines in the largest font of a page, or "" if they are hardly larger.

    Turned lines, such as watermarks, have no position and do not count.
    """
    page = [one for one in page if one.line.y]
    largest = max((one.line.size for one in page), default=0)
    title: list[FlowLine] = []
    for one in dropwhile(lambda one: one.line.size < largest, page):
        if one.line.size < largest or (title and not _is_one_heading(title[-1], one)):
            break
        title.append(one)
    if largest < _TITLE * size or len(title) > _MAX_LINES:
        return ""
    return " ".join(" ".join(one.line.text for one in title).split())[:_MAX_CHARACTERS]


def _mark(lines: Sequence[FlowLine], level: int) -> Heading:
    for one in lines:
        one.level = level
        one.continues = one is not lines[0]
    text = " ".join(" ".join(one.line.text for one in lines).split())
    return Heading(text, level, lines[0])


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _find(
    entry: OutlineEntry, pages: Sequence[Sequence[FlowLine]], texts: Sequence[Sequence[str]]
) -> Sequence[FlowLine]:
    """Find the lines with the title of an outline entry, nearest to its target."""
    title = _plain(entry.title)
    if not title:
        return []
    for number in (entry.page, entry.page + 1):
        page = pages[number] if 0 <= number < len(pages) else []
        places: list[Sequence[FlowLine]] = []
        for start in range(len(page)):
            text = ""
            longest = len(title) + 10 * bool(_CLAUSE.fullmatch(page[start].line.text))
            for end in range(start, min(start + _MAX_LINES, len(page))):
                text += texts[number][end]
                if _is_same(text, title):
                    places.append(page[start : end + 1])
                if len(text) > longest:
                    break
        if places:
            y = entry.y if entry.y is not None and number == entry.page else float("inf")
            nearest = min(places, key=lambda lines: abs(min(y, 1e6) - lines[0].line.y))
            numbered = (each for each in places if _CLAUSE.fullmatch(each[0].line.text))
            return next((each for each in numbered if each[1:] == nearest), nearest)
    return []


def _is_same(text: str, title: str) -> bool:
    """Compare two headings without case and punctuation; one may lack its number."""
    longer, shorter = (text, title) if len(text) > len(title) else (title, text)
    is_end = bool(shorter) and longer.endswith(shorter)
    return is_end and _PREFIX.fullmatch(longer.removesuffix(shorter)) is not None


def _first_below(entry: OutlineEntry, pages: Sequence[Sequence[FlowLine]]) -> FlowLine | None:
    page = pages[entry.page] if 0 <= entry.page < len(pages) else []
    below = (one for one in page if entry.y is None or one.line.y < entry.y)
    return next(below, page[0] if page else None)


def _groups(page: Sequence[FlowLine], size: float) -> Iterator[list[FlowLine]]:
    """Find headings by font and numbering; each is one line or a few."""
    group: list[FlowLine] = []
    above: FlowLine | None = None
    for one, below in zip_longest(page, page[1:]) if page else ():
        is_heading = _looks_like_heading(one, above, below, size)
        if group and not (is_heading and _is_one_heading(group[-1], one)):
            if len(group) <= _MAX_LINES:
                yield group
            group = []
        if is_heading:
            group.append(one)
        above = one
    if group and len(group) <= _MAX_LINES:
        yield group


def _is_one_heading(last: FlowLine, one: FlowLine) -> bool:
    step = last.line.y - one.line.y
    if _CLAUSE.fullmatch(last.line.text):  # "Chapter 1" above the title of the chapter
        return 0 < step < 3 * one.line.size
    return (
        abs(last.line.size - one.line.size) < 0.5
        and last.line.is_bold == one.line.is_bold
        and 0 < step < 1.6 * one.line.size
        and _NUMBER.match(one.line.text) is None
    )


def _looks_like_heading(
    one: FlowLine, above: FlowLine | None, below: FlowLine | None, size: float
) -> bool:
    line, text = one.line, one.line.text
    if (
        len(text) > _MAX_CHARACTERS
        or line.is_tabular
        or sum(map(str.isalpha, text)) < 3
        or text[-1] in ".,;"
        or (one.is_item and not text[0].isalnum())
        or line.size < 0.95 * size
        or (line.is_mono and line.size < _LARGE * size)
    ):
        return False
    if line.size >= _LARGE * size:
        return True
    if not one.is_short and not line.is_bold:
        return False
    if line.is_bold:
        # A paragraph can begin with a bold line.
        return below is None or not below.line.text[0].islower() or text.isupper()
    is_apart = above is None or not 0 < above.line.y - line.y < 1.5 * line.size
    number = _NUMBER.match(text)
    is_numbered = number is not None and "." in number[1] and text[-1] != ":"
    return is_apart and (text.isupper() or is_numbered or _CLAUSE.match(text) is not None)


def _style(group: Sequence[FlowLine]) -> tuple[float, bool, int]:
    """Return a sort key for the level of a heading; smaller means higher."""
    line = group[0].line
    number = _NUMBER.match(line.text)
    depth = number[1].count(".") if number is not None else 0
    return -round(2 * line.size) / 2, not line.is_bold, depth
