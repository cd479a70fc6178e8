"""Back up and restore the folder of an index."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from embeddings.errors import IndexNotFoundError
from embeddings.stores.local import schema
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.index_folder import (
    CATALOG_FILE,
    install_file,
    lock_folder,
    reject_symlinks,
    require_unused,
    staging_path,
    translate_errors,
)
from embeddings.stores.local.swap import (
    copy_other_files,
    finish_swap,
    require_movable,
    staging_folder,
    swap_in,
)

__all__ = ["back_up", "restore"]


def back_up(folder: Path, target: Path) -> None:
    """Copy an index into a new or empty folder; the copy is an index of its own.

    The copy has the state of one moment, while others may read and write. Other files in the folder
    are copied too. Caches are not; opening the copy makes them again.

    Raises:
        IndexNotFoundError: there is no index in the folder.
        IndexDamagedError: it cannot be read.
        IndexBusyError: another process is writing to the target.
        IndexStorageError: the target is not empty or cannot be written to.
    """
    _require_index(folder)
    with translate_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        with lock_folder(target):
            require_unused(target)
            new = staging_path(target / CATALOG_FILE)
            schema.copy(folder / CATALOG_FILE, new)
            with copy_other_files(folder, target):
                install_file(new, target / CATALOG_FILE)


def restore(backup: Path, folder: Path) -> Path | None:
    """Put a backup into a folder; an index that is there is moved aside.

    A store that has the old index open keeps reading it until it is opened again.

    Returns:
        The new path of the old index; None if there was none.

    Raises:
        IndexNotFoundError: the backup holds no index.
        IndexDamagedError: it cannot be read.
        IndexBusyError: another process is writing to the index that is there.
        IndexStorageError: the folder cannot be written to, or holds other files.
    """
    _require_index(backup)
    folder = folder.resolve()
    ready = staging_folder(folder)
    with translate_errors(folder), ExitStack() as lock:
        require_movable(folder)
        if (folder / CATALOG_FILE).exists():
            lock.enter_context(lock_folder(folder))
        if ready.exists():
            shutil.rmtree(ready)  # left by an interrupted call
        back_up(backup, ready)
        return swap_in(ready, folder)


def _require_index(folder: Path) -> None:
    """Raise an error if a folder holds no index that can be read."""
    finish_swap(folder)
    if not (folder / CATALOG_FILE).exists():
        raise IndexNotFoundError(
            f"There is no index in {folder}: `qa index` makes an index, `qa backup` a copy of one."
        )
    reject_symlinks(folder)
    with translate_errors(folder):
        Catalog.open(folder / CATALOG_FILE).close()
