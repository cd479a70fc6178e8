"""JSON files and JSON lines: each object or string is a document."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from embeddings.errors import DocumentError
from embeddings.formats.encoding import open_text, read_text
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import BadRow, Fields, Row, locate, row_documents, unique_names
from embeddings.types import Document

_LEVELS = 5
_REPLIES = frozenset({"replies", "comments", "answers", "responses", "children"})
_WRAPPERS = frozenset({"attributes", "fields", "properties", "_source", "data", "object", "node"})
_LINES_LOOKED_AT = 10
_ROWS_LOOKED_AT = 100
_MAX_CONTAINERS = 3_000_000
"""Lists and objects take up to 30 times as much memory as the text that they are parsed from."""
_TOKEN = re.compile(r'[][{},]|"(?:[^"\\]|\\.?)*+(?:"|\Z)', re.DOTALL)
"""A bracket, a comma or a string; the last string may be cut off."""
_VALUE_START = re.compile(r"[^\s,]")


def read_json(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a list of objects or strings, an object that holds such lists, or a single object.

    A file of JSON lines is read too, and so are the complete values of a file that is cut off.
    """
    source = read_text(path)
    numbered: Iterable[tuple[int, Row | BadRow]]
    try:
        found = _find_rows(_parsed(source), options.fields)
        numbered = ((number, _row(row, f"row {number}")) for number, row in enumerate(found, 1))
    except ValueError:
        lines = source.split("\n")
        numbered = (
            _line_rows(lines, options.fields)
            if _are_rows(lines, options.fields)
            else _complete_values(source, options.fields)
        )
    except RecursionError:
        raise DocumentError("is not usable JSON: it is nested too deeply") from None
    yield from row_documents(numbered, options.fields)


def read_json_lines(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read one object or string per line; blank lines are skipped but counted.

    A file that is a list, or whose values go over several lines, is read as by `read_json`.
    """
    with open_text(path) as stream:
        if _are_rows(stream, options.fields):
            stream.seek(0)
            yield from row_documents(_line_rows(stream, options.fields), options.fields)
            return
    yield from read_json(path, options)


def _are_rows(lines: Iterable[str], fields: Fields) -> bool:
    """Return whether each line is a row, judging by the first lines; some may be damaged."""
    sample = list(islice(filter(str.strip, lines), _LINES_LOOKED_AT))
    bad = [isinstance(row, BadRow) for _, row in _line_rows(sample, fields)]
    first = sample[0].strip() if bad[:1] == [True] else ""
    is_list = first.startswith("[") and not first.endswith("]")
    return 2 * sum(bad) <= len(bad) and not is_list


def _parsed(source: str) -> Any:
    if source.count("[") + source.count("{") > _MAX_CONTAINERS:
        raise DocumentError(
            f"has more than {_MAX_CONTAINERS:,} lists and objects in one value: split it, or save "
            "it as JSON lines"
        )
    # NaN and the infinities are not JSON, but programs write them where a value is missing.
    return json.loads(source, parse_constant=lambda _: None)


def _line_rows(lines: Iterable[str], fields: Fields) -> Iterator[tuple[int, Row | BadRow]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            (row,) = _unwrapped([_parsed(line)], fields)
            yield number, _row(row, f"line {number}")
        except ValueError as error:
            yield number, BadRow(f"line {number} is not valid JSON: {error}")
        except RecursionError:
            yield number, BadRow(f"line {number} is not usable JSON: it is nested too deeply")


def _complete_values(source: str, fields: Fields) -> Iterator[tuple[int, Row | BadRow]]:
    """Parse consecutive values, in a list or not, up to the first invalid one.

    If the file ends in the middle of that value, its complete rows are kept.
    """
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    start = len(source) - len(source.lstrip())
    is_list = source.startswith("[", start)
    position = start + is_list
    number = 1
    while found := _VALUE_START.search(source, position):
        if is_list and found[0] == "]":
            if source[found.end() :].strip():
                yield number, BadRow("text follows the list", ends_file=True)
            return
        try:
            value, position = decoder.raw_decode(source, found.start())
        except (ValueError, RecursionError) as error:
            whole = _rows_of_cut_value(source[found.start() :], fields)
            for number, row in enumerate(whole, number):  # noqa: B020
                yield number, _row(row, f"row {number}")
            place = "the rest" if whole else f"row {number}"
            yield number, BadRow(f"{place} is not valid JSON: {error}", ends_file=True)
            return
        yield number, _row(value, f"row {number}")
        number += 1
    if is_list:
        yield number, BadRow(f"the list is cut off before row {number}", ends_file=True)


def _rows_of_cut_value(source: str, fields: Fields) -> list[Any]:
    """Find the rows in a list or an object whose end is missing, up to its last whole item."""
    closing: list[str] = []
    end = depth = 0
    for token in _TOKEN.finditer(source):
        sign = token[0]
        if sign in "[{":
            closing.append("]" if sign == "[" else "}")
        elif sign == "," or (sign in "]}" and closing):
            del closing[len(closing) - (sign != ",") :]
            end, depth = token.start() + (sign != ","), len(closing)
    try:
        return _find_rows(_parsed(source[:end] + "".join(reversed(closing[:depth]))), fields)
    except (ValueError, RecursionError):
        return []


def _row(value: object, place: str) -> Row | BadRow:
    if isinstance(value, str):
        return {"text": value}
    return value if isinstance(value, dict) else BadRow(f"{place} is not a JSON object")


def _find_rows(value: Any, fields: Fields) -> list[Any]:
    """Find the rows in a value: the topmost lists of objects with a text.

    If there are none, a list of several objects counts, else the value is the only row.
    """
    if isinstance(value, dict) and "text" in locate(value, fields):
        return list(_with_replies([value], fields))
    if isinstance(value, dict) and (table := _table_in(value)):
        return table
    level, without_text = [value], list[Any]()
    for _ in range(_LEVELS):
        lists = [_unwrapped(each, fields) for each in level if _has_objects(each)]
        rows = [row for each in lists if _has_text(each, fields) for row in each]
        rows += [
            row
            for each in lists
            if rows and not _has_text(each, fields)
            for row in _described(each)
        ]
        if rows:
            return list(_with_replies(rows, fields))
        without_text = without_text or [row for each in lists for row in each]
        level = [inner for each in level for inner in _inner(each)]
    if isinstance(value, list):
        return _table_rows(value) if all(isinstance(row, list) for row in value) else value
    stated = (locate(row, fields) for row in without_text if isinstance(row, dict))
    is_row = len(without_text) > 1 or any(found.keys() >= {"title", "date"} for found in stated)
    return without_text if is_row else [value]


def _with_replies(rows: list[Any], fields: Fields) -> Iterator[Any]:
    """Yield rows, each with the replies that are nested in it."""
    for row in rows:
        yield row
        for key in row if isinstance(row, dict) else ():
            if key.lower() in _REPLIES and isinstance(row[key], list | dict):
                replies = _find_rows(row[key], fields)
                yield from (one for one in replies if _has_text([one], fields))


def _table_in(value: dict[str, Any]) -> list[Any]:
    """Return the rows of a table such as {"columns": ["a", "b"], "data": [[1, 2]]}, else []."""
    lists = [each for each in value.values() if isinstance(each, list) and each]
    names = next((each for each in lists if all(isinstance(name, str) for name in each)), [])
    rows = next((each for each in lists if all(isinstance(row, list) for row in each)), [])
    is_table = bool(rows) and all(len(row) == len(names) for row in rows)
    return _table_rows([names, *rows]) if is_table else []


def _table_rows(rows: list[list[Any]]) -> list[Any]:
    """Make objects from the rows of a table whose first row has the names of the columns."""
    names = rows[0] if rows else []
    if len(rows) < 2 or not all(isinstance(name, str) for name in names):
        return rows
    header = unique_names(names)
    return [dict(zip(header, row, strict=False)) for row in rows[1:]]


def _has_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(row, dict) for row in value)


def _unwrapped(rows: list[Any], fields: Fields) -> list[Any]:
    """Merge rows with the objects in them that have their text, or their title and date."""
    return rows if _has_text(rows, fields) else [_merged(row, fields) for row in rows]


def _merged(row: Any, fields: Fields) -> Any:
    for key, inner in row.items() if isinstance(row, dict) else ():
        if isinstance(inner, dict) and (len(row) <= 2 or key.lower() in _WRAPPERS):
            found = locate(inner, fields).keys()
            if "text" in found or found >= {"title", "date"}:
                return {**{name: row[name] for name in row if name != key}, **inner}
    return row


def _has_text(rows: list[Any], fields: Fields) -> bool:
    objects = (row for row in rows[:_ROWS_LOOKED_AT] if isinstance(row, dict))
    return any("text" in locate(row, fields) for row in objects)


def _described(rows: list[Any]) -> Iterator[Any]:
    """Yield objects with a description, such as the cards of a board, whose text is this."""
    objects = [row for row in rows if isinstance(row, dict)]
    for name in ("desc", "description"):
        if any(isinstance(row.get(name), str) and row[name].strip() for row in objects):
            yield from ({**row, "text": row.get(name) or row.get("name")} for row in objects)
            return


def _inner(value: object) -> Iterator[object]:
    """Yield the lists and objects in an object, or the messages of the objects in a list."""
    if isinstance(value, dict):
        yield from (each for each in value.values() if isinstance(each, dict | list))
    elif isinstance(value, list):
        for row in value:
            if isinstance(row, dict):
                yield from (row[key] for key in row if key.lower().endswith("messages"))
                if len(row) <= 2:
                    yield from (each for each in row.values() if isinstance(each, dict))
