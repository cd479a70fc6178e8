"""Backing up an index, and replacing it by another one by moving folders."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import count
from pathlib import Path

from filelock import FileLock

from embeddings.errors import DocumentIndexError, IndexNotFoundError, IndexStorageError
from embeddings.stores.local import schema
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.index_folder import (
    CATALOG_FILE,
    ORIGINALS_FOLDER,
    folder_of,
    fsync_folder,
    install_file,
    is_store_file,
    lock_folder,
    reject_symlinks,
    require_unused,
    staging_path,
    translate_errors,
)


def staging_folder(folder: Path) -> Path:
    """Return the folder of a complete index that is about to replace another one.

    A folder there without a catalog is left over from an interrupted attempt.
    """
    return folder.with_name(f"{folder.name}.replacing")


def empty_staging_folder(folder: Path) -> Path:
    """Return the staging folder after removing what an interrupted attempt has left there."""
    ready = staging_folder(folder)
    if ready.exists():
        shutil.rmtree(ready)
    return ready


def require_movable(folder: Path) -> None:
    """Raise IndexStorageError if a folder cannot be moved, before any work is done."""
    if folder.is_mount():
        raise IndexStorageError(
            f"{folder} is a mount point and cannot be moved: keep the index in a folder inside it."
        )


@contextmanager
def copy_other_files(folder: Path, target: Path) -> Iterator[None]:
    """Copy the files of a folder that do not belong to the store, such as feedback and originals.

    The files stay locked inside the `with` block. The lock of a file is `NAME.lock`.
    """
    with ExitStack() as held:
        others = [path for path in folder.iterdir() if path.is_file() and not is_store_file(path)]
        for path in others:
            lock = path.with_name(path.name + ".lock")
            if lock.exists() and os.access(folder, os.W_OK):
                held.enter_context(FileLock(lock))
        for path in others:
            shutil.copy2(path, target)
        originals = folder / ORIGINALS_FOLDER
        if originals.is_dir():
            shutil.copytree(
                originals,
                target / ORIGINALS_FOLDER,
                symlinks=True,
                ignore=shutil.ignore_patterns("*.new"),
                dirs_exist_ok=True,
            )
        yield


def swap_in(ready: Path, folder: Path) -> Path | None:
    """Move a complete index from `staging_folder(folder)` to a folder, which is a resolved path.

    An index that is there, whose lock the caller has, is moved aside; return its new path. If the
    process dies in between, `is_index` completes the move when the folder is opened next. A store
    that has the old index open can still read it, but not write to it.
    """
    replaced = None
    if (folder / CATALOG_FILE).exists():
        _continue_generation(ready / CATALOG_FILE, folder / CATALOG_FILE)
        places = (folder.with_name(f"{folder.name}.replaced-{number}") for number in count(1))
        replaced = next(place for place in places if not place.exists())
        folder.rename(replaced)
    _move(ready, folder)
    fsync_folder(folder.parent)
    return replaced


def back_up(location: str | Path, target: str | Path) -> None:
    """Copy an index into a new or empty folder, as it is now; others may write to it meanwhile.

    The copy is an index: it can be opened, and `restore` puts it back. Other files in the folder
    are copied too. Caches are not; opening the copy makes them again.

    Raises:
        IndexNotFoundError: there is no index.
        IndexDamagedError: it cannot be read.
        IndexBusyError: another process is writing to the target.
        IndexStorageError: the target is not empty or cannot be written to.
    """
    folder, target = folder_of(location), Path(target)
    _require_readable_index(folder)
    with translate_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        with lock_folder(target):
            require_unused(target)
            new = staging_path(target / CATALOG_FILE)
            schema.copy(folder / CATALOG_FILE, new)
            with copy_other_files(folder, target):
                install_file(new, target / CATALOG_FILE)


def restore(backup: str | Path, location: str | Path) -> Path | None:
    """Put a backup into a folder; an index that is there is moved aside.

    Processes that have the old index open, such as servers, reopen the new one.

    Returns:
        The new path of the old index; None if there was none.

    Raises:
        IndexNotFoundError: there is no index in the backup.
        IndexDamagedError: the backup cannot be read.
        IndexBusyError: another process is writing to the index that is there.
        IndexStorageError: the folder cannot be written to, or contains other files.
    """
    backup, folder = Path(backup), folder_of(location).resolve()
    _require_readable_index(backup)
    with translate_errors(folder), ExitStack() as lock:
        require_movable(folder)
        if (folder / CATALOG_FILE).exists():
            lock.enter_context(lock_folder(folder))
        ready = empty_staging_folder(folder)
        back_up(backup, ready)
        return swap_in(ready, folder)


def _require_readable_index(folder: Path) -> None:
    """Raise an error if a folder holds no index that can be read."""
    require_index(folder)
    reject_symlinks(folder)
    with translate_errors(folder):
        Catalog(folder / CATALOG_FILE).close()


def require_index(folder: Path) -> None:
    """Raise IndexNotFoundError if there is no index in a folder, damaged or not."""
    if not is_index(folder):
        raise IndexNotFoundError(
            f"There is no index in {folder}: create one with `qa index FOLDER --index {folder}`."
        )


def is_index(location: str | Path) -> bool:
    """Return whether a folder has an index, damaged or not.

    A swap that was interrupted after the old index was moved aside is completed first.
    """
    folder = Path(location).resolve()
    ready = staging_folder(folder)
    if not (folder / CATALOG_FILE).exists() and (ready / CATALOG_FILE).exists():
        # Another process may do it first, or the folder is read-only.
        with suppress(OSError, IndexStorageError):
            _move(ready, folder)
    return (folder / CATALOG_FILE).exists()


def _move(ready: Path, folder: Path) -> None:
    if folder.exists():
        # A process that waits for a lock creates a folder for it.
        require_unused(folder)
        shutil.rmtree(folder)
    try:
        ready.rename(folder)
    except FileNotFoundError:
        if not (folder / CATALOG_FILE).exists():  # else another process has completed it
            raise


def _continue_generation(new: Path, old: Path) -> None:
    """Set a new index to a later generation than the old one, as their contents differ."""
    try:
        with closing(Catalog(old)) as catalog:
            generation = catalog.state.generation
    except (DocumentIndexError, sqlite3.DatabaseError):
        return  # it is damaged or has a newer format
    with closing(Catalog(new)) as catalog:
        if catalog.state.generation <= generation:
            schema.raise_generation(catalog.connection, generation + 1)
