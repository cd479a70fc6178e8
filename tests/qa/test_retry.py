import math

import pytest

from embeddings import IndexBusyError
from qa.retry import retry_when_busy


class BusyIndex:
    """Index whose lock is held during the first writes."""

    def __init__(self, busy: int) -> None:
        self.busy = busy

    def write(self) -> str:
        if self.busy:
            self.busy -= 1
            raise IndexBusyError("another process is writing to the index")
        return "written"


def test_write_is_repeated_until_the_lock_is_free() -> None:
    waits: list[str] = []
    result = retry_when_busy(
        BusyIndex(2).write, seconds=math.inf, on_wait=lambda: waits.append("waiting")
    )
    assert (result, waits) == ("written", ["waiting"])


def test_busy_index_raises_after_the_time_limit() -> None:
    index = BusyIndex(5)
    with pytest.raises(IndexBusyError):
        retry_when_busy(index.write, seconds=0)
    assert index.busy == 4
