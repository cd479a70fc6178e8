"""Everything about a training that is not data, read from small TOML files."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from embeddings import SettingsError

__all__ = ["EncoderRecipe", "ReaderRecipe", "check_names", "digests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    seed: int
    data: Mapping[str, float]
    """The share of each data set's questions that a pass over the data uses, 0 to 1."""

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a recipe.

        Raises:
            SettingsError: the file cannot be read, or a setting is missing, unknown or out of
                range.
        """
        try:
            recipe = cls(**tomllib.loads(file.read_text(encoding="utf-8")))
            recipe._check()
        except (OSError, UnicodeDecodeError, TypeError, ValueError) as error:
            raise SettingsError(f"The recipe {file} cannot be used: {error}") from error
        return recipe

    def _check(self) -> None:
        """Raise ValueError for what no training could use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRecipe(_Recipe):
    """How a reader is trained; `recipes/reader.toml` explains each."""

    steps: int
    warmup_steps: int
    decay_steps: int
    learning_rate: float
    batch_tokens: int
    average: float
    negative_share: float
    joined_share: float
    rivals: int
    max_window_tokens: int
    stride_tokens: int

    def _check(self) -> None:
        if min(self.steps, self.warmup_steps, self.decay_steps) < 1:
            raise ValueError("steps, warmup_steps and decay_steps must be 1 or more")
        if not 0 <= self.negative_share < 1:
            raise ValueError("negative_share must be 0 or more and below 1")
        if not 0 <= self.joined_share <= 1:
            raise ValueError("joined_share must be between 0 and 1")
        if self.rivals < 0:
            raise ValueError("rivals must be 0 or more")

    def learning_rate_at(self, step: int) -> float:
        """Give the learning rate of a step: up, level, down to 0."""
        up = min(1.0, (step + 1) / self.warmup_steps)
        down = min(1.0, (self.steps - step) / self.decay_steps)
        return self.learning_rate * min(up, down)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderRecipe(_Recipe):
    """How an encoder is trained; `recipes/encoder.toml` explains each."""

    passes: int
    warmup_steps: int
    learning_rate: float
    batch_pairs: int
    slice_pairs: int
    max_tokens: int
    start_share: float

    def _check(self) -> None:
        if min(self.passes, self.slice_pairs) < 1 or self.batch_pairs < 2:
            raise ValueError("passes and slice_pairs must be 1 or more, batch_pairs 2 or more")
        if not 0 <= self.start_share < 1:
            raise ValueError("start_share must be 0 or more and below 1")


def check_names(recipe: _Recipe, data: Mapping[str, Path]) -> None:
    """Refuse data that the recipe has no shares for, and shares without data.

    Raises:
        SettingsError: the names differ; `negatives` needs no share.
    """
    if data.keys() - {"negatives"} != recipe.data.keys():
        raise SettingsError(
            f"The recipe has shares for {', '.join(sorted(recipe.data))}, and the data given are "
            f"{', '.join(sorted(data))}: name the same."
        )


def digests(data: Mapping[str, Path]) -> dict[str, str]:
    """Give the SHA-256 of each file."""
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in data.items()}
