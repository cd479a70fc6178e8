"""Writing to an index in Milvus: one row is the commit point of everything."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from contextlib import suppress

from embeddings.errors import DocumentIndexError, IndexBusyError
from embeddings.stores.milvus.client import Connection, Row
from embeddings.stores.milvus.reader import STATE, MilvusReader
from embeddings.stores.milvus.rows import (
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
    text_rows,
)
from embeddings.stores.structure import dump_structure
from embeddings.types import Chunk, Document, Vectors

__all__ = ["MilvusWriter"]

FRESH_ROWS = 100
"""How many chunks an embedded Milvus may hold in its log: 1,000 there slow a search by 0.2 s."""
MOST_DEAD = 100
"""How many removed documents may leave rows behind before these are deleted."""


class MilvusWriter:
    """Changes what counts. Only who holds the right to write may use one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reader = MilvusReader(connection)
        self._fresh = 0
        # None when it is not known what lies there.
        self._state: State | None = None

    def put(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Add or replace a document; what does not fit raises DocumentError before any change."""
        state = self._current_state()
        generation = state.generation + 1
        structure = dump_structure(document, chunks)
        listed = document_row(document, len(chunks), generation, structure)
        pieces = text_rows(document.text + structure, generation)
        parts = chunk_rows(
            document, chunks, vectors, generation=generation, first_id=state.last_chunk + 1
        )
        replaced = self._reader.row(document.id, state)
        self._state = None  # until all is there
        self._connection.upsert(CHUNKS, parts)
        self._connection.upsert(TEXTS, pieces)
        self._connection.upsert(DOCUMENTS, [listed])
        after = dataclasses.replace(
            state, generation=generation, last_chunk=state.last_chunk + len(chunks)
        )
        self._commit(after, replaced, added_day=listed["day"])
        self._fresh += len(chunks)
        if self._fresh >= FRESH_ROWS and self._connection.is_embedded:
            # A cluster does so by itself.
            for name in COLLECTIONS:
                self._connection.call("flush", name)
            self._fresh = 0

    def set_file_info(self, document_id: str, file_size: int, file_mtime_ns: int) -> None:
        """Update the size and time of a document's file; the generation stays the same."""
        row = self._reader.row(document_id, self._current_state())
        if row is not None:
            file_info = {"file_size": file_size, "file_mtime_ns": file_mtime_ns}
            body = json.dumps(json.loads(row["body"]) | file_info, ensure_ascii=False)
            self._connection.upsert(DOCUMENTS, [row | {"body": body, "vector": NO_VECTOR}])

    def remove(self, document_id: str) -> bool:
        """Remove a document; False when there was none."""
        row = self._reader.row(document_id, self._current_state())
        if row is not None:
            self.drop(row)
        return row is not None

    def drop(self, row: Row) -> None:
        """Remove the document of a row."""
        state = self._current_state()
        self._state = None
        self._commit(dataclasses.replace(state, generation=state.generation + 1), row)

    def _commit(self, state: State, lost: Row | None, *, added_day: int = UNDATED) -> None:
        """Let a new state count, in which the document of a row is none any more."""
        if lost is not None:
            state = dataclasses.replace(state, dead=(*state.dead, lost["generation"]))
        newest = max(state.newest, added_day)
        if lost is not None and lost["day"] == newest != added_day:
            newest = self._reader.newest(state, state.newest)
        state = dataclasses.replace(state, newest=newest)
        self._reader.write(STATE, state.to_json())
        self._state = state
        if len(state.dead) > MOST_DEAD:
            self.purge()

    def _current_state(self) -> State:
        """Return the state that this writer wrote last.

        Raises:
            IndexBusyError: another process has written another state since then.
        """
        if self._state is None:
            self.purge()
            assert self._state is not None
        elif self._state != self._reader.state():
            self._state = dataclasses.replace(self._state, dead=())  # leave the rows to the other
            raise IndexBusyError(
                f"{self._connection.place}: another process is writing to the index. Stop one of "
                "the two, then run `qa check --repair`."
            )
        return self._state

    def purge(self) -> None:
        """Delete the rows that do not count."""
        state = self._reader.state()
        for name in COLLECTIONS:
            self._connection.delete(name, f"generation > {state.generation}")
            if state.dead:
                self._connection.delete(name, in_list("generation", state.dead))
        if state.dead:
            state = dataclasses.replace(state, dead=())
            self._reader.write(STATE, state.to_json())
        self._state = state

    def finish(self) -> None:
        """Leave as little behind as may be; what stays is deleted the next time."""
        if self._state is None or self._state.dead:
            with suppress(DocumentIndexError):
                self.purge()
        self._state = None
