"""Speed of indexing, answering and reading on one machine."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embeddings import Document, Index, SettingsError
from qa import Assistant, Reader
from qa.evaluation.questions import Question
from qa.reader.windows import ReaderInput

__all__ = ["measure_answering", "measure_indexing", "measure_process_start", "measure_reading"]

BATCH_SIZES = (1, 16)


def measure_indexing(texts: Sequence[str], folder: Path) -> dict[str, float]:
    """Index texts in a new folder: chunks per second and size on disk."""
    documents = [Document(id=str(number), text=text) for number, text in enumerate(texts)]
    with Index.open(folder, create=True) as index:
        began = time.perf_counter()
        index.add(documents)
        seconds = time.perf_counter() - began
        chunks = sum(document.chunks for document in index.documents())
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {
        "chunks": chunks,
        "indexing_chunks_per_second": chunks / seconds,
        "index_mebibytes": size / 2**20,
    }


def measure_answering(folder: Path, questions: Sequence[str]) -> dict[str, float]:
    """Ask questions one by one, after one for warming up: p50 and p95 of each step in ms."""
    with Assistant.open(folder) as assistant:
        assistant.ask(questions[0])
        replies = [assistant.ask(question) for question in questions]
    measured = {"chunks_read": float(np.mean([reply.read for reply in replies]))}
    for step in replies[0].seconds:
        milliseconds = [1000 * reply.seconds[step] for reply in replies]
        for percentile in (50, 95):
            measured[f"{step}_p{percentile}_ms"] = float(np.percentile(milliseconds, percentile))
    return measured


def measure_process_start(folder: Path, question: str, *, repeats: int = 5) -> dict[str, float]:
    """Run `qa ask` and `qa --help` as processes, after one for warming up: median seconds."""
    commands = {"ask": ["ask", "--index", str(folder), question], "help": ["--help"]}
    measured = {}
    for name, arguments in commands.items():
        seconds = []
        for _ in range(1 + repeats):
            began = time.perf_counter()
            command = [sys.executable, "-m", "qa", *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - began)
        measured[f"{name}_seconds"] = float(np.median(seconds[1:]))
    return measured


def measure_reading(questions: Sequence[Question], model: str | None = None) -> dict[str, float]:
    """Read questions with their contexts, 1 and 16 a call: questions and tokens per second.

    Args:
        questions: those without a context are left out.
        model: as in `Reader.open`; None for the bundled reader.

    Raises:
        SettingsError: no question has a context.
    """
    inputs = [ReaderInput(one.text, one.context) for one in questions if one.context is not None]
    if not inputs:
        raise SettingsError("No question has a context to read.")
    reader = Reader.open(model)
    tokens = sum(map(len, reader.windows(inputs)))
    measured = {}
    for size in BATCH_SIZES:
        reader.read_passages(inputs[:size])  # warm up
        began = time.perf_counter()
        for begin in range(0, len(inputs), size):
            reader.read_passages(inputs[begin : begin + size])
        seconds = time.perf_counter() - began
        measured[f"reading_{size}_questions_per_second"] = len(inputs) / seconds
        measured[f"reading_{size}_tokens_per_second"] = tokens / seconds
    return measured
