"""Threads with a bounded queue for work that would block the event loop."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TypeVar

from embeddings import AssistantError

_T = TypeVar("_T")


class BusyError(AssistantError):
    """The queue of the server is full, or the server is shutting down."""


def shutdown_error() -> BusyError:
    """Return the error for work that is refused because the server is shutting down."""
    return BusyError("The server is shutting down. Documents that were added are kept.")


class Workers:
    """A thread pool with a bounded queue (first in, first out)."""

    def __init__(self, name: str, *, threads: int, queue_size: int) -> None:
        """Create the pool, in which `queue_size` calls may wait for a thread.

        Threads start when they are needed, and their names start with `name`.
        """
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._capacity = threads + queue_size
        self._pending = 0
        self._closed = False
        self._lock = threading.Lock()

    @property
    def pending(self) -> int:
        """Number of calls that are running or queued."""
        return self._pending

    def submit(self, work: Callable[[], _T]) -> Future[_T]:
        """Queue a call. Its future is cancelled if the pool stops before it starts.

        Raises:
            BusyError: the queue is full, or the pool is stopped.
        """
        with self._lock:
            self.require_open()
            if self._pending >= self._capacity:
                raise BusyError(
                    f"The server has {self._capacity} requests in its queue: try again in a moment."
                )
            self._pending += 1
            future = self._pool.submit(work)
        future.add_done_callback(self._finish)
        return future

    async def run(self, work: Callable[[], _T]) -> _T:
        """Call in a thread and await the result. If this is cancelled, a queued call is dropped.

        Raises:
            BusyError: the queue is full, or the pool was stopped before the call started.
        """
        future = self.submit(work)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._raise_if_dropped(future)
            raise

    def wait(self, work: Callable[[], _T]) -> _T:
        """Call in a thread and block until it returns; otherwise like `run`."""
        future = self.submit(work)
        try:
            return future.result()
        except CancelledError:
            self._raise_if_dropped(future)
            raise

    def require_open(self) -> None:
        """Raise an error if the pool is stopped. Long work calls this so that it can end early.

        Raises:
            BusyError: the pool is stopped.
        """
        if self._closed:
            raise shutdown_error()

    def stop(self) -> None:
        """Refuse new calls and drop queued ones; running ones continue."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Stop, and wait for the running calls."""
        self.stop()
        self._pool.shutdown()

    def _raise_if_dropped(self, future: Future[_T]) -> None:
        if self._closed and future.cancelled():
            raise shutdown_error()

    def _finish(self, _: Future[_T]) -> None:
        with self._lock:
            self._pending -= 1
