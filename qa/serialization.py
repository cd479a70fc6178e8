"""Replies, hits, documents and reports as JSON, for the command line, the HTTP API and the page."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from embeddings import Document, Hit, IndexReport, StoredDocument
from qa.dates import Period, TimeRange
from qa.monitoring.verify import Finding
from qa.timeline.timeline import Timeline
from qa.types import Answer, Citation, Reason, Reply

__all__ = [
    "REPORT_FIELDS",
    "document_json",
    "finding_json",
    "hit_json",
    "replace_control_characters",
    "reply_json",
    "report_json",
    "stored_json",
    "timeline_json",
    "why_not",
]

_WHY: Mapping[Reason, str] = {
    "nothing found": "no document lies within the filter",
    "no answer": "no passage that was read answers it surely enough",
    "answers disagree": "the passages give different answers, and none is sure enough",
}

# Control characters but tab and line end, and signs that turn the direction of what follows them.
_UNSHOWABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

REPORT_FIELDS = ("added", "updated", "unchanged", "removed", "failed")


def why_not(reply: Reply) -> str:
    """Say in words why there is no answer."""
    return _WHY[reply.reason if reply.reason is not None else "no answer"]


def replace_control_characters(text: str) -> str:
    """Put a sign for each character that would command a terminal, or show others elsewhere."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def reply_json(reply: Reply) -> dict[str, object]:
    """Describe a reply.

    When the documents do not answer, `answer` is null, `reason` says why and `nearest` is the hit
    that fits best, if any; otherwise these two are null.
    """
    answers = [_answer_json(answer) for answer in reply.answers]
    return {
        "question": reply.question,
        "understood": reply.understood,
        "as_of": reply.as_of.isoformat() if reply.as_of else None,
        "window": None
        if reply.window is None
        else _time_range_json(reply.window, reply.understood),
        "answer": answers[0] if answers else None,
        "answers": answers,
        "disagree": reply.disagree,
        "reason": reply.reason,
        "nearest": None if answers or not reply.hits else hit_json(reply.hits[0]),
        "dateline": None if reply.dateline is None else _citation_json(reply.dateline),
        "read": reply.read,
        "seconds": dict(reply.seconds),
    }


def _time_range_json(window: TimeRange, question: str) -> dict[str, object]:
    return {
        "text": question[window.start : window.end],
        "start": window.start,
        "end": window.end,
        "after": window.after.isoformat() if window.after else None,
        "before": window.before.isoformat(),
        "hard": window.hard,
    }


def _answer_json(answer: Answer) -> dict[str, object]:
    return {
        "answer": answer.text,
        "score": answer.score,
        "start": answer.start,
        "end": answer.end,
        "context": answer.context,
        "date": None if answer.date is None else _date_json(answer.date),
        "document": document_json(answer.document),
        "citations": [_citation_json(cited) for cited in answer.citations],
    }


def _citation_json(cited: Citation) -> dict[str, object]:
    return {
        "text": cited.text,
        "start": cited.start,
        "end": cited.end,
        "document": document_json(cited.document),
    }


def _date_json(date: Period) -> dict[str, object]:
    return {
        "iso": date.iso,
        "precision": date.precision,
        "after": date.first.isoformat(),
        "before": date.last.isoformat(),
    }


def document_json(document: Document) -> dict[str, object]:
    """Describe the document of an answer, without its text."""
    return {
        "id": document.id,
        "title": document.title,
        "date": document.date.isoformat() if document.date else None,
        "source": document.source,
    }


def timeline_json(timeline: Timeline) -> dict[str, object]:
    """Describe a timeline."""
    window = timeline.window
    return {
        "question": timeline.question,
        "as_of": timeline.as_of.isoformat() if timeline.as_of else None,
        "window": None if window is None else _time_range_json(window, timeline.question),
        "values": [
            {
                "value": told.best.text,
                "first": told.first.isoformat(),
                "last": told.last.isoformat(),
                "superseded": told.superseded,
                "answers": [_answer_json(answer) for answer in told.answers],
            }
            for told in timeline.values
        ],
        "read": timeline.read,
        "seconds": timeline.seconds,
    }


def finding_json(finding: Finding) -> dict[str, object]:
    """Describe what became of a citation."""
    return {
        "verdict": finding.verdict,
        "detail": finding.detail,
        "citation": dataclasses.asdict(finding.citation),
    }


def hit_json(hit: Hit) -> dict[str, object]:
    """Describe a hit with both parts of its score and its place in the document."""
    chunk = hit.chunk
    return {
        "score": hit.score,
        "lexical": hit.lexical,
        "dense": hit.dense,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "document": {
            "id": chunk.document_id,
            "title": chunk.title,
            "date": chunk.date.isoformat() if chunk.date else None,
        },
    }


def stored_json(known: StoredDocument) -> dict[str, object]:
    """Describe a document of the index, without its text."""
    return {
        "id": known.id,
        "title": known.title,
        "date": known.date.isoformat() if known.date else None,
        "source": known.source,
        "metadata": dict(known.metadata),
        "characters": known.characters,
        "chunks": known.chunks,
    }


def report_json(report: IndexReport) -> dict[str, object]:
    """Describe what adding did."""
    return {name: list(getattr(report, name)) for name in REPORT_FIELDS}
