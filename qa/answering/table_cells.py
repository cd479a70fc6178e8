"""Rules for tables: which row and which column a question asks for."""

import re
from dataclasses import replace

from embeddings import Hit
from qa.answering.comparison.units import singular
from qa.reader.spans import LogitSpan

_BORDER = "|"
_COUNTED = re.compile(r"\bhow many (\w+)")
_NAMED = re.compile(
    r"\b(?:what|which)(?:['’]s| is| are| was| were)?(?: the| its| his| her| their)? (\w+)"
)
_ASKS_NO_AMOUNT = re.compile(r"\W*(?:whom?|whose|where|when)\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d[\d.,]*")
_WORD = re.compile(r"\w+")
_FIELD = re.compile(r"[^:;|]{1,60}: ([^;|]+)")
_SHORT_WORDS = 3
"""Maximum number of words in a cell that is quoted with its unit: "26 EUR" instead of "26"."""

_SMALL_WORDS = frozenset(
    """a an and are as at by can did do does for has how i in is it many much of on or per s the was
    what which with""".split()
)


def is_in_other_cell(question: str, hit: Hit, end: int) -> bool:
    """Return whether an answer that ends at an offset is in a cell that is not asked for.

    The number in the column "Stops" does not answer "How many routes are there?" or "Which route is
    it?". If a question only mentions a column, as in "How much may a hotel cost?", numbers in other
    columns do not answer it, unless the number in this column is in the question. The words of a
    question do not answer it either: "Tarn" for "What does Tarn pay?".
    """
    cells, place = _row(hit.chunk.text, end)
    if not cells:
        return False
    columns = _columns(hit, end)
    counted, named = _nouns(_COUNTED, question), _nouns(_NAMED, question)
    words = counted or _words(question)
    if len(cells) != len(columns) or place >= len(cells):
        return False
    if len(cells[place]) > 2 and re.search(rf"(?i)\b{re.escape(cells[place])}(?!\w)", question):
        return True
    overlaps = [column & words for column in columns]
    if any(overlaps[place] < one for one in overlaps) and (
        overlaps[place] or any(one & (counted or named) for one in overlaps)
    ):
        return True
    if overlaps[place] or _ASKS_NO_AMOUNT.match(question) or not _DIGIT.search(cells[place]):
        return False
    return any(
        overlap and _DIGIT.search(cell) and cell not in question
        for overlap, cell in zip(overlaps, cells, strict=False)
    )


def counts_rows(question: str, hit: Hit, start: int) -> bool:
    """Return whether a question counts what the row of a table at an offset is about."""
    counted = _nouns(_COUNTED, question)
    columns = _columns(hit, start) if counted and _row(hit.chunk.text, start)[0] else []
    return bool(columns and counted & columns[0])


def rows_about_others(question: str, hit: Hit) -> list[tuple[int, int]]:
    """Return the ranges of rows that lack a name in the question which another row has.

    "Veld | 9" does not answer "What is the fee in Tarn?" if there is a row "Tarn | 4". In a sheet,
    the rows are "town: Veld; fee: 9" and "town: Tarn; fee: 4".
    """
    named = f" {' '.join(_WORD.findall(question.casefold()))} "
    is_header = not hit.chunk.table_header
    found: list[tuple[int, int]] = []
    rows: list[tuple[int, int, bool]] = []
    start = 0
    for line in [*hit.chunk.text.splitlines(keepends=True), ""]:
        cells = _cells(line)
        if len(cells) > 1:
            if not is_header or _BORDER not in line:
                is_named = any(_is_named(cell, place, named) for place, cell in enumerate(cells))
                rows.append((start, start + len(line), is_named))
            is_header = False
        else:
            if any(is_named for *_, is_named in rows):
                found += [(first, end) for first, end, is_named in rows if not is_named]
            rows, is_header = [], True
        start += len(line)
    return found


def _cells(line: str) -> list[str]:
    """Return the cells of a row such as "Tarn | 4" or "town: Tarn; fee: 4"; [] for other lines."""
    if _BORDER in line:
        inner = line.strip().removeprefix(_BORDER).removesuffix(_BORDER)
        return [cell.strip() for cell in inner.split(_BORDER)]
    parts = [_FIELD.fullmatch(part.strip()) for part in line.split("; ")]
    return [part[1] for part in parts if part] if all(parts) else []


def _is_named(cell: str, place: int, named: str) -> bool:
    """Return whether a cell is in the question.

    A single word in lower case, such as "days", counts only in the first column.
    """
    words = _WORD.findall(cell.casefold())
    is_name = place == 0 or len(words) > 1 or cell != cell.lower() or "_" in cell
    return is_name and len(cell) > 2 and cell[:1].isalpha() and f" {' '.join(words)} " in named


def fit_to_cell(question: str, hit: Hit, span: LogitSpan) -> LogitSpan:
    """Cut a span over several cells of a row to one cell, and add the unit of a number.

    The cell is the one whose column the question names, or else the first. A line is a row if the
    line above or below it has as many cells.
    """
    text = hit.chunk.text
    first = text.rfind("\n", 0, span.start) + 1
    row, below = [*text[first:].split("\n", 2), ""][:2]
    above = text[:first].removesuffix("\n").rpartition("\n")[2]
    is_row = row.count(_BORDER) in (above.count(_BORDER), below.count(_BORDER))
    if _BORDER not in row or not is_row or span.end > first + len(row):
        return span
    columns, asked = _columns(hit, span.start), _words(question)
    cells = []
    for match in re.finditer(r"[^|]*[^|\s]", row):
        start, end = first + match.end() - len(match[0].lstrip()), first + match.end()
        if start < span.end and span.start < end:
            place = _place(text[first:start])
            overlap = len(columns[place] & asked) if place < len(columns) else 0
            cells.append((-overlap, start, end))
    if not cells:
        return span
    _, start, end = min(cells)
    inner = replace(span, start=max(start, span.start), end=min(end, span.end))
    is_number = _NUMBER.fullmatch(text, inner.start, inner.end)
    if is_number and len(text[start:end].split()) <= _SHORT_WORDS:
        return replace(span, start=start, end=end)
    return inner


def reaches_over_rows(words: str) -> bool:
    """Return whether a span has parts of several rows of a table."""
    return sum(_BORDER in line for line in words.split("\n")) > 1


def _row(text: str, offset: int) -> tuple[list[str], int]:
    """Return the cells of the line around an offset, and which of them has it; none if no table."""
    first = text.rfind("\n", 0, offset) + 1
    line = text[first:].partition("\n")[0]
    return (_cells(line), _place(text[first:offset])) if _BORDER in line else ([], 0)


def _place(before: str) -> int:
    """Return how many cells of a row are before a cell."""
    return before.lstrip().removeprefix(_BORDER).count(_BORDER)


def _columns(hit: Hit, offset: int) -> list[set[str]]:
    """Return the words in the heads of the columns above a row of a table; [] outside a row."""
    header = ""
    above = hit.chunk.text[: hit.chunk.text.rfind("\n", 0, offset) + 1].splitlines()
    for line in reversed(above):
        if _BORDER not in line:
            break
        header = line
    else:  # the chunk starts within the table
        header = hit.chunk.table_header.partition("\n")[0] or header
    return [_words(cell) for cell in _cells(header)]


def _nouns(pattern: re.Pattern[str], question: str) -> set[str]:
    return {singular(word) for word in pattern.findall(question.casefold())}


def _words(text: str) -> set[str]:
    words = _WORD.findall(text.casefold())
    return {singular(word) for word in words} - _SMALL_WORDS
