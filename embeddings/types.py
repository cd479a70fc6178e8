"""The words of the whole project: documents in, chunks and vectors stored, hits out."""

from __future__ import annotations

import calendar
import datetime
import hashlib
import itertools
import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import SettingsError

__all__ = [
    "Chunk",
    "DateRange",
    "Document",
    "Encoder",
    "Filter",
    "Hit",
    "IndexReport",
    "MetadataValue",
    "Model",
    "Section",
    "Store",
    "StoredDocument",
    "Tokens",
    "Vectors",
]

Vectors: TypeAlias = NDArray[np.float32]
"""Shape (n, dimensions), each row of length 1, so that an inner product is a cosine."""

MetadataValue: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a document. It ends where the next of the same or a higher level starts.

    The heading's own line may be part of the text, in which case `start` is the line's start.
    """

    heading: str
    level: int
    """1 for the highest level."""
    start: int
    """Character offset in the document's text."""


def _start(section: Section) -> int:
    return section.start


@dataclass(frozen=True, slots=True)
class Document:
    """A text with what is known about it. All offsets elsewhere count characters of `text`."""

    id: str
    """Unique in an index: the path relative to the corpus, `/` between the parts; a row of a table
    or a line of a JSON lines file adds `#` and its own id."""
    text: str
    title: str = ""
    date: datetime.date | None = None
    """The day of publication."""
    source: str = ""
    """Where it was read: an absolute path or a URL; empty for text given directly."""
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
        """Refuse what no store could give back.

        Raises:
            TypeError: a value has the wrong type.
            ValueError: the offsets of sections or pages are not ascending.
        """
        starts = [section.start for section in self.sections]
        for offsets in (starts, self.pages):
            if any(after < before for before, after in itertools.pairwise((0, *offsets))):
                raise ValueError(f"document {self.id!r}: offsets must be ascending: {offsets}")
        texts = (self.id, self.text, self.title, self.source, *self.metadata)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError(f"document {self.id!r}: id, text, title and source must be texts")
        if isinstance(self.date, datetime.datetime):
            object.__setattr__(self, "date", self.date.date())
        if self.date is not None and not isinstance(self.date, datetime.date):
            raise TypeError(f"document {self.id!r}: the date must be a date, not {self.date!r}")
        for key, value in self.metadata.items():
            if not isinstance(value, str | int | float):
                raise TypeError(f"document {self.id!r}: {key!r} cannot be {value!r} in metadata")

    def page_at(self, offset: int) -> int | None:
        """Return the 1-based page of a character offset; None if the document has no pages."""
        return max(bisect_right(self.pages, offset), 1) if self.pages else None

    def section_at(self, offset: int) -> tuple[str, ...]:
        """Return the headings of the sections around a character offset, outermost first."""
        path: list[Section] = []
        for section in self.sections[: bisect_right(self.sections, offset, key=_start)]:
            while path and path[-1].level >= section.level:
                path.pop()
            path.append(section)
        return tuple(section.heading for section in path)

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
class StoredDocument:
    """What a store lists about a document: everything except its text and structure."""

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

    Everything after `text` repeats what the document says about it and is not part of the offsets.
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
        """What is embedded and searched: title and date, headings, table header, text."""
        day = f"{self.date.day} {self.date:%B %Y}" if self.date else ""
        lines = (
            " · ".join(part for part in (self.title, day) if part),
            " > ".join(self.section),
            self.table_header,
        )
        return "\n".join([*filter(None, lines), self.text])


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that a search found."""

    chunk: Chunk
    score: float
    """The fused score, 0 to 1: 1 when both searches put the chunk first."""
    lexical: float | None
    """Its BM25 score, above 0; None when the lexical search did not bring it up."""
    dense: float | None
    """Its cosine with the question, -1 to 1; None when the dense search did not bring it up."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days from `after` to `before`, both included; None leaves that side open."""

    after: datetime.date | None = None
    before: datetime.date | None = None

    @classmethod
    def of(cls, after: datetime.date | str | None, before: datetime.date | str | None) -> DateRange:
        """Create a range from dates or texts.

        A text is YYYY-MM-DD, YYYY-MM or YYYY. A month or year stands for its first day in `after`
        and for its last day in `before`.

        Raises:
            SettingsError: a text is not a date, or the range ends before it starts.
        """
        first, last = _day(after, last=False), _day(before, last=True)
        if first is not None and last is not None and last < first:
            raise SettingsError(f"No day is both after {first} and before {last}: swap the two.")
        return cls(after=first, before=last)

    def __contains__(self, day: datetime.date | None) -> bool:
        """Tell whether a day lies in the range; an unknown day only lies in the open range."""
        if day is None:
            return self.after is None and self.before is None
        return (self.after is None or self.after <= day) and (
            self.before is None or day <= self.before
        )


_PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
"""A year, or a month of a year."""


def _day(day: datetime.date | str | None, *, last: bool) -> datetime.date | None:
    """Return a date; of a text that names a month or a year its first or last day."""
    if isinstance(day, datetime.datetime):
        return day.date()
    if not isinstance(day, str):
        return day
    text = day.strip()
    period = _PERIOD.fullmatch(text)
    try:
        if period is None:
            return datetime.date.fromisoformat(text)
        year, month = int(period[1]), int(period[2] or (12 if last else 1))
        first = datetime.date(year, month, 1)
        return first.replace(day=calendar.monthrange(year, month)[1]) if last else first
    except ValueError as error:
        raise SettingsError(
            f"{day!r} is not a date: write it as 2020-09-16, 2020-09 or 2020."
        ) from error


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a search may look at: all parts must hold; the default allows every one."""

    dates: DateRange = DateRange()
    documents: frozenset[str] | None = None
    """Ids of the documents allowed; None allows every one."""
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    """Values that a document's metadata must equal."""

    def allows(self, document: Document) -> bool:
        """Tell whether a search under this filter may bring up a document."""
        return (
            document.date in self.dates
            and (self.documents is None or document.id in self.documents)
            and all(document.metadata.get(key) == value for key, value in self.metadata.items())
        )


@dataclass(frozen=True, slots=True)
class IndexReport:
    """The result of adding documents: document ids, in the order they were processed."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """Documents whose file no longer exists in a folder that was added again."""
    failed: tuple[tuple[str, str], ...] = ()
    """(path, reason) of each file that could not be read; its earlier documents are kept."""
    skipped: tuple[str, ...] = ()
    """Paths of files of unknown formats."""


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A text, or a pair of texts, as a transformer takes it: unpadded."""

    input_ids: NDArray[np.int64]
    """Shape (length,)."""
    type_ids: NDArray[np.int64]
    """Shape (length,): 1 in the second text's segment where the model has two, else 0."""

    def __len__(self) -> int:
        return len(self.input_ids)


class Model(Protocol):
    """A transformer that is run, whatever runs it."""

    def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
        """Run each text; its outputs have shape (length, ...), in the order given."""
        ...


class Encoder(Protocol):
    """Texts to vectors."""

    @property
    def name(self) -> str:
        """The model's name; an index made with another one is refused."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to be found; shape (len(texts), dimensions)."""
        ...

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to search with; shape (len(texts), dimensions)."""
        ...


class Store(Protocol):
    """Where documents, chunks and vectors live. Chunk ids are positive and never given out twice.

    Readers may go on while one process writes. Searches see every document put before they began.
    """

    @property
    def settings(self) -> Mapping[str, MetadataValue]:
        """What the index was made with; set once, when the store is created."""
        ...

    @property
    def generation(self) -> int:
        """Counts the changes of the contents; equal generations mean equal contents."""
        ...

    @property
    def newest(self) -> datetime.date | None:
        """The date of the newest document; None when no document has one."""
        ...

    @property
    def is_replaced(self) -> bool:
        """Tell whether another index has taken this one's place; it is not written to any more."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Hold the only right to write; `put` and `remove` work inside it alone.

        Raises:
            IndexBusyError: another process or thread holds it.
            IndexStorageError: the place cannot be written to.
        """
        ...

    def put(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Add a document or replace the one with its id, wholly or not at all.

        When this returns, the document survives the death of the process.
        """
        ...

    def remove(self, document_id: str) -> bool:
        """Remove a document, wholly or not at all; False when there was none."""
        ...

    def document(self, document_id: str) -> Document | None:
        """Read one document whole."""
        ...

    def set_file_info(self, document_id: str, file_size: int, file_mtime_ns: int) -> None:
        """Update the file size and time stored for a document whose contents did not change.

        The generation stays the same. Does nothing if the store has no such document.
        """
        ...

    def documents(self) -> Iterator[StoredDocument]:
        """List all documents without their texts, sorted by id."""
        ...

    def known(self, ids: Collection[str]) -> dict[str, StoredDocument]:
        """Look up documents by id; ids that the store does not have are left out."""
        ...

    def documents_under(self, source_prefix: str) -> Iterator[StoredDocument]:
        """List the documents whose `source` is this path or lies below it, sorted by id.

        Args:
            source_prefix: absolute path of a folder or file, with or without a separator at the
                end. `/news` stands for `/news` and `/news/a.txt`, not for `/newspaper.txt`.
        """
        ...

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, Chunk]:
        """Read chunks; an id that is not there (any more) is left out."""
        ...

    def search_dense(
        self, questions: Vectors, k: int, within: Filter
    ) -> list[list[tuple[int, float]]]:
        """Find, for each row, the k nearest chunks as (chunk id, cosine), nearest first.

        Of very many chunks a store may miss some that are among the nearest. Fewer than k only when
        the filter allows fewer. Ties go to the smaller id.
        """
        ...

    def search_lexical(self, question: str, k: int, within: Filter) -> list[tuple[int, float]]:
        """Find the k best chunks by BM25 (over `Chunk.indexed_text`) as (chunk id, score above 0).

        Any characters are allowed in the question; none of them is an operator.
        """
        ...

    def backup(self, folder: Path) -> None:
        """Copy everything into a new or empty folder; others may write meanwhile.

        Raises:
            IndexStorageError: the folder holds something, or cannot be written to.
        """
        ...

    def check(self) -> list[str]:
        """Compare everything with everything; each fault as a sentence, none when all is well."""
        ...

    def repair(self) -> list[str]:
        """Rebuild what can be rebuilt and drop what is lost; what was done, as sentences."""
        ...

    def close(self) -> None:
        """Release files and locks; the store is not used afterwards."""
        ...
