import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qa.cli.main import main
from qa.evaluation.peers.environment import PEERS, environment

QUESTION = {
    "question": "When did the ferry to Ayton sink?",
    "context": "Storms sank the ferry to Ayton in 1921, and nobody was hurt.",
    "answers": {"text": ["1921"], "answer_start": [34]},
}
MAKER = """
import pathlib, sys
folder = pathlib.Path(sys.argv[-1])
(folder / "bin").mkdir(parents=True)
python = folder / "bin" / "python"
python.write_text('#!/bin/sh\\n[ "$1" = -m ] || exec {python} "$1" fake_peer "$3" "$4"\\n')
python.chmod(0o755)
"""


@pytest.fixture
def data(tmp_path: Path) -> str:
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps(QUESTION))
    return str(file)


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["bench", *arguments])


def test_the_assistant_is_measured_alone(data: str) -> None:
    shown = bench("--data", data, "--repeats", "1")
    assert shown.exit_code == 0, shown.output
    assert "| exact match of answers given, %" in shown.stdout
    assert "start to first answer" in shown.stdout


def test_a_system_is_measured_in_its_environment_and_drawn(
    data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(
        "PYTHONPATH", f"{Path(__file__).parents[1] / 'evaluation' / 'peers'}:{Path.cwd()}"
    )
    maker = [sys.executable, "-c", MAKER.format(python=sys.executable)]
    environment("txtai", PEERS["txtai"], say=str, python=maker)
    chart = tmp_path / "chart.svg"
    shown = bench(
        *("--data", data, "--peer", "txtai", "--repeats", "1", "--json", "--chart", str(chart))
    )
    assert shown.exit_code == 0, shown.output
    measured = json.loads(shown.stdout)
    assert measured["data"] == "questions.jsonl"
    assert list(measured["systems"]) == ["own", "txtai"]
    assert measured["systems"]["txtai"]["answered"]["median"] == 100
    assert measured["packages"]["txtai"] == list(PEERS["txtai"])
    assert measured["times_better"]["txtai"]["start to first answer"] > 0
    assert ">txtai</text>" in chart.read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "such as `qa bench --data dev-v2.0.json`"),
        (["--data", "{data}", "--chart", "chart.svg"], "add --peer"),
        (["--data", "{data}", "reading", "{data}"], "without a command after it"),
        (["--peer", "txtai", "reading", "{data}"], "without a command after it"),
        (["--data", "{data}", "--peer", "nobody"], "'nobody' is not one of"),
    ],
)
def test_what_cannot_be_measured_is_a_wrong_usage(
    arguments: list[str], told: str, data: str
) -> None:
    shown = bench(*(each.format(data=data) for each in arguments))
    assert shown.exit_code == 2
    assert told in " ".join(shown.stderr.split())


def test_a_command_after_it_runs_alone(tmp_path: Path) -> None:
    shown = bench("reading", str(tmp_path / "missing.jsonl"))
    assert shown.exit_code == 2
    assert "does not exist" in shown.stderr


def test_help_says_what_an_environment_takes_and_how_to_be_rid_of_it() -> None:
    told = " ".join(bench("--help").stdout.split())
    assert "1.5 GB" in told
    assert "delete that folder" in told
    assert "qa bench --data" in told.split("Examples")[1]
