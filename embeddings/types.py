"""Data types and protocols: documents, chunks, hits, filters, encoders."""

import datetime
import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embeddings.date_range import DateRange

if TYPE_CHECKING:
    from tokenizers import Encoding

Vectors: TypeAlias = NDArray[np.float32]
"""Shape (n, dimensions), rows of length 1: an inner product is a cosine similarity."""

MetadataValue: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a document. It ends where the next one of the same or a higher level starts.

    If the heading is part of the text, the section starts with the heading's line.
    """

    heading: str
    level: int
    """1 for the highest level."""
    start: int
    """Character offset in the document's text."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its metadata and structure. All offsets count characters of `text`."""

    id: str
    """Unique in an index. For a file its path relative to the corpus, with `/` as separator; for a
    row of a table or a JSON object the file's id, `#` and the row's own id."""
    text: str = field(repr=False)
    title: str = ""
    date: datetime.date | None = None
    """Date of publication."""
    source: str = ""
    """Absolute path of the file, or a URL; empty for a text given directly."""
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    """In the order of their start offsets; empty if the format has no headings."""
    pages: tuple[int, ...] = ()
    """Start offset of each page, ascending; empty if the format has no pages."""
    file_size: int | None = None
    """Size in bytes of the file at `source` when it was read; None if there is no file."""
    file_mtime_ns: int | None = None
    """Modification time of that file in nanoseconds, as in `os.stat_result.st_mtime_ns`."""

    def __post_init__(self) -> None:
        """Check what every store relies on.

        Raises:
            TypeError: a value has the wrong type.
            ValueError: the offsets of sections or pages are not ascending.
        """
        for offsets in ([section.start for section in self.sections], self.pages):
            if offsets and (offsets[0] < 0 or list(offsets) != sorted(offsets)):
                raise ValueError(f"document {self.id!r}: offsets must be ascending: {offsets}")
        texts = (self.id, self.text, self.title, self.source, *self.metadata)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError(f"document {self.id!r}: id, text, title and source must be strings")
        if isinstance(self.date, datetime.datetime):
            object.__setattr__(self, "date", self.date.date())
        if self.date is not None and not isinstance(self.date, datetime.date):
            raise TypeError(f"document {self.id!r}: the date must be a date, not {self.date!r}")
        for key, value in self.metadata.items():
            if not isinstance(value, str | int | float):
                raise TypeError(
                    f"document {self.id!r}: metadata {key!r} must be a string, number or bool, "
                    f"not {value!r}"
                )

    @property
    def digest(self) -> str:
        """SHA-256 over the contents, so without `source`, `file_size` and `file_mtime_ns`.

        A document whose digest is unchanged does not have to be indexed again.
        """
        day = self.date.isoformat() if self.date else None
        parts: list[object] = [self.id, self.text, self.title, day, dict(self.metadata)]
        if self.sections or self.pages:
            headings = [(one.heading, one.level, one.start) for one in self.sections]
            parts.append([headings, self.pages])
        canonical = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PageImage:
    """Image of a page."""

    png: bytes
    highlight: tuple[float, float] | None
    """Left and top of the highlighted text, 0 to 1; None if none is highlighted."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """The entry of a document in the list of a store: everything except its text and structure."""

    id: str
    title: str
    date: datetime.date | None
    source: str
    metadata: Mapping[str, MetadataValue]
    digest: str
    characters: int
    """Length of the text."""
    chunks: int
    """Number of chunks."""
    file_size: int | None = None
    """As in `Document`; None also in an index made by a version that did not store it."""
    file_mtime_ns: int | None = None
    """As in `Document`; None also in an index made by a version that did not store it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a document: `text == document.text[start:end]`.

    The attributes after `text` repeat facts from the document; the offsets do not cover them.
    """

    document_id: str
    start: int
    end: int
    text: str
    title: str = ""
    """The document's title."""
    date: datetime.date | None = None
    """The document's date."""
    section: tuple[str, ...] = ()
    """Headings above the chunk, outermost first, without one that repeats the title."""
    page: int | None = None
    """1-based page of the chunk's first character; None if the document has no pages."""
    table_header: str = ""
    """First row of the table that the chunk begins in, if the chunk does not begin with it."""

    @property
    def heading(self) -> str:
        """The title and the section's headings, joined by " > "; equal neighbours once."""
        parts = [part for part in (self.title, *self.section) if part]
        return " > ".join(part for part, _ in itertools.groupby(parts))

    @property
    def indexed_text(self) -> str:
        """The text that is embedded and searched: title and date, headings, table header, text."""
        day = f"{self.date.day} {self.date:%B %Y}" if self.date else ""
        lines = (
            " · ".join(part for part in (self.title, day) if part),
            " > ".join(self.section),
            self.table_header,
        )
        return "\n".join([*filter(None, lines), self.text])


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found by a search."""

    chunk: Chunk
    score: float
    """Fused score, 0 to 1; 1 if both searches rank the chunk first."""
    lexical: float | None
    """BM25 score, above 0; None if the lexical search did not return the chunk."""
    dense: float | None
    """Cosine similarity, -1 to 1; None if the dense search did not return the chunk."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a document must all meet to be searched. The default allows all documents."""

    dates: DateRange = field(default_factory=DateRange)
    documents: frozenset[str] | None = None
    """Ids of the allowed documents; None allows all."""
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict, hash=False)
    """Entries that the document's metadata must have."""
    undated: bool = False
    """Whether documents without a date are allowed with any `dates`."""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """The result of adding documents: document ids, in the order they were processed."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """Documents whose file no longer exists in a folder that was added again, or whose text is no
    longer in their file."""
    failed: tuple[tuple[str, str], ...] = ()
    """(path, reason) of each path that could not be read. Its earlier documents are kept."""
    skipped: tuple[str, ...] = ()
    """Paths of files of unknown formats."""
    excluded: tuple[str, ...] = ()
    """Paths of files that did not change since all their documents were removed by hand."""
    moved: tuple[str, ...] = ()
    """Documents that are stored under a new id or source and were not encoded again."""
    warnings: tuple[tuple[str, str], ...] = ()
    """(path, reason) of each file that has no text, or that could be read only in part."""


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A tokenized text, or pair of texts, without padding."""

    input_ids: NDArray[np.int64]
    """Shape (length,)."""
    type_ids: NDArray[np.int64]
    """Shape (length,): 1 for the second text if the model has two segments, else 0."""

    @classmethod
    def of(cls, encoding: "Encoding") -> Self:
        """Take the tokens of a tokenizer's encoding."""
        return cls(np.array(encoding.ids, np.int64), np.array(encoding.type_ids, np.int64))

    def __len__(self) -> int:
        return len(self.input_ids)


class Model(Protocol):
    """A transformer in any runtime."""

    def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
        """Run the model on each text; its outputs have shape (length, ...), in input order."""


class Encoder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """Name of the model. An index can only be searched with the model it was made with."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode texts of documents; shape (len(texts), dimensions)."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode questions; shape (len(texts), dimensions)."""
