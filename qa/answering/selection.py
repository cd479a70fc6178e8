"""Choose the answers of a question: exact words, list items or evidence sentences."""

import re
from collections.abc import Sequence
from dataclasses import replace

from qa.answering.aggregation import AggregatedAnswers, Candidate
from qa.answering.confidence import Confidence
from qa.answering.passages import EvidencePassage, evidence_passages
from qa.answering.question_kind import QuestionKind, question_kind
from qa.followups import Turn, repeats_answer
from qa.reader.reader import PassageReading
from qa.reader.spans import LogitSpan
from qa.types import Reason

MAX_SENTENCES: dict[QuestionKind, int] = {"fact": 1, "yes_no": 2, "explanation": 3, "list": 12}
"""Maximum number of sentences quoted as one passage."""

RELATED = 3
"""Number of passages shown if there is no answer."""

RELATED_RELEVANCE = -2.0
"""A passage with at least this relevance (log odds) is worth showing if there is no answer."""

ITEM_MARGIN = 4.0
"""Maximum difference between the margins of the best item of a list and of any other item. Of the
values 1 to 6, this one is best for lists of MultiSpanQA (development set)."""

REPEATED_ODDS = 0.5
"""Factor for the odds of an answer to a follow-up that repeats an earlier answer."""

_CERTAIN = 5.0
"""Minimum margin at which the reader is certain of a span."""

_RIVAL_SHARE = 0.5
"""A second answer with at least this share of the best one's probability disagrees with it."""

_SEPARATOR = re.compile(r"\s*(?:,\s*(?:and|or)\s|[,;/|•·→]|\n|\b(?:and|or)\b|&)\s*")
_MAIL_HEADER = re.compile(r"(?:From|To|Cc|Date|Sent|Subject): ")
_AND = re.compile(r"\band\b|&")
_FULL_NAME = re.compile(r"[A-Z][\w.'’-]*(?: (?:[A-Z][\w.'’-]*|of|the|de|la|van|von|der))+")
"""Two words or more that all have a capital letter, apart from some particles. One word is not
enough: "Simon and Garfunkel" and "Trinidad and Tobago" are one name."""


def select_answers(
    question: str,
    aggregated: AggregatedAnswers,
    confidence: Confidence | None,
    *,
    min_score: float,
    history: Sequence[Turn] = (),
) -> tuple[list[Candidate], Reason | None]:
    """Choose the answers with calibrated scores, best first; or the reason why there is none.

    A question for a fact gets exact words (several full names as items), one for a list the items.
    Explanations and yes-no questions get the evidence sentences; an explanation gets exact words if
    they are certain. If the preferred form is not likely enough, the other form is tried, unless
    the exact words asked for disagree. Yes-no questions never get exact words.

    Args:
        question: the question that was read.
        aggregated: the answers from all readings.
        confidence: calibration; None uses the reader's own probabilities.
        min_score: minimum score of an answer, 0 to 1.
        history: earlier questions and answers; an answer that repeats one of them to another
            question gets a lower score.
    """
    if not aggregated.hits:
        return [], "nothing found"
    kind = question_kind(question)
    calibration = Confidence() if confidence is None else confidence
    spans = _without_neighbors(calibration.calibrate(aggregated))
    if kind == "list" and spans:
        spans[0] = _with_items(spans[0], _reading_of(aggregated, spans[0]))
    elif kind == "fact" and spans:
        spans[0] = _with_names(spans[0])
    passages = _passage_candidates(aggregated, calibration, kind)
    if all(turn.question != question for turn in history):
        spans, passages = (_lower_repeated(found, history) for found in (spans, passages))
    forms = [spans, passages]
    if kind == "yes_no":
        forms = [passages]
    elif kind == "explanation" and not _is_certain(spans[:1], aggregated):
        forms = [passages, spans]
    reason = _reason(spans[:2], min_score)
    for form in forms:
        if form and form[0].score >= min_score:
            return form, None
        if form is spans and reason == "answers disagree" and kind != "explanation":
            break
    return [], reason


def related_passages(aggregated: AggregatedAnswers) -> list[EvidencePassage]:
    """Return up to three relevant passages of different chunks, each with its best sentence.

    A label ("Note:") has the next sentence too, and an introduction ("To start:") its list. A
    passage whose best sentence is a header of a mail is left out.
    """
    passages = evidence_passages(aggregated.hits, aggregated.readings, max_sentences=1)
    near = [
        one
        for one in passages
        if one.reading.relevance >= RELATED_RELEVANCE
        and not _MAIL_HEADER.match(one.hit.chunk.text, one.best.start)
    ]
    return near[:RELATED]


def _without_neighbors(candidates: list[Candidate]) -> list[Candidate]:
    """Drop answers one space away from the best one, such as the title before a name."""
    return [
        one
        for one in candidates
        if one.hit is not candidates[0].hit or not _adjoin(one, candidates[0])
    ]


def _adjoin(one: Candidate, other: Candidate) -> bool:
    first, second = sorted((one, other), key=lambda candidate: candidate.start)
    return one.hit.chunk.text[first.end : second.start] == " "


def _passage_candidates(
    aggregated: AggregatedAnswers, calibration: Confidence, kind: QuestionKind
) -> list[Candidate]:
    passages = evidence_passages(
        aggregated.hits, aggregated.readings, max_sentences=MAX_SENTENCES[kind]
    )
    scores = calibration.passage_scores(aggregated, passages)
    candidates = [
        Candidate(
            passage.hit,
            passage.start,
            passage.end,
            score=score,
            kind="passage",
            highlights=() if kind == "yes_no" else _decisive_words(passage),
        )
        for passage, score in zip(passages, scores, strict=True)
    ]
    return sorted(candidates, key=lambda candidate: -candidate.score)


def _lower_repeated(candidates: list[Candidate], history: Sequence[Turn]) -> list[Candidate]:
    """Lower the scores of answers that repeat an earlier one; return the answers, best first."""
    lowered = []
    for candidate in candidates:
        if repeats_answer(history, candidate.text):
            odds = REPEATED_ODDS * candidate.score
            candidate = replace(candidate, score=odds / (odds + 1 - candidate.score))
        lowered.append(candidate)
    return sorted(lowered, key=lambda candidate: -candidate.score)


def _decisive_words(passage: EvidencePassage) -> tuple[tuple[int, int], ...]:
    """Return the best span within the passage if the reader prefers it to no answer."""
    for span in passage.reading.spans:
        if span.margin > 0 and passage.start <= span.start and span.end <= passage.end:
            return ((span.start, span.end),)
    return ()


def _is_certain(first: Sequence[Candidate], aggregated: AggregatedAnswers) -> bool:
    """Return whether the reader is certain of the exact words of the best answer."""
    return any(
        span.margin >= _CERTAIN
        for candidate in first
        for span in _reading_of(aggregated, candidate).spans[:1]
    )


def _reading_of(aggregated: AggregatedAnswers, candidate: Candidate) -> PassageReading:
    place = next(n for n, hit in enumerate(aggregated.hits) if hit is candidate.hit)
    return aggregated.readings[place]


def _with_names(candidate: Candidate) -> Candidate:
    """Mark the names within an answer such as "Ada Berg and Tom Lind"."""
    text = candidate.hit.chunk.text
    items = _items(text, candidate.start, candidate.end)
    if len(items) < 2 or not all(_FULL_NAME.fullmatch(text[start:end]) for start, end in items):
        return candidate
    if not _AND.search(text, candidate.start, candidate.end):
        return candidate
    return replace(candidate, kind="spans", highlights=tuple(items))


def _with_items(candidate: Candidate, reading: PassageReading) -> Candidate:
    """Extend an answer to the other items of the same passage, or mark the items within it."""
    text = candidate.hit.chunk.text
    start, end = candidate.start, candidate.end
    for whole in reading.spans[:1]:  # a long list has lower odds than its first item
        if whole.start <= start and end <= whole.end:
            start, end = whole.start, whole.end
    items = _items(text, start, end)
    if len(items) == 1 and reading.spans:
        items = _separate(reading.spans)
    if len(items) < 2:
        return candidate
    start, end = items[0][0], items[-1][1]
    return replace(candidate, start=start, end=end, kind="spans", highlights=tuple(items))


def _separate(spans: Sequence[LogitSpan]) -> list[tuple[int, int]]:
    """Return the likely spans that do not overlap, in text order."""
    kept: list[LogitSpan] = []
    for span in spans:
        likely = span.margin > 0 and span.margin >= spans[0].margin - ITEM_MARGIN
        if likely and all(span.end <= one.start or one.end <= span.start for one in kept):
            kept.append(span)
    return sorted((span.start, span.end) for span in kept)


def _items(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Split an enumeration ("critical, grave and serious") into its items."""
    items = []
    begin = start
    for separator in _SEPARATOR.finditer(text, start, end):
        if separator.start() > begin:
            items.append((begin, separator.start()))
        begin = separator.end()
    if begin < end:
        items.append((begin, end))
    return items


def _reason(best: Sequence[Candidate], min_score: float) -> Reason:
    first, second = (*(one.score for one in best), 0.0, 0.0)[:2]
    # Together they would be enough, and neither is much more likely than the other.
    disagree = second > 0 and first + second >= min_score and second >= _RIVAL_SHARE * first
    return "answers disagree" if disagree else "no answer"
