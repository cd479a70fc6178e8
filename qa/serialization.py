"""JSON of replies, hits, documents and reports for the command line, the HTTP API and the page."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from embeddings import Document, Hit, IndexReport, StoredDocument
from qa.dates import Period, TimeRange
from qa.monitoring.verify import Finding
from qa.timeline.timeline import Timeline
from qa.types import Answer, Citation, Reason, Reply

if TYPE_CHECKING:
    from qa.monitoring.watch import Change

_WHY: Mapping[Reason, str] = {
    "nothing found": "no document matches the filters",
    "no answer": "no passage answers it with enough confidence",
    "answers disagree": "the passages give different answers, and none is likely enough",
}

# Control characters except tab and line feed, and characters that change the text direction.
_UNSHOWABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

REPORT_FIELDS = (
    *("added", "updated", "moved", "unchanged", "removed"),
    *("failed", "warnings", "skipped", "excluded"),
)


def why_not(reply: Reply) -> str:
    """Return the reason why a reply has no answer, in words."""
    return _WHY[reply.reason if reply.reason is not None else "no answer"]


def replace_control_characters(text: str) -> str:
    """Replace characters that control a terminal or change the text direction with U+FFFD."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def reply_json(reply: Reply) -> dict[str, object]:
    """Return a reply as JSON.

    Without an answer, `answer` is null, `reason` says why, `related` has the most relevant
    sentences and `nearest` the best hit, if any. With an answer, `reason` and `nearest` are null
    and `related` is empty.
    """
    answers = [_answer_json(answer) for answer in reply.answers]
    return {
        "question": reply.question,
        "understood": reply.understood,
        "as_of": reply.as_of.isoformat() if reply.as_of else None,
        "window": None
        if reply.window is None
        else _time_range_json(reply.window, reply.understood),
        "undated": reply.undated,
        "answer": answers[0] if answers else None,
        "answers": answers,
        "disagree": reply.disagree,
        "reason": reply.reason,
        "nearest": None if answers or not reply.hits else hit_json(reply.hits[0]),
        "related": [_citation_json(cited) for cited in reply.related],
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
        "kind": answer.kind,
        "score": answer.score,
        **_place_json(answer),
        "highlights": [list(part) for part in answer.highlights],
        "context": answer.context,
        "date": None if answer.date is None else _date_json(answer.date),
        "citations": [_citation_json(cited) for cited in answer.citations],
    }


def _citation_json(cited: Citation) -> dict[str, object]:
    return {"text": cited.text, **_place_json(cited)}


def _place_json(cited: Answer | Citation) -> dict[str, object]:
    return {
        "start": cited.start,
        "end": cited.end,
        "page": cited.page,
        "section": list(cited.section),
        "document": document_json(cited.document),
    }


def _date_json(date: Period) -> dict[str, object]:
    return {
        "iso": date.iso,
        "precision": date.precision,
        "after": date.first.isoformat(),
        "before": date.last.isoformat(),
    }


def document_json(document: Document | StoredDocument) -> dict[str, object]:
    """Return a document as JSON, without its text."""
    return {
        "id": document.id,
        "title": document.title,
        "date": document.date.isoformat() if document.date else None,
        "source": document.source,
    }


def timeline_json(timeline: Timeline) -> dict[str, object]:
    """Return a timeline as JSON."""
    window = timeline.window
    return {
        "question": timeline.question,
        "as_of": timeline.as_of.isoformat() if timeline.as_of else None,
        "window": None if window is None else _time_range_json(window, timeline.question),
        "values": [
            {
                "value": entry.best.text,
                "first": entry.first.isoformat(),
                "last": entry.last.isoformat(),
                "superseded": entry.superseded,
                "answers": [_answer_json(answer) for answer in entry.answers],
            }
            for entry in timeline.values
        ],
        "read": timeline.read,
        "seconds": timeline.seconds,
    }


def finding_json(finding: Finding) -> dict[str, object]:
    """Return the result of checking a citation as JSON."""
    return {
        "verdict": finding.verdict,
        "detail": finding.detail,
        "citation": dataclasses.asdict(finding.citation),
    }


def change_json(change: Change) -> dict[str, object]:
    """Return the change of a watched answer as JSON."""
    row = dataclasses.asdict(change)
    for answer in (row["was"], row["now"]):
        if answer is not None:
            del answer["value"]
    return row


def hit_json(hit: Hit) -> dict[str, object]:
    """Return a hit as JSON, with both parts of its score and its offsets in the document."""
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


def stored_json(stored: StoredDocument) -> dict[str, object]:
    """Return a document of the index as JSON, without its text."""
    return {
        **document_json(stored),
        "metadata": dict(stored.metadata),
        "characters": stored.characters,
        "chunks": stored.chunks,
    }


def report_json(report: IndexReport) -> dict[str, object]:
    """Return the result of adding documents as JSON."""
    return {name: list(getattr(report, name)) for name in REPORT_FIELDS}
