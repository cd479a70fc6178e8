"""Answering, serving and opening a model folder connect to no other host."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from sentence_transformers import SentenceTransformer
from transformers import BertForQuestionAnswering, BertModel

from tests.tiny_bert import save_bert

ROOT = Path(__file__).parents[1]

# Connections are refused and also printed at exit: a library may ignore the refusal.
WATCHED = """
import atexit, sys

outside = []

def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        place = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        place = arguments[1]
    else:
        return
    host = place[0] if isinstance(place, tuple) else place
    if host not in (None, "127.0.0.1", "::1", "localhost", b"localhost"):
        outside.append(f"{event} {place}")
        raise OSError(f"{event} {place} was refused")

sys.addaudithook(watch)
atexit.register(lambda: print("outside:", outside, file=sys.stderr, flush=True))
"""
COMMAND = f"{WATCHED}\nfrom qa.cli.main import main\nmain()"


def watched(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `qa` to its end."""
    command = [sys.executable, "-c", COMMAND, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)


def environment() -> dict[str, str]:
    """Return the environment without variables that make Hugging Face libraries work offline."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HF_")}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("connections") / "index"


def test_audit_hook_detects_a_connection() -> None:
    for tried in ("getaddrinfo('example.org', 80)", "create_connection(('192.0.2.1', 80))"):
        command = [sys.executable, "-c", f"{WATCHED}\nimport socket\nsocket.{tried}"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 1
        assert "outside: ['socket." in done.stderr


def test_index_is_built_and_asked_without_a_connection(index: Path) -> None:
    done = watched("ask", "--index", str(index), "--corpus", "seeds", "Who headed the delegation?")
    assert "sure" in done.stdout
    assert "outside: []" in done.stderr


def test_page_api_and_agents_are_served_without_a_connection(index: Path) -> None:
    arguments = ["serve", "--port", "0", "--index", str(index), "--corpus", "seeds"]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=ROOT,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        address = process.stdout.readline().split()[1]
        question = {"question": "Who headed the Turkish delegation?"}
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        kinds = {"Content-Type": "application/json", "Accept": "application/json"}
        for path, body in (
            ("/", None),
            ("/config", None),
            ("/docs", None),
            ("/metrics", None),
            ("/gradio_api/startup-events", None),
            ("/api/v1/ask", question),
            ("/mcp", call),
        ):
            sent = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(address + path, sent, kinds)
            with urllib.request.urlopen(request, timeout=60) as response:
                assert response.status == 200
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert "outside: []" in errors


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save_bert(BertForQuestionAnswering, folder / "reader")
    save_bert(BertModel, folder / "trunk")
    SentenceTransformer(str(folder / "trunk"), device="cpu").save(str(folder / "encoder"))
    return folder


@pytest.mark.parametrize("offline", ["", "1"])
def test_model_folder_is_opened_without_a_connection(models: Path, offline: str) -> None:
    script = f"""{WATCHED}
from embeddings.runtimes.torch import SentenceTransformersEncoder, TorchModel
TorchModel.open_reader({str(models / "reader")!r})
SentenceTransformersEncoder.open({str(models / "encoder")!r}).encode_questions(["a"])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment() | {"HF_HUB_OFFLINE": offline},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "outside: []" in done.stderr
