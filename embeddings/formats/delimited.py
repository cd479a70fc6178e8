"""Delimited tables (csv, tsv): the first row names the fields, each other row is a document."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from embeddings.formats.encoding import open_text
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import Fields, Row, has_labels, locate, row_documents, unique_names
from embeddings.types import Document

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # as Excel writes it
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_COLUMN_NAMES = frozenset(
    "article category city country date day id item month name product region station type".split()
)
_HEADER_LINES = 20
_MAX_LABELS = 100
"""Maximum number of rows of a table of labels and values that is read as one document."""
_LONG_CELL_LINES = 1_000

# A whole article may stand in one cell; the file's size is the bound. The limit is the csv
# module's own global; this is the largest value that every platform takes.
_CELL_CHARACTERS = 2**31 - 1


def read(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a table row by row; the delimiter is the one that splits the header into most cells.

    Titles above the header are row 0, which counts only if the table has no text column. Comments
    are skipped. If a row has more cells than the header, the extra cells are joined to its last
    cell: the delimiter was probably part of the text.
    """
    with open_text(path) as stream:
        yield from row_documents(_rows(stream, options.fields), options.fields)


def _rows(stream: Iterable[str], fields: Fields) -> Iterator[tuple[int, Row]]:
    lines = iter(stream)
    first = list(islice((line for line in lines if line.strip()), 1))
    separator = _SEPARATOR_LINE.fullmatch(first[0]) if first else None
    head = [*([] if separator else first), *islice(lines, _HEADER_LINES)]
    delimiters = separator[1] if separator else _DELIMITERS
    while len(head) > 1 and _is_comment(head[0], head[1], delimiters):
        del head[0]
    above, delimiter = _header_place(head, delimiters, fields)
    spaced = any(f'{delimiter} "' in line for line in head)
    cells: Iterator[list[str]] = filter(any, _records(chain(head, lines), delimiter, spaced=spaced))
    title = "; ".join(": ".join(filter(None, row)) for row in islice(cells, above))
    start = list(islice(cells, _MAX_LABELS + 1))
    is_usual = fields == Fields() and "text" not in locate(dict.fromkeys(chain(*start[:1])), fields)
    if is_usual and len(start) <= _MAX_LABELS and has_labels(start):
        labels, facts = zip(*(filter(None, row) for row in start), strict=True)
        yield 1, dict(zip(unique_names(labels), facts, strict=True))
        return
    names = start[0] if start else []
    cells = chain(start[1:], cells)
    if _are_values(names):
        cells, names = chain([names], cells), [""] * len(names)
    if title:
        yield 0, {"": title}
    header = unique_names(names)
    # Missing cells of a short row are blank. They are added only for fields with a role: a short
    # row stays short even if the header has a hundred thousand names.
    located = list(chain.from_iterable(locate(dict.fromkeys(header), fields).values()))
    for number, row in enumerate(cells, start=1):
        if len(row) > len(header):
            last = len(header) - 1
            row[last:] = [delimiter.join(row[last:]).rstrip(delimiter)]
        values = dict(zip(header, row, strict=False))
        yield number, values | {name: "" for name in located if name not in values}


def _are_values(row: list[str]) -> bool:
    """Return whether the first row of a table has values instead of names of columns.

    Years and ascending sizes count as names, and so does a number next to a usual name.
    """
    numbers = [float(cell) for cell in row if _NUMBER.fullmatch(cell.strip())]
    is_single = len(numbers) == 1 and not 1900 <= numbers[0] < 2100
    is_named = bool(row) and row[0].strip().lower() in _COLUMN_NAMES
    return numbers != sorted(set(numbers)) or (is_single and not is_named)


def _is_comment(line: str, below: str, delimiters: str) -> bool:
    """Return whether the first line of a table is a comment; a header can begin with "#" too."""
    is_one_cell = set(delimiters).isdisjoint(line) and not set(delimiters).isdisjoint(below)
    return line.startswith("# ") and (below.startswith("# ") or is_one_cell)


def _header_place(head: list[str], delimiters: str, fields: Fields) -> tuple[int, str]:
    """Find the header among the first lines: the number of rows above it, and the delimiter.

    The other lines only decide between equally good delimiters, because texts contain many commas.
    """
    places = []
    for delimiter in delimiters:
        rows = [row for row in _records(iter(head), delimiter) if any(row)]
        above = _rows_above_header(rows, fields)
        width = len(rows[above]) if rows else 0
        same = sum(len(row) == width for row in rows[above:])
        spaced = sum(line.count(f"{delimiter} ") for line in head)  # spaces follow commas in texts
        places.append((width, same, -spaced, above, delimiter))
    *_, above, delimiter = max(places, key=lambda place: place[:3])
    return above, delimiter


def _rows_above_header(rows: list[list[str]], fields: Fields) -> int:
    """Count the rows above the header, which have one cell, or up to two if the table is wide."""
    for most in (2, 1):
        above = 0
        while above < len(rows) and 0 < sum(map(bool, rows[above])) <= most:
            above += 1
        table = rows[above:_HEADER_LINES]  # a later row may be cut off
        is_named = locate(dict.fromkeys(filter(None, chain(*rows[:above]))), fields)
        if is_named or len(table) < 2 or any(len(row) != len(table[0]) for row in table):
            continue
        # In a file of one column, two rows may have a comma each.
        if most == 1 and (len(table[0]) > 2 or len(rows[0]) > 1):
            return above
        if most == 2 and len(table[0]) > 3 and all(any(map(str.isalpha, one)) for one in table[0]):
            return above
    return 0


class _Lines(Iterator[str]):
    """Lines of a table. After `rewind`, all lines of the record but the first are read again."""

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
        # After one long search for a missing quotation mark, records have one line each.
        self.one_per_record |= len(self.record) > _LONG_CELL_LINES


def _records(lines: Iterable[str], delimiter: str, *, spaced: bool = False) -> Iterator[list[str]]:
    """Split lines into cells; a quotation mark that is never closed is an ordinary character.

    With `spaced`, spaces before a cell are left out.
    """
    csv.field_size_limit(_CELL_CHARACTERS)
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True, skipinitialspace=spaced)
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
