"""Spreadsheets (xlsx, xls, ods): rows with a text column, or a line for each row."""

import datetime
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias, TypeVar

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from embeddings.errors import DocumentError, EmptyDocumentError
from embeddings.formats.ooxml import OfficePackage
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.rows import Fields, locate, row_documents
from embeddings.formats.text_builder import TextBuilder
from embeddings.formats.zip_package import Properties
from embeddings.types import Document

_T = TypeVar("_T")

Cell: TypeAlias = int | float | str | bool | datetime.date | datetime.time | datetime.timedelta

_HEADER_ROWS = 20
"""The header of a table is looked for in the first rows with content."""

_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_DEFAULT_NAME = re.compile(
    r"(?:sheet|tabelle|feuil|hoja|foglio|blad|planilha|arkusz|лист) ?\d+", re.IGNORECASE
)


def read(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a workbook.

    A sheet whose header names a text column (see `Fields`) gives a document for each row. All other
    sheets are one document with a section for each sheet. Their rows are lines such as "name: Lamp;
    price: 12": the header's names stand in each line, so that a row is understood alone, whatever
    part of the sheet is read. A formula cell counts with the value that was last computed.
    """
    properties = _properties(path, options)
    workbook = _guarded(lambda: CalamineWorkbook.from_path(path))
    builder = TextBuilder()
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    for name in names:
        rows = _guarded(partial(_rows, workbook, name))
        header = _header(rows)
        if header is not None and "text" in locate(dict.fromkeys(rows[header]), options.fields):
            yield from _row_documents(rows[header:], options.fields, name if names[1:] else "")
            continue
        if names[1:] or not _DEFAULT_NAME.fullmatch(name):
            builder.add_section(name)
        for line in _lines(rows, header):
            builder.add(line)
    yield builder.document(title=properties.title, metadata=properties.metadata)


def _guarded(call: Callable[[], _T]) -> _T:
    """Call calamine; its Rust code panics on some damaged files.

    Raises:
        DocumentError: the workbook is encrypted or damaged.
    """
    try:
        return call()
    except PasswordError:
        raise DocumentError("is encrypted; save a copy without the password") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # not an `Exception`, and cannot be imported
            raise
        raise DocumentError(f"cannot be read: it is damaged ({error})") from None


def _properties(path: Path, options: ParseOptions) -> Properties:
    """Check the limits of a zipped workbook and read its properties; others have none."""
    if not zipfile.is_zipfile(path):
        return Properties()
    with OfficePackage.open(path, options) as package:
        meta = package.xml("meta.xml")  # of OpenDocument
        return package.properties() if meta is None else Properties.of(meta)


def _rows(workbook: CalamineWorkbook, name: str) -> list[list[str]]:
    """Read the rows of a sheet, with each cell as text; a blank row has no cells.

    A cell over several rows of a column is repeated in each of them.
    """
    sheet = workbook.get_sheet_by_name(name)
    texts = ([_text(cell) for cell in row] for row in sheet.iter_rows())
    rows = [row if any(row) else [] for row in texts]
    first = sheet.start[1] if sheet.start is not None else 0  # the rows start at this column
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for row in rows[top + 1 : bottom + 1] if left == right >= first else ():
            if row and rows[top]:
                row[left - first] = rows[top][left - first]
    return rows


def _text(cell: Cell) -> str:
    match cell:
        case bool():
            return str(cell).upper()
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case float():
            return f"{cell:.15g}"
        case datetime.datetime() if cell.time() == datetime.time():
            return cell.date().isoformat()
        case datetime.datetime():
            return cell.isoformat(sep=" ", timespec="minutes")
        case _:
            return " ".join(str(cell).split())


def _header(rows: Sequence[Sequence[str]]) -> int | None:
    """Find the first row that names columns: two or more different words."""
    width = max((sum(map(bool, row)) for row in rows), default=0)
    for number, row in enumerate(rows[:_HEADER_ROWS]):
        count = sum(map(bool, row))
        if 2 <= count >= width / 2:
            return number if _are_names(row) else None
    return None


def _are_names(row: Sequence[str]) -> bool:
    """Tell whether the cells of a row are different words, or years in a sequence."""
    names = [name for name in row if name]
    years = [int(name) for name in names if _YEAR.fullmatch(name)]
    words = [name for name in names if any(map(str.isalpha, name))]
    steps = {later - year for year, later in pairwise(years)}
    are_known = len(words) + len(years) == len(names) and (not years or steps in ({1}, {-1}))
    return are_known and len(names) > 1 and len(set(names)) == len(names)


def _lines(rows: Sequence[Sequence[str]], header: int | None) -> Iterator[str]:
    above: Sequence[str] = ()
    for number, row in enumerate(rows):
        if header is not None and number > header and not any(above):
            # The header of another table has words, and the row below it values.
            below = [cell for cell in rows[number + 1] if cell] if number + 1 < len(rows) else []
            if _are_names(row) and not all(any(map(str.isalpha, cell)) for cell in below):
                header = number
        if header is None or number <= header:
            yield " | ".join(filter(None, row))
        else:
            yield "; ".join(
                f"{name}: {cell}" if name else cell
                for name, cell in zip(rows[header], row, strict=False)
                if cell
            )
        above = row


def _row_documents(rows: Sequence[Sequence[str]], fields: Fields, sheet: str) -> Iterable[Document]:
    """Make a document of each row below the header; with several sheets, ids name the sheet."""
    numbered: Iterator[tuple[int, Mapping[str, object]]] = (
        (number, dict(zip(rows[0], row, strict=False)))
        for number, row in enumerate(filter(any, rows[1:]), start=1)
    )
    try:
        for document in row_documents(numbered, fields):
            yield replace(document, id=f"{sheet}/{document.id}") if sheet else document
    except EmptyDocumentError:  # other sheets may have text
        return
