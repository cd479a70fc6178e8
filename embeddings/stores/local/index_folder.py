"""The folder of an index: its file names, its lock, and the errors of using it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from filelock import FileLock, Timeout

from embeddings.errors import IndexBusyError, IndexDamagedError, IndexStorageError, SettingsError

CATALOG_FILE = "catalog.sqlite"
VECTORS_FILE = "vectors.faiss"
BM25_FOLDER = "words"
ORIGINALS_FOLDER = "originals"
"""Copies of uploaded files."""
LOCK = "write.lock"

_NOT_WRITABLE = (
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY),
    *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
)

SCHEMES = ("milvus:", "http://", "https://")
"""Beginnings of locations in Milvus."""

FileId: TypeAlias = tuple[int, int]
"""Device and inode: identifies a file while it is open, even if another one replaces it."""


def is_folder(location: str | Path) -> bool:
    """Return whether a location is a local folder; if not, it is a Milvus file or cluster."""
    return isinstance(location, Path) or not location.startswith(SCHEMES)


def folder_of(location: str | Path) -> Path:
    """Return the folder at a location.

    Raises:
        SettingsError: the location is in Milvus.
    """
    if not is_folder(location):
        raise SettingsError(
            f"{location} is not a folder: backup, restore, repair and reindex work with folders "
            "only. Use Milvus' own backup. To reindex, add the documents to a new index."
        )
    return Path(location)


def file_id(path: Path) -> FileId | None:
    """Return the id of the file at a path; None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def staging_path(path: Path) -> Path:
    """Return the path where a new version of a file is prepared."""
    return path.with_name(path.name + ".new")


def is_store_file(path: Path) -> bool:
    """Return whether a file in the folder is a lock or belongs to the store."""
    return path.suffix == ".lock" or path.name.startswith((CATALOG_FILE, VECTORS_FILE, BM25_FOLDER))


def require_unused(folder: Path) -> None:
    """Raise IndexStorageError if a folder has files, except those of an interrupted attempt."""
    unfinished = staging_path(folder / CATALOG_FILE).name
    for path in sorted(folder.iterdir()):
        is_lock = path.suffix == ".lock" and path.stat().st_size == 0
        if not is_lock and not path.name.startswith(unfinished):
            raise IndexStorageError(
                f"{folder} is not empty, it contains {path.name!r}: choose a new folder."
            )


def reject_symlinks(folder: Path) -> None:
    """Raise IndexDamagedError if a file in an index's folder is a symbolic link.

    A store creates none. Following a planted link could read, overwrite or publish another file.
    """
    for path in (*folder.glob("*"), *folder.glob(f"{BM25_FOLDER}/*")):
        if path.is_symlink():
            raise IndexDamagedError(
                f"{folder}: {path.relative_to(folder)} is a symbolic link to "
                f"{str(path.readlink())!r}. Remove it, and do not use an index from an untrusted "
                "source."
            )


def install_file(new: Path, path: Path) -> None:
    """Replace a file durably by a finished new one in the same folder."""
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(path)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make the file names in a folder survive a power failure."""
    if os.name == "posix":  # other systems cannot open a folder and do not need it
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@contextmanager
def lock_folder(folder: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Take the lock that keeps other processes from writing; released when the process ends."""
    reject_symlinks(folder)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise IndexBusyError(
            f"{folder}: another process is writing to the index. Try again when it is done."
        ) from error
    except OSError as error:
        raise _storage_error(folder, error) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def translate_errors(folder: Path) -> Iterator[None]:
    """Raise errors of SQLite and of the file system as errors of this project."""
    try:
        yield
    except sqlite3.ProgrammingError:  # a closed store was used
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise IndexBusyError(f"{folder}: {error}. Try again later.") from error
        if code in _NOT_WRITABLE:
            raise _storage_error(folder, error) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            raise IndexDamagedError(
                f"{folder}: the catalog cannot be read ({error}). `qa check --repair` keeps what "
                "is intact."
            ) from error
        raise
    except OSError as error:
        raise _storage_error(folder, error) from error


def _storage_error(folder: Path, error: Exception) -> IndexStorageError:
    reason = getattr(error, "strerror", None) or error
    return IndexStorageError(
        f"{folder}: the index cannot be written to ({reason}). Check its permissions and the free "
        "space, or choose another folder. Documents that were reported as added are kept."
    )
