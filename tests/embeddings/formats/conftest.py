from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from embeddings.formats import html, pdf
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document

Draw = Callable[[Canvas], None]


@pytest.fixture
def save_pdf(tmp_path: Path) -> Callable[..., Path]:
    """Save a PDF whose pages are drawn by functions that take a reportlab canvas."""

    def save(*pages: Draw, **options: object) -> Path:
        path = tmp_path / "a.pdf"
        canvas = Canvas(str(path), pagesize=A4, **options)
        for draw in pages:
            draw(canvas)
            canvas.showPage()
        canvas.save()
        return path

    return save


@pytest.fixture
def read_pdf(save_pdf: Callable[..., Path]) -> Callable[..., Document]:
    """Read a PDF whose pages are drawn by functions that take a reportlab canvas."""

    def read_drawn(*pages: Draw, **options: object) -> Document:
        return pdf.read(save_pdf(*pages), ParseOptions(**options))

    return read_drawn


@pytest.fixture
def write() -> Callable[..., Draw]:
    """Make a function that draws lines of text one below the other."""

    def lines(
        *texts: str,
        x: float = 72,
        y: float = 760,
        font: str = "Helvetica",
        size: float = 11,
        leading: float = 14,
    ) -> Draw:
        def draw(canvas: Canvas) -> None:
            canvas.setFont(font, size)
            for number, text in enumerate(texts):
                canvas.drawString(x, y - number * leading, text)

        return draw

    return lines


@pytest.fixture
def read_page(tmp_path: Path) -> Callable[[str | bytes], Document]:
    """Give a function that reads a page from its source and checks its sections."""

    def read_it(page: str | bytes) -> Document:
        path = tmp_path / "a.html"
        path.write_bytes(page if isinstance(page, bytes) else page.encode())
        document = html.read(path, ParseOptions())
        for section in document.sections:
            words = " ".join(document.text[section.start :].split())
            assert words.startswith(section.heading)
        return document

    return read_it
