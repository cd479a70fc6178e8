"""txtai: its hybrid embeddings database, and its pipeline that joins the best three and reads once.

As in its guides to hybrid search and to extractive question answering, at their defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from txtai import RAG, Embeddings

__all__ = ["indexer", "opened"]


def indexer(models: Path, folder: Path) -> Callable[[Sequence[str]], None]:
    """Load the encoder; the database is saved."""
    embeddings = Embeddings(path=str(models / "encoder"), hybrid=True, content=True)

    def index(texts: Sequence[str]) -> None:
        embeddings.index(texts)
        embeddings.save(str(folder))

    return index


def opened(models: Path, folder: Path) -> Callable[[str], dict[str, str | None]]:
    """Open the database and the pipeline."""
    embeddings = Embeddings()
    embeddings.load(str(folder))
    pipeline = RAG(embeddings, str(models / "reader"), output="flatten")

    def ask(question: str) -> dict[str, str | None]:
        try:
            answer = pipeline(question)
        except TypeError:
            # Its reader cannot say that a model points at no word of the context: it fails.
            answer = None
        return {"given": answer, "best": answer}

    return ask
