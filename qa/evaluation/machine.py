"""What a measurement was made with: the machine and the commit."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

__all__ = ["commit", "machine"]

_FLAGS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8")
"""What 8-bit products are fast by."""


def machine() -> dict[str, object]:
    """Describe the machine: its processor and what that can do, as far as the system tells."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        told = ""
    name = re.search(r"^model name\s*: (.*)$", told, flags=re.MULTILINE)
    flags = re.search(r"^flags\s*: (.*)$", told, flags=re.MULTILINE)
    known = flags[1].split() if flags else []
    return {
        "processor": name[1] if name else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "flags": [flag for flag in _FLAGS if flag in known],
        "system": platform.system(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def commit() -> str | None:
    """Name the commit that this code is of, with "-dirty" after changes; None outside of Git."""
    folder = Path(__file__).parents[2]
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude", "*"]
    try:
        # A command without a shell, of nothing that anybody gave.
        told = subprocess.run(command, check=True, capture_output=True, text=True)  # nosec B603
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()
