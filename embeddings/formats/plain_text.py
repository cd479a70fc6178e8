"""Plain text files: dated news with its header, or any other text."""

from __future__ import annotations

from pathlib import Path

from embeddings.dates import dateline, leading_date, leading_title, news_header
from embeddings.formats.encoding import read_text
from embeddings.types import Document

__all__ = ["read"]


def read(path: Path) -> Document:
    """Read a text file; its text stays whole, header and all."""
    text = read_text(path)
    header = news_header(text)
    city = dateline(text)
    return Document(
        id="",
        text=text,
        title=header.title if header else leading_title(text),
        date=header.date if header else leading_date(text),
        metadata={"dateline": city} if city else {},
    )
