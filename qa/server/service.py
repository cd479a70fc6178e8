"""What every door of the server needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from embeddings import ParseOptions
from qa.assistant import Assistant
from qa.config import Config
from qa.monitoring.feedback import Feedback
from qa.server.metrics import Metrics
from qa.server.workers import Workers
from qa.types import Reply

__all__ = ["Service"]

_T = TypeVar("_T")

THREADS = 4
"""How many questions are worked on at once. Each uses every core while it reads; more of them only
wait for each other, but a short one need not wait for a long one."""

WAITING = 60
WAITING_WRITES = 20


@dataclass(frozen=True, slots=True)
class Service:
    """An assistant, the threads it works in, and what is counted of it."""

    assistant: Assistant
    config: Config
    feedback: Feedback
    readers: Workers
    """Answer and look up."""
    writer: Workers
    """One thread that changes the index, so that one change waits for another."""
    metrics: Metrics

    @classmethod
    def over(cls, assistant: Assistant, *, config: Config, feedback: Feedback) -> Service:
        """Make the threads."""
        # What others work on, a thread only waits for.
        threads = THREADS if config.ray is None else max(THREADS, 2 * config.ray_replicas)
        readers = Workers("qa-read", threads=threads, waiting=WAITING)
        writer = Workers("qa-write", threads=1, waiting=WAITING_WRITES)
        metrics = Metrics(waiting=lambda: readers.taken + writer.taken)
        return cls(assistant, config, feedback, readers, writer, metrics)

    @property
    def parse_options(self) -> ParseOptions:
        """How uploaded files are read."""
        return self.config.parse_options

    async def ask(self, ask: Callable[[], Reply]) -> Reply:
        """Have a question answered in a thread, and count it."""
        reply = await self.readers.run(ask)
        self.metrics.replied(reply)
        return reply

    def ask_now(self, ask: Callable[[], Reply]) -> Reply:
        """As `ask`, for a caller that has a thread to wait in."""
        reply = self.readers.wait(ask)
        self.metrics.replied(reply)
        return reply

    def read_now(self, look: Callable[[], _T]) -> _T:
        """Have something looked up when its turn comes; otherwise as `ask_now`."""
        return self.readers.wait(look)

    def write_now(self, change: Callable[[], _T]) -> _T:
        """Have the index changed when its turn comes; otherwise as `ask_now`."""
        return self.writer.wait(change)

    def stop(self) -> None:
        """Refuse all that waits or comes; what is being done goes on."""
        self.readers.stop()
        self.writer.stop()

    def close(self) -> None:
        """End the threads; the assistant stays open."""
        self.readers.close()
        self.writer.close()
