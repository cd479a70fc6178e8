"""The lines of a PDF page, put together from its characters."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby, pairwise
from string import ascii_uppercase
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.formats.pdf.glyphs import DROPPED, HYPHEN, Glyphs, Placement

__all__ = ["MARKER", "Line", "Row", "Word", "read_rows"]

MARKER = re.compile(
    r"[•‣▪●◦·■□➢✓○*–—-]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]|(?:\d{1,3}\.)*\d{1,3}\.?"
)
"""What stands in front of a list item or a heading."""

_WORD = re.compile(rf"[^\s{HYPHEN}]+{HYPHEN}?|{HYPHEN}")
_LINE = re.compile(rf"[^\s{HYPHEN}](?:[^\n{HYPHEN}]*[^\s{HYPHEN}])?{HYPHEN}?|{HYPHEN}")
_REPLACED = {
    HYPHEN: "-",
    "\u25efc": "©",  # TeX draws the sign as a c in a circle
    **dict.fromkeys((DROPPED, "\u00ad", "\ufeff"), ""),
    **dict(zip("\uf0b7\uf0a7\uf0d8\uf0fc\uf0e0", "•▪➢✓→", strict=True)),  # Word's symbol fonts
    **dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)),
}
_TO_REPLACE = re.compile("|".join(map(re.escape, _REPLACED)))
_DOT_LEADER = re.compile(r"\s?(?:[.·…] ?){4,}\s?")
_ORDINAL = re.compile(r"st|nd|rd|th|[aeo]|er|re|TM|SM")
_FORMULA = re.compile(r"[A-Za-z]|[A-Za-z+−-]*\d[\dA-Za-z+−-]*")
_SUPERSCRIPTS = dict(zip("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_SUPERSCRIPT_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_NOTE_NUMBER = re.compile(rf"^[{_SUPERSCRIPT_DIGITS}]+(?=[^\W\d_])")
_BOLD = re.compile(rb"bold|black|heavy|demi|cmbx|\bbx", re.IGNORECASE)
_MONO = re.compile(rb"mono|courier|typewriter|consol|menlo|cmtt|cmsltt|sltt", re.IGNORECASE)
_FIXED_PITCH, _FORCE_BOLD = 1 << 0, 1 << 18

# Accents that TeX draws by themselves, and the Unicode accents that follow a letter.
_COMBINING = "\u0300\u0301\u0302\u0303\u0308\u0307\u0304\u0306\u030c\u030a\u030b\u0327"
_ACCENTS = dict(zip("`´ˆ˜¨˙¯˘ˇ˚˝¸", _COMBINING, strict=True))
_ACCENTED = re.compile(f"([{''.join(_ACCENTS)}])([^\\W\\d_])")
_DOTLESS = {"ı": "i", "ȷ": "j"}

# In multiples of the font size:
_MISSED_SPACE = 0.18
"""A wider gap inside a word is a space that PDFium missed."""
_NO_SPACE = 0.05
"""A narrower space is none: it was taken back by a move to the left."""
_SHIFT = 0.3
"""What is shifted upwards or downwards by more, without being smaller, is another word."""
_COLUMN_GAP, _CELL_GAP = 1.0, 1.5
"""Such gaps between words can separate columns, or cells of a table."""


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

    @property
    def x0(self) -> float:
        """Its left edge."""
        return self.words[0].x0

    @property
    def x1(self) -> float:
        """Its right edge."""
        return self.words[-1].x1

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
        if text[0] in _SUPERSCRIPT_DIGITS:
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
    return [row for baseline in baselines for row in page.rows(baseline)] + rotated


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
        height = top - bottom
        self._glyphs, self._turns = glyphs, turns
        self._left, self._right = left.tolist(), right.tolist()
        self._bottom, self._height = bottom, height
        self._text = self._with_accents(self._without_false_spaces(glyphs.text, left, right))
        inked = np.flatnonzero(height > 0)
        steps = np.abs(np.diff(bottom[inked])) > 1
        doubtful = steps | (left[inked][1:] - right[inked][:-1] > 0.5)
        self._steps: list[int] = inked[1:][steps].tolist()
        """Characters that stand higher or lower than the one before."""
        self._doubtful: list[int] = inked[1:][doubtful & (np.diff(inked) == 1)].tolist()
        """Characters before which a space may be missing."""

    def _without_false_spaces(
        self, text: str, left: NDArray[np.float32], right: NDArray[np.float32]
    ) -> str:
        """Put a mark, which is dropped later, for spaces between characters that touch."""
        inked = self._height > 0
        usual = np.median(self._height[inked]) if inked.any() else 0
        gap = left[2:] - right[:-2]
        narrow = (gap < _NO_SPACE * usual) & (gap > -usual / 2) & inked[2:] & inked[:-2]
        signs = list(text)
        for index in (np.flatnonzero(narrow) + 1).tolist():
            if signs[index] == " ":
                signs[index] = DROPPED
        return "".join(signs)

    def _with_accents(self, text: str) -> str:
        """Put accents and the letters that they stand on together."""
        signs = list(text)
        for match in _ACCENTED.finditer(text):
            accent, letter = match.start(), match.end() - 1
            if self._left[letter] < (self._left[accent] + self._right[accent]) / 2:
                base = _DOTLESS.get(match[2], match[2])
                composed = unicodedata.normalize("NFC", base + _ACCENTS[match[1]])
                if len(composed) == 1:
                    signs[accent], signs[letter] = DROPPED, composed
        return "".join(signs)

    def place(
        self, span: tuple[int, int], x: float, y: float, size: float, rows: list[_Baseline]
    ) -> None:
        """Add characters to the last row where they continue it, or else begin a new row."""
        if rows:
            last = rows[-1]
            larger = max(size, last.size)
            gap, rise = x - self._right[last.spans[-1][1] - 1], abs(y - last.y)
            # For PDFium a line ends at a superscript.
            if gap > -0.5 * larger and (
                rise < 0.15 * larger or (rise < 0.6 * larger and gap < 0.5 * larger)
            ):
                last.spans.append(span)
                if size > last.size:
                    last.y, last.size = y, size
                return
        rows.append(_Baseline(y, size, [span]))

    def rows(self, baseline: _Baseline) -> Iterator[Row]:
        """Cut the characters of a baseline into words; notes in the margin are another row."""
        words, starts = self._words(baseline)
        first = 0
        for index in range(1, len(words)):
            gap = words[index].x0 - words[index - 1].x1
            if gap >= _COLUMN_GAP * baseline.size and self._is_note(starts[index], baseline):
                yield self._row(words[first:index], starts[first:index], baseline)
                first = index
        if words:
            yield self._row(words[first:], starts[first:], baseline)

    def _words(self, baseline: _Baseline) -> tuple[list[Word], list[int]]:
        """Return the words of a baseline, and the index of the first character of each."""
        raised = self._raised(baseline)
        words: list[Word] = []
        starts: list[int] = []
        for span in baseline.spans:
            is_spaced = not words or self._left[span[0]] - words[-1].x1 > 0.15 * baseline.size
            for start, stop in self._bounds(*span, baseline.size):
                text = self._text[start:stop]
                if raised and not raised.isdisjoint(range(start, stop)):
                    text = _with_superscripts(text, [at in raised for at in range(start, stop)])
                if not text.isascii():
                    text = _replaced(text)
                if text:
                    words.append(Word(text, self._left[start], self._right[stop - 1], is_spaced))
                    starts.append(start)
                is_spaced = True
        return words, starts

    def _is_note(self, start: int, baseline: _Baseline) -> bool:
        """Return whether what begins at a character is smaller than the row or off its baseline."""
        placement = self._glyphs.placement(start)
        shift = abs(self._height_of(placement) - baseline.y)
        return placement.size < 0.93 * baseline.size or shift > 0.15 * baseline.size

    def _row(self, words: list[Word], starts: list[int], baseline: _Baseline) -> Row:
        first, last = (self._glyphs.placement(starts[index]) for index in (0, -1))
        is_bold, is_mono = _style(*self._glyphs.font(starts[0]))
        if is_bold or is_mono:
            end = _style(*self._glyphs.font(starts[-1]))
            is_bold, is_mono = is_bold and end[0], is_mono and end[1]
        if [len(word.text) for word in words].count(1) > 3:
            words = _close_up(words)
        y = baseline.y if starts[0] == baseline.spans[0][0] else self._height_of(first)
        size = max(first.size, last.size)
        return Row(words=words, y=y, size=size, is_bold=is_bold, is_mono=is_mono)

    def _height_of(self, placement: Placement) -> float:
        """Return how high a character's baseline is once the text is turned upright."""
        return (placement.y, -placement.x, -placement.y, placement.x)[self._turns]

    def _raised(self, baseline: _Baseline) -> set[int]:
        """Find the superscripts of a row: small characters that stand above the baseline."""
        spans = baseline.spans
        if len(spans) == 1 and not self._slice(self._steps, spans[0][0] + 1, spans[0][1]):
            return set()
        tallest = max(self._height[start:end].max() for start, end in spans)
        bottom = min(self._bottom[start:end].min() for start, end in spans)
        raised: set[int] = set()
        for start, end in spans:
            height = self._height[start:end]
            doubtful = (height > 0) & (height < 0.85 * tallest)
            doubtful &= self._bottom[start:end] > bottom + 0.1 * tallest
            for index in (np.flatnonzero(doubtful) + start).tolist():
                if index - 1 in raised or self._is_superscript(index, baseline):
                    raised.add(index)
        return raised

    @staticmethod
    def _slice(indices: list[int], start: int, end: int) -> list[int]:
        """Return those of some ascending indices that lie in a half-open range."""
        return indices[bisect_left(indices, start) : bisect_left(indices, end)]

    def _is_superscript(self, index: int, baseline: _Baseline) -> bool:
        placement = self._glyphs.placement(index)
        rise = self._height_of(placement) - baseline.y
        is_small = placement.size < 0.9 * baseline.size
        return is_small and 0.15 * placement.size < rise < baseline.size

    def _bounds(self, start: int, end: int, size: float) -> Iterator[tuple[int, int]]:
        """Give the half-open bounds of the words between two characters."""
        doubtful = self._slice(self._doubtful, start + 1, end)
        cuts = [index for index in doubtful if self._is_space_missing(index, size)]
        for match in _WORD.finditer(self._text, start, end):
            first, last = match.span()
            while cuts and cuts[0] < last:
                cut = cuts.pop(0)
                if cut > first:
                    yield first, cut
                    first = cut
            yield first, last

    def _is_space_missing(self, index: int, size: float) -> bool:
        if self._left[index] - self._right[index - 1] > _MISSED_SPACE * size:
            return True
        before, after = self._glyphs.placement(index - 1), self._glyphs.placement(index)
        shift = abs(self._height_of(after) - self._height_of(before))
        return shift > _SHIFT * size and abs(after.size - before.size) < 0.1 * size


def _replaced(text: str) -> str:
    replaced = _TO_REPLACE.sub(lambda match: _REPLACED[match[0]], text)
    return unicodedata.normalize("NFC", replaced)


def _with_superscripts(word: str, is_raised: list[bool]) -> str:
    """Write raised digits and signs as Unicode superscripts, other raised formulas behind `^`."""
    parts: list[str] = []
    for raised, group in groupby(range(len(word)), key=is_raised.__getitem__):
        indices = list(group)
        part = word[indices[0] : indices[-1] + 1]
        is_inside = word[indices[-1] + 1 : indices[-1] + 2].isalpha()  # as in TeX's name
        if raised and not _ORDINAL.fullmatch(part):
            if all(sign in _SUPERSCRIPTS for sign in part):
                part = "".join(_SUPERSCRIPTS[sign] for sign in part)
            elif parts and not is_inside and _FORMULA.fullmatch(part):
                part = f"^{part}"
        parts.append(part)
    return "".join(parts)


@cache
def _style(font: bytes, flags: int) -> tuple[bool, bool]:
    """Return whether a font is bold, and whether it is a typewriter font."""
    is_bold = bool(flags & _FORCE_BOLD or _BOLD.search(font))
    return is_bold, bool(flags & _FIXED_PITCH or _MONO.search(font))


def _is_capital(word: Word) -> bool:
    return len(word.text) == 1 and word.text.isupper()


def _close_up(words: list[Word]) -> list[Word]:
    """Join letters that are set apart: `C O N T E N T S` is one word."""
    closed: list[Word] = []
    for is_letter, group in groupby(words, key=_is_capital):
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
