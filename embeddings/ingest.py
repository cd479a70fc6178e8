"""Ingest documents into a store: parse, chunk, embed and store what is new or changed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from embeddings.chunking import Chunking
from embeddings.errors import DocumentError, EmptyDocumentError
from embeddings.files import SourceFile, find_files, read_file
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Chunk, Document, Encoder, IndexReport, Store, StoredDocument, Vectors

__all__ = ["Ingest", "LocalPreparer", "PreparedDocument", "Preparer", "chunk_and_encode"]

_BATCH_DOCUMENTS = 128
_BATCH_CHARACTERS = 40_000
"""How much is encoded together, about 65 chunks: enough to keep every core busy, few to lose."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDocument:
    """A document as a store takes it."""

    document: Document
    chunks: Sequence[Chunk]
    vectors: Vectors
    """A row for each chunk."""


class Preparer(Protocol):
    """Who prepares documents: this process, or many machines. All do so in the same order."""

    def read(
        self, files: Sequence[SourceFile], options: ParseOptions
    ) -> Iterator[tuple[SourceFile, Iterable[Document]]]:
        """Read files; going through a file's documents raises what `read_file` does."""
        ...

    def prepare(self, documents: Sequence[Document]) -> Iterable[PreparedDocument]:
        """Have documents cut and encoded; gives those that are done, perhaps of earlier calls."""
        ...

    def finish(self) -> Iterable[PreparedDocument]:
        """Wait for all that was handed in and not given yet."""
        ...


class LocalPreparer:
    """This process prepares the documents."""

    def __init__(self, encoder: Encoder, chunking: Chunking) -> None:
        self._encoder = encoder
        self._chunking = chunking

    def read(
        self, files: Sequence[SourceFile], options: ParseOptions
    ) -> Iterator[tuple[SourceFile, Iterable[Document]]]:
        """Read one file after the other."""
        for file in files:
            yield file, read_file(file, options)

    def prepare(self, documents: Sequence[Document]) -> Iterable[PreparedDocument]:
        """Cut and encode."""
        return chunk_and_encode(documents, self._chunking, self._encoder)

    def finish(self) -> Iterable[PreparedDocument]:
        """Nothing waits."""
        return ()


def chunk_and_encode(
    documents: Sequence[Document], chunking: Chunking, encoder: Encoder
) -> list[PreparedDocument]:
    """Cut documents into chunks, and encode all chunks together."""
    cut = [chunking.split(document) for document in documents]
    vectors = encoder.encode_documents([chunk.indexed_text for chunks in cut for chunk in chunks])
    prepared = []
    begin = 0
    for document, chunks in zip(documents, cut, strict=True):
        prepared.append(PreparedDocument(document, chunks, vectors[begin : begin + len(chunks)]))
        begin += len(chunks)
    return prepared


class Ingest:
    """Documents on their way into a store: what is waiting to be encoded, and what was done."""

    def __init__(self, store: Store, preparer: Preparer) -> None:
        self._store = store
        self._preparer = preparer
        self._stored = {known.id: known for known in store.documents()}
        self._seen: set[str] = set()
        self._waiting: list[Document] = []
        self._waiting_characters = 0
        self._added: list[str] = []
        self._updated: list[str] = []
        self._unchanged: list[str] = []
        self._removed: list[str] = []
        self._failed: list[tuple[str, str]] = []
        self._skipped: list[str] = []

    def record_failure(self, path: str, reason: str) -> None:
        """Note that nothing could be read at a path."""
        self._failed.append((path, reason))

    def add_paths(
        self,
        paths: Sequence[str | Path],
        *,
        options: ParseOptions,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Add the documents of files, folders and patterns; see `Index.add_paths`."""
        files, folders, unreadable = self._find(paths)
        unique = list({file.path: file for file in files}.values())
        read_whole: set[str] = set()
        for done, (file, documents) in enumerate(self._preparer.read(unique, options)):
            if progress is not None:
                progress(done, len(unique))
            try:
                for document in documents:
                    self.add_file(document, file.root.name)
                read_whole.add(str(file.path))
            except EmptyDocumentError as error:
                self.record_failure(str(file.path), str(error))
                read_whole.add(str(file.path))
            except DocumentError as error:
                self.record_failure(str(file.path), str(error))
        self.flush()
        self.remove_missing(read_whole, {str(file.path) for file in unique}, folders, unreadable)
        if progress is not None:
            progress(len(unique), len(unique))

    def _find(self, paths: Sequence[str | Path]) -> tuple[list[SourceFile], list[Path], list[Path]]:
        """Return the files, the folders among the paths, and the subfolders that are unreadable."""
        files: list[SourceFile] = []
        folders: list[Path] = []
        unreadable: list[Path] = []
        for path in paths:
            try:
                found = find_files(path)
            except DocumentError as error:
                self.record_failure(str(path), str(error))
                continue
            files += found.files
            self._skipped += found.other_kinds
            for folder, reason in found.unreadable:
                self.record_failure(str(folder), f"{folder} cannot be listed: {reason}")
                unreadable.append(folder)
            if Path(path).is_dir():
                folders.append(Path(path).resolve())
        return files, folders, unreadable

    def add_file(self, document: Document, root_name: str) -> None:
        """Queue a document that was read from a file below the folder `root_name`.

        Two folders can hold files of the same name: the second one's folder tells them apart.
        """
        known = self._stored.get(document.id)
        taken = document.id in self._seen or (
            known is not None
            and known.source != document.source
            and bool(known.source)
            and Path(known.source).exists()
        )
        if taken:
            document = dataclasses.replace(document, id=f"{root_name}/{document.id}")
        self.add(document)

    def add(self, document: Document) -> None:
        """Queue a document if it is new or changed; encode and store when enough are waiting."""
        if not document.id:
            self.record_failure(
                document.source, "a document without an id cannot be told from others"
            )
            return
        if document.id in self._seen:
            reason = (
                f"{document.source or document.id}: a document called {document.id} came before "
                "it; rename one of them"
            )
            self.record_failure(document.source or document.id, reason)
            return
        self._seen.add(document.id)
        try:
            json.dumps(
                [document.id, document.title, document.text, dict(document.metadata)],
                ensure_ascii=False,
            ).encode()
        except UnicodeEncodeError:
            reason = f"{document.source or document.id!r} holds half a surrogate pair; replace it"
            self.record_failure(document.source or document.id, reason)
            return
        known = self._stored.get(document.id)
        if known is not None and (known.digest, known.source) == (
            document.digest,
            document.source,
        ):
            self._unchanged.append(document.id)
            return
        if not document.text.strip():
            place = document.source or document.id
            self.record_failure(place, f"{place} holds no text")
            return
        self._waiting.append(document)
        self._waiting_characters += len(document.text)
        if len(self._waiting) >= _BATCH_DOCUMENTS or self._waiting_characters >= _BATCH_CHARACTERS:
            self._submit()

    def copy_from(self, known: StoredDocument, source: Store) -> None:
        """Queue a document of another store, unless it is in this one already."""
        mine = self._stored.get(known.id)
        if mine is not None and (mine.digest, mine.source) == (known.digest, known.source):
            self._seen.add(known.id)
            self._unchanged.append(known.id)
            return
        document = source.document(known.id)
        if document is not None:  # else it has just been removed
            self.add(document)

    def remove_unseen(self) -> None:
        """Remove what was not taken."""
        for document_id in self._stored.keys() - self._seen:
            if self._store.remove(document_id):
                self._removed.append(document_id)

    def flush(self) -> None:
        """Have what is waiting encoded, and store all that is not stored yet."""
        self._submit()
        self._put(self._preparer.finish())

    def _submit(self) -> None:
        """Have what is waiting encoded, and store what is done."""
        documents, self._waiting, self._waiting_characters = self._waiting, [], 0
        self._put(self._preparer.prepare(documents))

    def _put(self, prepared: Iterable[PreparedDocument]) -> None:
        for one in prepared:
            known = one.document.id in self._stored
            (self._updated if known else self._added).append(one.document.id)
            self._store.put(one.document, one.chunks, one.vectors)

    def remove_missing(
        self,
        read_whole: set[str],
        present: set[str],
        folders: Sequence[Path],
        unreadable: Sequence[Path],
    ) -> None:
        """Remove documents whose file, or whose row in a file that was read whole, is gone.

        Documents below a folder that cannot be read are kept.
        """
        for known in self._stored.values():
            if known.id in self._seen or not known.source:
                continue
            source = Path(known.source)
            gone = (
                known.source not in present
                and any(source.is_relative_to(folder) for folder in folders)
                and not any(source.is_relative_to(folder) for folder in unreadable)
            )
            if (gone or known.source in read_whole) and self._store.remove(known.id):
                self._removed.append(known.id)

    def report(self) -> IndexReport:
        """Sum up."""
        return IndexReport(
            added=tuple(self._added),
            updated=tuple(self._updated),
            unchanged=tuple(self._unchanged),
            removed=tuple(self._removed),
            failed=tuple(self._failed),
            skipped=tuple(dict.fromkeys(self._skipped)),
        )
