"""The files that documents were read from: copies of uploads, and files on disk."""

import hashlib
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZipFile

from embeddings.errors import DocumentError
from embeddings.files import SourceFile, read_file
from embeddings.formats.parse_options import ParseOptions
from embeddings.stores.local.index_folder import translate_errors
from embeddings.stores.store import Store
from embeddings.types import Document


@dataclass(frozen=True, slots=True)
class OriginalFile:
    """A file that a document was read from."""

    name: str
    """Its name when it was added."""
    path: Path


class Originals:
    """The folder with copies of uploaded files.

    A copy is named by the SHA-256 of a document id. It belongs to the document with this id, and to
    the documents of its rows and inner files (`id#row`, `id/inner`), if their `file_size` is the
    size of the copy.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, document_id: str, path: Path) -> None:
        """Copy an uploaded file; an earlier copy with the same id is replaced."""
        target = self._path(document_id)
        new = target.with_name(f"{target.name}.{uuid.uuid4().hex}.new")
        with translate_errors(self.folder.parent):
            self.folder.mkdir(exist_ok=True)
            try:
                with path.open("rb") as content, new.open("xb") as copy:
                    shutil.copyfileobj(content, copy)
                new.replace(target)
            finally:
                new.unlink(missing_ok=True)

    def find(self, document: Document) -> OriginalFile | None:
        """Return the copy of the file that an uploaded document was read from, if there is one."""
        for name in _possible_ids(document.id):
            path = self._path(name)
            if not _is_copy(path):
                continue
            if path.stat().st_size != document.file_size:
                return None
            return OriginalFile(name.rpartition("/")[2], path)
        return None

    def pack(self, document_ids: Iterable[str]) -> IO[bytes] | None:
        """Pack the copies of documents into an unnamed file, which is deleted when it is closed.

        Returns None if there are no copies.
        """
        paths = [path for path in self._possible_paths(document_ids) if _is_copy(path)]
        if not paths:
            return None
        with translate_errors(self.folder.parent):
            packed = TemporaryFile(dir=self.folder.parent)  # noqa: SIM115 (the caller closes it)
            with ZipFile(packed, "w") as archive:
                for path in paths:
                    archive.write(path, path.name)
        return packed

    def unpack(self, packed: IO[bytes], document_ids: Iterable[str]) -> None:
        """Put packed copies of documents back, except those that have been replaced since."""
        wanted = {path.name for path in self._possible_paths(document_ids) if not path.exists()}
        with translate_errors(self.folder.parent), ZipFile(packed) as archive:
            for name in wanted.intersection(archive.namelist()):
                archive.extract(name, self.folder)

    def remove_unused(self, document_ids: Iterable[str], store: Store) -> None:
        """Remove the copies of these documents, except copies that other documents use."""
        for id_ in {id_ for known in document_ids for id_ in _possible_ids(known)}:
            if self._path(id_).exists() and not any(
                not known.source and known.file_size is not None
                for known in store.documents_in(id_)
            ):
                self._path(id_).unlink(missing_ok=True)

    def _possible_paths(self, document_ids: Iterable[str]) -> set[Path]:
        return {self._path(id_) for known in document_ids for id_ in _possible_ids(known)}

    def _path(self, document_id: str) -> Path:
        digest = hashlib.sha256(document_id.encode("utf-8", "surrogatepass"))
        return self.folder / digest.hexdigest()


def _is_copy(path: Path) -> bool:
    """Return whether there is a copy. A link may have been planted to read another file."""
    return path.is_file() and not path.is_symlink()


def _possible_ids(document_id: str) -> list[str]:
    """Return the ids under which the file of a document can be saved, longest first."""
    ends = [place for place, character in enumerate(document_id) if character in "#/" and place]
    return [document_id, *(document_id[:end] for end in reversed(ends))]


def indexed_file(document: Document, options: ParseOptions) -> OriginalFile | None:
    """Return the file at a document's `source`, if it still contains the document.

    It does if its size and time are those of the indexed file, or if parsing it again gives the
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
