import sys
from pathlib import Path

import pytest

from embeddings import AssistantError
from qa.evaluation.peers import process
from qa.evaluation.peers.environment import PEERS
from qa.evaluation.peers.process import System, own, peer

PROGRAM = str(Path(process.__file__).with_name("program.py"))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return System("fake", [sys.executable, PROGRAM, "fake_peer"], packages=["fake==1"])


def test_a_system_indexes_and_answers_in_a_process_of_its_own(fake: System, tmp_path: Path) -> None:
    folder = tmp_path / "fake"
    with fake.start(tmp_path / "models", folder) as running:
        assert running.do("index", texts=["Ada came.", "Ben left."])["seconds"] > 0
    assert (folder / "texts.json").read_text() == '["Ada came.", "Ben left.", "models"]'
    with fake.start(tmp_path / "models", folder) as running:
        assert running.do("open")["seconds"] > 0
        assert running.do("ask", question="Who came?") == {"given": "Ada", "best": "Ada"}
        assert running.do("ask", question="Who did not?") == {"given": None, "best": "Ada"}
        now, peak = running.mebibytes()
        assert 1 < now <= peak < 1000


def test_a_system_that_fails_is_told_with_its_last_words(fake: System, tmp_path: Path) -> None:
    folder = tmp_path / "fake"
    with fake.start(tmp_path, folder) as running:
        running.do("index", texts=["Ada came."])
        running.do("open")
        with pytest.raises(AssistantError, match=r"fake failed at 'ask'.*no such question"):
            running.do("ask", question="Who fails?")


def test_a_process_that_has_ended_is_told(tmp_path: Path) -> None:
    gone = System("gone", [sys.executable, "-c", "raise SystemExit('no such module')"], packages=[])
    with gone.start(tmp_path, tmp_path / "gone") as running:
        running._process.wait()
        with pytest.raises(AssistantError, match=r"gone failed at 'open'.*no such module"):
            running.do("open")


def test_leaving_ends_the_process(fake: System, tmp_path: Path) -> None:
    with fake.start(tmp_path, tmp_path / "fake") as running:
        assert running._process.poll() is None
    assert running._process.poll() is not None


def test_a_peer_runs_its_module_in_its_environment() -> None:
    for name, requirements in PEERS.items():
        system = peer(name, Path("/made/bin/python"))
        assert system.name == name
        assert system.packages == requirements
        assert system._command == ["/made/bin/python", PROGRAM, f"{name}_peer"]
        assert Path(PROGRAM).with_name(f"{name}_peer.py").is_file()


def test_the_assistant_is_a_system_too(tmp_path: Path) -> None:
    with own().start(tmp_path, tmp_path / "own") as running:
        running.do("index", texts=["The ferry to Ayton sank in a storm in 1921."])
    with own().start(tmp_path, tmp_path / "own") as running:
        running.do("open")
        reply = running.do("ask", question="When did the ferry to Ayton sink?")
    assert reply["given"] == "1921"
    assert set(reply["seconds"]) == {"search", "read", "total"}
