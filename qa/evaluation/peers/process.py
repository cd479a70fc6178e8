"""A system in a process of its own, which is asked over its standard input."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from embeddings import AssistantError
from qa.evaluation.peers.environment import PEERS

__all__ = ["Process", "System", "own", "peer"]

_PROGRAM = Path(__file__).with_name("program.py")
_OWN_PACKAGES = ("onnxruntime", "tokenizers", "faiss-cpu", "tantivy", "numpy")

_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}
"""Nothing is fetched and nothing sent while a system is measured."""
_SHOWN_LINES = 3


class System:
    """A way to start processes of one system."""

    def __init__(self, name: str, command: Sequence[str], *, packages: Sequence[str]) -> None:
        """Name a system, the command of its process without MODELS and FOLDER, and what it uses."""
        self.name = name
        self.packages = packages
        self._command = command

    def start(self, models: Path, folder: Path) -> Process:
        """Start a process over an index in a folder; what it says goes to a file beside that."""
        command = [*self._command, str(models), str(folder)]
        return Process(self.name, command, log=folder.with_name(f"{folder.name}.log"))


def own() -> System:
    """Give the assistant itself."""
    command = [sys.executable, "-m", "qa.evaluation.peers.program", "qa.evaluation.peers.own"]
    packages = [f"{name}=={importlib.metadata.version(name)}" for name in _OWN_PACKAGES]
    return System("own", command, packages=packages)


def peer(name: str, interpreter: Path) -> System:
    """Give one of the other systems, in its environment."""
    command = [str(interpreter), str(_PROGRAM), f"{name}_peer"]
    return System(name, command, packages=PEERS[name])


class Process:
    """A running process of a system: ended on leaving."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path) -> None:
        self._name = name
        self._log = log
        with log.open("wb") as written:
            # A command of this module's own making, without a shell.
            self._process = subprocess.Popen(  # nosec B603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=written,
                encoding="utf-8",
                env={**os.environ, **_ENVIRONMENT},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def do(self, what: str, **given: object) -> dict[str, Any]:
        """Have something done, as `program` says; wait for the reply.

        Raises:
            AssistantError: the process has ended.
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
            told = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
            last = " / ".join([each.strip() for each in told if each.strip()][-_SHOWN_LINES:])
            raise AssistantError(f"{self._name} failed at {what!r}, and said last: {last}")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def mebibytes(self) -> tuple[float, ...]:
        """Tell the memory that the process has, and the most it had; empty off Linux."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return ()
        found = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", status, flags=re.MULTILINE))
        return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024
