"""Retries of writes to an index that other threads and processes write to as well."""

import time
from collections.abc import Callable
from typing import TypeVar

from embeddings import IndexBusyError

_T = TypeVar("_T")

WAIT_SECONDS = 15.0
PAUSE_SECONDS = 0.05


def retry_when_busy(
    write: Callable[[], _T],
    *,
    seconds: float = WAIT_SECONDS,
    on_wait: Callable[[], None] | None = None,
) -> _T:
    """Call a function that writes to an index; repeat it while another writer holds the lock.

    Args:
        write: must do nothing before it has the lock, like `Index.add` and `Index.remove`.
        seconds: longest time to wait; `math.inf` for no limit.
        on_wait: called once before the first retry.

    Raises:
        IndexBusyError: another writer still holds the lock after `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return write()
        except IndexBusyError:
            if time.monotonic() >= end:
                raise
            if on_wait is not None:
                on_wait()
                on_wait = None
            time.sleep(PAUSE_SECONDS)
