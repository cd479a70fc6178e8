"""The store for several machines: collections in a Milvus cluster, or in a Milvus Lite file."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from embeddings.errors import (
    DocumentIndexError,
    IndexBusyError,
    IndexMismatchError,
    IndexNotFoundError,
    IndexStorageError,
)
from embeddings.outline import dump_structure
from embeddings.stores.milvus.client import Connection, Row, connect, file_of, in_list
from embeddings.stores.milvus.reader import ABOUT, PROBLEMS, STATE, MilvusReader
from embeddings.stores.milvus.schema import (
    CHUNKS,
    COLLECTIONS,
    DOCUMENTS,
    NO_VECTOR,
    TEXTS,
    UNDATED,
    State,
    chunk_rows,
    create,
    document_row,
    filter_expression,
    meta_row,
    query_text,
    text_rows,
)
from embeddings.stores.store import FileProblem
from embeddings.stores.validation import Hits, reject_surrogates, top_k, validate_document
from embeddings.types import Chunk, Document, Filter, MetadataValue, Vectors

FORMAT = 2
"""Format 1 stores no structure of documents; writing to such an index makes it format 2."""
MAX_UNFLUSHED = 100
"""Maximum number of chunks in the log of an embedded Milvus: 1,000 slow a search down by 0.2 s."""
MAX_REASON = 5000
"""Maximum characters of a stored error message; each takes up to 6 bytes as JSON."""
MAX_DEAD = 100
"""Maximum number of removed documents before their rows are deleted."""


class MilvusStore(MilvusReader):
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

    def __init__(self, connection: Connection, about: Mapping[str, Any]) -> None:
        super().__init__(connection)
        self._about = about
        self.settings: Mapping[str, MetadataValue] = about["settings"]
        self._thread: int | None = None
        self._unflushed = 0
        # None if there may be rows of an incomplete change.
        self._state: State | None = None

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
        reader = MilvusReader(connection)
        try:
            if reader.about() is not None:
                raise IndexStorageError(f"There is an index at {location} already: open it.")
            for name in COLLECTIONS:
                if connection.has(name):  # left by an interrupted attempt
                    connection.call("drop_collection", name)
            create(connection, dimensions)
            about = {"format": FORMAT, "dimensions": dimensions, "settings": dict(settings)}
            reader.write(STATE, State(generation).to_json())
            reader.write(ABOUT, json.dumps(about))  # last: it marks the index as complete
            return cls(connection, about)
        except BaseException:
            connection.close()
            raise

    @staticmethod
    def is_at(location: str | Path) -> bool:
        """Return whether there is an index at a location."""
        location = str(location)
        path = file_of(location)
        if path is not None and not path.exists():  # connecting would create it
            return False
        with closing(connect(location)) as connection:
            return MilvusReader(connection).about() is not None

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
            if about["format"] > FORMAT:
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

    @contextmanager
    def writing(self) -> Iterator[None]:
        if not self._connection.write_lock.acquire(blocking=False):
            raise IndexBusyError(f"{self._connection.place}: a thread is writing; try again later.")
        try:
            self._thread = threading.get_ident()
            if self._about["format"] != FORMAT:  # older versions refuse to open the current one
                self._about = {**self._about, "format": FORMAT}
                self.write(ABOUT, json.dumps(self._about))
            self._purge()
            yield
        finally:
            self._thread = None
            if self._state is None or self._state.dead:
                with suppress(DocumentIndexError):  # the next writer does it
                    self._purge()
            self._state = None
            self._connection.write_lock.release()

    def put(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        validate_document(document, chunks, vectors, self._about["dimensions"])
        reject_surrogates(document)
        state = self._current_state()
        generation = state.generation + 1
        structure = dump_structure(document, chunks)
        listed = document_row(document, len(chunks), generation, structure)
        pieces = text_rows(document.text + structure, generation)
        parts = chunk_rows(
            document, chunks, vectors, generation=generation, first_id=state.last_chunk + 1
        )
        replaced = self.row(document.id, state)
        self._state = None
        self._connection.upsert(CHUNKS, parts)
        self._connection.upsert(TEXTS, pieces)
        self._connection.upsert(DOCUMENTS, [listed])
        last_chunk = state.last_chunk + len(chunks)
        after = replace(state, generation=generation, last_chunk=last_chunk)
        self._commit(after, replaced, added_day=listed["day"])
        self._unflushed += len(chunks)
        if self._unflushed >= MAX_UNFLUSHED and self._connection.call_lock is not None:
            for name in COLLECTIONS:
                self._connection.call("flush", name)
            self._unflushed = 0

    def move(self, document_id: str, document: Document) -> bool:
        """Replace a document by an equal one; after an interruption, the store may have both."""
        row = self.row(document_id, self._current_state())
        if row is None:
            return False
        self.put(document, *self.embedded(row, document))
        if document_id != document.id:
            self.remove(document_id)
        return True

    def set_file_info(self, document_id: str, file_size: int, file_mtime_ns: int) -> None:
        row = self.row(document_id, self._current_state())
        if row is not None:
            file_info = {"file_size": file_size, "file_mtime_ns": file_mtime_ns}
            body = json.dumps(json.loads(row["body"]) | file_info, ensure_ascii=False)
            self._connection.upsert(DOCUMENTS, [row | {"body": body, "vector": NO_VECTOR}])

    def set_problems(self, problems: Mapping[str, FileProblem]) -> None:
        self._current_state()
        self._connection.delete(DOCUMENTS, f"generation <= {PROBLEMS}")
        bodies = (
            json.dumps([source, one.version, one.reason[:MAX_REASON], one.kind])
            for source, one in problems.items()
        )
        rows = [meta_row(PROBLEMS - number, body) for number, body in enumerate(bodies)]
        self._connection.upsert(DOCUMENTS, rows)

    def remove(self, document_id: str) -> bool:
        row = self.row(document_id, self._current_state())
        if row is not None:
            self._drop(row)
        return row is not None

    def _drop(self, row: Row) -> None:
        """Remove the document with this row."""
        state = self._current_state()
        self._state = None
        self._commit(replace(state, generation=state.generation + 1), row)

    def _commit(self, state: State, lost: Row | None, *, added_day: int = UNDATED) -> None:
        """Write a new state, in which the document with the row `lost` is removed."""
        if lost is not None:
            state = replace(state, dead=(*state.dead, lost["generation"]))
        newest = max(state.newest, added_day)
        if lost is not None and lost["day"] == newest != added_day:
            newest = self.newest_day(state, state.newest)
        state = replace(state, newest=newest)
        self.write(STATE, state.to_json())
        self._state = state
        if len(state.dead) > MAX_DEAD:
            self._purge()

    def _current_state(self) -> State:
        """Return the state that this writer wrote last, if no other process has written since."""
        if self._thread != threading.get_ident():
            raise RuntimeError("Writing to a store works only inside `with store.writing():`.")
        if self._state is None:
            self._purge()
            assert self._state is not None
        elif self._state != self.state():
            self._state = replace(self._state, dead=())  # the other writer deletes the rows
            raise IndexBusyError(
                f"{self._connection.place}: another process is writing to the index. Stop one "
                "of the two processes, then run `qa check --repair`."
            )
        return self._state

    def _purge(self) -> None:
        """Delete the rows that are not valid."""
        state = self.state()
        for name in COLLECTIONS:
            self._connection.delete(name, f"generation > {state.generation}")
            if state.dead:
                self._connection.delete(name, in_list("generation", state.dead))
        if state.dead:
            state = replace(state, dead=())
            self.write(STATE, state.to_json())
        self._state = state

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
                self._drop(row)
                done.append(
                    f"{document_id} was removed: it {fault}. Add its file with `qa index --verify`."
                )
        done.append("Rows of interrupted changes were deleted.")
        return done
