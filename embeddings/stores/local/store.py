"""The store for one machine: a folder with a SQLite catalog and two caches made from it."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from embeddings.errors import (
    DocumentIndexError,
    IndexBusyError,
    IndexNotFoundError,
    IndexStorageError,
)
from embeddings.stores.local import schema
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
from embeddings.stores.local.integrity import (
    check_caches,
    check_catalog_file,
    check_documents,
    rewrite_catalog,
)
from embeddings.stores.local.swap import finish_swap
from embeddings.stores.local.vectors import MAX_FLAT, VectorIndex
from embeddings.stores.local.write_lock import WriteLock
from embeddings.stores.store import FileProblem
from embeddings.stores.validation import Hits, top_k, validate_document
from embeddings.types import Chunk, Document, Filter, MetadataValue, StoredDocument, Vectors

__all__ = ["LocalStore"]

COMMIT_SECONDS = 5.0
"""While documents are added, the BM25 index is committed for other processes this often."""


class LocalStore:
    """A `Store` in a folder.

    The catalog is authoritative. Each cache knows which generation of the catalog it has; before a
    search it is updated, or rebuilt if necessary. Vectors are cached in memory, so every reader
    updates its own. The BM25 index is on disk only, so updating it takes the write lock: while
    another process has the lock, a reader searches what was committed last.

    Thread-safe: threads use it one at a time. Methods that write raise RuntimeError outside of
    `writing`.
    """

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        *,
        commit_seconds: float = COMMIT_SECONDS,
        max_flat: int = MAX_FLAT,
    ) -> None:
        self._commit_seconds = commit_seconds
        self._folder = folder
        self._catalog = catalog
        self._max_flat = max_flat
        self._vectors = VectorIndex(folder / VECTORS_FILE, max_flat=max_flat)
        self._bm25 = BM25Index(folder / BM25_FOLDER)
        self._filters = FilterCache()
        self._bm25_committed = time.monotonic()
        self._entry = threading.RLock()
        self._write_lock = WriteLock(folder, self._entry)

    @classmethod
    def create(
        cls,
        folder: Path,
        settings: Mapping[str, MetadataValue],
        dimensions: int,
        *,
        generation: int = 0,
    ) -> LocalStore:
        """Create an empty index in a new or empty folder.

        Args:
            folder: of the index.
            settings: of the index.
            dimensions: length of a vector.
            generation: number to continue counting changes from.

        Raises:
            IndexStorageError: the folder is not empty or cannot be written to.
        """
        with translate_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with lock_folder(folder):
                require_unused(folder)
                new = staging_path(folder / CATALOG_FILE)
                schema.create(new, settings, dimensions, generation=generation)
                install_file(new, folder / CATALOG_FILE)
        return cls.open(folder)

    @staticmethod
    def is_at(folder: Path) -> bool:
        """Tell whether a folder has an index, damaged or not."""
        finish_swap(folder)
        return (folder / CATALOG_FILE).exists()

    @classmethod
    def open(cls, folder: Path) -> LocalStore:
        """Open the index in a folder. An older format is migrated if the folder can be written to.

        Raises:
            IndexNotFoundError: there is no index.
            IndexDamagedError: its catalog cannot be read, or a file is a link. `integrity.salvage`
                keeps what can be read.
            IndexMismatchError: a newer version made it.
        """
        if not cls.is_at(folder):
            raise IndexNotFoundError(
                f"There is no index in {folder}: create one with `qa index FOLDER`, or with "
                "create=True."
            )
        reject_symlinks(folder)
        with translate_errors(folder):
            store = cls(folder, Catalog.open(folder / CATALOG_FILE))
        if store._catalog.is_of_older_format:
            # If it is read-only, busy or damaged, it is read as it is.
            with suppress(DocumentIndexError), store._writable(), store._using():
                store._catalog.migrate()
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release files and locks. The store cannot be used afterwards."""
        with self._using():
            self._bm25.close()
            self._catalog.close()

    @property
    def settings(self) -> Mapping[str, MetadataValue]:
        """Settings of the index."""
        return self._catalog.settings

    @property
    def is_replaced(self) -> bool:
        """Whether another index has replaced this one. Costs one `stat` call."""
        return file_id(self._folder / CATALOG_FILE) not in (self._catalog.file, None)

    @property
    def generation(self) -> int:
        """Number of changes to the contents: equal generations mean equal contents."""
        with self._using():
            return self._catalog.state.generation

    @property
    def newest(self) -> datetime.date | None:
        """The newest date of a document that is not after today; None if there is none."""
        with self._using():
            return self._catalog.newest

    @property
    def document_count(self) -> int:
        """Number of documents."""
        with self._using():
            return self._catalog.count()[0]

    @property
    def undated_count(self) -> int:
        """Number of documents without a date."""
        with self._using():
            return self._catalog.undated_count

    @property
    def chunk_count(self) -> int:
        """Number of chunks."""
        with self._using():
            return self._catalog.count()[1]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Take the write lock. At the end the caches are written to disk.

        Raises:
            IndexBusyError: another process or thread is writing.
            IndexStorageError: the folder cannot be written to.
        """
        with self._writable():
            with self._using():
                self._catalog.migrate()
            try:
                yield
            except BaseException:
                with suppress(DocumentIndexError), self._using():
                    self._save_caches()
                raise
            self._rebuild_vectors()
            with self._using():
                self._save_caches()

    def put(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Add or replace a document atomically; costs one sync of the disk.

        Raises:
            ValueError: a chunk is not part of the document, or the vectors do not fit the chunks.
            DocumentError: a text of the document contains lone surrogates.
        """
        self._write_lock.require_held()
        validate_document(document, chunks, vectors, self._catalog.dimensions)
        with self._using():
            if time.monotonic() - self._bm25_committed > self._commit_seconds:
                self._catch_up_bm25()
            self._catalog.put(document, chunks, vectors)

    def remove(self, document_id: str) -> bool:
        """Remove a document atomically; False if there is none."""
        self._write_lock.require_held()
        with self._using():
            return self._catalog.remove(document_id)

    def move(self, document_id: str, document: Document) -> bool:
        """Replace a document atomically by an equal one with another id or source."""
        self._write_lock.require_held()
        with self._using():
            return self._catalog.move(document_id, document)

    def document(self, document_id: str) -> Document | None:
        """Read a document; None if there is none."""
        with self._using(), self._catalog.snapshot():
            return self._catalog.document(document_id)

    def set_file_info(self, document_id: str, file_size: int, file_mtime_ns: int) -> None:
        """Update the file size and time stored for a document whose contents did not change."""
        self._write_lock.require_held()
        with self._using():
            self._catalog.set_file_info(document_id, file_size, file_mtime_ns)

    def problems(self) -> dict[str, FileProblem]:
        """Read the problems with files, by the source of the file."""
        self._write_lock.require_held()
        with self._using():
            return self._catalog.problems()

    def set_problems(self, problems: Mapping[str, FileProblem]) -> None:
        """Replace the problems with files; the generation stays the same."""
        self._write_lock.require_held()
        with self._using():
            self._catalog.set_problems(problems)

    def documents(self) -> Iterator[StoredDocument]:
        """List all documents without their texts, sorted by id."""
        with self._using(), self._catalog.snapshot():
            return iter(self._catalog.documents())

    def known(self, ids: Collection[str]) -> dict[str, StoredDocument]:
        """Look up documents by id; ids that the store does not have are left out."""
        with self._using(), self._catalog.snapshot():
            return self._catalog.known(ids)

    def documents_under(self, source_prefix: str) -> Iterator[StoredDocument]:
        """List the documents whose `source` is this path or lies below it, sorted by id."""
        with self._using(), self._catalog.snapshot():
            return iter(self._catalog.documents_under(source_prefix))

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, Chunk]:
        """Read chunks; ids that do not exist (any more) are left out."""
        with self._using(), self._catalog.snapshot():
            return self._catalog.chunks(chunk_ids)

    def search_dense(self, questions: Vectors, k: int, within: Filter) -> list[Hits]:
        """Return the k nearest chunks for each row as (chunk id, cosine), nearest first.

        Exact up to `MAX_FLAT` chunks, approximate above. The cosines are always exact.
        """
        with self._using():
            self._catch_up_vectors()
            with self._catalog.snapshot():
                self._vectors.catch_up(self._catalog)
                allowed = self._filters.chunk_mask(self._catalog, within)
                rows = np.ascontiguousarray(questions, dtype=np.float32)[:, None]
                search = partial(self._vectors.search, self._catalog)
                return [top_k(partial(search, row, allowed=allowed), k) for row in rows]

    def search_lexical(self, question: str, k: int, within: Filter) -> Hits:
        """Return the k best chunks by BM25 as (chunk id, score above 0).

        Raises:
            IndexBusyError: there is no BM25 index yet, and another process is writing.
            IndexStorageError: the BM25 index must be rebuilt, and the folder is read-only.
        """
        with self._using():
            self._catch_up_bm25()
            return top_k(partial(self._bm25.search, question, within=within), k)

    def check(self) -> list[str]:
        """Check all parts of the index against each other; return one sentence for each fault."""
        with self._using():
            with self._catalog.snapshot():
                faults = check_catalog_file(self._catalog)
                if not faults:
                    faults = [f"{id_}: {fault}." for id_, fault in check_documents(self._catalog)]
            # Caches of a damaged catalog are not checked.
            if faults:
                return faults
            self._catch_up_vectors()
            self._catch_up_bm25()
            return check_caches(self._catalog, self._vectors, self._bm25)

    def repair(self) -> list[str]:
        """Rebuild the caches and remove damaged documents; return sentences about what was done."""
        done = []
        with self._writable(), self._using():
            if check_catalog_file(self._catalog):
                self._catalog.close()
                try:
                    done += rewrite_catalog(self._folder / CATALOG_FILE)
                finally:
                    self._catalog = Catalog.open(self._folder / CATALOG_FILE)
                done.append("The catalog was rewritten with everything that could be read.")
            for document_id, fault in list(check_documents(self._catalog)):
                self._catalog.remove(document_id)
                done.append(
                    f"{document_id} was removed: it {fault}. Add its file with `qa index --verify`."
                )
            self._vectors.invalidate()
            self._bm25.invalidate()
            self._catalog.migrate()
            self._save_caches()
            done.append("The caches for searching were rebuilt.")
        return done

    def _catch_up_vectors(self) -> None:
        self._vectors.catch_up(self._catalog)
        if self._vectors.saved.index != self._catalog.index:
            self._save_if_unlocked()  # the file was missing or outdated

    def _catch_up_bm25(self) -> None:
        state = self._catalog.state
        if self._bm25.state == state:
            return
        self._bm25.reload()
        if self._bm25.state == state:
            return
        if self._write_lock.is_held:
            self._bm25.catch_up(self._catalog)
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
            if not self._vectors.needs_saving(self._catalog):
                return
            self._vectors.catch_up(self._catalog)
            if not self._vectors.needs_retraining:
                return
        with (
            translate_errors(self._folder),
            closing(Catalog.open(self._folder / CATALOG_FILE)) as catalog,
        ):
            rebuilt = VectorIndex(self._folder / VECTORS_FILE, max_flat=self._max_flat)
            rebuilt.rebuild(catalog)
        with self._using():
            self._vectors = rebuilt

    def _save_caches(self) -> None:
        with self._catalog.snapshot():
            needs_saving = self._vectors.needs_saving(self._catalog)
            if needs_saving:
                self._vectors.catch_up(self._catalog)
            self._bm25.catch_up(self._catalog)
        self._bm25.finish()
        if needs_saving:
            self._vectors.save()
        self._bm25_committed = time.monotonic()
        self._catalog.prune(min(self._bm25.state.generation, self._vectors.saved.generation))

    def _writable(self) -> AbstractContextManager[None]:
        return self._write_lock.acquire(self._catalog.file)

    @contextmanager
    def _using(self) -> Iterator[None]:
        """Let one thread in at a time, and translate errors."""
        with self._entry, translate_errors(self._folder):
            yield
