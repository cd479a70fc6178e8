"""PDF files: the text of their pages, with the lines of paragraphs put together again."""

from __future__ import annotations

import datetime
import logging
import re
from collections.abc import Iterator
from pathlib import Path

from pypdf import DocumentInformation, PasswordType, PdfReader

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document, MetadataValue

__all__ = ["read"]

# Faults that it repairs by itself are no news for the user; the others are raised.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_NO_TITLES = frozenset({"", "untitled", "anonymous", "(anonymous)", "unspecified"})
_LIST_ITEM = re.compile(r"[•‣▪●–*-]\s|\(?\d{1,3}[.)]\s")

# Lines shorter than this part of the page's usual width end a paragraph; below the least width it
# is a list or a table.
_FULL_LINE = 0.7
_LEAST_WIDTH = 40


def read(path: Path, reading: ParseOptions) -> Document:
    r"""Read a PDF; pages are parted by "\n\n".

    Raises:
        DocumentError: it is encrypted with a password, no page has text, or it has more pages or
            text than `reading` allows.
    """
    with path.open("rb") as stream:
        reader = PdfReader(stream)
        if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
            raise DocumentError("is an encrypted PDF; save a copy of it without the password")
        pages = list(_pages(reader, reading))
        info = reader.metadata
    text = "\n\n".join(page for page in pages if page)
    if not text:
        raise DocumentError("is a PDF without text, probably scanned pages; run OCR on it first")
    metadata: dict[str, MetadataValue] = {"pages": len(pages)}
    author = _stated(info.author) if info is not None else ""
    if author:
        metadata["author"] = author
    title = _stated(info.title) if info is not None else ""
    return Document(
        id="",
        text=text,
        title=title.removeprefix("Microsoft Word - "),
        date=_creation_date(info) if info is not None else None,
        metadata=metadata,
    )


def _pages(reader: PdfReader, reading: ParseOptions) -> Iterator[str]:
    count = len(reader.pages)
    if count > reading.max_file_pages:
        raise DocumentError(
            f"has {count:,} pages, more than the {reading.max_file_pages:,} allowed; "
            "raise max_file_pages to read it"
        )
    characters = 0
    for page in reader.pages:
        text = _rejoined(page.extract_text())
        characters += len(text)
        if characters > reading.max_file_bytes:  # pages can share their content
            raise DocumentError(
                f"expands to more text than the {reading.max_file_bytes:,} bytes allowed; "
                "raise max_file_bytes to read it"
            )
        yield text


def _rejoined(page: str) -> str:
    """Put the lines of each paragraph together; a hyphen goes where the word goes on in small."""
    lines = [line.strip() for line in page.split("\n")]
    lengths = sorted(len(line) for line in lines if line)
    width = max(_LEAST_WIDTH, lengths[len(lengths) * 9 // 10]) if lengths else _LEAST_WIDTH
    parts: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        goes_on = following[:1].islower()
        if goes_on and re.search(r"[^\W\d_][-\u00ad\u2010]$", line):
            parts.append(line[:-1])
        elif goes_on or (
            following and len(line) >= _FULL_LINE * width and not _LIST_ITEM.match(following)
        ):
            parts.append(f"{line} " if line else "")
        else:
            parts.append(f"{line}\n")
    return re.sub(r"\n{3,}", "\n\n", "".join(parts)).strip()


def _stated(value: str | None) -> str:
    text = " ".join(value.split()) if value is not None else ""
    return "" if text.lower() in _NO_TITLES else text


def _creation_date(info: DocumentInformation) -> datetime.date | None:
    try:
        created = info.creation_date
    except ValueError:  # not in the form that the standard asks for
        return None
    return created.date() if created is not None else None
