"""The folder of an index: the names in it, the right to write to it, and what can go wrong."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from filelock import FileLock, Timeout

from embeddings.errors import IndexBusyError, IndexDamagedError, IndexStorageError

__all__ = [
    "BM25_FOLDER",
    "CATALOG_FILE",
    "VECTORS_FILE",
    "FileId",
    "file_id",
    "fsync_folder",
    "install_file",
    "is_store_file",
    "lock_folder",
    "reject_symlinks",
    "require_unused",
    "staging_path",
    "translate_errors",
]

CATALOG_FILE = "catalog.sqlite"
VECTORS_FILE = "vectors.faiss"
BM25_FOLDER = "words"
LOCK = "write.lock"


FileId: TypeAlias = tuple[int, int]
"""What tells a file from any other that is, or comes, at its path while someone has it open."""


def file_id(path: Path) -> FileId | None:
    """Look which file is at a path; None for none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def staging_path(path: Path) -> Path:
    """Name the file in which a new version of another is made ready."""
    return path.with_name(path.name + ".new")


def is_store_file(path: Path) -> bool:
    """Tell whether a file in the folder is one of the store's own, or a lock."""
    return path.suffix == ".lock" or path.name.startswith((CATALOG_FILE, VECTORS_FILE, BM25_FOLDER))


def require_unused(folder: Path) -> None:
    """Raise IndexStorageError if a folder holds more than an interrupted attempt leaves."""
    unfinished = staging_path(folder / CATALOG_FILE).name
    for path in sorted(folder.iterdir()):
        is_lock = path.suffix == ".lock" and path.stat().st_size == 0
        if not is_lock and not path.name.startswith(unfinished):
            raise IndexStorageError(
                f"{folder} holds {path.name!r} already: open the index that is there, or choose a "
                "new folder"
            )


def reject_symlinks(folder: Path) -> None:
    """Raise IndexDamagedError if a file in an index's folder is a symbolic link.

    The store makes none. One that somebody planted would have another file read, written over or
    opened to others in the place of the index's own.
    """
    for path in (*folder.glob("*"), *folder.glob(f"{BM25_FOLDER}/*")):
        if path.is_symlink():
            raise IndexDamagedError(
                f"{folder}: {path.relative_to(folder)} is a symbolic link to "
                f"{str(path.readlink())!r}, which no index has; remove it, and do not use an index "
                "of unknown origin"
            )


def install_file(new: Path, path: Path) -> None:
    """Put a finished file in the place of another, durably; both lie in one folder."""
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(path)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Let the names in a folder survive a power cut."""
    if os.name == "posix":  # elsewhere a folder cannot be opened, nor does it need to be
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@contextmanager
def lock_folder(folder: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the only right to write, among processes; released when the process ends.

    Args:
        folder: of the index.
        wait_seconds: how long to wait for another process that holds it.

    Raises:
        IndexBusyError: another process holds it.
        IndexDamagedError: a file in the folder is a link.
        IndexStorageError: the folder cannot be written to.
    """
    reject_symlinks(folder)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise IndexBusyError(
            f"{folder}: another process is writing to the index; try again when it is done"
        ) from error
    except OSError as error:
        raise _storage_error(folder, error) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def translate_errors(folder: Path) -> Iterator[None]:
    """Raise errors of SQLite and of the disk as the project's own."""
    try:
        yield
    except sqlite3.ProgrammingError:  # a store that was closed is used
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise IndexBusyError(f"{folder}: {error}; try again later") from error
        if code in (
            sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_PERM,
        ):
            raise _storage_error(folder, error) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            raise IndexDamagedError(
                f"{folder}: the catalog cannot be read ({error}); `qa check --repair` saves what "
                "is intact"
            ) from error
        raise
    except OSError as error:
        raise _storage_error(folder, error) from error


def _storage_error(folder: Path, error: Exception) -> IndexStorageError:
    return IndexStorageError(
        f"{folder}: the index cannot be written ({error}); make room or choose another folder. "
        "What was reported as added is kept"
    )
