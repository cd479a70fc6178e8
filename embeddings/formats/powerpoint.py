"""PowerPoint files (pptx): a page and a section for each slide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embeddings.errors import DocumentError
from embeddings.formats.equations import MATH, equation_text
from embeddings.formats.ooxml import OfficePackage
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.text_builder import TextBuilder
from embeddings.formats.zip_package import ZipPackage
from embeddings.types import Document

__all__ = ["read"]

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TITLES = frozenset({"title", "ctrTitle"})
_REPEATED = frozenset({"sldNum", "ftr", "hdr", "dt", "sldImg"})
"""Placeholders that show the same on every slide."""


def read(path: Path, options: ParseOptions) -> Document:
    """Read a presentation: the title, the text, the tables and the notes of each slide.

    Raises:
        DocumentError: it is encrypted, or has more slides or text than `options` allow.
    """
    with ZipPackage.open(path, options) as zip_package:
        package = OfficePackage(zip_package)
        slides = list(_slides(package))
        if len(slides) > options.max_file_pages:
            raise DocumentError(
                f"has {len(slides):,} slides, more than the {options.max_file_pages:,} allowed; "
                "raise max_file_pages to read it"
            )
        builder = TextBuilder()
        for number, part in enumerate(slides, start=1):
            builder.add_page()
            _add_slide(builder, package, part, number)
        properties = package.properties()
        first = builder.sections[0].heading if builder.sections else ""
        return builder.document(
            title=properties.title
            if properties.title not in ("", "PowerPoint Presentation")
            else first,
            metadata={
                "author": properties.author,
                "created": properties.created,
                "pages": len(slides),
            },
        )


def _slides(package: OfficePackage) -> Iterator[str]:
    """List the parts of the slides in the order in which they are shown."""
    main = package.main_part("ppt/presentation.xml")
    targets = package.targets(main)
    root = package.xml(main)
    for slide in () if root is None else root.iter(_P + "sldId"):
        target = targets.get(slide.get(_R + "id", ""))
        if target is not None:
            yield target[1]


def _add_slide(builder: TextBuilder, package: OfficePackage, part: str, number: int) -> None:
    root = package.xml(part)
    if root is None:
        return
    shapes = [shape for shape in root.iter(_P + "sp", _A + "tbl") if not _is_fallback(shape)]
    titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
    title = " ".join(text for shape in titles for text in _paragraphs(shape))
    builder.add_section(title if title else f"Slide {number}")
    builder.add(title)
    for shape in shapes:
        if shape.tag == _A + "tbl":
            _add_table(builder, shape)
        elif shape not in titles and _placeholder(shape) not in _REPEATED:
            for text in _paragraphs(shape):
                builder.add(text)
    for diagram in package.related(part, "diagramData"):
        data = package.xml(diagram)
        for text in () if data is None else _paragraphs(data):
            builder.add(text)
    for notes in package.related(part, "notesSlide"):
        _add_notes(builder, package.xml(notes))


def _add_table(builder: TextBuilder, table: Any) -> None:
    for row in table.iter(_A + "tr"):
        cells = [" ".join(" ".join(_paragraphs(cell)).split()) for cell in row.iter(_A + "tc")]
        if any(cells):
            builder.add(" | ".join(cells), row=True)


def _add_notes(builder: TextBuilder, root: Any | None) -> None:
    for shape in () if root is None else root.iter(_P + "sp"):
        if _placeholder(shape) == "body":
            for text in _paragraphs(shape):
                builder.add(text)


def _is_fallback(shape: Any) -> bool:
    return next(shape.iterancestors(_FALLBACK), None) is not None


def _placeholder(shape: Any) -> str:
    """Return the kind of a placeholder, such as "title"; "" for any other shape."""
    found = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return found.get("type", "body") if found is not None else ""


def _paragraphs(shape: Any) -> Iterator[str]:
    for paragraph in shape.iter(_A + "p"):
        parts: list[str] = []
        for element in paragraph.iter(_A + "t", _A + "br", _A + "tab", MATH + "oMath"):
            if element.tag == _A + "t":
                parts.append(element.text or "")
            elif element.tag == MATH + "oMath":
                parts.append(equation_text(element))
            else:
                parts.append("\n" if element.tag == _A + "br" else "\t")
        text = "".join(parts).strip()
        if text:
            yield text
