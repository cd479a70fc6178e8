"""Logging to standard error as JSON lines or as text.

The log contains no questions, texts or names of documents, keys, or query strings of URLs. Values
from clients are escaped, so that they cannot forge log lines.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["json", "text"]

_TRUSTED = ("qa", "embeddings", "uvicorn")
"""Loggers whose messages contain no private data. The log level applies to them."""

_STANDARD_FIELDS = frozenset(
    {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"}
)


@contextmanager
def logging_to_stderr(form: Format, level: str) -> Iterator[None]:
    """Send the log messages and warnings of this process to standard error.

    `level` ("debug", "info", "warning" or "error") is for the loggers of this project. At "debug",
    the log has messages of other libraries and exceptions, which can quote questions.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(form, show_messages=level == "debug"))
    loggers = [logging.getLogger(name) for name in _TRUSTED]
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


class _Formatter(logging.Formatter):
    """Format a record as one line of JSON, or as a line of text with a traceback below it."""

    def __init__(self, form: Format, *, show_messages: bool) -> None:
        """Set whether messages of other libraries and of exceptions are shown."""
        super().__init__()
        self._form = form
        self._show_messages = show_messages

    def format(self, record: logging.LogRecord) -> str:
        fields = self._fields(record)
        if self._form == "json":
            return json.dumps(fields, default=str)
        trace = fields.pop("traceback", None)
        head = [str(fields.pop(name)) for name in ("time", "level", "logger", "message")]
        line = json.dumps(" ".join([*head, *(f"{name}={fields[name]}" for name in fields)]))[1:-1]
        return line if trace is None else f"{line}\n{trace}".rstrip("\n")

    def _fields(self, record: logging.LogRecord) -> dict[str, object]:
        is_shown = self._show_messages or record.name.partition(".")[0] in _TRUSTED
        hidden = f"(message of {record.module}, line {record.lineno}: shown at --log-level debug)"
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if is_shown else hidden,
        }
        fields |= {
            name: value
            for name, value in vars(record).items()
            # Ray adds fields with an underscore to all records.
            if name not in _STANDARD_FIELDS and not name.startswith("_")
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields["traceback"] = "".join(_traceback(record.exc_info[1], self._show_messages))
        return fields


def _traceback(error: BaseException, show_messages: bool) -> Iterator[str]:
    """Format a traceback, its causes first; messages of exceptions only with `show_messages`."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _traceback(cause, show_messages)
        yield "\nfollowed by:\n\n"
    for one in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _traceback(one, show_messages)
        yield "\nin a group:\n\n"
    yield from traceback.format_tb(error.__traceback__)
    kind = type(error)
    message = f": {error}" if show_messages else ""
    yield f"{kind.__module__}.{kind.__qualname__}{message}\n"
