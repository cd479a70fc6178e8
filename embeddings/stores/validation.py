"""Rules that all stores share: valid documents, equal metadata values, order of hits."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from embeddings.errors import DocumentError
from embeddings.types import Chunk, Document, MetadataValue, Vectors

NORM_TOLERANCE = 1e-3

Hits: TypeAlias = list[tuple[int, float]]
"""(chunk id, score), best first."""


def validate_document(
    document: Document, chunks: Sequence[Chunk], vectors: Vectors, dimensions: int
) -> None:
    """Raise ValueError if chunks or vectors do not fit the document or the index."""
    if any(
        chunk.document_id != document.id
        or chunk.text != document.text[chunk.start : chunk.end]
        or not 0 <= chunk.start <= chunk.end <= len(document.text)
        for chunk in chunks
    ):
        raise ValueError(f"{document.id}: a chunk is not part of this document")
    if vectors.shape != (len(chunks), dimensions):
        raise ValueError(
            f"{document.id}: vectors have shape {vectors.shape}, not ({len(chunks)}, {dimensions})"
        )
    if not are_unit_vectors(vectors):
        raise ValueError(f"{document.id}: a vector does not have length 1")


def are_unit_vectors(vectors: Vectors) -> bool:
    """Return whether all rows are finite and have length 1."""
    return bool(np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < NORM_TOLERANCE))


def is_encodable(text: str) -> bool:
    """Return whether a text can be encoded in UTF-8: lone surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def reject_surrogates(document: Document) -> None:
    """Raise DocumentError if a text of a document contains lone surrogates."""
    texts = {
        "id": document.id,
        "text": document.text,
        "title": document.title,
        "source": document.source,
        "sections": "".join(section.heading for section in document.sections),
        "metadata": json.dumps(dict(document.metadata), ensure_ascii=False),
    }
    for name, text in texts.items():
        if not is_encodable(text):
            raise DocumentError(
                f"{document.id!a}: its {name} contains lone surrogates, which cannot be stored. "
                "Decode it with errors='replace'."
            )


def label(key: str, value: MetadataValue) -> str:
    """Write a metadata entry as a text that is equal for equal values.

    True, 1 and 1.0 are equal, "1" is another value. NaN equals nothing: do not store its label.
    """
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    return json.dumps([key, value])


def labels(metadata: Mapping[str, MetadataValue]) -> list[str]:
    """Return the labels of all metadata entries that a filter can match."""
    return [label(key, value) for key, value in metadata.items() if value == value]


def top_k(search: Callable[[int], Hits], k: int) -> Hits:
    """Return the k best hits, ties sorted by id.

    `search` returns a number of best hits with ties in any order. It is called again for more hits
    while the k-th score may have more ties.
    """
    if k < 1:
        return []
    count = k + 1
    while True:
        hits = search(count)
        if len(hits) < count or hits[-1][1] < hits[k - 1][1]:
            return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]
        count *= 2
