"""Formats of the past that are refused with a message that says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions

__all__ = ["refuse_powerpoint", "refuse_word"]


def refuse_word(_path: Path, _options: ParseOptions) -> NoReturn:
    """Refuse a .doc file.

    Raises:
        DocumentError: always.
    """
    raise DocumentError("is in the old Word format: save it as .docx and add it again")


def refuse_powerpoint(_path: Path, _options: ParseOptions) -> NoReturn:
    """Refuse a .ppt file.

    Raises:
        DocumentError: always.
    """
    raise DocumentError("is in the old PowerPoint format: save it as .pptx and add it again")
