"""The whole path: what the assistant says to questions over a corpus."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

import numpy as np

from qa.assistant import Assistant
from qa.evaluation.metrics import exact_match, f1, holds_answer, is_right
from qa.evaluation.questions import Dates, Progress, Question, check_questions, with_dates
from qa.evaluation.reliability import reliability
from qa.evaluation.results import Evaluation, Outcome
from qa.evaluation.scores import Score, means
from qa.types import Reply

__all__ = ["evaluate_assistant"]


def evaluate_assistant(
    questions: Sequence[Question],
    assistant: Assistant,
    *,
    k: int,
    answers: int,
    dates: Dates = "as-of",
    progress: Progress | None = None,
) -> Evaluation:
    """Ask every question, one by one, as people do.

    "exact match" and "F1" are those of the first answer over the questions that have one, an
    abstention being worth 0; "best" scores take the best of the answers given; "answered" is the
    share answered at all, and "found" that with an answer's words in a chunk that was found. "when
    answered" scores leave out abstentions, and count an answer to a question that has none as 0:
    how far an answer can be trusted. "when found" scores leave out questions where no chunk with an
    answer's words was found: what is missing there, the retriever missed. "chunks read" is how many
    were read for a question, answerable or not. Dated questions without a context are asked as on
    their day, or as `dates` says.

    "calibration error", "area under risk-coverage" and "coverage at 80% precision" are about the
    scores of first answers, also of those that are held back for being below the assistant's least
    score; `is_right` says which are right.

    Args:
        questions: contexts are not shown to the assistant.
        assistant: its index holds the corpus.
        k: as `Assistant.ask` takes it.
        answers: as `Assistant.ask` takes it.
        dates: how the day of dated questions is told (see `with_dates`); "off" also leaves the
            times that questions name unsearched.
        progress: counts the questions.

    Raises:
        QuestionError: a question is too long.
    """
    questions = with_dates(questions, dates)
    check_questions(questions, assistant.reader)
    replies: list[Reply] = []
    firsts: list[tuple[float, bool]] = []
    began = time.perf_counter()
    for question in questions:
        reply = assistant.ask(
            question.text,
            k=k,
            answers=answers,
            as_of=question.before,
            window=dates != "off",
            min_score=0.0,
        )
        best = reply.answer
        if best is not None:
            firsts.append((best.score, is_right(best.text, question.answers)))
            if best.score < assistant.min_score:
                reply = dataclasses.replace(reply, answers=())
        replies.append(reply)
        if progress is not None:
            progress(len(replies), len(questions))
    speed = len(questions) / (time.perf_counter() - began)

    outcomes = tuple(map(_outcome, questions, replies))
    answerable = np.array([bool(question.answers) for question in questions])
    answered = np.array([reply.answer is not None for reply in replies])
    found = answerable & np.array(list(map(_was_found, questions, replies)))
    exact = np.array([exact_match(o.given, o.question.answers) for o in outcomes])
    overlap = np.array([outcome.value for outcome in outcomes])
    best_exact = np.array(
        [_best(exact_match, *row) for row in zip(questions, replies, strict=True)]
    )
    best_overlap = np.array([_best(f1, *row) for row in zip(questions, replies, strict=True)])
    scores = means(
        {
            "exact match": exact[answerable],
            "F1": overlap[answerable],
            "best exact match": best_exact[answerable],
            "best F1": best_overlap[answerable],
            "answered": answered[answerable],
            "exact match when answered": exact[answered],
            "F1 when answered": overlap[answered],
            "found": found[answerable],
            "exact match when found": exact[found],
            "F1 when found": overlap[found],
            "unanswerable accuracy": ~answered[~answerable],
        }
    )
    if firsts:
        scores += reliability(*zip(*firsts, strict=True))
    read = float(np.mean([reply.read for reply in replies]))
    for name, value in (("chunks read", read), ("questions per second", speed)):
        scores.append(Score(name, value, low=None, high=None, n=len(questions)))
    return Evaluation("assistant", tuple(scores), outcomes, tuple(firsts))


def _outcome(question: Question, reply: Reply) -> Outcome:
    answer = reply.answer
    given = "" if answer is None else answer.text
    score = None if answer is None else answer.score
    return Outcome(question, given, score=score, value=f1(given, question.answers))


def _was_found(question: Question, reply: Reply) -> bool:
    return any(holds_answer(hit.chunk.text, question.answers) for hit in reply.hits)


def _best(metric: Callable[[str, Sequence[str]], float], question: Question, reply: Reply) -> float:
    given = [answer.text for answer in reply.answers]
    return max((metric(text, question.answers) for text in given), default=0.0)
