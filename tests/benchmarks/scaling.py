"""Search time, memory and recall as an index grows to a million chunks."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from embeddings import Chunking, Document, Index, Vectors, open_encoder
from embeddings.handle import IndexResources
from embeddings.stores.local.store import LocalStore
from tests.benchmarks.synthetic import SyntheticCorpus

__all__ = ["draw_scaling", "measure_scaling"]

K = 10
COSINE_TOLERANCE = 1e-5
"""Largest difference between two computations of the same cosine."""


def measure_scaling(
    documents: Sequence[Document], questions: Sequence[str], sizes: Sequence[int]
) -> Iterator[dict[str, float]]:
    """Grow an index and measure it at each size, in a process of its own.

    If the documents are too few, synthetic ones follow (see `SyntheticCorpus`).

    Args:
        documents: at least two with text.
        questions: at least two; the first one is for warming up.
        sizes: numbers of chunks, ascending.

    Yields:
        For each size: `chunks`; `synthetic`, the share of synthetic chunks; `open_seconds`;
        `first_seconds` of the first search; `p50_ms` and `p95_ms` of the others, including
        encoding the question; `recall` of the vector search against exact search, at 10;
        `mebibytes` of memory, `own_mebibytes` without file pages, and `disk_mebibytes`.
    """
    corpus = SyntheticCorpus(documents, open_encoder())
    encoder = _ExactSearch(corpus, corpus.encode_questions(questions))
    stream, n_chunks = corpus.documents(), 0

    def until(size: int) -> Iterator[Document]:
        nonlocal n_chunks
        while n_chunks < size:
            document = next(stream)
            n_chunks += len(Chunking().split(document))
            yield document

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "index"
        Index.open(folder, create=True).close()
        for size in sizes:
            with Index(IndexResources(LocalStore.open(folder), encoder, Chunking())) as index:
                index.add(until(size))
            # In this process, memory freed after indexing would be counted too.
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                measured = pool.submit(_measure, folder, questions, encoder.tenth_best()).result()
            disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            yield {
                "chunks": n_chunks,
                "synthetic": max(0.0, 1 - corpus.n_chunks / n_chunks),
                **measured,
                "disk_mebibytes": disk / 2**20,
            }


class _ExactSearch:
    """An encoder that keeps the ten highest cosines of each question while documents pass."""

    def __init__(self, encoder: SyntheticCorpus, questions: Vectors) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self.encode_questions = encoder.encode_questions
        self._encoder = encoder
        self._questions = questions
        self._cosines = np.full((len(questions), K), -np.inf, dtype=np.float32)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        vectors = self._encoder.encode_documents(texts)
        cosines = np.concatenate([self._cosines, self._questions @ vectors.T], axis=1)
        self._cosines = np.sort(cosines, axis=1)[:, -K:]
        return vectors

    def tenth_best(self) -> list[float]:
        """Return the tenth highest cosine of each question."""
        return [float(cosine) for cosine in self._cosines[:, 0]]


def _measure(
    folder: Path, questions: Sequence[str], tenth_best: Sequence[float]
) -> dict[str, float]:
    began = time.perf_counter()
    with Index.open(folder) as index:
        opened = time.perf_counter()
        index.search(questions[0], K)
        searched = time.perf_counter()
        milliseconds = []
        for question in questions[1:]:
            start = time.perf_counter()
            index.search(question, K)
            milliseconds.append(1000 * (time.perf_counter() - start))
        memory = _memory()
    # With all weight on the vectors, the hits are those of the vector search.
    with Index.open(folder, dense_weight=1.0) as index:
        found = [
            sum(hit.dense is not None and hit.dense >= least - COSINE_TOLERANCE for hit in hits)
            for hits, least in zip(index.search_many(questions, K), tenth_best, strict=True)
        ]
    return {
        "open_seconds": opened - began,
        "first_seconds": searched - opened,
        "p50_ms": float(np.percentile(milliseconds, 50)),
        "p95_ms": float(np.percentile(milliseconds, 95)),
        "recall": sum(found) / (K * len(found)),
        **memory,
    }


def _memory() -> dict[str, float]:
    """Return the memory of this process in MiB (Linux only)."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    names = {"mebibytes": "VmRSS", "own_mebibytes": "RssAnon"}
    return {name: int(fields[field].split()[0]) / 1024 for name, field in names.items()}


def draw_scaling(measured: Sequence[dict[str, float]], file: Path) -> None:
    """Draw search time, memory and opening time over the number of chunks."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.5), layout="constrained")
    panels = {
        "Search (ms)": ("p50_ms", "p95_ms"),
        "Memory (MiB)": ("own_mebibytes", "mebibytes"),
        "Opening and first search (s)": ("open_seconds", "first_seconds"),
    }
    for axes, (title, names) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        for name in names:
            chunks = [row["chunks"] for row in measured]
            axes.plot(chunks, [row[name] for row in measured], marker="o", label=name)
        axes.set(title=title, xlabel="chunks", xscale="log", ylim=(0, None))
        axes.legend()
    figure.savefig(file)
