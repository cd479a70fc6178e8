"""How files are read: what limits them, and where rows have their fields."""

from __future__ import annotations

from dataclasses import dataclass, field

from embeddings.formats.rows import Fields

__all__ = ["Reading"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How files are read."""

    max_file_bytes: int = 100_000_000
    """A larger file is refused, and one that expands to more."""
    max_file_seconds: float = 60
    """A PDF, Word, HTML or Markdown file that takes longer is given up. The other formats are read
    in time that grows with their size alone."""
    max_file_memory_bytes: int = 2_000_000_000
    """Such a file that takes more memory is given up, where the system can tell (not on Windows and
    macOS)."""
    max_file_pages: int = 10_000
    """A PDF of more pages is refused."""
    ocr: bool = False
    """Whether the text of scanned PDF pages is recognised, which needs Tesseract."""
    fields: Fields = field(default_factory=Fields)
    """Where the rows of csv, json and jsonl files have text, title, date and id."""
