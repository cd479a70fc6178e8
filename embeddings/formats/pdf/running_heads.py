"""Running heads, running feet and page numbers."""

import math
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embeddings.formats.pdf.lines import Line

_ROWS = 4
"""Number of rows checked at each edge of a page."""
_NEIGHBOURS = (-2, -1, 1, 2)
"""Offsets of the pages that a row is compared with; left and right pages often differ."""
_SAME_PLACE = 3.0
"""Maximum vertical distance of rows at the same place, in points."""
_MIN_SHARE = 0.6
"""Minimum share of pages with a repeated row at the place of a running head."""
_NUMBER = re.compile(r"\d+|\b[ivxl]+\b", re.IGNORECASE)
_PAGE_COUNT = re.compile(r"\W*(?:page|seite|p\.)? ?# ?(?:of|/|von) ?#\W*|\W*(?:page|seite) #\W*")
_PAGE_OF_COUNT = re.compile(r"(?:page|sheet|seite|blatt) \d+ ?(?:of|/|von) ?\d+", re.IGNORECASE)
_EDGE = 0.2
"""Maximum distance of a running head from the edge of the text, as a share of a full page."""
_TALL_ROW = 10
"""Maximum height of the first row of a table, in multiples of the font size."""
_DATE = re.compile(r"\d{1,4}([/.-])\d{1,2}\1\d{1,4}")
_CONTACT = re.compile(r"@|\bwww\.|https?:|\d(?:[ ()/.-]*\d){5}")

_FIRM = re.compile(r"\b(?:Ltd|Limited|Inc|LLC|LLP|plc|GmbH|AG|KG|Corp)\b")


@dataclass(slots=True)
class _EdgeRow:
    """The outermost row of a page."""

    lines: list[Line]
    text: str
    key: str
    """The text in lower case, with `#` for numbers."""
    y: float
    size: float
    is_alone: bool
    """Whether the page has no other row."""
    is_apart: bool
    """Whether extra space separates it from the rest of the page."""
    cells: set[str]
    """The parts of a row that is apart and has several parts; empty for rows of tables."""

    @property
    def numbers(self) -> set[int]:
        return {int(number) for number in re.findall(r"\d{1,5}", self.text)}


def remove_running_heads(pages: Sequence[list[Line]], body_size: float) -> list[str]:
    """Remove running heads, running feet and page numbers from the lines of each page.

    If a table spans several pages, its header is kept on the first of them. Rows that most pages
    have directly above or below their text are kept too: they are text of similar pages.

    Args:
        pages: the lines of each page, changed in place.
        body_size: the usual font size in points.

    Returns:
        The removed rows of the first page that have an address or a long number, as letterheads do,
        and those with the name of a firm that both pages of a letter have.
    """
    for page in pages:
        page[:] = [line for line in page if not _PAGE_OF_COUNT.fullmatch(line.text)]
    letterhead: list[str] = []
    places = [sorted(line.y for line in page) or [0] for page in pages]
    depth = _EDGE * max((ys[-1] - ys[0] for ys in places), default=0)
    for sign, edge in ((1, -1), (-1, 0)):
        before = [list(page) for page in pages]
        removed: dict[int, list[_EdgeRow]] = {}
        for _ in range(_ROWS):
            rows = {number: _edge_row(page, sign) for number, page in enumerate(pages) if page}
            rows = {
                number: row
                for number, row in rows.items()
                if abs(places[number][edge] - row.y) <= depth
            }
            running = _running(rows, body_size)
            first = min(running, default=0)
            is_table = sign == 1 and bool(running) and _is_table_header(rows[first], pages[first])
            for number in running - {first} if is_table else running:
                row = rows[number]
                removed.setdefault(number, []).append(row)
                pages[number][:] = [line for line in pages[number] if line not in row.lines]
            if not running or is_table:
                break
        close = [number for number, run in removed.items() if not run[-1].is_apart]
        for number in close if 2 * len(close) > len(removed) else ():
            while removed[number] and not removed[number][-1].is_apart:
                removed[number].pop()
            heads = [line for row in removed[number] for line in row.lines]
            pages[number][:] = [line for line in before[number] if line not in heads]
        texts = Counter(row.text for run in removed.values() for row in run)
        letterhead += [
            row.text
            for row in removed.get(0, ())
            if texts[row.text] > 1
            and (
                _CONTACT.search(_DATE.sub("", row.text))
                or (len(pages) == 2 and _FIRM.search(row.text))
            )
        ]
    return letterhead


def _is_table_header(row: _EdgeRow, page: Sequence[Line]) -> bool:
    """Return whether a row at the top of a page names the columns of the table below it."""
    head = row.lines[0]
    return (len(row.lines) == 1 and head.is_tabular) and any(
        line.is_tabular
        and abs(line.x0 - head.x0) < head.size
        and 0 < head.y - line.y < _TALL_ROW * head.size
        for line in page
    )


def _edge_row(page: Sequence[Line], sign: int) -> _EdgeRow:
    y = max(line.y * sign for line in page) * sign
    lines = sorted((line for line in page if abs(line.y - y) <= 2), key=lambda line: line.x0)
    size = max(line.size for line in lines)
    rest = [line for line in page if abs(line.y - y) > 2]
    nearest = min(rest, key=lambda line: abs(line.y - y), default=None)
    is_apart = nearest is None or abs(nearest.y - y) > 1.7 * size
    cells = [cell for line in lines for cell in line.text.split("\t")]
    is_split = is_apart and len(cells) > 1 and not (nearest is not None and nearest.is_tabular)
    text = " ".join(" ".join(line.text for line in lines).split())
    return _EdgeRow(
        lines=lines,
        text=text,
        key=_NUMBER.sub("#", text).lower(),
        y=y,
        size=size,
        is_alone=not rest,
        is_apart=is_apart,
        cells={cell for cell in cells if any(map(str.isalpha, cell))} if is_split else set(),
    )


def _running(rows: Mapping[int, _EdgeRow], body_size: float) -> set[int]:
    """Return the indices of the pages whose outermost row is a running head."""
    running = {
        number
        for number, row in rows.items()
        if row.is_apart and (row.text == str(number + 1) or _PAGE_COUNT.fullmatch(row.key))
    }
    for place in _places(rows):
        repeated = {number for number in place if _is_repeated(rows, number, body_size)}
        if len(repeated) < _MIN_SHARE * len(place):
            continue
        size = statistics.median(rows[number].size for number in repeated)
        for number in place:
            row = rows[number]
            is_like_others = number > 0 and row.is_apart and abs(row.size - size) < 0.5
            if number in repeated or is_like_others:
                running.add(number)
    # Pages of another size have the same row at another place.
    found = {(rows[number].text, round(rows[number].size)) for number in running}
    return running | {
        number
        for number, row in rows.items()
        if (row.text, round(row.size)) in found and any(map(str.isalpha, row.text))
    }


def _places(rows: Mapping[int, _EdgeRow]) -> list[list[int]]:
    """Group pages by the vertical place of their outermost row."""
    places: list[list[int]] = []
    last = -math.inf
    for number, row in sorted(rows.items(), key=lambda item: item[1].y):
        if row.y - last > _SAME_PLACE:
            places.append([])
        places[-1].append(number)
        last = row.y
    return places


def _is_repeated(rows: Mapping[int, _EdgeRow], number: int, body_size: float) -> bool:
    """Return whether a nearby page has the same row, or one whose number follows the page order."""
    row = rows[number]
    has_words = any(map(str.isalpha, row.key))
    is_numbered_heading = "#" in row.key and row.size > 1.15 * body_size
    if has_words and (row.is_alone or is_numbered_heading):
        return False
    for distance in _NEIGHBOURS:
        other = rows.get(number + distance)
        if other is not None and abs(other.y - row.y) <= _SAME_PLACE:
            follows = any(value + distance in other.numbers for value in row.numbers)
            # Two clauses with numbers in sequence can be at the top of two pages.
            follows &= other.key == row.key or not has_words
            is_same = other.text == row.text or not any(line.is_tabular for line in row.lines)
            is_same &= other.key == row.key
            if follows or is_same or not row.cells.isdisjoint(other.cells):
                return True
    return False
