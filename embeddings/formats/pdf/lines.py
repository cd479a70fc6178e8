"""The lines of a PDF page, put together from its characters."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby, pairwise
from string import ascii_uppercase
from typing import NamedTuple

import numpy as np

from embeddings.formats.pdf.glyphs import Glyphs

__all__ = ["MARKER", "Line", "Row", "Word", "read_rows"]

MARKER = re.compile(
    r"[•‣▪●◦·■□➢✓○*–—-]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]|(?:\d{1,3}\.)*\d{1,3}\.?"
)
"""What stands in front of a list item or a heading."""

# PDFium marks a hyphen at the end of a line by U+FFFE and leaves out the line end.
_WORD = re.compile(r"[^\s\0\ufffe]+\ufffe?|\ufffe")
_LINE = re.compile(r"[^\s\0\ufffe](?:[^\n\ufffe]*[^\s\0\ufffe])?\ufffe?|\ufffe")
_REPLACED = {
    "\ufffe": "-",
    "\u25efc": "©",  # TeX draws the sign as a c in a circle
    **dict.fromkeys("\u200b\ufeff", ""),
    **dict(zip("\uf0b7\uf0a7\uf0d8\uf0fc\uf0e0", "•▪➢✓→", strict=True)),  # Word's symbol fonts
    **dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)),
}
_TO_REPLACE = re.compile("|".join(map(re.escape, _REPLACED)))
_DOT_LEADER = re.compile(r"\s?(?:[.·…] ?){4,}\s?")
_LETTERS_APART = re.compile(r"(?:[^\W\d_]\s+){3}[^\W\d_]\s")
_ORDINAL = re.compile(r"st|nd|rd|th|[aeo]|er|re|TM|SM")
_FORMULA = re.compile(r"[A-Za-z]|[A-Za-z+−-]*\d[\dA-Za-z+−-]*")
_SUPERSCRIPTS = dict(zip("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_BOLD = re.compile(rb"bold|black|heavy|demi|cmbx|\bbx", re.IGNORECASE)
_MONO = re.compile(rb"mono|courier|typewriter|consol|menlo|cmtt|cmsltt|sltt", re.IGNORECASE)
_FIXED_PITCH, _FORCE_BOLD = 1 << 0, 1 << 18

_MISSED_SPACE = 0.2
"""A gap inside a word of this part of the characters' height is a space that PDFium missed."""
_COLUMN_GAP, _CELL_GAP = 1.0, 1.5
"""Gaps between words that can separate columns, or cells of a table, in font sizes."""


class Word(NamedTuple):
    """A word, with its left and right edge in points."""

    text: str
    x0: float
    x1: float
    is_spaced: bool
    """Whether a space stands in front of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a page, or what stands of it in one column. All lengths are in points."""

    text: str
    """Cells of a table are separated by tabs."""
    x0: float
    x1: float
    y: float
    """The baseline, measured upwards."""
    size: float
    """The font size."""
    is_bold: bool
    is_mono: bool
    """Whether it is set in a typewriter font."""
    edges: tuple[float, ...]
    """Left edges of its cells; of a list item's marker and its text."""
    first_width: float
    """Width of its first word."""

    @property
    def is_tabular(self) -> bool:
        """Whether it has several cells."""
        return "\t" in self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The words on a common baseline, across all columns. Its attributes are as in `Line`."""

    words: list[Word]
    y: float
    size: float
    is_bold: bool
    is_mono: bool

    def gaps(self) -> Iterator[tuple[float, float]]:
        """Give left and right edge of each gap that is wide enough to separate columns."""
        least = _COLUMN_GAP * self.size
        for (_, _, left, _), (_, right, _, _) in pairwise(self.words):
            if right - left >= least:
                yield left, right

    def part(self, x0: float, x1: float) -> Row:
        """Return a row of the words whose middle lies between two positions."""
        words = [word for word in self.words if x0 <= (word.x0 + word.x1) / 2 < x1]
        return replace(self, words=words)

    def line(self) -> Line:
        """Put the words together."""
        first, _, end, _ = self.words[0]
        text = first
        edges = [self.words[0].x0]
        cell_gap = _CELL_GAP * self.size
        for word, x0, x1, is_spaced in self.words[1:]:
            follows_marker = text is first and MARKER.fullmatch(text) is not None
            is_wide = x0 - end >= cell_gap
            if is_wide or follows_marker:
                edges.append(x0)
            if is_wide and not follows_marker:
                text = f"{text}\t{word}"
            else:
                text = f"{text} {word}" if is_spaced else text + word
            end = x1
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


@dataclass(slots=True)
class _Baseline:
    """A baseline and the characters on it, as half-open ranges."""

    y: float
    size: float
    spans: list[tuple[int, int]]


def read_rows(glyphs: Glyphs) -> list[Row]:
    """Read the rows of a page in the order of the file's content, mostly that of reading."""
    spans = [match.span() for match in _LINE.finditer(glyphs.text)]
    placements = [glyphs.placement(start) for start, _ in spans]
    angles = Counter[int]()
    for (start, end), placement in zip(spans, placements, strict=True):
        angles[round(placement.angle / 90) % 4] += end - start
    turns = angles.most_common(1)[0][0] if angles else 0
    page = _Page(glyphs, turns)
    baselines: list[_Baseline] = []
    rotated: list[Row] = []
    for span, (x, y, size, angle) in zip(spans, placements, strict=True):
        if abs((angle - 90 * turns + 180) % 360 - 180) < 5:
            x, y = ((x, y), (y, -x), (-x, -y), (-y, x))[turns]
            page.place(span, x, y, size, baselines)
        else:
            text = " ".join(glyphs.text[slice(*span)].split())
            words = [Word(_replaced(text), 0, 0, is_spaced=True)]
            rotated.append(Row(words=words, y=0, size=size, is_bold=False, is_mono=False))
    return [row for row in (*map(page.row, baselines), *rotated) if row.words]


class _Page:
    """The characters of a page with their edges, the text turned upright."""

    def __init__(self, glyphs: Glyphs, turns: int) -> None:
        left, top, right, bottom = glyphs.boxes.T
        if turns == 1:
            left, right, bottom, top = bottom, top, -right, -left
        elif turns == 2:
            left, right, bottom, top = -right, -left, -top, -bottom
        elif turns == 3:
            left, right, bottom, top = -top, -bottom, left, right
        self._glyphs, self._turns = glyphs, turns
        self._left, self._right = left.tolist(), right.tolist()
        self._bottom, self._height = bottom, top - bottom
        apart = left[1:] - right[:-1] > _MISSED_SPACE * self._height[1:]
        apart &= (self._height[1:] > 0) & (self._height[:-1] > 0)
        self._missed_spaces: list[int] = (np.flatnonzero(apart) + 1).tolist()
        self._has_letters_apart = _LETTERS_APART.search(glyphs.text) is not None

    def place(
        self, span: tuple[int, int], x: float, y: float, size: float, rows: list[_Baseline]
    ) -> None:
        """Add characters to the last row where they continue it, or else begin a new row."""
        if rows:
            last = rows[-1]
            larger = max(size, last.size)
            gap, rise = x - self._right[last.spans[-1][1] - 1], abs(y - last.y)
            # For PDFium a line ends at a superscript.
            if gap > -0.3 * larger and (
                rise < 0.15 * larger or (rise < 0.6 * larger and gap < 0.5 * larger)
            ):
                last.spans.append(span)
                if size > last.size:
                    last.y, last.size = y, size
                return
        rows.append(_Baseline(y, size, [span]))

    def row(self, baseline: _Baseline) -> Row:
        """Cut the characters of a row into words."""
        glyphs, spans = self._glyphs, baseline.spans
        raised = self._raised(baseline)
        words: list[Word] = []
        end = start = spans[0][0]
        for span in spans:
            for start, stop in self._bounds(*span):
                text = glyphs.text[start:stop]
                left = self._left[start]
                is_spaced = start == end or start != span[0]
                if start == span[0] and words:
                    is_spaced = left - words[-1].x1 > 0.15 * baseline.size
                if raised and not raised.isdisjoint(range(start, stop)):
                    text = _with_superscripts(text, [at in raised for at in range(start, stop)])
                if not text.isascii():
                    text = _replaced(text)
                if text:
                    words.append(Word(text, left, max(left, self._right[stop - 1]), is_spaced))
        is_bold, is_mono = _style(*glyphs.font(spans[0][0]))
        if is_bold or is_mono:
            last = _style(*glyphs.font(start))
            is_bold, is_mono = is_bold and last[0], is_mono and last[1]
        if self._has_letters_apart:
            words = _close_up(words)
        return Row(words=words, y=baseline.y, size=baseline.size, is_bold=is_bold, is_mono=is_mono)

    def _raised(self, baseline: _Baseline) -> set[int]:
        """Find the superscripts of a row: small characters that stand above the baseline."""
        spans = [slice(*span) for span in baseline.spans]
        tallest = max((self._height[span].max() for span in spans), default=0)
        bottom = min(self._bottom[span].min() for span in spans)
        raised: set[int] = set()
        for span in spans:
            height = self._height[span]
            doubtful = (height > 0) & (height < 0.85 * tallest)
            doubtful &= self._bottom[span] > bottom + 0.1 * tallest
            for index in (np.flatnonzero(doubtful) + span.start).tolist():
                if index - 1 in raised or self._is_superscript(index, baseline):
                    raised.add(index)
        return raised

    def _is_superscript(self, index: int, baseline: _Baseline) -> bool:
        x, y, size, _ = self._glyphs.placement(index)
        rise = (y, -x, -y, x)[self._turns] - baseline.y
        return size < 0.9 * baseline.size and 0.15 * size < rise < baseline.size

    def _bounds(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Give the half-open bounds of the words between two characters."""
        missed = self._missed_spaces
        low, high = bisect_right(missed, start), bisect_left(missed, end)
        for match in _WORD.finditer(self._glyphs.text, start, end):
            first, last = match.span()
            while low < high and missed[low] < last:
                if missed[low] > first:
                    yield first, missed[low]
                    first = missed[low]
                low += 1
            yield first, last


def _replaced(text: str) -> str:
    return _TO_REPLACE.sub(lambda match: _REPLACED[match[0]], text)


def _with_superscripts(word: str, is_raised: list[bool]) -> str:
    """Write raised digits and signs as Unicode superscripts, other raised formulas behind `^`."""
    parts = []
    for raised, group in groupby(range(len(word)), key=is_raised.__getitem__):
        part = "".join(word[index] for index in group)
        if raised and not _ORDINAL.fullmatch(part):
            if all(sign in _SUPERSCRIPTS for sign in part):
                part = "".join(_SUPERSCRIPTS[sign] for sign in part)
            elif parts and _FORMULA.fullmatch(part):
                part = f"^{part}"
        parts.append(part)
    return "".join(parts)


@cache
def _style(font: bytes, flags: int) -> tuple[bool, bool]:
    """Return whether a font is bold, and whether it is a typewriter font."""
    is_bold = bool(flags & _FORCE_BOLD or _BOLD.search(font))
    return is_bold, bool(flags & _FIXED_PITCH or _MONO.search(font))


def _close_up(words: list[Word]) -> list[Word]:
    """Join letters that are set apart: `C O N T E N T S` is one word."""
    closed: list[Word] = []
    for is_letter, group in groupby(
        words, lambda word: len(word.text) == 1 and word.text.isupper()
    ):
        run = list(group)
        letters = "".join(word.text for word in run)
        if not is_letter or len(run) < 4 or letters in ascii_uppercase:
            closed.extend(run)
            continue
        gaps = [following.x0 - word.x1 for word, following in pairwise(run)]
        closed.append(run[0])
        for word, gap in zip(run[1:], gaps, strict=True):
            if gap > 1.6 * min(gaps) + 0.5:
                closed.append(word)
            else:
                last = closed.pop()
                closed.append(Word(last.text + word.text, last.x0, word.x1, last.is_spaced))
    return closed
