"""The right to write to what many machines reach: lent for a time, and known by a row."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from embeddings.errors import DocumentIndexError, IndexBusyError

__all__ = ["Lease"]

LEASE_SECONDS = 600.0
"""How long a writer may be silent: longer than reading and encoding what is put next takes."""
SETTLING_SECONDS = 1.0
"""How long after one has looked, and found no holder, the row of another may still come."""


class Lease:
    """A row that says who may write, and until when.

    The database has no "write if nobody else has": who wants the right writes its name, waits until
    whoever looked at the same moment has written too, and has it if the name is still its own
    (Fischer's algorithm). So two could have it if a call took longer than that wait, or if the
    clocks of two machines were `LEASE_SECONDS` apart. Who holds it looks again before each commit.
    """

    def __init__(
        self,
        read: Callable[[], str | None],
        write: Callable[[str], None],
        *,
        place: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._read = read
        self._write = write
        self._place = place
        self._clock = clock
        self._sleep = sleep
        self._name = ""

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Have the right.

        Raises:
            IndexBusyError: another one has it.
        """
        holder, until = self._holder()
        if holder and until > self._clock():
            raise self._busy(until)
        name = uuid.uuid4().hex
        self._claim(name)
        self._sleep(SETTLING_SECONDS)
        holder, until = self._holder()
        if holder != name:
            raise self._busy(until)
        self._name = name
        try:
            yield
        finally:
            self._name = ""
            with suppress(DocumentIndexError):  # it ends by itself
                if self._holder()[0] == name:
                    self._claim("")

    def renew(self) -> None:
        """Look whether one still has the right, and have it for longer.

        Raises:
            IndexBusyError: it ended, and another one has taken it.
        """
        holder, until = self._holder()
        if holder != self._name:
            raise self._busy(until)
        if until - self._clock() < LEASE_SECONDS / 2:
            self._claim(self._name)

    def _holder(self) -> tuple[str, float]:
        text = self._read()
        if text is None:
            return "", 0.0
        row = json.loads(text)
        return str(row["holder"]), float(row["until"])

    def _claim(self, name: str) -> None:
        self._write(json.dumps({"holder": name, "until": self._clock() + LEASE_SECONDS}))

    def _busy(self, until: float) -> IndexBusyError:
        seconds = max(0, round(until - self._clock()))
        return IndexBusyError(
            f"{self._place}: another process is writing to the index; try again when it is done, "
            f"or in {seconds} seconds if it has died"
        )
