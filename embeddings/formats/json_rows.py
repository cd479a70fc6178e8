"""JSON files and JSON lines: each object is a document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from embeddings.errors import DocumentError
from embeddings.formats.encoding import open_text, read_text
from embeddings.formats.rows import Fields, locate, row_documents
from embeddings.types import Document

__all__ = ["read_json", "read_json_lines"]


def read_json(path: Path, fields: Fields) -> Iterator[Document]:
    """Read a list of objects, an object that holds one such list, or a single object.

    Raises:
        DocumentError: the file is not JSON of that shape, or a field is missing.
    """
    value = _parsed(read_text(path), "the file")
    if isinstance(value, dict) and "text" not in locate(value, fields):
        lists = [each for each in value.values() if _is_list_of_objects(each)]
        if len(lists) == 1:
            value = lists[0]
    rows = value if isinstance(value, list) else [value]
    numbered = ((number, _object(row, f"row {number}")) for number, row in enumerate(rows, start=1))
    yield from row_documents(numbered, fields)


def read_json_lines(path: Path, fields: Fields) -> Iterator[Document]:
    """Read one object a line; blank lines are passed over but counted.

    Raises:
        DocumentError: a line is not a JSON object, or a field is missing.
    """
    with open_text(path) as stream:
        numbered = (
            (number, _object(_parsed(line, f"line {number}"), f"line {number}"))
            for number, line in enumerate(stream, start=1)
            if line.strip()
        )
        yield from row_documents(numbered, fields)


def _parsed(source: str, place: str) -> Any:
    try:
        # NaN and the infinities are no JSON, but programs write them where a value is missing.
        return json.loads(source, parse_constant=lambda _: None)
    except ValueError as error:
        raise DocumentError(f"{place} is not valid JSON: {error}") from error
    except RecursionError as error:
        raise DocumentError(f"{place} is not usable JSON: it is nested too deeply") from error


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise DocumentError(
            f"{place} is not a JSON object; each document must be one, with its text in a field"
        )
    return value


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)
