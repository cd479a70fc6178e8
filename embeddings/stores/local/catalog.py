"""The catalog: a SQLite file with all data of an index, from which its caches are made."""

import dataclasses
import datetime
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import IndexDamagedError
from embeddings.outline import Outline, dump_structure, outline_of
from embeddings.stores.local import schema
from embeddings.stores.local.index_folder import file_id
from embeddings.stores.store import FileProblem
from embeddings.stores.validation import is_encodable, labels, reject_surrogates, validate_document
from embeddings.types import Chunk, Document, MetadataValue, StoredDocument, Vectors

BATCH_ROWS = 10_000
"""Number of vectors to read at once."""
_VECTORS = "SELECT id, vector FROM chunks JOIN vectors ON chunk = id"


@dataclass(frozen=True, slots=True)
class State:
    """The index and the generation of it that a cache was made from."""

    index: str = ""
    """32 hexadecimal digits that identify the index; empty for an empty cache."""
    generation: int = -1


class Catalog:
    """Reads and writes the SQLite file: the methods of a `Store` that need no cache.

    Each change is one transaction. A document's key is the generation that wrote it. Raises
    sqlite3's own errors, and is not thread-safe.
    """

    def __init__(self, path: Path) -> None:
        """Open an existing file."""
        self.path = path
        # The id is read before the file is opened: another file can replace it at the path later.
        self.file = file_id(path)
        self.connection = schema.connect(path)  # in autocommit mode
        try:
            schema.refuse_foreign_parts(self.connection)
            meta = dict(self.connection.execute("SELECT key, value FROM meta"))
            schema.refuse_newer(int(meta["format"]))
            self.index: str = meta["index"]
            self.dimensions = int(meta["dimensions"])
            if len(bytes.fromhex(self.index)) != 16 or self.dimensions < 1:
                raise ValueError(f"index {self.index!r} with {self.dimensions} dimensions")
            self.settings: Mapping[str, MetadataValue] = json.loads(meta["settings"])
        except (KeyError, ValueError, TypeError, RecursionError) as error:
            self.connection.close()
            raise IndexDamagedError(f"{path} is not the catalog of an index ({error}).") from error
        except BaseException:
            self.connection.close()
            raise

    @property
    def is_of_older_format(self) -> bool:
        """Whether `migrate` has something to do."""
        return self._meta("format") < schema.FORMAT

    def migrate(self) -> None:
        """Bring the file to the current format. Required before anything is written."""
        schema.refuse_newer(self._meta("format"))
        if self.is_of_older_format:
            schema.migrate(self.connection)

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

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write everything inside, or nothing if an exception is raised."""
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            yield

    @property
    def state(self) -> State:
        """The current state."""
        return State(self.index, self.generation)

    @property
    def generation(self) -> int:
        return self._meta("generation")

    @property
    def newest(self) -> datetime.date | None:
        today = datetime.date.today().isoformat()
        return _date(self._value("SELECT MAX(date) FROM documents WHERE date <= ?", today))

    @property
    def document_count(self) -> int:
        return int(self._value("SELECT COUNT(*) FROM documents"))

    @property
    def undated_count(self) -> int:
        return int(self._value("SELECT COUNT(*) FROM documents WHERE date IS NULL"))

    @property
    def chunk_count(self) -> int:
        return int(self._value("SELECT COUNT(*) FROM chunks"))

    def can_update(self, state: State) -> bool:
        """Return whether a cache with this state can be updated; if not, it must be rebuilt."""
        return state.index == self.index and (
            self._meta("pruned") <= state.generation <= self.generation
        )

    def _meta(self, key: str) -> int:
        # `+` reads the table, not its index, which can be damaged.
        return int(self._value("SELECT value FROM meta WHERE +key = ?", key))

    def _value(self, query: str, *values: str) -> Any:
        """Return the first column of the first row."""
        with self.snapshot():
            return self.connection.execute(query, values).fetchone()[0]

    def put(
        self, document: Document, chunks: Sequence[Chunk], vectors: Vectors, moved_from: str = ""
    ) -> None:
        """Add or replace a document and remove the document `moved_from`, in one transaction."""
        validate_document(document, chunks, vectors, self.dimensions)
        reject_surrogates(document)
        run = self.connection.execute
        day = document.date.isoformat() if document.date else None
        metadata = json.dumps(dict(document.metadata))
        facts = (
            *(document.id, document.title, day, document.source, metadata, document.digest),
            *(len(document.text), document.file_size, document.file_mtime_ns),
        )
        with self.transaction():
            generation = self._next_generation()
            self._delete(document.id, generation)
            self._delete(moved_from, generation)
            run("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (generation, *facts))
            stored = generation, document.text, dump_structure(document, chunks)
            run("INSERT INTO texts VALUES (?, ?, ?)", stored)
            marks = [(label, generation) for label in labels(document.metadata)]
            self.connection.executemany("INSERT INTO labels VALUES (?, ?)", marks)
            for chunk, vector in zip(chunks, vectors, strict=True):
                chunk_id = run(
                    "INSERT INTO chunks (generation, start, stop) VALUES (?, ?, ?)",
                    (generation, chunk.start, chunk.end),
                ).lastrowid
                run("INSERT INTO vectors VALUES (?, ?)", (chunk_id, vector.astype("<f4").tobytes()))

    def move(self, document_id: str, document: Document) -> bool:
        key = self._key(document_id)
        if key is None:
            return False
        _, stored = self.contents(key)
        chunks = [replace(chunk, document_id=document.id) for chunk in stored.values()]
        self.put(document, chunks, self.vectors_of(key), document_id)
        return True

    def remove(self, document_id: str) -> bool:
        with self.transaction():
            if self._key(document_id) is None:
                return False
            self._delete(document_id, self._next_generation())
            return True

    def set_file_info(self, document_id: str, file_size: int, file_mtime_ns: int) -> None:
        with self.transaction():
            self.connection.execute(
                "UPDATE documents SET file_size = ?, file_mtime_ns = ? WHERE id = ?",
                (file_size, file_mtime_ns, document_id),
            )

    def problems(self) -> dict[str, FileProblem]:
        with self.snapshot():
            rows = self.connection.execute("SELECT source, version, reason, partial FROM problems")
            return {source: FileProblem(*problem) for source, *problem in rows}

    def set_problems(self, problems: Mapping[str, FileProblem]) -> None:
        rows = [(source, *dataclasses.astuple(one)) for source, one in problems.items()]
        with self.transaction():
            self.connection.execute("DELETE FROM problems")
            self.connection.executemany("INSERT INTO problems VALUES (?, ?, ?, ?)", rows)

    def _next_generation(self) -> int:
        self.connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
        return self.generation

    def _delete(self, document_id: str, generation: int) -> None:
        key = self._key(document_id)
        self.connection.execute(
            "INSERT INTO removals SELECT id, ? FROM chunks WHERE generation = ?", (generation, key)
        )
        self.connection.execute("DELETE FROM documents WHERE generation = ?", [key])

    def _key(self, document_id: str) -> int | None:
        if not is_encodable(document_id):
            return None
        query = "SELECT generation FROM documents WHERE id = ?"
        row = self.connection.execute(query, [document_id]).fetchone()
        return None if row is None else int(row[0])

    def prune(self, generation: int) -> None:
        """Delete records of removals up to a generation that the caches on disk have reached."""
        run = self.connection.execute
        with self.transaction():
            if run("DELETE FROM removals WHERE generation <= ?", [generation]).rowcount:
                run("UPDATE meta SET value = ? WHERE key = 'pruned'", [generation])

    def document(self, document_id: str) -> Document | None:
        with self.snapshot():
            key = self._key(document_id)
            return None if key is None else self.read(key).document

    def read(self, key: int) -> Outline:
        """Read the document with a key; raise IndexDamagedError if a part is missing or altered."""
        row = self.connection.execute("SELECT * FROM texts WHERE generation = ?", [key]).fetchone()
        known = self._list("WHERE generation = ?", key)
        if row is None or len(row) < 2 or not known:
            raise IndexDamagedError("A document has no text: run `qa check --repair`.")
        outline = outline_of(known[0], *row[1:3])  # older formats have no `structure`
        if outline.document.digest != known[0].digest:  # an altered text must not be quoted
            raise IndexDamagedError(
                f"{known[0].id} differs from what was added: run `qa check --repair`."
            )
        return outline

    def documents(self, offset: int = 0, limit: int | None = None) -> Iterator[StoredDocument]:
        most = -1 if limit is None else limit
        return iter(self._list("ORDER BY id LIMIT ? OFFSET ?", most, offset))

    def known(self, ids: Collection[str]) -> dict[str, StoredDocument]:
        # One id at a time: SQLite limits the number of values in a statement.
        with self.snapshot():
            return {
                document_id: stored
                for document_id in filter(is_encodable, ids)
                for stored in self._list("WHERE id = ?", document_id)
            }

    def documents_under(self, source_prefix: str) -> Iterator[StoredDocument]:
        folder = source_prefix.rstrip(os.sep)
        return self._list_under("source", folder, os.sep)

    def documents_in(self, file_id: str) -> Iterator[StoredDocument]:
        return self._list_under("id", file_id, "#/")

    def _list_under(self, column: str, start: str, separators: str) -> Iterator[StoredDocument]:
        """List the documents with a text, or one that continues it after a separator."""
        if not is_encodable(start):
            return iter(())
        # Every text that starts with `start` and a separator sorts between these two.
        below = f"({column} >= ? AND {column} < ?)"
        ends = [end for mark in separators for end in (start + mark, start + chr(ord(mark) + 1))]
        condition = " OR ".join([f"{column} = ?", *[below] * len(separators)])
        # Sorted here: for ORDER BY id SQLite would scan the index of all ids.
        found = self._list(f"WHERE {condition}", start or separators, *ends)
        return iter(sorted(found, key=lambda one: one.id))

    def _list(self, condition: str, *values: str | int) -> list[StoredDocument]:
        with self.snapshot():
            rows = self.connection.execute(
                "SELECT (SELECT COUNT(*) FROM chunks WHERE chunks.generation = documents.generation"
                f"), * FROM documents {condition}",  # nosec B608 # constants only
                values,
            )
            found = []
            try:
                for chunks, _, id_, title, day, source, metadata, *rest in rows:
                    digest, characters, *file_info = rest  # older formats have no size and time
                    facts = title, _date(day), source, json.loads(metadata), digest, characters
                    found.append(StoredDocument(id_, *facts, chunks, *file_info))
            except (TypeError, ValueError, RecursionError) as error:
                raise IndexDamagedError(
                    f"A document's date or metadata cannot be read ({error}): run `qa check "
                    "--repair`."
                ) from error
            return found

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, Chunk]:
        found: dict[int, Chunk] = {}
        read = cache(self.read)
        query = "SELECT generation, start, stop FROM chunks WHERE id = ?"
        with self.snapshot():
            for chunk_id in map(int, chunk_ids):
                for key, start, stop in self.connection.execute(query, [chunk_id]):
                    found[chunk_id] = read(key).cut(start, stop)
        return found

    def removed_since(self, generation: int) -> NDArray[np.int64]:
        """Read the ids of the chunks removed after a generation."""
        query = "SELECT chunk FROM removals WHERE generation > ?"
        rows = self.connection.execute(query, [generation]).fetchall()
        return np.array(rows, dtype=np.int64).reshape(-1)

    def chunk_ids(self) -> NDArray[np.int64]:
        """Read the ids of all chunks, ascending."""
        rows = self.connection.execute("SELECT id FROM chunks ORDER BY id")
        return np.fromiter((chunk_id for (chunk_id,) in rows), dtype=np.int64)

    def contents_since(self, generation: int) -> Iterator[tuple[Document, dict[int, Chunk]]]:
        """Read the documents added after a generation, each with its chunks by id."""
        query = "SELECT generation FROM documents WHERE generation > ? ORDER BY generation"
        for (key,) in self.connection.execute(query, [generation]).fetchall():
            yield self.contents(key)

    def contents(self, key: int) -> tuple[Document, dict[int, Chunk]]:
        """Read the document with a key and its chunks by id, in order."""
        outline = self.read(key)
        return outline.document, {
            chunk_id: outline.cut(start, stop) for chunk_id, start, stop in self.spans(key)
        }

    def spans(self, key: int) -> list[tuple[int, int, int]]:
        """Read the chunks of a document as (chunk id, start, stop), half-open."""
        return self.connection.execute(
            "SELECT id, start, stop FROM chunks WHERE generation = ? ORDER BY id", [key]
        ).fetchall()

    def vectors_since(self, generation: int) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Read the vectors added after a generation, in batches of chunk ids and vectors."""
        query = f"{_VECTORS} WHERE generation > ? ORDER BY id"
        rows = self.connection.execute(query, [generation])
        while batch := rows.fetchmany(BATCH_ROWS):
            yield self._arrays(batch)

    def count_changed_vectors(self, generation: int) -> int:
        """Count the vectors added or removed after a generation."""
        row = self.connection.execute(
            "SELECT (SELECT COUNT(*) FROM chunks WHERE generation > :generation) + "
            "(SELECT COUNT(*) FROM removals WHERE generation > :generation)",
            {"generation": generation},
        ).fetchone()
        return int(row[0])

    def vectors_at(self, chunk_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], Vectors]:
        """Read the vectors of chunks, in the same order; ids that do not exist are left out."""
        query = "SELECT chunk, vector FROM vectors WHERE chunk = ?"
        run = self.connection.execute
        return self._arrays([row for id_ in chunk_ids.tolist() for row in run(query, [id_])])

    def vectors_of(self, key: int) -> Vectors:
        """Read the vectors of a document, one row for each chunk."""
        query = f"{_VECTORS} WHERE generation = ? ORDER BY id"
        return self._arrays(self.connection.execute(query, [key]).fetchall())[1]

    def _arrays(self, rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], Vectors]:
        if any(len(vector) != 4 * self.dimensions for _, vector in rows):
            raise IndexDamagedError("A vector has a wrong length: run `qa check --repair`.")
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4")
        ids = np.array([chunk_id for chunk_id, _ in rows], dtype=np.int64)
        return ids, vectors.reshape(-1, self.dimensions).astype(np.float32)


def _date(day: str | None) -> datetime.date | None:
    return None if day is None else datetime.date.fromisoformat(day)
