"""Parse files in another process, which is stopped when a file takes too much time or memory.

A parser cannot be stopped from within its own process, and one that crashes ends its process.
"""

import atexit
import base64
import datetime
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from embeddings.errors import DocumentError, EmptyDocumentError, IncompleteFileError
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document, PageImage, Section

_ERRORS = {
    error.__name__: error for error in (DocumentError, EmptyDocumentError, IncompleteFileError)
}

# The process imports modules from the same folders as this one, in any working directory.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from embeddings.formats.sandbox_worker import main; main()"
)


class SandboxProcess:
    """A process that parses one file at a time; runs a program for Python's `-c`."""

    def __init__(self, program: str = _PROGRAM) -> None:
        self._folder = mkdtemp(prefix="qa-sandbox-")  # removed even if the process is killed
        folders = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._folder)
        # The worker imports NumPy, whose threads would only take address space. The command is
        # Python itself, so it is safe to run.
        self._process = subprocess.Popen(  # nosec B603
            [sys.executable, "-c", program, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **folders, "OPENBLAS_NUM_THREADS": "1", "RUST_BACKTRACE": "0"},
        )
        self.pid = self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def send(self, request: object) -> None:
        """Send a request. If the process has ended, the next `receive` raises."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            pass

    def receive(self, seconds: float, limit: float) -> dict[str, Any]:
        """Wait for the next reply.

        Args:
            seconds: how long to wait before the process is killed.
            limit: the time limit to name in the message.

        Raises:
            DocumentError: there is no reply within the time, or the process ended.
        """
        assert self._process.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(max(seconds, 0), stop)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
            timer.join()
        if late.is_set():
            raise DocumentError(
                f"took longer than {limit:g} s to read; raise max_file_seconds, or leave it out"
            )
        if not line.endswith(b"\n"):
            raise DocumentError(
                "cannot be read: the process that read it ended "
                f"({_exit_reason(self._process.wait())}); leave it out, or save it in another "
                "format"
            )
        reply: dict[str, Any] = json.loads(line)
        return reply

    def end(self) -> None:
        """Kill the process and remove its temporary files."""
        self._process.kill()
        self._process.communicate()
        rmtree(self._folder, ignore_errors=True)


def _exit_reason(code: int) -> str:
    if code == -signal.SIGABRT:
        return "SIGABRT, usually because there was not enough memory"
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


# Processes that are ready for the next file: a new one takes a quarter of a second to start.
_idle: list[SandboxProcess] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a fork must not write to the same pipes


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def _take() -> SandboxProcess:
    try:
        while not (process := _idle.pop()).is_alive:
            process.end()
    except IndexError:
        return SandboxProcess()
    return process


def prepare_sandbox() -> None:
    """Start a process for the next file, unless one is ready. Does not wait for it."""
    if not _idle:
        _idle.append(SandboxProcess())


def parse_in_sandbox(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Parse a file as `registry.parse` does, within the limits of `options`.

    Each call uses a process of its own, so that threads can call it at the same time. The time
    limit counts the time spent parsing, not the time that the caller spends between documents.

    Raises:
        DocumentError: the file, or the rest of it, cannot be read within the limits.
        EmptyDocumentError: the file contains no text.
        IncompleteFileError: some rows or inner files cannot be read; all others have been yielded.
    """
    for reply in _replies({"path": str(path)}, options):
        yield _document(reply["document"])


def page_image(
    path: Path,
    number: int,
    *,
    quotation: str = "",
    position: float = 0,
    options: ParseOptions | None = None,
) -> PageImage | None:
    """Render a page of a PDF file as PNG in the sandbox; see `pdf.render_page`.

    Raises:
        DocumentError: the file is encrypted or damaged, or rendering exceeds the limits of
            `options`.
    """
    request = {"path": str(path), "page": number, "quotation": quotation, "position": position}
    [reply] = _replies(request, ParseOptions() if options is None else options)
    if reply["image"] is None:
        return None
    return PageImage(base64.b64decode(reply["image"]), reply["highlight"])


def _replies(request: dict[str, object], options: ParseOptions) -> Iterator[dict[str, Any]]:
    """Send a request to a sandbox process and yield its replies, except the last one."""
    values = asdict(options)
    process = _take()
    reusable = False
    try:
        process.send({**request, "fields": values.pop("fields"), "options": values})
        seconds = options.max_file_seconds
        while True:
            began = time.monotonic()
            reply = process.receive(seconds, options.max_file_seconds)
            seconds -= time.monotonic() - began
            if "is_large" in reply:
                break
            yield reply
        reusable = not reply["is_large"]
    finally:
        if reusable:
            _idle.append(process)
        else:
            process.end()
    if "error" in reply:
        raise _ERRORS.get(reply["kind"], DocumentError)(reply["error"])


def _document(values: dict[str, Any]) -> Document:
    """Make a document from its fields in JSON."""
    date = values["date"]
    return Document(
        **{
            **values,
            "date": None if date is None else datetime.date.fromisoformat(date),
            "sections": tuple(Section(**section) for section in values["sections"]),
            "pages": tuple(values["pages"]),
        }
    )
