"""The rows of an index in Milvus: three collections, and a state that defines which rows are valid.

As in the local catalog, a document's key is the generation that wrote it. Milvus has no
transactions. So the rows of a new document get a generation that readers ignore, until one last
write, of the state, makes them valid. The state has the current generation and the generations of
documents that were removed.
"""

import dataclasses
import datetime
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from embeddings.errors import DocumentError
from embeddings.stores.local.analyzer import query_terms, terms
from embeddings.stores.milvus.client import Connection, Row, in_list
from embeddings.stores.validation import label, labels
from embeddings.types import Chunk, Document, Filter, StoredDocument, Vectors

DOCUMENTS = "document_qa_documents"
TEXTS = "document_qa_texts"
CHUNKS = "document_qa_chunks"
COLLECTIONS = (CHUNKS, TEXTS, DOCUMENTS)

MAX_BYTES = 65_535
"""Milvus' limit for a text field."""
PIECE_CHARACTERS = 10_000
"""A text is stored in pieces of this length. A character takes up to 6 bytes as JSON."""
MAX_PIECES = 2**20
MAX_LABELS = 4096
KEY_CHARACTERS = 32
UNDATED = 0
"""Stands for no date. It is before every day: the first day has the ordinal 1."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of the contents."""

    generation: int
    last_chunk: int = 0
    """The last chunk id that was used."""
    newest: int = UNDATED
    """The newest date of a document, as an ordinal."""
    dead: tuple[int, ...] = ()
    """Generations of documents that were removed or replaced, but whose rows may still exist."""

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse what `to_json` wrote."""
        values = json.loads(text)
        return cls(**values | {"dead": tuple(values["dead"])})

    def to_json(self) -> str:
        """Write the state as JSON."""
        return json.dumps(dataclasses.asdict(self))

    @property
    def live_condition(self) -> str:
        """Condition of the rows that are valid."""
        alive = f"generation > 0 and generation <= {self.generation}"
        return f"{alive} and not ({in_list('generation', self.dead)})" if self.dead else alive


def create(connection: Connection, dimensions: int) -> None:
    """Create the empty collections."""
    from pymilvus import DataType, Function, FunctionType

    key = {"datatype": DataType.VARCHAR, "max_length": KEY_CHARACTERS}
    number = {"datatype": DataType.INT64}
    text = {"datatype": DataType.VARCHAR, "max_length": MAX_BYTES}
    marks = {
        "datatype": DataType.ARRAY,
        "element_type": DataType.VARCHAR,
        "max_length": KEY_CHARACTERS,
        "max_capacity": MAX_LABELS,
    }
    analyzed = text | {"enable_analyzer": True, "analyzer_params": {"tokenizer": "standard"}}
    row = {"id": number, "generation": number}
    fields: dict[str, dict[str, dict[str, Any]]] = {
        DOCUMENTS: {"generation": number, "document": key, "day": number, "body": text},
        TEXTS: row | {"piece": text},
        CHUNKS: row
        | {"start": number, "stop": number, "document": key, "day": number, "labels": marks}
        | {"words": analyzed, "weights": {"datatype": DataType.SPARSE_FLOAT_VECTOR}},
    }
    for name in COLLECTIONS:
        schema = connection.client.create_schema(auto_id=False, enable_dynamic_field=False)
        indexes = connection.client.prepare_index_params()
        for place, (field, options) in enumerate(fields[name].items()):
            schema.add_field(field, is_primary=place == 0, **options)
        indexes.add_index("document" if name == DOCUMENTS else "generation", index_type="INVERTED")
        if name == CHUNKS:
            schema.add_function(Function("bm25", FunctionType.BM25, ["words"], ["weights"]))
            # Tantivy's parameters of BM25
            parameters = {"bm25_k1": 1.2, "bm25_b": 0.75}
            indexes.add_index(
                "weights", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=parameters
            )
        # Milvus needs a vector field in every collection.
        size = dimensions if name == CHUNKS else len(NO_VECTOR)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=size)
        indexes.add_index("vector", index_type="FLAT", metric_type="IP")
        connection.call("create_collection", name, schema=schema, consistency_level="Strong")
        # Without waiting, which takes half a second each: there are no rows to index yet.
        connection.call("create_index", name, indexes, sync=False)
        connection.load(name)


NO_VECTOR = [1.0, 0.0]


def key_of(text: str) -> str:
    """Return a hash of a text in hexadecimal digits.

    Conditions contain texts of users only in this form, so that they cannot contain operators.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_CHARACTERS]


def filter_expression(state: State, within: Filter) -> str | None:
    """Return the condition of valid chunks that a filter allows; None if it allows nothing."""
    parts = [state.live_condition]
    days = []
    if within.dates.after is not None:
        days.append(f"day >= {within.dates.after.toordinal()}")
    if within.dates.before is not None:
        days.append(f"day <= {within.dates.before.toordinal()} and day != {UNDATED}")
    if days:
        allowed = " and ".join(days)
        parts.append(f"(({allowed}) or day == {UNDATED})" if within.undated else allowed)
    if within.metadata:
        wanted = [key_of(label(key, value)) for key, value in within.metadata.items()]
        parts.append(f"array_contains_all(labels, {json.dumps(wanted)})")
    if within.documents is not None:
        if not within.documents:
            return None
        parts.append(in_list("document", map(key_of, within.documents)))
    return " and ".join(parts)


def meta_row(key: int, body: str) -> Row:
    """Make a row that belongs to no document; its key is 0 or negative."""
    return {"generation": key, "document": "", "day": UNDATED, "body": body, "vector": NO_VECTOR}


def document_row(document: Document, chunk_count: int, generation: int, structure: str) -> Row:
    """Make the row that lists a document."""
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
    if len(body.encode()) > MAX_BYTES:
        raise DocumentError(
            f"{document.id[:200]!r}: id, title, source and metadata together have more than the "
            f"{MAX_BYTES} bytes that Milvus stores. Shorten them."
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
    """Return the span of a document's structure in its stored text: it follows the text."""
    body = json.loads(row["body"])
    return body["characters"], body["characters"] + body.get("structure", 0)


def piece_ids(generation: int, characters: int) -> range:
    """Return the ids of the pieces of a stored text with this length."""
    first = generation * MAX_PIECES
    return range(first, first + math.ceil(characters / PIECE_CHARACTERS))


def text_rows(text: str, generation: int) -> list[Row]:
    """Split a stored text, which is a document's text followed by its structure, into rows."""
    return [
        {
            "id": id_,
            "generation": generation,
            # As JSON, because a NUL character would end the text.
            "piece": json.dumps(text[start : start + PIECE_CHARACTERS], ensure_ascii=False),
            "vector": NO_VECTOR,
        }
        for id_, start in zip(
            piece_ids(generation, len(text)), range(0, len(text), PIECE_CHARACTERS), strict=True
        )
    ]


def chunk_rows(
    document: Document, chunks: Sequence[Chunk], vectors: Vectors, *, generation: int, first_id: int
) -> list[Row]:
    """Make the rows of a document's chunks, with ids from `first_id` on."""
    marks = [key_of(text) for text in labels(document.metadata)]
    if len(marks) > MAX_LABELS:
        raise DocumentError(
            f"{document.id[:200]!r} has {len(marks)} metadata entries. Milvus stores up to "
            f"{MAX_LABELS}."
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
    """Write the terms of a question like those of the chunks; empty if it has none."""
    return _join_terms(query_terms(question))


def _join_terms(found: Sequence[str]) -> str:
    """Join terms to a text that every analyzer of Milvus splits into the same terms.

    Milvus' own analyzers differ in words, stop words and stems, so terms with characters other than
    ASCII letters and digits are written in hexadecimal. A text that does not fit into a field,
    about 10,000 words, is truncated.
    """
    text = " ".join(
        term if term.isascii() and term.isalnum() else f"x{term.encode().hex()}" for term in found
    )
    return text if len(text) <= MAX_BYTES else text[:MAX_BYTES].rpartition(" ")[0]


def _ordinal(day: datetime.date | None) -> int:
    return UNDATED if day is None else day.toordinal()
