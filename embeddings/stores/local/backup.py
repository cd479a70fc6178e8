"""Copies of an index's folder, and putting them back."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from embeddings.errors import IndexNotFoundError
from embeddings.stores.local import schema
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.index_folder import (
    CATALOG,
    beside,
    install,
    locked,
    refuse_links,
    require_unused,
    translated,
)
from embeddings.stores.local.swap import copied_others, ready_place, replace, require_movable

__all__ = ["back_up", "restore"]


def back_up(folder: Path, target: Path) -> None:
    """Copy an index into a new or empty folder; see `LocalStore.backup`."""
    with translated(target):
        target.mkdir(parents=True, exist_ok=True)
        with locked(target):
            require_unused(target)
            new = beside(target / CATALOG)
            schema.copy(folder / CATALOG, new)
            with copied_others(folder, target):
                install(new, target / CATALOG)


def restore(backup: Path, folder: Path) -> Path | None:
    """Put a backup into a folder; give the place to which an index there was moved.

    Who has the old store open goes on with it until it is opened again.

    Raises:
        IndexNotFoundError: the backup holds no index.
        IndexDamagedError: it cannot be read.
        IndexBusyError: another process writes to the index that is there.
        IndexStorageError: the folder cannot be written to, or holds something else.
    """
    if not (backup / CATALOG).exists():
        raise IndexNotFoundError(f"there is no index in {backup}: `qa backup {backup}` makes one")
    refuse_links(backup)
    with translated(backup):
        Catalog.open(backup / CATALOG).close()
    folder = folder.resolve()
    ready = ready_place(folder)
    with translated(folder), ExitStack() as right:
        require_movable(folder)
        if (folder / CATALOG).exists():
            right.enter_context(locked(folder))
        if ready.exists():
            shutil.rmtree(ready)  # an interrupted attempt
        back_up(backup, ready)
        return replace(ready, folder)
