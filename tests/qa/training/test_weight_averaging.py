import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from embeddings import SettingsError
from qa.training.weight_averaging import average_weights


def run(folder: Path, values: list[float], *, name: str = "layer") -> Path:
    (folder / "weights").mkdir(parents=True)
    tensors = {name: torch.tensor(values), "positions": torch.arange(2)}
    save_file(tensors, folder / "weights" / "model.safetensors")
    (folder / "weights" / "config.json").write_text("{}")
    (folder / "training.json").write_text(json.dumps({"step": len(values)}))
    return folder


def test_every_weight_is_the_mean_and_the_rest_is_that_of_the_first(tmp_path: Path) -> None:
    runs = [run(tmp_path / "a", [1.0, 2.0]), run(tmp_path / "b", [3.0, 6.0])]
    average_weights(runs, tmp_path / "mean")
    mean = load_file(tmp_path / "mean" / "weights" / "model.safetensors")
    assert mean["layer"].tolist() == [2.0, 4.0]
    assert mean["positions"].tolist() == [0, 1]
    assert (tmp_path / "mean" / "weights" / "config.json").read_text() == "{}"
    record = json.loads((tmp_path / "mean" / "training.json").read_text())
    assert record == {"mean_of": [{"step": 2}, {"step": 2}]}


def test_what_has_no_mean_is_refused(tmp_path: Path) -> None:
    one = run(tmp_path / "a", [1.0, 2.0])
    longer, other = run(tmp_path / "b", [1.0]), run(tmp_path / "c", [1.0, 2.0], name="head")
    for runs in ([one], [one, longer], [one, other], [one, tmp_path / "none"]):
        with pytest.raises(SettingsError):
            average_weights(runs, tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
