"""Characters of a PDF page and their positions, from PDFium."""

import ctypes
import math
import re
from collections import deque
from itertools import repeat
from typing import NamedTuple

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

HYPHEN = "\ufffe"
"""Hyphen at the end of a line; PDFium leaves out the line end after it."""
DROPPED = "\u200b"
"""Mark for an index without a character of its own."""

# The code of the circle in TeX's fonts for symbols.
_LONE_RETURN = re.compile(r"\r(?!\n)")

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_UNKNOWN = dict.fromkeys(
    [*range(9), *range(14, 32), *range(127, 160), *range(0xD800, 0xE000)], "\ufffd"
) | dict(zip(range(27, 32), "ﬀﬁﬂﬃﬄ", strict=True))  # ligatures in TeX's fonts without Unicode

_SAMPLED = 20
"""One in so many characters is sampled to measure the share without Unicode."""

# This prototype takes addresses as integers. With PDFium's own prototype, a call takes three times
# as long, and each character needs one call.
_char_box = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    ctypes.cast(pdfium.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
)


class Placement(NamedTuple):
    """Position in points, font size and rotation of a character."""

    x: float
    y: float
    size: float
    """The font size in points."""
    angle: float
    """Rotation in degrees, counter-clockwise."""


class Glyphs:
    """Characters of a page."""

    def __init__(self, page: pypdfium2.PdfTextPage) -> None:
        self._page = page  # keeps the handle below valid
        self._handle = page.raw
        self._placements: dict[int, Placement] = {}
        self._x, self._y, self._matrix = ctypes.c_double(), ctypes.c_double(), pdfium.FS_MATRIX()
        self._name, self._flags = ctypes.create_string_buffer(128), ctypes.c_int()
        count = page.count_chars()
        self.text = _characters(page, count)
        """One character for each of PDFium's indices."""
        self.boxes = np.zeros((count, 4), np.float32)
        """Shape (characters, 4): left, top, right and bottom of the space that the font leaves for
        the character, in points from the lower left corner of the page."""
        handle = ctypes.cast(page.raw, ctypes.c_void_p)
        first = self.boxes.ctypes.data
        targets = range(first, first + 16 * count, 16)
        deque(map(_char_box, repeat(handle), range(count), targets), maxlen=0)
        np.nan_to_num(self.boxes, copy=False)

    def placement(self, index: int) -> Placement:
        """Return position, size and rotation of a character."""
        if index in self._placements:
            return self._placements[index]
        matrix = self._matrix
        pdfium.FPDFText_GetCharOrigin(self._handle, index, self._x, self._y)
        pdfium.FPDFText_GetMatrix(self._handle, index, matrix)
        size: float = pdfium.FPDFText_GetFontSize(self._handle, index)
        size *= math.hypot(matrix.c, matrix.d)
        angle = math.degrees(math.atan2(matrix.b, matrix.a))
        placement = Placement(self._x.value, self._y.value, abs(size), angle)
        if not all(map(math.isfinite, placement)):
            placement = Placement(0, 0, 0, 0)
        self._placements[index] = placement
        return placement

    def font(self, index: int) -> tuple[bytes, int]:
        """Return name and flags (ISO 32000-1, table 123) of a character's font."""
        name, flags = self._name, self._flags
        name.value = b""  # unchanged if the name is longer than the buffer
        pdfium.FPDFText_GetFontInfo(self._handle, index, name, len(name), flags)
        return name.value, flags.value

    def unmapped_share(self) -> float:
        """Return the share of characters whose font has no mapping to Unicode."""
        sample = range(0, len(self.text), _SAMPLED)
        unmapped = sum(
            pdfium.FPDFText_HasUnicodeMapError(self._handle, index) == 1 for index in sample
        )
        return float(unmapped / max(1, len(sample)))


def _characters(page: pypdfium2.PdfTextPage, count: int) -> str:
    text = page.get_text_range() if count > 0 else ""
    if len(text) != count:  # some characters have no Unicode, or more than 16 bits of it
        codes = (pdfium.FPDFText_GetUnicode(page.raw, index) for index in range(count))
        text = _PAIR.sub(
            lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16") + DROPPED,
            "".join(map(chr, codes)),
        )
    text = _LONE_RETURN.sub("\u25ef", text).translate(_UNKNOWN)
    for match in re.finditer(HYPHEN, text):
        index = match.start()
        if pdfium.FPDFText_IsHyphen(page.raw, index) != 1:
            text = f"{text[:index]}\ufffd{text[index + 1 :]}"
    return text
