"""How fast the assistant is, measured on documents and questions of one's own."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embeddings import Chunking, Document, Encoder, Index, SettingsError, open_encoder
from qa.assistant import Assistant
from qa.reader.reader import Reader
from qa.reader.windows import ReaderInput

__all__ = ["measure_indexing", "measure_questions", "measure_reading", "measure_start"]

_SLICE_DOCUMENTS = 100
_REPEATS = 5


def measure_indexing(documents: Sequence[Document], *, against: str | None) -> dict[str, float]:
    """Index documents in a new folder, and encode the same chunks with another encoder.

    Both take turns, a hundred documents each, so that a machine whose speed drifts treats them
    alike.

    Args:
        documents: at least one; ids all different.
        against: a sentence-transformers model, by folder or id, to compare with; None for none.

    Returns:
        `chunks`; `chunks_per_second` of the index, everything counted; with `against`,
        `encode_chunks_per_second` of the other encoder alone and `ratio`, the median over the
        turns, and for the first turn's chunks how far the two encoders agree: `cosine`, the mean
        over the chunks, and `top10_overlap`, the mean share of a chunk's ten nearest that both
        find; `peak_mebibytes` of this process.
    """
    other = None if against is None else open_encoder(against)
    own_seconds, other_seconds, ratios = 0.0, 0.0, list[float]()
    agreement: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Index.open(Path(folder) / "index", create=True) as index,
    ):
        for begin in range(0, len(documents), _SLICE_DOCUMENTS):
            turn = documents[begin : begin + _SLICE_DOCUMENTS]
            began = time.perf_counter()
            index.add(turn)
            own = time.perf_counter() - began
            own_seconds += own
            if other is not None:
                texts = [chunk.indexed_text for one in turn for chunk in Chunking().split(one)]
                began = time.perf_counter()
                other.encode_documents(texts)
                ratios.append((time.perf_counter() - began) / own)
                other_seconds += time.perf_counter() - began
                if begin == 0:
                    agreement = _agreement(texts, open_encoder(), other)
        chunks = sum(known.chunks for known in index.documents())
    measured = {"chunks": float(chunks), "chunks_per_second": chunks / own_seconds}
    if other is not None:
        measured["encode_chunks_per_second"] = chunks / other_seconds
        measured["ratio"] = statistics.median(ratios)
        measured |= agreement
    # Linux counts in KiB.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**measured, "peak_mebibytes": peak}


def measure_reading(
    pairs: Sequence[tuple[str, str]], *, reader: str | None, against: str | None
) -> dict[str, float]:
    """Read (question, context) pairs one a call and 16 a call, with one reader or two.

    The readers take turns, 16 pairs each, so that a machine whose speed drifts treats them alike;
    the first turn warms up and is not counted.

    Args:
        pairs: at least 32.
        reader: as `Reader.open` takes it; None for the bundled one.
        against: another reader, by folder or id, to compare with; None for none.

    Returns:
        `batch1_questions_per_second`, `batch1_tokens_per_second` and the same for `batch16`; with
        `against`, `batch1_ratio` and `batch16_ratio`: the medians over the turns of the other's
        time by the first one's.

    Raises:
        SettingsError: there are fewer than 32 pairs.
        QuestionError: a question is empty, or too long.
    """
    turns = [pairs[begin : begin + 16] for begin in range(0, len(pairs) - 15, 16)]
    if len(turns) < 2:
        raise SettingsError(f"{len(pairs)} questions are too few to time reading: give 32 or more.")
    first = Reader.open(reader)
    other = None if against is None else Reader.open(against)
    measured = {}
    for rows in (1, 16):
        own = [_reading_seconds(first, turns[0], rows)]
        ratios = []
        if other is not None:
            _reading_seconds(other, turns[0], rows)
        for turn in turns[1:]:
            own.append(_reading_seconds(first, turn, rows))
            if other is not None:
                ratios.append(_reading_seconds(other, turn, rows) / own[-1])
        seconds = sum(own[1:])
        tokens = sum(
            len(window)
            for turn in turns[1:]
            for window in first.windows([ReaderInput(*pair) for pair in turn])
        )
        measured[f"batch{rows}_questions_per_second"] = 16 * (len(turns) - 1) / seconds
        measured[f"batch{rows}_tokens_per_second"] = tokens / seconds
        if ratios:
            measured[f"batch{rows}_ratio"] = statistics.median(ratios)
    return measured


def _reading_seconds(reader: Reader, pairs: Sequence[tuple[str, str]], rows: int) -> float:
    began = time.perf_counter()
    for begin in range(0, len(pairs), rows):
        reader.read_passages([ReaderInput(*one) for one in pairs[begin : begin + rows]], n_best=1)
    return time.perf_counter() - began


def measure_questions(
    index: str | Path, questions: Sequence[str], *, k: int, min_read: int
) -> dict[str, float]:
    """Ask questions one by one, after one to warm up: milliseconds by stage, p50 and p95."""
    with Assistant.open(index, min_read=min_read) as assistant:
        assistant.ask(questions[0], k=k)
        seconds = [assistant.ask(question, k=k).seconds for question in questions]
    return {
        f"{stage}_p{percentile}_ms": 1000
        * float(np.percentile([each[stage] for each in seconds], percentile))
        for stage in seconds[0]
        for percentile in (50, 95)
    }


def measure_start(index: str | Path, question: str) -> dict[str, float]:
    """Run `qa ask` and `qa --help` as processes, after one to warm up: median seconds."""
    ask = [sys.executable, "-m", "qa", "ask", "--index", str(index), question]
    return {
        "ask_seconds": _median_seconds(ask),
        "help_seconds": _median_seconds([sys.executable, "-m", "qa", "--help"]),
    }


def _agreement(texts: Sequence[str], one: Encoder, other: Encoder) -> dict[str, float]:
    left, right = one.encode_documents(texts), other.encode_documents(texts)
    nearest = [np.argsort(-(vectors @ vectors.T), axis=1)[:, 1:11] for vectors in (left, right)]
    shared = [len(np.intersect1d(a, b)) / len(a) for a, b in zip(*nearest, strict=True)]
    return {
        "cosine": float((left * right).sum(axis=1).mean()),
        "top10_overlap": float(np.mean(shared)),
    }


def _median_seconds(command: Sequence[str]) -> float:
    seconds = []
    for _ in range(1 + _REPEATS):
        began = time.perf_counter()
        # This project's own command, without a shell.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # nosec B603
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])
