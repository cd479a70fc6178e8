"""Threads for the work that would hold up the server, and a queue that is not endless."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TypeVar

from embeddings import AssistantError

__all__ = ["BusyError", "Workers", "ending"]

_T = TypeVar("_T")


class BusyError(AssistantError):
    """The server has too much to do, or is being stopped."""


def ending() -> BusyError:
    """Say to whom nothing is done for any more why."""
    return BusyError("The server is being stopped; what is done is kept.")


class Workers:
    """A few threads, and the work that waits for one: first come, first served."""

    def __init__(self, name: str, *, threads: int, waiting: int) -> None:
        """Make the threads when they are needed.

        Args:
            name: what the threads are called.
            threads: how much is done at once.
            waiting: how much may wait at most.
        """
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + waiting
        self._taken = 0
        self._closed = False
        self._entry = threading.Lock()

    @property
    def taken(self) -> int:
        """How much is being done or waiting."""
        return self._taken

    def submit(self, work: Callable[[], _T]) -> Future[_T]:
        """Have work done in a thread; dropped work's future is cancelled.

        Raises:
            BusyError: too much is waiting already, or no work is taken any more.
        """
        with self._entry:
            self.require_open()
            if self._taken >= self._most:
                raise BusyError(
                    f"The server has {self._most} requests to work on and takes no more; try again "
                    "in a moment."
                )
            self._taken += 1
            future = self._pool.submit(work)
        future.add_done_callback(self._leave)
        return future

    async def run(self, work: Callable[[], _T]) -> _T:
        """Wait for work that is done in a thread; what has not begun when cancelled never does.

        Raises:
            BusyError: too much is waiting already, or the work was dropped.
        """
        future = self.submit(work)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._tell_if_dropped(future)
            raise

    def wait(self, work: Callable[[], _T]) -> _T:
        """As `run`, for a caller that has a thread to wait in."""
        future = self.submit(work)
        try:
            return future.result()
        except CancelledError:
            self._tell_if_dropped(future)
            raise

    def require_open(self) -> None:
        """Called by long work now and then: it must not keep the server from ending.

        Raises:
            BusyError: the threads are being closed.
        """
        if self._closed:
            raise ending()

    def stop(self) -> None:
        """Take no more work and drop what waits; what is being done goes on."""
        with self._entry:
            self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Stop; what is being done is finished, or ends itself by `require_open`."""
        self.stop()
        self._pool.shutdown()

    def _tell_if_dropped(self, future: Future[_T]) -> None:
        if self._closed and future.cancelled():
            raise ending()

    def _leave(self, _: Future[_T]) -> None:
        with self._entry:
            self._taken -= 1
