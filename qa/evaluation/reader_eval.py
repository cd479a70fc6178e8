"""Evaluation of the reader on the right context or on retrieved chunks."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings import Chunk, Index, SettingsError
from qa.evaluation.metrics import evidence_f1, exact_match, f1, starts_with_evidence
from qa.evaluation.questions import Progress, Question, batches, check_questions
from qa.evaluation.results import Evaluation, Outcome
from qa.evaluation.retrieval import answers_from
from qa.evaluation.scores import Score, auroc, mean, means
from qa.reader.reader import Reader
from qa.reader.spans import LogitSpan, ScoredSentence
from qa.reader.windows import ReaderInput

_BATCH_QUESTIONS = 32


def evaluate_reader(
    questions: Sequence[Question], reader: Reader, *, progress: Progress | None = None
) -> Evaluation:
    """Read the context of each question, with its title as heading.

    - "answerable exact match" and "answerable F1": best span of questions with exact answers,
      whatever its margin.
    - "unanswerable refused": share of unanswerable questions whose best span has a margin below 0.
    - "exact match" and "F1": all questions as in SQuAD 2.0, where refusing an unanswerable question
      scores 1; "best ..." with the margin as threshold that is best for these questions.
    - "answerable AUROC": how well margins separate answerable from unanswerable questions.
    - "evidence F1" and "first sentence is evidence", for questions with evidence: sentences with
      evidence log odds above 0, or the best one if there are none; "first" is the best sentence
      (see `evidence_f1` and `starts_with_evidence`).

    Questions without a context are left out.
    """
    asked = [question for question in questions if question.context is not None]
    if not asked:
        raise SettingsError("No question has a context to read: measure the assistant instead.")
    check_questions(asked, reader)
    given: list[str] = []
    evidence: list[tuple[float, bool]] = []
    margins = np.full(len(asked), -np.inf)
    began = time.perf_counter()
    for begin in range(0, len(asked), _BATCH_QUESTIONS):
        batch = asked[begin : begin + _BATCH_QUESTIONS]
        inputs = [ReaderInput(q.text, q.context or "", q.title) for q in batch]
        readings = reader.read_passages(inputs, n_best=1)
        for question, one, reading in zip(batch, inputs, readings, strict=True):
            spans = reading.spans
            if spans:
                margins[len(given)] = spans[0].margin
            given.append(one.text[spans[0].start : spans[0].end] if spans else "")
            if question.evidence:
                evidence.append(_evidence_values(question, one.text, reading.sentences))
        if progress is not None:
            progress(len(given), len(asked))
    speed = len(asked) / (time.perf_counter() - began)

    # Questions with evidence but without exact answers have no span scores.
    judged = np.array([bool(question.answers) or not question.evidence for question in asked])
    golds = [question.answers for question in asked]
    values = np.array(list(map(f1, given, golds)))
    exact = np.array(list(map(exact_match, given, golds)))[judged]
    overlap, judged_margins = values[judged], margins[judged]
    answerable = np.array([bool(question.answers) for question in asked])[judged]
    abstaining = with_threshold(overlap, judged_margins, answerable=answerable, threshold=0.0)
    scores = means(
        {
            "answerable exact match": exact[answerable],
            "answerable F1": overlap[answerable],
            "unanswerable refused": abstaining[~answerable],
        }
    )
    area = auroc("answerable AUROC", judged_margins, answerable)
    if area is not None:
        scores += _combined("exact match", exact, judged_margins, answerable=answerable)
        scores += _combined("F1", overlap, judged_margins, answerable=answerable)
        scores.append(area)
    if evidence:
        overlaps, firsts = zip(*evidence, strict=True)
        scores += means({"evidence F1": overlaps, "first sentence is evidence": firsts})
    scores.append(Score("questions per second", speed, low=None, high=None, n=len(asked)))
    values[judged] = np.where(answerable, overlap, abstaining)
    outcomes = tuple(
        Outcome(question, text, score=margin if text else None, value=value)
        for question, text, margin, value in zip(
            asked, given, margins.tolist(), values.tolist(), strict=True
        )
    )
    return Evaluation("reader", tuple(scores), outcomes)


def _evidence_values(
    question: Question, text: str, scored: Sequence[ScoredSentence]
) -> tuple[float, bool]:
    """Return the evidence F1 and whether the best sentence is evidence."""
    if not scored:
        return 0.0, False
    best = max(scored, key=lambda sentence: sentence.logit)
    chosen = [sentence for sentence in scored if sentence.logit > 0] or [best]
    quoted = " ".join(text[sentence.start : sentence.end] for sentence in chosen)
    first = starts_with_evidence(text[best.start : best.end], question.evidence)
    return evidence_f1(quoted, question.evidence), first


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
    """Return the values of questions if only spans with at least this margin are answers.

    `values` of shape (questions,) are the scores of the spans. Without an answer, an unanswerable
    question has the value 1 and another one 0, as in SQuAD 2.0.
    """
    return np.where(margins >= threshold, values, ~answerable)


def best_threshold(
    values: NDArray[np.float64], margins: NDArray[np.float64], *, answerable: NDArray[np.bool_]
) -> float:
    """Find the threshold with the highest mean of `with_threshold`; ties go to the highest one.

    One pass over the questions, highest margin first, as in the official script of SQuAD 2.0. The
    threshold is above all margins if it is best to give no answers at all.
    """
    order = np.argsort(-margins, kind="stable")
    gains = np.cumsum((values - ~answerable)[order])
    # Questions with the same margin are all answered or all refused.
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
    """Measure how well margins separate retrieved chunks with the answer from those without.

    Only questions with exact answers are asked. Chunks for which `answers_from` returns None are
    left out. An outcome is the span with the highest margin, with its F1.
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
    area = auroc("retrieved chunk AUROC", margins, right, questions=owners)
    if area is None:
        raise SettingsError(
            "The search found only chunks with an answer or only chunks without: ask more "
            "questions, or search a larger corpus."
        )
    return Evaluation("hits", (area,), tuple(outcomes))


def _surest(question: Question, read: Sequence[tuple[Chunk, LogitSpan]]) -> Outcome:
    if not read:
        return Outcome(question, "", score=None, value=f1("", question.answers))
    chunk, span = max(read, key=lambda each: each[1].margin)
    text = chunk.text[span.start : span.end]
    return Outcome(question, text, score=span.margin, value=f1(text, question.answers))
