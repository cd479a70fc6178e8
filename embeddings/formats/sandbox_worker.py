"""The program of a process that reads files for another one, which can give it up.

A request a line comes in, a reply a line goes out, both JSON; it ends when no more can come.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from pathlib import Path

from embeddings.errors import DocumentError
from embeddings.formats.error_messages import reason
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document

__all__ = ["main", "read"]

_GRACE_SECONDS = 5
_LARGE_BYTES = 300_000_000


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is told too, and decides
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no reply
    for line in sys.stdin.buffer:
        request = json.loads(line)
        reading = ParseOptions(**request["limits"])
        _end_after(reading.max_file_seconds + _GRACE_SECONDS)
        _limit_memory(reading.max_file_memory_bytes)
        reply = _reply(Path(request["path"]), request["kind"], reading) | {"large": _is_large()}
        # Texts can hold half surrogate pairs.
        replies.write(json.dumps(reply, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        replies.write(b"\n")
        replies.flush()
        _end_after(0)


def _end_after(seconds: float) -> None:
    """End this process later even if nobody is left to do so; 0 calls it off."""
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(math.ceil(seconds))


def _limit_memory(limit: int) -> None:
    """Bound the address space, where the system can."""
    try:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ImportError, ValueError, OSError):
        pass


def _is_large() -> bool:
    """Tell whether this process has grown so much that a new one should read the next file."""
    try:
        import resource
    except ImportError:
        return False
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit > _LARGE_BYTES


def _reply(path: Path, kind: str, reading: ParseOptions) -> dict[str, object]:
    try:
        document = read(path, kind, reading)
    except DocumentError as error:
        return {"error": str(error)}
    # The formats' libraries raise nearly anything on files that are damaged on purpose.
    except Exception as error:
        return {"error": f"cannot be read: {reason(error)}"}
    return {
        "text": document.text,
        "title": document.title,
        "date": document.date.isoformat() if document.date is not None else None,
        "metadata": dict(document.metadata),
        "sections": [(one.heading, one.level, one.start) for one in document.sections],
        "pages": document.pages,
    }


# The libraries take long to import; each is loaded when its first file comes.
def read(path: Path, kind: str, reading: ParseOptions) -> Document:
    """Read a file of a kind that a library parses: "Markdown", "HTML", "PDF" or "Word".

    Raises:
        DocumentError: it gives no document.
    """
    match kind:
        case "Markdown":
            from embeddings.formats import markdown

            return markdown.read(path)
        case "HTML":
            from embeddings.formats import html

            return html.read(path)
        case "PDF":
            from embeddings.formats import pdf

            return pdf.read(path, reading)
        case _:
            from embeddings.formats import word

            return word.read(path, reading.max_file_bytes)
