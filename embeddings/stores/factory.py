"""Opening and creating the store at a location: a local folder or Milvus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.stores.local.index_folder import is_folder
from embeddings.stores.local.store import LocalStore
from embeddings.stores.store import Store
from embeddings.types import MetadataValue

if TYPE_CHECKING:
    from embeddings.stores.milvus.store import MilvusStore


def is_store_at(location: str | Path) -> bool:
    """Tell whether there is an index at a location, damaged or not."""
    if is_folder(location):
        return LocalStore.is_at(Path(location))
    return _milvus().is_at(str(location))


def open_store(location: str | Path) -> Store:
    """Open the store at a location; errors as in `LocalStore.open` and `MilvusStore.open`."""
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
    """Create an empty store; arguments and errors as in `LocalStore.create`."""
    if is_folder(location):
        return LocalStore.create(Path(location), settings, dimensions, generation=generation)
    return _milvus().create(str(location), settings, dimensions, generation=generation)


def _milvus() -> type[MilvusStore]:
    # Imported only when needed: the import takes 2% of the time of `qa ask`.
    from embeddings.stores.milvus.store import MilvusStore

    return MilvusStore
