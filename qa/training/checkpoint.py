"""Checkpoints of a training, to continue it after an interruption."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    scores: dict[str, float] = field(default_factory=dict)
    """Scores of the last validation."""

    def count(self, examples: int, *, seconds: float) -> None:
        """Count a finished batch."""
        self.step += 1
        self.batch += 1
        self.examples += examples
        self.seconds += seconds

    def state_dict(self) -> dict[str, Any]:
        """Return the progress for `load_state_dict`."""
        return dataclasses.asdict(self)

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Continue from a saved progress."""
        for name, value in saved.items():
            setattr(self, name, value)


def save_checkpoint(file: Path, made_with: Mapping[str, object], parts: Mapping[str, Any]) -> None:
    """Write a checkpoint. If writing is interrupted, the previous one stays.

    `made_with` has the settings and digests that must be the same when the training continues,
    `parts` the model, the moving average of its weights, the optimizer and the `State`.
    """
    new = file.with_suffix(".new")
    states = {name: part.state_dict() for name, part in parts.items()}
    torch.save({**states, "made_with": dict(made_with)}, new)
    new.replace(file)


def restore_checkpoint(
    file: Path, made_with: Mapping[str, object], parts: Mapping[str, Any]
) -> None:
    """Load the parts from a checkpoint of the same settings, if there is one."""
    if not file.exists():
        return
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
