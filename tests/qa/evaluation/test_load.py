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
    """Answers after 10 ms, fails at the question "No?" and refuses "Busy?" every other time.

    It grows by a mebibyte and opens two files a look, and has 100 more open at every other look.
    """

    seen: ClassVar[list[tuple[str, str, str]]]
    documents: ClassVar[set[str]]
    looks: ClassVar[int]

    def do_GET(self) -> None:
        type(self).looks += 1
        self.reply(
            200,
            f"process_resident_memory_bytes {self.looks * MEBIBYTE}.0\n"
            f"process_open_fds {self.looks * 2 + self.looks % 2 * 100}.0\n",
        )

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = body.get("question", "")
        self.seen.append((self.path, asked, self.headers["Authorization"]))
        if "id" in body:
            self.documents.add(body["id"])
        time.sleep(0.01)
        if asked == "Busy?" and sum(question == asked for _, question, _ in self.seen) % 2:
            self.reply(503, "{}", retry="0.01")
        else:
            self.reply(500 if asked == "No?" else 200, "{}")

    def do_DELETE(self) -> None:
        self.documents.remove(self.path.removeprefix("/api/v1/documents/"))
        self.reply(200, "{}")

    def reply(self, status: int, text: str, retry: str | None = None) -> None:
        self.send_response(status)
        if retry is not None:
            self.send_header("Retry-After", retry)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Handler]]]:
    class Own(Handler):
        seen: ClassVar[list[tuple[str, str, str]]] = []
        documents: ClassVar[set[str]] = set()
        looks: ClassVar[int] = 0

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", Own
        running.shutdown()
        thread.join()


def test_askers_ask_at_once_and_what_fails_is_counted(server: tuple[str, type[Handler]]) -> None:
    url, handler = server
    measured = measure_load(url, ["Who?", "No?"], askers=3, seconds=0.5, key="secret")
    asked = [question for _, question, _ in handler.seen]
    assert measured["questions"] == asked.count("Who?") > 3
    assert measured["failed"] == {"500": asked.count("No?")}
    assert measured["refused"] == measured["changes"] == 0
    assert {key for *_, key in handler.seen} == {"Bearer secret"}
    assert 10 <= measured["p50_ms"] <= measured["p95_ms"] <= measured["max_ms"]
    assert 0 < measured["least_per_asker"] <= measured["most_per_asker"] < measured["questions"]


def test_who_is_refused_comes_again_and_has_waited_since_the_first_time(
    server: tuple[str, type[Handler]],
) -> None:
    url, handler = server
    measured = measure_load(url, ["Busy?"], askers=1, seconds=0.3)
    assert measured["refused"] == measured["questions"] == len(handler.seen) / 2 > 2
    assert measured["failed"] == {}
    assert measured["p50_ms"] >= 30  # 10 ms each time, and 10 between


def test_writers_leave_no_document_behind(server: tuple[str, type[Handler]]) -> None:
    url, handler = server
    measured = measure_load(url, ["Who?"], askers=1, writers=2, seconds=0.5)
    added = [path for path, *_ in handler.seen].count("/api/v1/documents")
    assert added < measured["changes"] <= 1.5 * added + 2
    assert measured["change_p95_ms"] > 0
    assert measured["failed"] == {}
    assert handler.documents == set()


def test_the_course_tells_each_tenth_of_the_time(server: tuple[str, type[Handler]]) -> None:
    url, _ = server
    course = measure_load(url, ["Who?"], askers=2, seconds=1)["course"]
    # The look before the start is the first, and each tenth has ten.
    assert [part["mebibytes"] for part in course] == list(range(2, 102, 10))
    assert [part["handles"] for part in course] == list(range(4, 204, 20))
    assert all(part["p95_ms"] >= 10 for part in course)


def test_a_place_without_a_server_is_told() -> None:
    with pytest.raises(SettingsError, match="start one with `qa serve`"):
        measure_load("http://127.0.0.1:9", ["Who?"], askers=1, seconds=0.1)


def test_without_questions_nothing_is_measured() -> None:
    with pytest.raises(SettingsError, match="no question"):
        measure_load("http://127.0.0.1:9", [], askers=1, seconds=0.1)
