"""Word files (docx): paragraphs and tables in the order of the document."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn

from embeddings.errors import DocumentError
from embeddings.types import Document

__all__ = ["read"]

_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_TITLE_STYLES = frozenset({"Title", "Heading 1"})
_TITLE_PARAGRAPHS = 20

# The template that python-docx starts new files from was made then; it says nothing of the file.
_TEMPLATE_DATE = datetime.date(2013, 12, 23)

_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_RUN, _TEXT = qn("w:r"), qn("w:t")
_SIGNS = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
# Text that stands elsewhere too: a second form of a text box, and where moved text was.
_COPIES = (
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    qn("w:moveFrom"),
)


def read(path: Path, max_expanded_bytes: int) -> Document:
    r"""Read a Word file; paragraphs end with "\n", cells of a table row are joined by " | ".

    Raises:
        DocumentError: it is encrypted, or its parts come to more than `max_expanded_bytes`.
    """
    _check_container(path, max_expanded_bytes)
    document = docx.Document(str(path))
    text = "\n".join(_lines(document.element.body)).strip("\n")
    properties = document.core_properties
    title = properties.title if properties.title else _heading(document)
    created = properties.created.date() if properties.created is not None else None
    return Document(
        id="",
        text=text,
        title=" ".join(title.split()),
        date=None if created == _TEMPLATE_DATE else created,
        metadata={"author": properties.author} if properties.author else {},
    )


def _check_container(path: Path, max_expanded_bytes: int) -> None:
    with path.open("rb") as stream:
        if stream.read(len(_OLE_MAGIC)) == _OLE_MAGIC:
            raise DocumentError(
                "is an encrypted or an old Word file; save a copy of it as .docx, without password"
            )
    # The sizes stated bind: no part is read beyond its own.
    with zipfile.ZipFile(path) as container:
        expanded = sum(part.file_size for part in container.infolist())
    if expanded > max_expanded_bytes:
        raise DocumentError(
            f"expands to {expanded:,} bytes, more than the {max_expanded_bytes:,} allowed; "
            "raise max_file_bytes to read it"
        )


def _lines(container: Any) -> Iterator[str]:
    """Walk the XML itself: python-docx leaves out insertions, content controls and text boxes."""
    for element in container:
        if element.tag == _PARAGRAPH:
            yield _paragraph(element)
        elif element.tag == _TABLE:
            for row in _own(element, _ROW):
                cells = (" ".join(" ".join(_lines(cell)).split()) for cell in _own(row, _CELL))
                yield " | ".join(cells)
        elif element.tag not in _COPIES:
            yield from _lines(element)


def _own(parent: Any, tag: str) -> Iterator[Any]:
    """Find the rows of a table or the cells of a row, without those of tables inside it."""
    return (each for each in parent.iter(tag) if next(each.iterancestors(parent.tag)) is parent)


def _paragraph(paragraph: Any) -> str:
    parts: list[str] = []
    home = paragraph  # a paragraph of a text box stands inside the run that anchors it
    for run in paragraph.iter(_RUN):
        if next(run.iterancestors(*_COPIES), None) is not None:
            continue
        previous, home = home, next(run.iterancestors(_PARAGRAPH))
        if parts and home is not previous:
            parts.append("\n")
        for element in run:
            if element.tag == _TEXT:
                parts.append(element.text if element.text is not None else "")
            elif element.tag in _SIGNS:
                parts.append(_SIGNS[element.tag])
    return "".join(parts)


def _heading(document: Any) -> str:
    titles = (
        paragraph.text
        for paragraph in document.paragraphs[:_TITLE_PARAGRAPHS]
        if paragraph.style.name in _TITLE_STYLES
    )
    return next(filter(str.strip, titles), "")
