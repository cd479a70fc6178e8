"""This project and other systems on the same texts, questions and weights, in turns."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from embeddings import Chunking, Document, SettingsError
from qa.evaluation.metrics import evidence_f1, exact_match, f1
from qa.evaluation.questions import Question, sample
from tests.benchmarks.peers.process import System

__all__ = ["compare", "draw_comparison", "table"]

Figures: TypeAlias = dict[str, list[float]]
"""Values of each measure, one for each repeat."""

WARM_UP = 3
HIGHER_IS_BETTER = ("chunks/s", "%")
"""Units at the end of a measure's name."""


def compare(
    questions: Sequence[Question],
    systems: Sequence[System],
    *,
    models: Path,
    repeats: int,
    limit: int | None = None,
    texts: Iterable[str] = (),
) -> dict[str, Figures]:
    """Measure systems in turns, each in processes of its own.

    Each text is a document of this project; the other systems get its chunks.

    Args:
        questions: at least one must have an answer or evidence.
        systems: this project first.
        models: folder with `encoder` and `reader` for PyTorch (see `torch_models`).
        repeats: how often each system indexes, starts and answers all questions.
        limit: ask at most this many answerable questions and as many unanswerable ones, taken
            evenly; None for all. Only the answerable ones are timed.
        texts: indexed besides the contexts of all questions.

    Raises:
        SettingsError: no question is answerable, or there is nothing to index.
    """
    contexts = [one.context for one in questions if one.context is not None]
    indexed = list(dict.fromkeys([*texts, *contexts]))
    answerable = [one for one in questions if one.is_answerable]
    unanswerable = [one for one in questions if not one.is_answerable]
    if not indexed or not answerable:
        raise SettingsError("There are no texts to index, or no question has an answer.")
    if limit is not None:
        answerable = sample(answerable, limit)
        unanswerable = sample(unanswerable, limit) if unanswerable else []
    documents = [Document(id=str(number), text=text) for number, text in enumerate(indexed)]
    chunks = [chunk.text for document in documents for chunk in Chunking().split(document)]
    measured: dict[str, Figures] = {system.name: {} for system in systems}
    with tempfile.TemporaryDirectory(prefix="qa-peers-") as scratch:
        for repeat in range(repeats):
            for number, system in enumerate(systems):
                folder = Path(scratch) / f"{system.name}-{repeat}"
                figures = _index(system, models, folder, indexed if number == 0 else chunks)
                figures["indexing, chunks/s"] = len(chunks) / figures.pop("seconds")
                figures |= _answer(system, models, folder, answerable, unanswerable)
                for name, value in figures.items():
                    measured[system.name].setdefault(name, []).append(value)
    return measured


def _index(system: System, models: Path, folder: Path, texts: Sequence[str]) -> dict[str, float]:
    with system.start(models, folder) as process:
        seconds = process.request("index", texts=texts)["seconds"]
        return {"seconds": seconds, "memory while indexing, MiB": process.mebibytes()["peak"]}


def _answer(
    system: System,
    models: Path,
    folder: Path,
    answerable: Sequence[Question],
    unanswerable: Sequence[Question],
) -> dict[str, float]:
    began = time.perf_counter()
    with system.start(models, folder) as process:
        process.request("open")
        process.request("ask", question=answerable[0].text)
        figures = {"process start to first answer, s": time.perf_counter() - began}
        for question in answerable[:WARM_UP]:
            process.request("ask", question=question.text)
        replies: list[dict[str, Any]] = []
        milliseconds = []
        for question in answerable:
            began = time.perf_counter()
            replies.append(process.request("ask", question=question.text))
            milliseconds.append(1000 * (time.perf_counter() - began))
        figures["memory while answering, MiB"] = process.mebibytes()["now"]
        others = [process.request("ask", question=one.text) for one in unanswerable]
    for percentile in (50, 95):
        figures[f"a question, p{percentile}, ms"] = float(np.percentile(milliseconds, percentile))
    shares: dict[str, list[float]] = {
        "answerable refused": [reply["given"] is None for reply in replies],
        "unanswerable refused": [reply["given"] is None for reply in others],
    }
    pairs = list(zip(answerable, replies, strict=True))
    for key in ("given", "best"):
        exact = [(reply[key] or "", one.answers) for one, reply in pairs if one.answers]
        shares[f"exact match of {key} answers"] = [exact_match(*pair) for pair in exact]
        shares[f"F1 of {key} answers"] = [f1(*pair) for pair in exact]
        shares[f"evidence F1 of {key} answers"] = [
            evidence_f1(reply[key] or "", one.evidence) for one, reply in pairs if one.evidence
        ]
    return figures | {
        f"{name}, %": 100 * statistics.mean(values) for name, values in shares.items() if values
    }


def table(measured: Mapping[str, Figures]) -> str:
    """Format medians as a Markdown table; in parentheses how many times better this project is.

    Ratios are medians of the repeats' ratios, because a machine's speed may drift.
    """
    own, *others = measured
    lines = [f"| | {' | '.join(measured)} |", "|---" * (1 + len(measured)) + "|"]
    for name, values in measured[own].items():
        cells = [f"{statistics.median(values):.4g}"]
        for other in others:
            theirs = measured[other][name]
            pairs = list(zip(values, theirs, strict=True))
            cell = f"{statistics.median(theirs):.4g}"
            if not name.endswith("%"):
                is_rate = name.endswith(HIGHER_IS_BETTER)
                ratios = [mine / other if is_rate else other / mine for mine, other in pairs]
                cell += f" ({statistics.median(ratios):.1f} times)"
            cells.append(cell)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw_comparison(measured: Mapping[str, Figures], file: Path) -> None:
    """Draw a bar chart for each measure."""
    from matplotlib.figure import Figure

    names = list(next(iter(measured.values())))
    columns = -(-len(names) // 2)
    figure = Figure(figsize=(2.6 * columns, 5), layout="constrained")
    for axes, name in zip(figure.subplots(2, columns).flat, names, strict=False):
        medians = [statistics.median(figures[name]) for figures in measured.values()]
        axes.bar(list(measured), medians, color=["C0", *["C7"] * (len(measured) - 1)])
        is_higher = name.endswith(HIGHER_IS_BETTER) and not name.startswith("answerable refused")
        better = "higher" if is_higher else "lower"
        axes.set_title(f"{name}\n({better} is better)", fontsize=8)
    figure.savefig(file)
