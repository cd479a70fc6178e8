"""The README's code runs, and what it names is there."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from qa.cli.main import main
from qa.evaluation.expected import load_rows

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize(
    "code", [code for language, code in BLOCKS if language == "python"], ids=["api", "pipeline"]
)
def test_the_python_in_the_readme_runs(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    exec(compile(code, "README.md", "exec"), {})
    if "Assistant" in code:
        assert "Sedat Önal" in capsys.readouterr().out


def test_every_command_in_the_readme_exists_with_its_flags() -> None:
    commands = re.findall(r"(?:^|&& |`)(qa [^`\n]+)", README, flags=re.MULTILINE)
    assert len(commands) > 10
    for command in commands:
        words = shlex.split(command)[1:]
        group = main
        while words and words[0] in getattr(group, "commands", {}):
            group = group.commands[words.pop(0)]
        assert group is not main or words[0] in ("COMMAND", "--help"), command
        if group is not main:
            flags = {flag for parameter in group.params for flag in parameter.opts}
            named = {word for word in words if word.startswith("--")} - {"--help"}
            assert named <= flags, command


def test_the_first_command_answers_as_the_readme_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    [question] = re.findall(r'&& qa ask "([^"]+)"', README)
    shown = CliRunner().invoke(main, ["ask", question]).stdout
    quoted = re.findall(r"^> ?(.*)", README, flags=re.MULTILINE)
    assert " ".join(quoted).replace("**", "").split() == shown.split("\n\n")[0].split()


def test_every_file_in_the_readme_is_there() -> None:
    table = re.findall(r"^\| (`.*?) \|", README, flags=re.MULTILINE)
    assert len(table) > 8
    for row in table:
        for name in re.findall(r"`([^`]+)`", row):
            assert (ROOT / name).exists(), name


def test_the_scores_in_the_readme_are_the_expected_ones() -> None:
    numbers = README.partition("## Numbers")[2].partition("\n## ")[0]
    lines = re.findall(r"^\|.*", numbers, flags=re.MULTILINE)
    rows = load_rows()
    assert len(rows) > 20
    for data in {row.data for row in rows}:
        wanted = sorted(f"{row.value:.1f}" for row in rows if row.data == data)
        shown = " ".join(line for line in lines if data in line.split("|")[1])
        assert sorted(re.findall(r"\b\d+\.\d\b", shown.replace(data, ""))) == wanted, data
