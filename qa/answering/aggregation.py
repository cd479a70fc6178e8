"""Combine the readings of all passages of a question into ranked answers."""

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from embeddings import Hit
from qa.answering.comparison.negation import is_denied
from qa.answering.comparison.normalization import equal_places, value_at
from qa.answering.discounts import lines_of
from qa.answering.near_duplicates import find_near_duplicates
from qa.reader.reader import PassageReading
from qa.reader.spans import LogitSpan
from qa.types import AnswerKind

SPANS_PER_PASSAGE = 5
"""Maximum number of spans of each passage that are aggregated into answers."""

SPANS_READ = 20
"""Maximum number of spans kept for each passage: further ones are used only as list items."""

MARGIN_WEIGHT, RELEVANCE_WEIGHT, SENTENCE_WEIGHT = 0.4, 0.4, 0.2
"""Weights of a span's margin, its passage's relevance and its sentence's evidence logit in the log
odds of the span. They add up to 1: a reader without relevance and evidence heads uses margins for
all three, so its best span keeps its margin. With the margin plus half of a negative relevance
instead, the F1 of the first answers to 613 news quiz questions falls from 62.6 to 61.7."""

LENGTH_PENALTY, SHORT_WORDS = 0.1, 6
"""Amount subtracted from an answer's log odds for each word beyond `SHORT_WORDS`. If a passage
gives the answer twice, a span that is too long can reach from the first place to the second. The F1
of the first answers to 613 news quiz questions is 65.2 with it and 63.8 without. Five other
settings, 0.05 to 0.3 with 4 or 6 words, give 64.7 to 65.0."""

AGREEMENT = 2.0
"""Added to an answer's log odds for each further document that gives the same answer (Dumais et al.
2002). On 154 news quiz questions, the F1 is 57.8 with 0 and 59 to 60 with 0.5 to 3. Answers from
encyclopedias, reports and manuals are the same with all of these values."""

CONTRADICTING = 2.0
"""Minimum log odds of an answer that contradicts a likelier answer of another document. On 302 news
quiz questions, 17 answers are marked as contradicted with 2, 21 with 1, 12 with 4."""

CORRECTED = 0.5
"""Maximum odds of a corrected answer, as a share of the odds of the answer that corrects it."""

_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer, and the documents that give it."""

    hit: Hit
    start: int
    end: int
    """End of the answer's half-open range in the hit's chunk."""
    probability: float = 0.0
    """Sum over all equal spans, before calibration, 0 to 1; not set for evidence passages."""
    score: float = 0.0
    """Calibrated probability that the answer is right, 0 to 1; see `Confidence`."""
    also: tuple[tuple[Hit, int, int], ...] = ()
    """The best equal span of each other document: a hit, and the start and end in its chunk."""
    kind: AnswerKind = "span"
    highlights: tuple[tuple[int, int], ...] = ()
    """Ranges in the hit's chunk, see `Answer.highlights`."""
    likely_alone: bool = False
    """See `Answer.likely_alone`."""

    @property
    def text(self) -> str:
        """The words of the answer."""
        return self.hit.chunk.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class AggregatedAnswers:
    """The answers from all readings of a question, before calibration."""

    hits: Sequence[Hit]
    """The chunks that were read, best first."""
    answers: Sequence[Candidate]
    """Different answers, most probable first."""
    null: float
    """Probability that no chunk answers, 0 to 1."""
    readings: Sequence[PassageReading] = ()
    """The reading of each hit."""


@dataclass(frozen=True, slots=True)
class _SpanGroup:
    """Overlapping spans of a document, represented by the best one."""

    hit: Hit
    span: LogitSpan
    log_odds: float
    """Log odds of all spans of the group together, against no answer."""


def aggregate(hits: Sequence[Hit], readings: Sequence[PassageReading]) -> AggregatedAnswers:
    """Combine the spans of all hits into different answers with probabilities.

    The odds of equal answers (see `equal_places`) are added. Near-duplicates of a passage, and a
    line that several documents repeat, count once. A document supports its best answer if this is
    more likely than no answer. Each further supporting document raises the odds of the answer.
    """
    grouped = _group_spans(hits, readings)
    best_of = {group.hit.chunk.document_id: group for group in reversed(grouped)}
    copies = find_near_duplicates([hit.chunk.text for hit in hits])
    originals = dict(zip(map(id, hits), copies, strict=True))
    largest = max([0.0, *(group.log_odds for group in grouped)])
    answers = []
    for equal in _merge_equal(grouped):
        best, kept, odds = equal[0], *_without_copies(equal, originals, largest)
        also = tuple(
            (one.hit, one.span.start, one.span.end)
            for one in kept[1:]
            if one.log_odds > 0 and one is best_of[one.hit.chunk.document_id]
        )
        alone = best.log_odds >= CONTRADICTING
        found = Candidate(best.hit, best.span.start, best.span.end, also=also, likely_alone=alone)
        answers.append((found, odds))
    return AggregatedAnswers(hits, *_with_agreement(answers, math.exp(-largest)), tuple(readings))


def _log_odds(hit: Hit, reading: PassageReading, span: LogitSpan) -> float:
    """Compute the log odds of a span from the three heads of the reader."""
    words = len(hit.chunk.text[span.start : span.end].split())
    return (
        MARGIN_WEIGHT * span.margin
        + RELEVANCE_WEIGHT * reading.relevance
        + SENTENCE_WEIGHT * _sentence_logit(reading, span)
        - LENGTH_PENALTY * max(0, words - SHORT_WORDS)
    )


def _sentence_logit(reading: PassageReading, span: LogitSpan) -> float:
    """Return the evidence logit of the sentence around a span, or else the span's margin."""
    around = [
        one.logit for one in reading.sentences if one.start < span.end and span.start < one.end
    ]
    return max(around, default=span.margin)


def _with_agreement(
    answers: Sequence[tuple[Candidate, float]], null: float
) -> tuple[list[Candidate], float]:
    """Raise the odds of answers with supporting documents, and lower those of corrected answers.

    Returns:
        The answers with their probabilities, best first, and the probability of no answer.
    """
    raised = [(one, odds * math.exp(AGREEMENT * len(one.also))) for one, odds in answers]
    likely = [(by, odds) for by, odds in raised if by.likely_alone]
    corrected = [
        (one, min([odds, *(CORRECTED * other for by, other in likely if _corrects(by, one))]))
        for one, odds in raised
    ]
    total = sum(odds for _, odds in corrected) + null
    found = [replace(one, probability=odds / total) for one, odds in corrected]
    return sorted(found, key=lambda one: -one.probability), null / total


def _corrects(by: Candidate, one: Candidate) -> bool:
    """Return whether the passage of an answer says that another document's answer is wrong.

    Examples are "Room 5, not room 4" and "moved from room 4 to room 5". An older document does not
    correct a newer one.
    """
    chunk, other = by.hit.chunk, one.hit.chunk
    is_older = chunk.date and other.date and chunk.date < other.date
    if is_older or chunk.document_id == other.document_id:
        return False
    amount, _, unit = map(re.escape, one.text.rpartition(" "))
    # "13 million, not 31 million" corrects "31 million crowns", "not 31 million bolts" does not.
    alone = r"(?!\s+(?!to\b)\w)"
    wrong = f"{amount}(?: {unit}|{alone})" if re.search(r"\d", amount) else re.escape(one.text)
    wrong = rf"(?<!\w){wrong}(?!\w)"
    to = rf"{wrong}\s+to\s+(?:the\s+)?"
    replaced = rf"\bfrom\s+(?:the\s+)?(?={to})(?:{to})?{re.escape(by.text)}"
    return re.search(replaced, chunk.text, re.IGNORECASE) is not None or any(
        is_denied(chunk.text, match.start())
        for match in re.finditer(wrong, chunk.text, re.IGNORECASE)
    )


def _group_spans(hits: Sequence[Hit], readings: Sequence[PassageReading]) -> list[_SpanGroup]:
    """Group the overlapping spans of each document, best first; skip spans of punctuation only."""
    found = [
        _SpanGroup(hit, span, _log_odds(hit, reading, span))
        for hit, reading in zip(hits, readings, strict=True)
        for span in reading.spans[:SPANS_PER_PASSAGE]
        if _LETTER_OR_DIGIT.search(hit.chunk.text, span.start, span.end)
    ]
    groups: list[_SpanGroup] = []
    for one in sorted(found, key=lambda one: -one.log_odds):
        for place, known in enumerate(groups):
            if _overlap(one, known):
                odds = float(np.logaddexp(known.log_odds, one.log_odds))
                groups[place] = replace(known, log_odds=odds)
                break
        else:
            groups.append(one)
    return sorted(groups, key=lambda group: -group.log_odds)


def _merge_equal(groups: Sequence[_SpanGroup]) -> list[list[_SpanGroup]]:
    """Join groups that give equal answers, best first."""
    equal: dict[int, list[_SpanGroup]] = defaultdict(list)
    values = []
    for group in groups:
        chunk, span = group.hit.chunk, group.span
        values.append(value_at(chunk.text, span.start, span.end, published=chunk.date))
    for place, group in zip(equal_places(values), groups, strict=True):
        equal[place].append(group)
    return list(equal.values())


def _without_copies(
    equal: Sequence[_SpanGroup], originals: Mapping[int, int], largest: float
) -> tuple[list[_SpanGroup], float]:
    """Leave out near-duplicates among equal groups.

    Returns:
        The best group of each kept document, and the sum of the odds of the counted groups, divided
        by e to the power of `largest`.
    """
    kept: list[_SpanGroup] = []
    odds = 0.0
    documents: set[str] = set()
    seen: set[object] = set()
    for group in equal:
        sources = {originals[id(group.hit)], *lines_of(group.hit.chunk.text, group.span)}
        if group.hit.chunk.document_id not in documents:
            if sources & seen:
                continue
            documents.add(group.hit.chunk.document_id)
            kept.append(group)
        seen |= sources
        odds += math.exp(group.log_odds - largest)
    return kept, odds


def _overlap(one: _SpanGroup, known: _SpanGroup) -> bool:
    chunk, other = one.hit.chunk, known.hit.chunk
    return (
        chunk.document_id == other.document_id
        and chunk.start + one.span.start < other.start + known.span.end
        and other.start + known.span.start < chunk.start + one.span.end
    )
