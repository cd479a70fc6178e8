"""Files that people hand in, into the index."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from embeddings import (
    Document,
    DocumentError,
    Index,
    IndexReport,
    ParseOptions,
    SourceFile,
    read_file,
)
from qa.retry import retry_when_busy

__all__ = ["add_upload", "is_bare"]

MAX_NAME_BYTES = 255
"""As most file systems have it."""

# Folders, control characters, signs that turn the direction of writing (so that a name seems to
# end in another way than it does), and half surrogate pairs, which nothing can store.
_REFUSED = re.compile("[/\\\\\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def is_bare(name: str) -> bool:
    """Tell whether a file name can be a document's: not empty or too long, no folder, no tricks."""
    return (
        name.strip(" .") != ""
        and not _REFUSED.search(name)
        and len(name.encode()) <= MAX_NAME_BYTES
    )


def add_upload(
    index: Index,
    name: str,
    path: Path,
    *,
    options: ParseOptions,
    progress: Callable[[int, int], None] | None = None,
) -> IndexReport:
    """Add or update the document of an uploaded file, or those of the rows of an uploaded table.

    The document's id is the file's bare name; `source` stays empty, for `path` will be gone. A file
    that cannot be read whole changes nothing and is reported as failed, under its name.

    Args:
        index: where the documents go.
        name: the file's name as its owner gave it: not trusted.
        path: where its bytes are. Its own name must end as `name` does.
        options: limits and field names for reading.
        progress: called with (documents done, documents in all).

    Raises:
        IndexBusyError: another process keeps writing to the index.
        IndexStorageError: the disk is full or read-only.
    """
    if not is_bare(name):
        reason = (
            f"{name[:80]!r} cannot be a document's name: a bare file name of at most "
            f"{MAX_NAME_BYTES} bytes is needed, without folders and control characters"
        )
        return IndexReport(failed=((name, reason),))
    file = SourceFile(path=path, id=name, root=path.parent)
    try:
        documents = [
            dataclasses.replace(document, source="") for document in read_file(file, options)
        ]
    except DocumentError as error:
        return IndexReport(failed=((name, str(error).replace(str(path), name)),))
    report = retry_when_busy(lambda: index.add(_counted(documents, progress)))
    kept = {document.id for document in documents}
    inside = (f"{name}#", f"{name}/")  # rows, and files in an archive or a mail
    gone = [
        known.id
        for known in index.documents()
        if known.id.startswith(inside) and not known.source and known.id not in kept
    ]
    removed = retry_when_busy(lambda: index.remove(gone)) if gone else ()
    return dataclasses.replace(report, removed=removed)


def _counted(
    documents: Sequence[Document], progress: Callable[[int, int], None] | None
) -> Iterator[Document]:
    for done, document in enumerate(documents):
        if progress is not None:
            progress(done, len(documents))
        yield document
    if progress is not None:
        progress(len(documents), len(documents))
