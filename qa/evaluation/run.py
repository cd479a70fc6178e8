"""Evaluation of one part with the settings of `qa evaluate`."""

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

Stage: TypeAlias = Callable[[str], AbstractContextManager[Progress]]
"""Shows the progress of a stage with the given name."""


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
    """Evaluate one part with the models, options and index of the settings.

    Arguments are those of `qa evaluate`. Without a corpus, the contexts of all `questions` are
    searched, even if only some are asked; without contexts, the index as it is.
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
        with Index.open(folder, encoder=config.encoder) as index, stage("Asking") as progress:
            assistant = Assistant.open(index, **config.assistant_settings)
            if part == "hits":
                reader = assistant.reader
                return evaluate_reader_on_hits(asked, reader, index, k=config.k, progress=progress)
            return evaluate_assistant(
                asked, assistant, k=config.k, answers=config.answers, dates=dates, progress=progress
            )


def model_name(part: str, config: Config) -> str:
    """Return the models of a part as given on the command line, or "bundled"."""
    named = {"reader": [config.reader], "retriever": [config.encoder], "sweep": [config.encoder]}
    models = named.get(part, [config.reader, config.encoder])
    return ", ".join(dict.fromkeys("bundled" if model is None else model for model in models))


@contextmanager
def _searched(
    questions: Sequence[Question], *, config: Config, stage: Stage, corpus: str | Path | None
) -> Iterator[str | Path]:
    """Yield the folder of the index to search."""
    if corpus is not None:
        with (
            Index.open(
                config.index, create=True, encoder=config.encoder, chunking=config.chunking
            ) as index,
            stage("Indexing") as progress,
        ):
            report = index.add_paths([corpus], options=config.parse_options, progress=progress)
        if not (report.added or report.updated or report.unchanged):
            reasons = [reason for _, reason in (*report.failed, *report.warnings)]
            reason = reasons[0] if reasons else "it has no file"
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
