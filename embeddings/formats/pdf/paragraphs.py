"""Paragraphs of a PDF: which lines continue the line before, also across columns and pages."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import groupby, pairwise, zip_longest

from embeddings.formats.pdf.lines import MARKER, Line, is_marker

_FINISHED = re.compile(r"[.!?:;。！？][\"'”’»)\]]*$")
_BROKEN = re.compile(r"[^\W\d_]-$")
_ITEM = re.compile(rf"(?:{MARKER.pattern})\s+\S")

# In multiples of the font size:
_INDENT = 0.8
_SAME_EDGE = 0.3
_MIN_WIDTH = 20.0
"""Minimum width of a column, assumed if all of its lines are shorter."""
_COLUMN = 4.0
"""Maximum distance between the left edges of lines in one column."""
_MIDDLE = 1.4
"""Maximum distance of a centred cell from the top of the next cell, which has three lines."""

_CELL_STEP = 2.5
"""Maximum distance of lines in the cells of a row, in multiples of the font size."""
_MAX_CELL_LINES = 12
"""Maximum number of lines in the cells of a row before its last cell."""
_MAX_LOW_LINES = 6
"""Maximum number of lines of a cell to the right of a cell with one line at the bottom."""
_SAME_SIZE = 1.12
"""Largest ratio of font sizes in one paragraph."""
_LOOSE = 1.3
"""Multiple of the usual line distance above which a new paragraph begins."""
_NOTE = 0.93
"""Maximum font size of footnotes, as a share of the usual font size."""


class Kind(Enum):
    """Kind of a paragraph."""

    TEXT = auto()
    ITEM = auto()
    """A list item."""
    ROW = auto()
    """A row of a table."""
    CODE = auto()


@dataclass(slots=True)
class FlowLine:
    """A line and its place in a paragraph."""

    line: Line
    right: float
    """Right edge of its paragraph or column, in points."""
    level: int = 0
    """Level of the heading that the line belongs to; 0 for other lines."""
    kind: Kind = Kind.TEXT
    """Kind of the paragraph that the line belongs to."""
    continues: bool = False
    """Whether the line continues the paragraph, list item, row or heading before it."""
    is_next_cell: bool = False
    """Whether the line begins another cell of the row that it continues."""
    start: int = 0
    """Offset in the text, set when the text is assembled."""

    @property
    def is_item(self) -> bool:
        """Whether the line starts like a list item."""
        return _ITEM.match(self.line.text) is not None

    @property
    def is_short(self) -> bool:
        """Whether the line ends far from the right edge."""
        return self.line.x1 - self.line.x0 < 0.7 * (self.right - self.line.x0)

    @property
    def is_finished(self) -> bool:
        """Whether the line ends like a sentence."""
        return _FINISHED.search(self.line.text) is not None

    def is_full(self, following: Line) -> bool:
        """Whether the first word of the following line would not fit on this line."""
        word = min(following.first_width, 10 * following.size)
        return self.line.x1 + 0.25 * self.line.size + word > self.right


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    """Return the font size of most of the text, without code, in points; 0 if there is no text."""
    sizes = Counter[tuple[bool, float]]()
    for page in pages:
        for line in page:
            sizes[not line.is_mono, round(line.size, 1)] += len(line.text)
    return max(sizes, key=lambda kind: (kind[0], sizes[kind]))[1] if sizes else 0


def flow_lines(page: Sequence[Line]) -> list[FlowLine]:
    """Find the right edge that each line of a page could reach."""
    if not page:
        return []
    column_edge = _column_edges(page)
    flows = []
    for block in _blocks(page):
        lowercase = sum(line.text[0].islower() for line in block[1:])
        is_paragraph = len(block) > 2 and lowercase >= len(block) / 3
        edge = max(line.x1 for line in block)
        flows += [FlowLine(line, edge if is_paragraph else column_edge(line)) for line in block]
    return flows


def _column_edges(page: Sequence[Line]) -> Callable[[Line], float]:
    """Return a function that looks up the right edge of a line's column."""
    unit = max(1, _COLUMN / 2 * page[0].size)
    edges: dict[tuple[bool, int], float] = {}
    for line in page:
        place = line.is_mono, int(line.x0 // unit)
        edges[place] = max(line.x1, edges.get(place, 0))

    def edge(line: Line) -> float:
        place = int(line.x0 // unit)
        near = (edges.get((line.is_mono, place + step), 0) for step in range(-2, 3))
        return max(line.x0 + _MIN_WIDTH * line.size, *near)

    return edge


def _blocks(page: Sequence[Line]) -> list[list[Line]]:
    """Group lines of one size that follow each other closely."""
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


def mark_continuations(pages: Sequence[list[FlowLine]], size: float) -> None:
    """Mark the lines that continue the line before, and move footnotes out of sentences.

    Args:
        pages: the lines of each page, with headings marked; changed in place.
        size: the usual font size in points.
    """
    connector = _Connector(pages)
    for page in pages:
        start = 0
        for position, (one, after) in enumerate(zip_longest(list(page), page[1:])):
            connector.add(page, position)
            if after and after.line.y > one.line.y + 5 * size and after.line.x0 > one.line.x1:
                column = page[start : position + 1]
                connector.previous = _without_notes(column, size)
                page[start : position + 1] = column
                start = position + 1
        connector.previous = _without_notes(page, size) or connector.previous
        _indent_code(page)


class _Connector:
    """Decides line by line which lines continue, and keeps the state of the current paragraph."""

    def __init__(self, pages: Sequence[Sequence[FlowLine]]) -> None:
        lines = [one.line for page in pages for one in page]
        steps = [
            (last.y - line.y) / line.size
            for last, line in pairwise(lines)
            if _are_same_size(last, line) and 0 < last.y - line.y < 3 * line.size
        ]
        self._step = sorted(steps)[len(steps) // 4] if steps else 1.2
        mono = sum(len(line.text) for line in lines if line.is_mono)
        self._has_code = mono < 0.75 * sum(len(line.text) for line in lines)
        self.previous: FlowLine | None = None
        self._kind = Kind.TEXT
        self._edges: tuple[float, ...] = ()

    def add(self, page: Sequence[FlowLine], position: int) -> None:
        """Decide whether a line of a page continues the one before."""
        one, previous = page[position], self.previous
        line = one.line
        if cells := self._cells_before(page, position):
            for cell in cells:
                cell.kind, cell.continues = Kind.ROW, cell is not cells[0]
            self._kind, self._edges = Kind.ROW, (cells[0].line.x0, *line.edges)
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

    def _cells_before(self, page: Sequence[FlowLine], position: int) -> Sequence[FlowLine]:
        """Return the lines to the left of a line that belong to the same row of a table.

        Most rows are drawn line by line. Others are drawn cell by cell, and their shorter cells are
        at the top or in the middle of the row.
        """
        line = page[position].line
        is_item = page[position].is_item and is_marker(line.text.partition(" ")[0])
        if page[position].level or is_item:
            return ()
        start = None
        for first in range(position - 1, max(-1, position - 1 - _MAX_CELL_LINES), -1):
            left = page[first]
            below = page[first + 1].line.y
            is_far = first + 1 < position and left.line.y - below > _CELL_STEP * line.size
            if left.line.x1 >= line.x0 or left.level or is_far:
                break
            rise = (line.y - left.line.y) / line.size if _are_same_size(left.line, line) else -1
            if -_SAME_EDGE < rise < _SAME_EDGE or (
                start is None
                and rise > 0
                and (rise < _MIDDLE or self._is_at_bottom(page, first, position))
            ):
                start = first
        cells = page[start:position] if start is not None else ()
        words = sum(len(cell.line.text.split()) for cell in cells)
        tops = [
            at for at, cell in enumerate(cells) if not at or cell.line.y >= cells[at - 1].line.y
        ]
        heights = [end - top for top, end in pairwise([*tops, len(cells)])]
        is_prose = words > 4 * len(cells) and not any(cell.line.is_tabular for cell in cells)
        is_table = sum(cell.line.is_tabular for cell in cells) > 1
        return () if is_table or (is_prose and min(heights) > 2) else cells

    @staticmethod
    def _is_at_bottom(page: Sequence[FlowLine], left: int, position: int) -> bool:
        """Return whether a cell of one line is at the bottom of the taller cell to its right."""
        cell, top = page[left].line, page[position].line
        above = page[left - 1].line if left else None
        if above is not None and 0 < above.y - cell.y < 1.5 * cell.size and above.x0 == cell.x0:
            return False
        for one in page[position + 1 : position + _MAX_LOW_LINES]:
            if abs(one.line.x0 - top.x0) > _SAME_EDGE * top.size:
                return False
            if abs(one.line.y - cell.y) < _SAME_EDGE * top.size:
                return True
        return False

    def _kind_of(self, one: FlowLine) -> Kind:
        if one.level:
            return Kind.TEXT
        if one.line.is_mono and self._has_code:
            return Kind.CODE
        if one.line.is_tabular:
            return Kind.ROW
        return Kind.ITEM if one.is_item else Kind.TEXT

    def _never_joined(self, previous: FlowLine, one: FlowLine) -> bool:
        return (
            bool(previous.level or one.level)
            or self._kind is Kind.CODE
            or (one.line.is_tabular and not self._is_in_cell(previous))
            or not _are_same_size(previous.line, one.line)
        )

    def _is_in_cell(self, line: FlowLine) -> bool:
        """Return whether a line is in the last cell of a row, which the next line can continue."""
        is_row = self._kind is Kind.ROW and self._edges[0] < self._edges[-1]
        return is_row and line.continues and not line.line.is_tabular

    def _continues_below(self, previous: FlowLine, one: FlowLine) -> bool:
        line, last = one.line, previous.line
        if last.y - line.y > _LOOSE * self._step * line.size:
            return False
        if self._kind is Kind.ROW:
            return abs(line.x0 - self._edges[-1]) < _SAME_EDGE * line.size
        is_full, is_lowercase = previous.is_full(line), line.text[0].islower()
        is_full |= is_lowercase and _BROKEN.search(last.text) is not None
        is_aligned = abs(line.x0 - last.x0) < _SAME_EDGE * line.size
        is_in_sentence = is_full and not previous.is_finished
        if not (is_in_sentence and is_aligned):
            begins_code = line.is_mono and self._has_code and not last.is_mono
            if begins_code or one.is_item:
                return False
        if one.is_item and self._kind is Kind.ITEM:
            return False
        indent = line.x0 - max(*self._edges, last.x0)
        if indent > _INDENT * line.size and (previous.is_finished or not (is_full or is_lowercase)):
            return False
        outdent = self._edges[0] - line.x0
        is_after_first = self._kind is Kind.ITEM or previous.continues
        if outdent > _INDENT * line.size and is_after_first and not is_in_sentence:
            return False
        is_long = last.x1 - last.x0 > 0.6 * (previous.right - last.x0)
        return is_full or (is_lowercase and is_long and not previous.is_finished)

    def _continues_elsewhere(
        self, previous: FlowLine, one: FlowLine, below: FlowLine | None
    ) -> bool:
        """Return whether the first line of a column or page continues the line before."""
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


def _without_notes(page: list[FlowLine], size: float) -> FlowLine | None:
    """Move footnotes to before the last paragraph if that continues on the next page or column.

    Returns:
        The last line of the text, None if there are no lines.
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
    is_ended = last.is_finished or last.is_short or last.level or last.line.is_tabular
    if not (page[start].continues or is_ended):
        page[start:] = [*page[end:], *page[start:end]]
    return page[-1]


def _indent_code(page: Sequence[FlowLine]) -> None:
    """Write the indentation of code as spaces."""
    for kind, group in groupby(page, key=lambda one: one.kind):
        code = list(group) if kind is Kind.CODE else []
        edge = min((one.line.x0 for one in code), default=0)
        for one in code:
            width = max(1, one.line.first_width / len(one.line.text.partition(" ")[0]))
            spaces = min(100, round((one.line.x0 - edge) / width))
            one.line = replace(one.line, text=" " * spaces + one.line.text)
