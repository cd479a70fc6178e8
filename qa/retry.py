"""Writing to an index that others write to as well."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from embeddings import IndexBusyError

__all__ = ["retry_when_busy"]

_T = TypeVar("_T")

WAIT_SECONDS = 15.0
PAUSE_SECONDS = 0.05


def retry_when_busy(write: Callable[[], _T], *, seconds: float = WAIT_SECONDS) -> _T:
    """Call what writes to an index, again and again while another thread or process does.

    It must do nothing before it has the right to write, as `Index.add` and `Index.remove` do.

    Raises:
        IndexBusyError: the index is still being written to after `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return write()
        except IndexBusyError:
            if time.monotonic() >= end:
                raise
            time.sleep(PAUSE_SECONDS)
