"""State shared by all routes: the assistant, threads and metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embeddings import Filter, Hit
from qa.assistant import Assistant
from qa.config import Config
from qa.monitoring.feedback import Feedback
from qa.options import AskOptions, without_empty
from qa.server.folder_sync import FolderSync
from qa.server.metrics import Metrics
from qa.server.workers import Workers
from qa.timeline.timeline import Timeline
from qa.types import Reply

THREADS = 4
"""Number of questions that are answered at the same time. Each uses all cores while it reads, so
more threads are not faster, but with several a short question does not wait for a long one."""

IMAGE_THREADS = 2
"""Number of page images that are rendered at the same time. A page can take up to
`max_file_seconds`, so images have their own threads and do not delay questions."""

MAX_QUEUED = 60
MAX_QUEUED_WRITES = 20


@dataclass(frozen=True, slots=True)
class Service:
    """An assistant with its threads and metrics."""

    assistant: Assistant
    config: Config
    feedback: Feedback
    readers: Workers
    """Threads that answer questions and read the index."""
    images: Workers
    """Threads that render pages."""
    writer: Workers
    """The thread that changes the index: one change after another."""
    metrics: Metrics
    sync: FolderSync | None
    """Indexes changes of the corpus; None if that is turned off."""

    @classmethod
    def create(cls, assistant: Assistant, *, config: Config, feedback: Feedback) -> Service:
        """Create the threads and metrics of an assistant."""
        # With a cluster, a thread mostly waits.
        threads = THREADS if config.ray is None else max(THREADS, 2 * config.ray_replicas)
        readers = Workers("qa-read", threads=threads, queue_size=MAX_QUEUED)
        images = Workers("qa-image", threads=IMAGE_THREADS, queue_size=MAX_QUEUED)
        writer = Workers("qa-write", threads=1, queue_size=MAX_QUEUED_WRITES)
        metrics = Metrics(pending=lambda: readers.pending + images.pending + writer.pending)
        sync = None
        if config.watch and config.corpus is not None:
            options = config.parse_options
            sync = FolderSync(assistant.index, writer, config.corpus, options=options)
        return cls(assistant, config, feedback, readers, images, writer, metrics, sync)

    async def ask(self, question: str, **options: Any) -> Reply:
        """Answer a question in a thread as `Assistant.ask`, and count it.

        In all options of these methods, None and empty values mean "not set".
        """
        given = {"k": self.config.k, "answers": self.config.answers} | without_empty(options)
        reply = await self.readers.run(lambda: self.assistant.ask(question, **given))
        self.metrics.record_reply(reply)
        return reply

    def ask_now(self, ask: Callable[[], Reply]) -> Reply:
        """Call `ask` in a thread, block until it returns, and count the reply."""
        reply = self.readers.wait(ask)
        self.metrics.record_reply(reply)
        return reply

    async def timeline(self, question: str, **options: Any) -> Timeline:
        """Answer a question over time in a thread as `Assistant.timeline`."""
        slices, min_score = self.config.timeline_slices, self.config.timeline_min_score
        given: dict[str, Any] = {"k": self.config.k, "slices": slices, "min_score": min_score}
        given |= without_empty(options)
        return await self.readers.run(lambda: self.assistant.timeline(question, **given))

    async def search(self, question: str, k: int, **options: Any) -> list[Hit]:
        """Return the best chunks for a question; options: `after`, `before` and `documents`."""
        limits = AskOptions.of(without_empty(options))
        within = Filter(limits.dates, limits.document_ids)
        search = self.assistant.index.search
        return await self.readers.run(lambda: search(question, k, within=within))

    def stop(self) -> None:
        """Refuse queued and new work; running work continues."""
        if self.sync is not None:
            self.sync.stop()
        for workers in (self.readers, self.images, self.writer):
            workers.stop()

    def close(self) -> None:
        """Stop, and wait for the running work. The assistant stays open."""
        self.stop()
        for workers in (self.readers, self.images, self.writer):
            workers.close()
