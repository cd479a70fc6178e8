"""Building a document's text from paragraphs, with the offsets of its sections and pages."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import replace

from embeddings.types import Document, MetadataValue, Section

_LONGEST_HEADING = 200
_SOFT_HYPHEN = "\u00ad"


class TextBuilder:
    r"""Joins paragraphs with a blank line, and the rows of a table with "\n"."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._is_separated = True
        self._last_is_row = False
        self.sections: list[Section] = []
        self.pages: list[int] = []

    def add(self, paragraph: str, *, level: int = 0, row: bool = False) -> None:
        """Add a paragraph; an empty one is ignored.

        Args:
            paragraph: its text; soft hyphens and white space around it are removed.
            level: the level of a heading, from 1; 0 for any other paragraph.
            row: whether it is a row of a table.
        """
        paragraph = paragraph.replace(_SOFT_HYPHEN, "").strip()
        if not paragraph:
            return
        if level and len(paragraph) <= _LONGEST_HEADING:
            self.add_section(paragraph, level=level)
        self._separate(row=row)
        self._append(paragraph)

    def add_row(self, cells: Iterable[str]) -> None:
        """Add a row of a table, with its cells joined by " | "; a blank one is ignored."""
        texts = [" ".join(cell.split()) for cell in cells]
        if any(texts):
            self.add(" | ".join(texts), row=True)

    def add_section(self, heading: str, *, level: int = 1) -> None:
        """Start a section; its heading is not added to the text."""
        start = self._separate()
        if heading.strip():
            self.sections.append(Section(" ".join(heading.split()), level, start))

    def add_page(self) -> None:
        """Start a page."""
        self.pages.append(self._separate())

    def add_document(self, document: Document) -> None:
        """Add the text of a document and its sections."""
        if document.text.strip():
            start = self._separate()
            self.sections += [replace(one, start=start + one.start) for one in document.sections]
            self._append(document.text)

    def document(
        self,
        *,
        id: str = "",
        title: str = "",
        date: datetime.date | None = None,
        metadata: Mapping[str, MetadataValue | None] | None = None,
    ) -> Document:
        """Make a document from the added text, without empty metadata."""
        text = "".join(self._parts).rstrip()
        known = {} if metadata is None else metadata
        return Document(
            id=id,
            text=text,
            title=" ".join(title.split()),
            date=date,
            metadata={name: value for name, value in known.items() if value not in (None, "")},
            sections=tuple(section for section in self.sections if section.start < len(text)),
            pages=tuple(page for page in self.pages if page < len(text)),
        )

    def _separate(self, *, row: bool = False) -> int:
        """End the last paragraph and return the offset of the next one."""
        if not self._is_separated:
            self._append("\n" if row and self._last_is_row else "\n\n")
            self._is_separated = True
        self._last_is_row = row
        return self._length

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        self._is_separated = False
