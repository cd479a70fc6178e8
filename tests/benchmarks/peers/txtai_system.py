"""txtai: its hybrid embeddings database and its pipeline, which reads the best three passages.

Set up as in its guides to hybrid search and extractive question answering, with defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from txtai import RAG, Embeddings

__all__ = ["indexer", "opened"]


def indexer(models: Path, folder: Path) -> Callable[[Sequence[str]], None]:
    """Return a function that indexes texts and saves the database in a folder."""
    database = Embeddings(path=str(models / "encoder"), hybrid=True, content=True)

    def add(texts: Sequence[str]) -> None:
        database.index(texts)
        database.save(str(folder))

    return add


def opened(models: Path, folder: Path) -> Callable[[str], dict[str, str | None]]:
    """Return a function that answers a question: see `worker`."""
    database = Embeddings()
    database.load(str(folder))
    pipeline = RAG(database, str(models / "reader"), output="flatten")

    def ask(question: str) -> dict[str, str | None]:
        try:
            answer = pipeline(question)
        except TypeError:
            # Its reader raises this error if the model finds no answer.
            answer = None
        return {"given": answer, "best": answer}

    return ask
