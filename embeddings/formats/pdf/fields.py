"""Filled form fields of a PDF, and free-text annotations."""

import ctypes
import re
from collections.abc import Callable, Iterator

import pypdfium2
import pypdfium2.raw as pdfium

_INDEX = re.compile(r"\[\d+\]$")
_BUTTONS = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_WITHOUT_TEXT = (pdfium.FPDF_FORMFIELD_PUSHBUTTON, pdfium.FPDF_FORMFIELD_SIGNATURE)


def field_texts(pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> Iterator[str]:
    """Yield `name: value` for each filled field of a page, and the text of each annotation.

    `pypdfium2.PdfTextPage` has neither. `pdf.init_forms` must have been called.
    """
    seen = set()  # each button of a group has the value of the group
    for index in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            text = _text(pdf, annotation)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
        if text and text not in seen:
            seen.add(text)
            yield text


def _text(pdf: pypdfium2.PdfDocument, annotation: object) -> str:
    subtype = pdfium.FPDFAnnot_GetSubtype(annotation)
    if subtype == pdfium.FPDF_ANNOT_FREETEXT:
        return _string(
            lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(
                annotation, b"Contents", buffer, size
            )
        )
    if subtype != pdfium.FPDF_ANNOT_WIDGET or pdf.formenv is None:
        return ""
    form = pdf.formenv.raw
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in _WITHOUT_TEXT:
        return ""

    def value_of(get: Callable[..., int]) -> str:
        return _string(lambda buffer, size: get(form, annotation, buffer, size))

    value = value_of(pdfium.FPDFAnnot_GetFormFieldValue)
    if not value or (kind in _BUTTONS and value == "Off"):
        return ""
    name = value_of(pdfium.FPDFAnnot_GetFormFieldAlternateName)
    name = name or _INDEX.sub("", value_of(pdfium.FPDFAnnot_GetFormFieldName).rsplit(".", 1)[-1])
    return f"{name.rstrip(':')}: {value}" if name else value


def _string(get: Callable[[object, int], int]) -> str:
    """Call a PDFium function that fills a buffer with UTF-16 text and returns its size."""
    size = get(None, 0)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    get(buffer, size)
    return " ".join(bytes(buffer)[: max(0, size - 2)].decode("utf-16-le", "replace").split())
