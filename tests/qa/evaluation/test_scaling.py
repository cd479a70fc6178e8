import json
from pathlib import Path

from click.testing import CliRunner

from embeddings import Document
from qa.cli.evaluate import bench
from qa.evaluation.scaling import measure_scaling

DOCUMENTS = [
    Document(f"d{n}", " ".join(f"Ship {n} left quay {quay} on day {n}." for quay in range(30)))
    for n in range(12)
]


def test_an_index_is_measured_at_each_size() -> None:
    questions = ["When did ship 3 leave?", "Who left quay 4?", "Which quay?"]
    small, large = measure_scaling(DOCUMENTS, questions, [20, 60])
    assert 20 <= small["chunks"] < 25
    assert 60 <= large["chunks"] < 65
    assert small["variants"] == 0.0
    assert 0.2 < large["variants"] < 0.8
    assert small["disk_mebibytes"] < large["disk_mebibytes"]
    for measured in (small, large):
        assert measured["recall"] == 1.0  # few are searched exactly
        assert 0 < measured["p50_ms"] <= measured["p95_ms"]
        assert 0 < measured["own_mebibytes"] < measured["mebibytes"]
        assert measured["open_seconds"] > 0
        assert measured["first_seconds"] > 0


def test_the_command_prints_each_size_and_draws_them(tmp_path: Path) -> None:
    for document in DOCUMENTS[:4]:
        (tmp_path / f"{document.id}.txt").write_text(document.text)
    (tmp_path / "questions").write_text("When did ship 3 leave?\nWho left quay 4?\n")
    options = ["--questions", str(tmp_path / "questions"), "--sizes", "20,10"]
    plot = tmp_path / "growth.svg"
    ran = CliRunner().invoke(
        bench, ["growth", str(tmp_path / "*.txt"), *options, "--plot", str(plot)]
    )
    assert ran.exit_code == 0, ran.output
    small, large = (json.loads(line) for line in ran.stdout.splitlines())
    assert 10 <= small["chunks"] < 20 <= large["chunks"]
    assert plot.read_text().startswith("<svg")


def test_sizes_that_are_no_numbers_are_refused() -> None:
    ran = CliRunner().invoke(bench, ["growth", "x", "--questions", "y", "--sizes", "10,many"])
    assert ran.exit_code == 2
    assert "is no list of numbers such as 1000,10000" in ran.output
