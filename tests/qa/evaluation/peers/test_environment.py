import sys
from pathlib import Path

import pytest

from embeddings import AssistantError
from qa.evaluation.peers.environment import cache, environment

VENV = """
import pathlib, sys
folder = pathlib.Path(sys.argv[-1])
(folder / "bin").mkdir(parents=True)
python = folder / "bin" / "python"
python.write_text("#!/bin/sh\\necho $@ >> " + str(folder / "installed") + "\\nexit CODE\\n")
python.chmod(0o755)
"""


@pytest.fixture(autouse=True)
def in_a_cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def maker(code: int = 0) -> list[str]:
    """A Python that makes environments whose pip writes down what it is to install."""
    return [sys.executable, "-c", VENV.replace("CODE", str(code))]


def test_an_environment_is_made_once(tmp_path: Path) -> None:
    said: list[str] = []
    made = [
        environment("fake", ["one==1", "two==2"], say=said.append, python=maker()) for _ in range(2)
    ]
    folder = made[0].parents[1]
    assert made == [folder / "bin" / "python"] * 2
    assert folder.parent == tmp_path / "document-qa-assistant" / "peers" == cache()
    assert (folder / "installed").read_text() == "-m pip install one==1 two==2\n"
    assert len(said) == 1
    assert str(folder) in said[0]


def test_other_requirements_are_another_environment() -> None:
    one, two = (
        environment("fake", [f"one=={number}"], say=str, python=maker()) for number in (1, 2)
    )
    assert one != two


def test_an_environment_that_pip_left_unfinished_is_told_and_begun_anew() -> None:
    with pytest.raises(AssistantError, match=r"fake could not be made.*a connection"):
        environment("fake", ["one==1"], say=str, python=maker(code=1))
    interpreter = environment("fake", ["one==1"], say=str, python=maker())
    assert (interpreter.parents[1] / "installed").read_text() == "-m pip install one==1\n"
    assert interpreter.read_text().endswith("exit 0\n")


def test_without_a_setting_the_cache_is_the_homes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache() == Path.home() / ".cache" / "document-qa-assistant" / "peers"
