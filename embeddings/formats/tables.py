"""Tables of separated values: the first row names the fields, each further one is a document."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from embeddings.errors import DocumentError
from embeddings.formats.encoding import open_text
from embeddings.formats.rows import Fields, locate, require, row_documents
from embeddings.types import Document

__all__ = ["read"]

_DELIMITERS = ",;\t|"

# A whole article may stand in one cell; the file's size is the bound. The limit is the csv
# module's own global; this is the largest value that every platform takes.
_CELL_CHARACTERS = 2**31 - 1


def read(path: Path, fields: Fields) -> Iterator[Document]:
    """Read a table row by row; the delimiter is the one that splits the header into most cells.

    Raises:
        DocumentError: a field is missing or the table is broken.
    """
    yield from row_documents(_rows(path, fields), fields)


def _rows(path: Path, fields: Fields) -> Iterator[tuple[int, Mapping[str, object]]]:
    csv.field_size_limit(_CELL_CHARACTERS)
    with open_text(path) as stream:
        try:
            delimiter = _delimiter(next(filter(str.strip, stream), ""))
            stream.seek(0)
            cells = (row for row in csv.reader(stream, delimiter=delimiter) if any(row))
            header = next(cells, [])
            if not header:
                return
            names = dict.fromkeys(header, "")
            place = locate(names, fields)
            require(names, place, fields=fields, holder="the header")
            # Cells that a short row lacks are blank. The others stay out, so that a row costs no
            # more than its own length under a header of a hundred thousand names.
            blank = dict.fromkeys(place.values(), "")
            for number, row in enumerate(cells, start=1):
                yield number, blank | dict(zip(header, row, strict=False))
        except csv.Error as error:
            raise DocumentError(f"is a broken table: {error}") from error


def _delimiter(header: str) -> str:
    # By the header alone: text in later rows is full of commas.
    return max(_DELIMITERS, key=lambda sign: len(next(csv.reader([header], delimiter=sign), [])))
