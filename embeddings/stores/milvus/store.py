"""The store for several machines: collections in a Milvus cluster, or in a Milvus Lite file."""

import datetime
import json
import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Self

from embeddings.errors import (
    IndexBusyError,
    IndexMismatchError,
    IndexNotFoundError,
    IndexStorageError,
)
from embeddings.stores.milvus.client import Connection, connect, file_of
from embeddings.stores.milvus.reader import ABOUT, STATE, MilvusReader
from embeddings.stores.milvus.schema import (
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
from embeddings.stores.validation import Hits, reject_surrogates, top_k, validate_document
from embeddings.types import Chunk, Document, Filter, MetadataValue, StoredDocument, Vectors

FORMAT = 2
"""Format 1 stores no structure of documents; writing to such an index makes it format 2."""


class MilvusStore(MilvusWriter):
    """A `Store` in Milvus. Thread-safe.

    A change is committed by writing one row, the state; see `schema`. Rows of an interrupted change
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
        super().__init__(connection)
        self._about = about
        self.settings: Mapping[str, MetadataValue] = dict(about["settings"])  # type: ignore[call-overload]
        self._dimensions = int(str(about["dimensions"]))
        self._thread: int | None = None

    @classmethod
    def create(
        cls,
        location: str | Path,
        settings: Mapping[str, MetadataValue],
        dimensions: int,
        *,
        generation: int = 0,
    ) -> Self:
        """Create an empty index; arguments as in `LocalStore.create`.

        Raises IndexStorageError if there is an index already.
        """
        location = str(location)
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
    def is_at(location: str | Path) -> bool:
        """Tell whether there is an index at a location."""
        location = str(location)
        path = file_of(location)
        if path is not None and not path.exists():  # connecting would create it
            return False
        connection = connect(location)
        try:
            return MilvusReader(connection).about() is not None
        finally:
            connection.close()

    @classmethod
    def open(cls, location: str | Path) -> Self:
        """Open an index.

        Raises:
            IndexNotFoundError: there is no index.
            IndexMismatchError: a newer version made it.
            AssistantError: `connect` fails.
        """
        location = str(location)
        missing = IndexNotFoundError(
            f"There is no index at {location}: create one with "
            f"`qa index FOLDER --index {location}`."
        )
        path = file_of(location)
        if path is not None and not path.exists():
            raise missing
        connection = connect(location)
        try:
            about = MilvusReader(connection).about()
            if about is None:
                raise missing
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
        self._connection.close()

    is_replaced = False  # no other index can take the place of one in Milvus

    @property
    def generation(self) -> int:
        return self.state().generation

    @property
    def newest(self) -> datetime.date | None:
        state = self.state()
        today = datetime.date.today().toordinal()
        day = state.newest if state.newest <= today else self.newest_day(state, today)
        return None if day == UNDATED else datetime.date.fromordinal(day)

    @property
    def document_count(self) -> int:
        return self.count(DOCUMENTS)

    @property
    def undated_count(self) -> int:
        return self.count(DOCUMENTS, f"day == {UNDATED}")

    @property
    def chunk_count(self) -> int:
        return self.count(CHUNKS)

    @contextmanager
    def writing(self) -> Iterator[None]:
        if not self._connection.write_lock.acquire(blocking=False):
            raise IndexBusyError(f"{self._connection.place}: a thread is writing; try again later.")
        try:
            self._thread = threading.get_ident()
            if self._about["format"] != FORMAT:  # older versions refuse to open the current one
                self._about = {**self._about, "format": FORMAT}
                self.write(ABOUT, json.dumps(self._about))
            self.purge()
            yield
        finally:
            self._thread = None
            self.finish()
            self._connection.write_lock.release()

    def _current_state(self) -> State:
        if self._thread != threading.get_ident():
            raise RuntimeError("Writing to a store works only inside `with store.writing():`.")
        return super()._current_state()

    def put(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        validate_document(document, chunks, vectors, self._dimensions)
        reject_surrogates(document)
        super().put(document, chunks, vectors)

    def move(self, document_id: str, document: Document) -> bool:
        """Replace a document by an equal one; after an interruption, the store may have both."""
        row = self.row(document_id, self._current_state())
        if row is None:
            return False
        super().put(document, *self.embedded(row, document))
        if document_id != document.id:
            self.remove(document_id)
        return True

    def documents(self, offset: int = 0, limit: int | None = None) -> Iterator[StoredDocument]:
        """List the documents without their texts, sorted by id; always reads the list of all."""
        found = [stored_document(row) for row in self.rows(self.state())]
        end = None if limit is None else offset + limit
        return islice(sorted(found, key=lambda known: known.id), offset, end)

    def known(self, ids: Collection[str]) -> dict[str, StoredDocument]:
        found = [stored_document(row) for row in self.rows_of(ids, self.state())]
        return {known.id: known for known in found}

    def documents_under(self, source_prefix: str) -> Iterator[StoredDocument]:
        """List the documents whose `source` is this path or lies below it, sorted by id.

        Reads the list of all documents: Milvus stores no searchable source.
        """
        folder = source_prefix.rstrip(os.sep) + os.sep
        return (
            one
            for one in self.documents()
            if one.source and f"{one.source}{os.sep}".startswith(folder)
        )

    def documents_in(self, file_id: str) -> Iterator[StoredDocument]:
        """List the document with an id, and its rows and inner files; reads the list of all."""
        inside = (file_id + "#", file_id + "/")
        return (one for one in self.documents() if one.id == file_id or one.id.startswith(inside))

    def search_dense(self, questions: Vectors, k: int, within: Filter) -> list[Hits]:
        """Return the k nearest chunks for each row as (chunk id, cosine); the search is exact."""
        allowed = filter_expression(self.state(), within)
        if allowed is None:
            return [[] for _ in questions]
        search = partial(self._connection.search, CHUNKS, allowed, field="vector")
        return [top_k(partial(search, question=row.tolist()), k) for row in questions]

    def search_lexical(self, question: str, k: int, within: Filter) -> Hits:
        """Return the k best chunks by Milvus' BM25 as (chunk id, score above 0)."""
        words = query_text(question)
        allowed = filter_expression(self.state(), within)
        if not words or allowed is None:
            return []

        def search(count: int) -> Hits:
            hits = self._connection.search(CHUNKS, allowed, count, field="weights", question=words)
            # An embedded Milvus returns negative scores.
            return [(id_, abs(score)) for id_, score in hits]

        return top_k(search, k)

    def check(self) -> list[str]:
        return [f"{id_}: {fault}." for id_, _, fault in self.damaged()]

    def repair(self) -> list[str]:
        done = []
        with self.writing():
            for document_id, row, fault in list(self.damaged()):
                self.drop(row)
                done.append(
                    f"{document_id} was removed: it {fault}. Add its file with `qa index --verify`."
                )
        done.append("Rows of interrupted changes were deleted.")
        return done
