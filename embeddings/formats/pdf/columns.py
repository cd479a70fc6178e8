"""The order of reading on a page whose columns were drawn row by row."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from embeddings.formats.pdf.lines import Line, Row

__all__ = ["lines_in_order"]

_LEAST_SHARED_ROWS = 4
"""Columns stand next to each other in at least as many rows. Less could be chance."""
_LEAST_TEXT_ROWS = 8
"""So many rows of text have a margin with notes at least."""


def lines_in_order(rows: Sequence[Row]) -> list[Line]:
    """Put columns of prose one after the other; rows of tables stay whole."""
    return [row.line() for row in _in_order(rows)]


def _in_order(rows: Sequence[Row]) -> list[Row]:
    gutter = _gutter(rows)
    if gutter is None:
        return list(rows)
    ordered: list[Row] = []
    band: list[Row] = []
    for row in rows:
        if row.words[0].x0 < gutter < row.words[-1].x1 and not _has_gap(row, gutter):
            ordered += _split(band, gutter)
            ordered.append(row)
            band = []
        else:
            band.append(row)
    return ordered + _split(band, gutter)


def _has_gap(row: Row, x: float) -> bool:
    return any(left <= x <= right for left, right in row.gaps())


def _gutter(rows: Sequence[Row]) -> float | None:
    """Find the place that the most gaps have in common."""
    gaps = [gap for row in rows for gap in row.gaps()]
    edges = sorted([(left, 0) for left, _ in gaps] + [(right, 1) for _, right in gaps])
    depth = deepest = 0
    gutter = None
    for position, (x, is_end) in enumerate(edges):
        depth += -1 if is_end else 1
        if depth > deepest:
            deepest, gutter = depth, (x + edges[position + 1][0]) / 2
    return gutter if deepest > 1 else None


def _split(band: Sequence[Row], gutter: float) -> list[Row]:
    """Part rows between two that cross the gutter, if what stands on its sides are columns."""
    parts = [(row.part(-math.inf, gutter), row.part(gutter, math.inf)) for row in band]
    left = [part for part, _ in parts if part.words]
    right = [part for _, part in parts if part.words]
    shared = sum(bool(one.words and other.words) for one, other in parts)
    if shared and (_are_columns(left, right, shared) or _are_notes(left, right)):
        return [*_in_order(left), *_in_order(right)]
    return list(band)


def _are_columns(left: Sequence[Row], right: Sequence[Row], shared: int) -> bool:
    return shared >= _LEAST_SHARED_ROWS and _is_prose(left) and _is_prose(right)


def _are_notes(text: Sequence[Row], notes: Sequence[Row]) -> bool:
    """Tell notes in the margin from cells of a table."""
    starts = [row.words[0].x0 for row in notes]
    margin = statistics.median(starts)
    return (
        len(text) >= _LEAST_TEXT_ROWS
        and len(notes) <= 0.6 * len(text)
        and sum(abs(start - margin) < 2 for start in starts) >= 0.7 * len(notes)
        and _is_prose(text)
    )


def _is_prose(rows: Sequence[Row]) -> bool:
    """Tell lines of paragraphs: most have several words, reach to the right, and begin in small."""
    start = min(row.words[0].x0 for row in rows)
    width = max(row.words[-1].x1 for row in rows) - start
    full = sum(row.words[-1].x1 - start > 0.8 * width for row in rows)
    small = sum(row.words[0].text[0].islower() for row in rows if not row.is_mono)
    words = [word.text for row in rows for word in row.words]
    numbers = sum(any(map(str.isdigit, word)) for word in words)
    return (
        statistics.median(len(row.words) for row in rows) >= 4
        and full >= len(rows) / 2
        and small >= len(rows) / 3
        and numbers <= len(words) / 4
    )
