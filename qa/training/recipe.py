"""Settings of a training, read from TOML files."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from embeddings import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    seed: int
    data: Mapping[str, float]
    """Share of each data set's rows that a pass over the data uses; above 1, rows are repeated."""

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a recipe.

        Raises:
            SettingsError: the file cannot be read, or a setting is missing, unknown or out of
                range.
        """
        try:
            recipe = cls(**tomllib.loads(file.read_text(encoding="utf-8")))
            if min(recipe.data.values(), default=0) < 0:
                raise ValueError("the shares of the data must be 0 or more")
            recipe._check()
        except (OSError, UnicodeDecodeError, TypeError, ValueError) as error:
            raise SettingsError(f"The recipe {file} cannot be used: {error}") from error
        return recipe

    def _check(self) -> None:
        """Raise ValueError for a setting that is out of range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRecipe(_Recipe):
    """Settings of a reader's training; `recipes/reader.toml` explains each."""

    steps: int
    warmup_steps: int
    decay_steps: int
    learning_rate: float
    head_learning_rate: float
    batch_tokens: int
    average: float
    negative_share: float
    heading_share: float
    keyword_share: float
    informal_share: float
    evidence_weight: float
    relevance_weight: float
    long_answer_weight: float
    max_window_tokens: int
    stride_tokens: int

    def _check(self) -> None:
        if min(self.steps, self.warmup_steps, self.decay_steps) < 1:
            raise ValueError("steps, warmup_steps and decay_steps must be 1 or more")
        if not 0 <= self.negative_share < 1:
            raise ValueError("negative_share must be 0 or more and below 1")
        shares = (self.heading_share, self.keyword_share, self.informal_share)
        if min(shares) < 0 or max(shares) > 1:
            raise ValueError("heading_share, keyword_share and informal_share must be 0 to 1")

    def schedule(self, step: int) -> float:
        """Return the factor of the learning rates at a step: up to 1, level, then down to 0."""
        up = min(1.0, (step + 1) / self.warmup_steps)
        down = min(1.0, (self.steps - step) / self.decay_steps)
        return min(up, down)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderRecipe(_Recipe):
    """Settings of an encoder's training; `recipes/encoder.toml` explains each."""

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
    """Check that the data files and the shares of the recipe have the same names.

    Raises:
        SettingsError: the names differ. `negatives` needs no share.
    """
    if data.keys() - {"negatives"} != recipe.data.keys():
        raise SettingsError(
            f"The recipe has shares for {', '.join(sorted(recipe.data))}, but --data names "
            f"{', '.join(sorted(data))}: use the same names."
        )


def digests(data: Mapping[str, Path]) -> dict[str, str]:
    """Return the SHA-256 of each file."""
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in data.items()}
