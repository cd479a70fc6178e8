"""Systems to compare with: their environments and their processes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

__all__ = ["PEERS", "Process", "System", "own", "peer"]

TORCH = ("torch==2.13.0", "transformers==5.24.0")
PEERS: Mapping[str, tuple[str, ...]] = {
    "haystack": (
        *TORCH,
        "haystack-ai==3.4.1",
        "sentence-transformers==6.2.0",
        "sentence-transformers-haystack==2.0.0",
        "transformers-haystack==2.0.0",
    ),
    "txtai": (*TORCH, "faiss-cpu==1.15.1", "txtai==9.14.0"),
}
"""Requirements of each system."""
WORKER = Path(__file__).with_name("worker.py")
OFFLINE = {"HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}
DONE = "installed"
"""A file in a complete environment."""


class System:
    """A system and the command that starts its worker."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._command = command

    def start(self, models: Path, folder: Path) -> Process:
        """Start a process for an index in a folder; its log is written next to the folder."""
        command = [*self._command, str(models), str(folder)]
        return Process(self.name, command, log=folder.with_name(f"{folder.name}.log"))


def own() -> System:
    """Return this project."""
    module = "tests.benchmarks.peers.own_system"
    return System("own", [sys.executable, "-m", "tests.benchmarks.peers.worker", module])


def peer(name: str, *, report: Callable[[str], object]) -> System:
    """Return another system. The first time, its environment of 1.5 GB is installed.

    It is put into `document-qa-assistant/peers` in `$XDG_CACHE_HOME` or `~/.cache`.
    """
    digest = hashlib.sha256("\n".join(PEERS[name]).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "document-qa-assistant" / "peers" / f"{name}-{digest}"
    python = folder / "bin" / "python"
    if not (folder / DONE).is_file():
        report(f"Installing {name} in {folder} (1.5 GB, some minutes).")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", *PEERS[name]], check=True, stdout=2)
        (folder / DONE).touch()
    return System(name, [str(python), str(WORKER), f"{name}_system"])


class Process:
    """A running worker; killed when the context ends."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path) -> None:
        self._name = name
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                env={**os.environ, **OFFLINE},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def request(self, what: str, **given: object) -> dict[str, Any]:
        """Send a request to the worker and wait for the reply.

        Raises:
            RuntimeError: the process has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"do": what, **given}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._process.wait()
            errors = self._log.read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"{self._name} failed at {what!r}:\n{errors[-2000:]}")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def mebibytes(self) -> dict[str, float]:
        """Return the current and the highest memory (Linux only)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        found = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", status, flags=re.MULTILINE))
        return {
            "now": int(found["VmRSS"]) / 1024,
            "peak": int(found["VmHWM"]) / 1024,
        }
