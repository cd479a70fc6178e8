"""Reading and checking an index in Milvus."""

import dataclasses
import datetime
import itertools
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from embeddings.errors import IndexDamagedError
from embeddings.outline import Outline, outline_of
from embeddings.stores.milvus.client import PAGE, Connection, Row
from embeddings.stores.milvus.schema import (
    CHUNKS,
    DOCUMENTS,
    TEXTS,
    UNDATED,
    State,
    chunk_rows,
    key_of,
    meta_row,
    piece_ids,
    stored_document,
    structure_span,
)
from embeddings.stores.store import FileProblem
from embeddings.stores.validation import are_unit_vectors, is_encodable
from embeddings.types import Chunk, Document, StoredDocument, Vectors

# Keys of the rows that belong to no document.
STATE, ABOUT = 0, -1
PROBLEMS = -2
"""Key of the first problem with a file; further problems have smaller keys."""
DOCUMENT_FIELDS = ("generation", "document", "day", "body")
TRIES = 5
"""Attempts to read a document that others replace at the same time."""


class MilvusReader:
    """The methods of a `Store` that read. Methods with a `state` argument read that state."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def about(self) -> Mapping[str, Any] | None:
        """Read format, dimensions and settings; None if there is no complete index."""
        if not self._connection.has(DOCUMENTS):
            return None
        self._connection.load(DOCUMENTS)
        body = self.body(ABOUT)
        return None if body is None else json.loads(body)

    def state(self) -> State:
        """Read the current state."""
        body = self.body(STATE)
        if body is None:
            raise IndexDamagedError(
                f"{self._connection.place}: the row with the state is missing. Index the documents "
                "again in another place."
            )
        return State.from_json(body)

    def body(self, key: int) -> str | None:
        """Read a row that belongs to no document."""
        rows = self._connection.query(DOCUMENTS, f"generation == {key}", ["body"])
        return rows[0]["body"] if rows else None

    def write(self, key: int, body: str) -> None:
        """Write a row that belongs to no document."""
        self._connection.upsert(DOCUMENTS, [meta_row(key, body)])

    def problems(self) -> dict[str, FileProblem]:
        found: dict[str, FileProblem] = {}
        for key in itertools.count(PROBLEMS, -PAGE):
            some = f"generation <= {key} and generation > {key - PAGE}"
            rows = self._connection.query(DOCUMENTS, some, ["body"])
            for row in rows:
                source, *problem = json.loads(row["body"])
                found[source] = FileProblem(*problem)
            if len(rows) < PAGE:
                break
        return found

    def rows(self, state: State) -> Iterator[Row]:
        """Read the rows of all documents."""
        for first in range(0, state.generation, PAGE):
            some = (
                f"{state.live_condition} and generation > {first} and generation <= {first + PAGE}"
            )
            yield from self._connection.query(DOCUMENTS, some, DOCUMENT_FIELDS)

    def newest_day(self, state: State, latest: int) -> int:
        """Find the newest day that is not after `latest` by bisection: Milvus has no maximum.

        Days are ordinals; `UNDATED` if there is none.
        """
        low, high = UNDATED, latest
        while low < high:
            middle = (low + high + 1) // 2
            there = f"{state.live_condition} and day >= {middle} and day <= {high}"
            rows = self._connection.query(DOCUMENTS, there, ["day"], limit=1)
            low, high = (rows[0]["day"], high) if rows else (low, middle - 1)
        return low

    def count(self, collection: str, condition: str = "") -> int:
        """Count the rows of a collection that are part of the index and meet a condition."""
        conditions = " and ".join(filter(None, (self.state().live_condition, condition)))
        [row] = self._connection.query(collection, conditions, ["count(*)"])
        return int(row["count(*)"])

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

    def documents(self, offset: int = 0, limit: int | None = None) -> Iterator[StoredDocument]:
        """List the documents without their texts, sorted by id; always reads the list of all."""
        found = [stored_document(row) for row in self.rows(self.state())]
        end = None if limit is None else offset + limit
        return itertools.islice(sorted(found, key=lambda known: known.id), offset, end)

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

    def document(self, document_id: str) -> Document | None:
        for _ in range(TRIES):
            state = self.state()
            row = self.row(document_id, state)
            if row is None and state == self.state():
                return None
            found = None if row is None else self.read_document(row)
            if found is not None:
                return found.document
            if state == self.state():
                break  # otherwise it was replaced at the same time
        raise IndexDamagedError(
            f"{document_id}: a part of its text is missing. Run `qa check --repair`."
        )

    def row(self, document_id: str, state: State) -> Row | None:
        """Read the row of a document."""
        return next(iter(self.rows_of([document_id], state)), None)

    def rows_of(self, ids: Collection[str], state: State) -> list[Row]:
        """Read the rows of the documents with these ids; ids that do not exist are left out."""
        keys = [key_of(document_id) for document_id in ids if is_encodable(document_id)]
        condition = state.live_condition
        return self._connection.query_in(DOCUMENTS, "document", keys, DOCUMENT_FIELDS, condition)

    def read_document(self, row: Row) -> Outline | None:
        """Read the document of a row; None if a part of its text is missing."""
        return self._read_documents([row]).get(row["generation"])

    def _read_documents(self, rows: Sequence[Row]) -> dict[int, Outline]:
        """Read documents by generation; those without a part of their text are left out."""
        ids = {
            row["generation"]: piece_ids(row["generation"], structure_span(row)[1]) for row in rows
        }
        wanted = [id_ for some in ids.values() for id_ in some]
        read = self._connection.query_in(TEXTS, "id", wanted, ["id", "piece"])
        pieces = {piece["id"]: json.loads(piece["piece"]) for piece in read}
        found = {}
        for row in rows:
            generation, (start, stop) = row["generation"], structure_span(row)
            text = "".join(pieces.get(id_, "") for id_ in ids[generation])
            if len(text) == stop:
                found[generation] = outline_of(stored_document(row), text[:start], text[start:])
        return found

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, Chunk]:
        ids, condition = list(map(int, chunk_ids)), self.state().live_condition
        fields = ["id", "generation", "start", "stop"]
        rows = self._connection.query_in(CHUNKS, "id", ids, fields, condition)
        generations = {row["generation"] for row in rows}
        listed = self._connection.query_in(DOCUMENTS, "generation", generations, DOCUMENT_FIELDS)
        documents = self._read_documents(listed)
        found = {
            row["id"]: documents[row["generation"]].cut(row["start"], row["stop"])
            for row in rows
            if row["generation"] in documents  # else another process has just removed it
        }
        return {id_: found[id_] for id_ in ids if id_ in found}

    def embedded(self, row: Row, document: Document) -> tuple[list[Chunk], Vectors]:
        """Read the chunks and vectors of a row as those of `document`, which has equal contents."""
        read, parts = self.read_document(row), self._chunk_rows(row["generation"])
        if read is None:
            raise IndexDamagedError(
                f"{document.id}: a part of its text is missing. Run `qa check --repair`."
            )
        chunks = [
            dataclasses.replace(read.cut(part["start"], part["stop"]), document_id=document.id)
            for part in parts
        ]
        return chunks, np.array([part["vector"] for part in parts], dtype=np.float32)

    def damaged(self) -> Iterator[tuple[str, Row, str]]:
        """Check each document; yield (document id, row, fault) for the damaged ones."""
        rows = {stored_document(row).id: row for row in self.rows(self.state())}
        for document_id, row in sorted(rows.items()):
            fault = self._document_fault(row)
            if fault is not None:
                yield document_id, row, fault

    def _chunk_rows(self, generation: int) -> list[Row]:
        """Read all fields of a document's chunks, sorted by id."""
        listed = self._connection.query(CHUNKS, f"generation == {generation}", ["id"])
        ids = [row["id"] for row in listed]
        return sorted(self._connection.query_in(CHUNKS, "id", ids, ["*"]), key=itemgetter("id"))

    def _document_fault(self, row: Row) -> str | None:
        known = stored_document(row)
        try:
            outline = self.read_document(row)
        except (IndexDamagedError, ValueError) as error:
            return f"cannot be read ({error})"
        if outline is None:
            return "has lost a part of its text"
        document = outline.document
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
        chunks = [outline.cut(start, stop) for start, stop in spans]
        first_id = rows[0]["id"] if rows else 0
        expected = chunk_rows(
            document, chunks, vectors, generation=row["generation"], first_id=first_id
        )
        same = all(
            chunk[field] == wanted[field]
            for chunk, wanted in zip(rows, expected, strict=True)
            for field in wanted.keys() - {"vector"}
        )
        return None if same else "has a chunk that differs from what was added"
