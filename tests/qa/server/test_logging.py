import json
import logging
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from embeddings import IndexStorageError
from qa import Assistant
from qa.server.keys import Keys
from qa.server.logging import logging_to_stderr

QUESTION = "Who bought the mill of Zebedee?"
SECRET = "open sesame"

Lines = Callable[[], list[dict]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def crash(*_: object, **__: object) -> None:
    try:
        raise ValueError(QUESTION)
    except ValueError as error:
        raise RuntimeError(f"about {QUESTION}") from error


def test_request_is_logged_as_json_without_private_data(
    connect: Callable[..., TestClient], lines: Lines
) -> None:
    client = connect(keys=Keys.of([SECRET]))
    headers = {"X-API-Key": SECRET, "X-Request-ID": "mine"}
    with logging_to_stderr("json", "info"):
        client.post("/api/v1/ask", json={"question": QUESTION}, headers=headers)
        client.get("/api/v1/search", params={"question": QUESTION}, headers=headers)
        client.get("/api/v1/documents/zebedee.txt", headers=headers)
        client.post("/api/v1/ask", json={"question": " "}, headers=headers)
    entries = lines()
    assert not any(word in json.dumps(entries).lower() for word in ("zebedee", "sesame"))
    assert [
        (line["method"], line["route"], line["status"], line.get("error")) for line in entries
    ] == [
        ("POST", "/api/v1/ask", 200, None),
        ("GET", "/api/v1/search", 200, None),
        ("GET", "/api/v1/documents/{document_id:path}", 404, "no_such_document"),
        ("POST", "/api/v1/ask", 422, entries[3]["error"]),
    ]
    assert entries[3]["error"] in ("invalid_request", "question_refused")
    first = entries[0]
    assert set(first) == {
        *("time", "level", "logger", "message"),
        *("request_id", "method", "route", "status", "milliseconds"),
    }
    assert (first["level"], first["message"], first["request_id"]) == ("info", "request", "mine")
    assert 0 < first["milliseconds"] < 60_000
    assert datetime.fromisoformat(first["time"]).utcoffset() == timedelta(0)


def test_crash_is_logged_with_traceback_without_messages(
    client: TestClient, assistant: Assistant, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "ask", crash)
    with logging_to_stderr("json", "warning"):
        identity = client.post("/api/v1/ask", json={"question": QUESTION}).headers["X-Request-ID"]
    failure, request = lines()
    assert (failure["level"], failure["message"]) == ("error", "request failed")
    assert failure["request_id"] == request["request_id"] == identity
    assert (request["level"], request["status"], request["error"]) == ("warning", 500, "failed")
    trace = failure["traceback"].splitlines()
    kinds = [line for line in trace if line.startswith("builtins.")]
    assert kinds == ["builtins.ValueError", "builtins.RuntimeError"]
    assert any("test_logging.py" in line and "in crash" in line for line in trace)
    assert QUESTION not in json.dumps(failure)


def test_messages_of_other_libraries_are_logged_at_debug_only(lines: Lines) -> None:
    def happen() -> None:
        logging.getLogger("some.library").warning(f"cannot read {QUESTION}")
        try:
            raise ExceptionGroup(QUESTION, [OSError(QUESTION)])
        except ExceptionGroup:
            logging.getLogger("qa.server").exception("failed")

    with logging_to_stderr("json", "info"):
        happen()
    library, failure = lines()
    assert QUESTION not in json.dumps([library, failure])
    assert "message of test_logging, line" in library["message"]
    assert "builtins.OSError\n" in failure["traceback"]
    with logging_to_stderr("json", "debug"):
        happen()
    library, failure = lines()
    assert library["message"] == f"cannot read {QUESTION}"
    assert f"builtins.OSError: {QUESTION}\n" in failure["traceback"]


def test_log_lines_cannot_be_forged(capsys: pytest.CaptureFixture[str]) -> None:
    evil = 'a"\n{"level": "error"}\r\x1b[2J\u2028'
    for form in ("json", "text"):
        with logging_to_stderr(form, "info"):
            logging.getLogger("qa").info("from %s", evil, extra={"name_given": evil})
        entries = capsys.readouterr().err
        assert len(entries.splitlines()) == 1
        assert entries.isascii()
        assert "\x1b" not in entries


def test_text_format_has_the_traceback_below_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr("text", "info"):
        logging.getLogger("qa").info("serving", extra={"port": 7860})
        try:
            raise RuntimeError(QUESTION)
        except RuntimeError:
            logging.getLogger("qa").exception("request failed")
    first, second, *trace = capsys.readouterr().err.splitlines()
    assert first.endswith("+00:00 info qa serving port=7860")
    assert second.endswith("error qa request failed")
    assert trace[-1] == "builtins.RuntimeError"


def test_warnings_are_logged_and_logging_is_restored(lines: Lines) -> None:
    before = logging.getLogger("qa").level, list(logging.getLogger().handlers)
    with logging_to_stderr("json", "info"), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("this is old", stacklevel=1)
    assert [line["logger"] for line in lines()] == ["py.warnings"]
    assert (logging.getLogger("qa").level, list(logging.getLogger().handlers)) == before


def test_index_error_is_logged(
    client: TestClient, assistant: Assistant, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise IndexStorageError("/index: the disk is full")

    monkeypatch.setattr(assistant, "ask", full)
    with logging_to_stderr("json", "warning"):
        client.post("/api/v1/ask", json={"question": QUESTION})
    failure, request = lines()
    assert (failure["message"], failure["reason"]) == (
        "index error",
        "/index: the disk is full",
    )
    assert (request["status"], request["error"]) == (507, "index_not_writable")


def test_index_changes_are_logged_as_counts(client: TestClient, lines: Lines) -> None:
    with logging_to_stderr("json", "info"):
        client.post("/api/v1/documents", json={"id": "secret.txt", "text": "The ferry waited."})
        client.delete("/api/v1/documents/secret.txt")
    entries = [line for line in lines() if line["message"] == "the documents changed"]
    assert [(line["added"], line["updated"], line["removed"]) for line in entries] == [
        (1, 0, 0),
        (0, 0, 1),
    ]
    assert "secret.txt" not in json.dumps(entries)
