"""A cache of the catalog for the dense search: vectors in memory and in one file."""

import os
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from embeddings.stores.local.catalog import Catalog, State
from embeddings.stores.local.faiss_vectors import (
    FlatVectors,
    IVFVectors,
    list_count,
    sample_size,
)
from embeddings.stores.local.index_folder import install_file, staging_path
from embeddings.stores.validation import Hits
from embeddings.types import Vectors

MAX_FLAT = 200_000
"""Up to this number of vectors the search is exact, above it approximate."""

TRAILER = struct.Struct("<8s16sqI")
"""The end of the file after the arrays, little-endian: kind, index, generation, and a CRC-32 of
everything before it. FAISS's own file format is not used: its reader trusts the file, and a
malicious file could make it open other files."""
CHECKSUM_BYTES = 4

MAX_LAG = 1 / 20
"""The file is written again when this share of the vectors has changed. Until then readers take the
changes from the catalog, so that adding a document does not rewrite all vectors."""


class VectorIndex:
    """The vectors of all chunks. Not thread-safe."""

    def __init__(self, path: Path, *, max_flat: int = MAX_FLAT) -> None:
        self._path = path
        self._max_flat = max_flat
        self._vectors: FlatVectors | IVFVectors
        self.state = State()
        self.saved = State()
        """State of the file when this object last read or wrote it."""

    def needs_saving(self, catalog: Catalog) -> bool:
        """Return whether the file is missing, outdated, or too far behind the catalog."""
        if self.state.index == catalog.index != self.saved.index:
            return True  # rebuilt, because the file could not be used
        try:
            with self._path.open("rb") as file:
                n_bytes, _, self.saved, _ = _read_trailer(file)
        except (OSError, struct.error):
            self.saved = State()
        if not catalog.can_update(self.saved):
            return True
        n_changed = catalog.count_changed_vectors(self.saved.generation)
        return 4 * catalog.dimensions * n_changed > MAX_LAG * n_bytes

    @property
    def needs_retraining(self) -> bool:
        """Whether a rebuild would make the search better; it takes some seconds."""
        if isinstance(self._vectors, FlatVectors):
            return len(self._vectors) > self._max_flat
        return self._vectors.needs_retraining

    def catch_up(self, catalog: Catalog) -> None:
        """Apply what changed since this cache's state, or rebuild it."""
        with catalog.snapshot():
            if self.state == catalog.state:
                return
            if not catalog.can_update(self.state):
                self._load(catalog, (FlatVectors, IVFVectors))
            elif isinstance(self._vectors, FlatVectors) and self.needs_retraining:
                self._load(catalog, (IVFVectors,))  # if the writer has trained them by now
            if catalog.can_update(self.state):
                self._apply_changes(catalog)
            else:
                self.rebuild(catalog)

    def rebuild(self, catalog: Catalog) -> None:
        """Read all vectors from the catalog, not from the file."""
        with catalog.snapshot():
            self._start_empty(catalog)
            self._apply_changes(catalog)

    def _apply_changes(self, catalog: Catalog) -> None:
        removed = catalog.removed_since(self.state.generation)
        if len(removed):
            self._vectors.remove(removed)
        for ids, vectors in catalog.vectors_since(self.state.generation):
            self._vectors.add(ids, vectors)
        self.state = catalog.state

    def _start_empty(self, catalog: Catalog) -> None:
        """Start without vectors, but with centroids trained for those to come."""
        ids = catalog.chunk_ids()
        if len(ids) <= self._max_flat:
            self._vectors = FlatVectors(catalog.dimensions)
        else:
            rng = np.random.default_rng(0)
            chosen = np.sort(rng.choice(ids, sample_size(len(ids)), replace=False))
            _, sample = catalog.vectors_at(chosen)
            self._vectors = IVFVectors.train(sample, list_count(len(ids)))
        self.state = self.saved = State()

    def invalidate(self) -> None:
        """Delete the file, so that the next `catch_up` rebuilds the cache."""
        if self._path.is_dir():
            shutil.rmtree(self._path)
        self._path.unlink(missing_ok=True)
        self.state = self.saved = State()

    def save(self) -> None:
        """Write the file, unless it has this state already."""
        if self.saved == self.state:
            return
        kind = self._vectors.KIND
        stamp = TRAILER.pack(kind, bytes.fromhex(self.state.index), self.state.generation, 0)
        checksum = 0
        new = staging_path(self._path)
        with new.open("wb") as file:
            for array in self._vectors.arrays():
                checksum = zlib.crc32(array.data, checksum)
                file.write(array.data)
            checksum = zlib.crc32(stamp[:-CHECKSUM_BYTES], checksum)
            file.write(stamp[:-CHECKSUM_BYTES])
            file.write(checksum.to_bytes(CHECKSUM_BYTES, "little"))
        install_file(new, self._path)
        self.saved = self.state

    def _load(
        self, catalog: Catalog, kinds: tuple[type[FlatVectors] | type[IVFVectors], ...]
    ) -> None:
        """Read the file; one that is missing, truncated, altered or outdated is ignored."""
        checksum = 0

        def read_array(dtype: str, count: int) -> NDArray[Any]:
            """Read the next values of the file."""
            nonlocal checksum
            array = np.fromfile(file, dtype=dtype, count=count)
            if len(array) != count:
                raise ValueError("the file is truncated")
            checksum = zlib.crc32(array.data, checksum)
            return array

        try:
            with self._path.open("rb") as file:
                n_bytes, kind, state, stamp = _read_trailer(file)
                wanted = [each for each in kinds if kind == each.KIND]
                if not wanted or not catalog.can_update(state):
                    return
                file.seek(0)
                vectors = wanted[0].read(read_array, n_bytes, catalog.dimensions)
        except (FileNotFoundError, ValueError, struct.error):
            return
        checksum = zlib.crc32(stamp[:-CHECKSUM_BYTES], checksum)
        if stamp.endswith(checksum.to_bytes(CHECKSUM_BYTES, "little")):
            self._vectors = vectors
            self.state = self.saved = state

    def search(
        self, catalog: Catalog, question: Vectors, k: int, allowed: NDArray[np.bool_] | None
    ) -> Hits:
        """Return what `FlatVectors.search` returns; the catalog must be in this cache's state."""
        if isinstance(self._vectors, FlatVectors):
            return self._vectors.search(question, k, allowed)
        ids, vectors = catalog.vectors_at(self._vectors.candidates(question, k, allowed))
        candidates = FlatVectors(catalog.dimensions)
        candidates.add(ids, vectors)
        return candidates.search(question, k)

    def matches(self, catalog: Catalog) -> bool:
        """Return whether the vectors equal the catalog's, which must be in this cache's state."""
        return self._vectors.matches(catalog)


def _read_trailer(file: BinaryIO) -> tuple[int, bytes, State, bytes]:
    """Return the number of bytes before the trailer, its kind and state, and the trailer itself."""
    n_bytes = file.seek(0, os.SEEK_END) - TRAILER.size
    file.seek(max(0, n_bytes))
    trailer = file.read(TRAILER.size)
    kind, index, generation, _ = TRAILER.unpack(trailer)
    return n_bytes, kind, State(index.hex(), generation), trailer
