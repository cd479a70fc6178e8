"""The systems that there are to compare with, and an environment of its own for each."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from embeddings import AssistantError

__all__ = ["PEERS", "cache", "environment"]

_TORCH = ("torch==2.13.0", "transformers==5.24.0")
PEERS: Mapping[str, tuple[str, ...]] = {
    "haystack": (
        *_TORCH,
        "haystack-ai==3.4.1",
        "sentence-transformers==6.2.0",
        "sentence-transformers-haystack==2.0.0",
        "transformers-haystack==2.0.0",
    ),
    "txtai": (*_TORCH, "faiss-cpu==1.15.1", "txtai==9.14.0"),
}
"""Of each system what pip installs; its module is called after it, `haystack_peer`."""

_MADE = "made"
"""A file in an environment that holds all it is to hold."""


def cache() -> Path:
    """Name the folder that environments lie in, below the user's cache folder."""
    given = os.environ.get("XDG_CACHE_HOME")
    return Path(given or Path.home() / ".cache") / "document-qa-assistant" / "peers"


def environment(
    name: str,
    requirements: Sequence[str],
    *,
    say: Callable[[str], object],
    python: Sequence[str] = (sys.executable,),
) -> Path:
    """Give the Python of a virtual environment with these requirements, made if it is not there.

    Args:
        name: what it is called; other requirements, another folder.
        requirements: as pip takes them.
        say: is told what takes minutes.
        python: the command that makes it.

    Raises:
        AssistantError: it cannot be made.
    """
    digest = hashlib.sha256("\n".join(requirements).encode()).hexdigest()[:12]
    folder = cache() / f"{name}-{digest}"
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if (folder / _MADE).is_file():
            return interpreter
        say(f"Making an environment for {name} in {folder}: some minutes, about 1.5 GB.")
        # One that was broken off is begun anew.
        shutil.rmtree(folder, ignore_errors=True)
        for command in (
            [*python, "-m", "venv", str(folder)],
            [str(interpreter), "-m", "pip", "install", *requirements],
        ):
            try:
                # What pip says is shown as it comes, on standard error.
                subprocess.run(command, check=True, stdout=2)  # nosec B603
            except (OSError, subprocess.CalledProcessError) as error:
                raise AssistantError(
                    f"The environment for {name} could not be made in {folder}: {error}. See "
                    "above what failed; pip needs a connection to a package index and 3 GB of disk."
                ) from error
        (folder / _MADE).touch()
    return interpreter
