"""What every store holds to: what it takes, when two values are one, which hits come first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from embeddings.errors import DocumentError
from embeddings.types import Chunk, Document, MetadataValue, Vectors

__all__ = [
    "Hits",
    "are_unit_vectors",
    "is_encodable",
    "label",
    "labels",
    "reject_surrogates",
    "top_k",
    "validate_document",
]

NORM_TOLERANCE = 1e-3

Hits: TypeAlias = list[tuple[int, float]]
"""Chunk ids and scores."""


def validate_document(
    document: Document, chunks: Sequence[Chunk], vectors: Vectors, dimensions: int
) -> None:
    """Raise ValueError where the parts of a document do not fit each other or the index."""
    if any(
        chunk.document_id != document.id
        or chunk.text != document.text[chunk.start : chunk.end]
        or not 0 <= chunk.start <= chunk.end <= len(document.text)
        for chunk in chunks
    ):
        raise ValueError(f"{document.id}: a chunk is no stretch of this document")
    if vectors.shape != (len(chunks), dimensions):
        raise ValueError(
            f"{document.id}: vectors of shape {vectors.shape} for {len(chunks)} chunks in an "
            f"index of {dimensions} dimensions"
        )
    if not are_unit_vectors(vectors):
        raise ValueError(f"{document.id}: a vector is not of length 1")


def are_unit_vectors(vectors: Vectors) -> bool:
    """Tell whether all rows are finite and of length 1."""
    return bool(np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < NORM_TOLERANCE))


def is_encodable(text: str) -> bool:
    """Tell whether a text can be encoded: half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def reject_surrogates(document: Document) -> None:
    """Raise DocumentError if a text of a document contains lone surrogates."""
    for name in ("id", "text", "title", "source", "sections"):
        value = getattr(document, name)
        if not is_encodable(value if isinstance(value, str) else "".join(s.heading for s in value)):
            raise DocumentError(
                f"{document.id!a}: its {name} holds halves of characters (lone surrogates), which "
                "cannot be stored; decode it with errors='replace'"
            )


def label(key: str, value: MetadataValue) -> str:
    """Spell an entry of the metadata; two are spelt alike when Python calls them equal.

    True, 1 and 1.0 are equal, "1" is another value. NaN equals nothing: never store its label.
    """
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    return json.dumps([key, value])


def labels(metadata: Mapping[str, MetadataValue]) -> list[str]:
    """Spell all that a filter may ask of a document's metadata."""
    return [label(key, value) for key, value in metadata.items() if value == value]


def top_k(search: Callable[[int], Hits], k: int) -> Hits:
    """Give the k best hits, equal scores by id: ask for more while the last score may go on."""
    if k < 1:
        return []
    count = k + 1
    while True:
        hits = search(count)
        if len(hits) < count or hits[-1][1] < hits[k - 1][1]:
            return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]
        count *= 2
