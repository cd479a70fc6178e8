"""Evaluation of the whole assistant over a corpus."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from qa.assistant import Assistant
from qa.evaluation.metrics import (
    evidence_f1,
    exact_match,
    f1,
    holds_answer,
    is_right,
    spans_f1,
    starts_with_evidence,
)
from qa.evaluation.questions import Dates, Progress, Question, check_questions, with_dates
from qa.evaluation.reliability import reliability
from qa.evaluation.results import Evaluation, Outcome
from qa.evaluation.scores import Score, means
from qa.types import Answer, Reply


def evaluate_assistant(
    questions: Sequence[Question],
    assistant: Assistant,
    *,
    k: int,
    answers: int,
    dates: Dates = "as-of",
    progress: Progress | None = None,
) -> Evaluation:
    """Ask all questions, one by one, without showing their contexts to the assistant.

    For questions with exact answers:

    - "exact match" and "F1" of the first answer, 0 without an answer; "best ..." of the best of the
      answers given;
    - "... when answered": only questions that get an answer, 0 if there is no right one;
    - "found": share with an answer's words in a retrieved chunk; "... when found": only those.

    For questions with evidence sentences, of the first answer: "evidence F1" (see `evidence_f1`)
    and "first sentence is evidence" (see `starts_with_evidence`). For lists: "list F1" (see
    `spans_f1`).

    "answered" is the share of answerable questions that get an answer, "unanswerable refused" the
    share of the others that get none. "chunks read" is the mean number for all questions.

    "calibration error", "area under risk-coverage" and "coverage at 80% precision" measure the
    scores of first answers, including those below the assistant's `min_score`. An answer is right
    if `is_right` holds, a passage also if its first sentence is evidence.

    `k` and `answers` are as in `AskOptions`. With `dates` "off" (see `with_dates`), the assistant
    does not use the times that questions name either.
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
            firsts.append((best.score, _is_right(best, question)))
            if best.score < assistant.min_score:
                reply = dataclasses.replace(reply, answers=())
        replies.append(reply)
        if progress is not None:
            progress(len(replies), len(questions))
    speed = len(questions) / (time.perf_counter() - began)

    outcomes = tuple(map(_outcome, questions, replies))
    answerable = np.array([question.is_answerable for question in questions])
    has_answers = np.array([bool(question.answers) for question in questions])
    with_evidence = [outcome for outcome in outcomes if outcome.question.evidence]
    is_list = np.array([question.is_list for question in questions])
    answered = np.array([reply.answer is not None for reply in replies])
    judged = answered & (has_answers | ~answerable)
    found = has_answers & np.array(list(map(_was_found, questions, replies)))
    exact = np.array([exact_match(o.given, o.question.answers) for o in outcomes])
    overlap = np.array([outcome.value for outcome in outcomes])
    best_exact = np.array(list(map(partial(_best, exact_match), questions, replies)))
    best_overlap = np.array(list(map(partial(_best, f1), questions, replies)))
    scores = means(
        {
            "exact match": exact[has_answers],
            "F1": overlap[has_answers],
            "best exact match": best_exact[has_answers],
            "best F1": best_overlap[has_answers],
            "evidence F1": [evidence_f1(one.given, one.question.evidence) for one in with_evidence],
            "first sentence is evidence": [
                starts_with_evidence(one.given, one.question.evidence) for one in with_evidence
            ],
            "list F1": np.array(list(map(_list_f1, questions, replies)))[is_list],
            "answered": answered[answerable],
            "exact match when answered": exact[judged],
            "F1 when answered": overlap[judged],
            "found": found[has_answers],
            "exact match when found": exact[found],
            "F1 when found": overlap[found],
            "unanswerable refused": ~answered[~answerable],
        }
    )
    if firsts:
        scores += reliability(*zip(*firsts, strict=True))
    read = float(np.mean([reply.read for reply in replies]))
    for name, value in (("chunks read", read), ("questions per second", speed)):
        scores.append(Score(name, value, low=None, high=None, n=len(questions)))
    return Evaluation("assistant", tuple(scores), outcomes, tuple(firsts))


def _outcome(question: Question, reply: Reply) -> Outcome:
    given, score = (reply.answer.text, reply.answer.score) if reply.answer else ("", None)
    by_evidence = question.evidence and not question.answers
    value = evidence_f1(given, question.evidence) if by_evidence else f1(given, question.answers)
    return Outcome(question, given, score=score, value=value)


def _is_right(answer: Answer, question: Question) -> bool:
    return is_right(answer.text, question.answers) or (
        answer.kind == "passage" and starts_with_evidence(answer.text, question.evidence)
    )


def _list_f1(question: Question, reply: Reply) -> float:
    answer = reply.answer
    if answer is None:
        return spans_f1([], question.answers)
    items = [answer.document.text[start:end] for start, end in answer.highlights]
    return spans_f1(items if answer.kind == "spans" else [answer.text], question.answers)


def _was_found(question: Question, reply: Reply) -> bool:
    return any(holds_answer(hit.chunk.text, question.answers) for hit in reply.hits)


def _best(metric: Callable[[str, Sequence[str]], float], question: Question, reply: Reply) -> float:
    return max((metric(one.text, question.answers) for one in reply.answers), default=0.0)
