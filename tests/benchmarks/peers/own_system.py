"""This project with the bundled models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from embeddings import Document, Index
from qa import Assistant

__all__ = ["indexer", "opened"]


def indexer(_: Path, folder: Path) -> Callable[[Sequence[str]], None]:
    """Return a function that indexes texts in a folder."""
    index = Index.open(folder, create=True)

    def add(texts: Sequence[str]) -> None:
        with index:
            index.add(Document(id=str(number), text=text) for number, text in enumerate(texts))

    return add


def opened(_: Path, folder: Path) -> Callable[[str], dict[str, str | None]]:
    """Return a function that answers a question: see `worker`."""
    assistant = Assistant.open(folder)

    def ask(question: str) -> dict[str, str | None]:
        answer = assistant.ask(question, min_score=0.0).answer
        best = None if answer is None else answer.text
        is_given = answer is not None and answer.score >= assistant.min_score
        return {"given": best if is_given else None, "best": best}

    return ask
