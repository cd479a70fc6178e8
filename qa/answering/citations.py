"""Quote answers from the documents of an index, after checking that the documents still match."""

import re
from collections.abc import Sequence
from functools import cache

from embeddings import Document, Hit, Index, dateline_span
from qa.answering.aggregation import Candidate
from qa.answering.passages import EvidencePassage
from qa.types import Answer, Citation


def quote_answers(index: Index, candidates: Sequence[Candidate]) -> tuple[Answer, ...]:
    """Quote candidates from their documents, without those whose document has changed."""
    read = cache(index.document)
    found = []
    for one in candidates:
        cited = _citation(read(one.hit.chunk.document_id), one.hit, one.start, one.end)
        if cited is None:
            continue
        others = (_citation(read(hit.chunk.document_id), hit, *span) for hit, *span in one.also)
        found.append(
            Answer(
                text=cited.text,
                score=one.score,
                start=cited.start,
                end=cited.end,
                document=cited.document,
                context=one.hit.chunk.text,
                context_start=one.hit.chunk.start,
                citations=tuple(other for other in others if other is not None),
                kind=one.kind,
                likely_alone=one.likely_alone,
                highlights=tuple(
                    (one.hit.chunk.start + start, one.hit.chunk.start + end)
                    for start, end in one.highlights
                ),
            )
        )
    return tuple(found)


def cite_related(index: Index, passages: Sequence[EvidencePassage]) -> tuple[Citation, ...]:
    """Quote each passage from its document."""
    read = cache(index.document)
    found = (
        _citation(read(one.hit.chunk.document_id), one.hit, one.start, one.end) for one in passages
    )
    return tuple(cited for cited in found if cited is not None)


def dateline_of(index: Index, question: str, hits: Sequence[Hit]) -> Citation | None:
    """Quote the city in the dateline of the best hit's document; None unless "where" is asked."""
    if not hits or not re.match(r"\W*where\b", question, re.IGNORECASE):
        return None
    document = index.document(hits[0].chunk.document_id)
    span = None if document is None else dateline_span(document.text)
    if document is None or span is None:
        return None
    return Citation(document.text[slice(*span)], *span, document)


def _citation(document: Document | None, hit: Hit, start: int, end: int) -> Citation | None:
    """Quote a half-open range of a hit's chunk from its document."""
    text = hit.chunk.text[start:end]
    start, end = hit.chunk.start + start, hit.chunk.start + end
    # Another process may have changed the document since the search.
    if document is None or document.text[start:end] != text:
        return None
    return Citation(text, start, end, document)
