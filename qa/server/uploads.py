"""Add uploaded files to the index."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from embeddings import (
    Document,
    DocumentError,
    IncompleteFileError,
    Index,
    IndexReport,
    ParseOptions,
    SourceFile,
    read_file,
)
from qa.retry import retry_when_busy

MAX_NAME_BYTES = 255
"""Maximum length of a file name in bytes on most file systems."""

MAX_FOLDERS = 20

# Control characters, characters that change the text direction (they can hide the real
# suffix), and lone surrogates, which cannot be stored.
_REFUSED = re.compile("[\\\\\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def is_upload_name(name: str) -> bool:
    """Return whether a text is a valid file name, perhaps with folders before it."""
    names = name.split("/")
    return len(names) <= MAX_FOLDERS + 1 and all(
        part.strip(" .") and not _REFUSED.search(part) and len(part.encode()) <= MAX_NAME_BYTES
        for part in names
    )


def add_upload(
    index: Index,
    name: str,
    path: Path,
    *,
    options: ParseOptions,
    keep_original: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> IndexReport:
    """Add or update the documents of an uploaded file.

    The id of a document is the untrusted name of the file (`mill.txt`, `letters/2020/mill.txt`), or
    starts with it (rows of a table, files in an archive); `source` is empty, because `path`, which
    has the same suffix, is temporary. If some rows or inner files cannot be read, or if text looks
    wrong, the report has a warning. A file that cannot be read at all changes nothing.

    `progress` is called with (documents done, number of documents).
    """
    if not is_upload_name(name):
        reason = (
            f"{name[:80]!r} is not a file name: send a name of at most {MAX_NAME_BYTES} bytes "
            f"without control characters, after at most {MAX_FOLDERS} names of folders."
        )
        return IndexReport(failed=((name, reason),))
    documents: list[Document] = []
    problems: list[tuple[str, str]] = []
    info = path.stat()
    state: dict[str, Any] = {"file_size": info.st_size, "file_mtime_ns": info.st_mtime_ns}
    try:
        for document in read_file(SourceFile(path=path, id=name, root=path.parent), options):
            documents.append(dataclasses.replace(document, source="", **state))
    except DocumentError as error:
        problem = (name, str(error).replace(str(path), name))
        if not isinstance(error, IncompleteFileError) or not documents:
            return IndexReport(failed=(problem,))
        problems.append(problem)
    report = retry_when_busy(lambda: index.add(_counted(documents, progress)))
    ids = {*report.added, *report.updated, *report.unchanged}
    file_ids = {_file_id(id_, name) for id_ in ids}
    if keep_original and index.originals is not None:
        for file_id in file_ids:
            index.originals.save(file_id, path)
    removed = () if problems else _remove_missing(index, file_ids, ids)
    poor = (one.metadata["warning"] for one in documents if "warning" in one.metadata)
    warnings = (*problems, *((name, f"{name}: {warning}") for warning in poor))
    return dataclasses.replace(report, removed=removed, warnings=warnings)


def _file_id(document_id: str, name: str) -> str:
    """Return the part of a document's id that identifies the file.

    It is the file's name, with folder names in front if another document has this id.
    """
    match = re.match(rf"(?:.*?/)?{re.escape(name)}(?=[#/]|$)", document_id)
    return match[0] if match else document_id


def _remove_missing(index: Index, file_ids: set[str], ids: set[str]) -> tuple[str, ...]:
    """Remove the rows and inner files that an earlier version of the file had."""
    missing = [
        known.id
        for file_id in file_ids
        for known in index.documents_in(file_id)
        if known.id not in (file_id, *ids) and not known.source
    ]
    return retry_when_busy(lambda: index.remove(missing)) if missing else ()


def _counted(
    documents: Sequence[Document], progress: Callable[[int, int], None]
) -> Iterator[Document]:
    for done, document in enumerate(documents):
        progress(done, len(documents))
        yield document
    progress(len(documents), len(documents))
