"""Checking a catalog and its caches, and salvaging a damaged catalog."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from embeddings.errors import IndexDamagedError
from embeddings.stores.local import schema
from embeddings.stores.local.bm25 import BM25Index
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.index_folder import (
    BM25_FOLDER,
    CATALOG_FILE,
    VECTORS_FILE,
    folder_of,
    install_file,
    lock_folder,
    staging_path,
    translate_errors,
)
from embeddings.stores.local.swap import require_index
from embeddings.stores.local.vectors import VectorIndex
from embeddings.stores.validation import are_unit_vectors


def check_catalog_file(catalog: Catalog) -> list[str]:
    """Let SQLite check its pages, indexes and references; return one sentence for each fault."""
    try:
        rows = catalog.connection.execute("PRAGMA integrity_check").fetchall()
        orphans = catalog.connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        return [f"The catalog cannot be read: {error}."]
    faults = [f"The catalog is damaged: {row[0]}." for row in rows if row[0] != "ok"]
    return faults + [f"A row of the table {table} has no document." for table, *_ in orphans]


def check_documents(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Check each document; yield (document id, fault) for the damaged ones."""
    names, _ = _names(catalog)
    for key, document_id in sorted(names.items()):
        fault = _document_fault(catalog, key)
        if fault is not None:
            yield document_id, fault


def check_caches(catalog: Catalog, vectors: VectorIndex, words: BM25Index) -> list[str]:
    """Compare the caches with an intact catalog; return one sentence for each fault."""
    with catalog.snapshot():
        vectors.catch_up(catalog)
        vectors_agree = vectors.matches(catalog)
        ids, state = catalog.chunk_ids(), catalog.state
    faults = []
    if not vectors_agree:
        faults.append(f"{VECTORS_FILE} differs from the catalog: run `qa check --repair`.")
    # While another process is writing, its BM25 index may be behind the catalog.
    if words.state == state and words.chunk_ids() != ids.tolist():
        faults.append(f"{BM25_FOLDER} differs from the catalog: run `qa check --repair`.")
    return faults


def salvage(location: str | Path) -> list[str]:
    """Rewrite an index that cannot be opened with everything that can be read of it.

    Returns:
        One sentence for each document that was lost.

    Raises:
        IndexNotFoundError: there is no index.
        IndexDamagedError: nothing can be read.
        IndexBusyError: another process is writing to the index.
    """
    folder = folder_of(location)
    require_index(folder)
    with translate_errors(folder), lock_folder(folder):
        return rewrite_catalog(folder / CATALOG_FILE)


def rewrite_catalog(path: Path) -> list[str]:
    """Replace a damaged catalog by a new one with every document that can be read.

    Returns one sentence for each document that was lost. Raises sqlite3.OperationalError if another
    process has the catalog open.
    """
    try:
        old = Catalog(path)
    except sqlite3.DatabaseError as error:
        raise IndexDamagedError(
            f"{path} cannot be read at all ({error}). Delete its folder and index the documents "
            "again."
        ) from error
    try:
        # Apply the write-ahead log to the old file, so that it is not applied to the new one. Fails
        # while other processes have the old file open: they would use the new log for it.
        old.connection.execute("PRAGMA journal_mode = DELETE")
        generation = old.state.generation
        last_chunk = 0
        with suppress(sqlite3.DatabaseError):
            query = "SELECT seq FROM sqlite_sequence WHERE name = 'chunks'"
            [last_chunk] = old.connection.execute(query).fetchone()
        new_path = staging_path(path)
        schema.create(
            new_path, old.settings, old.dimensions, generation=generation, last_chunk=last_chunk
        )
        new = Catalog(new_path)
        try:
            new.connection.execute("PRAGMA synchronous = NORMAL")  # one sync at the end is enough
            lost = _copy(old, new, generation)
        finally:
            new.close()
    finally:
        old.close()
    install_file(new_path, path)
    return lost


def _copy(old: Catalog, new: Catalog, generation: int) -> list[str]:
    names, complete = _names(old)
    lost = [] if complete else ["The list of documents is damaged: others may be lost as well."]
    # Key by key: a scan of the table would stop at the first damaged page.
    for key in range(1, generation + 1):
        fault = _document_fault(old, key)
        if fault is None:
            document, chunks = old.contents(key)
            new.put(document, list(chunks.values()), old.vectors_of(key))
        elif key in names:
            lost.append(
                f"{names[key]} was removed: it {fault}. Add its file with `qa index --verify`."
            )
    return lost


def _names(catalog: Catalog) -> tuple[dict[int, str], bool]:
    """Read the document ids by key, and whether the list is complete."""
    names: dict[int, str] = {}
    complete = False
    for order in ("generation", "id"):  # from the table and from its index
        query = f"SELECT generation, id FROM documents ORDER BY {order}"  # nosec B608
        try:
            names.update(catalog.connection.execute(query))
            complete = True
        except sqlite3.DatabaseError:
            continue
    return names, complete


def _document_fault(catalog: Catalog, key: int) -> str | None:
    try:
        text = catalog.read(key).document.text
        [characters] = catalog.connection.execute(
            "SELECT characters FROM documents WHERE generation = ?", [key]
        ).fetchone()
        spans = catalog.spans(key)
        vectors = catalog.vectors_of(key)
    except (IndexDamagedError, sqlite3.DatabaseError) as error:
        return f"cannot be read ({error})"
    if characters != len(text):
        return "differs from what was added"
    if any(not 0 <= start <= stop <= characters for _, start, stop in spans):
        return "has a chunk outside its text"
    if len(vectors) != len(spans):
        return "has a chunk without a vector"
    if not are_unit_vectors(vectors):
        return "has a vector that is not of length 1"
    return None
