"""The store for one machine: a folder with a SQLite catalog and two caches made from it."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from embeddings.errors import DocumentIndexError, IndexBusyError, IndexStorageError
from embeddings.stores.local import integrity, schema
from embeddings.stores.local.bm25 import BM25Index
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.filters import FilterCache
from embeddings.stores.local.index_folder import (
    BM25_FOLDER,
    CATALOG_FILE,
    VECTORS_FILE,
    file_id,
    install_file,
    lock_folder,
    reject_symlinks,
    require_unused,
    staging_path,
    translate_errors,
)
from embeddings.stores.local.swap import is_index, require_index
from embeddings.stores.local.vectors import MAX_FLAT, VectorIndex
from embeddings.stores.validation import Hits, top_k
from embeddings.types import Chunk, Document, Filter, MetadataValue, Vectors

COMMIT_SECONDS = 5.0
"""Seconds between commits of the BM25 index while documents are added; others then see them."""


class LocalStore(Catalog):
    """A `Store` in a folder: the catalog, and the caches to search it.

    The catalog is authoritative. Each cache knows which generation of the catalog it has; before a
    search it is updated, or rebuilt if necessary. Vectors are cached in memory, so every reader
    updates its own. The BM25 index is on disk only, so updating it takes the write lock: while
    another process has the lock, a reader searches what was committed last.

    Thread-safe: threads use it one at a time. Methods that write raise RuntimeError outside of
    `writing`.
    """

    def __init__(
        self, folder: Path, *, commit_seconds: float = COMMIT_SECONDS, max_flat: int = MAX_FLAT
    ) -> None:
        self._folder = folder
        self._entry = threading.RLock()
        with translate_errors(folder):
            super().__init__(folder / CATALOG_FILE)
        self._commit_seconds = commit_seconds
        self._max_flat = max_flat
        self._vector_cache = VectorIndex(folder / VECTORS_FILE, max_flat=max_flat)
        self._bm25 = BM25Index(folder / BM25_FOLDER)
        self._filters = FilterCache()
        self._bm25_committed = time.monotonic()
        self._writing_thread: int | None = None

    @classmethod
    def create(
        cls,
        location: str | Path,
        settings: Mapping[str, MetadataValue],
        dimensions: int,
        *,
        generation: int = 0,
    ) -> Self:
        """Create an empty index in a new or empty folder; count changes from `generation` on."""
        folder = Path(location)
        with translate_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with lock_folder(folder):
                require_unused(folder)
                new = staging_path(folder / CATALOG_FILE)
                schema.create(new, settings, dimensions, generation=generation)
                install_file(new, folder / CATALOG_FILE)
        return cls.open(folder)

    is_at = staticmethod(is_index)

    @classmethod
    def open(cls, location: str | Path) -> Self:
        """Open the index in a folder. An older format is migrated if the folder can be written to.

        Raises:
            IndexNotFoundError: there is no index.
            IndexDamagedError: its catalog cannot be read, or a file is a link. `integrity.salvage`
                keeps what can be read.
            IndexMismatchError: a newer version made it.
        """
        folder = Path(location)
        require_index(folder)
        reject_symlinks(folder)
        store = cls(folder)
        if store.is_of_older_format:
            # If it is read-only, busy or damaged, it is read as it is.
            with suppress(DocumentIndexError), store._writable(), store._using():
                store.migrate()
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._using():
            self._bm25.close()
            super().close()

    @property
    def is_replaced(self) -> bool:
        """Whether another index has replaced this one. Costs one `stat` call."""
        return file_id(self.path) not in (self.file, None)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read the same state in everything inside; other threads wait. Can be nested."""
        with self._using(), super().snapshot():
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write everything inside, or nothing if an exception is raised; other threads wait."""
        if self._writing_thread != threading.get_ident():
            raise RuntimeError("Writing to a store works only inside `with store.writing():`.")
        with self._using(), super().transaction():
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Take the write lock. At the end the caches are written to disk."""
        with self._writable():
            with self._using():
                self.migrate()
            try:
                yield
            except BaseException:
                with suppress(DocumentIndexError), self._using():
                    self._save_caches()
                raise
            self._rebuild_vectors()
            with self._using():
                self._save_caches()

    def put(
        self, document: Document, chunks: Sequence[Chunk], vectors: Vectors, moved_from: str = ""
    ) -> None:
        """Add or replace a document atomically; costs one sync of the disk."""
        if time.monotonic() - self._bm25_committed > self._commit_seconds:
            with self._using():
                self._catch_up_bm25()
        super().put(document, chunks, vectors, moved_from)

    def search_dense(self, questions: Vectors, k: int, within: Filter) -> list[Hits]:
        """Search exactly up to `MAX_FLAT` chunks, else approximately; cosines are always exact."""
        with self._using():
            self._catch_up_vectors()
            with self.snapshot():
                self._vector_cache.catch_up(self)
                allowed = self._filters.chunk_mask(self, within)
                rows = np.ascontiguousarray(questions, dtype=np.float32)[:, None]
                search = partial(self._vector_cache.search, self)
                return [top_k(partial(search, row, allowed=allowed), k) for row in rows]

    def search_lexical(self, question: str, k: int, within: Filter) -> Hits:
        """Search by BM25. Raises DocumentIndexError if its index cannot be read or created."""
        with self._using():
            self._catch_up_bm25()
            return top_k(partial(self._bm25.search, question, within=within), k)

    def check(self) -> list[str]:
        with self._using():
            with self.snapshot():
                faults = integrity.check_catalog_file(self)
                if not faults:
                    faults = [f"{id_}: {fault}." for id_, fault in integrity.check_documents(self)]
            # Caches of a damaged catalog are not checked.
            if faults:
                return faults
            self._catch_up_vectors()
            self._catch_up_bm25()
            return integrity.check_caches(self, self._vector_cache, self._bm25)

    def repair(self) -> list[str]:
        done = []
        with self._writable(), self._using():
            if integrity.check_catalog_file(self):
                super().close()
                try:
                    done += integrity.rewrite_catalog(self.path)
                finally:
                    super().__init__(self.path)
                done.append("The catalog was rewritten with everything that could be read.")
            for document_id, fault in list(integrity.check_documents(self)):
                self.remove(document_id)
                done.append(
                    f"{document_id} was removed: it {fault}. Add its file with `qa index --verify`."
                )
            self._vector_cache.invalidate()
            self._bm25.invalidate()
            self.migrate()
            self._save_caches()
            done.append("The caches for searching were rebuilt.")
        return done

    def _catch_up_vectors(self) -> None:
        self._vector_cache.catch_up(self)
        if self._vector_cache.saved.index != self.index:
            self._save_if_unlocked()  # the file was missing or outdated

    def _catch_up_bm25(self) -> None:
        state = self.state
        if self._bm25.state == state:
            return
        self._bm25.reload()
        if self._bm25.state == state:
            return
        if self._writing_thread is not None:
            self._bm25.catch_up(self)
            self._bm25_committed = time.monotonic()
            return
        error = self._save_if_unlocked()
        if error is not None and self._bm25.state.index != state.index:
            raise error

    def _save_if_unlocked(self) -> DocumentIndexError | None:
        """Write the caches if the write lock is free; return the error if that fails."""
        try:
            with self._writable(), translate_errors(self._folder):
                self._save_caches()
        except (IndexBusyError, IndexStorageError) as error:
            return error
        return None

    def _rebuild_vectors(self) -> None:
        """Train the vector index again if there are many more vectors; others search meanwhile."""
        with self._using():
            if not self._vector_cache.needs_saving(self):
                return
            self._vector_cache.catch_up(self)
            if not self._vector_cache.needs_retraining:
                return
        with translate_errors(self._folder), closing(Catalog(self.path)) as catalog:
            rebuilt = VectorIndex(self._folder / VECTORS_FILE, max_flat=self._max_flat)
            rebuilt.rebuild(catalog)
        with self._using():
            self._vector_cache = rebuilt

    def _save_caches(self) -> None:
        with self.snapshot():
            needs_saving = self._vector_cache.needs_saving(self)
            if needs_saving:
                self._vector_cache.catch_up(self)
            self._bm25.catch_up(self)
        self._bm25.finish()
        if needs_saving:
            self._vector_cache.save()
        self._bm25_committed = time.monotonic()
        self.prune(min(self._bm25.state.generation, self._vector_cache.saved.generation))

    @contextmanager
    def _writable(self) -> Iterator[None]:
        """Take the write lock, for this thread of this process.

        It is taken and released under the store's own lock: a search uses it to update a cache.
        """
        with ExitStack() as lock:
            with self._entry:
                if self._writing_thread is not None:
                    raise IndexBusyError(f"{self._folder}: a thread is writing. Try again later.")
                if file_id(self.path) is not None:  # else this creates the folder
                    lock.enter_context(lock_folder(self._folder))
                if file_id(self.path) != self.file:
                    raise IndexBusyError(
                        f"{self._folder}: another index has replaced this one. Open it again."
                    )
                self._writing_thread = threading.get_ident()
            try:
                yield
            finally:
                with self._entry:
                    self._writing_thread = None
                    lock.close()

    @contextmanager
    def _using(self) -> Iterator[None]:
        """Lock the store for the current thread, and translate errors."""
        with self._entry, translate_errors(self._folder):
            yield
