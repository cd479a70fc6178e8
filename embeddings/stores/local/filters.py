"""Evaluation of filters in memory; SQL would read a row for each chunk."""

import datetime
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from embeddings.stores.local.catalog import Catalog, State
from embeddings.stores.validation import is_encodable, label
from embeddings.types import Filter

_UNDATED = 0
"""Stands for no date. It is before every day: the first day has the ordinal 1."""


class FilterCache:
    """Dates and chunk ids of all documents, read again when the catalog has changed.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self._state = State()
        # Each document that has chunks: its key, its day, its first chunk id and the id after its
        # last one. The chunk ids of a document are consecutive, as one transaction assigns them.
        self._documents = np.empty((4, 0), dtype=np.int64)

    def chunk_mask(self, catalog: Catalog, within: Filter) -> NDArray[np.bool_] | None:
        """Return a mask over chunk ids, True where the filter allows; None if it allows all."""
        if within == Filter():
            return None
        with catalog.snapshot():
            self._catch_up(catalog)
            keys, days, firsts, ends = self._documents
            documents = np.ones(len(days), dtype=np.bool_)
            if (after := within.dates.after) is not None:
                documents &= days >= after.toordinal()
            if (before := within.dates.before) is not None:
                documents &= (days <= before.toordinal()) & (days != _UNDATED)
            if within.undated:
                documents |= days == _UNDATED
            for allowed in _allowed_keys(catalog, within):
                documents &= np.isin(keys, allowed)
        steps = np.zeros(ends.max(initial=0) + 1, dtype=np.int8)
        steps[firsts[documents]] += 1
        steps[ends[documents]] -= 1
        return np.cumsum(steps, dtype=np.int8).astype(np.bool_)

    def _catch_up(self, catalog: Catalog) -> None:
        now = catalog.state
        if self._state == now:
            return
        rows = catalog.connection.execute(
            "SELECT generation, date, MIN(chunks.id), MAX(chunks.id) + 1 FROM documents "
            "JOIN chunks USING (generation) GROUP BY generation"
        )
        table = [(key, _ordinal(day), first, end) for key, day, first, end in rows]
        self._documents = np.array(table, dtype=np.int64).reshape(-1, 4).T
        self._state = now


def _ordinal(day: str | None) -> int:
    return _UNDATED if day is None else datetime.date.fromisoformat(day).toordinal()


def _allowed_keys(catalog: Catalog, within: Filter) -> Iterator[NDArray[np.int64]]:
    """Yield the keys of the documents that meet each condition on metadata and ids."""
    by_label = "SELECT generation FROM labels WHERE label = ?"
    by_id = "SELECT generation FROM documents WHERE id = ?"
    run = catalog.connection.execute
    for key, value in within.metadata.items():
        yield np.array(run(by_label, [label(key, value)]).fetchall(), dtype=np.int64).reshape(-1)
    if within.documents is not None:
        # One id at a time: SQLite limits the number of values in a statement.
        ids = filter(is_encodable, within.documents)
        rows = [row for document_id in ids for row in run(by_id, [document_id])]
        yield np.array(rows, dtype=np.int64).reshape(-1)
