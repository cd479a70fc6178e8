"""The catalog: a SQLite file with all data of an index, from which its caches are made."""

from __future__ import annotations

import datetime
import json
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import IndexDamagedError
from embeddings.outline import Outline
from embeddings.stores.local.index_folder import FileId, file_id
from embeddings.stores.local.schema import FORMAT, connect, foreign_parts, migrate, refuse_newer
from embeddings.stores.local.vector_table import VectorTable
from embeddings.stores.store import FileProblem
from embeddings.stores.structure import dump_structure, load_structure
from embeddings.stores.validation import is_encodable, labels, reject_surrogates
from embeddings.types import Chunk, Document, MetadataValue, StoredDocument, Vectors

__all__ = ["Catalog", "State"]


@dataclass(frozen=True, slots=True)
class State:
    """An index and a generation of it: what a cache was made from."""

    index: str = ""
    """32 hexadecimal digits that identify the index; empty for an empty cache."""
    generation: int = -1


class Catalog:
    """Reads and writes the SQLite file. Raises sqlite3's own errors, and is not thread-safe.

    A document's key is the generation that wrote it.
    """

    connection: sqlite3.Connection
    """In autocommit mode: a transaction starts with an explicit BEGIN."""

    file: FileId | None
    """Identity of the file that is open, which another file can replace at the same path."""

    def __init__(self, connection: sqlite3.Connection, file: FileId | None) -> None:
        self.connection = connection
        self.file = file
        foreign = foreign_parts(connection)
        if foreign:
            raise IndexDamagedError(
                f"The catalog contains {', '.join(foreign)}, which no version of this program "
                "creates. Do not use it: index the documents again in another folder."
            )
        meta = dict(connection.execute("SELECT key, value FROM meta"))
        self._format = int(meta["format"])
        refuse_newer(self._format)
        self.index: str = meta["index"]
        self.dimensions = int(meta["dimensions"])
        if len(bytes.fromhex(self.index)) != 16 or self.dimensions < 1:
            raise ValueError(f"index {self.index!r} with {self.dimensions} dimensions")
        self.settings: Mapping[str, MetadataValue] = json.loads(meta["settings"])
        self.vectors = VectorTable(connection, self.dimensions)

    @classmethod
    def open(cls, path: Path) -> Catalog:
        """Open an existing file.

        Raises:
            IndexDamagedError: it is not a catalog, or its first rows cannot be read.
            IndexMismatchError: a newer version made it.
        """
        file = file_id(path)  # before opening: a file that replaces it later has another id
        connection = connect(path)
        try:
            return cls(connection, file)
        except (KeyError, ValueError, TypeError, RecursionError) as error:
            connection.close()
            raise IndexDamagedError(f"{path} is not the catalog of an index ({error}).") from error
        except BaseException:
            connection.close()
            raise

    @property
    def is_of_older_format(self) -> bool:
        """Whether `migrate` has something to do."""
        return self._counter("format") < FORMAT

    @property
    def _lacks_columns(self) -> bool:
        """Whether the file has format 1 or 2."""
        if self._format < 3:
            self._format = self._counter("format")  # another process may have migrated the file
        return self._format < 3

    def migrate(self) -> None:
        """Bring the file to the current format. Required before anything is written.

        Raises:
            IndexMismatchError: a newer version has migrated it to a newer format.
        """
        refuse_newer(self._counter("format"))
        if self.is_of_older_format:
            migrate(self.connection)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read the same state in everything inside; can be nested."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.rollback()  # nothing was written, and a damaged file refuses a commit

    @property
    def state(self) -> State:
        """The current state."""
        return State(self.index, self._counter("generation"))

    @property
    def newest(self) -> datetime.date | None:
        """The newest date of a document that is not after today; None if there is none."""
        today = datetime.date.today().isoformat()
        [day] = self.connection.execute(
            "SELECT MAX(date) FROM documents WHERE date <= ?", [today]
        ).fetchone()
        return None if day is None else datetime.date.fromisoformat(day)

    @property
    def undated_count(self) -> int:
        """Number of documents without a date."""
        query = "SELECT COUNT(*) FROM documents WHERE date IS NULL"
        return int(self.connection.execute(query).fetchone()[0])

    def count(self) -> tuple[int, int]:
        """Count the documents and the chunks."""
        documents, chunks = self.connection.execute(
            "SELECT (SELECT COUNT(*) FROM documents), (SELECT COUNT(*) FROM chunks)"
        ).fetchone()
        return documents, chunks

    def reaches(self, state: State) -> bool:
        """Tell whether a cache with this state can be updated; if not, it must be rebuilt."""
        pruned, generation = self._counter("pruned"), self._counter("generation")
        return state.index == self.index and pruned <= state.generation <= generation

    def _counter(self, key: str) -> int:
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchone()
        return int(row[0])

    def put(
        self, document: Document, chunks: Sequence[Chunk], vectors: Vectors, moved_from: str = ""
    ) -> None:
        """Add or replace a document and remove the document `moved_from`, in one transaction."""
        reject_surrogates(document)
        run = self.connection.execute
        day = document.date.isoformat() if document.date else None
        with self.connection:
            run("BEGIN IMMEDIATE")
            generation = self._next_generation()
            self._delete(document.id, generation)
            self._delete(moved_from, generation)
            run(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    generation,
                    document.id,
                    document.title,
                    day,
                    document.source,
                    json.dumps(dict(document.metadata)),
                    document.digest,
                    len(document.text),
                    document.file_size,
                    document.file_mtime_ns,
                ),
            )
            run(
                "INSERT INTO texts VALUES (?, ?, ?)",
                (generation, document.text, dump_structure(document, chunks)),
            )
            self.connection.executemany(
                "INSERT INTO labels VALUES (?, ?)",
                [(label, generation) for label in labels(document.metadata)],
            )
            for chunk, vector in zip(chunks, vectors, strict=True):
                chunk_id = run(
                    "INSERT INTO chunks (generation, start, stop) VALUES (?, ?, ?)",
                    (generation, chunk.start, chunk.end),
                ).lastrowid
                run("INSERT INTO vectors VALUES (?, ?)", (chunk_id, vector.astype("<f4").tobytes()))

    def move(self, document_id: str, document: Document) -> bool:
        """Replace a document by an equal one with another id or source, in one transaction."""
        key = self._key(document_id)
        if key is None:
            return False
        _, stored = self.contents(key)
        chunks = [replace(chunk, document_id=document.id) for chunk in stored.values()]
        self.put(document, chunks, self.vectors.of_document(key), document_id)
        return True

    def set_file_info(self, document_id: str, file_size: int, file_mtime_ns: int) -> None:
        """Update the size and time of a document's file; the generation stays the same."""
        self.connection.execute(
            "UPDATE documents SET file_size = ?, file_mtime_ns = ? WHERE id = ?",
            (file_size, file_mtime_ns, document_id),
        )

    def problems(self) -> dict[str, FileProblem]:
        """Read the problems with files, by the source of the file."""
        rows = self.connection.execute("SELECT source, version, reason, partial FROM problems")
        return {
            source: FileProblem(version, reason, bool(partial))
            for source, version, reason, partial in rows
        }

    def set_problems(self, problems: Mapping[str, FileProblem]) -> None:
        """Replace the problems with files; the generation stays the same."""
        rows = [(source, one.version, one.reason, one.partial) for source, one in problems.items()]
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute("DELETE FROM problems")
            self.connection.executemany("INSERT INTO problems VALUES (?, ?, ?, ?)", rows)

    def remove(self, document_id: str) -> bool:
        """Remove a document in one transaction; False if there is none."""
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            if self._key(document_id) is None:
                return False
            self._delete(document_id, self._next_generation())
            return True

    def _next_generation(self) -> int:
        self.connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
        return self._counter("generation")

    def _delete(self, document_id: str, generation: int) -> None:
        key = self._key(document_id)
        self.connection.execute(
            "INSERT INTO removals SELECT id, ? FROM chunks WHERE generation = ?", (generation, key)
        )
        self.connection.execute("DELETE FROM documents WHERE generation = ?", [key])

    def _key(self, document_id: str) -> int | None:
        if not is_encodable(document_id):
            return None
        row = self.connection.execute(
            "SELECT generation FROM documents WHERE id = ?", [document_id]
        ).fetchone()
        return None if row is None else int(row[0])

    def prune(self, generation: int) -> None:
        """Forget removals up to a generation that the caches on disk have reached."""
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            pruned = self.connection.execute(
                "DELETE FROM removals WHERE generation <= ?", [generation]
            ).rowcount
            if pruned:
                self.connection.execute(
                    "UPDATE meta SET value = ? WHERE key = 'pruned'", [generation]
                )

    def document(self, document_id: str) -> Document | None:
        """Read a document; None if there is none."""
        key = self._key(document_id)
        return None if key is None else self.read(key)[0].document

    def read(self, key: int) -> tuple[Outline, Mapping[int, str]]:
        """Read the document with a key, and the table headers of its chunks by their starts.

        Raises:
            IndexDamagedError: a part of it is missing, invalid or altered.
        """
        columns = "NULL, NULL, ''" if self._lacks_columns else "file_size, file_mtime_ns, structure"
        row = self.connection.execute(
            "SELECT id, text, title, date, source, metadata, digest, "
            f"{columns} FROM documents "  # nosec B608 - constants only
            "JOIN texts USING (generation) WHERE generation = ?",
            [key],
        ).fetchone()
        if row is None:
            raise IndexDamagedError("A document has no text: run `qa check --repair`.")
        document_id, text, title, day, source, metadata, digest, *file_info, structure_json = row
        try:
            structure = load_structure(structure_json)
            document = Document(
                document_id,
                text,
                title,
                *_parsed(day, source, metadata),
                structure.sections,
                structure.pages,
                *file_info,
            )
        except (TypeError, ValueError) as error:
            raise IndexDamagedError(
                f"A document cannot be read ({error}): run `qa check --repair`."
            ) from error
        if document.digest != digest:  # an altered text must not be quoted
            raise IndexDamagedError(
                f"{document_id} differs from what was added: run `qa check --repair`."
            )
        return Outline(document), structure.table_headers

    def documents(self) -> list[StoredDocument]:
        """List all documents without their texts, sorted by id."""
        return list(self._list("ORDER BY id"))

    def known(self, ids: Collection[str]) -> dict[str, StoredDocument]:
        """Look up documents by id; ids that are not there are left out."""
        # One id at a time: SQLite limits the number of values in a statement.
        return {
            document_id: stored
            for document_id in filter(is_encodable, ids)
            for stored in self._list("WHERE id = ?", document_id)
        }

    def documents_under(self, source_prefix: str) -> list[StoredDocument]:
        """List the documents whose source is this path or lies below it, sorted by id."""
        if not is_encodable(source_prefix):
            return []
        folder = source_prefix.rstrip(os.sep)
        # Every text that starts with `folder` and a separator sorts between these two.
        below, after = folder + os.sep, folder + chr(ord(os.sep) + 1)
        under = "WHERE source = ? OR (source >= ? AND source < ?)"
        # Sorted here: for ORDER BY id SQLite would scan the index of all ids.
        return sorted(self._list(under, folder or below, below, after), key=lambda one: one.id)

    def _list(self, condition: str, *values: str) -> Iterator[StoredDocument]:
        columns = "NULL, NULL" if self._lacks_columns else "file_size, file_mtime_ns"
        rows = self.connection.execute(
            "SELECT id, title, date, source, metadata, digest, characters, "
            "(SELECT COUNT(*) FROM chunks WHERE chunks.generation = documents.generation), "
            f"{columns} FROM documents {condition}",  # nosec B608 - constants only
            values,
        )
        for document_id, title, day, source, metadata, *rest in rows:
            yield StoredDocument(document_id, title, *_parsed(day, source, metadata), *rest)

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, Chunk]:
        """Read chunks; ids that do not exist are left out."""
        found: dict[int, Chunk] = {}
        read: dict[int, tuple[Outline, Mapping[int, str]]] = {}
        for chunk_id in map(int, chunk_ids):
            row = self.connection.execute(
                "SELECT generation, start, stop FROM chunks WHERE id = ?", [chunk_id]
            ).fetchone()
            if row is not None:
                key, start, stop = row
                if key not in read:
                    read[key] = self.read(key)
                found[chunk_id] = _chunk(*read[key], start, stop)
        return found

    def removed_since(self, generation: int) -> NDArray[np.int64]:
        """Read the ids of the chunks removed after a generation."""
        rows = self.connection.execute(
            "SELECT chunk FROM removals WHERE generation > ?", [generation]
        ).fetchall()
        return np.array(rows, dtype=np.int64).reshape(-1)

    def chunk_ids(self) -> NDArray[np.int64]:
        """Read the ids of all chunks, ascending."""
        rows = self.connection.execute("SELECT id FROM chunks ORDER BY id")
        return np.fromiter((chunk_id for (chunk_id,) in rows), dtype=np.int64)

    def chunks_since(self, generation: int) -> Iterator[tuple[int, Chunk, Document]]:
        """Read the chunks added after a generation, each with its id and its document."""
        keys = self.connection.execute(
            "SELECT generation FROM documents WHERE generation > ? ORDER BY generation",
            [generation],
        ).fetchall()
        for (key,) in keys:
            document, chunks = self.contents(key)
            for chunk_id, chunk in chunks.items():
                yield chunk_id, chunk, document

    def contents(self, key: int) -> tuple[Document, dict[int, Chunk]]:
        """Read the document with a key and its chunks by id, in order."""
        outline, headers = self.read(key)
        return outline.document, {
            chunk_id: _chunk(outline, headers, start, stop)
            for chunk_id, start, stop in self.spans(key)
        }

    def spans(self, key: int) -> list[tuple[int, int, int]]:
        """Read the chunks of a document as (chunk id, start, stop), half-open."""
        return self.connection.execute(
            "SELECT id, start, stop FROM chunks WHERE generation = ? ORDER BY id", [key]
        ).fetchall()


def _chunk(outline: Outline, headers: Mapping[int, str], start: int, stop: int) -> Chunk:
    # Sliced in Python: SQLite's substr stops at a NUL character.
    text = outline.document.text[start:stop]
    return outline.chunk(start, text, headers.get(start, ""))


def _parsed(
    day: str | None, source: str, metadata: str
) -> tuple[datetime.date | None, str, Mapping[str, MetadataValue]]:
    try:
        date = None if day is None else datetime.date.fromisoformat(day)
        return date, source, json.loads(metadata)
    except (TypeError, ValueError, RecursionError) as error:
        raise IndexDamagedError(
            f"A document's date or metadata cannot be read ({error}): run `qa check --repair`."
        ) from error
