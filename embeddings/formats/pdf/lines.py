"""Rows of words on a PDF page, and the lines of text in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, Self

MARKER = re.compile(
    r"[•‣▪●◦·■□➢✓○*–—-]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]|(?:\d{1,3}\.)*\d{1,3}\.?"
)
"""Bullet or number of a list item or heading."""


def is_marker(word: str) -> bool:
    """Return whether a word is the marker of a list item, and not the first number of a cell."""
    return not word[-1].isalnum() and MARKER.fullmatch(word) is not None


_DOT_LEADER = re.compile(r"\s?(?:[.·…] ?){4,}\s?")
_NOTE_NUMBER = re.compile(r"^[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?=[^\W\d_])")

# In multiples of the font size:
COLUMN_GAP = 1.0
"""Minimum gap between columns."""
_CELL_GAP = 1.15
"""Minimum gap between cells of a table."""
_WIDE_GAP = 1.5
"""Minimum gap between cells where spaces are wide: in stretched lines and monospaced fonts."""
STOPS = ".,:;!?"
_STRETCHED = 0.6
"""Minimum median gap between the words of a stretched line."""


class Word(NamedTuple):
    """A word with its left and right edge in points."""

    text: str
    x0: float
    x1: float
    is_spaced: bool
    """Whether a space precedes the word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text in one column of a page. All lengths are in points."""

    text: str
    """Cells of a table are separated by tabs."""
    size: float
    """The font size."""
    x0: float = 0
    x1: float = 0
    y: float = 0
    """The baseline, measured from the bottom of the page."""
    is_bold: bool = False
    is_mono: bool = False
    """Whether the font is monospaced."""
    edges: tuple[float, ...] = (0,)
    """Left edges of the cells, or of a list item's marker and text."""
    first_width: float = 0
    """Width of the first word."""

    @property
    def is_tabular(self) -> bool:
        """Whether the line has several cells."""
        return "\t" in self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The words on one baseline, across all columns. See `Line` for the attributes."""

    words: list[Word]
    size: float
    y: float = 0
    is_bold: bool = False
    is_mono: bool = False

    @property
    def x0(self) -> float:
        """Left edge."""
        return self.words[0].x0

    @property
    def x1(self) -> float:
        """Right edge."""
        return self.words[-1].x1

    def gaps(self) -> Iterator[tuple[float, float]]:
        """Yield the left and right edge of each gap that could separate columns."""
        least = COLUMN_GAP * self.size
        for (_, _, left, _), (_, right, _, _) in pairwise(self.words):
            if right - left >= least:
                yield left, right

    def part(self, x0: float, x1: float) -> Self:
        """Return the words whose middle lies between two positions as a row."""
        words = [word for word in self.words if x0 <= (word.x0 + word.x1) / 2 < x1]
        return replace(self, words=words)

    def _cell_gap(self) -> float:
        gaps = sorted(word.x0 - last.x1 for last, word in pairwise(self.words))
        is_stretched = len(gaps) > 2 and gaps[(len(gaps) - 1) // 2] > _STRETCHED * self.size
        return (_WIDE_GAP if is_stretched or self.is_mono else _CELL_GAP) * self.size

    def line(self) -> Line:
        """Join the words."""
        first, _, end, _ = self.words[0]
        text = first
        edges = [self.words[0].x0]
        cell_gap, wide_gap = self._cell_gap(), _WIDE_GAP * self.size
        for word, x0, x1, is_spaced in self.words[1:]:
            follows_marker = text is first and MARKER.fullmatch(text) is not None
            is_wide = x0 - end >= (wide_gap if text[-1] in STOPS else cell_gap)
            if is_wide or follows_marker:
                edges.append(x0)
            if is_wide and not follows_marker:
                text = f"{text}\t{word}"
            else:
                text = f"{text} {word}" if is_spaced else text + word
            end = x1
        if not text[0].isascii():
            text = _NOTE_NUMBER.sub(r"\g<0> ", text)
        if ". . ." in text or "...." in text:
            text = _DOT_LEADER.sub("\t", text).strip()
        return Line(
            text=text,
            x0=edges[0],
            x1=end,
            y=self.y,
            size=self.size,
            is_bold=self.is_bold,
            is_mono=self.is_mono,
            edges=tuple(edges),
            first_width=self.words[0].x1 - edges[0],
        )
