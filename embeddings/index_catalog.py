"""The documents of an index without its search: list, read, remove, check and repair them."""

import datetime
import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Self

from embeddings.files import file_info
from embeddings.formats.parse_options import ParseOptions
from embeddings.originals import OriginalFile, Originals, indexed_file
from embeddings.stores.factory import store_class
from embeddings.stores.local.index_folder import ORIGINALS_FOLDER, is_folder
from embeddings.stores.store import EXCLUDED, FileProblem, ProblemKind, Store
from embeddings.types import Document, IndexReport, StoredDocument

_log = logging.getLogger(__name__)


class IndexCatalog:
    """The documents of an index. Opens an index of any encoder, because it does not load it.

    `Index` adds documents and searches as well.
    """

    originals: Originals | None
    """Copies of uploaded files; None for an index in Milvus, which keeps none."""

    def __init__(self, store: Store, *, folder: Path | None = None) -> None:
        """Create a catalog for an open store and its folder. Use `IndexCatalog.open` instead."""
        self._store = store
        self.originals = originals_of(folder)

    @classmethod
    def open(cls, location: str | Path) -> Self:
        """Open the index at a location, as `Index.open` takes it.

        Raises:
            IndexNotFoundError: there is no index.
            IndexDamagedError: the index cannot be read.
        """
        return cls(store_class(location).open(location), folder=cls.folder_of(location))

    @staticmethod
    def folder_of(location: str | Path) -> Path | None:
        """Return the folder of an index; None for an index in Milvus."""
        return Path(location) if is_folder(location) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release files and locks; the index is not used afterwards."""
        self._store.close()

    def _use_store(self) -> AbstractContextManager[Store]:
        """Keep the store open during an operation."""
        return nullcontext(self._store)

    @property
    def generation(self) -> int:
        """Number of changes to the contents: equal generations mean equal contents."""
        with self._use_store() as store:
            return store.generation

    @property
    def newest(self) -> datetime.date | None:
        """The newest date of a document that is not after today; None if there is none."""
        with self._use_store() as store:
            return store.newest

    @property
    def document_count(self) -> int:
        """Number of documents."""
        with self._use_store() as store:
            return store.document_count

    @property
    def undated_count(self) -> int:
        """Number of documents without a date."""
        with self._use_store() as store:
            return store.undated_count

    @property
    def chunk_count(self) -> int:
        """Number of chunks."""
        with self._use_store() as store:
            return store.chunk_count

    def document(self, document_id: str) -> Document | None:
        """Read a document; None if there is none with this id."""
        with self._use_store() as store:
            return store.document(document_id)

    def documents(self, offset: int = 0, limit: int | None = None) -> Iterator[StoredDocument]:
        """List the documents without their texts, sorted by id; see `Store.documents`."""
        with self._use_store() as store:
            return store.documents(offset, limit)

    def known(self, ids: Collection[str]) -> dict[str, StoredDocument]:
        """Look up documents by id; ids that the index does not have are left out."""
        with self._use_store() as store:
            return store.known(ids)

    def documents_under(self, source_prefix: str) -> Iterator[StoredDocument]:
        """List the documents whose `source` is this path or lies below it, sorted by id."""
        with self._use_store() as store:
            return store.documents_under(source_prefix)

    def documents_in(self, file_id: str) -> Iterator[StoredDocument]:
        """List the document with an id, and its rows and inner files (`id#row`, `id/inner`)."""
        with self._use_store() as store:
            return store.documents_in(file_id)

    def remove(self, document_ids: Iterable[str], *, exclude: bool = True) -> tuple[str, ...]:
        """Remove documents; return the ids of those that were there.

        With `exclude`, `Index.add_paths` adds them again only if their file changes or is given by
        its own path, or with `verify`.

        Raises:
            IndexBusyError: another process is writing to the index.
        """
        with self._use_store() as store, store.writing():
            ids = list(document_ids)
            known = store.known(ids)
            removed = tuple(found for found in ids if store.remove(found))
            if exclude:
                _exclude_files(store, known.values())
            if self.originals is not None:
                self.originals.remove_unused(removed, store)
        log_changes(IndexReport(removed=removed))
        return removed

    def original(
        self, document: Document, options: ParseOptions | None = None
    ) -> OriginalFile | None:
        """Return the kept copy of an upload, or the file at the `source` of a document.

        Returns None if the file does not exist or has changed. `options` are those for parsing it
        again to check this.
        """
        if document.source:
            return indexed_file(document, ParseOptions() if options is None else options)
        return None if self.originals is None else self.originals.find(document)

    def check(self) -> list[str]:
        """Compare all parts of the index; return one sentence for each fault."""
        with self._use_store() as store:
            return store.check()

    def repair(self) -> list[str]:
        """Rebuild what can be rebuilt and drop damaged documents; return what was done.

        Raises:
            IndexBusyError: another process is writing to the index.
        """
        with self._use_store() as store:
            done = store.repair()
        _log.info("the index was repaired", extra={"steps": len(done)})
        return done


def _exclude_files(store: Store, removed: Iterable[StoredDocument]) -> None:
    """Keep the files of removed documents from being read again before they change."""
    excluded = {}
    for document in removed:
        rest = next(iter(store.documents_under(document.source)), None) if document.source else None
        if rest is not None and document.file_size is not None and document.file_mtime_ns:
            store.set_file_info(rest.id, document.file_size, document.file_mtime_ns)
        info = file_info(Path(document.source)) if document.source and rest is None else None
        if info is not None:
            excluded[document.source] = FileProblem(str(info), EXCLUDED, ProblemKind.FAILED)
    if excluded:
        store.set_problems(store.problems() | excluded)


def originals_of(folder: Path | None) -> Originals | None:
    """Return the originals in an index's folder; None for an index in Milvus, which keeps none."""
    return None if folder is None else Originals(folder / ORIGINALS_FOLDER)


def log_changes(report: IndexReport) -> None:
    """Log how many documents changed. Their names stay out of the log: they may be private."""
    counts = {name: len(getattr(report, name)) for name in ("added", "updated", "removed")}
    if any(counts.values()):
        _log.info("the documents changed", extra=counts)
