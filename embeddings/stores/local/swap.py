"""One index in the place of another, by moving folders."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import count
from pathlib import Path

from filelock import FileLock

from embeddings.errors import DocumentIndexError, IndexStorageError
from embeddings.stores.local import schema
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.index_folder import (
    CATALOG_FILE,
    fsync_folder,
    is_store_file,
    require_unused,
)

__all__ = ["copy_other_files", "finish_swap", "require_movable", "staging_folder", "swap_in"]


def staging_folder(folder: Path) -> Path:
    """Name the place of an index that is whole and about to take a folder's place.

    Whatever lies there is taken for one, or for a half of one when it has no catalog.
    """
    return folder.with_name(f"{folder.name}.replacing")


def require_movable(folder: Path) -> None:
    """Raise IndexStorageError where a folder is one that cannot be moved: known before any work."""
    if folder.is_mount():
        raise IndexStorageError(
            f"{folder} is where a disk is mounted, and cannot be moved aside: let the index be a "
            "folder inside of it"
        )


@contextmanager
def copy_other_files(folder: Path, target: Path) -> Iterator[None]:
    """Copy the files of a folder that are not the store's; none of them is written to meanwhile.

    Who writes to such a file holds a lock named like it, with `.lock` at the end.
    """
    with ExitStack() as held:
        others = [path for path in folder.iterdir() if path.is_file() and not is_store_file(path)]
        for path in others:
            lock = path.with_name(path.name + ".lock")
            if lock.exists() and os.access(folder, os.W_OK):
                held.enter_context(FileLock(lock))
        for path in others:
            shutil.copy2(path, target)
        yield


def swap_in(ready: Path, folder: Path) -> Path | None:
    """Put an index in a folder's place; give the place to which an index there was moved.

    `finish_swap` completes an interrupted swap when the folder is opened next. A store that has the
    old index open keeps reading it, and may not write to it any more.

    Args:
        ready: a whole index, at `staging_folder(folder)`.
        folder: a resolved path; there is an index whose right to write the caller has, or nothing.

    Raises:
        IndexStorageError: the folder holds something else.
    """
    replaced = None
    if (folder / CATALOG_FILE).exists():
        _count_on(ready / CATALOG_FILE, folder / CATALOG_FILE)
        replaced = _unused(folder)
        folder.rename(replaced)
    _move(ready, folder)
    fsync_folder(folder.parent)
    return replaced


def finish_swap(folder: Path) -> None:
    """Finish a replacement that ended when the old index had been moved aside."""
    folder = folder.resolve()
    ready = staging_folder(folder)
    if not (folder / CATALOG_FILE).exists() and (ready / CATALOG_FILE).exists():
        # Another process may be quicker, or nothing can be written here.
        with suppress(OSError, IndexStorageError):
            _move(ready, folder)


def _move(ready: Path, folder: Path) -> None:
    if folder.exists():
        # Someone who waits for a lock makes a folder for it.
        require_unused(folder)
        shutil.rmtree(folder)
    try:
        ready.rename(folder)
    except FileNotFoundError:
        if not (folder / CATALOG_FILE).exists():  # else another process has finished it
            raise


def _count_on(new: Path, old: Path) -> None:
    """Let a new index count its changes on from an old one's: equal generations, equal contents."""
    try:
        with closing(Catalog.open(old)) as catalog:
            generation = catalog.state.generation
    except (DocumentIndexError, sqlite3.DatabaseError):
        return  # it is damaged, or of a newer version
    with closing(Catalog.open(new)) as catalog:
        if catalog.state.generation <= generation:
            schema.raise_generation(catalog.connection, generation + 1)


def _unused(folder: Path) -> Path:
    """Name a place beside a folder that nothing is at."""
    for number in count(1):
        place = folder.with_name(f"{folder.name}.replaced-{number}")
        if not place.exists():
            break
    return place
