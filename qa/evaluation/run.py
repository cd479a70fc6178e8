"""One measurement from the settings: what `qa evaluate` runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

from embeddings import DocumentError, Index
from qa.assistant import Assistant
from qa.config import Config
from qa.evaluation.end_to_end import evaluate_assistant
from qa.evaluation.questions import Dates, Progress, Question, sample, without_contexts
from qa.evaluation.reader_eval import evaluate_reader, evaluate_reader_on_hits
from qa.evaluation.results import Evaluation
from qa.evaluation.retrieval import RANKINGS, SWEEP, context_index, evaluate_retriever
from qa.reader.reader import Reader

__all__ = ["Stage", "evaluate", "model_name"]

Stage: TypeAlias = Callable[[str], AbstractContextManager[Progress]]
"""Opens the display of a stage's progress, under the name given."""


def evaluate(  # noqa: PLR0913 (an argument is a flag of the command)
    questions: Sequence[Question],
    part: str,
    *,
    config: Config,
    stage: Stage,
    corpus: str | Path | None = None,
    limit: int | None = None,
    dates: Dates = "as-of",
) -> Evaluation:
    """Measure one part.

    Args:
        questions: all that were loaded: their contexts are what is searched without a corpus.
        part: "reader", on each question's own context; "hits", the reader on what a search finds;
            "retriever"; "sweep", the retriever with different shares of its dense part;
            "assistant", everything together.
        config: models, numbers and the index: where the corpus is put, or was put earlier.
        stage: shows progress.
        corpus: documents to add to the index and search; None for the questions' contexts, and
            where they have none, for what the index holds.
        limit: ask no more than so many questions, taken evenly; None for all.
        dates: how the assistant is told the day of dated questions (see `with_dates`).

    Raises:
        AssistantError: as the parts raise it; DocumentError if the corpus has no document.
    """
    asked = questions if limit is None else sample(questions, limit)
    if part == "reader":
        reader = Reader.open(config.reader)
        with stage("Reading") as progress:
            return evaluate_reader(asked, reader, progress=progress)
    if corpus is not None:
        asked = without_contexts(asked)
    with _searched(questions, config=config, stage=stage, corpus=corpus) as folder:
        if part in ("retriever", "sweep"):
            rankings = RANKINGS if part == "retriever" else SWEEP
            with stage("Searching") as progress:
                return evaluate_retriever(
                    asked, folder, encoder=config.encoder, rankings=rankings, progress=progress
                )
        with Index.open(folder, encoder=config.encoder) as index, stage("Asking") as told:
            assistant = Assistant.open(index, **config.assistant_settings)
            if part == "hits":
                reader = assistant.reader
                return evaluate_reader_on_hits(asked, reader, index, k=config.k, progress=told)
            return evaluate_assistant(
                asked, assistant, k=config.k, answers=config.answers, dates=dates, progress=told
            )


def model_name(part: str, config: Config) -> str:
    """Name the models that a part uses as the command line does; "bundled" for our own."""
    named = {"reader": [config.reader], "retriever": [config.encoder], "sweep": [config.encoder]}
    models = named.get(part, [config.reader, config.encoder])
    return ", ".join(dict.fromkeys("bundled" if model is None else model for model in models))


@contextmanager
def _searched(
    questions: Sequence[Question], *, config: Config, stage: Stage, corpus: str | Path | None
) -> Iterator[str | Path]:
    """Give the place of the index to be searched."""
    if corpus is not None:
        with (
            Index.open(
                config.index, create=True, encoder=config.encoder, chunking=config.chunking
            ) as index,
            stage("Indexing") as progress,
        ):
            report = index.add_paths([corpus], options=config.parse_options, progress=progress)
        if not (report.added or report.updated or report.unchanged):
            reason = report.failed[0][1] if report.failed else "there is no file in it"
            raise DocumentError(f"No document of {corpus} could be read: {reason}")
        yield config.index
    elif any(question.context is not None for question in questions):
        with ExitStack() as stack:
            with stage("Indexing") as progress:
                contexts = context_index(
                    questions, encoder=config.encoder, chunking=config.chunking, progress=progress
                )
                folder = stack.enter_context(contexts)
            yield folder
    else:
        yield config.index
