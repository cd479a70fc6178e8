"""What is done to files and documents before they are stored: they are read, cut and encoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from embeddings.chunking import Chunking
from embeddings.files import SourceFile, read_file
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Chunk, Document, Encoder, Vectors

__all__ = ["LocalPreparation", "Preparation", "Prepared", "cut_and_encode"]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A document as a store takes it."""

    document: Document
    chunks: Sequence[Chunk]
    vectors: Vectors
    """A row for each chunk."""


class Preparation(Protocol):
    """Who prepares documents: this process, or many machines. All do so in the same order."""

    def read(
        self, files: Sequence[SourceFile], reading: ParseOptions
    ) -> Iterator[tuple[SourceFile, Iterable[Document]]]:
        """Read files; going through a file's documents raises what `read_file` does."""
        ...

    def prepare(self, documents: Sequence[Document]) -> Iterable[Prepared]:
        """Have documents cut and encoded; gives those that are done, perhaps of earlier calls."""
        ...

    def rest(self) -> Iterable[Prepared]:
        """Wait for all that was handed in and not given yet."""
        ...


class LocalPreparation:
    """This process prepares the documents."""

    def __init__(self, encoder: Encoder, chunking: Chunking) -> None:
        self._encoder = encoder
        self._chunking = chunking

    def read(
        self, files: Sequence[SourceFile], reading: ParseOptions
    ) -> Iterator[tuple[SourceFile, Iterable[Document]]]:
        """Read one file after the other."""
        for file in files:
            yield file, read_file(file, reading)

    def prepare(self, documents: Sequence[Document]) -> Iterable[Prepared]:
        """Cut and encode."""
        return cut_and_encode(documents, self._chunking, self._encoder)

    def rest(self) -> Iterable[Prepared]:
        """Nothing waits."""
        return ()


def cut_and_encode(
    documents: Sequence[Document], chunking: Chunking, encoder: Encoder
) -> list[Prepared]:
    """Cut documents into chunks, and encode all chunks together."""
    cut = [chunking.split(document) for document in documents]
    vectors = encoder.encode_documents([chunk.indexed_text for chunks in cut for chunk in chunks])
    prepared = []
    begin = 0
    for document, chunks in zip(documents, cut, strict=True):
        prepared.append(Prepared(document, chunks, vectors[begin : begin + len(chunks)]))
        begin += len(chunks)
    return prepared
