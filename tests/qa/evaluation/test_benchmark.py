import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embeddings import SettingsError
from qa.evaluation.benchmark import benchmark
from qa.evaluation.peers import process
from qa.evaluation.peers.process import System, own
from qa.evaluation.questions import Progress, Question

FERRY = "Storms sank the ferry to Ayton in 1921, and nobody was hurt."
SCHOOL = "A new school opened in Beeford, and its first teacher was Anna Berg."
QUESTIONS = [
    Question("1", "When did the ferry to Ayton sink?", ("1921",), FERRY),
    Question("2", "Who was the first teacher in Beeford?", ("Anna Berg",), SCHOOL),
    Question("3", "Who was not there?", ("Storms",), SCHOOL),
    Question("4", "What did the ferry cost?", (), FERRY),
]


class Stages:
    """Writes down the stages shown, with the last progress of each."""

    def __init__(self) -> None:
        self.shown: dict[str, tuple[int, int]] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[Progress]:
        def progress(done: int, whole: int) -> None:
            self.shown[name] = done, whole

        yield progress


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parent / 'peers'}:{Path.cwd()}")
    program = Path(process.__file__).with_name("program.py")
    return System("fake", [sys.executable, str(program), "fake_peer"], packages=["fake==1"])


def test_the_assistant_and_another_system_are_measured_at_the_same_task(
    fake: System, tmp_path: Path
) -> None:
    stages = Stages()
    measured = benchmark(
        QUESTIONS, [own(), fake], models=tmp_path, repeats=2, limit=None, stage=stages
    )
    assert stages.shown == {
        "Indexing": (4, 4),
        "Starting": (4, 4),
        "Asking": (6, 6),
        "Asking at once": (2, 2),
    }
    assert measured.about["questions"] == 3
    assert (measured.about["contexts"], measured.about["chunks"]) == (2, 2)
    assert measured.about["packages"]["fake"] == ["fake==1"]
    ours, theirs = (
        {figure.name: figure.values for figure in figures} for figures in measured.systems.values()
    )
    # It says "Storms" to two of the three questions, and that is the answer to the third.
    assert theirs["answered"] == (pytest.approx(200 / 3),)
    assert theirs["exact match of answers given"] == (0.0,)
    assert theirs["exact match of first answers, given or not"] == (pytest.approx(100 / 3),)
    assert ours["F1 of answers given"][0] > 60
    assert set(theirs) < set(ours)
    for name in ("indexing", "start to first answer", "a question, p50", "a question, p95"):
        assert len(ours[name]) == len(theirs[name]) == 2
    assert len(ours["16 asking at once"]) == 2
    assert 0 < ours["of a question, read"][0] < 100


def test_only_so_many_questions_are_asked(tmp_path: Path) -> None:
    measured = benchmark(QUESTIONS, [own()], models=tmp_path, repeats=1, limit=1, stage=Stages())
    assert measured.about["questions"] == 1
    assert measured.about["chunks"] == 2


def test_without_an_answerable_question_there_is_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nothing to measure"):
        benchmark(QUESTIONS[3:], [own()], models=tmp_path, repeats=1, limit=None, stage=Stages())
