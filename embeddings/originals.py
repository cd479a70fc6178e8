"""The files that documents were read from: copies of uploads, and files on disk."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from embeddings.errors import DocumentError
from embeddings.files import SourceFile, read_file
from embeddings.formats.parse_options import ParseOptions
from embeddings.stores.local.index_folder import translate_errors
from embeddings.types import Document, Store

__all__ = ["OriginalFile", "Originals", "indexed_file"]


@dataclass(frozen=True, slots=True)
class OriginalFile:
    """A file that a document was read from."""

    name: str
    """Its name when it was added."""
    path: Path


class Originals:
    """The folder with copies of uploaded files. A copy is named by the SHA-256 of the file's name.

    A copy belongs to the document with the file's name as its id, and to the documents of its rows
    and inner files (`name#row`, `name/inner`), if they were indexed with `file_size`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, path: Path) -> None:
        """Copy an uploaded file; an earlier copy of the same name is replaced.

        Raises:
            IndexStorageError: the copy cannot be written.
        """
        target = self._path(name)
        new = target.with_name(f"{target.name}.{uuid.uuid4().hex}.new")
        with translate_errors(self._folder.parent):
            self._folder.mkdir(exist_ok=True)
            try:
                with path.open("rb") as content, new.open("xb") as copy:
                    shutil.copyfileobj(content, copy)
                new.replace(target)
            finally:
                new.unlink(missing_ok=True)

    def find(self, document: Document) -> OriginalFile | None:
        """Return the copy of the file that an uploaded document was read from, if there is one."""
        for name in _possible_names(document.id):
            path = self._path(name)
            if path.is_symlink() or not path.is_file():
                continue
            return OriginalFile(name, path) if path.stat().st_size == document.file_size else None
        return None

    def remove_unused(self, document_ids: Iterable[str], store: Store) -> None:
        """Remove the copies that these documents had, except those that other documents have."""
        names = {name for known in document_ids for name in _possible_names(known)}
        unused = {name for name in names if self._path(name).exists()}
        if unused:
            for known in store.documents():
                if not known.source and known.file_size is not None:
                    unused.difference_update(_possible_names(known.id))
        for name in unused:
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _possible_names(document_id: str) -> list[str]:
    """Return the names of files that a document can come from, longest first."""
    ends = [place for place, character in enumerate(document_id) if character in "#/" and place]
    return [document_id, *(document_id[:end] for end in reversed(ends))]


def indexed_file(document: Document, options: ParseOptions) -> OriginalFile | None:
    """Return the file at a document's `source`, if it still contains the document.

    That is so if its size and time are those of the indexed file, or if parsing it again gives the
    same text.
    """
    path = Path(document.source)
    try:
        if not document.source or not path.is_file():
            return None
        status = path.stat()
    except (OSError, ValueError):
        return None
    if document.file_size not in (None, status.st_size):
        return None
    original = OriginalFile(path.name, path)
    if document.file_size is not None and document.file_mtime_ns == status.st_mtime_ns:
        return original
    try:
        texts = [read.text for read in read_file(SourceFile(path, path.name, path.parent), options)]
    except DocumentError:
        return None
    return original if document.text in texts else None
