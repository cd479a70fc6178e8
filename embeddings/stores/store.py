"""The protocol of a store: documents, chunks and vectors, and problems with files."""

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from embeddings.types import Chunk, Document, Filter, MetadataValue, StoredDocument, Vectors

EXCLUDED = "excluded"
"""The reason of a file whose documents were removed by hand."""


class ProblemKind(IntEnum):
    """Which documents of a file with a problem are stored."""

    FAILED = 0
    """The earlier documents of the file, if there are any."""
    PARTIAL = 1
    """The documents that could be read."""
    EMPTY = 2
    """No documents: the file contains no text."""


@dataclass(frozen=True, slots=True)
class FileProblem:
    """The reason why a file, or a part of it, is not read."""

    version: str
    """Size and modification time of the file, and the options for reading it."""
    reason: str
    """The error message; `EXCLUDED` if the documents of the file were removed by hand."""
    kind: ProblemKind


class Store(Protocol):
    """Storage of documents, chunks and vectors. Chunk ids are positive and never used twice.

    Others may read while one process writes. A search sees every document put before it began.
    """

    @property
    def settings(self) -> Mapping[str, MetadataValue]:
        """Settings of the index, set once when the store is created."""

    @property
    def generation(self) -> int:
        """Number of changes to the contents: equal generations mean equal contents."""

    @property
    def newest(self) -> datetime.date | None:
        """The newest date of a document that is not after today; None if there is none."""

    @property
    def document_count(self) -> int:
        """Number of documents."""

    @property
    def undated_count(self) -> int:
        """Number of documents without a date."""

    @property
    def chunk_count(self) -> int:
        """Number of chunks."""

    @property
    def is_replaced(self) -> bool:
        """Whether another index has replaced this one, which then cannot be written to."""

    def writing(self) -> AbstractContextManager[None]:
        """Take the write lock; the methods that change something work only inside.

        In a cluster, other machines are not locked out: let only one process write to it.

        Raises:
            IndexBusyError: another thread or process is writing.
            IndexStorageError: the index cannot be written to.
        """

    def put(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Add a document, or replace the one with its id, atomically.

        Once this returns, the document survives a crash of the process. Only the offsets and the
        table header of a chunk are stored; the rest is derived from the document.
        """

    def remove(self, document_id: str) -> bool:
        """Remove a document atomically; False if there is none."""

    def move(self, document_id: str, document: Document) -> bool:
        """Replace a document by an equal one with another id or source; False if there is none.

        The chunks and vectors are kept. A document that already has the new id is replaced.
        """

    def document(self, document_id: str) -> Document | None:
        """Read a document; None if there is none."""

    def set_file_info(self, document_id: str, file_size: int, file_mtime_ns: int) -> None:
        """Update the file size and time stored for a document whose contents did not change.

        The generation stays the same. Does nothing if the store has no such document.
        """

    def problems(self) -> dict[str, FileProblem]:
        """Read the problems with files, by the `source` of the file. Works only in `writing`."""

    def set_problems(self, problems: Mapping[str, FileProblem]) -> None:
        """Replace all problems with files. The generation stays the same."""

    def documents(self, offset: int = 0, limit: int | None = None) -> Iterator[StoredDocument]:
        """List the documents by id without their texts: `limit` from `offset` on, or all."""

    def known(self, ids: Collection[str]) -> dict[str, StoredDocument]:
        """Look up documents by id; ids that the store does not have are left out."""

    def documents_under(self, source_prefix: str) -> Iterator[StoredDocument]:
        """List the documents whose `source` is this path or lies below it, sorted by id.

        `/news` and `/news/` stand for `/news` and `/news/a.txt`, not for `/newspaper.txt`.
        """

    def documents_in(self, file_id: str) -> Iterator[StoredDocument]:
        """List the document with an id, and its rows and inner files (`id#row`, `id/inner`)."""

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, Chunk]:
        """Read chunks; ids that do not exist (any more) are left out."""

    def search_dense(
        self, questions: Vectors, k: int, within: Filter
    ) -> list[list[tuple[int, float]]]:
        """Return the k nearest chunks for each row as (chunk id, cosine), nearest first.

        Fewer than k only if the filter allows fewer. Ties go to the smaller id. A store may search
        a very large index approximately.
        """

    def search_lexical(self, question: str, k: int, within: Filter) -> list[tuple[int, float]]:
        """Return the k best chunks by BM25 over `Chunk.indexed_text` as (chunk id, score above 0).

        The question can contain any characters; operators are not supported.
        """

    def check(self) -> list[str]:
        """Check all parts of the index against each other; return one sentence for each fault."""

    def repair(self) -> list[str]:
        """Rebuild what can be rebuilt and drop damaged documents; return sentences about it."""

    def close(self) -> None:
        """Release files and locks. The store cannot be used afterwards."""
