"""Prometheus metrics of the server."""

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

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The metrics of one server."""

    def __init__(self, pending: Callable[[], float]) -> None:
        """Create the metrics; `pending` returns how many requests are running or queued."""
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._requests = Counter(
            "qa_requests",
            "Requests served, by method, route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._request_seconds = Histogram(
            "qa_request_seconds",
            "Seconds from a request to the end of its response, by route.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._questions = Counter(
            "qa_questions",
            "Questions asked, by whether they were answered.",
            ["answered"],
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "qa_question_seconds",
            "Seconds a question took, by stage.",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        work = Gauge("qa_work", "Requests that are running or queued.", registry=registry)
        work.set_function(pending)

    def record_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def record_reply(self, reply: Reply) -> None:
        """Count a question and the time of its stages."""
        self._questions.labels("yes" if reply.answer is not None else "no").inc()
        for stage, seconds in reply.seconds.items():
            self._stage_seconds.labels(stage).observe(seconds)

    def to_text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)
