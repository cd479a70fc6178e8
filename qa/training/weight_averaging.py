"""The mean of several trainings' weights, which answers better than each of them.

They must be near each other, as runs are that share all but their ends (Wortsman et al. 2022,
"model soups", arXiv 2203.05482).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from embeddings import SettingsError

__all__ = ["average_weights"]

_WEIGHTS = "model.safetensors"
_RECORD = "training.json"


def average_weights(runs: Sequence[Path], output: Path) -> None:
    """Write the mean of the weights of runs.

    Args:
        runs: what `train_reader` or `train_encoder` wrote, two or more.
        output: a folder; `weights/` in it is as theirs, `training.json` holds their records.

    Raises:
        SettingsError: fewer than two are given, one cannot be read, or they differ in shape.
    """
    if len(runs) < 2:
        raise SettingsError("A mean is taken of two runs or more.")
    try:
        all_weights = [load_file(run / "weights" / _WEIGHTS) for run in runs]
        records = [json.loads((run / _RECORD).read_text(encoding="utf-8")) for run in runs]
    except (OSError, ValueError) as error:
        raise SettingsError(f"This is no run of `qa train`: {error}") from error
    first = all_weights[0]
    shapes = {name: value.shape for name, value in first.items()}
    for run, weights in zip(runs, all_weights, strict=True):
        if {name: value.shape for name, value in weights.items()} != shapes:
            raise SettingsError(f"{run} holds another model than {runs[0]}: no mean can be taken.")
    shutil.copytree(runs[0] / "weights", output / "weights", dirs_exist_ok=True)
    mean = {
        name: torch.stack([weights[name] for weights in all_weights]).mean(0)
        if value.is_floating_point()
        else value
        for name, value in first.items()
    }
    save_file(mean, output / "weights" / _WEIGHTS, metadata={"format": "pt"})
    record = json.dumps({"mean_of": records}, indent=2) + "\n"
    (output / _RECORD).write_text(record, encoding="utf-8")
