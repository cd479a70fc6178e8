"""The assistant itself, as its users use it, in a process like those of other systems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from embeddings import Document, Index
from qa.assistant import Assistant

__all__ = ["indexer", "opened"]


def indexer(_: Path, folder: Path) -> Callable[[Sequence[str]], None]:
    """Open a new index with the bundled encoder; each text is a document."""
    opened = Index.open(folder, create=True)

    def index(texts: Sequence[str]) -> None:
        with opened:
            opened.add(Document(id=str(number), text=text) for number, text in enumerate(texts))

    return index


def opened(_: Path, folder: Path) -> Callable[[str], dict[str, Any]]:
    """Open the assistant with the bundled models."""
    assistant = Assistant.open(folder)

    def ask(question: str) -> dict[str, Any]:
        reply = assistant.ask(question)
        given = None if reply.answer is None else reply.answer.text
        return {"given": given, "seconds": dict(reply.seconds)}

    return ask
