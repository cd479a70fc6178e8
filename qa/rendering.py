"""Replies, hits and reports as people read them in a terminal, and as JSON for programs."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from embeddings import Document, Hit, IndexReport, StoredDocument
from qa.dates import Period, TimeRange
from qa.timeline import Timeline
from qa.types import Answer, Citation, Reason, Reply
from qa.verification import Finding
from qa.watch import Change, Known

__all__ = [
    "change_text",
    "finding_json",
    "finding_text",
    "hit_json",
    "hit_text",
    "reply_json",
    "reply_text",
    "report_json",
    "report_text",
    "showable",
    "stored_json",
    "stored_text",
    "timeline_json",
    "timeline_text",
    "why_not",
]

_LEAST_SHOWN = 0.01
"""Answers that are less likely are left out of what people read, not out of the JSON."""

_WHY: Mapping[Reason, str] = {
    "nothing found": "no document lies within the filter",
    "no answer": "no passage that was read answers it surely enough",
    "answers disagree": "the passages give different answers, and none is sure enough",
}

# Control characters but tab and line end, and signs that turn the direction of what follows them.
_UNSHOWABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_REPORT = ("added", "updated", "unchanged", "removed", "failed")


def report_text(report: IndexReport) -> str:
    """Sum up what adding did; each file that failed has a line."""
    counts = [f"{len(getattr(report, name))} {name}" for name in _REPORT if getattr(report, name)]
    lines = [f"Documents: {', '.join(counts) or 'none'}."]
    lines += [f"  {_one_line(reason)}" for _, reason in report.failed]
    return "\n".join(lines)


def reply_text(reply: Reply) -> str:
    """Show a reply: the answer marked in its sentence, and where it stands."""
    lines = []
    if reply.understood != reply.question:
        lines.append(f"Understood as: {_one_line(reply.understood)}")
    if reply.window is not None:
        lines.append(_window_line(reply.window, reply.understood))
    if reply.answer is None:
        lines.append(f"The documents do not answer this: {why_not(reply)}.")
        if reply.hits:
            nearest = reply.hits[0].chunk
            place = _one_line(nearest.document_id)
            lines += [f"Nearest passage ({place}):", _one_line(nearest.text)]
        if reply.dateline is not None:
            lines.append(f"It was reported from {_one_line(reply.dateline.text)} (its dateline).")
        return "\n".join(lines)
    first, *rest = reply.answers
    lines += _answer_lines(first)
    others = [other for other in rest if other.score >= _LEAST_SHOWN]
    if others:
        lines += ["", "The documents differ:" if reply.disagree else "Other answers:"]
        lines += [
            f"  {_day(other)}{_one_line(other.text)}  {_place(other)}  {other.score:.0%} sure"
            for other in others
        ]
    return "\n".join(lines)


def _window_line(window: TimeRange, question: str) -> str:
    days = f"of {window.after} to" if window.after else "until"
    how = "Only documents" if window.hard else "Preferred: documents"
    phrase = _one_line(question[window.start : window.end])
    return f"{how} {days} {window.before}, “{phrase}” (--no-window: any time)"


def why_not(reply: Reply) -> str:
    """Say in words why there is no answer."""
    return _WHY[reply.reason if reply.reason is not None else "no answer"]


def _answer_lines(answer: Answer) -> Iterator[str]:
    text = answer.document.text
    start, end = answer.sentence
    marked = click.style(_one_line(answer.text), bold=True, underline=True)
    yield _one_line(text[start : answer.start]) + marked + _one_line(text[answer.end : end])
    if answer.date is not None and answer.date.iso != answer.text:
        yield f"{_one_line(answer.text)}: {answer.date.iso}"
    day = answer.document.date.isoformat() if answer.document.date else ""
    yield _one_line(" · ".join(part for part in (answer.document.title, day) if part))
    yield f"{_place(answer)}  {answer.score:.0%} sure"
    for cited in answer.citations:
        yield f"  also {_day(cited)}{_place(cited)}"


def _day(cited: Answer | Citation) -> str:
    return f"{cited.document.date}  " if cited.document.date else ""


def _place(answer: Answer | Citation) -> str:
    source = answer.document.source
    where = os.path.relpath(source) if source.startswith(f"{Path.cwd()}{os.sep}") else source
    # A row of a table or a line of a JSON lines file is told by what stands behind "#" in its id.
    _, mark, row = answer.document.id.partition("#")
    where = _one_line(f"{where}{mark}{row}" if where else answer.document.id)
    return f"{where}:{answer.start}-{answer.end}"


def showable(text: str) -> str:
    """Put a sign for each character that would command a terminal, or show others elsewhere."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _one_line(text: str) -> str:
    """Fold white space, and put a sign for characters that would command the terminal."""
    folded = re.sub(r"\s+", " ", text)
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in folded)


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
        "window": None if reply.window is None else _window_json(reply.window, reply.understood),
        "answer": answers[0] if answers else None,
        "answers": answers,
        "disagree": reply.disagree,
        "reason": reply.reason,
        "nearest": None if answers or not reply.hits else hit_json(reply.hits[0]),
        "dateline": None if reply.dateline is None else _citation_json(reply.dateline),
        "read": reply.read,
        "seconds": dict(reply.seconds),
    }


def _window_json(window: TimeRange, question: str) -> dict[str, object]:
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
    return {
        "id": document.id,
        "title": document.title,
        "date": document.date.isoformat() if document.date else None,
        "source": document.source,
    }


def timeline_text(timeline: Timeline) -> str:
    """Show the values of a timeline, each with its days and documents."""
    if not timeline.values:
        return "The documents do not answer this."
    lines = []
    for told in timeline.values:
        days = f"{told.first}" if told.first == told.last else f"{told.first} to {told.last}"
        mark = "  (superseded)" if told.superseded else ""
        lines.append(f"{days}  {click.style(_one_line(told.best.text), bold=True)}{mark}")
        for answer in told.answers:
            copied = len(answer.citations)
            printed = f"  printed {copied + 1} times" if copied else ""
            lines.append(f"  {_day(answer)}{_place(answer)}  {answer.score:.0%} sure{printed}")
    return "\n".join(lines)


def timeline_json(timeline: Timeline) -> dict[str, object]:
    """Describe a timeline."""
    window = timeline.window
    return {
        "question": timeline.question,
        "as_of": timeline.as_of.isoformat() if timeline.as_of else None,
        "window": None if window is None else _window_json(window, timeline.question),
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


def finding_text(finding: Finding) -> str:
    """Show what became of a citation in one line."""
    said = click.style(finding.verdict, bold=finding.verdict != "confirmed")
    return f"{said}  “{_one_line(finding.citation.text)}”  {_one_line(finding.detail)}"


def finding_json(finding: Finding) -> dict[str, object]:
    """Describe what became of a citation."""
    return {
        "verdict": finding.verdict,
        "detail": finding.detail,
        "citation": dataclasses.asdict(finding.citation),
    }


def change_text(change: Change) -> str:
    """Show what a question was answered with, and what it is."""
    lines = [click.style(_one_line(change.question), bold=True)]
    for word, known in (("was", change.was), ("now", change.now)):
        lines.append(f"  {word}: {_known(known)}")
    return "\n".join(lines)


def _known(known: Known | None) -> str:
    if known is None:
        return "no answer"
    about = [part for part in (known.title, known.date) if part]
    about += [f"{known.document}:{known.start}-{known.end}", f"{known.score:.0%} sure"]
    return _one_line(f"{known.answer} ({', '.join(about)})")


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


def hit_text(hit: Hit) -> str:
    """Show a hit: scores and place in one line, its text below."""
    lexical = "-" if hit.lexical is None else f"{hit.lexical:.2f}"
    dense = "-" if hit.dense is None else f"{hit.dense:.3f}"
    place = f"{hit.chunk.document_id}:{hit.chunk.start}-{hit.chunk.end}"
    heading = f"{hit.score:.3f}  words {lexical}  meaning {dense}  {place}"
    lines = [_one_line(line) for line in hit.chunk.text.splitlines()]
    return "\n".join([click.style(_one_line(heading), bold=True), *lines, ""])


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


def stored_text(known: StoredDocument) -> str:
    """Show a document of the index in one line: date, chunks, id, title."""
    day = known.date.isoformat() if known.date else "-"
    return _one_line(f"{day:10}  {known.chunks:5}  {known.id}  {known.title}")


def report_json(report: IndexReport) -> dict[str, object]:
    """Describe what adding did."""
    return {name: list(getattr(report, name)) for name in _REPORT}
