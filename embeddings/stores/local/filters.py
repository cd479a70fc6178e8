"""Which chunks a filter allows: told from memory, where SQLite would read a row for each chunk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embeddings.stores.local.catalog import Catalog, State
from embeddings.types import DateRange, Filter

__all__ = ["FilterCache"]

_UNDATED = 0
"""Before every day: the first has the ordinal 1."""


class FilterCache:
    """Days and chunks of all documents, read again when the catalog has changed.

    Not safe among threads.
    """

    def __init__(self) -> None:
        self._state = State()
        # Each with an entry for each document that has chunks, in the same order.
        self._keys: NDArray[np.int64]
        self._days: NDArray[np.int64]
        self._chunk_counts: NDArray[np.int64]
        self._chunk_ids: NDArray[np.int64]  # of all, those of a document in one piece

    def chunk_mask(self, catalog: Catalog, within: Filter) -> NDArray[np.bool_] | None:
        """Tell of each chunk id from 0 on whether a filter allows it; None when it allows all."""
        if within == Filter():
            return None
        with catalog.snapshot():
            self._catch_up(catalog)
            documents = self._between(within.dates)
            for keys in catalog.keys_of(within):
                documents &= np.isin(self._keys, keys)
        allowed = np.zeros(self._chunk_ids.max(initial=0) + 1, dtype=np.bool_)
        allowed[self._chunk_ids] = np.repeat(documents, self._chunk_counts)
        return allowed

    def _between(self, dates: DateRange) -> NDArray[np.bool_]:
        found = np.ones(len(self._days), dtype=np.bool_)
        if dates.after is not None:
            found &= self._days >= dates.after.toordinal()
        if dates.before is not None:
            found &= (self._days <= dates.before.toordinal()) & (self._days != _UNDATED)
        return found

    def _catch_up(self, catalog: Catalog) -> None:
        now = catalog.state
        if self._state == now:
            return
        rows = catalog.layout()
        days = [_UNDATED if day is None else day.toordinal() for _, day, _, _ in rows]
        self._days = np.array(days, dtype=np.int64)
        table = np.array([(key, first, n) for key, _, first, n in rows], dtype=np.int64)
        self._keys, firsts, self._chunk_counts = table.reshape(-1, 3).T
        places = np.arange(self._chunk_counts.sum())
        starts = np.cumsum(self._chunk_counts) - self._chunk_counts
        self._chunk_ids = places + np.repeat(firsts - starts, self._chunk_counts)
        self._state = now
