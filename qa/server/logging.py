"""What the server says of itself: a line of JSON for each event, or of words for people.

No line holds a question, a document's text or name, a key, or what stands behind a `?` of an
address. What anyone may make up is escaped, so that nobody writes lines of their own.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal, TypeAlias

from starlette.types import Scope

__all__ = ["Format", "RequestLog", "logging_to_stderr"]

Format: TypeAlias = Literal["json", "text"]

_OURS = ("qa", "embeddings", "uvicorn")
"""Loggers whose words are known to quote nobody, and which the level is for."""

_QUIET_SECONDS = 60.0
"""Refused keys are told no more often: who tries many must not fill the disk."""

_NO_FIELDS = frozenset(
    {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"}
)


@contextmanager
def logging_to_stderr(form: Format, level: str) -> Iterator[None]:
    """Send every log of this process, and its warnings, to standard error, until the end.

    Args:
        form: "json" for programs, "text" for people.
        level: of this project's loggers: "debug", "info", "warning" or "error". At "debug" other
            libraries and exceptions are quoted, who may quote questions themselves.
    """
    handler = logging.StreamHandler(sys.stderr)
    formatter = _Json if form == "json" else _Text
    handler.setFormatter(formatter(quoting=level == "debug"))
    loggers = [logging.getLogger(name) for name in _OURS]
    before = [logger.level for logger in loggers]
    root = logging.getLogger()
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(level.upper())
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for logger, old in zip(loggers, before, strict=True):
            logger.setLevel(old)
        root.removeHandler(handler)


class _Json(logging.Formatter):
    """A record as an object in one line."""

    def __init__(self, *, quoting: bool) -> None:
        super().__init__()
        self._quoting = quoting

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self._told(record), default=str)

    def _told(self, record: logging.LogRecord) -> dict[str, object]:
        """Gather what is told: time, level, logger and message, then what is special to it."""
        known = self._quoting or record.name.partition(".")[0] in _OURS
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if known else _hidden(record),
        }
        told |= {
            name: value
            for name, value in vars(record).items()
            # Ray, once imported, marks everybody's records for itself.
            if name not in _NO_FIELDS and not name.startswith("_")
        }
        if record.exc_info and record.exc_info[1] is not None:
            told["traceback"] = "".join(_traceback(record.exc_info[1], self._quoting))
        return told


class _Text(_Json):
    """A record as a line for people, with a traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        told = self._told(record)
        trace = told.pop("traceback", None)
        head = [str(told.pop(name)) for name in ("time", "level", "logger", "message")]
        fields = [f"{name}={value}" for name, value in told.items()]
        line = json.dumps(" ".join([*head, *fields]))[1:-1]
        return line if trace is None else f"{line}\n{trace}".rstrip("\n")


def _hidden(record: logging.LogRecord) -> str:
    return f"(words of {record.module}, line {record.lineno}: shown at --log-level debug)"


def _traceback(error: BaseException, quoting: bool) -> Iterator[str]:
    """Write where an error came from, the first cause first; its own words only if `quoting`."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _traceback(before, quoting)
        yield "\nand then:\n\n"
    for one in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _traceback(one, quoting)
        yield "\nin a group:\n\n"
    yield from traceback.format_tb(error.__traceback__)
    kind = type(error)
    words = f": {error}" if quoting else ""
    yield f"{kind.__module__}.{kind.__qualname__}{words}\n"


class RequestLog:
    """Tells of each request when it is done."""

    def __init__(self) -> None:
        self._log = logging.getLogger("qa.server.requests")
        self._entry = threading.Lock()
        self._refused = 0
        self._told_at = -_QUIET_SECONDS

    def served(
        self,
        scope: Scope,
        request_id: str,
        *,
        method: str,
        route: str,
        status: int,
        seconds: float,
    ) -> None:
        """Tell of a request: failures of the server as warnings, others as information.

        Args:
            scope: the request (ASGI).
            request_id: what the response was called.
            method: of HTTP, or a word for all that are not.
            route: without what varies in it.
            status: of the response; 0 when who asked was gone before there was one.
            seconds: from the request to the end of its response.
        """
        state = scope.get("state", {})
        fields = {
            "request_id": request_id,
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
        }
        if "error_code" in state:
            fields["error"] = state["error_code"]
        failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        level = logging.WARNING if failed else logging.INFO
        self._log.log(level, "request", extra=fields)
        if status == HTTPStatus.UNAUTHORIZED and _has_key(scope["headers"]):
            self._refuse(scope)

    def _refuse(self, scope: Scope) -> None:
        """Count a wrong key, and tell of it unless that was done just now."""
        with self._entry:
            self._refused += 1
            if time.monotonic() - self._told_at < _QUIET_SECONDS:
                return
            self._told_at = time.monotonic()
            count, self._refused = self._refused, 0
        client = scope.get("client")
        address = client[0] if client else None
        self._log.warning("keys were refused", extra={"count": count, "last_address": address})


def _has_key(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name in (b"authorization", b"x-api-key") for name, _ in headers)
