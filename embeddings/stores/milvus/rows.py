"""How an index lies in Milvus: three collections, and which of their rows count.

A document is known by the generation that put it, as in the local store's catalog. Milvus has no
transactions, so writing a document writes rows of a generation that nobody looks at yet, and one
last row, the state, makes them count: it tells the generation that was reached, and which
generations before it are dead.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from embeddings.errors import DocumentError
from embeddings.stores.local.analyzer import query_terms, terms
from embeddings.stores.milvus.client import Connection, Row
from embeddings.stores.validation import label, labels
from embeddings.types import Chunk, Document, Filter, StoredDocument, Vectors

__all__ = [
    "CHUNKS",
    "COLLECTIONS",
    "DOCUMENTS",
    "NO_VECTOR",
    "PIECE_CHARACTERS",
    "TEXTS",
    "UNDATED",
    "State",
    "chunk_rows",
    "create",
    "document_row",
    "filter_expression",
    "in_list",
    "key_of",
    "meta_row",
    "piece_id",
    "query_text",
    "stored_document",
    "structure_span",
    "text_rows",
]

DOCUMENTS = "document_qa_documents"
TEXTS = "document_qa_texts"
CHUNKS = "document_qa_chunks"
COLLECTIONS = (CHUNKS, TEXTS, DOCUMENTS)

MOST_BYTES = 65_535
"""Milvus takes no longer text in a field."""
PIECE_CHARACTERS = 10_000
"""Of at most 6 bytes each, as JSON: a document's text is kept in pieces."""
MOST_PIECES = 2**20
MOST_LABELS = 4096
KEY_CHARACTERS = 32
UNDATED = 0
"""Before every day: the first has the ordinal 1."""


@dataclass(frozen=True, slots=True)
class State:
    """Where the contents stand."""

    generation: int
    last_chunk: int = 0
    """The last chunk id that was given out."""
    newest: int = UNDATED
    """The newest day of a document, as an ordinal."""
    dead: tuple[int, ...] = ()
    """The generations of documents that were removed or replaced, and whose rows may be there."""

    @classmethod
    def from_json(cls, text: str) -> State:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        return cls(**values | {"dead": tuple(values["dead"])})

    def to_json(self) -> str:
        """Write it as text."""
        return json.dumps(dataclasses.asdict(self))

    @property
    def live_condition(self) -> str:
        """The condition that the rows that count fulfil."""
        alive = f"generation > 0 and generation <= {self.generation}"
        return f"{alive} and not ({in_list('generation', self.dead)})" if self.dead else alive


def create(connection: Connection, dimensions: int) -> None:
    """Make the collections, which hold nothing."""
    from pymilvus import DataType, Function, FunctionType

    client = connection.client
    for name in COLLECTIONS:
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        indexes = client.prepare_index_params()
        if name == DOCUMENTS:
            schema.add_field("generation", DataType.INT64, is_primary=True)
            schema.add_field("document", DataType.VARCHAR, max_length=KEY_CHARACTERS)
            schema.add_field("day", DataType.INT64)
            schema.add_field("body", DataType.VARCHAR, max_length=MOST_BYTES)
            indexes.add_index("document", index_type="INVERTED")
        else:
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("generation", DataType.INT64)
            indexes.add_index("generation", index_type="INVERTED")
        if name == TEXTS:
            schema.add_field("piece", DataType.VARCHAR, max_length=MOST_BYTES)
        if name == CHUNKS:
            _add_chunk_fields(schema, DataType)
            schema.add_function(
                Function(
                    name="bm25",
                    function_type=FunctionType.BM25,
                    input_field_names=["words"],
                    output_field_names=["weights"],
                )
            )
            indexes.add_index(
                "weights",
                index_type="SPARSE_INVERTED_INDEX",
                metric_type="BM25",
                params={"bm25_k1": 1.2, "bm25_b": 0.75},  # Tantivy's
            )
        # Milvus makes no collection without vectors.
        schema.add_field(
            "vector", DataType.FLOAT_VECTOR, dim=dimensions if name == CHUNKS else len(NO_VECTOR)
        )
        indexes.add_index("vector", index_type="FLAT", metric_type="IP")
        connection.call("create_collection", name, schema=schema, consistency_level="Strong")
        # Not waited for: there is nothing to be indexed yet, and each costs half a second.
        connection.call("create_index", name, indexes, sync=False)
        connection.load(name)


NO_VECTOR = [1.0, 0.0]


def _add_chunk_fields(schema: Any, types: Any) -> None:
    schema.add_field("start", types.INT64)
    schema.add_field("stop", types.INT64)
    schema.add_field("document", types.VARCHAR, max_length=KEY_CHARACTERS)
    schema.add_field("day", types.INT64)
    schema.add_field(
        "labels",
        types.ARRAY,
        element_type=types.VARCHAR,
        max_length=KEY_CHARACTERS,
        max_capacity=MOST_LABELS,
    )
    schema.add_field(
        "words",
        types.VARCHAR,
        max_length=MOST_BYTES,
        enable_analyzer=True,
        analyzer_params={"tokenizer": "standard"},
    )
    schema.add_field("weights", types.SPARSE_FLOAT_VECTOR)


def key_of(text: str) -> str:
    """Spell a text of any length and characters in hexadecimal digits.

    No condition holds anything else of what people wrote, so none of it can be an operator.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_CHARACTERS]


def in_list(field: str, values: Iterable[int | str]) -> str:
    """Spell the condition that a field has one of some values, at least one."""
    return f"{field} in {json.dumps(list(values))}"


def filter_expression(state: State, within: Filter) -> str | None:
    """Spell the condition that chunks fulfil that count and that a filter allows; None: none do."""
    parts = [state.live_condition]
    if within.dates.after is not None:
        parts.append(f"day >= {within.dates.after.toordinal()}")
    if within.dates.before is not None:
        parts.append(f"day <= {within.dates.before.toordinal()} and day != {UNDATED}")
    if within.metadata:
        wanted = [key_of(label(key, value)) for key, value in within.metadata.items()]
        parts.append(f"array_contains_all(labels, {json.dumps(wanted)})")
    if within.documents is not None:
        if not within.documents:
            return None
        parts.append(in_list("document", map(key_of, within.documents)))
    return " and ".join(parts)


def meta_row(key: int, body: str) -> Row:
    """Make a row that is no document's; its key is no generation."""
    return {"generation": key, "document": "", "day": UNDATED, "body": body, "vector": NO_VECTOR}


def document_row(document: Document, chunk_count: int, generation: int, structure: str) -> Row:
    """Make the row that lists a document.

    Raises:
        DocumentError: its id, title, source and metadata are too long for a row.
    """
    body = json.dumps(
        {
            "id": document.id,
            "title": document.title,
            "source": document.source,
            "metadata": dict(document.metadata),
            "digest": document.digest,
            "characters": len(document.text),
            "chunks": chunk_count,
            "file_size": document.file_size,
            "file_mtime_ns": document.file_mtime_ns,
            "structure": len(structure),
        },
        ensure_ascii=False,
    )
    if len(body.encode()) > MOST_BYTES:
        raise DocumentError(
            f"{document.id[:200]!r}: id, title, source and metadata together take more than the "
            f"{MOST_BYTES} bytes that Milvus keeps; shorten them"
        )
    return meta_row(generation, body) | {
        "document": key_of(document.id),
        "day": _ordinal(document.date),
    }


def stored_document(row: Row) -> StoredDocument:
    """Read the row that lists a document."""
    day = row["day"]
    body = json.loads(row["body"])
    body.pop("structure", None)
    return StoredDocument(date=None if day == UNDATED else datetime.date.fromordinal(day), **body)


def structure_span(row: Row) -> tuple[int, int]:
    """Return where a document's structure lies in its stored text: from the end of its own text."""
    body = json.loads(row["body"])
    return body["characters"], body["characters"] + body.get("structure", 0)


def text_rows(text: str, generation: int) -> list[Row]:
    """Split a stored text, which is a document's text followed by its structure, into rows."""
    return [
        {
            "id": piece_id(generation, start),
            "generation": generation,
            # As JSON: a NUL character ends a text in some hands.
            "piece": json.dumps(text[start : start + PIECE_CHARACTERS], ensure_ascii=False),
            "vector": NO_VECTOR,
        }
        for start in range(0, len(text), PIECE_CHARACTERS)
    ]


def piece_id(generation: int, place: int) -> int:
    """Name the piece of a document's text that holds the character at a place."""
    return generation * MOST_PIECES + place // PIECE_CHARACTERS


def chunk_rows(
    document: Document,
    chunks: Sequence[Chunk],
    vectors: Vectors,
    *,
    generation: int,
    first_id: int,
) -> list[Row]:
    """Make the rows of a document's chunks, with ids from `first_id` on.

    Raises:
        DocumentError: it has too much metadata.
    """
    marks = [key_of(text) for text in labels(document.metadata)]
    if len(marks) > MOST_LABELS:
        raise DocumentError(
            f"{document.id[:200]!r}: has {len(marks)} entries of metadata; Milvus takes "
            f"{MOST_LABELS}"
        )
    return [
        {
            "id": id_,
            "generation": generation,
            "start": chunk.start,
            "stop": chunk.end,
            "document": key_of(document.id),
            "day": _ordinal(document.date),
            "labels": marks,
            "words": _join_terms(terms(chunk.indexed_text)),
            "vector": vector.tolist(),
        }
        for id_, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True), start=first_id)
    ]


def query_text(question: str) -> str:
    """Spell the terms of a question as those of the chunks are; empty for none."""
    return _join_terms(query_terms(question))


def _join_terms(found: Sequence[str]) -> str:
    """Write terms so that every analyzer of Milvus takes them as they are.

    Its analyzers differ from each other and from the local store's in words, stop words and stems,
    so terms with other characters than ASCII letters and digits are written in hexadecimal. What
    does not fit into a field is not searched: about 10,000 words do.
    """
    text = " ".join(
        term if term.isascii() and term.isalnum() else f"x{term.encode().hex()}" for term in found
    )
    return text if len(text) <= MOST_BYTES else text[:MOST_BYTES].rpartition(" ")[0]


def _ordinal(day: datetime.date | None) -> int:
    return UNDATED if day is None else day.toordinal()
