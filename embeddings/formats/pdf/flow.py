"""The text of a PDF: lines joined to paragraphs, also across columns and pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from embeddings.formats.pdf.rows import MARKER, Line

__all__ = ["Flow", "Kind", "body_size", "connect", "field_flow", "flow"]

_FINISHED = re.compile(r"[.!?:;。！？][\"'”’»)\]]*$")
_ITEM = re.compile(rf"(?:{MARKER.pattern})\s+\S")

# In multiples of the font size:
_INDENT = 0.8
_SAME_EDGE = 0.3
_LEAST_WIDTH = 20.0
"""A column is at least so wide, unless its lines are seen to continue each other."""
_COLUMN = 4.0
"""Lines that start at most so far apart belong to one column."""

_MIDDLE = 1.4
"""A cell in the middle of a row starts at most so far below a cell of three lines."""

_MOST_CELL_LINES = 12
"""A row of a table has no more lines in front of its last cell."""
_SAME_SIZE = 1.12
"""Largest ratio of the font sizes in a paragraph."""
_LOOSE = 1.3
"""A line that follows at more than this multiple of the usual distance begins a paragraph."""
_NOTE = 0.93
"""Footnotes are smaller than this part of the usual font size."""


class Kind(Enum):
    """What the lines of a paragraph are."""

    TEXT = auto()
    ITEM = auto()
    """A list item."""
    ROW = auto()
    """A row of a table."""
    CODE = auto()
    FIELD = auto()
    """A form field or an annotation: it is joined to nothing."""


@dataclass(slots=True)
class Flow:
    """A line in the flow of the text."""

    line: Line
    right: float
    """How far to the right the lines around it reach, in points."""
    level: int = 0
    """Of the heading that it belongs to; 0 for other lines."""
    kind: Kind = Kind.TEXT
    """What it begins, or continues."""
    continues: bool = False
    """Whether it continues the paragraph, list item, row or heading of the line before."""
    is_next_cell: bool = False
    """Whether it begins another cell of the row that it continues."""
    start: int = 0
    """Offset in the text; known once it is joined."""

    @property
    def is_item(self) -> bool:
        """Whether it begins like a list item."""
        return _ITEM.match(self.line.text) is not None

    @property
    def is_short(self) -> bool:
        """Whether much of its line is empty."""
        return self.line.x1 - self.line.x0 < 0.7 * (self.right - self.line.x0)

    @property
    def is_finished(self) -> bool:
        """Whether it ends like a sentence."""
        return _FINISHED.search(self.line.text) is not None

    def is_full(self, following: Line) -> bool:
        """Whether the first word of the following line would not have fitted on this one."""
        word = min(following.first_width, 10 * following.size)
        return self.line.x1 + 0.25 * self.line.size + word > self.right


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    """Return the font size that most of the text has, in points; 0 without text."""
    sizes = Counter[float]()
    for page in pages:
        for line in page:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0


def flow(page: Sequence[Line]) -> list[Flow]:
    """Find out how far to the right the lines around each line of a page reach."""
    if not page:
        return []
    column_edge = _column_edges(page)
    flows = []
    for block in _blocks(page):
        small = sum(line.text[0].islower() for line in block[1:])
        is_paragraph = len(block) > 2 and small >= len(block) / 3
        edge = max(line.x1 for line in block)
        flows += [Flow(line, edge if is_paragraph else column_edge(line)) for line in block]
    return flows


def _column_edges(page: Sequence[Line]) -> Callable[[Line], float]:
    """Return a function that gives the right edge of the column that a line stands in."""
    unit = max(1, _COLUMN / 2 * page[0].size)
    edges: dict[tuple[bool, int], float] = {}
    for line in page:
        place = line.is_mono, int(line.x0 // unit)
        edges[place] = max(line.x1, edges.get(place, 0))

    def edge(line: Line) -> float:
        place = int(line.x0 // unit)
        near = (edges.get((line.is_mono, place + step), 0) for step in range(-2, 3))
        return max(line.x0 + _LEAST_WIDTH * line.size, *near)

    return edge


def field_flow(text: str, size: float) -> Flow:
    """Return the text of a form field as a line that nothing is joined to."""
    line = Line(
        text=text,
        x0=0,
        x1=0,
        y=0,
        size=size,
        is_bold=False,
        is_mono=False,
        edges=(0,),
        first_width=0,
    )
    return Flow(line, right=0, kind=Kind.FIELD)


def _blocks(page: Sequence[Line]) -> list[list[Line]]:
    """Group lines that follow each other closely and are set alike."""
    blocks: list[list[Line]] = []
    for line in page:
        last = blocks[-1][-1] if blocks else None
        if (
            last is not None
            and 0 < last.y - line.y <= 1.8 * line.size
            and _are_same_size(last, line)
            and abs(last.x0 - line.x0) < _COLUMN * line.size
        ):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _are_same_size(one: Line, other: Line) -> bool:
    smaller, larger = sorted((one.size, other.size))
    return larger <= _SAME_SIZE * smaller


def connect(pages: Sequence[list[Flow]], size: float) -> None:
    """Find out which lines continue the line before, and move footnotes out of sentences.

    Args:
        pages: the lines of each page, those of headings marked; changed in place.
        size: the usual font size in points.
    """
    connector = _Connector(pages)
    for page in pages:
        for position in range(len(page)):
            connector.add(page, position)
        connector.previous = _without_notes(page, size) or connector.previous


class _Connector:
    """Decides line by line; keeps what is known of the paragraph that is read."""

    def __init__(self, pages: Sequence[Sequence[Flow]]) -> None:
        lines = [one.line for page in pages for one in page]
        steps = [
            (last.y - line.y) / line.size
            for last, line in pairwise(lines)
            if _are_same_size(last, line) and 0 < last.y - line.y < 3 * line.size
        ]
        self._step = sorted(steps)[len(steps) // 4] if steps else 1.2
        self._has_code = sum(line.is_mono for line in lines) < 0.5 * len(lines)
        self.previous: Flow | None = None
        self._kind = Kind.TEXT
        self._edges: tuple[float, ...] = ()

    def add(self, page: Sequence[Flow], position: int) -> None:
        """Decide whether a line of a page continues the one before."""
        one, previous = page[position], self.previous
        line = one.line
        if cells := self._cells_before(page, position):
            for cell in cells:
                cell.kind, cell.continues = Kind.ROW, cell is not cells[0]
            self._kind, self._edges = Kind.ROW, line.edges
            one.continues = one.is_next_cell = True
        elif not one.continues and previous is not None and not self._never_joined(previous, one):
            if position == 0 or line.y >= previous.line.y:
                below = page[position + 1] if position + 1 < len(page) else None
                one.continues = self._continues_elsewhere(previous, one, below)
            else:
                one.continues = self._continues_below(previous, one)
        if not one.continues:
            self._kind = self._kind_of(one)
            self._edges = line.edges
        elif self._kind is Kind.TEXT:
            self._edges = (line.x0,)
        one.kind = self._kind
        self.previous = one

    def _cells_before(self, page: Sequence[Flow], position: int) -> Sequence[Flow]:
        """Return the lines before one that stand to its left in the same row of a table.

        Most rows are drawn line by line, but some cell by cell, with cells of fewer lines at the
        top of the row or in its middle.
        """
        line = page[position].line
        start = None
        for first in range(position - 1, max(-1, position - 1 - _MOST_CELL_LINES), -1):
            left = page[first]
            if left.line.x1 >= line.x0 or left.level or left.kind is Kind.FIELD:
                break
            rise = (line.y - left.line.y) / line.size if _are_same_size(left.line, line) else -1
            if -_SAME_EDGE < rise < _SAME_EDGE or (start is None and 0 < rise < _MIDDLE):
                start = first
        cells = page[start:position] if start is not None else ()
        words = sum(len(cell.line.text.split()) for cell in cells)
        is_column = len(cells) > 2 and words > 4 * len(cells)
        return () if is_column else cells

    def _kind_of(self, one: Flow) -> Kind:
        if one.kind is Kind.FIELD or one.level:
            return one.kind
        if one.line.is_mono and self._has_code:
            return Kind.CODE
        if one.line.is_tabular:
            return Kind.ROW
        return Kind.ITEM if one.is_item else Kind.TEXT

    def _never_joined(self, previous: Flow, one: Flow) -> bool:
        return (
            bool(previous.level or one.level)
            or self._kind in (Kind.CODE, Kind.FIELD)
            or one.kind is Kind.FIELD
            or one.line.is_tabular
            or not _are_same_size(previous.line, one.line)
        )

    def _continues_below(self, previous: Flow, one: Flow) -> bool:
        line, last = one.line, previous.line
        if last.y - line.y > _LOOSE * self._step * line.size:
            return False
        if self._kind is Kind.ROW:
            return abs(line.x0 - self._edges[-1]) < _SAME_EDGE * line.size
        is_full, is_small = previous.is_full(line), line.text[0].islower()
        is_aligned = abs(line.x0 - last.x0) < _SAME_EDGE * line.size
        is_in_sentence = is_full and not previous.is_finished
        if not (is_in_sentence and is_aligned):
            begins_code = line.is_mono and self._has_code and not last.is_mono
            if begins_code or one.is_item:
                return False
        if one.is_item and self._kind is Kind.ITEM:
            return False
        indent = line.x0 - max(*self._edges, last.x0)
        if indent > _INDENT * line.size and (previous.is_finished or not (is_full or is_small)):
            return False
        outdent = self._edges[0] - line.x0
        is_after_first = self._kind is Kind.ITEM or previous.continues
        if outdent > _INDENT * line.size and is_after_first and not is_in_sentence:
            return False
        is_long = last.x1 - last.x0 > 0.6 * (previous.right - last.x0)
        return is_full or (is_small and is_long and not previous.is_finished)

    def _continues_elsewhere(self, previous: Flow, one: Flow, below: Flow | None) -> bool:
        """Decide for the first line of a column or page."""
        line = one.line
        is_code = line.is_mono and self._has_code
        if is_code or one.is_item or previous.is_finished:
            return False
        if self._kind is Kind.ROW:
            is_aligned = abs(line.x0 - self._edges[-1]) < _SAME_EDGE * line.size
            return is_aligned and line.text[0].islower()
        is_indented = (
            below is not None
            and 0 < line.y - below.line.y < _LOOSE * self._step * line.size
            and line.x0 > below.line.x0 + _INDENT * line.size
        )
        return not is_indented and (line.text[0].islower() or previous.is_full(line))


def _without_notes(page: list[Flow], size: float) -> Flow | None:
    """Move notes at the end of a page in front of a last paragraph that the next page continues.

    Returns:
        The last line of the page's text, None if the page has no lines.
    """
    end = len(page)
    while end > 0 and page[end - 1].line.size < _NOTE * size and not page[end - 1].level:
        end -= 1
    if end == 0 or end == len(page):
        return page[-1] if page else None
    start = end - 1
    while start > 0 and page[start].continues:
        start -= 1
    last = page[end - 1]
    if not (page[start].continues or last.is_finished or last.level or last.line.is_tabular):
        page[start:] = [*page[end:], *page[start:end]]
    return page[-1]
