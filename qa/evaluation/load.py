"""What a running server bears: many people asking at once, and others changing documents."""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from embeddings import SettingsError

__all__ = ["measure_load"]

_TIMEOUT_SECONDS = 120
_SLICES = 10

_REFUSING = frozenset({429, 503})
"""What a server says that has too much to do, together with when to come again."""

Measured: TypeAlias = dict[str, float | dict[str, int] | list[dict[str, float]]]


def measure_load(
    url: str,
    questions: Sequence[str],
    *,
    askers: int,
    seconds: float,
    writers: int = 0,
    key: str | None = None,
) -> Measured:
    """Have several people use a server at once, each doing one thing after the other.

    Who is refused because the server has too much to do comes again when it says. Writers add a
    document, update it and remove it again.

    Args:
        url: of a server that `qa serve` started, such as http://127.0.0.1:7860.
        questions: asked in turn, from the first again after the last.
        askers: how many ask at the same time.
        seconds: for how long they begin something new.
        writers: how many change documents at the same time.
        key: the server's key, if it wants one.

    Returns:
        `questions` answered, `questions_per_second`; `p50_ms`, `p95_ms`, `p99_ms` and `max_ms` of
        an answer; `least_per_asker` and `most_per_asker`, by which one sees whether waiting is
        fair; `changes` of documents, and `change_p95_ms`; `refused`, how often the server said to
        come again; `failed`, how often each other status came (0 for no response). `course` is
        what a tenth of the time was like: `p95_ms` of an answer in it, and the least that was seen
        of the server's `mebibytes` of memory and `handles` (open files), where it tells them: what
        a request needs while it lasts comes and goes, what is never let go of stays.

    Raises:
        SettingsError: there is no question, or no server at the URL.
    """
    if not questions:
        raise SettingsError("There is no question to ask: give one or more.")
    client = _Client(url, key)
    client.figures()  # there is a server
    turns = itertools.cycle(questions)
    asking = [_Work() for _ in range(askers)]
    changing = [_Work() for _ in range(writers)]
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=_ask, args=[client, turns, end, work]) for work in asking]
    threads += [
        threading.Thread(target=_change, args=[client, f"load-test/{number}", end, work])
        for number, work in enumerate(changing)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    course = []
    for first, until in _slices(began, seconds):
        seen = []
        for _, then in _slices(first, until - first):
            time.sleep(max(0.0, then - time.monotonic()))
            seen.append(client.figures())
        course.append({name: min(figures[name] for figures in seen) for name in seen[0]})
    for thread in threads:
        thread.join()
    passed = time.monotonic() - began
    answers = [answer for work in asking for answer in work.done]
    for figures, (first, until) in zip(course, _slices(began, seconds), strict=True):
        within = [milliseconds for at, milliseconds in answers if first <= at < until]
        figures |= _percentiles(within, {"p95_ms": 95})
    everyone = asking + changing
    failed = sum((work.failed for work in everyone), Counter[int]())
    changes = [milliseconds for work in changing for _, milliseconds in work.done]
    measured: Measured = {
        "questions": float(len(answers)),
        "questions_per_second": len(answers) / passed,
        "least_per_asker": float(min(len(work.done) for work in asking)),
        "most_per_asker": float(max(len(work.done) for work in asking)),
        "changes": float(len(changes)),
        "refused": float(sum(work.refused for work in everyone)),
        "failed": {str(status): times for status, times in sorted(failed.items())},
        "course": course,
    }
    waited = [milliseconds for _, milliseconds in answers]
    shares = {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99, "max_ms": 100}
    return measured | _percentiles(waited, shares) | _percentiles(changes, {"change_p95_ms": 95})


def _slices(began: float, seconds: float) -> list[tuple[float, float]]:
    """Cut the time into tenths: (from, until)."""
    length = seconds / _SLICES
    return [(began + length * part, began + length * (part + 1)) for part in range(_SLICES)]


def _percentiles(milliseconds: Sequence[float], shares: Mapping[str, int]) -> dict[str, float]:
    if not milliseconds:
        return {}
    return {name: float(np.percentile(milliseconds, share)) for name, share in shares.items()}


class _Client:
    """Sends requests to the API."""

    def __init__(self, url: str, key: str | None) -> None:
        self._url = url
        self._headers = {"Content-Type": "application/json"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"

    def send(self, method: str, path: str, body: Mapping[str, str]) -> tuple[int, float | None]:
        """Send a request; its status (0 for no response) and after how many seconds to return."""
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(
            f"{self._url}/api/v1/{path}", data, self._headers, method=method
        )
        try:
            # The address is the user's own.
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # nosec B310
                response.read()
                return int(response.status), None
        except urllib.error.HTTPError as error:
            with error:
                again = error.headers.get("Retry-After")
                return error.code, None if again is None else float(again)
        except OSError:
            return 0, None

    def figures(self) -> dict[str, float]:
        """Read the server's `mebibytes` and `handles`; empty where its system does not tell."""
        try:
            request = urllib.request.Request(f"{self._url}/metrics", headers=self._headers)
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # nosec B310
                text = response.read().decode()
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"No server answers at {self._url} ({error}): start one with `qa serve`, or name "
                "it with --url."
            ) from error
        found = dict(re.findall(r"^(process_\w+) (\S+)$", text, flags=re.MULTILINE))
        wanted = {
            "mebibytes": ("process_resident_memory_bytes", 2**20),
            "handles": ("process_open_fds", 1),
        }
        return {
            name: float(found[figure]) / unit
            for name, (figure, unit) in wanted.items()
            if figure in found
        }


@dataclass(slots=True)
class _Work:
    """What one of them did."""

    done: list[tuple[float, float]] = field(default_factory=list)
    """When it began, and the milliseconds it took with all coming again."""
    refused: int = 0
    failed: Counter[int] = field(default_factory=Counter)

    def do(self, client: _Client, method: str, path: str, **body: str) -> None:
        """Send a request until it is not refused."""
        began = time.monotonic()
        while True:
            status, again = client.send(method, path, body)
            if status not in _REFUSING or again is None:
                break
            self.refused += 1
            time.sleep(again)
        if status == 200:
            self.done.append((began, 1000 * (time.monotonic() - began)))
        else:
            self.failed[status] += 1


def _ask(client: _Client, questions: Iterator[str], end: float, work: _Work) -> None:
    while time.monotonic() < end:
        work.do(client, "POST", "ask", question=next(questions))


def _change(client: _Client, name: str, end: float, work: _Work) -> None:
    for number in itertools.count():
        if time.monotonic() >= end:
            return
        for verb in ("opened", "closed"):
            text = f"The {number}th exhibition of {name} {verb} on Sunday. " * 20
            work.do(client, "POST", "documents", id=name, text=text)
        work.do(client, "DELETE", f"documents/{name}")
