"""OCR of scanned pages with Tesseract."""

import math

import pypdfium2
import pypdfium2.raw as pdfium

from embeddings.errors import DocumentError
from embeddings.formats.pdf.glyphs import Glyphs
from embeddings.formats.pdf.lines import Row
from embeddings.formats.pdf.row_reader import read_rows

OCR_HINT = "for OCR, install Tesseract and document-qa-assistant[ocr], and set QA_OCR=true"
_DOTS_PER_POINT = 300 / 72
_MAX_PIXELS = 25_000_000
_FEW_WORDS = 10
"""Maximum number of words of text on a scanned page, such as a stamp of the scanning program."""


def is_scanned(page: pypdfium2.PdfPage, rows: list[Row]) -> bool:
    """Return whether a page is an image with hardly any text."""
    if sum(len(row.words) for row in rows) > _FEW_WORDS:
        return False
    width, height = page.get_size()
    for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        if (right - left) * (top - bottom) > width * height / 2:
            return True
    return False


def recognize(page: pypdfium2.PdfPage, seconds: float) -> list[Row]:
    """Recognize the rows of text in the image of a page within a time limit.

    Raises:
        DocumentError: Tesseract is missing, or it failed.
    """
    try:
        import pytesseract
    except ImportError as error:
        raise DocumentError(f"has scanned pages; {OCR_HINT}") from error
    width, height = page.get_size()
    scale = min(_DOTS_PER_POINT, math.sqrt(_MAX_PIXELS / (width * height)))
    image = page.render(scale=scale, grayscale=True).to_pil()
    try:
        # Tesseract's PDF has the recognized words at their places on the image.
        found = pytesseract.image_to_pdf_or_hocr(
            image, config=f"--dpi {round(72 * scale)}", timeout=seconds
        )
    except pytesseract.TesseractNotFoundError as error:
        raise DocumentError(f"has scanned pages; {OCR_HINT}") from error
    except (pytesseract.TesseractError, RuntimeError) as error:
        raise DocumentError(f"has scanned pages that Tesseract cannot read: {error}") from error
    return read_rows(Glyphs(pypdfium2.PdfDocument(found)[0].get_textpage()))
