"""The heading path and page of any position in a document, and how stores keep them."""

import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from embeddings.errors import IndexDamagedError
from embeddings.types import Chunk, Document, Section, StoredDocument

NO_SECTION = -1
"""Stands for the text before the first section."""
MAX_HEADING_CHARACTERS = 120
"""Longer headings are shortened in a path: they are paragraphs that only look like headings."""

_MARKS = re.compile(r"[\W_]+")


class Outline:
    """The sections of a document as a tree. Does not read the document's text.

    Sections are named by their position in `Document.sections`.
    """

    def __init__(self, document: Document, table_headers: Mapping[int, str] | None = None) -> None:
        """Make the tree; `table_headers` has each `Chunk.table_header` by the chunk's start."""
        self.document = document
        self._table_headers = table_headers or {}
        self._starts = [section.start for section in document.sections]
        self._ends: list[float] = [float("inf")] * len(self._starts)
        self._parents = [NO_SECTION] * len(self._starts)
        is_open: list[int] = []
        for number, section in enumerate(document.sections):
            while is_open and document.sections[is_open[-1]].level >= section.level:
                self._ends[is_open.pop()] = section.start
            self._parents[number] = is_open[-1] if is_open else NO_SECTION
            is_open.append(number)

    def heading(self, number: int) -> str:
        """Return the heading of a section; the document's title for `NO_SECTION`."""
        if number == NO_SECTION:
            return self.document.title
        return self.document.sections[number].heading

    def is_only_heading(self, number: int, text: str) -> bool:
        """Return whether a text is blank or the heading of a section, perhaps with a number."""
        heading = self.heading(number)
        if len(text) > 2 * len(heading) + 100:
            return not text.strip()
        return _letters(text) in ("", _letters(heading))

    def section(self, start: int, text: str) -> tuple[str, ...]:
        """Return the heading path of the text at a character offset, outermost heading first.

        The path ends with the innermost section that holds the whole text, except for headings
        without text at its beginning and its end. The outermost heading is left out if it repeats
        the document's title.
        """
        if not self._starts:
            return ()
        end = start + len(text)
        number = bisect_right(self._starts, start) - 1
        while number + 1 < len(self._starts) and self._starts[number + 1] < end:
            begin = start if number == NO_SECTION else max(start, self._starts[number])
            own = text[begin - start : self._starts[number + 1] - start]
            if not self.is_only_heading(number, own):
                break
            number += 1
        last = bisect_right(self._starts, end - 1) - 1
        while last > number and self.is_only_heading(last, text[self._starts[last] - start :]):
            end = self._starts[last]
            text = text[: end - start]
            last -= 1
        path: list[str] = []
        while number != NO_SECTION:
            if end <= self._ends[number]:
                path.append(_shorten(self.heading(number)))
            number = self._parents[number]
        title = _shorten(self.document.title)
        if path and (path[-1] == title or _letters(path[-1]) == _letters(title) != ""):
            path.pop()
        return tuple(heading for heading in reversed(path) if heading)

    def page(self, offset: int) -> int | None:
        """Return the 1-based number of the page at an offset; None without pages."""
        pages = self.document.pages
        return max(1, bisect_right(pages, offset)) if pages else None

    def cut(self, start: int, end: int) -> Chunk:
        """Make the chunk from one character offset to another."""
        text = self.document.text[start:end]
        return Chunk(
            document_id=self.document.id,
            start=start,
            end=start + len(text),
            text=text,
            title=self.document.title,
            date=self.document.date,
            section=self.section(start, text),
            page=self.page(start),
            table_header=self._table_headers.get(start, ""),
        )


def dump_structure(document: Document, chunks: Sequence[Chunk]) -> str:
    """Write the structure of a document and its chunks as JSON; empty if there is none."""
    headers = [(chunk.start, chunk.table_header) for chunk in chunks if chunk.table_header]
    if not (document.sections or document.pages or headers):
        return ""
    return json.dumps(
        {
            "sections": [(one.heading, one.level, one.start) for one in document.sections],
            "pages": document.pages,
            "table_headers": headers,
        },
        ensure_ascii=False,
    )


def outline_of(known: StoredDocument, text: str, structure: str = "") -> Outline:
    """Restore the outline of a stored document; older formats have no structure."""
    try:
        values = json.loads(structure or "{}")
        document = Document(
            known.id,
            text,
            known.title,
            known.date,
            known.source,
            known.metadata,
            tuple(Section(*section) for section in values.get("sections", ())),
            tuple(values.get("pages", ())),
            known.file_size,
            known.file_mtime_ns,
        )
        return Outline(document, dict(values.get("table_headers", ())))
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise IndexDamagedError(
            f"{known.id} cannot be read ({error}): run `qa check --repair`."
        ) from error


def _letters(text: str) -> str:
    """Remove case, punctuation and a number in front from a heading, to compare headings."""
    return _MARKS.sub("", text).casefold().lstrip("0123456789")


def _shorten(heading: str) -> str:
    if len(heading) <= MAX_HEADING_CHARACTERS:
        return heading
    return heading[: MAX_HEADING_CHARACTERS - 1].rstrip() + "…"
