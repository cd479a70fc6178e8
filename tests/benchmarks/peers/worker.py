"""Process of one system: reads JSON lines from standard input and answers each with one.

Started as `worker.py MODULE MODELS FOLDER`. It imports nothing of this project and runs in any
environment. MODULE is one of the `*_system` modules, with two functions:

- `indexer(models, folder)` loads the models and returns a function that indexes texts;
- `opened(models, folder)` opens the index and returns a function from a question to an object:
  "given" is the answer that users see, None for no answer; "best" the first answer whatever its
  score.

Requests are `{"do": "index", "texts": [...]}`, `{"do": "open"}`, both answered with `seconds`, and
`{"do": "ask", "question": ...}`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Answer requests until standard input ends."""
    # Libraries may print to standard output: replies go to a copy of it.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module, *folders = sys.argv[1:]
    models, folder = map(Path, folders)
    system = importlib.import_module(module)
    ask = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "ask":
            reply = ask(request["question"])
        elif request["do"] == "open":
            began = time.perf_counter()
            ask = system.opened(models, folder)
            reply = {"seconds": time.perf_counter() - began}
        else:
            add = system.indexer(models, folder)
            began = time.perf_counter()
            add(request["texts"])
            reply = {"seconds": time.perf_counter() - began}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
