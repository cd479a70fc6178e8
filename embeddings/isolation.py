"""Reading files in another process, which is given up when one takes too much time or memory.

A parser cannot be stopped in the middle from within its own process, and one that crashes takes its
process along.
"""

from __future__ import annotations

import atexit
import datetime
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from embeddings.errors import DocumentError
from embeddings.formats.reading import Reading
from embeddings.types import Document, Section

__all__ = ["Child", "read_apart"]

# The child looks for modules where this process does, wherever it was started.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from embeddings.formats.child import main; main()"
)


class Child:
    """A process that reads one file at a time, by a program for Python's `-c`."""

    def __init__(self, program: str = _PROGRAM) -> None:
        # NumPy comes along with the types; its threads would only take address space. What is run
        # is Python itself.
        self._process = subprocess.Popen(  # nosec B603
            [sys.executable, "-c", program, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process can be asked."""
        return self._process.poll() is None

    def ask(self, request: object, seconds: float) -> dict[str, Any]:
        """Send a request and wait for the reply.

        Raises:
            DocumentError: there is none within the time, or the process died.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(seconds, give_up)
        timer.start()
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:  # it is gone
            line = b""
        finally:
            timer.cancel()
            timer.join()
        if late.is_set():
            raise DocumentError(
                f"took longer than {seconds:g} s to read; raise max_file_seconds, or leave it out"
            )
        if not line.endswith(b"\n"):
            raise DocumentError(
                f"cannot be read: the process that read it ended ({_ending(self._process.wait())});"
                " leave it out, or save it in another format"
            )
        reply: dict[str, Any] = json.loads(line)
        return reply

    def end(self) -> None:
        """Kill the process and free what it holds here."""
        self._process.kill()
        self._process.communicate()


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


# Processes that wait for work. They are kept, because one takes a quarter of a second to start.
_idle: list[Child] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # they are the parent's: a pipe has two ends


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def _waiting() -> Child:
    try:
        while not (child := _idle.pop()).alive:  # something ended it since
            child.end()
    except IndexError:
        return Child()
    return child


def read_apart(path: Path, kind: str, reading: Reading) -> Document:
    """Read a file as `embeddings.formats.child.read` does, within the limits of `reading`.

    May be called from several threads at once; each call has a process for itself.

    Raises:
        DocumentError: the file gives no document, or not within its limits.
    """
    limits = {
        "max_file_bytes": reading.max_file_bytes,
        "max_file_seconds": reading.max_file_seconds,
        "max_file_memory_bytes": reading.max_file_memory_bytes,
        "max_file_pages": reading.max_file_pages,
        "ocr": reading.ocr,
    }
    child = _waiting()
    fit = False
    try:
        reply = child.ask(
            {"path": str(path), "kind": kind, "limits": limits}, reading.max_file_seconds
        )
        fit = not reply["large"]
    finally:
        if fit:
            _idle.append(child)
        else:
            child.end()
    if "error" in reply:
        raise DocumentError(reply["error"])
    return Document(
        id="",
        text=reply["text"],
        title=reply["title"],
        date=datetime.date.fromisoformat(reply["date"]) if reply["date"] else None,
        metadata=reply["metadata"],
        sections=tuple(Section(*section) for section in reply["sections"]),
        pages=tuple(reply["pages"]),
    )
