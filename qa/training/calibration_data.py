"""Labelled questions with their readings: the data that calibration is fitted to."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from embeddings import DateRange, Filter, Index, SettingsError
from qa.answering.aggregation import AggregatedAnswers
from qa.answering.early_stopping import read_until_settled
from qa.answering.passages import evidence_passages
from qa.answering.retrieval import SearchRequest, retrieve
from qa.evaluation.metrics import holds_answer, is_right, normalise, starts_with_evidence
from qa.evaluation.questions import Progress, Question, check_questions
from qa.monitoring.feedback import Judgement
from qa.reader.reader import Reader
from qa.training.perturbations import Perturbations

LEFT_OUT = 4
"""One context in this many is left out of the corpus, so that its questions have no answer."""

MIN_CONTEXTS = 20

LABELLED_PASSAGES = 3
"""Number of passages of each question that are labelled."""

PERTURBED_SHARE = 0.5
"""Number of changed questions without an answer for each answerable question."""

Label: TypeAlias = Callable[[str], bool | None]
"""Returns whether the words of a span answer are right; None if unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The readings of a question, and whether its best span and best passage are right."""

    group: str
    """Cases of one group share a context and are left out of a fit together."""
    aggregated: AggregatedAnswers
    right: bool | None
    """Whether the best span answers; None if unknown or if there is no span."""
    passages_right: tuple[bool | None, ...] = ()
    """Whether each evidence passage answers, best first, at most three."""


def labelled(question: Question) -> tuple[Question, Label]:
    """Label answers by the gold answers of a question."""
    return question, lambda words: is_right(words, question.answers)


def judgements(given: Sequence[Judgement]) -> list[tuple[Question, Label]]:
    """Make labelled questions from feedback; the last verdict on an answer counts.

    Answers with the verdict "right", and others that match them, are right; answers with another
    verdict are wrong. If "no answer" has the verdict "right", every answer is wrong.
    """
    last = {(one.question, one.document_id, one.start, one.end): one for one in given}
    by_question: dict[str, list[Judgement]] = {}
    for judgement in last.values():
        by_question.setdefault(judgement.question, []).append(judgement)
    return [
        (Question(f"judged {number}", text, ()), _label(said))
        for number, (text, said) in enumerate(by_question.items())
    ]


def _label(said: Sequence[Judgement]) -> Label:
    right = [one.answer for one in said if one.verdict == "right" and one.answer]
    wrong = {normalise(one.answer) for one in said if one.verdict != "right" and one.answer}
    nothing = any(one.verdict == "right" and not one.answer for one in said)

    def label(words: str) -> bool | None:
        if is_right(words, right):
            return True
        return False if nothing or normalise(words) in wrong else None

    return label


def build_calibration_set(
    questions: Sequence[Question],
    distractors: Sequence[Question] = (),
    *,
    distractor_limit: int = 4000,
) -> tuple[list[Question], list[Question]]:
    """Choose questions, and contexts to search; return the questions, and one for each context.

    Some questions have no answer in the contexts: changed ones, and those whose context is left
    out. Questions need a context and an answer or evidence. Contexts of `distractors`, evenly
    spread, are searched too, which makes the search harder.
    """
    asked = [question for question in questions if question.context and question.is_answerable]
    contexts = list(dict.fromkeys(question.context for question in asked))
    if len(contexts) < MIN_CONTEXTS:
        raise SettingsError(
            f"The questions have {len(contexts)} contexts, and {MIN_CONTEXTS} are needed. To use "
            "an index of your own instead, add --over."
        )
    rng = random.Random(0)
    rng.shuffle(contexts)
    searched = set(contexts[len(contexts) // LEFT_OUT :])
    known = [question for question in asked if question.context in searched]
    perturbations = Perturbations([question.text for question in asked], rng)
    altered: list[Question] = []
    for question in rng.sample(known, len(known)):
        text = perturbations.perturb(question.text, str(question.context))
        if text is not None and len(altered) < PERTURBED_SHARE * len(known):
            altered.append(replace(question, text=text, answers=(), evidence=()))
    absent = [replace(one, answers=(), evidence=()) for one in asked if one.context not in searched]
    shown = list({question.context: question for question in known}.values())
    mine = set(contexts)
    more = list({one.context: one for one in distractors if one.context not in mine}.values())
    step = max(1, len(more) // distractor_limit)
    return [*known, *altered, *absent], [*shown, *more[::step][:distractor_limit]]


def collect_cases(
    asked: Sequence[tuple[Question, Label]],
    index: Index,
    reader: Reader,
    *,
    k: int,
    min_read: int,
    progress: Progress | None = None,
) -> list[Case]:
    """Ask all questions. Questions without a labelled answer are left out.

    A passage is right if its first sentence is evidence or if it has the words of an answer.
    `k` and `min_read` are as in `AskOptions`.
    """
    check_questions([question for question, _ in asked], reader)
    cases = []
    for number, (question, label) in enumerate(asked, start=1):
        day = question.date if question.context is None else None
        within = Filter(dates=DateRange(before=day))
        request = SearchRequest(
            question.text, within, preference=None, question_without_time=question.text
        )
        hits = retrieve(index, request, k)
        aggregated = read_until_settled(reader, request, hits, min_read=min_read)
        right = label(aggregated.answers[0].text) if aggregated.answers else None
        passages = evidence_passages(aggregated.hits, aggregated.readings, max_sentences=2)
        passages_right = tuple(
            starts_with_evidence(quotation, question.evidence)
            or holds_answer(quotation, question.answers)
            for quotation in (
                one.hit.chunk.text[one.start : one.end] for one in passages[:LABELLED_PASSAGES]
            )
        )
        if right is not None:
            group = question.id if question.context is None else question.context
            cases.append(Case(group, aggregated, right, passages_right))
        if progress is not None:
            progress(number, len(asked))
    return cases
