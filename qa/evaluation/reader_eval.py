"""The reader by itself: the right context is given, or what a search brings up."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings import Chunk, Index, SettingsError
from qa.evaluation.metrics import exact_match, f1
from qa.evaluation.questions import Progress, Question, batches, check_questions
from qa.evaluation.results import Evaluation, Outcome
from qa.evaluation.retrieval import answers_from
from qa.evaluation.scores import Score, auroc, mean, means
from qa.reader.reader import Reader
from qa.reader.spans import LogitSpan
from qa.reader.windows import ReaderInput

__all__ = ["best_threshold", "evaluate_reader", "evaluate_reader_on_hits", "with_threshold"]

_BATCH_QUESTIONS = 32


def evaluate_reader(
    questions: Sequence[Question], reader: Reader, *, progress: Progress | None = None
) -> Evaluation:
    """Read each question's own context.

    "answerable" scores take the best span of the questions that have an answer, however unsure it
    is. The combined scores count an abstention right where there is no answer; the reader abstains
    below a margin of 0, or below the threshold that is best on these very questions. Questions
    without a context are passed over.

    Raises:
        SettingsError: no question has a context.
        QuestionError: a question is too long.
    """
    asked = [question for question in questions if question.context is not None]
    if not asked:
        raise SettingsError("No question has a context to be read: measure the assistant instead.")
    check_questions(asked, reader)
    pairs = [(q.text, q.context) for q in questions if q.context is not None]
    given: list[str] = []
    margins = np.full(len(asked), -np.inf)
    began = time.perf_counter()
    for begin in range(0, len(pairs), _BATCH_QUESTIONS):
        batch = pairs[begin : begin + _BATCH_QUESTIONS]
        found = reader.read_passages([ReaderInput(*pair) for pair in batch], n_best=1)
        for (_, context), reading in zip(batch, found, strict=True):
            spans = reading.spans
            if spans:
                margins[len(given)] = spans[0].margin
            given.append(context[spans[0].start : spans[0].end] if spans else "")
        if progress is not None:
            progress(len(given), len(pairs))
    speed = len(pairs) / (time.perf_counter() - began)

    exact = np.array([exact_match(text, q.answers) for text, q in zip(given, asked, strict=True)])
    overlap = np.array([f1(text, q.answers) for text, q in zip(given, asked, strict=True)])
    answerable = np.array([bool(question.answers) for question in asked])
    abstaining = with_threshold(overlap, margins, answerable=answerable, threshold=0.0)
    scores = means(
        {
            "answerable exact match": exact[answerable],
            "answerable F1": overlap[answerable],
            "unanswerable accuracy": abstaining[~answerable],
        }
    )
    if answerable.any() and not answerable.all():
        scores += _combined("exact match", exact, margins, answerable=answerable)
        scores += _combined("F1", overlap, margins, answerable=answerable)
        area = auroc("answerable AUROC", margins, answerable)
        assert area is not None
        scores.append(area)
    scores.append(Score("questions per second", speed, low=None, high=None, n=len(asked)))
    values = np.where(answerable, overlap, abstaining)
    outcomes = tuple(
        Outcome(question, text, score=margin if text else None, value=value)
        for question, text, margin, value in zip(
            asked, given, margins.tolist(), values.tolist(), strict=True
        )
    )
    return Evaluation("reader", tuple(scores), outcomes)


def _combined(
    name: str,
    values: NDArray[np.float64],
    margins: NDArray[np.float64],
    *,
    answerable: NDArray[np.bool_],
) -> list[Score]:
    best = best_threshold(values, margins, answerable=answerable)
    plain, fitted = (
        with_threshold(values, margins, answerable=answerable, threshold=threshold)
        for threshold in (0.0, best)
    )
    return [
        mean(name, plain),
        mean(f"best {name}", fitted),
        Score(f"best {name} threshold (log odds)", best, low=None, high=None, n=len(values)),
    ]


def with_threshold(
    values: NDArray[np.float64],
    margins: NDArray[np.float64],
    *,
    answerable: NDArray[np.bool_],
    threshold: float,
) -> NDArray[np.float64]:
    """Score questions when only spans of this margin or more are given as answers.

    `values`, of shape (questions,), are the scores of the spans; an abstention is worth 1 where
    there is no answer and 0 elsewhere, as in SQuAD 2.0.
    """
    return np.where(margins >= threshold, values, ~answerable)


def best_threshold(
    values: NDArray[np.float64], margins: NDArray[np.float64], *, answerable: NDArray[np.bool_]
) -> float:
    """Find the threshold with the highest mean of `with_threshold`; of equal ones the highest.

    One pass over the questions, surest first, as in the official script of SQuAD 2.0. Above all
    margins, and so abstaining always, when that is best.
    """
    order = np.argsort(-margins, kind="stable")
    gains = np.cumsum((values - ~answerable)[order])
    # Questions of the same margin are answered together or not at all.
    ends = np.append(np.diff(margins[order]) != 0, True)
    gains = np.where(ends, gains, -np.inf)
    best = int(np.argmax(gains))
    if gains[best] <= 0:
        return float(np.nextafter(margins.max(), np.inf))
    return float(margins[order[best]])


def evaluate_reader_on_hits(
    questions: Sequence[Question],
    reader: Reader,
    index: Index,
    *,
    k: int = 10,
    progress: Progress | None = None,
) -> Evaluation:
    """Read the chunks that a search finds: do those with the answer have the higher margins?

    Only answerable questions are asked. Whether a chunk holds the answer, `answers_from` says;
    a chunk with the answer's words from elsewhere than the question's context is left out, as
    nobody knows whether it answers. An outcome is the surest span of all chunks, with its F1.

    Raises:
        SettingsError: no question has an answer, or there are not both kinds of chunks.
        QuestionError: a question is too long.
    """
    asked = [question for question in questions if question.answers]
    check_questions(asked, reader)
    margins: list[float] = []
    right: list[bool] = []
    owners: list[int] = []
    outcomes: list[Outcome] = []
    for within, batch in batches(asked, _BATCH_QUESTIONS):
        found = index.search_many([question.text for question in batch], k, within=within)
        for question, hits in zip(batch, found, strict=True):
            inputs = [ReaderInput(question.text, hit.chunk.text) for hit in hits]
            readings = reader.read_passages(inputs, n_best=1)
            read = [
                (hit.chunk, reading.spans[0])
                for hit, reading in zip(hits, readings, strict=True)
                if reading.spans
            ]
            for chunk, span in read:
                answers = answers_from(chunk, question)
                if answers is not None:
                    margins.append(span.margin)
                    right.append(answers)
                    owners.append(len(outcomes))
            outcomes.append(_surest(question, read))
        if progress is not None:
            progress(len(outcomes), len(asked))
    area = auroc("retrieved chunk AUROC", margins, right, questions=owners) if margins else None
    if area is None:
        raise SettingsError(
            "The search did not bring up both chunks with and chunks without an answer: ask more "
            "questions, or search a larger corpus."
        )
    return Evaluation("hits", (area,), tuple(outcomes))


def _surest(question: Question, read: Sequence[tuple[Chunk, LogitSpan]]) -> Outcome:
    if not read:
        return Outcome(question, "", score=None, value=f1("", question.answers))
    chunk, span = max(read, key=lambda each: each[1].margin)
    text = chunk.text[span.start : span.end]
    return Outcome(question, text, score=span.margin, value=f1(text, question.answers))
