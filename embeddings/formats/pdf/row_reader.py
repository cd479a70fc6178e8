"""Rows of words of a PDF page, built from its characters."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray

from embeddings.formats.pdf.characters import (
    ACCENTED,
    accented,
    replace_special_characters,
    with_superscripts,
)
from embeddings.formats.pdf.glyphs import DROPPED, HYPHEN, Glyphs, Placement
from embeddings.formats.pdf.lines import COLUMN_GAP, STOPS, Row, Word

_WORD = re.compile(rf"[^\s{HYPHEN}]+{HYPHEN}?|{HYPHEN}")
_LINE = re.compile(rf"[^\s{HYPHEN}](?:[^\n{HYPHEN}]*[^\s{HYPHEN}])?{HYPHEN}?|{HYPHEN}")
_BOLD = re.compile(rb"bold|black|heavy|demi|cmbx|\bbx", re.IGNORECASE)
_MONO = re.compile(rb"mono|courier|typewriter|consol|menlo|cmtt|cmsltt|sltt", re.IGNORECASE)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_BULLETS = "•‣▪●◦■□"
_FIXED_PITCH, _FORCE_BOLD = 1 << 0, 1 << 18

# In multiples of the font size:
_MISSED_SPACE = 0.18
"""Minimum gap between characters that is a space, even if PDFium reports none."""
_NO_SPACE = 0.05
"""Maximum gap at which a reported space is ignored: the next character is moved back over it."""
_LONGEST_EXPONENT = 8
_SHIFT = 0.3
"""Minimum vertical shift, at the same font size, that separates words."""


@dataclass(slots=True)
class _Baseline:
    """A baseline and the half-open ranges of the characters on it."""

    y: float
    size: float
    spans: list[tuple[int, int]]


def read_rows(glyphs: Glyphs) -> list[Row]:
    """Read the rows of a page in the order in which they are drawn."""
    spans = [match.span() for match in _LINE.finditer(glyphs.text)]
    placements = [glyphs.placement(start) for start, _ in spans]
    angles = Counter[int]()
    for (start, end), placement in zip(spans, placements, strict=True):
        angles[round(placement.angle / 90) % 4] += end - start
    turns = angles.most_common(1)[0][0] if angles else 0
    page = _Page(glyphs, turns)
    baselines: list[_Baseline] = []
    rotated: list[Row] = []
    spans = [part for span in spans for part in page.parts(*span)]
    placements = [glyphs.placement(start) for start, _ in spans]
    for span, (x, y, size, angle) in zip(spans, placements, strict=True):
        if abs((angle - 90 * turns + 180) % 360 - 180) < 5:
            x, y = ((x, y), (y, -x), (-x, -y), (-y, x))[turns]
            page.place(span, x, y, size, baselines)
        else:
            text = " ".join(glyphs.text[slice(*span)].split())
            words = [Word(replace_special_characters(text), 0, 0, is_spaced=True)]
            rotated.append(Row(words=words, size=size))
    return [row for baseline in baselines for row in page.rows(baseline)] + rotated


class _Page:
    """Characters of a page and their edges, with the text turned upright."""

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
        """Indices of characters that stand higher or lower than the one before."""
        self._doubtful: list[int] = inked[1:][doubtful & (np.diff(inked) == 1)].tolist()
        """Indices of characters before which a space may be missing."""
        usual = np.median(height[inked]) if inked.size else 0
        rises, moves = np.abs(np.diff(bottom[inked])), np.diff(left[inked])
        is_below = (rises > usual / 2) & (moves < -2 * usual)
        is_below |= (rises > 2 * usual) & (moves < 0)
        self._line_starts: list[int] = inked[1:][is_below].tolist()

    def _without_false_spaces(
        self, text: str, left: NDArray[np.float32], right: NDArray[np.float32]
    ) -> str:
        """Replace spaces between characters that touch by a mark that is dropped later."""
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
        """Combine accents with the letters below them."""
        signs = list(text)
        for match in ACCENTED.finditer(text):
            accent, letter = match.start(), match.end() - 1
            if self._left[letter] < (self._left[accent] + self._right[accent]) / 2:
                composed = accented(match[1], match[2])
                if len(composed) == 1:
                    signs[accent], signs[letter] = DROPPED, composed
        return "".join(signs)

    def parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Split characters at line starts that PDFium does not report, as before a single digit."""
        for cut in self._slice(self._line_starts, start + 1, end):
            yield start, start + len(self._text[start:cut].rstrip())
            start = cut
        yield start, end

    def place(
        self, span: tuple[int, int], x: float, y: float, size: float, rows: list[_Baseline]
    ) -> None:
        """Add characters to the last row if they continue it, or else begin a new row."""
        if rows:
            last = rows[-1]
            larger = max(size, last.size)
            gap, rise = x - self._right[last.spans[-1][1] - 1], abs(y - last.y)
            # PDFium reports a line end at each superscript.
            if gap > -0.5 * larger and (
                rise < 0.2 * larger or (rise < 0.6 * larger and gap < 0.5 * larger)
            ):
                last.spans.append(span)
                if size > last.size:
                    last.y, last.size = y, size
                return
        rows.append(_Baseline(y, size, [span]))

    def rows(self, baseline: _Baseline) -> Iterator[Row]:
        """Split a baseline into words; margin notes become a row of their own."""
        words, starts = self._words(baseline)
        first = 0
        for index in range(1, len(words)):
            gap = words[index].x0 - words[index - 1].x1
            is_item = index == first + 1 and words[first].text in _BULLETS
            is_apart = gap >= COLUMN_GAP * baseline.size and not is_item
            if is_apart and self._is_note(starts[index], baseline):
                yield self._row(words[first:index], starts[first:index], baseline)
                first = index
        if words:
            yield self._row(words[first:], starts[first:], baseline)

    def _words(self, baseline: _Baseline) -> tuple[list[Word], list[int]]:
        """Return the words of a baseline and the index of the first character of each."""
        raised = self._raised(baseline)
        words: list[Word] = []
        starts: list[int] = []
        for span in baseline.spans:
            is_spaced = not words or self._left[span[0]] - words[-1].x1 > 0.15 * baseline.size
            for start, stop in self._bounds(*span, baseline.size):
                text = self._text[start:stop]
                if raised and not raised.isdisjoint(range(start, stop)):
                    text = with_superscripts(text, [at in raised for at in range(start, stop)])
                if not text.isascii():
                    # Some words in Arabic and Hebrew are reported from left to right.
                    if _RIGHT_TO_LEFT.search(text) and self._left[start] < self._left[stop - 1]:
                        text = text[::-1]
                    text = replace_special_characters(text)
                if text:
                    words.append(Word(text, self._left[start], self._right[stop - 1], is_spaced))
                    starts.append(start)
                is_spaced = True
        return words, starts

    def _is_note(self, start: int, baseline: _Baseline) -> bool:
        """Return whether a character is smaller than the row or off its baseline."""
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
            words = _join_spaced_letters(words)
        y = baseline.y if starts[0] == baseline.spans[0][0] else self._height_of(first)
        size = max(first.size, last.size)
        return Row(words=words, y=y, size=size, is_bold=is_bold, is_mono=is_mono)

    def _height_of(self, placement: Placement) -> float:
        """Return the y of a character's baseline with the text turned upright."""
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
        # Text that stands a little above a large bullet is not raised.
        length = sum(end - start for start, end in spans)
        return raised if len(raised) <= max(length / 2, _LONGEST_EXPONENT) else set()

    @staticmethod
    def _slice(indices: list[int], start: int, end: int) -> list[int]:
        """Return the part of ascending indices that lies in a half-open range."""
        return indices[bisect_left(indices, start) : bisect_left(indices, end)]

    def _is_superscript(self, index: int, baseline: _Baseline) -> bool:
        placement = self._glyphs.placement(index)
        rise = self._height_of(placement) - baseline.y
        is_lowercase = placement.size < 0.9 * baseline.size
        return is_lowercase and 0.15 * placement.size < rise < baseline.size

    def _bounds(self, start: int, end: int, size: float) -> Iterator[tuple[int, int]]:
        """Yield the half-open bounds of the words between two characters."""
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


@cache
def _style(font: bytes, flags: int) -> tuple[bool, bool]:
    """Return whether a font is bold, and whether it is monospaced."""
    is_bold = bool(flags & _FORCE_BOLD or _BOLD.search(font))
    return is_bold, bool(flags & _FIXED_PITCH or _MONO.search(font))


def _is_sign(word: Word) -> bool:
    return len(word.text) == 1 and (word.text.isalnum() or word.text in STOPS)


def _join_spaced_letters(words: list[Word]) -> list[Word]:
    """Join spaced letters: `C O N T E N T S` becomes one word."""
    closed: list[Word] = []
    for is_sign, group in groupby(words, key=_is_sign):
        run = list(group)
        letters = "".join(word.text for word in run if word.text.isalpha())
        is_text = len(letters) >= max(4, len(run) / 2)  # rows of digits are cells of a table
        if not (is_sign and is_text) or letters.lower() in ascii_lowercase:
            closed.extend(run)
            continue
        gaps = [following.x0 - word.x1 for word, following in pairwise(run)]
        closed.append(run[0])
        for word, gap in zip(run[1:], gaps, strict=True):
            if gap > 1.6 * min(gaps) + 0.5:
                last = closed.pop()
                closed += [last._replace(x1=last.x1 + min(gaps)), word]
            else:
                last = closed.pop()
                closed.append(Word(last.text + word.text, last.x0, word.x1, last.is_spaced))
    return closed
