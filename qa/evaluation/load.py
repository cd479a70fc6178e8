"""What a running server bears: many people asking at once."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from itertools import count

import numpy as np

from embeddings import SettingsError

__all__ = ["measure_load"]

_TIMEOUT_SECONDS = 120


def measure_load(
    url: str,
    questions: Sequence[str],
    *,
    askers: int,
    seconds: float,
    key: str | None = None,
) -> dict[str, float | dict[str, int]]:
    """Have several people ask a server at once, each one question after the other.

    Args:
        url: of a server that `qa serve` started, such as http://127.0.0.1:7860.
        questions: asked in turn, from the first again after the last.
        askers: how many ask at the same time.
        seconds: for how long they begin new questions.
        key: the server's key, if it wants one.

    Returns:
        `questions` answered, `questions_per_second`; `p50_ms`, `p95_ms`, `p99_ms` and `max_ms` of
        an answer; `least_per_asker` and `most_per_asker`, by which one sees whether waiting is
        fair; `failed`, how often each status other than 200 came (0 for no response);
        `before_mebibytes` and `after_mebibytes`, the server's memory, where it tells it.

    Raises:
        SettingsError: there is no question, or no server at the URL.
    """
    if not questions:
        raise SettingsError("There is no question to ask: give one or more.")
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    before = _mebibytes(url, headers)
    numbers = count()
    taken: list[list[float]] = [[] for _ in range(askers)]
    failed = Counter[int]()
    end = time.monotonic() + seconds

    def ask(own: list[float]) -> None:
        while time.monotonic() < end:
            question = questions[next(numbers) % len(questions)]
            began = time.monotonic()
            status = _ask(url, question, headers)
            if status == 200:
                own.append(1000 * (time.monotonic() - began))
            else:
                failed[status] += 1

    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(own,)) for own in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    passed = time.monotonic() - began
    waited = [each for own in taken for each in own]
    measured: dict[str, float | dict[str, int]] = {
        "questions": float(len(waited)),
        "questions_per_second": len(waited) / passed,
        "least_per_asker": float(min(len(own) for own in taken)),
        "most_per_asker": float(max(len(own) for own in taken)),
        "failed": {str(status): times for status, times in sorted(failed.items())},
    }
    return measured | _waiting(waited) | _memory(before, _mebibytes(url, headers))


def _waiting(milliseconds: Sequence[float]) -> dict[str, float]:
    if not milliseconds:
        return {}
    names = {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99, "max_ms": 100}
    return {name: float(np.percentile(milliseconds, part)) for name, part in names.items()}


def _memory(before: float | None, after: float | None) -> dict[str, float]:
    if before is None or after is None:
        return {}
    return {"before_mebibytes": before, "after_mebibytes": after}


def _ask(url: str, question: str, headers: dict[str, str]) -> int:
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(f"{url}/api/v1/ask", body, headers)
    try:
        # The address is the user's own.
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # nosec B310
            response.read()
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _mebibytes(url: str, headers: dict[str, str]) -> float | None:
    """Ask the server how much memory it holds; None on systems where it does not know."""
    try:
        request = urllib.request.Request(f"{url}/metrics", headers=headers)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # nosec B310
            text = response.read().decode()
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"No server answers at {url} ({error}): start one with `qa serve`, or name it with "
            "--url."
        ) from error
    found = re.search(r"^process_resident_memory_bytes (\S+)", text, flags=re.MULTILINE)
    return None if found is None else float(found[1]) / 2**20
