from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings.formats.html import read
from embeddings.types import Document


@pytest.fixture
def read_page(tmp_path: Path) -> Callable[[str | bytes], Document]:
    """Give a function that reads a page from its source and checks its sections."""

    def read_it(page: str | bytes) -> Document:
        path = tmp_path / "a.html"
        path.write_bytes(page if isinstance(page, bytes) else page.encode())
        document = read(path)
        for section in document.sections:
            words = " ".join(document.text[section.start :].split())
            assert words.startswith(section.heading)
        return document

    return read_it
