"""Exact vector search: compares a question with every vector."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.stores.local.catalog import Catalog
from embeddings.stores.validation import Hits
from embeddings.types import Vectors

BATCH = 10_000


class FaissVectors:
    """Vectors by id in a FAISS index. Not thread-safe."""

    _index: Any

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """Add vectors, one row for each id."""
        self._index.add_with_ids(vectors, ids)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Remove vectors; ids that do not exist are ignored."""
        self._index.remove_ids(ids)


class FlatVectors(FaissVectors):
    """All vectors in memory as float32."""

    KIND: ClassVar[bytes] = b"vectors1"
    """Marks this kind at the end of a file, after the ids (int64) and the vectors (float32)."""

    def __init__(self, dimensions: int) -> None:
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))

    def search(self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None = None) -> Hits:
        """Return the k nearest vectors, or fewer if fewer exist or are allowed; ties in any order.

        `question` has the shape (1, dimensions); `allowed` is a mask over ids, None allows all.
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
            if chunk_id >= 0  # -1 pads a row
        ]

    def arrays(self) -> Iterator[NDArray[Any]]:
        """Yield the arrays of a file in order."""
        ids = self._ids()
        yield ids.astype("<i8")
        yield self._index.index.reconstruct_n(0, len(ids)).astype("<f4")

    @classmethod
    def read(
        cls, read_array: Callable[[str, int], NDArray[Any]], n_bytes: int, dimensions: int
    ) -> Self:
        """Read the arrays of a file with `read_array(type, count)`, which reads the next values."""
        count, rest = divmod(n_bytes, 8 + 4 * dimensions)
        if rest:
            raise ValueError(f"{n_bytes} bytes are not a whole number of vectors")
        read = cls(dimensions)
        ids = read_array("<i8", count)
        for begin in range(0, count, BATCH):
            part = ids[begin : begin + BATCH]
            read.add(part, read_array("<f4", len(part) * dimensions).reshape(-1, dimensions))
        return read

    def matches(self, catalog: Catalog) -> bool:
        """Tell whether these are exactly the catalog's vectors."""
        ids = self._ids()
        return np.array_equal(np.sort(ids), catalog.chunk_ids()) and all(
            np.array_equal(
                self._index.index.reconstruct_n(begin, len(ids[begin : begin + BATCH])),
                catalog.vectors.at(ids[begin : begin + BATCH])[1],
            )
            for begin in range(0, len(ids), BATCH)
        )

    def _ids(self) -> NDArray[np.int64]:
        return np.asarray(faiss.vector_to_array(self._index.id_map))


def selector(allowed: NDArray[np.bool_]) -> Any:
    """Make a FAISS selector of the ids that a mask allows."""
    bitmap_selector: Any = faiss.IDSelectorBitmap  # its type stubs do not accept an array
    return bitmap_selector(np.packbits(allowed, bitorder="little"))


def use_one_thread() -> None:
    """Make FAISS search in the calling thread only.

    Two threads were 4 to 30 times slower for one question under a CPU quota. OpenMP keeps this
    setting per calling thread, so it is set before each search.
    """
    faiss.omp_set_num_threads(1)
