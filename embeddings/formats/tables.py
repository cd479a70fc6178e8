"""Tables of separated values: the first row names the fields, each further one is a document."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from embeddings.formats.encoding import open_text
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.rows import Fields, Row, locate, row_documents
from embeddings.types import Document

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # of Excel: names the delimiter
_HEADER_LINES = 20
_LONG_CELL_LINES = 1_000

# A whole article may stand in one cell; the file's size is the bound. The limit is the csv
# module's own global; this is the largest value that every platform takes.
_CELL_CHARACTERS = 2**31 - 1


def read(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a table row by row; the delimiter is the one that splits the header into most cells."""
    with open_text(path) as stream:
        yield from row_documents(_rows(stream, options.fields), options.fields)


def _rows(stream: Iterable[str], fields: Fields) -> Iterator[tuple[int, Row]]:
    lines = iter(stream)
    first = list(islice((line for line in lines if line.strip()), 1))
    separator = _SEPARATOR_LINE.fullmatch(first[0]) if first else None
    head = [*([] if separator else first), *islice(lines, _HEADER_LINES)]
    delimiter = separator[1] if separator else _delimiter(head)
    cells = (row for row in _records(chain(head, lines), delimiter) if any(row))
    header = [" ".join(name.split()) for name in next(cells, [])]
    # Cells that a short row lacks are blank. Fields without a role stay out, so that a row costs
    # no more than its own length under a header of a hundred thousand names.
    located = locate(dict.fromkeys(header), fields)
    blank = dict.fromkeys(chain.from_iterable(located.values()), "")
    for number, row in enumerate(cells, start=1):
        yield number, blank | dict(zip(header, row, strict=False))


def _delimiter(head: list[str]) -> str:
    # By the header alone: text in later rows is full of commas.
    return max(_DELIMITERS, key=lambda sign: len(next(_records(iter(head), sign), [])))


class _Lines(Iterator[str]):
    """Lines of a table; those of a record after its first one can be read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: list[str] = []
        self.record: list[str] = []
        self.one_per_record = False

    def __next__(self) -> str:
        if self.record and self.one_per_record:
            raise StopIteration
        line = self._again.pop() if self._again else next(self._lines)
        self.record.append(line)
        return line

    def rewind(self) -> None:
        self._again += reversed(self.record[1:])
        # A search for the closing quotation mark that fails late is not repeated for each row.
        self.one_per_record |= len(self.record) > _LONG_CELL_LINES


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Split lines into cells; a quotation mark that is never closed is an ordinary character."""
    csv.field_size_limit(_CELL_CHARACTERS)
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        source.record.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = source.record[0].rstrip("\n").split(delimiter)
            source.rewind()
        yield row
