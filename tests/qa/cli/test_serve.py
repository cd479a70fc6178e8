import hashlib
import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from qa.cli.main import main

ROOT = Path(__file__).parents[3]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "mill.txt").write_text("The old mill of Dunmore was sold to Ines Varga.")
    return folder


@contextmanager
def served(*flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `qa serve` on a free port; return the process and the address."""
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", *flags]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        line = process.stdout.readline()
        if not line.startswith("Serving http://127.0.0.1:"):
            process.kill()
            pytest.fail(f"{line}{process.communicate()}")
        yield process, line.split()[1]
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server for tests that do not change it."""
    index = tmp_path_factory.mktemp("plain") / "index"
    with served("--no-page", "--index", str(index), "--corpus", "seeds") as (_, address):
        yield address


def fetched(address: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Send a request; return status and text."""
    request = urllib.request.Request(address, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def asked(address: str, question: str = "Who bought the mill?", **headers: str) -> dict:
    body = json.dumps({"question": question}).encode()
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"{address}/api/v1/ask", body, headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def test_first_start_builds_the_index_and_ctrl_c_stops(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    flags = ["--no-page", "--index", str(index), "--corpus", str(corpus), "--log-format", "text"]
    with served(*flags) as (process, address):
        assert "Ines Varga" in asked(address)["answer"]["answer"]
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "1 added.\n")


def test_keys_from_a_file_are_required(corpus: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(hashlib.sha256(b"secret").hexdigest() + "  -\n")
    place = ("--index", str(tmp_path / "index"), "--corpus", str(corpus))
    with served("--no-page", *place, "--api-keys", str(keys)) as (_, address):
        assert fetched(f"{address}/api/v1/status")[0] == 401
        assert asked(address, **{"X-API-Key": "secret"})["answer"] is not None


@pytest.mark.parametrize(
    "lines",
    [
        b"Host: localhost\r\nHost: evil.example",
        b"Host: localhost\r\nX-Long: " + b"a" * 200_000,
        b"Host: localhost\r\n" + b"X-Many: a\r\n" * 20_000,
        b"Host: localhost\r\nX-Folded: a\r\n\x00b: c",
    ],
)
def test_malformed_headers_return_400(plain: str, lines: bytes) -> None:
    host, _, port = plain.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        with suppress(ConnectionError):  # the server may close it early
            connection.sendall(b"GET /health HTTP/1.1\r\n" + lines + b"\r\n\r\n")
        assert connection.recv(100).startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))


def test_page_does_not_serve_api_paths_and_requires_the_key(corpus: Path, tmp_path: Path) -> None:
    place = ("--index", str(tmp_path / "index"), "--corpus", str(corpus))
    key = {"X-API-Key": "secret"}
    with served(*place, "--api-key", "secret") as (_, address):
        for path in ("/", "/config", "/gradio_api/info"):
            status, text = fetched(address + path)
            assert (status, json.loads(text)["error"]["code"]) == (401, "key_refused")
            assert fetched(address + path, **key)[0] == 200
        for method, path, code in (
            ("GET", "/api/v1/none", "not_found"),
            ("GET", "/api/v2/ask", "not_found"),
            ("GET", "/api/v1/ask", "method_not_allowed"),
        ):
            _, text = fetched(address + path, method, **key)
            assert json.loads(text)["error"]["code"] == code


def test_port_in_use_is_reported_before_the_index_is_built(corpus: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        flags = ["--port", str(port), "--index", str(tmp_path / "index"), "--corpus", str(corpus)]
        result = CliRunner().invoke(main, ["serve", *flags])
    assert result.exit_code == 1
    assert f"Port {port} of 127.0.0.1 is in use" in result.stderr
    assert f"qa serve --port {port + 1}" in result.stderr
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (["--host", "0.0.0.0"], 2, "there is no API key"),
        (["--host", "::"], 2, "there is no API key"),
        (["--host", "no.such.host.invalid", "--insecure"], 1, "Cannot listen on"),
        (["--api-key", "a", "--api-keys", "b"], 2, "not both"),
        (["--api-key", ""], 2, "must not be empty"),
        (["--api-keys", "none.txt"], 2, "cannot be read"),
        (["--port", "70000"], 2, "70000"),
        (["--watch"], 2, "Name the folder to watch with --corpus"),
        (["--port", "0", "--corpus", "none", "--index", "none"], 1, "no documents at none"),
    ],
)
def test_invalid_options_are_reported_in_one_line(
    flags: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["serve", *flags])
    assert result.exit_code == code
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_server_logs_json_to_standard_error(corpus: Path, tmp_path: Path) -> None:
    flags = ["--index", str(tmp_path / "index"), "--corpus", str(corpus), "--no-page"]
    with served(*flags, "--api-key", "sesame", "--log-level", "info") as (process, address):
        asked(address, Authorization="Bearer sesame")
        fetched(f"{address}/api/v1/search?question=Varga", **{"X-API-Key": "sesame"})
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    lines = [json.loads(line) for line in errors.splitlines()]
    assert all({"time", "level", "message"} <= set(line) for line in lines)
    messages = [line["message"] for line in lines]
    assert messages[:3] == ["the documents changed", "indexed", "serving"]
    assert messages[-1] == "stopped"
    routes = [line["route"] for line in lines if line["message"] == "request"]
    assert routes == ["/api/v1/ask", "/api/v1/search"]
    assert not any(word in errors for word in ("sesame", "Varga", "bought"))


def qa(*arguments: str) -> str:
    """Run a command and return its output."""
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_backup_check_and_restore_work_while_serving(corpus: Path, tmp_path: Path) -> None:
    place, saved = ["--index", str(tmp_path / "index")], str(tmp_path / "saved")
    ended = threading.Event()

    def ask_on(address: str) -> None:
        while not ended.is_set():
            assert "Ines Varga" in asked(address)["answer"]["answer"]

    def upload_on(address: str) -> list[str]:
        added = []
        while not ended.is_set():
            name = f"{len(added):04}.txt"
            body = json.dumps({"id": name, "text": f"Letter number {len(added)} came."}).encode()
            request = urllib.request.Request(
                f"{address}/api/v1/documents", body, {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=60) as response:
                assert json.load(response)["added"] == [name]
            added.append(name)
        return added

    def listed(address: str) -> list[str]:
        _, text = fetched(f"{address}/api/v1/documents?limit=1000")
        return [document["id"] for document in json.loads(text)["documents"]]

    flags = [*place, "--corpus", str(corpus), "--no-page"]
    with served(*flags) as (_, address), ThreadPoolExecutor() as pool:
        asking, uploading = pool.submit(ask_on, address), pool.submit(upload_on, address)
        try:
            assert "Copied" in qa("backup", saved, *place)
            assert "The index is undamaged." in qa("check", *place)
            assert "Rebuilt" in qa("reindex", "--chunk-words", "50", *place)
            assert "The index is undamaged." in qa("check", *place)
        finally:
            ended.set()
        asking.result()
        added = uploading.result()
        # No document is lost before, during or after reindexing.
        assert listed(address) == [*added, "mill.txt"]
        assert "The index is undamaged." in qa("check", "--index", saved)
        copied = qa("documents", "list", "--json", "--index", saved).splitlines()
        qa("restore", saved, "--yes", *place)
        there = listed(address)
        assert len(there) == len(copied)
        assert there == [*added[: len(there) - 1], "mill.txt"]
        assert asked(address)["answer"]["answer"] == "Ines Varga"
