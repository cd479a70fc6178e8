"""The JSON form in which stores keep a document's sections and pages and its chunks' headers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from embeddings.errors import IndexDamagedError
from embeddings.types import Chunk, Document, Section

__all__ = ["Structure", "dump_structure", "load_structure"]


@dataclass(frozen=True, slots=True)
class Structure:
    """What a store keeps about a document's text; empty if the document has no structure."""

    sections: tuple[Section, ...] = ()
    pages: tuple[int, ...] = ()
    table_headers: Mapping[int, str] = field(default_factory=dict)
    """By the start of the chunk: chunks without a table header are left out."""


def dump_structure(document: Document, chunks: Sequence[Chunk]) -> str:
    """Write the structure of a document and its chunks as JSON; empty if there is none."""
    headers = [(chunk.start, chunk.table_header) for chunk in chunks if chunk.table_header]
    if not (document.sections or document.pages or headers):
        return ""
    return json.dumps(
        {
            "sections": [(one.heading, one.level, one.start) for one in document.sections],
            "pages": document.pages,
            "table_headers": headers,
        },
        ensure_ascii=False,
    )


def load_structure(text: str) -> Structure:
    """Read what `dump_structure` wrote.

    Raises:
        IndexDamagedError: the text was altered.
    """
    if not text:
        return Structure()
    try:
        values = json.loads(text)
        return Structure(
            sections=tuple(Section(*section) for section in values["sections"]),
            pages=tuple(values["pages"]),
            table_headers=dict(values["table_headers"]),
        )
    except (TypeError, ValueError, LookupError, RecursionError) as error:
        raise IndexDamagedError(
            f"the structure of a document cannot be read ({error}): run `qa check --repair`"
        ) from error
