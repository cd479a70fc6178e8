"""The program of the sandbox process: parses files for another process, which can stop it.

Reads one request per line and writes one reply per line, all in JSON: `{"document": ...}` for each
document, or `{"image": ..., "highlight": ...}` for a page, or `{"image": null}`; then
`{"error": ...}` or `{"done": true}`. Ends when standard input ends.
"""

import base64
import json
import math
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from embeddings.errors import failure
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import Fields
from embeddings.formats.registry import parse

_GRACE_SECONDS = 5
_LARGE_BYTES = 300_000_000


def main() -> None:
    """Serve requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not look like a reply
    for line in sys.stdin.buffer:
        request = json.loads(line)
        options = ParseOptions(**{**request["options"], "fields": Fields(**request["fields"])})
        _limit_memory(options.max_file_memory_bytes)
        _end_after(options.max_file_seconds + _GRACE_SECONDS)
        for reply in _replies(request, options):
            # Texts can contain half surrogate pairs.
            line = json.dumps(reply, ensure_ascii=False, default=str)  # `str` for dates
            output.write(line.encode("utf-8", "surrogatepass") + b"\n")
            output.flush()
            _end_after(options.max_file_seconds + _GRACE_SECONDS)  # for the next document
        _end_after(0)


def _end_after(seconds: float) -> None:
    """End this process after some seconds, in case the parent is gone; 0 cancels it."""
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(math.ceil(seconds))


def _limit_memory(limit: int) -> None:
    """Limit the address space where the system supports it."""
    try:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ImportError, ValueError, OSError):
        pass


def _is_large() -> bool:
    """Return whether this process has grown so much that a new one should parse the next file."""
    try:
        # `ru_maxrss` starts at the size of the parent process, so it cannot be used.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 > _LARGE_BYTES
    except OSError:  # not Linux
        return False


def _replies(request: dict[str, Any], options: ParseOptions) -> Iterator[dict[str, object]]:
    path = Path(request["path"])
    try:
        if "page" in request:
            yield _page(path, request)
        else:
            for document in parse(path, options):
                yield {"document": asdict(document)}
    except Exception as error:
        yield {"error": failure(error), "kind": type(error).__name__, "is_large": _is_large()}
    else:
        yield {"done": True, "is_large": _is_large()}


def _page(path: Path, request: dict[str, Any]) -> dict[str, object]:
    from embeddings.formats.pdf import render_page

    page = render_page(path, request["page"], request["quotation"], request["position"])
    if page is None:
        return {"image": None}
    return {"image": base64.b64encode(page.png).decode(), "highlight": page.highlight}
