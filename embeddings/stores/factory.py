"""Which store a location names: a folder of this machine, or Milvus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.errors import SettingsError
from embeddings.stores.local.store import LocalStore
from embeddings.types import MetadataValue, Store

if TYPE_CHECKING:
    from embeddings.stores.milvus.store import MilvusStore

__all__ = ["create_store", "folder_of", "is_folder", "is_store_at", "open_store"]

SCHEMES = ("milvus:", "http://", "https://")


def is_folder(location: str | Path) -> bool:
    """Tell whether a location names a folder; else it names a file of Milvus or a cluster."""
    return isinstance(location, Path) or not location.startswith(SCHEMES)


def folder_of(location: str | Path) -> Path:
    """Give the folder that a location names.

    Raises:
        SettingsError: it names none.
    """
    if not is_folder(location):
        raise SettingsError(
            f"{location} is no folder: backing up, restoring, salvaging and reindexing move "
            "folders about. Use Milvus' own backup; to reindex, add the documents to an index at "
            "another place."
        )
    return Path(location)


def is_store_at(location: str | Path) -> bool:
    """Tell whether there is an index at a place, sound or not."""
    if is_folder(location):
        return LocalStore.is_at(Path(location))
    return _milvus().is_at(str(location))


def open_store(location: str | Path) -> Store:
    """Open what is there; see the stores' own `open`."""
    if is_folder(location):
        return LocalStore.open(Path(location))
    return _milvus().open(str(location))


def create_store(
    location: str | Path,
    settings: Mapping[str, MetadataValue],
    dimensions: int,
    *,
    generation: int = 0,
) -> Store:
    """Make an empty index, which counts on from a generation; see the stores' own `create`."""
    if is_folder(location):
        return LocalStore.create(Path(location), settings, dimensions, generation=generation)
    return _milvus().create(str(location), settings, dimensions, generation=generation)


def _milvus() -> type[MilvusStore]:
    # Imported only where it is needed: a fiftieth of the time that `qa ask` takes.
    from embeddings.stores.milvus.store import MilvusStore

    return MilvusStore
