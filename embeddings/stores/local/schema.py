"""The tables of a catalog file, and how to create, copy, migrate and open one."""

import json
import os
import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from embeddings.errors import IndexDamagedError, IndexMismatchError
from embeddings.types import MetadataValue

FORMAT = 4
WAIT_SECONDS = 10.0

PROBLEMS = (
    "CREATE TABLE problems (source TEXT PRIMARY KEY, version TEXT NOT NULL, reason TEXT NOT NULL, "
    "partial INTEGER NOT NULL)"
)

# Writing a document raises the generation by one. So the generation is the document's key: it is
# never used twice, and documents above a cache's generation are new to it.
SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE documents (
    generation INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, date TEXT,
    source TEXT NOT NULL, metadata TEXT NOT NULL, digest TEXT NOT NULL, characters INTEGER NOT NULL,
    file_size INTEGER, file_mtime_ns INTEGER
);
CREATE INDEX documents_by_date ON documents (date);
CREATE INDEX documents_by_source ON documents (source);
CREATE TABLE texts (  -- a table of its own, so that listing documents reads no texts
    generation INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE, text TEXT NOT NULL,
    structure TEXT NOT NULL DEFAULT ''
);
CREATE TABLE labels (
    label TEXT NOT NULL, generation INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    PRIMARY KEY (label, generation)
) WITHOUT ROWID;
CREATE INDEX labels_of_document ON labels (generation);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    generation INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, stop INTEGER NOT NULL
);
CREATE INDEX chunks_of_document ON chunks (generation);
CREATE TABLE vectors (  -- little-endian float32
    chunk INTEGER PRIMARY KEY REFERENCES chunks ON DELETE CASCADE, vector BLOB NOT NULL
);
{PROBLEMS};
CREATE TABLE removals (chunk INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE INDEX removals_by_generation ON removals (generation);
"""

# Statements that turn each format into the next one. A catalog in a read-only folder is not
# migrated, so `Catalog` must be able to read all formats.
STEPS = {
    # Every question reads the newest date, which took 16 ms for 100,000 documents without an index.
    1: ("CREATE INDEX documents_by_date ON documents (date)",),
    2: (
        "ALTER TABLE documents ADD COLUMN file_size INTEGER",
        "ALTER TABLE documents ADD COLUMN file_mtime_ns INTEGER",
        "ALTER TABLE texts ADD COLUMN structure TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX documents_by_source ON documents (source)",
    ),
    3: (PROBLEMS,),
}


def create(
    path: Path,
    settings: Mapping[str, MetadataValue],
    dimensions: int,
    *,
    generation: int = 0,
    last_chunk: int = 0,
) -> None:
    """Create an empty catalog, which counts changes and chunks from these numbers on."""
    meta = {
        "format": str(FORMAT),
        "index": uuid.uuid4().hex,
        "settings": json.dumps(dict(settings)),
        "dimensions": str(dimensions),
        "generation": str(generation),
        "pruned": "0",
    }
    for leftover in path.parent.glob(path.name + "*"):  # SQLite would apply an old log
        leftover.unlink()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN; {SCHEMA} COMMIT;")
        connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        connection.execute("INSERT INTO sqlite_sequence VALUES ('chunks', ?)", [last_chunk])


def copy(path: Path, target: Path) -> None:
    """Copy a catalog as it is now into a new file, while others read and write.

    The copy gets an id of its own, so that a cache of one index is not used for the other.
    """
    for leftover in target.parent.glob(target.name + "*"):
        leftover.unlink()
    with closing(connect(path)) as source, closing(sqlite3.connect(target)) as made:
        source.backup(made)
        with made:
            made.execute("UPDATE meta SET value = ? WHERE key = 'index'", [uuid.uuid4().hex])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a catalog of an older format to the current one, in one transaction."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        [found] = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        for number in range(int(found), FORMAT):
            for statement in STEPS[number]:
                connection.execute(statement)
        connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", [str(FORMAT)])


def refuse_newer(number: int) -> None:
    """Raise IndexMismatchError for a format of a newer version."""
    if number > FORMAT:
        raise IndexMismatchError(
            f"The index has format {number}, but this version reads formats up to {FORMAT}. "
            "Install a newer version, or index the documents again in another folder."
        )


def raise_generation(connection: sqlite3.Connection, generation: int) -> None:
    """Set a catalog to a later generation."""
    connection.execute("UPDATE meta SET value = ? WHERE key = 'generation'", [generation])


def connect(path: Path) -> sqlite3.Connection:
    """Open an existing file, for writing if the folder allows it."""
    mode = "mode=rw"
    if not os.access(path.parent, os.W_OK):
        # In WAL mode SQLite creates files next to it even for reading, except with `immutable`.
        log = path.with_name(path.name + "-wal")
        mode = "mode=ro" if log.exists() else "immutable=1"
    # Any thread may use the connection, one at a time: LocalStore has a lock.
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{mode}",
        uri=True,
        timeout=WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    # The file may come from an untrusted source: see sqlite.org/security.html.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def refuse_foreign_parts(connection: sqlite3.Connection) -> None:
    """Raise IndexDamagedError for a schema with more than tables and indexes.

    Views and triggers run code when the catalog is read or written.
    """
    rows = connection.execute(
        "SELECT type || ' ' || name FROM sqlite_schema "
        "WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"
    ).fetchall()
    if rows:
        raise IndexDamagedError(
            f"The catalog contains {', '.join(name for (name,) in rows)}, which no version of this "
            "program creates. Do not use it: index the documents again in another folder."
        )
