"""The training commands; the training itself is replaced."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qa.cli.main import main

RECIPES = Path(__file__).parents[3] / "qa" / "training" / "recipes"


@pytest.mark.parametrize("kind", ["reader", "encoder"])
def test_train_passes_recipe_files_and_questions(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def train(recipe: object, **arguments: object) -> None:
        given.update(arguments, recipe=recipe)

    module = importlib.import_module(f"qa.training.{kind}")
    monkeypatch.setattr(module, f"train_{kind}", train)
    start, rows, questions = tmp_path / "start", tmp_path / "rows.jsonl", tmp_path / "dev.jsonl"
    start.mkdir()
    rows.touch()
    questions.write_text(json.dumps({"question": "Who came?", "answers": ["Ada"]}))
    arguments = ["--start", str(start), "--output", str(tmp_path / "run"), "--data", f"a={rows}"]
    command = ["train", kind, str(RECIPES / f"{kind}.toml"), *arguments]
    result = CliRunner().invoke(main, [*command, "--validate", str(questions)])
    assert result.exit_code == 0, result.output
    assert f"Next: qa export {kind}" in result.output
    assert type(given["recipe"]).__name__ == f"{kind.title()}Recipe"
    assert given["start"] == start
    assert given["output"] == tmp_path / "run"
    assert given["data"] == {"a": rows}
    assert [question.text for question in given["validation"]] == ["Who came?"]
    assert CliRunner().invoke(main, command).exit_code == 0
    assert given["validation"] == []
