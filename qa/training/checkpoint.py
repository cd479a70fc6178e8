"""Checkpoints of a training, to continue it after an interruption."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from embeddings import SettingsError


@dataclass(slots=True)
class State:
    """Progress of a training, saved in the checkpoint."""

    step: int = 0
    passes: int = 0
    batch: int = 0
    """Number of the next batch of the pass."""
    examples: int = 0
    seconds: float = 0.0

    def count(self, examples: int, *, seconds: float) -> None:
        """Count a finished batch."""
        self.step += 1
        self.batch += 1
        self.examples += examples
        self.seconds += seconds


def save_checkpoint(
    file: Path,
    made_with: Mapping[str, object],
    state: State,
    parts: Mapping[str, Any],
    scores: Mapping[str, float],
) -> None:
    """Write a checkpoint. If writing is interrupted, the previous one stays.

    `made_with` has the settings and digests that must be the same when the training continues,
    `parts` the model, the moving average of its weights, and the optimizer. `scores` are those of
    the last validation.
    """
    content = {
        **{name: part.state_dict() for name, part in parts.items()},
        "state": dataclasses.asdict(state),
        "scores": dict(scores),
        "made_with": dict(made_with),
    }
    new = file.with_suffix(".new")
    torch.save(content, new)
    new.replace(file)


def restore_checkpoint(
    file: Path, made_with: Mapping[str, object], state: State, parts: Mapping[str, Any]
) -> dict[str, float]:
    """Load a checkpoint of the same settings, if there is one; return its last scores."""
    if not file.exists():
        return {}
    content = torch.load(file, weights_only=True, map_location="cpu")
    changed = sorted(
        name
        for name in made_with.keys() | content["made_with"].keys()
        if made_with.get(name) != content["made_with"].get(name)
    )
    if changed:
        raise SettingsError(
            f"{file} was made with other settings or data ({', '.join(changed)}): use the same "
            "ones, or another output folder."
        )
    for name, part in parts.items():
        part.load_state_dict(content[name])
    for name, value in content["state"].items():
        setattr(state, name, value)
    scores: dict[str, float] = content["scores"]
    return scores
