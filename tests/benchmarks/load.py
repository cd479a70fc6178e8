"""Load test of a running server: users ask at the same time while others change documents."""

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
from typing import Any

import numpy as np

from embeddings import SettingsError

__all__ = ["measure_load"]

TIMEOUT_SECONDS = 120
TENTHS = 10
OVERLOADED = frozenset({429, 503})
"""Statuses of an overloaded server, sent with a Retry-After header."""
PROCESS_METRICS = {
    "mebibytes": ("process_resident_memory_bytes", 2**20),
    "handles": ("process_open_fds", 1),
}


def measure_load(
    url: str,
    questions: Sequence[str],
    *,
    users: int,
    seconds: float,
    writers: int = 0,
    api_key: str | None = None,
) -> dict[str, Any]:
    """Send requests from several users at the same time, each one after the other.

    A refused request is repeated after the time in Retry-After. Writers add, update and remove a
    document in turn.

    Args:
        url: URL of a running server, such as http://127.0.0.1:7860.
        questions: asked in turn.
        users: number of users who ask.
        seconds: time during which requests are started.
        writers: number of users who change documents.
        api_key: key of the server, if it needs one.

    Returns:
        `questions` answered and `questions_per_second`; `p50_ms`, `p95_ms`, `p99_ms` and `max_ms`
        of an answer; `fewest_per_user` and `most_per_user`; `changes` of documents and
        `change_p95_ms`; `refused`, the number of refusals; `failed`, counts by status (0: no
        response); and `course`: for each tenth of the time `p95_ms`, and the lowest `mebibytes` of
        memory and `handles` (open files) of the server.

    Raises:
        SettingsError: there is no question, or no server at the URL.
    """
    if not questions:
        raise SettingsError("There are no questions to ask.")
    client = _Client(url, api_key)
    client.process_metrics()  # fails early without a server
    turns = itertools.cycle(questions)
    asking, changing = [_Log() for _ in range(users)], [_Log() for _ in range(writers)]
    began = time.monotonic()
    end = began + seconds
    threads = [threading.Thread(target=_ask, args=[client, turns, end, log]) for log in asking]
    threads += [
        threading.Thread(target=_change, args=[client, f"load-test/{number}", end, log])
        for number, log in enumerate(changing)
    ]
    for thread in threads:
        thread.start()
    edges = np.linspace(began, end, TENTHS + 1)
    course = [_lowest(client, first, until) for first, until in itertools.pairwise(edges)]
    for thread in threads:
        thread.join()
    passed = time.monotonic() - began
    answers = [answer for log in asking for answer in log.done]
    for row, (first, until) in zip(course, itertools.pairwise(edges), strict=True):
        row |= _percentiles([ms for at, ms in answers if first <= at < until], {"p95_ms": 95})
    changes = [milliseconds for log in changing for _, milliseconds in log.done]
    failed = sum((log.failed for log in asking + changing), Counter[int]())
    shares = {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99, "max_ms": 100}
    return {
        "questions": len(answers),
        "questions_per_second": len(answers) / passed,
        **_percentiles([milliseconds for _, milliseconds in answers], shares),
        "fewest_per_user": min(len(log.done) for log in asking),
        "most_per_user": max(len(log.done) for log in asking),
        "changes": len(changes),
        **_percentiles(changes, {"change_p95_ms": 95}),
        "refused": sum(log.refused for log in asking + changing),
        "failed": {str(status): times for status, times in sorted(failed.items())},
        "course": course,
    }


def _lowest(client: _Client, first: float, until: float) -> dict[str, float]:
    """Read the process metrics ten times until a time; return the lowest values.

    Memory and files that requests need for a moment come and go; what leaks stays.
    """
    seen = []
    for moment in np.linspace(first, until, 1 + TENTHS)[1:]:
        time.sleep(max(0.0, moment - time.monotonic()))
        seen.append(client.process_metrics())
    return {name: min(metrics[name] for metrics in seen) for name in seen[0]}


def _percentiles(milliseconds: Sequence[float], shares: Mapping[str, int]) -> dict[str, float]:
    if not milliseconds:
        return {}
    return {name: float(np.percentile(milliseconds, share)) for name, share in shares.items()}


class _Client:
    """Sends requests to the API."""

    def __init__(self, url: str, api_key: str | None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if api_key is not None:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def send(self, method: str, path: str, body: Mapping[str, str]) -> tuple[int, float | None]:
        """Send a request: its status (0 for no response) and the seconds in Retry-After."""
        data = json.dumps(body).encode() if body else None
        address = f"{self._url}/api/v1/{path}"
        request = urllib.request.Request(address, data, self._headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                response.read()
                return int(response.status), None
        except urllib.error.HTTPError as error:
            with error:
                retry_after = error.headers.get("Retry-After")
                return error.code, None if retry_after is None else float(retry_after)
        except OSError:
            return 0, None

    def process_metrics(self) -> dict[str, float]:
        """Read memory and open files of the server; empty where its system has no such metrics."""
        request = urllib.request.Request(f"{self._url}/metrics", headers=self._headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                text = response.read().decode()
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"No server answers at {self._url} ({error}): start one with `qa serve`."
            ) from error
        found = dict(re.findall(r"^(process_\w+) (\S+)$", text, flags=re.MULTILINE))
        return {
            name: float(found[metric]) / unit
            for name, (metric, unit) in PROCESS_METRICS.items()
            if metric in found
        }


@dataclass(slots=True)
class _Log:
    """The requests of one user."""

    done: list[tuple[float, float]] = field(default_factory=list)
    """Start time and milliseconds of each, repetitions included."""
    refused: int = 0
    failed: Counter[int] = field(default_factory=Counter)

    def send(self, client: _Client, method: str, path: str, **body: str) -> None:
        """Send a request until it is not refused."""
        began = time.monotonic()
        while True:
            status, retry_after = client.send(method, path, body)
            if status not in OVERLOADED or retry_after is None:
                break
            self.refused += 1
            time.sleep(retry_after)
        if status == 200:
            self.done.append((began, 1000 * (time.monotonic() - began)))
        else:
            self.failed[status] += 1


def _ask(client: _Client, questions: Iterator[str], end: float, log: _Log) -> None:
    while time.monotonic() < end:
        log.send(client, "POST", "ask", question=next(questions))


def _change(client: _Client, name: str, end: float, log: _Log) -> None:
    for number in itertools.count():
        if time.monotonic() >= end:
            return
        for verb in ("opened", "closed"):
            text = f"Exhibition {number} of {name} {verb} on Sunday. " * 20
            log.send(client, "POST", "documents", id=name, text=text)
        log.send(client, "DELETE", f"documents/{name}")
