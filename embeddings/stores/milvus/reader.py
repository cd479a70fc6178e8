"""Reading and checking an index in Milvus."""

import dataclasses
import itertools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from embeddings.errors import IndexDamagedError
from embeddings.outline import Outline, outline_of
from embeddings.stores.milvus.client import Connection, Row
from embeddings.stores.milvus.schema import (
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
    structure_span,
)
from embeddings.stores.store import FileProblem
from embeddings.stores.validation import are_unit_vectors, is_encodable
from embeddings.types import Chunk, Document, Vectors

# Keys of the rows that belong to no document.
STATE, ABOUT = 0, -1
PROBLEMS = -2
"""Key of the first problem with a file; those of others are below."""
DOCUMENT_FIELDS = ("generation", "document", "day", "body")
TRIES = 5
"""Attempts to read a document that others replace at the same time."""
PAGE = 1000
"""Number of documents, chunks or pieces of text to read in one call."""


class MilvusReader:
    """The methods of a `Store` that read documents and chunks; those with a state read in it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def about(self) -> Mapping[str, object] | None:
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
        return next(self.rows_of([document_id], state), None)

    def rows_of(self, ids: Collection[str], state: State) -> Iterator[Row]:
        """Read the rows of the documents with these ids, as many as there are."""
        keys = [key_of(document_id) for document_id in ids if is_encodable(document_id)]
        for begin in range(0, len(keys), PAGE):
            known = f"{state.live_condition} and {in_list('document', keys[begin : begin + PAGE])}"
            yield from self._connection.query(DOCUMENTS, known, DOCUMENT_FIELDS)

    def read_document(self, row: Row) -> Outline | None:
        """Read the document of a row; None if a part of its text is missing."""
        start, stop = structure_span(row)
        generation = row["generation"]
        text = _joined(self._pieces(_piece_ids(generation, 0, stop)), generation, 0, stop)
        if text is None:
            return None
        return outline_of(stored_document(row), text[:start], text[start:])

    def _pieces(self, ids: Sequence[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for begin in range(0, len(ids), PAGE):
            wanted = in_list("id", ids[begin : begin + PAGE])
            rows = self._connection.query(TEXTS, wanted, ["id", "piece"])
            found |= {row["id"]: json.loads(row["piece"]) for row in rows}
        return found

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, Chunk]:
        state = self.state()
        ids = [int(id_) for id_ in chunk_ids]
        found: dict[int, Chunk] = {}
        for begin in range(0, len(ids), PAGE):
            found |= self._chunks(ids[begin : begin + PAGE], state)
        return {id_: found[id_] for id_ in ids if id_ in found}

    def _chunks(self, ids: Sequence[int], state: State) -> dict[int, Chunk]:
        """Read chunks, `PAGE` at most; ids that are not there are left out."""
        wanted = f"{state.live_condition} and {in_list('id', ids)}"
        rows = self._connection.query(CHUNKS, wanted, ["id", "generation", "start", "stop"])
        if not rows:
            return {}
        generations = in_list("generation", {row["generation"] for row in rows})
        listed = {
            row["generation"]: row
            for row in self._connection.query(DOCUMENTS, generations, DOCUMENT_FIELDS)
        }
        spans = [(generation, *structure_span(row)) for generation, row in listed.items()]
        spans += [(row["generation"], row["start"], row["stop"]) for row in rows]
        pieces = self._pieces(sorted({id_ for span in spans for id_ in _piece_ids(*span)}))
        outlines = {}
        for generation, row in listed.items():
            structure = _joined(pieces, generation, *structure_span(row))
            if structure is not None:
                outlines[generation] = outline_of(stored_document(row), "", structure)
        found = {}
        for row in rows:
            text = _joined(pieces, row["generation"], row["start"], row["stop"])
            if text is None or row["generation"] not in outlines:
                continue  # another process has just removed the document
            found[row["id"]] = outlines[row["generation"]].chunk(row["start"], text)
        return found

    def embedded(self, row: Row, document: Document) -> tuple[list[Chunk], Vectors]:
        """Read the chunks and vectors of the document of a row as those of an equal document."""
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
        ids = sorted(row["id"] for row in listed)
        rows: dict[int, Row] = {}
        for begin in range(0, len(ids), PAGE):
            some = in_list("id", ids[begin : begin + PAGE])
            rows |= {row["id"]: row for row in self._connection.query(CHUNKS, some, ["*"])}
        return [rows[id_] for id_ in ids if id_ in rows]

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


def _piece_ids(generation: int, start: int, stop: int) -> range:
    """Return the ids of the pieces that hold a half-open span of a stored text."""
    first = piece_id(generation, start)
    return range(first, piece_id(generation, stop - 1) + 1 if stop > start else first)


def _joined(pieces: Mapping[int, str], generation: int, start: int, stop: int) -> str | None:
    """Cut a half-open span of a stored text out of its pieces; None if one is missing."""
    ids = _piece_ids(generation, start, stop)
    if not pieces.keys() >= set(ids):
        return None
    shift = start - start % PIECE_CHARACTERS
    text = "".join(pieces[id_] for id_ in ids)[start - shift : stop - shift]
    return text if len(text) == stop - start else None
