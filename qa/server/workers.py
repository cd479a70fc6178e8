"""Threads for the work that would hold up the server, and a queue that is not endless."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from embeddings import AssistantError

__all__ = ["BusyError", "Workers"]

_T = TypeVar("_T")


class BusyError(AssistantError):
    """The server has too much to do, or is being stopped."""


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
        """Have work done in a thread.

        Raises:
            BusyError: too much is waiting already.
        """
        with self._entry:
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
            BusyError: too much is waiting already.
        """
        return await asyncio.wrap_future(self.submit(work))

    def require_open(self) -> None:
        """Called by long work now and then: it must not keep the server from ending.

        Raises:
            BusyError: the threads are being closed.
        """
        if self._closed:
            raise BusyError("The server is being stopped; what is done is kept.")

    def close(self) -> None:
        """Drop what waits; what is being done is finished, or ends itself by `require_open`."""
        self._closed = True
        self._pool.shutdown(cancel_futures=True)

    def _leave(self, _: Future[_T]) -> None:
        with self._entry:
            self._taken -= 1
