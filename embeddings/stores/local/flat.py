"""Vectors that are searched exactly: each is compared with the question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.stores.local.catalog import Catalog
from embeddings.stores.validation import Hits
from embeddings.types import Vectors

__all__ = ["FlatVectors", "use_one_thread"]

BATCH = 10_000


class FlatVectors:
    """All vectors in memory, float32. Not safe among threads."""

    KIND: ClassVar[bytes] = b"vectors1"
    """How a file of them ends: the ids (int64) and then their vectors (float32) come before."""

    def __init__(self, dimensions: int) -> None:
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))

    def __len__(self) -> int:
        """Count the vectors."""
        return int(self._index.ntotal)

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """Add vectors, a row for each id."""
        self._index.add_with_ids(vectors, ids)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Remove vectors; an id that is not there is left alone."""
        self._index.remove_ids(ids)

    def search(self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None) -> Hits:
        """Find the k nearest to one question, shape (1, dimensions); equal scores unordered.

        Args:
            question: of length 1.
            k: how many; fewer are given when fewer are there, or allowed.
            allowed: tells of each id from 0 on whether it may be found; None allows all.
        """
        limit = min(k, len(self))
        if limit < 1:
            return []
        use_one_thread()
        parameters = faiss.SearchParameters()
        if allowed is not None:
            parameters.sel = selector(allowed)
        scores, ids = self._index.search(question, limit, params=parameters)
        return [
            (int(chunk_id), float(score))
            for chunk_id, score in zip(ids[0], scores[0], strict=True)
            if chunk_id >= 0  # -1 fills up a row
        ]

    def arrays(self) -> Iterator[NDArray[Any]]:
        """Give what a file of them holds, in order."""
        ids = self._ids()
        yield ids.astype("<i8")
        yield self._index.index.reconstruct_n(0, len(ids)).astype("<f4")

    @classmethod
    def read(
        cls, read_array: Callable[[str, int], NDArray[Any]], n_bytes: int, dimensions: int
    ) -> FlatVectors:
        """Read what `arrays` gave.

        Args:
            read_array: reads the next values: of which type, and how many.
            n_bytes: how many bytes there are to read.
            dimensions: of a vector.

        Raises:
            ValueError: these bytes were no file of them.
        """
        count, rest = divmod(n_bytes, 8 + 4 * dimensions)
        if rest:
            raise ValueError(f"{rest} bytes belong to no vector")
        read = cls(dimensions)
        ids = read_array("<i8", count)
        for begin in range(0, count, BATCH):
            part = ids[begin : begin + BATCH]
            read.add(part, read_array("<f4", len(part) * dimensions).reshape(-1, dimensions))
        return read

    def matches(self, catalog: Catalog) -> bool:
        """Tell whether these are the catalog's vectors, all of them."""
        ids = self._ids()
        return np.array_equal(np.sort(ids), catalog.chunk_ids()) and all(
            np.array_equal(
                self._index.index.reconstruct_n(begin, len(ids[begin : begin + BATCH])),
                catalog.vectors_at(ids[begin : begin + BATCH])[1],
            )
            for begin in range(0, len(ids), BATCH)
        )

    def _ids(self) -> NDArray[np.int64]:
        return np.asarray(faiss.vector_to_array(self._index.id_map))


def selector(allowed: NDArray[np.bool_]) -> Any:
    """Make what limits a search of FAISS to the ids for which this holds."""
    of_bits: Any = faiss.IDSelectorBitmap  # its stubs do not know that it takes an array
    return of_bits(np.packbits(allowed, bitorder="little"))


def use_one_thread() -> None:
    """Let FAISS search in the thread that calls it.

    Two threads were 4 to 30 times slower for one question under a CPU quota. OpenMP keeps the
    number for each thread that calls it, so it is set where it is needed.
    """
    faiss.omp_set_num_threads(1)
