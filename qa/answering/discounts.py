"""Lower the log odds of words that contradict the question or come from page heads; cut spans."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from embeddings import Hit, sentences
from qa.answering.comparison.contradictions import contradicts
from qa.answering.comparison.names import DISTINGUISHING
from qa.answering.comparison.negation import (
    asks_for_negation,
    denies_event,
    denies_verb,
    is_denied,
    is_negated,
)
from qa.answering.comparison.numbers import NUMBER_WORDS
from qa.answering.comparison.opposites import has_opposite_label
from qa.answering.comparison.roles import has_swapped_roles
from qa.answering.near_duplicates import find_near_duplicates
from qa.answering.question_kind import QuestionKind, question_kind
from qa.answering.table_cells import (
    counts_rows,
    fit_to_cell,
    is_in_other_cell,
    reaches_over_rows,
    rows_about_others,
)
from qa.reader.reader import PassageReading
from qa.reader.spans import LogitSpan, ScoredSentence

CONTRADICTION = 15.0
"""The log odds of a span or sentence about another version, year, number or name than the question
has (see `contradicts`), or with the opposite of what it asks for (see `negation`), become at most
minus this. So does the relevance of a passage without another likely span or sentence."""

BOILERPLATE = 5.0
BOILERPLATE_DOCUMENTS = 3
"""Taken from the log odds of a span or sentence in a heading of so many documents."""

_ASKS_WHO = re.compile(r"\W*(?:by )?whom?\b", re.IGNORECASE)
_OFFICES = (
    "ambassador|archbishop|bishop|chancellor|commander|director|duke|emperor|empress|governor|head|"
    "king|leader|mayor|minister|president|prince|queen|secretary|treasurer"
)
_TITLE_OF = re.compile(
    rf"\b(?:the\s+)?(?:(?:{'|'.join(sorted(DISTINGUISHING))})[\s-]+)*(?:{_OFFICES})"
    r"\s+of\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_COUNT = re.compile(
    rf"\d|\b(?:{'|'.join(NUMBER_WORDS)}|all|both|couple|dozens?|each|every|few|half|hundreds?|"
    r"many|millions?|most|multiple|no|nobody|none|once|several|single|some|thousands?|twice)\b",
    re.IGNORECASE,
)

_ITEM_MARK = re.compile(r"[^\S\n]*[-*•‣·–—][^\S\n]+")


def discount(
    hits: Sequence[Hit], readings: Sequence[PassageReading], question: str
) -> list[PassageReading]:
    """Lower the log odds of spans and sentences that cannot answer the question.

    Spans that reach over a blank line are left out: they join a heading and a text. So are spans
    without a number if the question asks how many. The mark of a list item is cut off a span.
    Unless the question asks for a list, spans are fitted to a cell of a table, and left out if they
    reach over several rows. The spans of each reading are sorted again, best first.
    """
    headings = _repeated_headings(hits)
    negative = asks_for_negation(question)
    return [
        _discounted(hit, one, question, headings, negative)
        for hit, one in zip(hits, readings, strict=True)
    ]


def _discounted(
    hit: Hit, reading: PassageReading, question: str, headings: set[str], negative: bool
) -> PassageReading:
    text = hit.chunk.text
    kind = question_kind(question)
    presumes = kind in ("fact", "list") and not is_negated(question)
    likely_spans = [span for span in reading.spans if span.margin > 0]
    is_about_other = (
        contradicts(question, hit.chunk.indexed_text)
        or (presumes and denies_event(question, text))
        or (bool(likely_spans) and all(_is_swapped(question, text, one) for one in likely_spans))
    )
    if is_about_other:
        other = [(0, len(text))]
    else:
        other = [
            (start, end)
            for start, end in sentences(text)
            if contradicts(question, text[start:end])
            or (negative and not is_negated(text[start:end]))
            or (presumes and denies_verb(question, text[start:end]))
        ] + rows_about_others(question, hit)

    def is_other(start: int) -> bool:
        return any(first <= start < last for first, last in other)

    def lowered(one: LogitSpan | ScoredSentence, log_odds: float, *, is_wrong: bool) -> float:
        log_odds -= BOILERPLATE * (lines_of(text, one) <= headings)
        return min(log_odds, 0.0) - CONTRADICTION if is_wrong else log_odds

    spans = []
    for span in filter(None, (_trimmed(question, hit, one, kind) for one in reading.spans)):
        is_wrong = (
            is_other(span.start)
            or has_opposite_label(question, text, span.start, span.end)
            or _is_swapped(question, text, span)
            or is_in_other_cell(question, hit, span.end)
            or (not negative and is_denied(text, span.start))
        )
        spans.append(replace(span, margin=lowered(span, span.margin, is_wrong=is_wrong)))
    found = []
    for one in reading.sentences:
        is_wrong = is_other(one.start) or counts_rows(question, hit, one.start)
        found.append(replace(one, logit=lowered(one, one.logit, is_wrong=is_wrong)))
    best_first = tuple(sorted(spans, key=lambda span: -span.margin))
    relevance = reading.relevance
    likely = {one.start for one in reading.sentences if one.logit > 0}
    likely |= {span.start for span in reading.spans if span.margin > 0}
    if likely and all(map(is_other, likely)):
        relevance = min(relevance, 0.0) - CONTRADICTION
    return replace(reading, spans=best_first, sentences=tuple(found), relevance=relevance)


def _is_swapped(question: str, text: str, span: LogitSpan) -> bool:
    """Apply `has_swapped_roles` to the whole first word of a span."""
    start = span.start
    while start and text[start - 1].isalnum():
        start -= 1
    return has_swapped_roles(question, text, start)


def _title_before(text: str, start: int) -> int:
    """Return the length of "the president of " before the start of a name."""
    match = _TITLE_OF.search(text, max(0, start - 60), start) if text[start].isupper() else None
    return len(match[0]) if match else 0


def _trimmed(question: str, hit: Hit, span: LogitSpan, kind: QuestionKind) -> LogitSpan | None:
    """Cut a span to the words that can answer the question; None if it has none."""
    text = hit.chunk.text
    span = _without_mark(text, span)
    if kind != "list":
        span = fit_to_cell(question, hit, span)
    if _ASKS_WHO.match(question):
        span = replace(span, start=span.start - _title_before(text, span.start))
    words = text[span.start : span.end].strip()
    counts = "how many" in question.casefold()
    is_over_rows = kind != "list" and reaches_over_rows(words)
    if "\n\n" in words or is_over_rows or (counts and not _COUNT.search(words)):
        return None
    return span


def _without_mark(text: str, span: LogitSpan) -> LogitSpan:
    """Cut the mark of a list item off a span."""
    mark = _ITEM_MARK.match(text, text.rfind("\n", 0, span.start) + 1, span.end)
    if mark and span.start < mark.end() < span.end:
        return replace(span, start=mark.end())
    return span


def lines_of(text: str, span: LogitSpan | ScoredSentence) -> set[str]:
    """Return the lines that a span touches, in lower case."""
    first = text.rfind("\n", 0, span.start) + 1
    last = text.find("\n", span.end)
    lines = text[first : last if last >= 0 else None].casefold().splitlines()
    return {line.strip() for line in lines} - {""}


def _repeated_headings(hits: Sequence[Hit]) -> set[str]:
    """Find lines without a full stop in several documents that are not near-duplicates."""
    texts = [hit.chunk.text for hit in hits]
    documents: dict[str, set[int]] = defaultdict(set)
    for text, original in zip(texts, find_near_duplicates(texts), strict=True):
        for line in {line.strip() for line in text.casefold().splitlines()} - {""}:
            if not line.endswith((".", "!", "?")):
                documents[line].add(original)
    return {line for line, found in documents.items() if len(found) >= BOILERPLATE_DOCUMENTS}
