"""Combine the readings of all passages of a question into ranked answers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from embeddings import Hit
from qa.answering.normalization import Value, agree, value_of
from qa.dates import date_of
from qa.reader.reader import PassageReading
from qa.reader.spans import LogitSpan, normalise
from qa.types import AnswerKind, Span

__all__ = [
    "SPANS_PER_PASSAGE",
    "AggregatedAnswers",
    "Candidate",
    "aggregate",
    "are_clearly_nearest",
    "is_settled",
]

SPANS_PER_PASSAGE = 5
"""Number of spans of each passage that compete with those of the other passages."""

RELEVANCE_WEIGHT = 0.5
"""Share of a negative relevance logit that is added to the margins of the passage's spans."""

AGREEMENT = 2.0
"""Added to an answer's log odds for each further document that gives the same answer (Dumais et al.
2002). Chosen on 154 news quiz questions, so that SQuAD 2.0, whose passages share names and little
else, loses nothing."""

LEAST_ODDS = math.exp(-6.0)
"""A document supports an answer only if its span has at least these odds against no answer."""

SETTLED_ODDS = math.e
SETTLED_COSINE = 0.05
"""An answer is settled if it is this many times as likely as no answer and as all other answers,
and its passage's cosine exceeds that of every unread passage by this much. Alternatives that were
tried are listed in the reader's model card."""

_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer and the documents that give the same one."""

    hit: Hit
    span: Span
    """Range in the hit's chunk. The score is the probability of all equal spans together."""
    also: tuple[tuple[Hit, Span], ...] = ()
    """The best equal span of each other document."""
    kind: AnswerKind = "span"
    highlights: tuple[tuple[int, int], ...] = ()
    """Ranges in the hit's chunk, see `Answer.highlights`."""

    @property
    def text(self) -> str:
        """The words of the answer."""
        return self.hit.chunk.text[self.span.start : self.span.end]


@dataclass(frozen=True, slots=True)
class AggregatedAnswers:
    """What was read for a question, before probabilities are calibrated."""

    hits: Sequence[Hit]
    """The chunks that were read, best first."""
    answers: Sequence[Candidate]
    """All different, best first by probability, which is the span's score."""
    null: float
    """Probability that no chunk answers, 0 to 1."""
    readings: Sequence[PassageReading] = ()
    """One for each hit."""


def aggregate(hits: Sequence[Hit], readings: Sequence[PassageReading]) -> AggregatedAnswers:
    """Compare the spans of all hits with each other and with no answer.

    Args:
        hits: chunks that were read, best first.
        readings: one for each hit.
    """
    spans = normalise([_margins(*one) for one in zip(hits, readings, strict=True)])
    found = [(hit, span) for hit, of_hit in zip(hits, spans, strict=True) for span in of_hit]
    found.sort(key=lambda one: -one[1].score)
    null = 1.0 - sum(span.score for _, span in found)
    return AggregatedAnswers(hits, *_agreed(_merge_equal(found), null), tuple(readings))


def _margins(hit: Hit, reading: PassageReading) -> list[LogitSpan]:
    """Drop spans without a letter or digit; lower the margins of a passage that is not relevant."""
    prior = RELEVANCE_WEIGHT * min(0.0, reading.relevance)
    return [
        replace(span, margin=span.margin + prior)
        for span in reading.spans[:SPANS_PER_PASSAGE]
        if _LETTER_OR_DIGIT.search(hit.chunk.text, span.start, span.end)
    ]


def is_settled(aggregated: AggregatedAnswers, unread: Sequence[Hit]) -> bool:
    """Whether the best answer is so likely that reading more would hardly change it."""
    if not aggregated.answers:
        return False
    first, *others = aggregated.answers
    most = max(aggregated.null, sum(one.span.score for one in others))
    return first.span.score >= SETTLED_ODDS * most and are_clearly_nearest([first.hit], unread)


def are_clearly_nearest(hits: Sequence[Hit], unread: Sequence[Hit]) -> bool:
    """Whether one of the hits is so much nearer than the unread ones that it can be settled."""
    nearest = max(map(_cosine, hits), default=-1.0)
    return nearest >= SETTLED_COSINE + max(map(_cosine, unread), default=-1.0)


def _cosine(hit: Hit) -> float:
    # A hit of the lexical search alone is farther than every hit of the dense search.
    return -1.0 if hit.dense is None else hit.dense


def _agreed(answers: Sequence[Candidate], null: float) -> tuple[list[Candidate], float]:
    """Raise the odds of what several documents say; give the answers, best first, and the null."""
    weights = []
    for one in answers:
        agreeing = sum(span.score >= LEAST_ODDS * null for _, span in one.also)
        weights.append(one.span.score * math.exp(AGREEMENT * agreeing))
    total = sum(weights) + null
    raised = [
        replace(one, span=replace(one.span, score=weight / total))
        for one, weight in zip(answers, weights, strict=True)
    ]
    return sorted(raised, key=lambda one: -one.span.score), null / total


def _merge_equal(found: Sequence[tuple[Hit, Span]]) -> list[Candidate]:
    """Keep the best of equal answers with the probability of all of them.

    Equal are answers that agree (see `agree`), and answers of one document that overlap.
    """
    kept: list[tuple[Candidate, Value]] = []
    for hit, span in found:
        value = _value(hit, span)
        for position, (best, known) in enumerate(kept):
            if agree(value, known) or _overlap(hit, span, best):
                kept[position] = (_joined(best, hit, span), known)
                break
        else:
            kept.append((Candidate(hit, span), value))
    return [best for best, _ in kept]


def _value(hit: Hit, span: Span) -> Value:
    chunk = hit.chunk
    date = date_of(chunk.text, span.start, span.end, published=chunk.date)
    return value_of(chunk.text[span.start : span.end], date)


def _joined(best: Candidate, hit: Hit, span: Span) -> Candidate:
    cited = {one.chunk.document_id for one in (best.hit, *(other for other, _ in best.also))}
    also = best.also if hit.chunk.document_id in cited else (*best.also, (hit, span))
    score = best.span.score + span.score
    return Candidate(best.hit, replace(best.span, score=score), also)


def _overlap(hit: Hit, span: Span, best: Candidate) -> bool:
    chunk, other = hit.chunk, best.hit.chunk
    return (
        chunk.document_id == other.document_id
        and chunk.start + span.start < other.start + best.span.end
        and other.start + best.span.start < chunk.start + span.end
    )
