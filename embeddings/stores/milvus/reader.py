"""What is written in an index in Milvus, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from embeddings.errors import IndexDamagedError
from embeddings.stores.milvus.client import Connection, Row
from embeddings.stores.milvus.rows import (
    CHUNKS,
    DOCUMENTS,
    PIECE_CHARACTERS,
    TEXTS,
    UNDATED,
    State,
    chunk_rows,
    in_list,
    key_of,
    meta_row,
    piece_id,
    stored_document,
)
from embeddings.stores.validation import are_unit_vectors, is_encodable
from embeddings.types import Chunk, Document

__all__ = ["ABOUT", "LEASE", "PAGE", "STATE", "MilvusReader"]

# Keys of the rows that are no documents.
STATE, ABOUT, LEASE = 0, -1, -2
DOCUMENT_FIELDS = ("generation", "document", "day", "body")
TRIES = 5
"""How often a document is read that is replaced over and over meanwhile."""
PAGE = 1000
"""How many documents, chunks or pieces of text are read at a time."""


class MilvusReader:
    """Reads documents and chunks, as of a state that the caller has read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def about(self) -> Mapping[str, object] | None:
        """Read what the index was made with; None when there is no index, or a half of one."""
        if not self._connection.has(DOCUMENTS):
            return None
        self._connection.load(DOCUMENTS)
        body = self.body(ABOUT)
        return None if body is None else json.loads(body)

    def state(self) -> State:
        """Read where the contents stand now.

        Raises:
            IndexDamagedError: nothing says so.
        """
        body = self.body(STATE)
        if body is None:
            raise IndexDamagedError(
                f"{self._connection.place}: the row with its state is missing; index the documents "
                "again, at another place"
            )
        return State.from_json(body)

    def body(self, key: int) -> str | None:
        """Read a row that is no document's."""
        rows = self._connection.query(DOCUMENTS, f"generation == {key}", ["body"])
        return rows[0]["body"] if rows else None

    def write(self, key: int, body: str) -> None:
        """Write a row that is no document's."""
        self._connection.upsert(DOCUMENTS, [meta_row(key, body)])

    def rows(self, state: State) -> Iterator[Row]:
        """Read the rows of all documents."""
        for first in range(0, state.generation, PAGE):
            some = (
                f"{state.live_condition} and generation > {first} and generation <= {first + PAGE}"
            )
            yield from self._connection.query(DOCUMENTS, some, DOCUMENT_FIELDS)

    def newest(self, state: State) -> int:
        """Find the newest day, an ordinal, by halves: Milvus tells no maximum."""
        low, high = UNDATED, state.newest
        while low < high:
            middle = (low + high + 1) // 2
            there = f"{state.live_condition} and day >= {middle}"
            rows = self._connection.query(DOCUMENTS, there, ["day"], limit=1)
            low, high = (rows[0]["day"], high) if rows else (low, middle - 1)
        return low

    def document(self, document_id: str) -> Document | None:
        """Read one document whole, as of now; None when it is not there.

        Raises:
            IndexDamagedError: a part of it is missing.
        """
        for _ in range(TRIES):
            state = self.state()
            row = self.row(document_id, state)
            if row is None and state == self.state():
                return None
            found = None if row is None else self.read_document(row)
            if found is not None:
                return found
            if state == self.state():
                break  # else it has been replaced meanwhile
        raise IndexDamagedError(
            f"{document_id}: a part of its text is missing: run `qa check --repair`"
        )

    def row(self, document_id: str, state: State) -> Row | None:
        """Read the row of a document."""
        return next(self.rows_of([document_id], state), None)

    def rows_of(self, ids: Collection[str], state: State) -> Iterator[Row]:
        """Read the rows of the documents with these ids, as many as there are."""
        keys = [key_of(document_id) for document_id in ids if is_encodable(document_id)]
        for begin in range(0, len(keys), PAGE):
            known = f"{state.live_condition} and {in_list('document', keys[begin : begin + PAGE])}"
            yield from self._connection.query(DOCUMENTS, known, DOCUMENT_FIELDS)

    def read_document(self, row: Row) -> Document | None:
        """Read the document of a row; None when a part of its text is not there."""
        known = stored_document(row)
        generation = row["generation"]
        starts = range(0, known.characters, PIECE_CHARACTERS)
        pieces: dict[int, str] = {}
        for begin in range(0, len(starts), PAGE):
            pieces |= self._pieces(
                [piece_id(generation, start) for start in starts[begin : begin + PAGE]]
            )
        text = "".join(piece for _, piece in sorted(pieces.items()))
        if len(text) != known.characters:
            return None
        return Document(
            known.id,
            text,
            known.title,
            known.date,
            known.source,
            known.metadata,
            file_size=known.file_size,
            file_mtime_ns=known.file_mtime_ns,
        )

    def _pieces(self, ids: Sequence[int]) -> dict[int, str]:
        if not ids:
            return {}
        rows = self._connection.query(TEXTS, in_list("id", ids), ["id", "piece"])
        return {row["id"]: json.loads(row["piece"]) for row in rows}

    def chunks(self, ids: Sequence[int], state: State) -> dict[int, Chunk]:
        """Read chunks, `PAGE` at most; one that is not there is left out."""
        wanted = f"{state.live_condition} and {in_list('id', ids)}"
        rows = self._connection.query(CHUNKS, wanted, ["id", "generation", "start", "stop"])
        if not rows:
            return {}
        generations = in_list("generation", {row["generation"] for row in rows})
        listed = {
            row["generation"]: stored_document(row)
            for row in self._connection.query(DOCUMENTS, generations, DOCUMENT_FIELDS)
        }
        places = {row["id"]: _piece_ids(row) for row in rows}
        pieces = self._pieces(sorted({id_ for row_ids in places.values() for id_ in row_ids}))
        found = {}
        for row in rows:
            known = listed.get(row["generation"])
            if known is None or not pieces.keys() >= set(places[row["id"]]):
                continue  # it has just been removed
            start, stop = row["start"], row["stop"]
            shift = start - start % PIECE_CHARACTERS
            text = "".join(pieces[id_] for id_ in places[row["id"]])[start - shift : stop - shift]
            found[row["id"]] = Chunk(known.id, start, stop, text, known.title, known.date)
        return found

    def check(self, state: State) -> Iterator[tuple[str, Row, str]]:
        """Compare each document with its parts: (document id, its row, what is wrong with it)."""
        rows = {stored_document(row).id: row for row in self.rows(state)}
        for document_id, row in sorted(rows.items()):
            fault = self._document_fault(row)
            if fault is not None:
                yield document_id, row, fault

    def _chunk_rows(self, generation: int) -> list[Row]:
        """Read all that is kept of a document's chunks, by id."""
        listed = self._connection.query(CHUNKS, f"generation == {generation}", ["id"])
        ids = sorted(row["id"] for row in listed)
        rows: dict[int, Row] = {}
        for begin in range(0, len(ids), PAGE):
            some = in_list("id", ids[begin : begin + PAGE])
            rows |= {row["id"]: row for row in self._connection.query(CHUNKS, some, ["*"])}
        return [rows[id_] for id_ in ids if id_ in rows]

    def _document_fault(self, row: Row) -> str | None:
        known, document = stored_document(row), self.read_document(row)
        if document is None:
            return "has lost a part of its text"
        if document.digest != known.digest or row["document"] != key_of(known.id):
            return "differs from what was added"
        rows = self._chunk_rows(row["generation"])
        if len(rows) != known.chunks:
            return "has lost a chunk"
        spans = [(chunk["start"], chunk["stop"]) for chunk in rows]
        if any(not 0 <= start <= stop <= known.characters for start, stop in spans):
            return "has a chunk outside its text"
        vectors = np.array([chunk["vector"] for chunk in rows], dtype=np.float32)
        if rows and not are_unit_vectors(vectors):
            return "has a vector that is not of length 1"
        expected = chunk_rows(
            document,
            [_chunk(document, start, stop) for start, stop in spans],
            vectors,
            generation=row["generation"],
            first_id=rows[0]["id"] if rows else 0,
        )
        same = all(
            chunk[field] == wanted[field]
            for chunk, wanted in zip(rows, expected, strict=True)
            for field in wanted
            if field != "vector"
        )
        return None if same else "has a chunk that differs from what was added"


def _chunk(document: Document, start: int, stop: int) -> Chunk:
    text = document.text[start:stop]
    return Chunk(document.id, start, stop, text, document.title, document.date)


def _piece_ids(row: Row) -> range:
    """Name the pieces of text that a chunk lies in."""
    generation, start, stop = row["generation"], row["start"], row["stop"]
    first = piece_id(generation, start)
    return range(first, piece_id(generation, stop - 1) + 1 if stop > start else first)
