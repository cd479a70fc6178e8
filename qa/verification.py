"""Citations held to their sources: is every quoted word still where it was quoted from?"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from embeddings import Document, DocumentError, ParseOptions, SettingsError, SourceFile, read_file

__all__ = ["Finding", "Verdict", "WrittenCitation", "load_citations", "verify"]

Verdict: TypeAlias = Literal["confirmed", "moved", "changed", "missing"]
"""The words stand where they were quoted from; elsewhere in the document; nowhere in it; or the
document cannot be read any more."""

_PLAIN = (".txt", ".text")
"""Files whose characters are the document's, one for one."""

_DEFAULT_OPTIONS = ParseOptions()


@dataclass(frozen=True, slots=True)
class WrittenCitation:
    """A citation as replies in JSON have it: half-open characters of the document's text."""

    document_id: str
    source: str
    """An absolute path or a URL; empty when the reply names none."""
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a citation."""

    citation: WrittenCitation
    verdict: Verdict
    detail: str
    """Where the words stand, or what changed."""


def load_citations(text: str) -> list[WrittenCitation]:
    """Find the citations in JSON, or in JSON lines, each once and in order.

    Replies of `qa ask`, the HTTP API and agents, exported conversations and copied citations are
    all taken: whatever object has `start`, `end`, quoted words (`answer` or `text`) and a document
    (`document` with its `id`, or `document_id`) is one. A reply's nearest passage is one, too.

    Raises:
        SettingsError: it is no JSON.
    """
    try:
        values = [json.loads(text)]
    except json.JSONDecodeError:
        try:
            values = [json.loads(line) for line in text.split("\n") if line.strip()]
        except json.JSONDecodeError as error:
            raise SettingsError(
                f"These replies are neither JSON nor JSON lines: {error}"
            ) from error
    return list(dict.fromkeys(found for value in values for found in _citations(value)))


def _citations(value: object) -> Iterator[WrittenCitation]:
    if isinstance(value, list):
        for item in value:
            yield from _citations(item)
    elif isinstance(value, dict):
        citation = _citation(value)
        if citation is not None:
            yield citation
        for item in value.values():
            yield from _citations(item)


def _citation(row: dict[str, object]) -> WrittenCitation | None:
    document = row.get("document")
    known = document if isinstance(document, dict) else {"id": row.get("document_id")}
    words = row.get("answer", row.get("text"))
    document_id, source = known.get("id"), known.get("source", "")
    start, end = row.get("start"), row.get("end")
    if (
        isinstance(document_id, str)
        and isinstance(source, str)
        and isinstance(words, str)
        and type(start) is int
        and type(end) is int
    ):
        return WrittenCitation(document_id, source, start, end, words)
    return None


def verify(
    citations: Sequence[WrittenCitation],
    stored: Callable[[str], Document | None],
    *,
    reading: ParseOptions = _DEFAULT_OPTIONS,
) -> list[Finding]:
    """Read the sources again and compare each citation, character by character; in order.

    Where the source is a plain text file in UTF-8, its own bytes are compared as well.

    Args:
        citations: what to look at; each file is read once, however often it is cited.
        stored: gives an index's document by its id. Where a document came from no file on this
            machine, the index is its source; for citations that name no source it knows that.
        reading: how files are read.
    """
    files: dict[str, set[str]] = {}
    paths = {citation: _path(citation, stored) for citation in citations}
    for citation, path in paths.items():
        if path:
            files.setdefault(path, set()).add(citation.document_id)
    read = {path: _read(Path(path), ids, reading) for path, ids in files.items()}
    findings = []
    for citation, path in paths.items():
        if path:
            text = read[path][citation.document_id]
        else:
            document = stored(citation.document_id)
            text = document.text if document else _missing(citation)
        if isinstance(text, DocumentError):
            findings.append(Finding(citation, "missing", str(text)))
        else:
            findings.append(_compared(citation, text, path))
    return findings


def _path(citation: WrittenCitation, stored: Callable[[str], Document | None]) -> str:
    """Name the file that a citation is from; "" when it is from none, or from a URL."""
    source = citation.source
    if not source:
        document = stored(citation.document_id)
        source = document.source if document else ""
    return source if Path(source).is_absolute() else ""


def _missing(citation: WrittenCitation) -> DocumentError:
    return DocumentError(f"no file is named, and no document {citation.document_id!r} is indexed")


def _read(
    path: Path, ids: Collection[str], reading: ParseOptions
) -> dict[str, str | DocumentError]:
    """Read the texts of a file's documents, or say of each why it cannot be read."""
    if not path.is_file():
        return dict.fromkeys(ids, DocumentError(f"the file {path} is gone"))
    texts: dict[str, str | DocumentError] = {}
    reason = DocumentError(f"{path} holds no such row any more")
    try:
        for document in read_file(SourceFile(path, "", path.parent), reading):
            # A row's id ends in the file's name and its own; a file that is one document has none.
            ending = f"{path.name}{document.id}" if document.id else ""
            texts |= {known: document.text for known in ids if known.endswith(ending)}
            if len(texts) == len(ids):
                break
    except DocumentError as error:
        reason = error
    return {known: texts.get(known, reason) for known in ids}


def _compared(citation: WrittenCitation, text: str, path: str) -> Finding:
    start, end, words = citation.start, citation.end, citation.text
    where = path if path else "the index"
    if not 0 <= start <= end or text[start:end] != words:
        return _elsewhere(citation, text, where)
    detail = f"characters {start}-{end} of {where}"
    if Path(path).suffix.lower() in _PLAIN:
        found = _bytes(Path(path).read_bytes(), start, end)
        if found is not None:
            first, quoted = found
            if _one_line_end(quoted.decode()) != words:
                return Finding(citation, "changed", f"the bytes of {where} are others")
            detail += f", bytes {first}-{first + len(quoted)}"
    return Finding(citation, "confirmed", detail)


def _elsewhere(citation: WrittenCitation, text: str, where: str) -> Finding:
    """Look for words that do not stand in their place: those nearest to it count."""
    words = re.escape(citation.text)
    starts = [match.start() for match in re.finditer(f"(?={words})", text)] if words else []
    if not starts:
        return Finding(citation, "changed", f"the words are not in {where} any more")
    nearest = min(starts, key=lambda start: abs(start - citation.start))
    return Finding(
        citation,
        "moved",
        f"the words stand at {nearest}-{nearest + len(citation.text)} of {where} now, "
        f"not at {citation.start}-{citation.end}",
    )


def _bytes(data: bytes, start: int, end: int) -> tuple[int, bytes] | None:
    """Find the bytes of characters counted as `read_file` does; None if the file is not UTF-8.

    The first byte's offset, and the bytes. A byte order mark is no character, nor is the first
    half of a line end of two.
    """
    mark = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        text = data[mark:].decode()
    except UnicodeDecodeError:
        return None
    first, last = (_unfolded(text, offset) for offset in (start, end))
    begin = mark + len(text[:first].encode())
    return begin, text[first:last].encode()


def _unfolded(text: str, offset: int) -> int:
    """Turn an offset into text with one-character line ends into that of the text itself."""
    for match in re.finditer("\r\n", text):
        if match.start() >= offset:
            break
        offset += 1
    return offset


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
