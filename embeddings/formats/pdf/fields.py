"""Filled form fields and free-text annotations of a PDF, which are not part of a page's text."""

from collections.abc import Sequence
from dataclasses import replace

import pypdfium2
import pypdfium2.raw as pdfium

from embeddings.formats.pdf.lines import Row, Word

_TICK = "☒"
_BOXES = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_DRAWN = (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT)
_SAME_ROW = 0.6
"""Maximum distance of the baselines of a label and its field, as a share of the font size."""


def page_with_fields(
    pdf: pypdfium2.PdfDocument, number: int
) -> tuple[pypdfium2.PdfPage, list[Row] | None]:
    """Load a page and draw its fields and annotations into it. Call `pdf.init_forms` first.

    Returns:
        The page, and a row for each ticked box of its form; None if it has no form.

    Raises:
        PdfiumError: the page is damaged.
    """
    page = pdf[number]
    form = pdf.formenv.raw if pdf.formenv is not None else None
    kinds, ticks = set(), []
    for index in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        kinds.add(pdfium.FPDFAnnot_GetSubtype(annotation))
        field = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
        if field in (*_BOXES, pdfium.FPDF_FORMFIELD_PUSHBUTTON):
            pdfium.FPDFAnnot_SetFlags(annotation, pdfium.FPDF_ANNOT_FLAG_HIDDEN)
        if field in _BOXES and pdfium.FPDFAnnot_IsChecked(form, annotation):
            area = pdfium.FS_RECTF()
            pdfium.FPDFAnnot_GetRect(annotation, area)
            word = Word(_TICK, area.left, area.right, is_spaced=True)
            ticks.append(Row(words=[word], y=area.bottom, size=area.top - area.bottom))
        pdfium.FPDFPage_CloseAnnot(annotation)
    if not kinds.isdisjoint(_DRAWN):
        pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY)
        page.close()
        page = pdf[number]
    return page, ticks if pdfium.FPDF_ANNOT_WIDGET in kinds else None


def next_to_labels(rows: Sequence[Row]) -> list[Row]:
    """Join the rows of a form that share a baseline, because fields are drawn after all labels."""
    joined: list[Row] = []
    for row in sorted(rows, key=lambda row: -row.y):
        if joined and joined[-1].y - row.y < _SAME_ROW * joined[-1].size:
            words = sorted([*joined[-1].words, *row.words], key=lambda word: word.x0)
            joined[-1] = replace(joined[-1], words=words)
        else:
            joined.append(row)
    return joined
