"""Files of many formats in, documents out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.dates import file_name_date
from embeddings.errors import DocumentError
from embeddings.formats.error_messages import reason
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.rows import Fields
from embeddings.stores.folder import CATALOG
from embeddings.types import Document, MetadataValue

__all__ = ["SUFFIXES", "Fields", "ParseOptions", "SourceFile", "find_files", "read_file"]

SUFFIXES: Mapping[str, str] = {
    ".txt": "plain text",
    ".text": "plain text",
    ".md": "Markdown",
    ".markdown": "Markdown",
    ".html": "HTML",
    ".htm": "HTML",
    ".xhtml": "HTML",
    ".pdf": "PDF",
    ".docx": "Word",
    ".csv": "table",
    ".tsv": "table",
    ".json": "JSON",
    ".jsonl": "JSON lines",
    ".ndjson": "JSON lines",
}
"""The endings of the files that can be read, in small letters, and the format each stands for."""

# No text has them, but JSON, HTML, PDF and file names can carry them, and no database or index
# takes half a surrogate pair. One sign takes the place of one, so no offset changes.
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to be read."""

    path: Path
    """Absolute."""
    id: str
    """The path relative to `root`, `/` between the parts."""
    root: Path
    """The folder that was named, or the one that holds the file named or the pattern's matches."""


_DEFAULT_OPTIONS = ParseOptions()


def find_files(path: str | Path) -> list[SourceFile]:
    """List the files in a folder and all folders below, those a glob pattern matches, or a file.

    Sorted by id. Passed over are hidden files and folders, folders that are symbolic links, and
    links that lead out of the root. A single file named is taken whatever it is called.

    Raises:
        DocumentError: nothing is there, or a folder cannot be listed.
    """
    try:
        named = Path(path).absolute()
        if named.is_dir():
            root = named.resolve()
            return _source_files(root, _walk(root))
        if named.is_file():
            root = named.parent.resolve()
            return [SourceFile(path=root / named.name, id=_storable(named.name), root=root)]
        if named.exists():
            raise DocumentError(f"{path} is neither a file nor a folder; name one of these")
        return _matching(named)
    except (OSError, ValueError) as error:
        raise DocumentError(f"{path} cannot be listed: {reason(error)}") from error


def _walk(root: Path) -> Iterator[Path]:
    # A folder that cannot be listed must not look as if its files were gone.
    def fail(error: OSError) -> None:
        raise error

    for folder, folders, names in os.walk(root, onerror=fail):
        if CATALOG in names:  # an index, perhaps of these very documents
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names)


def _matching(pattern: Path) -> list[SourceFile]:
    parts = pattern.parts
    first = next((i for i, part in enumerate(parts) if re.search(r"[*?\[]", part)), None)
    if first is None:
        raise DocumentError(f"{pattern} does not exist; name a file, a folder or a glob pattern")
    root = Path(*parts[:first]).resolve()
    # `**` alone stands for folders; what is asked for is their files.
    wanted = [*parts[first:], "*"] if parts[-1] == "**" else parts[first:]
    files = _source_files(root, root.glob("/".join(wanted)))
    if not files:
        raise DocumentError(
            f"{pattern} matches no file; check the folder {root}, or use ** for its subfolders too"
        )
    return files


def _source_files(root: Path, paths: Iterable[Path]) -> list[SourceFile]:
    files = []
    for path in paths:
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        if not hidden and path.is_file() and path.resolve().is_relative_to(root):
            files.append(SourceFile(path=path, id=_storable(relative.as_posix()), root=root))
    return sorted(files, key=lambda file: file.id)


def read_file(file: SourceFile, reading: ParseOptions = _DEFAULT_OPTIONS) -> Iterator[Document]:
    r"""Read a file's document, or one document for each row of csv, json and jsonl, one by one.

    A row's id is the file's, `#` and the row's own id or its number from 1. Offsets count the
    characters of the text as read: decoded, without a byte order mark, all line ends made "\n".

    Raises:
        DocumentError: while iterating; the file, or the rest of it, gives no document.
    """
    try:
        for document in _contents(file.path, reading):
            yield _completed(document, file)
    except DocumentError as error:
        raise DocumentError(f"{file.path} {error}") from error
    # The formats' libraries raise nearly anything on files that are damaged on purpose.
    except Exception as error:
        raise DocumentError(f"{file.path} cannot be read: {reason(error)}") from error


def _contents(path: Path, reading: ParseOptions) -> Iterator[Document]:
    """Read documents that lack the file's part of their ids."""
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise DocumentError(
            f"is of an unknown kind; the endings known are {', '.join(sorted(SUFFIXES))}"
        )
    size = path.stat().st_size
    if size > reading.max_file_bytes:
        raise DocumentError(
            f"has {size:,} bytes, more than the {reading.max_file_bytes:,} allowed; "
            "raise max_file_bytes to read it"
        )
    if kind in {"table", "JSON", "JSON lines"}:
        yield from _rows(path, kind, reading.fields)
        return
    document = _whole(path, kind, reading) if size else Document(id="", text="")
    if not document.text.strip():
        raise DocumentError("is empty: there is no text in it")
    day = document.date if document.date is not None else file_name_date(path.stem)
    yield replace(document, date=day)


def _whole(path: Path, kind: str, reading: ParseOptions) -> Document:
    if kind == "plain text":
        from embeddings.formats import plain_text

        return plain_text.read(path)
    # What libraries parse can take any time, and any memory: not in this process.
    from embeddings.formats.sandbox import read_apart

    return read_apart(path, kind, reading)


def _rows(path: Path, kind: str, fields: Fields) -> Iterator[Document]:
    from embeddings.formats import json_rows, tables

    match kind:
        case "JSON":
            return json_rows.read_json(path, fields)
        case "JSON lines":
            return json_rows.read_json_lines(path, fields)
        case _:
            return tables.read(path, fields)


def _completed(document: Document, file: SourceFile) -> Document:
    metadata: dict[str, MetadataValue] = {
        _storable(key): _storable(value) if isinstance(value, str) else value
        for key, value in document.metadata.items()
    }
    return Document(
        id=f"{file.id}#{_storable(document.id)}" if document.id else file.id,
        text=_storable(document.text),
        title=_storable(document.title),
        date=document.date,
        source=_storable(str(file.path)),
        metadata=metadata,
        sections=tuple(
            replace(section, heading=_storable(section.heading)) for section in document.sections
        ),
        pages=document.pages,
    )


def _storable(text: str) -> str:
    return _NOT_STORABLE.sub("\ufffd", text)
