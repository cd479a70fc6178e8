"""Lower the log odds of words that contradict the question and of words from page heads."""

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
from qa.answering.comparison.units import singular
from qa.answering.near_duplicates import find_near_duplicates
from qa.answering.question_kind import question_kind
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
_COUNTED = re.compile(r"\bhow many (\w+)")
_COUNT = re.compile(
    rf"\d|\b(?:{'|'.join(NUMBER_WORDS)}|all|both|couple|dozens?|each|every|few|half|hundreds?|"
    r"many|millions?|most|multiple|no|nobody|none|once|several|single|some|thousands?|twice)\b",
    re.IGNORECASE,
)

_CELL_BORDER = " | "
_ITEM_MARK = re.compile(r"[^\S\n]*[-*•‣·–—][^\S\n]+")


def discount(
    hits: Sequence[Hit], readings: Sequence[PassageReading], question: str
) -> list[PassageReading]:
    """Lower the log odds of spans and sentences that cannot answer the question.

    Spans that reach over a blank line are left out: they join a heading and a text. So are spans
    without a number if the question asks how many. The mark of a list item is cut off a span, and
    so are all cells of a row of a table but the first, unless the question asks for a list. The
    spans of each reading are sorted again, best first.
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
    counts = "how many" in question.casefold()
    asks_who = _ASKS_WHO.match(question) is not None
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
        ]

    def is_other(start: int) -> bool:
        return any(first <= start < last for first, last in other)

    def lowered(one: LogitSpan | ScoredSentence, log_odds: float, *, is_wrong: bool) -> float:
        log_odds -= BOILERPLATE * (lines_of(text, one) <= headings)
        return min(log_odds, 0.0) - CONTRADICTION if is_wrong else log_odds

    spans = []
    for span in (_cut(text, span, is_list=kind == "list") for span in reading.spans):
        if asks_who:
            span = replace(span, start=span.start - _title_before(text, span.start))
        words = text[span.start : span.end].strip()
        if "\n\n" in words or (counts and not _COUNT.search(words)):
            continue
        is_wrong = (
            is_other(span.start)
            or has_opposite_label(question, text, span.start, span.end)
            or _is_swapped(question, text, span)
            or (counts and _is_in_other_column(question, hit, span.end))
            or (not negative and is_denied(text, span.start))
        )
        spans.append(replace(span, margin=lowered(span, span.margin, is_wrong=is_wrong)))
    counts_rows = counts and _counts_rows(question, hit)
    found = []
    for one in reading.sentences:
        is_wrong = is_other(one.start) or (counts_rows and "|" in text[one.start : one.end])
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


def _is_in_other_column(question: str, hit: Hit, end: int) -> bool:
    """Return whether an answer ends in a table with another column for what the question counts.

    The number in the column "Stops" does not answer "How many routes are there?".
    """
    text = hit.chunk.text
    first = text.rfind("\n", 0, end) + 1
    columns, asked = _columns(hit), _counted(question)
    place = text[first:end].lstrip(" |").count("|")
    if "|" not in text[first:].partition("\n")[0] or place >= len(columns):
        return False
    return not columns[place] & asked and any(column & asked for column in columns)


def _counts_rows(question: str, hit: Hit) -> bool:
    """Return whether a question counts what each row of a table is about."""
    return bool(_counted(question) & _columns(hit)[0])


def _counted(question: str) -> set[str]:
    return {singular(word) for word in _COUNTED.findall(question.casefold())}


def _columns(hit: Hit) -> list[set[str]]:
    """Return the words in the heads of the columns of a table; one empty set without a table."""
    rows = [*hit.chunk.table_header.splitlines(), *hit.chunk.text.splitlines()]
    header = next((one.strip(" |") for one in rows if "|" in one), "")
    return [{*map(singular, cell.casefold().split())} for cell in header.split("|")]


def _cut(text: str, span: LogitSpan, *, is_list: bool) -> LogitSpan:
    """Cut the mark of a list item off a span, and all cells of a row of a table but the first.

    A row has as many cells as the line above or below it. With `is_list`, all cells are kept.
    """
    first = text.rfind("\n", 0, span.start) + 1
    start, end = span.start, span.end
    mark = _ITEM_MARK.match(text, first, end)
    if mark and start < mark.end() < end:
        start = mark.end()
    border = text.find(_CELL_BORDER, start + 1, end)
    if border >= 0 and not is_list:
        row, below = [*text[first:].split("\n", 2), ""][:2]
        above = text[:first].removesuffix("\n").rpartition("\n")[2]
        if row.count(_CELL_BORDER) in (above.count(_CELL_BORDER), below.count(_CELL_BORDER)):
            end = border
    return replace(span, start=start, end=end)


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
