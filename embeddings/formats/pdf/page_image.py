"""Image of a PDF page with a quotation highlighted."""

import io
import math
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image

from embeddings.formats.pdf.document import open_pdf
from embeddings.formats.pdf.glyphs import Glyphs
from embeddings.types import PageImage

_PIXELS_PER_POINT = 2.0
_MAX_PIXELS = 4_000_000
_LONGEST_SIDE = 6000
"""Maximum length of each side of the image, in pixels."""
_HIGHLIGHT = (255, 236, 120)
"""Red, green and blue; the page is multiplied by it, so that text stays readable."""
_PADDING = 2
"""Pixels around a highlighted rectangle."""
_SHORTEST_PART = 12
"""Minimum number of letters and digits in a part of a quotation that is searched for alone."""

_Range: TypeAlias = tuple[int, int]
"""Half-open range of indices."""


def render_page(path: Path, number: int, quotation: str, position: float) -> PageImage | None:
    """Render a page as PNG.

    Args:
        path: a PDF file.
        number: the page, from 1.
        quotation: text to highlight; empty for none. White space and punctuation do not matter.
        position: where the quotation is expected on the page, 0 (start) to 1 (end): decides
            between several places.

    Returns:
        The image, without a highlight if the quotation is not found; None if the page does
        not exist.

    Raises:
        DocumentError: the file is encrypted or damaged.
    """
    with open_pdf(path) as pdf:
        if not 1 <= number <= len(pdf):
            return None
        pdf.init_forms()
        page = pdf[number - 1]
        width, height = page.get_size()
        scale = min(
            _PIXELS_PER_POINT,
            math.sqrt(_MAX_PIXELS / max(width * height, 1)),
            _LONGEST_SIDE / max(width, height, 1),
        )
        bitmap = page.render(scale=scale, rev_byteorder=True)
        pixels: NDArray[np.uint8] = bitmap.to_numpy()
        rectangles = list(_rectangles(page, bitmap, quotation, position))
        for left, top, right, bottom in rectangles:
            area = pixels[top:bottom, left:right]
            area[...] = area.astype(np.uint16) * np.array(_HIGHLIGHT, np.uint16) // 255
        image = io.BytesIO()
        # Level 3 takes two thirds of the time of the default level, and pages of text are smaller.
        Image.fromarray(pixels).save(image, "PNG", compress_level=3)
        start = next(((x / bitmap.width, y / bitmap.height) for x, y, *_ in rectangles), None)
        return PageImage(image.getvalue(), start)


def _rectangles(
    page: pypdfium2.PdfPage, bitmap: pypdfium2.PdfBitmap, quotation: str, position: float
) -> Iterator[tuple[int, int, int, int]]:
    """Find the lines of a quotation; yield (left, top, right, bottom) in pixels, half-open."""
    if not quotation:
        return
    text_page = page.get_textpage()
    converter = bitmap.get_posconv(page)
    for start, end in _find(Glyphs(text_page).text, quotation, position):
        for number in range(text_page.count_rects(start, end - start)):
            left, bottom, right, top = text_page.get_rect(number)
            # A rotated page swaps the corners.
            xs, ys = zip(
                converter.to_bitmap(left, bottom), converter.to_bitmap(right, top), strict=True
            )
            yield (
                max(min(xs) - _PADDING, 0),
                max(min(ys) - _PADDING, 0),
                max(max(xs) + _PADDING, 0),
                max(max(ys) + _PADDING, 0),
            )


def _find(text: str, quotation: str, position: float) -> list[_Range]:
    """Find a quotation in the text of a page; return the ranges of its parts.

    A quotation can be interrupted on the page, such as by a footnote, so its longest parts are
    searched for. If they are less than half of the quotation, nothing is returned.
    """
    page, indices = _letters(text)
    wanted, _ = _letters(quotation)
    shortest = min(_SHORTEST_PART, len(wanted))
    ranges = []
    start = found = 0
    while start < len(wanted):
        if wanted[start : start + shortest] not in page or start + shortest > len(wanted):
            start += 1
            continue
        length = _longest_prefix(wanted[start:], page)
        expected = position * len(page) + start
        first = min(
            _occurrences(wanted[start : start + length], page),
            key=lambda place: (
                _splits_words(text, indices, place, length),
                abs(place - expected),
            ),
        )
        ranges.append((indices[first], indices[first + length - 1] + 1))
        start += length
        found += length
    return ranges if 2 * found >= len(wanted) else []


def _letters(text: str) -> tuple[str, list[int]]:
    """Return the letters and digits of a text in one case, and the index of each in the text."""
    letters, indices = [], []
    for index, character in enumerate(text):
        for letter in unicodedata.normalize("NFKC", character).casefold():
            if letter.isalnum():
                letters.append(letter)
                indices.append(index)
    return "".join(letters), indices


def _longest_prefix(text: str, page: str) -> int:
    """Return the length of the longest start of a text that the page contains."""
    return bisect_right(range(1, len(text) + 1), False, key=lambda n: text[:n] not in page)


def _occurrences(part: str, page: str) -> Iterator[int]:
    place = page.find(part)
    while place >= 0:
        yield place
        place = page.find(part, place + 1)


def _splits_words(text: str, indices: list[int], place: int, length: int) -> bool:
    """Return whether a match starts or ends inside a word."""
    start, end = indices[place], indices[place + length - 1] + 1
    return text[max(start - 1, 0) : start].isalnum() or text[end : end + 1].isalnum()
