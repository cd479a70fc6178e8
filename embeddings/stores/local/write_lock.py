"""The right to write to an index: one process and one thread has it, while the index is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from embeddings.errors import IndexBusyError
from embeddings.stores.local.index_folder import CATALOG_FILE, FileId, file_id, lock_folder

__all__ = ["WriteLock"]


class WriteLock:
    """Which thread of this process has the right to write to an index."""

    def __init__(self, folder: Path, entry: threading.RLock) -> None:
        """Begin without it.

        Args:
            folder: of the index.
            entry: held by whoever is inside of the store. The right is taken and given back while
                no other thread is: one that searches catches the words up by this right.
        """
        self._folder = folder
        self._entry = entry
        self._thread: int | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether some thread has it."""
        return self._thread is not None

    def require_held(self) -> None:
        """Raise RuntimeError in a thread that does not have it."""
        if self._thread != threading.get_ident():
            raise RuntimeError("put and remove work inside of `with store.writing():` only")

    @contextmanager
    def acquire(self, catalog: FileId | None) -> Iterator[None]:
        """Have it.

        Args:
            catalog: the file that is to be written to.

        Raises:
            IndexBusyError: another process or thread has it, or another index took this one's
                place.
            IndexStorageError: the folder cannot be written to.
        """
        with ExitStack() as lock:
            with self._entry:
                if self._thread is not None:
                    raise IndexBusyError(f"{self._folder}: a thread is writing; try again later")
                if file_id(self._folder / CATALOG_FILE) is not None:  # a lock would make its folder
                    lock.enter_context(lock_folder(self._folder))
                if file_id(self._folder / CATALOG_FILE) != catalog:
                    raise IndexBusyError(
                        f"{self._folder}: another index has taken this one's place, or is about "
                        "to; open it again"
                    )
                self._thread = threading.get_ident()
            try:
                yield
            finally:
                with self._entry:
                    self._thread = None
                    lock.close()
