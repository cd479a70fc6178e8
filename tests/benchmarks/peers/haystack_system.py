"""Haystack: its store in memory, BM25 and vectors joined by ranks, its extractive reader.

Set up as in its guides to hybrid retrieval and extractive question answering, with defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

__all__ = ["indexer", "opened"]

K = 10


def indexer(models: Path, folder: Path) -> Callable[[Sequence[str]], None]:
    """Return a function that indexes texts and saves the store in a folder."""
    embedder = SentenceTransformersDocumentEmbedder(
        model=str(models / "encoder"), progress_bar=False
    )
    embedder.warm_up()
    folder.mkdir()

    def add(texts: Sequence[str]) -> None:
        store = InMemoryDocumentStore()
        documents = [Document(id=str(number), content=text) for number, text in enumerate(texts)]
        store.write_documents(embedder.run(documents)["documents"])
        store.save_to_disk(str(folder / "store.json"))

    return add


def opened(models: Path, folder: Path) -> Callable[[str], dict[str, str | None]]:
    """Return a function that answers a question: see `worker`."""
    store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
    embedder = SentenceTransformersTextEmbedder(model=str(models / "encoder"), progress_bar=False)
    pipeline = Pipeline()
    pipeline.add_component("embedder", embedder)
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(document_store=store, top_k=K))
    pipeline.add_component("lexical", InMemoryBM25Retriever(document_store=store, top_k=K))
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=K)
    pipeline.add_component("joiner", joiner)
    pipeline.add_component("reader", TransformersExtractiveReader(model=str(models / "reader")))
    pipeline.connect("embedder.embedding", "dense.query_embedding")
    pipeline.connect("dense", "joiner")
    pipeline.connect("lexical", "joiner")
    pipeline.connect("joiner", "reader.documents")
    pipeline.warm_up()

    def ask(question: str) -> dict[str, str | None]:
        query = {"query": question}
        result = pipeline.run({"embedder": {"text": question}, "lexical": query, "reader": query})
        # An answer without data means "no answer".
        answers = [answer.data for answer in result["reader"]["answers"]]
        best = next((text for text in answers if text is not None), None)
        return {"given": answers[0] if answers else None, "best": best}

    return ask
