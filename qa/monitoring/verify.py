"""Checks that quoted words are still in their documents."""

import codecs
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from embeddings import Document, DocumentError, ParseOptions, SettingsError, SourceFile, read_file

Verdict: TypeAlias = Literal["confirmed", "moved", "changed", "missing"]
"""confirmed: the words are at their place. moved: they are elsewhere in the document. changed: they
are not in the document. missing: the document cannot be read."""

_PLAIN = (".txt", ".text")
"""Suffixes of files whose text is the text of the document."""

_DEFAULT_OPTIONS = ParseOptions()

_DROPPED = re.compile("\r(?=\n)|[\u00ad\u200b]")
"""Characters of a text file that are not in its document."""


@dataclass(frozen=True, slots=True)
class WrittenCitation:
    """A citation in the JSON of a reply: a half-open character range of the document's text."""

    document_id: str
    source: str
    """An absolute path or a URL; empty if the reply has none."""
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of checking a citation."""

    citation: WrittenCitation
    verdict: Verdict
    detail: str
    """Where the words are, or what changed."""


def load_citations(content: bytes) -> list[WrittenCitation]:
    """Return the citations in JSON or JSON lines, without duplicates, in order.

    A citation is any object with `start`, `end`, the quoted words (`answer` or `text`) and the
    document (`document` with an `id`, or `document_id`).

    Raises:
        SettingsError: the content is empty, or neither JSON nor JSON lines in UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"These replies are not UTF-8: {error}") from error
    if not text.strip():
        raise SettingsError("There are no replies to verify: the input is empty.")
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
    options: ParseOptions = _DEFAULT_OPTIONS,
) -> list[Finding]:
    """Compare each citation with its source, character by character; return findings in order.

    If the source is a plain text file in UTF-8, its bytes are compared as well. `stored` returns a
    document of the index by its id, or None: it is used for documents that did not come from a file
    on this machine, and to find the source of citations without one.
    """
    files: dict[str, set[str]] = {}
    places: list[tuple[WrittenCitation, str, Document | None]] = []
    for citation in citations:
        is_file = Path(citation.source).is_absolute()
        document = None if is_file else stored(citation.document_id)
        source = citation.source or (document.source if document else "")
        path = source if Path(source).is_absolute() else ""
        places.append((citation, path, document))
        if path:
            files.setdefault(path, set()).add(citation.document_id)
    read = {path: _read(Path(path), ids, options) for path, ids in files.items()}
    findings = []
    for citation, path, document in places:
        name = citation.document_id
        text: str | DocumentError = DocumentError(
            f"document {name!r} has no file and is not in the index"
        )
        if path:
            text = read[path][name]
        elif document is not None:
            text = document.text
        if isinstance(text, DocumentError):
            findings.append(Finding(citation, "missing", str(text)))
        else:
            findings.append(_compared(citation, text, path))
    return findings


def _read(
    path: Path, ids: Collection[str], options: ParseOptions
) -> dict[str, str | DocumentError]:
    """Return the text of each document of a file, or the reason why it cannot be read."""
    if not path.is_file():
        return dict.fromkeys(ids, DocumentError(f"the file {path} does not exist"))
    texts: dict[str, str | DocumentError] = {}
    reason = DocumentError(f"{path} does not contain this row")
    try:
        for document in read_file(SourceFile(path, "", path.parent), options):
            # The id of a row ends with the file's name and its own id. A whole file has no own id.
            ending = f"{path.name}{document.id}" if document.id else ""
            texts |= {known: document.text for known in ids if known.endswith(ending)}
            if len(texts) == len(ids):
                break
    except DocumentError as error:
        reason = error
    return {known: texts.get(known, reason) for known in ids}


def _compared(citation: WrittenCitation, text: str, path: str) -> Finding:
    start, end, words = citation.start, citation.end, citation.text
    where = path or "the index"
    if not 0 <= start <= end or text[start:end] != words:
        return _elsewhere(citation, text, where)
    detail = f"characters {start}-{end} of {where}"
    if Path(path).suffix.lower() in _PLAIN:
        found = _bytes(Path(path).read_bytes(), start, end)
        if found is not None:
            first, quoted = found
            if _DROPPED.sub("", quoted.decode()).replace("\r", "\n") != words:
                return Finding(citation, "changed", f"the bytes of {where} have changed")
            detail += f", bytes {first}-{first + len(quoted)}"
    return Finding(citation, "confirmed", detail)


def _elsewhere(citation: WrittenCitation, text: str, where: str) -> Finding:
    """Search the whole text for the words; use the match nearest to their place."""
    words = re.escape(citation.text)
    starts = [match.start() for match in re.finditer(f"(?={words})", text)] if words else []
    if not starts:
        return Finding(citation, "changed", f"the words are not in {where}")
    nearest = min(starts, key=lambda start: abs(start - citation.start))
    return Finding(
        citation,
        "moved",
        f"the words are now at {nearest}-{nearest + len(citation.text)} of {where}, "
        f"not at {citation.start}-{citation.end}",
    )


def _bytes(data: bytes, start: int, end: int) -> tuple[int, bytes] | None:
    """Return the byte offset and the bytes of a character range; None if the file is not UTF-8.

    Characters count as in `read_file`: without byte order mark, soft hyphens and zero-width
    spaces, and CRLF is one character.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    first, last = (_offset_in_file(text, offset) for offset in (start, end))
    mark = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    return mark + len(text[:first].encode()), text[first:last].encode()


def _offset_in_file(text: str, offset: int) -> int:
    """Convert an offset in a document to an offset in the text of its file."""
    for match in _DROPPED.finditer(text):
        if match.start() >= offset:
            break
        offset += 1
    return offset
