"""What runs in a system's own process: it reads JSON lines and answers each with one.

It is started as `program.py MODULE MODELS FOLDER`, and imports nothing of this project, so that it
runs in any environment. It answers

- `{"do": "index", "texts": [...]}` with the `seconds` of indexing, the models being there;
- `{"do": "open"}` with the `seconds` of opening, the module being there;
- `{"do": "ask", "question": ...}` with what the module's function says.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path

__all__: list[str] = []


def _main() -> None:
    # Libraries print what they like to standard output; the replies go there by a way of their own.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    name, *places = sys.argv[1:]
    models, folder = map(Path, places)
    system = importlib.import_module(name)
    ask = None
    for line in sys.stdin:
        wanted = json.loads(line)
        if wanted["do"] == "ask":
            reply = ask(wanted["question"])  # type: ignore[misc]  # it has been opened
        elif wanted["do"] == "open":
            began = time.perf_counter()
            ask = system.opened(models, folder)
            reply = {"seconds": time.perf_counter() - began}
        else:
            index = system.indexer(models, folder)
            began = time.perf_counter()
            index(wanted["texts"])
            reply = {"seconds": time.perf_counter() - began}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    _main()
