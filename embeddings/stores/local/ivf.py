"""Many vectors, of which those near the question are searched: an inverted file with 8-bit codes.

Centroids divide the vectors into lists. A question is compared with the codes in the lists of the
centroids next to it, and the best of these with their full vectors, which the catalog holds: so a
score is an exact cosine, and memory holds a byte for each dimension. (Jégou et al. 2011, "Product
Quantization for Nearest Neighbor Search", has the inverted file; FAISS calls this one IVF,SQ8.)
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.flat import selector, use_one_thread
from embeddings.types import Vectors

__all__ = ["IVFVectors"]

SAMPLE_PER_LIST = 64
"""How many vectors a centroid is found from: FAISS asks for 39 at least."""

PROBED_LISTS = 96
"""Lists that are searched for a question without a filter. For a million chunks of news in 1,000
lists, they hold 99.5% of the ten nearest (48 lists: 99.1%); for 112,267 in 335, 99.3% (98.3%)."""

COMPARED_PER_HIT = 2
"""Best codes that are compared again with full vectors, for each hit wanted. Of all lists, they
hold the 50 nearest to four digits."""

OUTGROWN_LISTS = 2
"""Centroids are found anew when so many times as many lists would be right: 4 times the vectors."""

NEARNESS = 1e-4
"""By how much less near than the nearest a list may be: rounding decides among equal ones."""


class IVFVectors:
    """Centroids, and the codes of all vectors in lists. Not safe among threads."""

    KIND: ClassVar[bytes] = b"vectors2"
    """How a file of them ends. Before come the number of lists (int64), for each dimension the
    least value and the width of a code's range, the centroids (float32), the lengths of the lists
    (int64), and each list's ids (int64) and codes (uint8)."""

    def __init__(self, centroids: Vectors, ranges: NDArray[np.float32]) -> None:
        """Begin without vectors.

        Args:
            centroids: shape (lists, dimensions).
            ranges: shape (2 * dimensions,), as the scalar quantizer of FAISS keeps them.
        """
        n_lists, dimensions = centroids.shape
        self._index = _untrained(n_lists, dimensions)
        self._index.quantizer.add(centroids)
        faiss.copy_array_to_vector(ranges, self._index.sq.trained)
        self._index.is_trained = True

    @classmethod
    def train(cls, vectors: Vectors, n_lists: int) -> IVFVectors:
        """Find centroids and ranges for a sample of the vectors, which is not added; uses all CPUs.

        Takes some seconds: `sample_size` tells how many vectors are right.
        """
        trained = _untrained(n_lists, vectors.shape[1])
        trained.cp.min_points_per_centroid = 1  # of few vectors it would print a warning
        faiss.omp_set_num_threads(os.cpu_count() or 1)
        trained.train(vectors)
        centroids = trained.quantizer.reconstruct_n(0, n_lists)
        return cls(centroids, faiss.vector_to_array(trained.sq.trained))

    def __len__(self) -> int:
        """Count the vectors."""
        return int(self._index.ntotal)

    @property
    def needs_retraining(self) -> bool:
        """Tell whether there are so many vectors now that other centroids would serve better."""
        return list_count(len(self)) >= OUTGROWN_LISTS * int(self._index.nlist)

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """Add vectors, a row for each id."""
        self._index.add_with_ids(vectors, ids)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Remove vectors; an id that is not there is left alone."""
        self._index.remove_ids(ids)

    def candidates(
        self, question: Vectors, k: int, allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Find ids among which the k nearest are, nearly always; at least k if so many are allowed.

        The fewer a filter allows, the more lists are searched, so that as many codes are compared
        as without one; where it allows few, these are all lists.

        Args:
            question: shape (1, dimensions).
            k: 1 or more.
            allowed: tells of each id from 0 on whether it may be found; None allows all.
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
            found = ids[0][ids[0] >= 0]  # -1 fills up a row
            if len(found) >= min(k, count):
                break
        return found

    def arrays(self) -> Iterator[NDArray[Any]]:
        """Give what a file of them holds, in order."""
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
    ) -> IVFVectors:
        """Read what `arrays` gave; arguments and errors as of `FlatVectors.read`."""
        n_lists = int(read_array("<i8", 1)[0])
        left = n_bytes - 8 - 8 * dimensions - n_lists * (4 * dimensions + 8)
        if n_lists < 1 or left < 0:
            raise ValueError(f"{n_bytes} bytes hold no {n_lists} lists")
        ranges = read_array("<f4", 2 * dimensions)
        read = cls(read_array("<f4", n_lists * dimensions).reshape(n_lists, dimensions), ranges)
        lengths = read_array("<i8", n_lists).tolist()
        if sum(lengths) * (8 + dimensions) != left:
            raise ValueError(f"{left} bytes do not hold these lists")
        for number, length in enumerate(lengths):
            ids, codes = read_array("<i8", length), read_array("u1", length * dimensions)
            read._index.invlists.add_entries(
                number, length, faiss.swig_ptr(ids), faiss.swig_ptr(codes)
            )
        read._index.ntotal = sum(lengths)
        return read

    def matches(self, catalog: Catalog) -> bool:
        """Tell whether these are the catalog's vectors, all of them, each in its list."""
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
        return bool(np.all(nearest[:, 0] - own < NEARNESS))

    def _list(self, number: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Look at a list's ids and codes: views, good until the next change."""
        lists = self._index.invlists
        length = lists.list_size(number)
        if not length:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint8)
        return (
            faiss.rev_swig_ptr(lists.get_ids(number), length),
            faiss.rev_swig_ptr(lists.get_codes(number), length * self._index.code_size),
        )


def list_count(count: int) -> int:
    """Tell into how many lists so many vectors are best divided: as many as each one then holds."""
    return max(1, math.isqrt(count))


def sample_size(count: int) -> int:
    """Tell of how many of so many vectors the sample for the centroids consists."""
    return min(count, SAMPLE_PER_LIST * list_count(count))


def _untrained(n_lists: int, dimensions: int) -> Any:
    quantizer = faiss.IndexFlatIP(dimensions)
    index: Any = faiss.IndexIVFScalarQuantizer(
        quantizer,
        dimensions,
        n_lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
        False,  # codes of the vectors, not of their distances to a centroid
    )
    return index
