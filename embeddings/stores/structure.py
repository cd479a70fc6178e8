"""The JSON form in which stores keep a document's sections and pages and its chunks' headers."""

import json
from collections.abc import Sequence

from embeddings.errors import IndexDamagedError
from embeddings.outline import Outline
from embeddings.types import Chunk, Document, Section, StoredDocument


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


def outline_of(known: StoredDocument, text: str, structure: str) -> Outline:
    """Make the outline of a document from what is stored about it.

    Args:
        known: its entry in the list of documents.
        text: its text.
        structure: what `dump_structure` wrote.

    Raises:
        IndexDamagedError: a part was altered.
    """
    try:
        values = json.loads(structure or "{}")
        document = Document(
            known.id,
            text,
            known.title,
            known.date,
            known.source,
            known.metadata,
            tuple(Section(*section) for section in values.get("sections", ())),
            tuple(values.get("pages", ())),
            known.file_size,
            known.file_mtime_ns,
        )
        return Outline(document, dict(values.get("table_headers", ())))
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise IndexDamagedError(
            f"{known.id} cannot be read ({error}): run `qa check --repair`."
        ) from error
