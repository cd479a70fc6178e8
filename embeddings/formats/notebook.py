"""Jupyter notebooks: the Markdown and code cells as one Markdown text."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from embeddings.errors import DocumentError
from embeddings.formats.encoding import read_text
from embeddings.formats.members import parse_bytes
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document


def read(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a notebook; outputs are left out."""
    try:
        notebook = json.loads(read_text(path))
    except ValueError as error:
        raise DocumentError(f"is not a valid notebook: {error}") from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise DocumentError("is not a notebook of version 4; open and save it in Jupyter")
    text = "\n\n".join(filter(None, map(_text, cells)))
    if not text:
        return
    metadata = notebook.get("metadata")
    title = metadata.get("title") if isinstance(metadata, dict) else None
    for document in parse_bytes("cells.md", text.encode("utf-8", "replace"), options):
        yield replace(
            document,
            title=title if isinstance(title, str) and title.strip() else document.title,
            metadata={**document.metadata, **_authors(metadata)},
        )


def _authors(metadata: Any) -> dict[str, str]:
    authors = metadata.get("authors") if isinstance(metadata, dict) else None
    listed = authors if isinstance(authors, list) else []
    names = [each["name"] for each in listed if isinstance(each, dict) and each.get("name")]
    return {"author": ", ".join(map(str, names))} if names else {}


def _text(cell: Any) -> str:
    if not isinstance(cell, dict):
        return ""
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    if not text.strip() or cell.get("cell_type") == "raw":
        return ""
    return f"```\n{text.strip()}\n```" if cell.get("cell_type") == "code" else text.strip()
