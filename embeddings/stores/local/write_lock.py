"""The write lock of an index: held by one thread of one process."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from embeddings.errors import IndexBusyError
from embeddings.stores.local.index_folder import CATALOG_FILE, FileId, file_id, lock_folder


class WriteLock:
    """The write lock as one store of this process sees it."""

    def __init__(self, folder: Path, entry: threading.RLock) -> None:
        """Make an unlocked lock.

        Args:
            folder: of the index.
            entry: the store's own lock, held by each thread that uses the store. The write lock is
                taken and released under it: a search uses the write lock to update a cache.
        """
        self._folder = folder
        self._entry = entry
        self._thread: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether a thread of this process has the lock."""
        return self._thread is not None

    def require_held(self) -> None:
        """Raise RuntimeError if the calling thread does not have the lock."""
        if self._thread != threading.get_ident():
            raise RuntimeError("Writing to a store works only inside `with store.writing():`.")

    @contextmanager
    def acquire(self, catalog: FileId | None) -> Iterator[None]:
        """Take the lock.

        Args:
            catalog: the file that will be written to.

        Raises:
            IndexBusyError: another process or thread has the lock, or another index has replaced
                this one.
            IndexStorageError: the folder cannot be written to.
        """
        with ExitStack() as lock:
            with self._entry:
                if self._thread is not None:
                    raise IndexBusyError(f"{self._folder}: a thread is writing. Try again later.")
                if file_id(self._folder / CATALOG_FILE) is not None:  # else this creates the folder
                    lock.enter_context(lock_folder(self._folder))
                if file_id(self._folder / CATALOG_FILE) != catalog:
                    raise IndexBusyError(
                        f"{self._folder}: another index has replaced this one. Open it again."
                    )
                self._thread = threading.get_ident()
            try:
                yield
            finally:
                with self._entry:
                    self._thread = None
                    lock.close()
