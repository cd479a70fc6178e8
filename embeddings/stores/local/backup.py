"""Copies of an index's folder, and putting them back."""

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
from embeddings.stores.local.swap import copy_other_files, require_movable, staging_folder, swap_in

__all__ = ["back_up", "restore"]


def back_up(folder: Path, target: Path) -> None:
    """Copy an index into a new or empty folder; see `LocalStore.backup`."""
    with translate_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        with lock_folder(target):
            require_unused(target)
            new = staging_path(target / CATALOG_FILE)
            schema.copy(folder / CATALOG_FILE, new)
            with copy_other_files(folder, target):
                install_file(new, target / CATALOG_FILE)


def restore(backup: Path, folder: Path) -> Path | None:
    """Put a backup into a folder; give the place to which an index there was moved.

    Who has the old store open goes on with it until it is opened again.

    Raises:
        IndexNotFoundError: the backup holds no index.
        IndexDamagedError: it cannot be read.
        IndexBusyError: another process writes to the index that is there.
        IndexStorageError: the folder cannot be written to, or holds something else.
    """
    if not (backup / CATALOG_FILE).exists():
        raise IndexNotFoundError(f"there is no index in {backup}: `qa backup {backup}` makes one")
    reject_symlinks(backup)
    with translate_errors(backup):
        Catalog.open(backup / CATALOG_FILE).close()
    folder = folder.resolve()
    ready = staging_folder(folder)
    with translate_errors(folder), ExitStack() as lock:
        require_movable(folder)
        if (folder / CATALOG_FILE).exists():
            lock.enter_context(lock_folder(folder))
        if ready.exists():
            shutil.rmtree(ready)  # an interrupted attempt
        back_up(backup, ready)
        return swap_in(ready, folder)
