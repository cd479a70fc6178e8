"""A server under more load than it can serve."""

import json
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from embeddings import Index
from qa.server.http_server import Connection
from tests.benchmarks.load import measure_load
from tests.qa.cli.test_serve import asked, fetched, served

HEAD = "{} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: 1000\r\n"
HALF_SENT = [
    HEAD.format("POST /api/v1/ask", "application/json"),
    HEAD.format("POST /api/v1/ask", "application/json") + '\r\n{"question": "Who',
    HEAD.format("POST /api/v1/documents", "multipart/form-data; boundary=x")
    + '\r\n--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nThe mill',
    HEAD.format("POST /mcp", "application/json") + "\r\n{",
]


@pytest.fixture
def place(tmp_path: Path) -> tuple[str, ...]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "mill.txt").write_text("The old mill of Dunmore was sold to Ines Varga.")
    return ("--no-page", "--index", str(tmp_path / "index"), "--corpus", str(corpus))


def sent(address: str, path: str, body: dict[str, str]) -> int:
    """Send JSON and return the status; 0 without a response."""
    request = urllib.request.Request(
        f"{address}/api/v1/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            response.read()
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, ValueError):
        return 0


def test_slow_clients_do_not_block_others(place: tuple[str, ...]) -> None:
    with served(*place) as (_, address), ExitStack() as opened:
        asked(address)
        where = urlsplit(address)
        for number in range(200):
            connection = socket.create_connection((where.hostname, where.port))
            opened.enter_context(connection)
            connection.sendall(HALF_SENT[number % len(HALF_SENT)].encode())
        began = time.monotonic()
        for _ in range(5):
            assert "Ines Varga" in asked(address)["answer"]["answer"]
        assert time.monotonic() - began < Connection.header_seconds  # then some would be closed


def test_overload_is_served_or_gets_503(place: tuple[str, ...]) -> None:
    def handles(address: str) -> int:
        _, metrics = fetched(f"{address}/metrics")
        return int(float(re.findall(r"^process_open_fds (\S+)", metrics, flags=re.MULTILINE)[0]))

    with served(*place) as (_, address):
        asked(address)
        before = handles(address)
        measured = measure_load(address, ["Who bought the mill?"], users=90, writers=3, seconds=4)
        until = time.monotonic() + 60
        while handles(address) > before + 10:  # the last connections are being closed
            assert time.monotonic() < until
            time.sleep(0.1)
    assert measured["failed"] == {}
    assert measured["refused"] > 0  # the queue is shorter than 90
    assert measured["fewest_per_user"] > 0
    assert measured["changes"] > 3
    assert max(part["mebibytes"] for part in measured["course"]) < 500


@pytest.mark.long
def test_resources_do_not_grow_under_load(
    place: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    seconds = request.config.getoption("--soak")
    questions = ["Who bought the mill?", "Where is the mill?", "What opened on Sunday?"]
    with served(*place) as (_, address):
        measured = measure_load(address, questions, users=4, writers=1, seconds=seconds)
    assert measured["failed"] == {}
    assert measured["refused"] == 0
    _, _, _, early, *_, late = course = measured["course"]
    assert late["handles"] <= early["handles"] + 5
    assert late["mebibytes"] <= early["mebibytes"] + 25
    # Other work on the machine can only delay some of the answers.
    assert min(part["p95_ms"] for part in course[-3:]) <= 3 * early["p95_ms"] + 100


@pytest.mark.parametrize(
    "how", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)]
)
def test_shutdown_under_load_keeps_added_documents(
    place: tuple[str, ...], tmp_path: Path, how: signal.Signals
) -> None:
    statuses: Counter[int] = Counter()
    added: list[str] = []
    stop = threading.Event()

    def ask(address: str) -> None:
        while not stop.is_set():
            statuses[sent(address, "ask", {"question": "Who bought the mill?"})] += 1

    def write(address: str) -> None:
        number = 0
        while not stop.is_set():
            name = f"note-{number}"
            status = sent(address, "documents", {"id": name, "text": f"Note {number} was kept."})
            statuses[status] += 1
            added.extend([name] if status == 200 else [])
            number += 1

    with served(*place) as (process, address):
        threads = [threading.Thread(target=ask, args=[address]) for _ in range(50)]
        threads.append(threading.Thread(target=write, args=[address]))
        for thread in threads:
            thread.start()
        while len(added) < 5 or statuses[200] < 100:
            time.sleep(0.05)
        began = time.monotonic()
        process.send_signal(how)
        process.wait(60)
        seconds = time.monotonic() - began
        stop.set()
        for thread in threads:
            thread.join()
        errors = process.stderr.read()
    assert seconds < 20
    assert process.returncode in (0, -how)
    assert "Traceback" not in errors
    assert set(statuses) <= {200, 503, 0}  # 0: the server had stopped
    with Index.open(tmp_path / "index") as index:
        assert index.check() == []
        assert {*added, "mill.txt"} <= {document.id for document in index.documents()}
