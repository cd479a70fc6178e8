"""Ingest documents into a store: chunk, embed and store those that are new or changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from embeddings.chunking import Chunking
from embeddings.document_ids import DocumentIds
from embeddings.errors import DocumentError
from embeddings.files import FileInfo, SourceFile, read_file
from embeddings.formats.parse_options import ParseOptions
from embeddings.stores.store import Store
from embeddings.stores.validation import reject_surrogates
from embeddings.types import Chunk, Document, Encoder, IndexReport, StoredDocument, Vectors

_BATCH_DOCUMENTS = 128
_BATCH_CHARACTERS = 40_000
"""Characters in a batch to encode, about 65 chunks: enough to keep all cores busy, and little work
to repeat after an interruption."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDocument:
    """A document with its chunks and vectors, ready to be stored."""

    document: Document
    chunks: Sequence[Chunk]
    vectors: Vectors
    """One row for each chunk."""


class Preparer:
    """Parses, chunks and encodes documents in this process, in the order in which they are given.

    `RayPreparer` does it on other machines.
    """

    def __init__(self, encoder: Encoder, chunking: Chunking) -> None:
        self._encoder = encoder
        self._chunking = chunking

    def read(
        self, files: Sequence[SourceFile], options: ParseOptions
    ) -> Iterator[tuple[SourceFile, Iterable[Document]]]:
        """Read files; iterating over the documents of a file raises what `read_file` raises."""
        for file in files:
            yield file, read_file(file, options)

    def prepare(self, documents: Sequence[Document]) -> Iterable[PreparedDocument]:
        """Chunk and encode documents; return those that are ready, also from earlier calls."""
        return chunk_and_encode(documents, self._chunking, self._encoder)

    def finish(self) -> Iterable[PreparedDocument]:
        """Wait for the documents that have not been returned yet, and return them."""
        return ()


def chunk_and_encode(
    documents: Sequence[Document], chunking: Chunking, encoder: Encoder
) -> list[PreparedDocument]:
    """Split documents into chunks, and encode all chunks together."""
    cut = [chunking.split(document) for document in documents]
    vectors = encoder.encode_documents([chunk.indexed_text for chunks in cut for chunk in chunks])
    prepared = []
    begin = 0
    for document, chunks in zip(documents, cut, strict=True):
        prepared.append(PreparedDocument(document, chunks, vectors[begin : begin + len(chunks)]))
        begin += len(chunks)
    return prepared


class Ingest:
    """One run of adding documents to a store."""

    def __init__(self, store: Store, preparer: Preparer) -> None:
        self._store = store
        self._preparer = preparer
        self._ids = DocumentIds(store)
        self._waiting: list[Document] = []
        self._replaced: set[str] = set()
        self._file_info: dict[str, FileInfo] = {}
        self._report: defaultdict[str, list[Any]] = defaultdict(list)
        """By the names of the fields of `IndexReport`."""

    def add(self, document: Document) -> None:
        """Queue a document if it is new or changed."""
        try:
            if not document.id:
                raise DocumentError("A document has no id.")
            reject_surrogates(document)
            self._queue(*self._ids.given(document))
        except DocumentError as error:
            self._report["failed"].append((document.source or document.id, str(error)))

    def copy_from(self, known: StoredDocument, source: Store) -> None:
        """Queue a document of another store, unless it is in this one already."""
        mine = self._store.known([known.id]).get(known.id)
        if mine is not None and (mine.digest, mine.source) == (known.digest, known.source):
            self._keep(known)
            return
        document = source.document(known.id)
        if document is not None:  # otherwise it has just been removed
            self._ids.assigned.add(known.id)
            self._queue(document, mine)

    def _keep(self, known: StoredDocument) -> None:
        self._ids.assigned.add(known.id)
        self._report["unchanged"].append(known.id)

    def remove_unseen(self) -> None:
        """Remove the documents that were not added in this run."""
        for known in list(self._store.documents()):
            if known.id not in self._ids.assigned:
                self._remove(known.id)

    def flush(self) -> None:
        """Encode and store the documents that are waiting."""
        self._submit()
        self._put(self._preparer.finish())

    def store_file_info(self) -> None:
        """Store the size and time of files whose documents did not change."""
        for document_id, info in self._file_info.items():
            self._store.set_file_info(document_id, *info)

    def report(self) -> IndexReport:
        """Return what this run did."""
        return IndexReport(**{name: tuple(dict.fromkeys(of)) for name, of in self._report.items()})

    def _queue(self, document: Document, known: StoredDocument | None) -> None:
        """Queue a document unless the store has its contents; encode and store a full batch.

        The document has its final id; `known` is the stored one that it replaces or was moved from.
        """
        if known is not None and replace(document, id=known.id).digest == known.digest:
            if (known.id, known.source) == (document.id, document.source):
                self._report["unchanged"].append(document.id)
                size, mtime_ns = document.file_size, document.file_mtime_ns
                if (size, mtime_ns) != (known.file_size, known.file_mtime_ns) and size and mtime_ns:
                    self._file_info[document.id] = size, mtime_ns
            elif self._store.move(known.id, document):
                self._report["moved"].append(document.id)
            return
        if not document.text.strip():
            place = document.source or document.id
            self._report["failed"].append((place, f"{place} contains no text."))
            return
        if known is not None:
            self._replaced.add(document.id)
        self._waiting.append(document)
        characters = sum(len(one.text) for one in self._waiting)
        if len(self._waiting) >= _BATCH_DOCUMENTS or characters >= _BATCH_CHARACTERS:
            self._submit()

    def _submit(self) -> None:
        """Encode the documents that are waiting, and store those that are ready."""
        documents, self._waiting = self._waiting, []
        self._put(self._preparer.prepare(documents))

    def _put(self, prepared: Iterable[PreparedDocument]) -> None:
        for one in prepared:
            document = one.document
            try:
                self._store.put(document, one.chunks, one.vectors)
            except DocumentError as error:
                self._report["failed"].append((document.source or document.id, str(error)))
                continue
            kind = "updated" if document.id in self._replaced else "added"
            self._report[kind].append(document.id)

    def _remove(self, document_id: str) -> None:
        if self._store.remove(document_id):
            self._report["removed"].append(document_id)
