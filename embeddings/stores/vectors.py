"""A cache of the catalog for the dense search: a FAISS index in memory, kept in one file."""

from __future__ import annotations

import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.stores.catalog import Catalog, State
from embeddings.stores.folder import beside, install
from embeddings.types import Vectors

__all__ = ["VectorCache"]

MAGIC = b"vectors1"
TRAILER = struct.Struct("<8s16sqI")
"""What follows the ids (int64) and their vectors (float32), all little-endian: the kind of file,
the index, the generation, a CRC-32 of all before it. The file is not one of FAISS's own, whose
reader believes what a file says of itself: one made to harm could name other files to open."""
CHECKSUM_BYTES = 4


class VectorCache:
    """Exact inner products over all vectors. Not safe among threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._index: Any = None
        self.state = State()
        self.saved = State()
        """What the file holds, as far as this object has read or written it."""

    def catch_up(self, catalog: Catalog) -> None:
        """Take over what changed since this cache's state, or everything."""
        with catalog.snapshot():
            now = catalog.state
            if self.state == now:
                return
            if not catalog.reaches(self.state):
                self._load(catalog.dimensions)
            if not catalog.reaches(self.state):
                self._index = _empty(catalog.dimensions)
                self.state = self.saved = State()
            removed = catalog.removed_since(self.state.generation)
            ids, vectors = catalog.vectors_since(self.state.generation)
        if len(removed):
            self._index.remove_ids(removed)
        if len(ids):
            self._index.add_with_ids(vectors, ids)
        self.state = now

    def forget(self) -> None:
        """Make everything anew at the next catching up."""
        if self._path.is_dir():
            shutil.rmtree(self._path)
        self._path.unlink(missing_ok=True)
        self.state = self.saved = State()

    def save(self) -> None:
        """Write the file, unless it holds this state already."""
        if self.saved == self.state:
            return
        ids, vectors = self.contents()
        stamp = TRAILER.pack(MAGIC, bytes.fromhex(self.state.index), self.state.generation, 0)
        parts = (ids.astype("<i8").data, vectors.astype("<f4").data, stamp[:-CHECKSUM_BYTES])
        checksum = 0
        new = beside(self._path)
        with new.open("wb") as file:
            for part in parts:
                checksum = zlib.crc32(part, checksum)
                file.write(part)
            file.write(checksum.to_bytes(CHECKSUM_BYTES, "little"))
        install(new, self._path)
        self.saved = self.state

    def _load(self, dimensions: int) -> None:
        """Read the file; one that is missing, cut off or altered is taken for no file."""
        try:
            data = np.fromfile(self._path, dtype=np.uint8)
        except FileNotFoundError:
            return
        count, rest = divmod(len(data) - TRAILER.size, 8 + 4 * dimensions)
        if count < 0 or rest:
            return
        magic, index, generation, checksum = TRAILER.unpack(data[-TRAILER.size :].tobytes())
        if magic == MAGIC and checksum == zlib.crc32(data[:-CHECKSUM_BYTES].data):
            ids = data[: 8 * count].view("<i8").astype(np.int64)
            vectors = data[8 * count : -TRAILER.size].view("<f4").astype(np.float32)
            self._index = _empty(dimensions)
            self._index.add_with_ids(vectors.reshape(count, dimensions), ids)
            self.state = self.saved = State(index.hex(), generation)

    def selector(self, allowed: NDArray[np.bool_] | None) -> Any:
        """Make what limits a search to the chunk ids for which this holds; None limits nothing."""
        if allowed is None:
            return None
        of_bits: Any = faiss.IDSelectorBitmap  # its stubs do not know that it takes an array
        return of_bits(np.packbits(allowed, bitorder="little"))

    def search(self, question: Vectors, k: int, selector: Any) -> list[tuple[int, float]]:
        """Find the k best chunks for one question, shape (1, dimensions); equal scores unordered.

        Fewer when the selector, or the index, holds fewer.
        """
        # One thread: two were 4 to 30 times slower for one question under a CPU quota. OpenMP
        # keeps this number for each thread that calls it, so it is set where it is needed.
        faiss.omp_set_num_threads(1)
        parameters = faiss.SearchParameters()
        parameters.sel = selector
        limit = min(k, self._index.ntotal)
        if limit < 1:
            return []
        scores, ids = self._index.search(question, limit, params=parameters)
        return [
            (int(chunk_id), float(score))
            for chunk_id, score in zip(ids[0], scores[0], strict=True)
            if chunk_id >= 0  # -1 fills up a row
        ]

    def contents(self) -> tuple[NDArray[np.int64], Vectors]:
        """Give all ids, and their vectors in the same order."""
        ids: NDArray[np.int64] = faiss.vector_to_array(self._index.id_map)
        return ids, self._index.index.reconstruct_n(0, len(ids))


def _empty(dimensions: int) -> Any:
    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))
