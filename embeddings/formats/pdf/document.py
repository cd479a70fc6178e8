"""Parser for PDF files."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from embeddings.dates import parse_date, stated_value
from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.pdf.assembly import assemble_text
from embeddings.formats.pdf.fields import next_to_labels, page_with_fields
from embeddings.formats.pdf.glyphs import Glyphs
from embeddings.formats.pdf.headings import OutlineEntry, mark_headings, title_on_page
from embeddings.formats.pdf.lines import Line
from embeddings.formats.pdf.ocr import OCR_HINT, is_scanned, recognize
from embeddings.formats.pdf.paragraphs import body_size, flow_lines, mark_continuations
from embeddings.formats.pdf.quality import warning_about
from embeddings.formats.pdf.reading_order import lines_in_order
from embeddings.formats.pdf.row_reader import read_rows
from embeddings.formats.pdf.running_heads import remove_running_heads
from embeddings.types import Document, MetadataValue, Section

logging.getLogger("pypdfium2").setLevel(logging.CRITICAL)

_MAX_OUTLINE_ENTRIES = 10_000


def read(path: Path, options: ParseOptions) -> Document:
    """Read a PDF.

    `metadata["warning"]` is a sentence about text that looks wrong, if any does.
    """
    with open_pdf(path) as pdf:
        options.check_pages(len(pdf), "pages")
        contents = list(_contents(pdf, options))
        outline = list(_outline(pdf))
        info = {key: " ".join(text.split()) for key, text in pdf.get_metadata_dict().items()}
    lines = [content.lines for content in contents]
    size = body_size(lines)
    letterhead = remove_running_heads(lines, size)
    pages = [flow_lines([line for line in page if line.text]) for page in lines]
    title = stated_value(info.get("Title", ""))
    title = title or title_on_page(pages[0], size)
    headings = mark_headings(pages, outline, size)
    mark_continuations(pages, size)
    text, starts = assemble_text(letterhead, pages)
    if not text:
        hint = "OCR found none" if options.ocr else f"probably scanned pages; {OCR_HINT}"
        raise DocumentError(f"is a PDF without text: {hint}")
    described: dict[str, MetadataValue] = {
        "pages": len(pages),
        "author": stated_value(info.get("Author", "")),
        "created": str(parse_date(info.get("CreationDate", "")[2:10]) or ""),
        "warning": warning_about(
            text,
            pages=len(pages),
            scanned=sum(content.is_scanned for content in contents),
            damaged=sum(content.is_damaged for content in contents),
            unmapped=sum(content.unmapped for content in contents) / len(contents),
        ),
    }
    sections = (Section(one.text, one.level, one.first.start) for one in headings)
    return Document(
        id="",
        text=text,
        title=title,
        metadata={name: value for name, value in described.items() if value},
        sections=tuple(sorted(sections, key=lambda section: section.start)),
        pages=tuple(starts),
    )


def open_pdf(path: Path) -> pypdfium2.PdfDocument:
    """Open a PDF.

    Raises:
        DocumentError: it is encrypted or damaged.
    """
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise DocumentError("is an encrypted PDF; save a copy without the password") from error
        raise DocumentError("cannot be read: it is damaged, or not a PDF") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """Content of a page."""

    lines: list[Line] = field(default_factory=list)
    is_damaged: bool = False
    """Whether the page cannot be read."""
    is_scanned: bool = False
    """Whether the page is an image whose text was not recognized."""
    unmapped: float = 0
    """Share of characters whose font has no mapping to Unicode."""


def _contents(pdf: pypdfium2.PdfDocument, options: ParseOptions) -> Iterator[_Content]:
    pdf.init_forms()
    characters = 0
    for number in range(len(pdf)):
        try:
            page, ticks = page_with_fields(pdf, number)
            text_page = page.get_textpage()
        except pypdfium2.PdfiumError:
            yield _Content(is_damaged=True)
            continue
        characters += text_page.count_chars()
        options.check_bytes(characters, "expands to")  # pages can share their content
        glyphs = Glyphs(text_page)
        rows = read_rows(glyphs)
        if ticks is not None:
            rows = next_to_labels([*rows, *ticks])
        is_picture = is_scanned(page, rows)
        if is_picture and options.ocr:
            rows = recognize(page, options.max_file_seconds)
        yield _Content(
            lines=lines_in_order(rows),
            is_scanned=is_picture and not options.ocr,
            unmapped=glyphs.unmapped_share(),
        )
        text_page.close()
        page.close()


def _outline(pdf: pypdfium2.PdfDocument) -> Iterator[OutlineEntry]:
    for bookmark in islice(pdf.get_toc(), _MAX_OUTLINE_ENTRIES):
        title = " ".join(bookmark.get_title().split())
        target = bookmark.get_dest()
        page = target.get_index() if target is not None else None
        if title and page is not None:
            mode, position = target.get_view()
            at = {pdfium.PDFDEST_VIEW_XYZ: 1, pdfium.PDFDEST_VIEW_FITH: 0}.get(mode)
            y = position[at] if at is not None and at < len(position) else None
            yield OutlineEntry(title, bookmark.level + 1, page, y)
