"""Ingest documents into a store: chunk, embed and store those that are new or changed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
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


Identified = tuple[Document, StoredDocument | None]
"""A document with its final id, and the stored one that it replaces or was moved from."""


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

    def prepare(self, batches: Iterable[Sequence[Document]]) -> Iterator[PreparedDocument]:
        """Chunk and encode batches of documents."""
        for documents in batches:
            yield from chunk_and_encode(documents, self._chunking, self._encoder)


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
        self._replaced: set[str] = set()
        self._file_info: dict[str, FileInfo] = {}
        self._report: defaultdict[str, list[Any]] = defaultdict(list)
        """By the names of the fields of `IndexReport`."""

    def store(self, documents: Iterable[Identified]) -> None:
        """Chunk, encode and store the documents that are new or changed."""
        for prepared in self._preparer.prepare(_batches(self._new(documents))):
            document = prepared.document
            with self._reporting(document):
                self._store.put(document, prepared.chunks, prepared.vectors)
                kind = "updated" if document.id in self._replaced else "added"
                self._report[kind].append(document.id)

    def given(self, documents: Iterable[Document]) -> Iterator[Identified]:
        """Assign ids to documents that do not come from files."""
        for document in documents:
            with self._reporting(document):
                if not document.id:
                    raise DocumentError("A document has no id.")
                reject_surrogates(document)
                yield self._ids.given(document)

    def copies(
        self, wanted: Sequence[StoredDocument], source: Store, progress: Callable[[int, int], None]
    ) -> Iterator[Identified]:
        """Read documents of another store, except those that are in this one already."""
        for done, known in enumerate(wanted):
            progress(done, len(wanted))
            mine = self._store.known([known.id]).get(known.id)
            if mine is not None and (mine.digest, mine.source) == (known.digest, known.source):
                self._keep(known)
                continue
            document = source.document(known.id)
            if document is not None:  # otherwise it has just been removed
                self._ids.assigned.add(known.id)
                yield document, mine

    def _keep(self, known: StoredDocument) -> None:
        self._ids.assigned.add(known.id)
        self._report["unchanged"].append(known.id)

    def remove_unseen(self) -> None:
        """Remove the documents that were not added in this run."""
        for known in list(self._store.documents()):
            if known.id not in self._ids.assigned:
                self._remove(known.id)

    def store_file_info(self) -> None:
        """Store the size and time of files whose documents did not change."""
        for document_id, info in self._file_info.items():
            self._store.set_file_info(document_id, *info)

    def report(self) -> IndexReport:
        """Return what this run did."""
        return IndexReport(**{name: tuple(dict.fromkeys(of)) for name, of in self._report.items()})

    def _new(self, documents: Iterable[Identified]) -> Iterator[Document]:
        """Yield the documents whose contents the store does not have."""
        for document, known in documents:
            if known is not None and replace(document, id=known.id).digest == known.digest:
                self._keep_or_move(document, known)
            elif not document.text.strip():
                place = document.source or document.id
                self._report["failed"].append((place, f"{place} contains no text."))
            else:
                if known is not None:
                    self._replaced.add(document.id)
                yield document

    def _keep_or_move(self, document: Document, known: StoredDocument) -> None:
        if (known.id, known.source) == (document.id, document.source):
            self._report["unchanged"].append(document.id)
            size, mtime_ns = document.file_size, document.file_mtime_ns
            if (size, mtime_ns) != (known.file_size, known.file_mtime_ns) and size and mtime_ns:
                self._file_info[document.id] = size, mtime_ns
            return
        with self._reporting(document):
            if self._store.move(known.id, document):
                self._report["moved"].append(document.id)

    @contextmanager
    def _reporting(self, document: Document) -> Iterator[None]:
        """Report a document that cannot be stored as failed."""
        try:
            yield
        except DocumentError as error:
            self._report["failed"].append((document.source or document.id, str(error)))

    def _remove(self, document_id: str) -> None:
        if self._store.remove(document_id):
            self._report["removed"].append(document_id)


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        characters = sum(len(one.text) for one in batch)
        if len(batch) >= _BATCH_DOCUMENTS or characters >= _BATCH_CHARACTERS:
            yield batch
            batch = []
    if batch:
        yield batch
