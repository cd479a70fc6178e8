"""One benchmark of the whole assistant, and of other systems beside it at the same task."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from embeddings import Chunking, Document, SettingsError
from qa.assistant import Assistant
from qa.evaluation.figures import Benchmark, Figure
from qa.evaluation.machine import commit, machine
from qa.evaluation.metrics import exact_match, f1
from qa.evaluation.peers.process import Process, System
from qa.evaluation.questions import Progress, Question, sample
from qa.evaluation.run import Stage

__all__ = ["benchmark"]

_ASKERS = (1, 4, 16)
_WARM_UP = 3
_TURN_QUESTIONS = 25
_PAUSE_SECONDS = 0.5
"""Between turns: a system's threads look for work a while after its last question."""


@dataclass(slots=True)
class _Side:
    """A system and what was measured of it."""

    system: System
    folder: Path
    """Where its index is, once there is one."""
    texts: Sequence[str]
    """What it is given to index."""
    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """Of each figure, by its name and unit, a value a repeat."""
    replies: list[dict[str, Any]] = field(default_factory=list)
    """To the questions, from the first repeat."""

    def add(self, name: str, unit: str, value: float) -> None:
        self.values.setdefault((name, unit), []).append(value)


def benchmark(
    questions: Sequence[Question],
    systems: Sequence[System],
    *,
    models: Path,
    repeats: int,
    limit: int | None,
    stage: Stage,
) -> Benchmark:
    """Measure systems that take turns, each in processes of its own.

    The corpus is the questions' contexts: the assistant is given these, as documents, the others
    the chunks that it cuts them into. Asked are the questions that have an answer.

    Args:
        questions: those without a context are passed over.
        systems: the assistant itself first.
        models: what the others are to run, a folder as `qa.evaluation.peers` says.
        repeats: how often each indexes, is started, and is asked all questions.
        limit: ask no more than so many questions, taken evenly; None for all.
        stage: shows progress.

    Raises:
        SettingsError: no question has both a context and an answer.
        AssistantError: a system failed.
    """
    contexts = list(dict.fromkeys(one.context for one in questions if one.context is not None))
    asked = [one for one in questions if one.answers and one.context is not None]
    if not asked:
        raise SettingsError(
            "No question has both a context and an answer, so there is nothing to measure on: give "
            "questions in SQuAD's form."
        )
    asked = asked if limit is None else sample(asked, limit)
    documents = [Document(id=str(number), text=text) for number, text in enumerate(contexts)]
    chunks = [chunk.text for one in documents for chunk in Chunking().split(one)]
    with tempfile.TemporaryDirectory(prefix="qa-benchmark-") as scratch:
        own, *others = [
            _Side(system, Path(scratch) / system.name, chunks if number else contexts)
            for number, system in enumerate(systems)
        ]
        sides = [own, *others]
        for side in _turns(sides, repeats, stage("Indexing")):
            _index(side, models, len(chunks))
        for side in _turns(sides, repeats, stage("Starting")):
            _start(side, models, asked[0].text)
        with ExitStack() as stack:
            running = []
            for side in sides:
                running.append(stack.enter_context(side.system.start(models, side.folder)))
                running[-1].do("open")
                for question in asked[:_WARM_UP]:
                    running[-1].do("ask", question=question.text)
            _ask(sides, running, asked, repeats=repeats, shown=stage("Asking"))
        with Assistant.open(own.folder) as assistant:
            for reply, question in zip(own.replies, asked, strict=True):
                best = assistant.ask(question.text, min_score=0.0).answer
                reply["best"] = None if best is None else best.text
            encoded = assistant.reader.tokenizer.encode_batch(chunks, add_special_tokens=False)
            tokens = sum(len(encoding.ids) for encoding in encoded)
            for rate in list(own.values["indexing", "chunks/s"]):
                own.add("indexing, tokens", "tokens/s", rate * tokens / len(chunks))
            for side in sides:
                _judge(side, asked)
            for _ in _turns([own], repeats, stage("Asking at once")):
                _ask_at_once(own, assistant, asked)
    about = {
        "contexts": len(contexts),
        "chunks": len(chunks),
        "tokens": tokens,
        "questions": len(asked),
        "repeats": repeats,
        "machine": machine(),
        "commit": commit(),
        "packages": {system.name: list(system.packages) for system in systems},
    }
    return Benchmark(
        about,
        {
            side.system.name: [
                Figure(name, unit, tuple(values), more_is_better=unit.endswith("/s"))
                for (name, unit), values in side.values.items()
            ]
            for side in sides
        },
    )


def _turns(
    sides: Sequence[_Side], repeats: int, shown: AbstractContextManager[Progress]
) -> Iterator[_Side]:
    """Give each side its turn, again and again."""
    with shown as progress:
        for done, side in enumerate(list(sides) * repeats):
            yield side
            progress(done + 1, len(sides) * repeats)


def _index(side: _Side, models: Path, n_chunks: int) -> None:
    shutil.rmtree(side.folder, ignore_errors=True)
    with side.system.start(models, side.folder) as process:
        reply = process.do("index", texts=side.texts)
        side.add("indexing", "chunks/s", n_chunks / reply["seconds"])
        for memory in process.mebibytes()[1:]:
            side.add("memory while indexing, at most", "MiB", memory)
    files = [path for path in side.folder.rglob("*") if path.is_file()]
    side.add("index on disk", "KiB", sum(path.stat().st_size for path in files) / 1024)


def _start(side: _Side, models: Path, question: str) -> None:
    """Time a process from its start to its first answer; its files have been read before."""
    began = time.perf_counter()
    with side.system.start(models, side.folder) as process:
        opening = process.do("open")["seconds"]
        process.do("ask", question=question)
        side.add("start to first answer", "s", time.perf_counter() - began)
        side.add("of that, opening", "s", opening)


def _ask(
    sides: Sequence[_Side],
    running: Sequence[Process],
    asked: Sequence[Question],
    *,
    repeats: int,
    shown: AbstractContextManager[Progress],
) -> None:
    """Ask all sides all questions, some in turn; and see how much memory they have then."""
    with shown as progress:
        for repeat in range(repeats):
            seconds: list[list[float]] = [[] for _ in sides]
            for begin in range(0, len(asked), _TURN_QUESTIONS):
                for side, process, taken in zip(sides, running, seconds, strict=True):
                    time.sleep(_PAUSE_SECONDS)
                    for question in asked[begin : begin + _TURN_QUESTIONS]:
                        began = time.perf_counter()
                        reply = process.do("ask", question=question.text)
                        taken.append(time.perf_counter() - began)
                        if repeat == 0:
                            side.replies.append(reply)
                progress(repeat * len(asked) + len(seconds[0]), repeats * len(asked))
            for side, taken in zip(sides, seconds, strict=True):
                for percentile in (50, 95):
                    value = 1000 * float(np.percentile(taken, percentile))
                    side.add(f"a question, p{percentile}", "ms", value)
    for side, process in zip(sides, running, strict=True):
        for memory in process.mebibytes()[:1]:
            side.add("memory while answering", "MiB", memory)


def _ask_at_once(own: _Side, assistant: Assistant, asked: Sequence[Question]) -> None:
    for askers in _ASKERS:
        began = time.perf_counter()
        with ThreadPoolExecutor(askers) as workers:
            answered = list(workers.map(assistant.ask, [question.text for question in asked]))
        speed = len(answered) / (time.perf_counter() - began)
        own.add(f"{askers} asking at once", "questions/s", speed)


def _judge(side: _Side, asked: Sequence[Question]) -> None:
    """Say what the answers are worth, those given and the first ones whatever their scores."""
    stages = [reply["seconds"] for reply in side.replies if "seconds" in reply]
    for name in stages[0] if stages else ():
        if name != "total":
            share = sum(each[name] for each in stages) / sum(each["total"] for each in stages)
            side.add(f"of a question, {name}", "%", 100 * share)
    golds = [question.answers for question in asked]
    given = [reply["given"] for reply in side.replies]
    side.add("answered", "%", 100 * sum(words is not None for words in given) / len(given))
    for key, when in (("given", "of answers given"), ("best", "of first answers, given or not")):
        words = [reply[key] or "" for reply in side.replies]
        for name, metric in (("exact match", exact_match), ("F1", f1)):
            value = sum(map(metric, words, golds)) / len(words)
            side.add(f"{name} {when}", "%", 100 * value)
