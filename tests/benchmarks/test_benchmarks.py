"""Each benchmark runs on a tiny input."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from embeddings import open_encoder
from qa import Reader
from qa.evaluation.questions import Question, load_questions
from qa.reader.windows import ReaderInput
from tests.benchmarks.__main__ import main
from tests.benchmarks.load import measure_load
from tests.benchmarks.peers.compare import compare, draw_comparison, table
from tests.benchmarks.peers.process import own
from tests.benchmarks.peers.torch_models import write_torch_models

ROWS = [
    {
        "question": f"When did the ferry to {place} sink?",
        "context": f"Storms sank the ferry to {place} in {year}. The pier of {place} was rebuilt.",
        "answers": [str(year)],
    }
    for place, year in (("Ayton", 1921), ("Corley", 1934), ("Beeford", 1902))
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, ROWS)))
    return file


def test_speed_measures_every_step(data: Path) -> None:
    shown = CliRunner().invoke(main, ["speed", str(data)])
    assert shown.exit_code == 0, shown.output
    measured = json.loads(shown.stdout)
    assert measured["chunks"] == 3
    assert measured["total_p95_ms"] >= measured["read_p50_ms"] > 0
    assert measured["help_seconds"] < measured["ask_seconds"]
    tokens, questions = (
        measured[f"reading_1_{unit}_per_second"] for unit in ("tokens", "questions")
    )
    assert 20 < tokens / questions < 40


def test_scaling_measures_each_size_with_synthetic_documents(tmp_path: Path) -> None:
    for number in range(4):
        text = " ".join(f"Ship {number} left quay {quay} on day {quay}." for quay in range(30))
        (tmp_path / f"{number}.txt").write_text(text)
    questions, chart = tmp_path / "questions.lst", tmp_path / "chart.png"
    questions.write_text("When did ship 3 leave?\nWho left quay 4?\n")
    arguments = [str(tmp_path / "*.txt"), "--questions", str(questions), "--sizes", "8,20"]
    shown = CliRunner().invoke(main, ["scaling", *arguments, "--chart", str(chart)])
    assert shown.exit_code == 0, shown.output
    small, large = map(json.loads, shown.stdout.splitlines())
    assert 8 <= small["chunks"] < 20 <= large["chunks"]
    assert large["synthetic"] > 0
    assert large["recall"] == 1.0
    assert chart.read_bytes().startswith(b"\x89PNG")


class _Handler(BaseHTTPRequestHandler):
    """A server that fails at the question "No?" and refuses every fifth other request."""

    requests = 0

    def do_GET(self) -> None:
        self._reply(200, b"process_resident_memory_bytes 1048576.0\nprocess_open_fds 7.0\n")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).requests += 1
        failed = 500 if body.get("question") == "No?" else 200
        self._reply(503 if self.requests % 5 == 0 else failed, b"{}")

    def do_DELETE(self) -> None:
        self._reply(200, b"{}")

    def _reply(self, status: int, content: bytes) -> None:
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "0.01")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def test_load_counts_answers_refusals_and_failures() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        measured = measure_load(url, ["Who?", "No?"], users=2, writers=1, seconds=0.5)
        server.shutdown()
        thread.join()
    assert measured["questions"] > 0
    assert measured["changes"] > 0
    assert measured["refused"] > 0
    assert set(measured["failed"]) == {"500"}
    assert [row["mebibytes"] for row in measured["course"]] == [1.0] * 10


def test_peers_measures_systems_in_turns(data: Path, tmp_path: Path) -> None:
    systems = [own(), own()]
    systems[1].name = "other"
    others = [
        Question("foreign", "Who painted the ceiling of the chapel?", ()),
        Question("evidence", "What about the mill?", (), evidence=("The mill burned down.",)),
    ]
    measured = compare(
        [*load_questions(data), *others],
        systems,
        models=tmp_path,
        repeats=1,
        texts=["The mill burned down."],
    )
    assert measured["own"]["exact match of best answers, %"] == [100.0]
    assert measured["own"]["evidence F1 of best answers, %"][0] >= 50
    assert measured["own"]["unanswerable refused, %"] == [100.0]
    assert measured["own"]["answerable refused, %"][0] < 100
    assert measured["own"]["memory while indexing, MiB"][0] > 10
    assert "| indexing, chunks/s | " in table(measured)
    draw_comparison(measured, tmp_path / "chart.svg")
    # Memory twice, three times and refused questions; matplotlib repeats texts in comments.
    assert (tmp_path / "chart.svg").read_text().count("(lower is better)") == 6


def test_torch_models_have_the_outputs_of_the_bundled_models(tmp_path: Path) -> None:
    write_torch_models(tmp_path)
    pairs = [(row["question"], row["context"]) for row in ROWS]
    ours, theirs = Reader.open(), Reader.open(tmp_path / "reader")
    windows = ours.windows([ReaderInput(*pair) for pair in pairs])
    for pair in zip(ours.logits(windows), theirs.logits(windows), strict=True):
        left, right = (np.concatenate(logits[:2]) for logits in pair)
        assert left @ right / (np.linalg.norm(left) * np.linalg.norm(right)) > 0.99
    texts = [context for _, context in pairs]
    encoders = open_encoder(), open_encoder(tmp_path / "encoder")
    left, right = (encoder.encode_documents(texts) for encoder in encoders)
    assert (left * right).sum(axis=1).min() > 0.98
