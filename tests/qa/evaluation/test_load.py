import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from embeddings import SettingsError
from qa.evaluation.load import measure_load

MEBIBYTE = 2**20


class Handler(BaseHTTPRequestHandler):
    """Answers after 10 ms, refuses the question "No?", and grows by a mebibyte a look."""

    seen: ClassVar[list[tuple[str, str | None]]]
    looks: ClassVar[int]

    def do_GET(self) -> None:
        type(self).looks += 1
        self.reply(200, f"process_resident_memory_bytes {self.looks * MEBIBYTE}.0\n")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((body["question"], self.headers["Authorization"]))
        time.sleep(0.01)
        self.reply(503 if body["question"] == "No?" else 200, "{}")

    def reply(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Handler]]]:
    class Own(Handler):
        seen: ClassVar[list[tuple[str, str | None]]] = []
        looks: ClassVar[int] = 0

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", Own
        running.shutdown()
        thread.join()


def test_askers_ask_at_once_and_what_is_refused_is_counted(
    server: tuple[str, type[Handler]],
) -> None:
    url, handler = server
    measured = measure_load(url, ["Who?", "No?"], askers=3, seconds=0.5, key="secret")
    asked = [question for question, _ in handler.seen]
    assert measured["questions"] == asked.count("Who?") > 3
    assert measured["failed"] == {"503": asked.count("No?")}
    assert {key for _, key in handler.seen} == {"Bearer secret"}
    assert 10 <= measured["p50_ms"] <= measured["p95_ms"] <= measured["max_ms"]
    assert 0 < measured["least_per_asker"] <= measured["most_per_asker"] < measured["questions"]
    assert (measured["before_mebibytes"], measured["after_mebibytes"]) == (1.0, 2.0)


def test_a_place_without_a_server_is_told() -> None:
    with pytest.raises(SettingsError, match="start one with `qa serve`"):
        measure_load("http://127.0.0.1:9", ["Who?"], askers=1, seconds=0.1)


def test_without_questions_nothing_is_measured() -> None:
    with pytest.raises(SettingsError, match="no question"):
        measure_load("http://127.0.0.1:9", [], askers=1, seconds=0.1)
