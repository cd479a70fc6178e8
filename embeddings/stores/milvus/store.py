"""The store for several machines: collections in a Milvus cluster, or in a Milvus Lite file."""

from __future__ import annotations

import datetime
import json
import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Self

from embeddings.errors import (
    IndexBusyError,
    IndexMismatchError,
    IndexNotFoundError,
    IndexStorageError,
)
from embeddings.stores.milvus.client import Connection, connect, file_of
from embeddings.stores.milvus.reader import ABOUT, PAGE, STATE, MilvusReader
from embeddings.stores.milvus.rows import (
    CHUNKS,
    COLLECTIONS,
    DOCUMENTS,
    UNDATED,
    State,
    create,
    filter_expression,
    meta_row,
    query_text,
    stored_document,
)
from embeddings.stores.milvus.writer import MilvusWriter
from embeddings.stores.store import FileProblem
from embeddings.stores.validation import (
    Hits,
    reject_surrogates,
    top_k,
    validate_document,
)
from embeddings.types import (
    Chunk,
    Document,
    Filter,
    MetadataValue,
    StoredDocument,
    Vectors,
)

FORMAT = 2
"""Format 1 stores no structure of documents; writing to such an index makes it format 2."""


class MilvusStore:
    """A `Store` in Milvus. Thread-safe.

    A change is committed by writing one row, the state; see `rows`. Rows of an interrupted change
    are invalid, and the next writer deletes them. A search may miss a document that is replaced at
    the same time.

    The lexical search finds the same chunks as the local store, with Milvus' own BM25 scores. An
    embedded Milvus computes the frequency of a word from the chunks that the filter allows, a
    cluster from all chunks.

    An embedded Milvus can be open in one process at a time. It leaves writing its log to the
    operating system: documents survive a crash of the process, but not always a power failure.

    Milvus has no locks. In a cluster, let only one process write at a time: two can damage the
    documents they are writing. A writer stops when it notices another one.
    """

    def __init__(self, connection: Connection, about: Mapping[str, object]) -> None:
        self._connection = connection
        self._reader = MilvusReader(connection)
        self._about = about
        self._settings: Mapping[str, MetadataValue] = dict(about["settings"])  # type: ignore[call-overload]
        self._dimensions = int(str(about["dimensions"]))
        self._writer = MilvusWriter(connection)
        self._thread: int | None = None

    @classmethod
    def create(
        cls,
        location: str,
        settings: Mapping[str, MetadataValue],
        dimensions: int,
        *,
        generation: int = 0,
    ) -> MilvusStore:
        """Create an empty index; arguments as in `LocalStore.create`.

        Raises:
            IndexStorageError: there is an index already, or Milvus fails.
            SettingsError: Milvus' packages are not installed, or the location is invalid.
        """
        connection = connect(location)
        try:
            if MilvusReader(connection).about() is not None:
                raise IndexStorageError(f"There is an index at {location} already: open it.")
            for name in COLLECTIONS:
                if connection.has(name):  # left by an interrupted attempt
                    connection.call("drop_collection", name)
            create(connection, dimensions)
            about = {"format": FORMAT, "dimensions": dimensions, "settings": dict(settings)}
            for key, body in [
                (STATE, State(generation).to_json()),
                (ABOUT, json.dumps(about)),  # last: it marks the index as complete
            ]:
                connection.upsert(DOCUMENTS, [meta_row(key, body)])
            return cls(connection, about)
        except BaseException:
            connection.close()
            raise

    @staticmethod
    def is_at(location: str) -> bool:
        """Tell whether there is an index at a location."""
        path = file_of(location)
        if path is not None and not path.exists():  # connecting would create it
            return False
        connection = connect(location)
        try:
            return MilvusReader(connection).about() is not None
        finally:
            connection.close()

    @classmethod
    def open(cls, location: str) -> MilvusStore:
        """Open an index.

        Raises:
            IndexNotFoundError: there is no index.
            IndexBusyError: another process has the file open.
            IndexDamagedError: the file cannot be opened.
            IndexMismatchError: a newer version made it.
            IndexStorageError: Milvus fails.
            SettingsError: Milvus' packages are not installed, or the location is invalid.
        """
        missing = (
            f"There is no index at {location}: create one with "
            f"`qa index FOLDER --index {location}`."
        )
        path = file_of(location)
        if path is not None and not path.exists():
            raise IndexNotFoundError(missing)
        connection = connect(location)
        try:
            about = MilvusReader(connection).about()
            if about is None:
                raise IndexNotFoundError(missing)
            if int(str(about["format"])) > FORMAT:
                raise IndexMismatchError(
                    f"The index has format {about['format']}, but this version reads formats up to "
                    f"{FORMAT}. Install a newer version."
                )
            for name in COLLECTIONS:
                connection.load(name)
            return cls(connection, about)
        except BaseException:
            connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. The store cannot be used afterwards."""
        self._connection.close()

    @property
    def settings(self) -> Mapping[str, MetadataValue]:
        """Settings of the index."""
        return self._settings

    @property
    def is_replaced(self) -> bool:
        """False: an index in Milvus is never replaced by another one."""
        return False

    @property
    def generation(self) -> int:
        """Number of changes to the contents: equal generations mean equal contents."""
        return self._reader.state().generation

    @property
    def newest(self) -> datetime.date | None:
        """The newest date of a document that is not after today; None if there is none."""
        state = self._reader.state()
        today = datetime.date.today().toordinal()
        day = state.newest if state.newest <= today else self._reader.newest(state, today)
        return None if day == UNDATED else datetime.date.fromordinal(day)

    @property
    def document_count(self) -> int:
        """Number of documents."""
        return self._reader.count(DOCUMENTS, self._reader.state())

    @property
    def undated_count(self) -> int:
        """Number of documents without a date."""
        return self._reader.count(DOCUMENTS, self._reader.state(), f"day == {UNDATED}")

    @property
    def chunk_count(self) -> int:
        """Number of chunks."""
        return self._reader.count(CHUNKS, self._reader.state())

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Take the write lock; `put` and `remove` work only inside.

        The lock excludes other threads of this process. Let only one process write to a cluster.

        Raises:
            IndexBusyError: another thread or store of this process is writing.
            IndexStorageError: Milvus fails.
        """
        if not self._connection.write_lock.acquire(blocking=False):
            raise IndexBusyError(f"{self._connection.place}: a thread is writing; try again later.")
        try:
            self._thread = threading.get_ident()
            self._migrate()
            self._writer.purge()
            yield
        finally:
            self._thread = None
            self._writer.finish()
            self._connection.write_lock.release()

    def _migrate(self) -> None:
        """Set the current format, which older versions refuse to open."""
        if self._about["format"] != FORMAT:
            self._about = {**self._about, "format": FORMAT}
            self._reader.write(ABOUT, json.dumps(self._about))

    @property
    def _locked_writer(self) -> MilvusWriter:
        """The writer, for the thread that has the write lock."""
        if self._thread != threading.get_ident():
            raise RuntimeError("Writing to a store works only inside `with store.writing():`.")
        return self._writer

    def put(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Add or replace a document atomically.

        Raises:
            ValueError: a chunk is not part of the document, or the vectors do not fit the chunks.
            DocumentError: it contains lone surrogates, or its title or metadata are too long.
            IndexBusyError: another process is writing.
        """
        writer = self._locked_writer
        validate_document(document, chunks, vectors, self._dimensions)
        reject_surrogates(document)
        writer.put(document, chunks, vectors)

    def remove(self, document_id: str) -> bool:
        """Remove a document atomically; False if there is none."""
        return self._locked_writer.remove(document_id)

    def move(self, document_id: str, document: Document) -> bool:
        """Replace a document by an equal one; after an interruption, the store may have both."""
        writer = self._locked_writer
        row = self._reader.row(document_id, self._reader.state())
        if row is None:
            return False
        writer.put(document, *self._reader.embedded(row, document))
        if document_id != document.id:
            writer.remove(document_id)
        return True

    def document(self, document_id: str) -> Document | None:
        """Read a document; None if there is none."""
        return self._reader.document(document_id)

    def set_file_info(self, document_id: str, file_size: int, file_mtime_ns: int) -> None:
        """Update the size and time of a document's file; the generation stays the same."""
        self._locked_writer.set_file_info(document_id, file_size, file_mtime_ns)

    def problems(self) -> dict[str, FileProblem]:
        """Read the problems with files, by the source of the file."""
        return self._reader.problems()

    def set_problems(self, problems: Mapping[str, FileProblem]) -> None:
        """Replace the problems with files; the generation stays the same."""
        self._locked_writer.set_problems(problems)

    def documents(self, offset: int = 0, limit: int | None = None) -> Iterator[StoredDocument]:
        """List the documents without their texts, sorted by id; always reads the list of all."""
        found = [stored_document(row) for row in self._reader.rows(self._reader.state())]
        end = None if limit is None else offset + limit
        return islice(sorted(found, key=lambda known: known.id), offset, end)

    def known(self, ids: Collection[str]) -> dict[str, StoredDocument]:
        """Look up documents by id; ids that the store does not have are left out."""
        found = [stored_document(row) for row in self._reader.rows_of(ids, self._reader.state())]
        return {known.id: known for known in found}

    def documents_under(self, source_prefix: str) -> Iterator[StoredDocument]:
        """List the documents whose `source` is this path or lies below it, sorted by id.

        Reads the list of all documents: Milvus stores no searchable source.
        """
        folder = source_prefix.rstrip(os.sep) + os.sep
        return (
            known
            for known in self.documents()
            if known.source and (known.source + os.sep).startswith(folder)
        )

    def documents_in(self, file_id: str) -> Iterator[StoredDocument]:
        """List the document with an id, and its rows and inner files; reads the list of all."""
        inside = (file_id + "#", file_id + "/")
        return (one for one in self.documents() if one.id == file_id or one.id.startswith(inside))

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, Chunk]:
        """Read chunks; ids that do not exist (any more) are left out."""
        state = self._reader.state()
        ids = [int(id_) for id_ in chunk_ids]
        found: dict[int, Chunk] = {}
        for begin in range(0, len(ids), PAGE):
            found |= self._reader.chunks(ids[begin : begin + PAGE], state)
        return {id_: found[id_] for id_ in ids if id_ in found}

    def search_dense(self, questions: Vectors, k: int, within: Filter) -> list[Hits]:
        """Return the k nearest chunks for each row as (chunk id, cosine); the search is exact."""
        allowed = filter_expression(self._reader.state(), within)
        if allowed is None:
            return [[] for _ in questions]
        search = partial(self._connection.search, CHUNKS, allowed, field="vector")
        return [top_k(partial(search, question=row.tolist()), k) for row in questions]

    def search_lexical(self, question: str, k: int, within: Filter) -> Hits:
        """Return the k best chunks by Milvus' BM25 as (chunk id, score above 0)."""
        words = query_text(question)
        allowed = filter_expression(self._reader.state(), within)
        if not words or allowed is None:
            return []

        def search(count: int) -> Hits:
            hits = self._connection.search(CHUNKS, allowed, count, field="weights", question=words)
            # An embedded Milvus returns negative scores.
            return [(id_, abs(score)) for id_, score in hits]

        return top_k(search, k)

    def check(self) -> list[str]:
        """Check all parts of the index against each other; return one sentence for each fault."""
        return [f"{id_}: {fault}." for id_, _, fault in self._reader.check(self._reader.state())]

    def repair(self) -> list[str]:
        """Remove damaged documents and invalid rows; return sentences about what was done."""
        done = []
        with self.writing():
            for document_id, row, fault in list(self._reader.check(self._reader.state())):
                self._writer.drop(row)
                done.append(
                    f"{document_id} was removed: it {fault}. Add its file with `qa index --verify`."
                )
        done.append("Rows of interrupted changes were deleted.")
        return done
