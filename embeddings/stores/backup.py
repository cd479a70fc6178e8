"""Copies of an index's folder, and putting one in the place of another."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from embeddings.errors import IndexNotFoundError
from embeddings.stores import tables
from embeddings.stores.catalog import Catalog
from embeddings.stores.folder import (
    CATALOG,
    beside,
    install,
    is_of_store,
    locked,
    refuse_links,
    require_unused,
    translated,
)

__all__ = ["back_up", "restore"]


def back_up(folder: Path, target: Path) -> None:
    """Copy an index into a new or empty folder; see `LocalStore.backup`."""
    with translated(target):
        target.mkdir(parents=True, exist_ok=True)
        with locked(target):
            require_unused(target)
            new = beside(target / CATALOG)
            tables.copy(folder / CATALOG, new)
            for path in folder.iterdir():
                if path.is_file() and not is_of_store(path):
                    shutil.copy2(path, target)
            install(new, target / CATALOG)


def restore(backup: Path, folder: Path) -> Path | None:
    """Put a backup into a folder; see `LocalStore.restore`."""
    if not (backup / CATALOG).exists():
        raise IndexNotFoundError(f"there is no index in {backup}: `qa backup {backup}` makes one")
    refuse_links(backup)
    with translated(backup):
        Catalog.open(backup / CATALOG).close()
    new = beside(folder)
    with translated(folder):
        if new.exists():
            shutil.rmtree(new)  # an interrupted attempt
        back_up(backup, new)
        replaced = None
        if (folder / CATALOG).exists():
            replaced = _unused(folder)
            with locked(folder):
                folder.rename(replaced)
        elif folder.exists():
            require_unused(folder)
            shutil.rmtree(folder)
        new.rename(folder)
    return replaced


def _unused(folder: Path) -> Path:
    """Name a place beside a folder that nothing is at."""
    for number in count(1):
        place = folder.with_name(f"{folder.name}.replaced-{number}")
        if not place.exists():
            break
    return place
