"""Which chunks a filter allows: computed in memory, where SQL would read a row for each chunk."""

import datetime
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from embeddings.stores.local.catalog import Catalog, State
from embeddings.stores.validation import is_encodable, label
from embeddings.types import Filter

_UNDATED = 0
"""Before every day: the first has the ordinal 1."""


class FilterCache:
    """Dates and chunk ids of all documents, read again when the catalog has changed.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self._state = State()
        # One entry for each document that has chunks, all in the same order.
        self._keys: NDArray[np.int64]
        self._days: NDArray[np.int64]
        self._chunk_counts: NDArray[np.int64]
        # The ids of all chunks, those of a document next to each other.
        self._chunk_ids: NDArray[np.int64]

    def chunk_mask(self, catalog: Catalog, within: Filter) -> NDArray[np.bool_] | None:
        """Return a mask over chunk ids, True where the filter allows; None if it allows all."""
        if within == Filter():
            return None
        with catalog.snapshot():
            self._catch_up(catalog)
            documents = np.ones(len(self._days), dtype=np.bool_)
            if (after := within.dates.after) is not None:
                documents &= self._days >= after.toordinal()
            if (before := within.dates.before) is not None:
                documents &= (self._days <= before.toordinal()) & (self._days != _UNDATED)
            if within.undated:
                documents |= self._days == _UNDATED
            for keys in _allowed_keys(catalog, within):
                documents &= np.isin(self._keys, keys)
        allowed = np.zeros(self._chunk_ids.max(initial=0) + 1, dtype=np.bool_)
        allowed[self._chunk_ids] = np.repeat(documents, self._chunk_counts)
        return allowed

    def _catch_up(self, catalog: Catalog) -> None:
        now = catalog.state
        if self._state == now:
            return
        # The chunk ids of a document are consecutive, as one transaction assigns them.
        rows = catalog.connection.execute(
            "SELECT generation, date, first, number FROM documents JOIN (SELECT generation, "
            "MIN(id) AS first, COUNT(*) AS number FROM chunks GROUP BY generation) "
            "USING (generation)"
        ).fetchall()
        self._days = np.array([_ordinal(day) for _, day, _, _ in rows], dtype=np.int64)
        table = np.array([(key, first, n) for key, _, first, n in rows], dtype=np.int64)
        self._keys, firsts, self._chunk_counts = table.reshape(-1, 3).T
        places = np.arange(self._chunk_counts.sum())
        starts = np.cumsum(self._chunk_counts) - self._chunk_counts
        self._chunk_ids = places + np.repeat(firsts - starts, self._chunk_counts)
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
