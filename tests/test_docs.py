"""The documentation is correct: its code runs, and its commands, files and scores exist."""

import json
import re
import shlex
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from qa.cli.main import main
from qa.evaluation.expected import load_rows

ROOT = Path(__file__).parents[1]
GUIDES = [
    "README.md",
    "qa/README.md",
    "qa/server/README.md",
    "qa/evaluation/README.md",
    "qa/training/README.md",
    "embeddings/stores/README.md",
]
PAGES = [*GUIDES, ".github/CONTRIBUTING.md", ".github/CHANGELOG.md"]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


README = text_of("README.md")
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("code", PYTHON, ids=["api", "pipeline"])
def test_python_in_readme_runs(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    exec(compile(code, "README.md", "exec"), {})
    if "Assistant" in code:
        assert "Sedat Önal" in capsys.readouterr().out


@pytest.mark.parametrize("page", GUIDES)
def test_commands_exist_with_their_flags(page: str) -> None:
    commands = re.findall(r"(?:^|&& |`)(qa [^`\n]+)", text_of(page), flags=re.MULTILINE)
    assert len(commands) > 4
    for command in commands:
        words = shlex.split(command)[1:]
        group = main
        while words and words[0] in getattr(group, "commands", {}):
            group = group.commands[words.pop(0)]
        assert group is not main or words[0] in ("COMMAND", "--help"), command
        if group is not main:
            flags = {
                flag
                for parameter in group.params
                for flag in (*parameter.opts, *parameter.secondary_opts)
            }
            named = {word for word in words if word.startswith("--")} - {"--help"}
            assert named <= flags, command


def test_first_command_prints_the_output_in_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    [question] = re.findall(r'&& qa ask "([^"]+)"', README)
    printed = CliRunner().invoke(main, ["ask", question]).stdout
    quoted = re.findall(r"^> ?(.*)", README, flags=re.MULTILINE)
    assert " ".join(quoted).split() == printed.split()


@pytest.mark.parametrize("page", PAGES)
def test_named_files_and_links_exist(page: str) -> None:
    text = text_of(page)
    named = re.findall(r"`((?:embeddings|qa|seeds|tests)/[\w./-]*)`", text)
    named += re.findall(r"`pytest (?:-m \S+ )?([\w./-]+/[\w./-]+)", text)
    links = re.findall(r"\]\(((?!https?:)[^)#]+)\)", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
    assert not missing


def test_readme_has_at_most_150_lines() -> None:
    assert len(README.splitlines()) <= 150


def test_scores_in_evaluation_readme_are_the_expected_ones() -> None:
    numbers = text_of("qa/evaluation/README.md").partition("## Numbers")[2].partition("\n## ")[0]
    lines = re.findall(r"^\|.*", numbers, flags=re.MULTILINE)
    rows = load_rows()
    assert len(rows) > 20
    for data in {row.data for row in rows}:
        wanted = sorted(f"{row.value:.1f}" for row in rows if row.data == data)
        shown = " ".join(line for line in lines if data in line.split("|")[1])
        assert sorted(re.findall(r"\b\d+\.\d\b", shown.replace(data, ""))) == wanted, data


def test_containerfile_copies_existing_files_and_runs_a_valid_command() -> None:
    lines = text_of(".github/Containerfile").splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    [entry] = [line.removeprefix("ENTRYPOINT ") for line in lines if line.startswith("ENTRYPOINT")]
    command, name, *arguments = json.loads(entry)
    assert command == "qa"
    main.commands[name].make_parser(click.Context(main)).parse_args(arguments)
