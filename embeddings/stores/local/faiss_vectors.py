"""Vector search with FAISS: exact, or approximate for many vectors.

The approximate search divides the vectors into lists by centroids. A question is compared with the
8-bit codes in the lists of its nearest centroids; the best candidates are then compared by their
full vectors, which the catalog has. So scores are exact cosines, while memory holds one byte for
each dimension. The inverted file is that of Jégou et al. 2011, "Product Quantization for Nearest
Neighbor Search"; in FAISS it is IVF,SQ8.
"""

import math
import os
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.stores.local.catalog import Catalog
from embeddings.stores.validation import Hits
from embeddings.types import Vectors

BATCH = 10_000
SAMPLE_PER_LIST = 64
"""Number of vectors to train a centroid with; FAISS requires at least 39."""

PROBED_LISTS = 96
"""Lists to search for a question without a filter. Of the ten nearest of a million chunks of news
in 1,000 lists they hold 99.5% (48 lists: 99.1%); of 112,267 chunks in 335 lists 99.3% (98.3%)."""

COMPARED_PER_HIT = 2
"""Number of candidates to compare by their full vectors, for each hit. If all lists are searched,
these hold practically all of the 50 nearest (99.99%)."""

OUTGROWN_LISTS = 2
"""Centroids are trained again when the best number of lists is this many times the current one."""

ROUNDING = 1e-4
"""Tolerance when a vector's list is checked: rounding decides between equally near centroids."""


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
        """Return whether these are exactly the catalog's vectors."""
        return np.array_equal(np.sort(self._ids()), catalog.chunk_ids()) and all(
            np.array_equal(self._index.reconstruct_batch(ids), vectors)
            for ids, vectors in catalog.vectors_since(0)
        )

    def _ids(self) -> NDArray[np.int64]:
        return np.asarray(faiss.vector_to_array(self._index.id_map))


class IVFVectors(FaissVectors):
    """Centroids, and lists with the codes of all vectors. Not thread-safe."""

    KIND: ClassVar[bytes] = b"vectors2"
    """Marks this kind at the end of a file. Before it come the number of lists (int64), for each
    dimension the minimum and the range of the codes, the centroids (float32), the lengths of the
    lists (int64), and the ids (int64) and codes (uint8) of each list."""

    def __init__(self, centroids: Vectors, ranges: NDArray[np.float32]) -> None:
        """Make empty lists.

        `centroids` have the shape (lists, dimensions), `ranges` (2 * dimensions,): the minima and
        ranges of FAISS's scalar quantizer.
        """
        n_lists, dimensions = centroids.shape
        self._index = _untrained(n_lists, dimensions)
        self._index.quantizer.add(centroids)
        faiss.copy_array_to_vector(ranges, self._index.sq.trained)
        self._index.is_trained = True

    @classmethod
    def train(cls, vectors: Vectors, n_lists: int) -> Self:
        """Train centroids and ranges with a sample, which is not added. Takes seconds on all CPUs.

        `sample_size` returns the right number of vectors.
        """
        trained = _untrained(n_lists, vectors.shape[1])
        trained.cp.min_points_per_centroid = 1  # no warning about few vectors
        faiss.omp_set_num_threads(os.cpu_count() or 1)
        trained.train(vectors)
        centroids = trained.quantizer.reconstruct_n(0, n_lists)
        return cls(centroids, faiss.vector_to_array(trained.sq.trained))

    @property
    def needs_retraining(self) -> bool:
        """Whether the number of vectors has outgrown the number of lists."""
        return list_count(len(self)) >= OUTGROWN_LISTS * int(self._index.nlist)

    def candidates(
        self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Return ids that nearly always include the k nearest; at least k if k are allowed.

        The fewer vectors a filter allows, the more lists are searched, up to all, so that about as
        many codes are compared as without a filter. Arguments as in `FlatVectors.search`.
        """
        n_lists, count = int(self._index.nlist), len(self)
        parameters = faiss.SearchParametersIVF()
        if allowed is not None:
            count = min(count, int(np.count_nonzero(allowed)))
            parameters.sel = selector(allowed)
        found = np.empty(0, dtype=np.int64)
        if count == 0:
            return found
        use_one_thread()
        enough = math.ceil(PROBED_LISTS * len(self) / count)
        for n_probed in (min(enough, n_lists), n_lists):
            parameters.nprobe = n_probed
            n_candidates = min(COMPARED_PER_HIT * k, count)
            _, ids = self._index.search(question, n_candidates, params=parameters)
            found = ids[0][ids[0] >= 0]  # -1 pads a row
            if len(found) >= min(k, count):
                break
        return found

    def arrays(self) -> Iterator[NDArray[Any]]:
        """Yield the arrays of a file in order."""
        lists = range(self._index.nlist)
        yield np.array([len(lists)], dtype="<i8")
        yield faiss.vector_to_array(self._index.sq.trained).astype("<f4")
        yield self._index.quantizer.reconstruct_n(0, len(lists)).astype("<f4")
        yield np.array([self._index.invlists.list_size(number) for number in lists], dtype="<i8")
        for number in lists:
            ids, codes = self._list(number)
            yield ids.astype("<i8")
            yield codes

    @classmethod
    def read(
        cls, read_array: Callable[[str, int], NDArray[Any]], n_bytes: int, dimensions: int
    ) -> Self:
        """Read the arrays of a file; arguments and errors as in `FlatVectors.read`."""
        n_lists = int(read_array("<i8", 1)[0])
        left = n_bytes - 8 - 8 * dimensions - n_lists * (4 * dimensions + 8)
        if n_lists < 1 or left < 0:
            raise ValueError(f"{n_bytes} bytes cannot hold {n_lists} lists")
        ranges = read_array("<f4", 2 * dimensions)
        read = cls(read_array("<f4", n_lists * dimensions).reshape(n_lists, dimensions), ranges)
        lengths = read_array("<i8", n_lists).tolist()
        if sum(lengths) * (8 + dimensions) != left:
            raise ValueError(f"the lists need {sum(lengths) * (8 + dimensions)} bytes, not {left}")
        for number, length in enumerate(lengths):
            ids, codes = read_array("<i8", length), read_array("u1", length * dimensions)
            read._index.invlists.add_entries(
                number, length, faiss.swig_ptr(ids), faiss.swig_ptr(codes)
            )
        read._index.ntotal = sum(lengths)
        return read

    def matches(self, catalog: Catalog) -> bool:
        """Return whether these are exactly the catalog's vectors, each in the right list."""
        lists = [self._list(number) for number in range(self._index.nlist)]
        ids = np.sort(np.concatenate([ids for ids, _ in lists]))
        return np.array_equal(ids, catalog.chunk_ids()) and all(
            self._agrees(number, catalog.vectors_at(ids)[1], codes)
            for number, (ids, codes) in enumerate(lists)
            if len(ids)
        )

    def _agrees(self, number: int, vectors: Vectors, codes: NDArray[np.uint8]) -> bool:
        if not np.array_equal(self._index.sq.compute_codes(vectors).ravel(), codes):
            return False
        nearest, _ = self._index.quantizer.search(vectors, 1)
        own = vectors @ self._index.quantizer.reconstruct(number)
        return bool(np.all(nearest[:, 0] - own < ROUNDING))

    def _list(self, number: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Return views of a list's ids and codes, which are valid until the next change."""
        lists = self._index.invlists
        length = lists.list_size(number)
        if not length:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint8)
        return (
            faiss.rev_swig_ptr(lists.get_ids(number), length),
            faiss.rev_swig_ptr(lists.get_codes(number), length * self._index.code_size),
        )


def list_count(count: int) -> int:
    """Return the best number of lists: the square root of the number of vectors."""
    return max(1, math.isqrt(count))


def sample_size(count: int) -> int:
    """Return the number of vectors to train centroids with, out of `count` vectors."""
    return min(count, SAMPLE_PER_LIST * list_count(count))


def _untrained(n_lists: int, dimensions: int) -> Any:
    quantizer = faiss.IndexFlatIP(dimensions)
    index: Any = faiss.IndexIVFScalarQuantizer(
        quantizer,
        dimensions,
        n_lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
        False,  # codes of the vectors, not of their differences from the centroid
    )
    return index


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
