"""What the server counts, in Prometheus's form."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from qa.types import Reply

__all__ = ["Metrics"]

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The figures of one server."""

    def __init__(self, waiting: Callable[[], float]) -> None:
        """Begin to count.

        Args:
            waiting: how much work is being done or waiting now.
        """
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._requests = Counter(
            "qa_requests",
            "Requests served, by method, route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "qa_request_seconds",
            "Seconds from a request to the end of its response, by route.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._questions = Counter(
            "qa_questions",
            "Questions asked, by whether they were answered.",
            ["answered"],
            registry=self._registry,
        )
        self._stages = Histogram(
            "qa_question_seconds",
            "Seconds a question took, by stage.",
            ["stage"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        Gauge(
            "qa_work", "Requests being worked on or waiting.", registry=self._registry
        ).set_function(waiting)

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def replied(self, reply: Reply) -> None:
        """Count a question."""
        self._questions.labels("yes" if reply.answer is not None else "no").inc()
        for stage, seconds in reply.seconds.items():
            self._stages.labels(stage).observe(seconds)

    def text(self) -> bytes:
        """Write all figures in the text form."""
        return generate_latest(self._registry)
