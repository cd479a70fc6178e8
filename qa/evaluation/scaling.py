"""How the cost of a search grows with the number of chunks."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np

from embeddings import Chunking, Document, Index, Vectors, open_encoder, open_store
from qa.evaluation.synthetic import SyntheticCorpus

__all__ = ["ScalingPoint", "measure_scaling"]

ScalingPoint: TypeAlias = dict[str, float]

NEAREST = 10
_ROUNDING = 1e-5
"""By how much two computations of one cosine may differ."""


def measure_scaling(
    documents: Sequence[Document], questions: Sequence[str], sizes: Sequence[int]
) -> Iterator[ScalingPoint]:
    """Let an index grow, and measure it at each size in a process of its own.

    Documents that are too few are followed by variants of them, see `SyntheticCorpus`.

    Args:
        documents: at least two with text; all of them are encoded.
        questions: at least two; the first one is not timed with the others.
        sizes: numbers of chunks, ascending.

    Yields:
        For each size: `chunks` that there are, `variants`, their share that no document of yours
        holds; `open_seconds` of the index; `first_seconds` of the first search; `p50_ms` and
        `p95_ms` of the others, with encoding the question; `recall`, the share of the ten nearest
        vectors that the search by vectors finds; `mebibytes` in memory, and how many of them are
        the process's own, `own_mebibytes`: the rest are files that the system can let go of; and
        `disk_mebibytes`.
    """
    variants = SyntheticCorpus(documents, open_encoder())
    nearest = _Nearest(variants, variants.encode_questions(questions))
    growing = _Counted(variants.documents())
    with tempfile.TemporaryDirectory() as folder:
        location = Path(folder) / "index"
        Index.open(location, create=True).close()
        for size in sizes:
            with Index(open_store(location), nearest, chunking=Chunking()) as index:
                index.add(growing.up_to(size))
            # A process of its own: memory that this one has given back would be counted too.
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                measured = pool.submit(_measure, location, questions, nearest.last_scores).result()
            share = max(0.0, 1 - variants.n_chunks / growing.n_chunks)
            disk = sum(path.stat().st_size for path in location.rglob("*") if path.is_file())
            yield {
                "chunks": growing.n_chunks,
                "variants": share,
                **measured,
                "disk_mebibytes": disk / 2**20,
            }


class _Counted:
    """Documents on their way, with a count of the chunks given out."""

    def __init__(self, documents: Iterator[Document]) -> None:
        self._documents = documents
        self.n_chunks = 0

    def up_to(self, n_chunks: int) -> Iterator[Document]:
        while self.n_chunks < n_chunks:
            document = next(self._documents)
            self.n_chunks += len(Chunking().split(document))
            yield document


class _Nearest:
    """An encoder that notes how near the vectors come to some questions."""

    def __init__(self, encoder: SyntheticCorpus, questions: Vectors) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self.encode_questions = encoder.encode_questions
        self._encoder = encoder
        self._questions = questions
        self._scores = np.full((len(questions), NEAREST), -np.inf, dtype=np.float32)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        vectors = self._encoder.encode_documents(texts)
        scores = np.concatenate([self._scores, self._questions @ vectors.T], axis=1)
        self._scores = np.sort(scores, axis=1)[:, -NEAREST:]
        return vectors

    @property
    def last_scores(self) -> list[float]:
        """The least cosine among the ten nearest, for each question."""
        return [float(score) for score in self._scores[:, 0]]


def _measure(
    location: Path, questions: Sequence[str], last_scores: Sequence[float]
) -> ScalingPoint:
    began = time.perf_counter()
    with Index.open(location) as index:
        opened = time.perf_counter()
        index.search(questions[0], NEAREST)
        searched = time.perf_counter()
        times = [_milliseconds(index, question) for question in questions[1:]]
        memory = _memory()
    # With all weight on the vectors, the first hits are those of the search by vectors.
    with Index.open(location, dense_weight=1.0) as index:
        found = [
            sum(hit.dense is not None and hit.dense >= last - _ROUNDING for hit in hits)
            for hits, last in zip(index.search_many(questions, NEAREST), last_scores, strict=True)
        ]
    return {
        "open_seconds": opened - began,
        "first_seconds": searched - opened,
        "p50_ms": float(np.percentile(times, 50)),
        "p95_ms": float(np.percentile(times, 95)),
        "recall": sum(found) / (NEAREST * len(found)),
        **memory,
    }


def _milliseconds(index: Index, question: str) -> float:
    began = time.perf_counter()
    index.search(question, NEAREST)
    return 1000 * (time.perf_counter() - began)


def _memory() -> ScalingPoint:
    """Read how much memory this process holds now; Linux tells it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    names = {"mebibytes": "VmRSS", "own_mebibytes": "RssAnon"}
    return {name: int(fields[field].split()[0]) / 1024 for name, field in names.items()}
