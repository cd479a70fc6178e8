"""Watch a folder: update the index when files are added, changed or removed."""

import logging
import threading
import time
from collections import Counter, deque
from functools import partial

from embeddings import AssistantError, DocumentError, Index, IndexReport, ParseOptions, find_files
from qa.retry import retry_when_busy
from qa.server.workers import BusyError, Workers

POLL_SECONDS = 2.0
RETRY_SECONDS = 30.0
"""Time until the next attempt after the index could not be changed."""

_REASONS_KEPT = 20
_MAX_WAITS = 10
"""Number of polls to wait for files that are still being written."""

_log = logging.getLogger(__name__)


class FolderSync:
    """A thread that compares the files of a folder with the index.

    Sizes and modification times are polled. The index is opened for writing only after a change.
    Documents stay if the folder is gone or empty: its disk may not be mounted.
    """

    def __init__(
        self, index: Index, writer: Workers, folder: str, *, options: ParseOptions
    ) -> None:
        """Start the thread. The folder can also be a file or a glob pattern."""
        self._index = index
        self._writer = writer
        self._folder = folder
        self._options = options
        self._counts: Counter[str] = Counter()
        self._failed: frozenset[tuple[str, str]] | None = None
        self.failures = deque[str](maxlen=_REASONS_KEPT)
        """The latest files that failed, each with the reason."""
        self._stopped = threading.Event()
        threading.Thread(target=self._poll, name="qa-sync", daemon=True).start()

    @property
    def counts(self) -> dict[str, int]:
        """Number of documents `added`, `updated` and `removed`, and of files `failed` so far."""
        return {name: self._counts[name] for name in ("added", "updated", "removed", "failed")}

    def stop(self) -> None:
        """End the thread after the current step."""
        self._stopped.set()

    def _poll(self) -> None:
        previous = self._files()
        synced: dict[str, tuple[int, int] | None] = {}
        pause, waits = 0.0, 0
        while not self._stopped.wait(max(pause, POLL_SECONDS)):
            began = time.monotonic()
            found = self._files()
            pause = 10 * (time.monotonic() - began)
            waits = waits + 1 if found and found != synced else 0
            if waits > _MAX_WAITS or (waits and found == previous):
                if self._sync():
                    synced = found
                else:
                    pause = RETRY_SECONDS
            previous = found

    def _files(self) -> dict[str, tuple[int, int] | None]:
        """Return size and modification time of each file by its path."""
        try:
            return {file.source: file.info() for file in find_files(self._folder).files}
        except DocumentError:
            return {}

    def _sync(self) -> bool:
        """Add, update and remove documents; return whether that worked."""
        try:
            report = self._writer.wait(
                lambda: retry_when_busy(
                    partial(
                        self._index.add_paths,
                        self._folder,
                        options=self._options,
                        progress=lambda _done, _total: self._writer.require_open(),
                    )
                )
            )
        except BusyError:  # the queue is full, or the server is shutting down
            return False
        except AssistantError as error:
            _log.warning("the folder cannot be indexed: %s", error)
            return False
        self._count(report)
        return True

    def _count(self, report: IndexReport) -> None:
        self._counts["added"] += len(report.added)
        self._counts["updated"] += len(report.updated) + len(report.moved)
        self._counts["removed"] += len(report.removed)
        failed = frozenset(report.failed)
        # The failures of the first run were already reported when the server started.
        for _, reason in sorted(failed - (failed if self._failed is None else self._failed)):
            self._counts["failed"] += 1
            self.failures.append(reason)
            _log.warning("a file of the folder was not indexed: %s", reason)
        self._failed = failed
