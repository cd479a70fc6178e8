"""Warnings about text that does not match what the pages show."""

import re

from embeddings.formats.pdf.ocr import OCR_HINT

_GLUED = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u052f]{25,}")
"""Several words run together."""
_UNKNOWN = re.compile(r"[\ufffd\ue000-\uf8ff]")
_COMMON = re.compile(
    r"\b(?:the|of|and|to|in|is|for|der|die|und|das|ist|de|la|le|et|les|el|en|que|di|il|van|het)\b",
    re.IGNORECASE,
)
_MIN_GLUED, _MIN_UNKNOWN, _MIN_UNMAPPED, _MIN_COMMON = 0.1, 0.05, 0.3, 0.02


def warning_about(text: str, *, pages: int, scanned: int, damaged: int, unmapped: float) -> str:
    """Return a sentence that warns about the text, or "" if it looks right.

    Args:
        text: the text of the whole document.
        pages: number of pages.
        scanned: number of pages that are images whose text was not recognized.
        damaged: number of pages that could not be read.
        unmapped: share of characters whose font has no mapping to Unicode.
    """
    unknown = len(_UNKNOWN.findall(text)) / len(text)
    common = len(_COMMON.findall(text)) / len(text.split())
    glued = sum(map(len, _GLUED.findall(text))) / len(text)
    if unknown > _MIN_UNKNOWN or (unmapped > _MIN_UNMAPPED and common < _MIN_COMMON):
        return "Much of the text is unreadable: its fonts do not map their glyphs to letters."
    if glued > _MIN_GLUED:
        return "Many words run together, so that searches may miss them."
    if damaged:
        return f"{damaged} of {pages} pages are damaged and were left out."
    if scanned:
        return f"{scanned} of {pages} pages are images, probably scanned text; {OCR_HINT}."
    return ""
