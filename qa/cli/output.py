"""Replies, hits, reports and documents as text for people."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from embeddings import Hit, IndexReport, StoredDocument
from qa.cli.options import as_flags
from qa.dates import TimeRange
from qa.monitoring.verify import Finding
from qa.monitoring.watch import Change, SavedAnswer
from qa.timeline.timeline import Timeline
from qa.types import Answer, Citation, Reply

_MIN_SHOWN = 0.01
"""Minimum score of the other answers in the text; the JSON has all of them."""

_COUNTED = ("added", "updated", "moved", "unchanged", "removed", "excluded", "failed")

_SUFFIXES = 5
"""Maximum number of suffixes in a report."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_LINE_ENDS = "\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"
"""White space that a terminal or another program may treat as a command or as a line end."""


def report_text(
    report: IndexReport, *, warnings: Mapping[str, str] | None = None, verbose: bool = False
) -> str:
    """Return a summary of what adding did, with one line per failed file and per warning.

    `warnings` are those about documents, by document id. With `verbose`, skipped files are listed.
    """
    counts = [f"{len(getattr(report, name))} {name}" for name in _COUNTED if getattr(report, name)]
    sentences = [f"{', '.join(counts) or 'No documents added'}."]
    if report.skipped:
        files = "1 file of another kind"
        if len(report.skipped) > 1:
            files = f"{len(report.skipped)} files of other kinds"
        sentences.append(f"Skipped {files} ({_count_by_suffix(report.skipped)}).")
    lines = [" ".join(sentences)]
    lines += [f"  {_one_line(as_flags(reason))}" for _, reason in report.failed]
    lines += [f"  Warning: {_one_line(reason)}" for _, reason in report.warnings]
    for name, warning in (warnings or {}).items():
        lines.append(f"  Warning: {_one_line(f'{name}: {warning}')}")
    if verbose:
        lines += [f"  Skipped {_one_line(path)}" for path in report.skipped]
    return "\n".join(lines)


def _count_by_suffix(paths: Sequence[str]) -> str:
    """Return how many files have each suffix, most frequent first, such as ".png 117, .svg 44"."""
    counts = Counter(Path(path).suffix.lower() or "no suffix" for path in paths)
    shown = [_one_line(f"{suffix} {count}") for suffix, count in counts.most_common(_SUFFIXES)]
    return ", ".join([*shown, "..."] if len(counts) > _SUFFIXES else shown)


def batch_text(question: str, reply: Reply | None, error: str, *, offsets: bool = False) -> str:
    """Return a question with its reply, or with the error if it could not be asked."""
    shown = f"Error: {_one_line(error)}" if reply is None else reply_text(reply, offsets=offsets)
    return f"{click.style(_one_line(question), bold=True)}\n{shown}\n"


def reply_text(reply: Reply, *, offsets: bool = False) -> str:
    """Return a reply: the answer, its document and place, agreeing documents, other answers.

    Without an answer, the related passages are shown. `offsets` adds the offsets of quotations.
    """
    lines = []
    if reply.understood != reply.question:
        lines.append(f"Understood as: {_one_line(reply.understood)}")
    if reply.window is not None:
        lines.append(_time_range_line(reply.window, reply.understood))
    if reply.undated:
        lines.append(_undated_line(reply.undated))
    if reply.answer is None:
        lines += _no_answer_lines(reply, offsets=offsets)
        return "\n".join(lines)
    first, *rest = reply.answers
    lines += _answer_lines(first, offsets=offsets)
    others = [other for other in rest if other.score >= _MIN_SHOWN]
    if others:
        lines += ["", "The documents differ:" if reply.disagree else "Other answers:"]
        for other in others:
            place = f"{_day(other)}{_place(other, offsets=offsets)}"
            lines += [f"  {_one_line(other.text)}", f"    {place}, {other.score:.0%} sure"]
    return "\n".join(lines)


def _no_answer_lines(reply: Reply, *, offsets: bool) -> Iterator[str]:
    if reply.related:
        yield "No short answer found. These passages look relevant:"
    elif reply.reason == "nothing found":
        yield "Not in your documents. No document matches the filters."
    else:
        yield "Not in your documents."
    for cited in reply.related:
        yield ""
        yield from (f"  {line}" for line in _lines(cited.text))
        yield f"  {_title(cited)}"
        yield f"  {_place(cited, offsets=offsets)}"
    if reply.dateline is not None:
        yield f"Dateline of the best match: {_one_line(reply.dateline.text)}"


def _undated_line(undated: int) -> str:
    one = undated == 1
    documents = "1 document" if one else f"{undated:,} documents"
    verb = "was" if one else "were"
    return f"{documents} without a date {verb} not searched (--undated: search them as well)"


def _time_range_line(window: TimeRange, question: str) -> str:
    days = f"from {window.after} to" if window.after else "up to"
    how = "Only documents" if window.hard else "Preferring documents"
    phrase = _one_line(question[window.start : window.end])
    return f"{how} {days} {window.before} because of “{phrase}” (--no-window: any time)"


def _answer_lines(answer: Answer, *, offsets: bool) -> Iterator[str]:
    text = answer.document.text
    if answer.kind == "span":
        start, end = answer.sentence
        before, after = text[start : answer.start], text[answer.end : end]
        yield _one_line(before) + _mark(_one_line(answer.text)) + _one_line(after)
        if answer.date is not None and answer.date.iso != answer.text:
            yield f"{_one_line(answer.text)}: {answer.date.iso}"
    elif answer.kind == "spans" and answer.highlights:
        yield from (f"- {_mark(_one_line(text[start:end]))}" for start, end in answer.highlights)
    else:
        yield from _passage_lines(answer)
    yield ""
    yield _title(answer)
    yield f"{_place(answer, offsets=offsets)}, {answer.score:.0%} sure"
    if answer.citations:
        yield "Also in:"
    for cited in answer.citations:
        yield f"  {_day(cited)}{_place(cited, offsets=offsets)}"


def _passage_lines(answer: Answer) -> Iterator[str]:
    """Yield the lines of a passage as they are, with the highlights marked."""
    shift = answer.start
    for match in re.finditer(r"[^\n]+", answer.text):
        line, shown, position = match[0], "", 0
        for start, end in answer.highlights:
            # A highlight of several lines is marked in each of them.
            first = max(start - shift - match.start(), position)
            last = min(end - shift - match.start(), len(line))
            if first < last:
                shown += _printable(line[position:first]) + _mark(_printable(line[first:last]))
                position = last
        yield shown + _printable(line[position:].rstrip())


def _mark(text: str) -> str:
    """Emphasise text: bold and underlined in a terminal with colours, otherwise in brackets."""
    context = click.get_current_context(silent=True)
    without_colours = context is not None and context.color is False
    if without_colours or not sys.stdout.isatty():
        return f"[{text}]"
    return click.style(text, bold=True, underline=True)


def _title(cited: Answer | Citation) -> str:
    """Return title and date of a document; the file name stands for a missing title."""
    document = cited.document
    day = document.date.isoformat() if document.date else ""
    title = document.title or Path(document.source or document.id).name
    return _one_line(" · ".join(part for part in (title, day) if part))


def _day(cited: Answer | Citation) -> str:
    return f"{cited.document.date}  " if cited.document.date else ""


def _place(cited: Answer | Citation, *, offsets: bool) -> str:
    """Return where a quotation is, such as: report.pdf p. 291, "4.2 Certificates"."""
    source = cited.document.source
    file = os.path.relpath(source) if source.startswith(f"{Path.cwd()}{os.sep}") else source
    # The id of a row, a mail or a file in an archive continues after the name of its file.
    inside = re.search(rf"(?:^|/){re.escape(Path(source).name)}([#/].*)", cited.document.id)
    place = f"{file}{inside[1] if inside else ''}" if file else cited.document.id
    if offsets:
        place += f":{cited.start}-{cited.end}"
    if cited.page is not None:
        place += f" p. {cited.page}"
    if cited.section:
        place += f', "{cited.section[-1]}"'
    return _one_line(place)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text that are not blank, safe to print."""
    return (_printable(line.rstrip()) for line in text.split("\n") if line.strip())


def _printable(text: str) -> str:
    """Replace characters that control a terminal, and tabs with spaces."""
    return "".join(
        char if char.isprintable() or (char.isspace() and char not in _LINE_ENDS) else _REPLACEMENT
        for char in text.expandtabs(4)
    )


def _one_line(text: str) -> str:
    """Replace white space with single spaces, and characters that control a terminal."""
    return _printable(re.sub(r"\s+", " ", text))


def timeline_text(timeline: Timeline, *, offsets: bool = False) -> str:
    """Return the values of a timeline, each with its dates and documents."""
    if not timeline.values:
        return "Not in your documents."
    lines = []
    for entry in timeline.values:
        days = f"{entry.first}" if entry.first == entry.last else f"{entry.first} to {entry.last}"
        mark = "  (superseded)" if entry.superseded else ""
        lines.append(f"{days}  {click.style(_one_line(entry.best.text), bold=True)}{mark}")
        for answer in entry.answers:
            copies = len(answer.citations)
            note = f", also in {copies} near cop{'ies' if copies > 1 else 'y'}" if copies else ""
            place = _place(answer, offsets=offsets)
            lines.append(f"  {_day(answer)}{place}, {answer.score:.0%} sure{note}")
    return "\n".join(lines)


def finding_text(finding: Finding) -> str:
    """Return the result of checking a citation in one line."""
    verdict = click.style(finding.verdict, bold=finding.verdict != "confirmed")
    return f"{verdict}  “{_one_line(finding.citation.text)}”  {_one_line(finding.detail)}"


def change_text(change: Change) -> str:
    """Return a watched question with its earlier and its new answer."""
    lines = [click.style(_one_line(change.question), bold=True)]
    for word, saved in (("was", change.was), ("now", change.now)):
        lines.append(f"  {word}: {_saved_answer(saved)}")
    return "\n".join(lines)


def _saved_answer(saved: SavedAnswer | None) -> str:
    if saved is None:
        return "no answer"
    about = [part for part in (saved.title, saved.date, saved.document) if part]
    return _one_line(f"{saved.answer} ({', '.join(about)}, {saved.score:.0%} sure)")


def hit_text(hit: Hit, *, offsets: bool = False) -> str:
    """Return a hit: a line with its scores and document, then its text."""
    lexical = "-" if hit.lexical is None else f"{hit.lexical:.2f}"
    dense = "-" if hit.dense is None else f"{hit.dense:.3f}"
    place = hit.chunk.document_id
    if offsets:
        place += f":{hit.chunk.start}-{hit.chunk.end}"
    heading = f"{hit.score:.3f}  words {lexical}  meaning {dense}  {place}"
    lines = [_one_line(line) for line in hit.chunk.text.splitlines()]
    return "\n".join([click.style(_one_line(heading), bold=True), *lines, ""])


def stored_table(documents: Iterable[StoredDocument]) -> str:
    """Return a table of documents with a header; warnings follow the table."""
    rows = [("DATE", "CHUNKS", "ID", "TITLE")]
    warnings = []
    for stored in documents:
        day = stored.date.isoformat() if stored.date else "-"
        rows.append((day, f"{stored.chunks}", _one_line(stored.id), _one_line(stored.title)))
        warning = stored.metadata.get("warning")
        if warning:
            warnings.append(f"Warning: {_one_line(f'{stored.id}: {warning}')}")
    if len(rows) == 1:
        return "There are no documents in the index."
    days, chunks, ids = (max(len(row[column]) for row in rows) for column in range(3))
    lines = [
        f"{day:{days}}  {count:>{chunks}}  {name:{ids}}  {title}".rstrip()
        for day, count, name, title in rows
    ]
    return "\n".join([*lines, *warnings])
