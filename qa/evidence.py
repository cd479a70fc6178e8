"""What was found for a question: the spans of all chunks read, held against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from embeddings import Hit
from qa.dates import date_of
from qa.spans import LogitSpan, normalise
from qa.types import Span
from qa.values import Value, agree, value_of

__all__ = ["SPANS_PER_CONTEXT", "Candidate", "Evidence", "are_ahead", "settled", "weigh"]

SPANS_PER_CONTEXT = 5
"""How many spans of a context compete with those of the others."""

AGREEMENT = 2.0
"""What each other document that says the same adds to an answer's log odds: what many texts say is
likelier right (Dumais et al. 2002). Chosen, with the next, on 154 news quiz questions, and so that
questions of SQuAD 2.0 lose nothing, whose passages share names and little else."""

LEAST_ODDS = math.exp(-6.0)
"""A document whose own words are less likely than this against no answer says nothing."""

SETTLED_ODDS = math.e
SETTLED_COSINE = 0.05
"""An answer is settled that is so many times as likely as none and as all others, and whose passage
is so much nearer to the question than those not read: where many texts tell of the same, they are
heard. What else was tried is a table in the reader's model card."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer, with those that say the same in other documents."""

    hit: Hit
    span: Span
    """In the hit's chunk; its score is that of all that are equal to it together, and agree."""
    also: tuple[tuple[Hit, Span], ...] = ()
    """The best of each other document."""

    @property
    def text(self) -> str:
        """Its words."""
        return self.hit.chunk.text[self.span.start : self.span.end]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for a question, before anything is said of it."""

    hits: Sequence[Hit]
    """The chunks read, most promising first."""
    answers: Sequence[Candidate]
    """All different, best first by their probability, which is the spans' score."""
    null: float
    """The probability that no chunk answers, 0 to 1."""


def weigh(hits: Sequence[Hit], margins: Sequence[Sequence[LogitSpan]]) -> Evidence:
    """Hold the spans of all hits against each other and against no answer."""
    spans = normalise(margins)
    found = [(hit, span) for hit, of_hit in zip(hits, spans, strict=True) for span in of_hit]
    found.sort(key=lambda one: -one[1].score)
    null = 1.0 - sum(span.score for _, span in found)
    return Evidence(hits, *_agreed(_merge_equal(found), null))


def settled(evidence: Evidence, unread: Sequence[Hit]) -> bool:
    """Tell whether the first answer is so likely that reading more would hardly change it."""
    if not evidence.answers:
        return False
    first, *others = evidence.answers
    most = max(evidence.null, sum(one.span.score for one in others))
    return first.span.score >= SETTLED_ODDS * most and are_ahead([first.hit], unread)


def are_ahead(hits: Sequence[Hit], unread: Sequence[Hit]) -> bool:
    """Tell whether one of the hits, read or not, is so much nearer that it can settle an answer."""
    nearest = max(map(_cosine, hits), default=-1.0)
    return nearest >= SETTLED_COSINE + max(map(_cosine, unread), default=-1.0)


def _cosine(hit: Hit) -> float:
    # A passage that only the words brought up is farther than all that the vectors did.
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
