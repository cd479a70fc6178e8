"""Spreadsheets (xlsx, xls, ods): rows with a text column, or a line for each row."""

import datetime
import functools
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from embeddings.errors import DocumentError, EmptyDocumentError
from embeddings.formats.encoding import marked_encoding
from embeddings.formats.nested_files import parse_bytes
from embeddings.formats.ooxml import OfficePackage
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import Fields, has_labels, locate, row_documents
from embeddings.formats.text_builder import TextBuilder
from embeddings.formats.zip_package import Properties, parse_xml
from embeddings.types import Document

_T = TypeVar("_T")

Cell: TypeAlias = int | float | str | bool | datetime.date | datetime.time | datetime.timedelta

_Area: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
"""The row and column of the first cell and of the last one, from 0."""

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TYPE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PERCENT_FORMATS = {"9", "10"}
"""Ids of the formats "0%" and "0.00%", which a workbook does not define."""
_LITERAL = re.compile(r'"[^"]*"|\\.')
"""Text in a number format that is shown as it is."""
_CELL_NAME = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", re.ASCII)
_DURATION = re.compile(r"PT(\d+)H(\d\d)M(\d\d)(?:[.,]\d+)?S", re.ASCII)
"""A duration of a day or more in an OpenDocument file."""
_START_BYTES = 1_000
_XML_SHEET = b"urn:schemas-microsoft-com:office:spreadsheet"
_HTML = re.compile(r"<(?:html|table)\b", re.IGNORECASE)
_TABBED = re.compile(r"(?:[^\t\n\0]*\w[^\t\n\0]*\t[^\n\0]*\n){2}")
_HEADER_ROWS = 20
"""The header of a table is looked for in the first rows with content."""

_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MIN_DAYS = 3
_DEFAULT_NAME = re.compile(
    r"(?:sheet|tabelle|feuil|hoja|foglio|blad|planilha|arkusz|лист) ?\d+", re.IGNORECASE
)


def read(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a workbook.

    A sheet whose header names a text column (see `Fields`) gives a document for each row. All other
    sheets are one document with a section for each sheet. Their rows are lines such as "name: Lamp;
    price: 12": the names of the header are in each line, so that each row can be understood alone.
    A formula cell counts with the value that was last computed.
    """
    if path.suffix.lower() == ".xls" and (suffix := _text_suffix(path)):
        yield from parse_bytes(f"sheet{suffix}", path.read_bytes(), options)
        return
    properties, areas = _package_contents(path, options)
    workbook = _guarded(lambda: CalamineWorkbook.from_path(path))
    builder = TextBuilder()
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    for name in names:
        rows = _guarded(functools.partial(_rows, workbook, name, *areas.get(name, ((), ()))))
        header = _header(rows)
        if header is not None and "text" in locate(dict.fromkeys(rows[header]), options.fields):
            yield from _row_documents(rows[header:], options.fields, name if names[1:] else "")
            continue
        if names[1:] or not _DEFAULT_NAME.fullmatch(name):
            builder.add_section(name)
        is_list = header is not None and has_labels(rows[header:])
        for line in _lines(rows, None, ": ") if is_list else _lines(rows, header):
            builder.add(line)
    yield builder.document(title=properties.title, metadata=properties.metadata)


def _text_suffix(path: Path) -> str:
    """Return the real suffix of a text file that is named like a workbook, else ""."""
    with path.open("rb") as stream:
        start = stream.read(_START_BYTES)
    if _XML_SHEET in start:
        return ".xml"
    text = start.decode(marked_encoding(start) or "utf-8", errors="replace")
    return ".html" if _HTML.search(text) else ".csv" if _TABBED.match(text) else ""


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


def _package_contents(
    path: Path, options: ParseOptions
) -> tuple[Properties, dict[str, tuple[list[_Area], list[_Area]]]]:
    """Check the limits of a zipped workbook and read its properties; other files have none.

    The second value maps sheets to what calamine does not report: the merged cells of an
    OpenDocument file, and the cells that show percentages.
    """
    if not zipfile.is_zipfile(path):
        return Properties(), {}
    with OfficePackage.open(path, options) as package:
        if "content.xml" not in package:
            return package.properties(), {name: ([], at) for name, at in _percentages(package)}
        content = package.read("content.xml")  # an OpenDocument file
        areas = {}
        if b"-spanned=" in content or b'"percentage"' in content:  # parsing is slow
            for table in parse_xml(content).iter(_TABLE + "table"):
                areas[table.get(_TABLE + "name", "")] = _areas(table)
        return Properties.of(package.xml("meta.xml")), areas


def _areas(table: Any) -> tuple[list[_Area], list[_Area]]:
    """Find the merged cells and the percentages of a table in an OpenDocument file."""
    merged, percentages = [], []
    top = 0
    for row in table.iter(_TABLE + "table-row"):
        bottom = top + int(row.get(_TABLE + "number-rows-repeated", "1")) - 1
        left = 0
        for cell in row.iter(_TABLE + "table-cell", _TABLE + "covered-table-cell"):
            right = left + int(cell.get(_TABLE + "number-columns-repeated", "1")) - 1
            height, width = (
                int(cell.get(f"{_TABLE}number-{each}-spanned", "1")) for each in ("rows", "columns")
            )
            if height > 1 or width > 1:
                merged.append(((top, left), (top + height - 1, left + width - 1)))
            if cell.get(_TYPE) == "percentage":
                percentages.append(((top, left), (bottom, right)))
            left = right + 1
        top = bottom + 1
    return merged, percentages


def _percentages(package: OfficePackage) -> Iterator[tuple[str, list[_Area]]]:
    """Find the cells of each sheet of an Excel file that have a format such as "0.0%"."""
    styles, workbook = (package.xml(f"xl/{part}.xml") for part in ("styles", "workbook"))
    if styles is None or workbook is None:
        return
    scaled = {
        each.get("numFmtId")
        for each in styles.iter(_SHEET + "numFmt")
        if "%" in _LITERAL.sub("", each.get("formatCode", ""))
    } | _PERCENT_FORMATS
    formats = styles.iterfind(f"{_SHEET}cellXfs/{_SHEET}xf")
    wanted = {str(at) for at, each in enumerate(formats) if each.get("numFmtId") in scaled}
    targets = package.targets("xl/workbook.xml") if wanted else {}
    for sheet in workbook.iter(_SHEET + "sheet"):
        root = package.xml(targets.get(sheet.get(_R + "id"), ("", ""))[1])
        places = []
        for cell in () if root is None else root.iter(_SHEET + "c"):
            name = _CELL_NAME.fullmatch(cell.get("r", ""))
            if name is not None and cell.get("s") in wanted:
                column = functools.reduce(lambda n, letter: 26 * n + ord(letter) - 64, name[1], 0)
                places.append((int(name[2]) - 1, column - 1))
        yield sheet.get("name", ""), [(place, place) for place in places]


def _rows(
    workbook: CalamineWorkbook, name: str, merged: Sequence[_Area], percentages: Sequence[_Area]
) -> list[list[str]]:
    """Read the rows of a sheet, with each cell as text; a blank row has no cells.

    A cell over several rows of a column is repeated in each of them. A header of two rows whose
    upper cells stand over several columns becomes one, with names such as "Summer Open".
    """
    sheet = workbook.get_sheet_by_name(name)
    texts = ([_text(cell) for cell in row] for row in sheet.iter_rows())
    rows = [row if any(row) else [] for row in texts]
    first = sheet.start[1] if sheet.start is not None else 0  # the rows start at this column
    for (top, left), (bottom, right) in percentages:
        for row in rows[top : bottom + 1]:
            columns = slice(max(left - first, 0), max(right - first + 1, 0))
            row[columns] = [
                f"{100 * float(cell):.12g}%" if _NUMBER.fullmatch(cell) else cell
                for cell in row[columns]
            ]
    wide: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or merged:
        for row in rows[top + 1 : bottom + 1] if left == right >= first else ():
            if row and rows[top]:
                row[left - first] = rows[top][left - first]
        if top == bottom and left < right:
            wide.setdefault(top, []).append((max(left - first, 0), right - first))
    header = _header(rows)
    if header in wide and header is not None and header + 1 < len(rows):
        above, below = rows[header : header + 2]
        for left, right in wide[header]:
            right = min(right + 1, len(above))
            above[left:right] = above[left : left + 1] * (right - left)
        if below and all(any(map(str.isalpha, cell)) for cell in below if cell):
            names = zip(above, below, strict=True)
            rows[header + 1] = [one if one == two else f"{one} {two}".strip() for one, two in names]
            rows[header] = []
    return rows


def _text(cell: Cell) -> str:
    match cell:
        case bool():
            return str(cell).upper()
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case float():
            return f"{cell:.15g}"
        case datetime.timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            hours, minutes = divmod(minutes, 60)
            return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
        case str() if (found := _DURATION.fullmatch(cell)) is not None:
            return f"{int(found[1])}:{found[2]}" + (f":{found[3]}" if found[3] != "00" else "")
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
        is_form = any(cell.endswith(":") for cell in row)  # a label in front of its value
        if 2 <= count >= width / 2 and not is_form:
            return number if _are_names(row) else None
    return None


def _are_names(row: Sequence[str]) -> bool:
    """Return whether the cells of a row are different words, or years or days in a sequence."""
    names = [name for name in row if name]
    years = [int(name) for name in names if _YEAR.fullmatch(name)]
    days = [name for name in names if _DAY.fullmatch(name)]
    words = [name for name in names if any(map(str.isalpha, name))]
    steps = {later - year for year, later in pairwise(years)}
    are_known = len(words) + len(years) + len(days) == len(names)
    are_known &= not years or steps in ({1}, {-1})
    are_known &= not days or (len(days) >= _MIN_DAYS and days == sorted(days))
    return are_known and len(names) > 1 and len(set(names)) == len(names)


def _lines(
    rows: Sequence[Sequence[str]], header: int | None, separator: str = " | "
) -> Iterator[str]:
    is_start = is_titled = False
    for number, row in enumerate(rows):
        if header is not None and number > header and is_start and _are_names(row):
            # The header of another table has words, and the row below it values.
            below = [cell for cell in rows[number + 1] if cell] if number + 1 < len(rows) else []
            is_wider = sum(map(bool, row)) > sum(map(bool, rows[header]))
            if (is_titled and is_wider) or not all(any(map(str.isalpha, cell)) for cell in below):
                header = number
        is_titled = is_start and sum(map(bool, row)) == 1
        if header is None or number <= header or is_titled:
            yield separator.join(filter(None, row)).replace(f":{separator}", ": ")
        else:
            yield "; ".join(
                f"{name}: {cell}" if name else cell
                for name, cell in zip(rows[header], row, strict=False)
                if cell
            )
        is_start = is_titled or not any(row)


def _row_documents(rows: Sequence[Sequence[str]], fields: Fields, sheet: str) -> Iterable[Document]:
    """Make a document from each row below the header; with several sheets, ids name the sheet."""
    numbered: Iterator[tuple[int, Mapping[str, object]]] = (
        (number, dict(zip(rows[0], row, strict=False)))
        for number, row in enumerate(filter(any, rows[1:]), start=1)
    )
    try:
        for document in row_documents(numbered, fields):
            yield replace(document, id=f"{sheet}/{document.id}") if sheet else document
    except EmptyDocumentError:  # other sheets may have text
        return
