"""Replies, hits and reports as text for a terminal."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from embeddings import Hit, IndexReport, StoredDocument
from qa.dates import TimeRange
from qa.monitoring.verify import Finding
from qa.monitoring.watch import Change, SavedAnswer
from qa.serialization import why_not
from qa.timeline.timeline import Timeline
from qa.types import Answer, Citation, Reply

__all__ = [
    "change_text",
    "finding_text",
    "hit_text",
    "reply_text",
    "report_text",
    "stored_text",
    "timeline_text",
]

_LEAST_SHOWN = 0.01
"""Other answers below this score appear in the JSON only."""

_COUNTED = ("added", "updated", "unchanged", "removed", "failed")

_SUFFIXES = 5
"""The number of suffixes that a report names."""


def report_text(report: IndexReport, *, verbose: bool = False) -> str:
    """Return a summary of what adding did, with one line per file that failed.

    With `verbose`, each skipped file has a line as well.
    """
    counts = [f"{len(getattr(report, name))} {name}" for name in _COUNTED if getattr(report, name)]
    sentences = [f"{', '.join(counts) or 'No documents added'}."]
    skipped: tuple[str, ...] = getattr(report, "skipped", ())
    if skipped:
        files = (
            "1 file of another kind"
            if len(skipped) == 1
            else f"{len(skipped)} files of other kinds"
        )
        sentences.append(f"Skipped {files} ({_count_by_suffix(skipped)}).")
    lines = [" ".join(sentences)]
    lines += [f"  {_one_line(reason)}" for _, reason in report.failed]
    if verbose:
        lines += [f"  Skipped {_one_line(path)}" for path in skipped]
    return "\n".join(lines)


def _count_by_suffix(paths: Sequence[str]) -> str:
    """Return how many files have each suffix, most frequent first, such as ".png 117, .svg 44"."""
    counts = Counter(Path(path).suffix.lower() or "no suffix" for path in paths)
    shown = [_one_line(f"{suffix} {count}") for suffix, count in counts.most_common(_SUFFIXES)]
    return ", ".join([*shown, "..."] if len(counts) > _SUFFIXES else shown)


def reply_text(reply: Reply) -> str:
    """Show a reply: the answer marked in its sentence, and where it stands."""
    lines = []
    if reply.understood != reply.question:
        lines.append(f"Understood as: {_one_line(reply.understood)}")
    if reply.window is not None:
        lines.append(_time_range_line(reply.window, reply.understood))
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


def _time_range_line(window: TimeRange, question: str) -> str:
    days = f"of {window.after} to" if window.after else "until"
    how = "Only documents" if window.hard else "Preferred: documents"
    phrase = _one_line(question[window.start : window.end])
    return f"{how} {days} {window.before}, “{phrase}” (--no-window: any time)"


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


def _one_line(text: str) -> str:
    """Fold white space, and put a sign for characters that would command the terminal."""
    folded = re.sub(r"\s+", " ", text)
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in folded)


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


def finding_text(finding: Finding) -> str:
    """Show what became of a citation in one line."""
    said = click.style(finding.verdict, bold=finding.verdict != "confirmed")
    return f"{said}  “{_one_line(finding.citation.text)}”  {_one_line(finding.detail)}"


def change_text(change: Change) -> str:
    """Show what a question was answered with, and what it is."""
    lines = [click.style(_one_line(change.question), bold=True)]
    for word, known in (("was", change.was), ("now", change.now)):
        lines.append(f"  {word}: {_saved_answer(known)}")
    return "\n".join(lines)


def _saved_answer(known: SavedAnswer | None) -> str:
    if known is None:
        return "no answer"
    about = [part for part in (known.title, known.date) if part]
    about += [f"{known.document}:{known.start}-{known.end}", f"{known.score:.0%} sure"]
    return _one_line(f"{known.answer} ({', '.join(about)})")


def hit_text(hit: Hit) -> str:
    """Show a hit: scores and place in one line, its text below."""
    lexical = "-" if hit.lexical is None else f"{hit.lexical:.2f}"
    dense = "-" if hit.dense is None else f"{hit.dense:.3f}"
    place = f"{hit.chunk.document_id}:{hit.chunk.start}-{hit.chunk.end}"
    heading = f"{hit.score:.3f}  words {lexical}  meaning {dense}  {place}"
    lines = [_one_line(line) for line in hit.chunk.text.splitlines()]
    return "\n".join([click.style(_one_line(heading), bold=True), *lines, ""])


def stored_text(known: StoredDocument) -> str:
    """Show a document of the index in one line: date, chunks, id, title."""
    day = known.date.isoformat() if known.date else "-"
    return _one_line(f"{day:10}  {known.chunks:5}  {known.id}  {known.title}")
