"""Spans that are less likely than the reader holds: from other editions and from page heads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from embeddings import Hit, sentences
from qa.answering.contradictions import contradicts
from qa.answering.near_duplicates import find_near_duplicates
from qa.reader.reader import PassageReading
from qa.reader.spans import LogitSpan

__all__ = ["discount", "discounted", "lines_of"]

CONTRADICTION = 3.0
"""A span whose passage or sentence is about another version, year or number than the question names
(see `contradicts`) is less likely than no answer, by these log odds or more."""

BOILERPLATE = 2.0
BOILERPLATE_DOCUMENTS = 3
"""Taken from the log odds of a span in a heading that stands in so many documents."""


def discount(
    hits: Sequence[Hit], readings: Sequence[PassageReading], question: str
) -> list[PassageReading]:
    """Return the readings with discounted spans, best first; see `discounted`."""
    spans = discounted(hits, [one.spans for one in readings], [question] * len(hits))
    return [
        replace(one, spans=tuple(sorted(kept, key=lambda span: -span.margin)))
        for one, kept in zip(readings, spans, strict=True)
    ]


def discounted(
    hits: Sequence[Hit], margins: Sequence[Sequence[LogitSpan]], questions: Sequence[str]
) -> list[list[LogitSpan]]:
    """Lower the log odds of spans from other editions and from page heads.

    Spans that reach over a blank line are left out: they join a heading and a text.

    Args:
        hits: the chunks read.
        margins: the spans of each.
        questions: the question that each was read for.
    """
    headings = _repeated_headings(hits)
    lowered = []
    for hit, spans, question in zip(hits, margins, questions, strict=True):
        text = hit.chunk.text
        if contradicts(question, hit.chunk.indexed_text):
            other = [(0, len(text))]
        else:
            other = [at for at in sentences(text) if contradicts(question, text[slice(*at)])]
        kept = []
        for span in spans:
            if "\n\n" in text[span.start : span.end].strip():
                continue
            margin = span.margin - BOILERPLATE * (lines_of(text, span) <= headings)
            if any(start <= span.start < end for start, end in other):
                margin = min(margin, 0.0) - CONTRADICTION
            kept.append(replace(span, margin=margin))
        lowered.append(kept)
    return lowered


def lines_of(text: str, span: LogitSpan) -> set[str]:
    """Return the lines that a span touches, in lower case."""
    first = text.rfind("\n", 0, span.start) + 1
    last = text.find("\n", span.end)
    lines = text[first : last if last >= 0 else None].casefold().splitlines()
    return {line.strip() for line in lines} - {""}


def _repeated_headings(hits: Sequence[Hit]) -> set[str]:
    """Find lines without a full stop that stand in several documents that are no copies."""
    texts = [hit.chunk.text for hit in hits]
    documents: dict[str, set[int]] = defaultdict(set)
    for text, original in zip(texts, find_near_duplicates(texts), strict=True):
        for line in {line.strip() for line in text.casefold().splitlines()} - {""}:
            if not line.endswith((".", "!", "?")):
                documents[line].add(original)
    return {line for line, found in documents.items() if len(found) >= BOILERPLATE_DOCUMENTS}
