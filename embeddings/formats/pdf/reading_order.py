"""Reading order of pages whose columns are drawn row by row."""

import math
import re
import statistics
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from embeddings.formats.pdf.lines import Line, Row, is_marker

_MIN_SHARED_ROWS = 4
"""Smallest number of rows with text in both columns; fewer could be chance."""

_MIN_CELLS, _MAX_CELLS = 3, 25
"""Number of rows of a table that is drawn column by column; longer columns could be an index."""
_MAX_WORDS = 4
"""Maximum mean number of words per cell in a column of such a table."""
_MAX_MOVED = 200
"""Maximum number of earlier parts of a page that a part is moved in front of."""
_SAME_LINE = 1.0
"""Maximum vertical distance of the cells of a row, in points."""

_MIN_NUMBERED = 5
"""Minimum number of rows with a line number in the margin; fewer numbers could be chance."""

_MIN_ADDRESS_LINES, _MAX_ADDRESS_LINES = 3, 10
_MAX_ADDRESSES = 3
"""Maximum number of addresses next to each other."""
_MAX_ADDRESS_WORDS = 20
"""Maximum number of words in a row of addresses."""
_MARKER_DISTANCE = 3.0
"""Maximum distance of the marker of a list item from its text, in multiples of the font size."""
_LINE_DISTANCE = 2.0
"""Maximum distance of the lines of an address, in multiples of the font size."""
_POSTCODE = re.compile(
    r"\b(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)\b"
    r"|^(?:[A-Z]{1,2}-)?\d{4,5}(?: [A-Z]{2})? [^\W\d_a-z][^\W\d_]+"
)


def lines_in_order(rows: Sequence[Row]) -> list[Line]:
    """Put columns of prose one after the other and margin notes last; keep rows of tables whole.

    Line numbers in the left margin are left out.
    """
    rows = _without_line_numbers(_with_cells(_downwards(_with_markers(rows))))
    rows = _addresses_apart(rows)
    lines = (row.line() for row in _notes_last(_in_order(rows)))
    return [line for line in lines if line.text]


def _with_markers(rows: Sequence[Row]) -> list[Row]:
    """Put the markers of lists that are drawn before or after all items in front of the items."""
    places: dict[int, int] = {}
    for at, row in enumerate(rows):
        if len(row.words) > 1 or not is_marker(row.words[0].text):
            places[round(row.y)] = at
    joined = list(rows)
    moved = set()
    for at, row in enumerate(rows):
        if len(row.words) == 1 and is_marker(row.words[0].text):
            place = places.get(round(row.y), at)
            if abs(place - at) > 1 and 0 < rows[place].x0 - row.x1 < _MARKER_DISTANCE * row.size:
                joined[place] = replace(rows[place], words=[*row.words, *rows[place].words])
                moved.add(at)
    return [row for at, row in enumerate(joined) if at not in moved]


def _without_line_numbers(rows: Sequence[Row]) -> list[Row]:
    """Remove the first word of most rows if these are numbers in sequence, and the rest prose."""
    numbered = {id(row): row.words[0] for row in rows if row.words[0].text.isdecimal()}
    steps = [int(b.text) - int(a.text) for a, b in pairwise(numbered.values())]
    is_sequence = len(numbered) >= _MIN_NUMBERED and steps.count(1) > 0.9 * len(steps)
    if not is_sequence or 2 * len(numbered) < len(rows):
        return list(rows)
    texts = [replace(row, words=row.words[id(row) in numbered :]) for row in rows]
    texts = [row for row in texts if row.words]
    return texts if texts and _is_prose(texts) else list(rows)


def _falling(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Split rows where a row is above the previous row, or lower but next to it."""
    pairs = enumerate(pairwise(rows), 1)
    starts = [at for at, (last, row) in pairs if row.y > last.y or not _overlap(last, row)]
    return (list(rows[start:end]) for start, end in pairwise([0, *starts, len(rows)]))


def _overlap(row: Row, other: Row) -> bool:
    return row.x0 < other.x1 and other.x0 < row.x1


def _downwards(rows: Sequence[Row]) -> list[Row]:
    """Move parts of a page that are drawn after the parts below them."""
    parts: list[list[Row]] = []
    for part in _falling(rows):
        place = len(parts)
        for earlier in reversed(parts[-_MAX_MOVED:]):
            if earlier[0].y >= part[-1].y or not _overlap(earlier[0], part[-1]):
                break
            place -= 1
        parts.insert(place, part)
    return [row for part in parts for row in part]


def _with_cells(rows: Sequence[Row]) -> list[Row]:
    """Join the columns of tables that are drawn column by column."""
    parts: list[list[Row]] = [[]]
    for part in _falling(rows):
        joined = _beside(parts[-1], part)
        for place, row in joined.items():
            left = parts[-1][place]
            parts[-1][place] = replace(left, words=[*left.words, *row.words])
        if not joined:
            parts.append([])
        parts[-1] += part[len(joined) :]
    return [row for part in parts for row in part]


def _beside(left: Sequence[Row], right: Sequence[Row]) -> dict[int, Row]:
    """Map indices of rows to the next cell; empty if the parts are not columns of a table."""
    cells = [row for row in right if left and row.y >= left[-1].y - _SAME_LINE]
    heights = [-row.y for row in left]
    joined = {bisect_left(heights, -row.y - _SAME_LINE): row for row in cells}
    if not (
        _MIN_CELLS <= len(cells) == len(joined) <= _MAX_CELLS
        and all(abs(left[at].y - row.y) <= _SAME_LINE for at, row in joined.items())
        and sum(len(row.words) for row in cells) <= _MAX_WORDS * len(cells)
        and not any(row.words[1:] and is_marker(row.words[0].text) for row in cells)
        and 2 * sum(any(row.gaps()) for row in cells) < len(cells)  # else it is another table
    ):
        return {}
    first = left[min(joined) :]
    is_right = max(row.x1 for row in first) < min(row.x0 for row in cells)
    lowercase = (sum(row.words[0].text[0].islower() for row in column) for column in (first, cells))
    return joined if is_right and max(lowercase) < len(cells) / 3 else {}


def _addresses_apart(rows: Sequence[Row]) -> list[Row]:
    """Put addresses that stand next to each other one after the other."""
    gaps = [list(row.gaps()) if len(row.words) <= _MAX_ADDRESS_WORDS else [] for row in rows]
    ordered: list[Row] = []
    start = 0
    while start < len(rows):
        end, middle = start, math.inf
        if 0 < len(gaps[start]) < _MAX_ADDRESSES:
            end, middle = _shared_gap(rows, gaps, start)
        if end - start >= _MIN_ADDRESS_LINES:
            parts = [
                (row.part(-math.inf, middle), row.part(middle, math.inf)) for row in rows[start:end]
            ]
            left, right = (
                [part for part in column if part.words] for column in zip(*parts, strict=True)
            )
            if _is_address(left) and _is_address(right):
                ordered += [*left, *_addresses_apart(right)]
                start = end
                continue
        ordered.append(rows[start])
        start += 1
    return ordered


def _shared_gap(
    rows: Sequence[Row], gaps: Sequence[Sequence[tuple[float, float]]], start: int
) -> tuple[int, float]:
    """Return the end of the close rows with the first gap of a row, and the middle of the gap."""
    low, high = gaps[start][0]
    end = start + 1
    for row, others in zip(rows[end : start + _MAX_ADDRESS_LINES], gaps[end:], strict=False):
        shared = [(max(low, left), min(high, right)) for left, right in others]
        shared += [
            (max(low, row.x1), high),
            (low, min(high, row.x0)),
        ]  # one of the columns is short
        narrowed = next((one for one in shared if one[0] < one[1]), None)
        if narrowed is None or not 0 < rows[end - 1].y - row.y < _LINE_DISTANCE * row.size:
            break
        low, high = narrowed
        end += 1
    return end, (low + high) / 2


def _is_address(rows: Sequence[Row]) -> bool:
    """Return whether rows have a postcode below the first row."""
    texts = (" ".join(word.text for word in row.words) for row in rows[1:])
    return any(map(_POSTCODE.search, texts))


def _notes_last(rows: Sequence[Row]) -> list[Row]:
    sizes = Counter[float]()
    for row in rows:
        sizes[round(row.size, 1)] += len(row.words)
    if not sizes:
        return []
    size = sizes.most_common(1)[0][0]
    margin = statistics.median(row.x1 for row in rows if round(row.size, 1) == size)
    notes = [row.size < 0.93 * size and row.x0 > margin for row in rows]
    return [
        *(row for row, is_note in zip(rows, notes, strict=True) if not is_note),
        *(row for row, is_note in zip(rows, notes, strict=True) if is_note),
    ]


def _in_order(rows: Sequence[Row]) -> list[Row]:
    gutter = _gutter(rows)
    if gutter is None:
        return list(rows)
    ordered: list[Row] = []
    band: list[Row] = []
    for row in rows:
        if row.x0 < gutter < row.x1 and not _has_gap(row, gutter):
            ordered += _split(band, gutter)
            ordered.append(row)
            band = []
        else:
            band.append(row)
    return ordered + _split(band, gutter)


def _has_gap(row: Row, x: float) -> bool:
    return any(left <= x <= right for left, right in row.gaps())


def _gutter(rows: Sequence[Row]) -> float | None:
    """Return the position that most gaps share."""
    gaps = [gap for row in rows for gap in row.gaps()]
    edges = sorted([(left, 0) for left, _ in gaps] + [(right, 1) for _, right in gaps])
    depth = deepest = 0
    gutter = None
    for position, (x, is_end) in enumerate(edges):
        depth += -1 if is_end else 1
        if depth > deepest:
            deepest, gutter = depth, (x + edges[position + 1][0]) / 2
    return gutter if deepest >= _MIN_SHARED_ROWS else None


def _split(band: Sequence[Row], gutter: float) -> list[Row]:
    """Split rows at the gutter if both sides are columns of prose."""
    parts = [(row.part(-math.inf, gutter), row.part(gutter, math.inf)) for row in band]
    left = [part for part, _ in parts if part.words]
    right = [part for _, part in parts if part.words]
    shared = sum(bool(one.words and other.words) for one, other in parts)
    if shared >= _MIN_SHARED_ROWS and _is_prose(left) and _is_prose(right):
        return [*_in_order(left), *_in_order(right)]
    return list(band)


def _is_prose(rows: Sequence[Row]) -> bool:
    """Return whether rows are lines of paragraphs and not cells of a table.

    Most lines of a paragraph have several words and reach the right edge; many start with a
    lowercase letter.
    """
    start = min(row.x0 for row in rows)
    width = max(row.x1 for row in rows) - start
    full = sum(row.x1 - start > 0.8 * width for row in rows)
    lowercase = sum(row.words[0].text[0].islower() for row in rows if not row.is_mono)
    words = [word.text for row in rows for word in row.words]
    numbers = sum(any(map(str.isdigit, word)) for word in words)
    return (
        statistics.median(len(row.words) for row in rows) >= 4
        and full >= len(rows) / 2
        and lowercase >= len(rows) / 3
        and numbers <= len(words) / 4
    )
