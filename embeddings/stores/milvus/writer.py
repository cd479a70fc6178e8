"""Writing to an index in Milvus: each change is committed by writing one row, the state."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

from embeddings.errors import DocumentIndexError, IndexBusyError
from embeddings.outline import dump_structure
from embeddings.stores.milvus.client import Connection, Row
from embeddings.stores.milvus.reader import PROBLEMS, STATE, MilvusReader
from embeddings.stores.milvus.schema import (
    CHUNKS,
    COLLECTIONS,
    DOCUMENTS,
    NO_VECTOR,
    TEXTS,
    UNDATED,
    State,
    chunk_rows,
    document_row,
    in_list,
    meta_row,
    text_rows,
)
from embeddings.stores.store import FileProblem
from embeddings.types import Chunk, Document, Vectors

MAX_UNFLUSHED = 100
"""Chunks that an embedded Milvus may have in its log: 1,000 there slow a search down by 0.2 s."""
MAX_REASON = 5000
"""Characters of an error message; one takes up to 6 bytes as JSON."""
MAX_DEAD = 100
"""Removed documents whose rows may still exist before they are deleted."""


class MilvusWriter(MilvusReader):
    """The methods of a `Store` that change documents. The caller has the write lock."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._unflushed = 0
        # None if there may be rows of an incomplete change.
        self._state: State | None = None

    def put(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
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
        after = dataclasses.replace(
            state, generation=generation, last_chunk=state.last_chunk + len(chunks)
        )
        self._commit(after, replaced, added_day=listed["day"])
        self._unflushed += len(chunks)
        if self._unflushed >= MAX_UNFLUSHED and self._connection.call_lock is not None:
            for name in COLLECTIONS:
                self._connection.call("flush", name)
            self._unflushed = 0

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
            self.drop(row)
        return row is not None

    def drop(self, row: Row) -> None:
        """Remove the document with this row."""
        state = self._current_state()
        self._state = None
        self._commit(dataclasses.replace(state, generation=state.generation + 1), row)

    def _commit(self, state: State, lost: Row | None, *, added_day: int = UNDATED) -> None:
        """Write a new state, in which the document with the row `lost` is removed."""
        if lost is not None:
            state = dataclasses.replace(state, dead=(*state.dead, lost["generation"]))
        newest = max(state.newest, added_day)
        if lost is not None and lost["day"] == newest != added_day:
            newest = self.newest_day(state, state.newest)
        state = dataclasses.replace(state, newest=newest)
        self.write(STATE, state.to_json())
        self._state = state
        if len(state.dead) > MAX_DEAD:
            self.purge()

    def _current_state(self) -> State:
        """Return the state that this writer wrote last, if no other process has written since."""
        if self._state is None:
            self.purge()
            assert self._state is not None
        elif self._state != self.state():
            self._state = dataclasses.replace(self._state, dead=())  # leave the rows to the other
            raise IndexBusyError(
                f"{self._connection.place}: another process is writing to the index. Stop one of "
                "the two, then run `qa check --repair`."
            )
        return self._state

    def purge(self) -> None:
        """Delete the rows that are not valid."""
        state = self.state()
        for name in COLLECTIONS:
            self._connection.delete(name, f"generation > {state.generation}")
            if state.dead:
                self._connection.delete(name, in_list("generation", state.dead))
        if state.dead:
            state = dataclasses.replace(state, dead=())
            self.write(STATE, state.to_json())
        self._state = state

    def finish(self) -> None:
        """Delete invalid rows if there may be any; if that fails, the next writer does it."""
        if self._state is None or self._state.dead:
            with suppress(DocumentIndexError):
                self.purge()
        self._state = None
