"""Selecting the kind of store at a location: a local folder or Milvus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.stores.local.index_folder import is_folder
from embeddings.stores.local.store import LocalStore

if TYPE_CHECKING:
    from embeddings.stores.milvus.store import MilvusStore


def store_class(location: str | Path) -> type[LocalStore] | type[MilvusStore]:
    """Return the class whose `is_at`, `open` and `create` take this location."""
    if is_folder(location):
        return LocalStore
    # Imported only when needed: the import takes 2% of the time of `qa ask`.
    from embeddings.stores.milvus.store import MilvusStore

    return MilvusStore
