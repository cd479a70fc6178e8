"""Haystack: its store in memory, BM25 and vectors joined by ranks, its extractive reader.

As in its guides to hybrid retrieval and to extractive question answering, at their defaults.
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

_K = 10


def indexer(models: Path, folder: Path) -> Callable[[Sequence[str]], None]:
    """Load the encoder; the store is kept as a file."""
    embedder = SentenceTransformersDocumentEmbedder(
        model=str(models / "encoder"), progress_bar=False
    )
    embedder.warm_up()
    folder.mkdir()

    def index(texts: Sequence[str]) -> None:
        store = InMemoryDocumentStore()
        documents = [Document(id=str(number), content=text) for number, text in enumerate(texts)]
        store.write_documents(embedder.run(documents)["documents"])
        store.save_to_disk(str(folder / "store.json"))

    return index


def opened(models: Path, folder: Path) -> Callable[[str], dict[str, str | None]]:
    """Open the store and join the pipeline."""
    store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
    embedder = SentenceTransformersTextEmbedder(model=str(models / "encoder"), progress_bar=False)
    pipeline = Pipeline()
    pipeline.add_component("embedder", embedder)
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(document_store=store, top_k=_K))
    pipeline.add_component("lexical", InMemoryBM25Retriever(document_store=store, top_k=_K))
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=_K)
    pipeline.add_component("joiner", joiner)
    pipeline.add_component("reader", TransformersExtractiveReader(model=str(models / "reader")))
    pipeline.connect("embedder.embedding", "dense.query_embedding")
    pipeline.connect("dense", "joiner")
    pipeline.connect("lexical", "joiner")
    pipeline.connect("joiner", "reader.documents")
    pipeline.warm_up()

    def ask(question: str) -> dict[str, str | None]:
        asked = {"text": question}
        query = {"query": question}
        result = pipeline.run({"embedder": asked, "lexical": query, "reader": query})
        # One of them has no words: that there is none.
        answers = [answer.data for answer in result["reader"]["answers"]]
        best = next((words for words in answers if words is not None), None)
        return {"given": answers[0] if answers else None, "best": best}

    return ask
