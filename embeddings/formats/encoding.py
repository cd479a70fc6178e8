"""The character encoding of text files, and their text with one kind of line end."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TextIO

import charset_normalizer

from embeddings.errors import DocumentError

__all__ = ["encoding_of", "marked_encoding", "open_text", "read_text"]

# Lines that are not UTF-8 tell the most, and a guess takes long on many of them.
_SAMPLE_BYTES = 1 << 16

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def marked_encoding(data: bytes) -> str | None:
    """Name the encoding that a byte order mark declares; the codec named drops the mark."""
    return next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)


def encoding_of(path: Path) -> str:
    """Name a text file's encoding: by its byte order mark, else UTF-8 if it is valid, else a guess.

    Raises:
        DocumentError: the bytes are no text.
    """
    foreign = b""
    with path.open("rb") as stream:
        marked = marked_encoding(stream.read(4))
        if marked is not None:
            return marked
        stream.seek(0)
        for line in stream:
            if b"\0" in line:
                raise DocumentError("is a binary file, not text; give it the ending of its format")
            if len(foreign) < _SAMPLE_BYTES and not _is_utf8(line):
                foreign += line
    return _guessed_encoding(foreign[:_SAMPLE_BYTES]) if foreign else "utf-8"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _guessed_encoding(sample: bytes) -> str:
    matches = charset_normalizer.from_bytes(sample)
    best = matches.best()
    if best is None:
        raise DocumentError("is not text in any known encoding; save it as UTF-8")
    # A short text is often as good in several encodings, and they are listed by the alphabet:
    # the most common one should win then.
    for match in matches:
        level = (match.chaos, match.coherence) == (best.chaos, best.coherence)
        if level and match.encoding == "cp1252":
            return match.encoding
    return best.encoding


def open_text(path: Path) -> TextIO:
    r"""Open a text file for reading line by line; line ends become "\n".

    Raises:
        DocumentError: the bytes are no text.
    """
    return path.open(encoding=encoding_of(path))


def read_text(path: Path) -> str:
    r"""Read a whole text file; line ends become "\n" and a byte order mark is dropped.

    Raises:
        DocumentError: the bytes are no text.
    """
    with open_text(path) as stream:
        return stream.read()
