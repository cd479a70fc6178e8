"""Jupyter notebooks: the Markdown and code cells as one Markdown text."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from embeddings.errors import DocumentError
from embeddings.formats.encoding import read_text
from embeddings.formats.nested_files import parse_bytes
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document


def read(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a notebook of any version; outputs are left out."""
    try:
        notebook = json.loads(read_text(path))
    except ValueError as error:
        raise DocumentError(f"is not a valid notebook: {error}") from error
    older = notebook.get("worksheets") if isinstance(notebook, dict) else None  # before version 4
    parts = older if isinstance(older, list) else [notebook]
    lists: list[Any] = [part.get("cells") for part in parts if isinstance(part, dict)]
    if not lists or not all(isinstance(cells, list) for cells in lists):
        raise DocumentError("is not a notebook; open and save it in Jupyter")
    text = "\n\n".join(filter(None, map(_text, chain.from_iterable(lists))))
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
    kind = cell.get("cell_type")
    source = cell.get("source", cell.get("input", ""))
    text = ("".join(map(str, source)) if isinstance(source, list) else str(source)).strip()
    if not text or kind == "raw":
        return ""
    if kind == "heading":
        level = cell.get("level")
        return f"{'#' * (min(level, 6) if isinstance(level, int) else 1)} {text}"
    return f"```\n{text}\n```" if kind == "code" else text
