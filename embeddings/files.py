"""Finding files and reading the documents in them."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeAlias

from embeddings.errors import DocumentError, FileAccessError, failure, reason
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import FORMATS, format_of, is_ignored, parse
from embeddings.formats.sandbox import parse_in_sandbox
from embeddings.types import Document, MetadataValue

INDEX_FILE = "catalog.sqlite"
"""A folder with this file is an index. It is skipped."""

# JSON, HTML, PDF and file names can contain NUL and lone surrogates, which databases do not store.
# Each one is replaced by one character, so offsets stay the same.
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")

_DEFAULT_OPTIONS = ParseOptions()

FileInfo: TypeAlias = tuple[int, int]
"""Size in bytes, and modification time in nanoseconds."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to be read."""

    path: Path
    """Absolute."""
    id: str
    """The path relative to `root`, with `/` between the parts."""
    root: Path
    """The folder that was given, or the one that contains the given file or a pattern's matches."""

    @property
    def source(self) -> str:
        """The path as the `source` of documents."""
        return storable(str(self.path))

    def info(self) -> FileInfo | None:
        """Read the size and modification time of the file; None if that fails."""
        return file_info(self.path)


def file_info(path: Path) -> FileInfo | None:
    """Read the size and modification time of a file; None if that fails."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """The files at a path."""

    files: tuple[SourceFile, ...]
    """Files of known formats, by id."""
    other_kinds: tuple[str, ...] = ()
    """Paths of files of unknown formats in a folder or among the matches of a pattern."""
    unreadable: tuple[tuple[Path, str], ...] = ()
    """(folder, reason) of each subfolder that cannot be listed. It is not known which files are in
    it, so documents from there must not be removed."""


def find_files(path: str | Path) -> FoundFiles:
    """Find the files in a folder and its subfolders, those that match a glob pattern, or one file.

    Hidden files and folders, files that programs write while they work (lock files, thumbnails),
    index folders, links to folders and links that lead out of the root are skipped. A single file
    is returned in any case.

    Raises:
        DocumentError: nothing exists at the path, or the folder itself cannot be listed.
    """
    try:
        given = Path(path).absolute()
        if given.is_dir():
            root = given.resolve()
            unreadable: dict[Path, str] = {}
            return _found(root, list(_walk(root, unreadable)), unreadable)
        if given.is_file():
            root = given.parent.resolve()
            return FoundFiles((SourceFile(root / given.name, storable(given.name), root),))
        if given.exists():
            raise DocumentError(f"{path} is neither a file nor a folder")
        return _matching(given)
    except (OSError, ValueError) as error:
        raise DocumentError(f"{path} cannot be listed: {reason(error)}") from error


def _walk(root: Path, unreadable: dict[Path, str]) -> Iterator[Path]:
    def note(error: OSError) -> None:
        folder = Path(error.filename)
        if folder == root:
            raise error
        unreadable[folder] = reason(error)

    for folder, folders, names in os.walk(root, onerror=note):
        if INDEX_FILE in names:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names)


def _matching(pattern: Path) -> FoundFiles:
    parts = pattern.parts
    first = next((i for i, part in enumerate(parts) if re.search(r"[*?\[]", part)), None)
    if first is None:
        raise DocumentError(f"{pattern} does not exist; give a file, a folder or a glob pattern")
    root = Path(*parts[:first]).resolve()
    # `**` alone matches folders only.
    wanted = [*parts[first:], "*"] if parts[-1] == "**" else parts[first:]
    found = _found(root, root.glob("/".join(wanted)), {})
    if not found.files and not found.other_kinds:
        raise DocumentError(
            f"{pattern} matches no file; check the folder {root}, or use ** to include subfolders"
        )
    return found


def _found(root: Path, paths: Iterable[Path], unreadable: dict[Path, str]) -> FoundFiles:
    files: list[SourceFile] = []
    others: list[str] = []

    @cache  # resolves each folder only once
    def is_inside(place: Path) -> bool:
        return place.resolve().is_relative_to(root)

    # Not `Path.relative_to`: it is slow, and a watched folder is listed every few seconds.
    start = len(str(root / "x")) - 1
    for path in paths:
        relative = str(path)[start:].replace(os.sep, "/")
        if is_ignored(relative):
            continue
        try:
            if not path.is_file():
                continue
            if not is_inside(path if path.is_symlink() else path.parent):
                continue
        except OSError as error:  # the folder can be listed but not entered
            unreadable.setdefault(path.parent, reason(error))
            continue
        if path.suffix.lower() in FORMATS:
            files.append(SourceFile(path=path, id=storable(relative), root=root))
        else:
            others.append(storable(str(path)))
    return FoundFiles(
        tuple(sorted(files, key=lambda file: file.id)), tuple(others), tuple(unreadable.items())
    )


def read_file(file: SourceFile, options: ParseOptions = _DEFAULT_OPTIONS) -> Iterator[Document]:
    r"""Read the documents of a file one by one.

    Most files are one document with the id of the file. Rows (CSV, JSON, spreadsheets) and the
    mails of a mailbox add `#` and their own id or number from 1, files in an archive and
    attachments of a mail add `/` and their path. Offsets count the characters of the text as read:
    decoded, without a byte order mark, with "\n" as the only line end.

    Raises:
        DocumentError: while iterating, if the file, or the rest of it, cannot be read.
        FileAccessError: while iterating, if the file cannot be opened.
        EmptyDocumentError: while iterating, if the file contains no text.
        IncompleteFileError: at the end, if some rows or inner files cannot be read.
    """
    try:
        file.path.open("rb").close()
    except OSError as error:
        raise FileAccessError(f"{file.path} {failure(error)}") from error
    try:
        read = parse_in_sandbox if format_of(file.path).sandboxed else parse
        for document in read(file.path, options):
            yield _completed(document, file)
    except Exception as error:
        kind = type(error) if isinstance(error, DocumentError) else DocumentError
        raise kind(f"{file.path} {failure(error)}") from error


def _completed(document: Document, file: SourceFile) -> Document:
    metadata: dict[str, MetadataValue] = {
        storable(key): storable(value) if isinstance(value, str) else value
        for key, value in document.metadata.items()
    }
    sections = (replace(one, heading=storable(one.heading)) for one in document.sections)
    return replace(
        document,
        id=f"{file.id}{storable(document.id)}",
        text=storable(document.text),
        title=storable(document.title),
        source=file.source,
        metadata=metadata,
        sections=tuple(sections),
    )


def storable(text: str) -> str:
    """Replace characters that no store can keep with U+FFFD, one by one."""
    return _NOT_STORABLE.sub("\ufffd", text)
