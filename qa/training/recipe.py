"""Settings of a training, read from TOML files."""

import dataclasses
import hashlib
import json
import tomllib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Self, TypeAlias

from pydantic import ConfigDict, Field, NonNegativeFloat, PositiveInt, ValidationError
from pydantic.dataclasses import dataclass

from embeddings import SettingsError

_Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
_ShareBelow1: TypeAlias = Annotated[float, Field(ge=0, lt=1)]
_CONFIG = ConfigDict(extra="forbid")
_LIBRARIES = ("torch", "transformers", "tokenizers", "sentence-transformers")
RECORD = "training.json"


@dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)
class _Recipe:
    seed: int
    data: Mapping[str, NonNegativeFloat]
    """Share of each data set's rows that a pass over the data uses; above 1, rows are repeated."""

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a recipe."""
        try:
            return cls(**tomllib.loads(file.read_text(encoding="utf-8")))
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            raise SettingsError(f"The recipe {file} cannot be used: {'; '.join(wrong)}") from error
        except (OSError, ValueError) as error:
            raise SettingsError(f"The recipe {file} cannot be used: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)
class ReaderRecipe(_Recipe):
    """Settings of a reader's training; `recipes/reader.toml` explains each."""

    steps: PositiveInt
    warmup_steps: PositiveInt
    decay_steps: PositiveInt
    learning_rate: float
    head_learning_rate: float
    batch_tokens: int
    average: float
    negative_share: _ShareBelow1
    heading_share: _Share
    keyword_share: _Share
    informal_share: _Share
    evidence_weight: float
    relevance_weight: float
    long_answer_weight: float
    max_window_tokens: int
    stride_tokens: int

    def schedule(self, step: int) -> float:
        """Return the factor of the learning rates at a step: up to 1, level, then down to 0."""
        up = min(1.0, (step + 1) / self.warmup_steps)
        down = min(1.0, (self.steps - step) / self.decay_steps)
        return min(up, down)


@dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)
class EncoderRecipe(_Recipe):
    """Settings of an encoder's training; `recipes/encoder.toml` explains each."""

    passes: PositiveInt
    warmup_steps: int
    learning_rate: float
    batch_pairs: Annotated[int, Field(ge=2)]
    slice_pairs: PositiveInt
    max_tokens: int
    start_share: _ShareBelow1


def check_names(recipe: _Recipe, data: Mapping[str, Path]) -> None:
    """Check that the data files and the shares of the recipe have the same names."""
    if data.keys() - {"negatives"} != recipe.data.keys():
        raise SettingsError(
            f"The recipe has shares for {', '.join(sorted(recipe.data))}, but --data names "
            f"{', '.join(sorted(data))}: use the same names."
        )


def digests(data: Mapping[str, Path]) -> dict[str, str]:
    """Return the SHA-256 of each file."""
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in data.items()}


def write_record(
    folder: Path, recipe: _Recipe, data_sha256: Mapping[str, str], **measured: object
) -> None:
    """Write a training's recipe, data, library versions and results to `training.json`."""
    record = {
        "recipe": dataclasses.asdict(recipe),
        "data_sha256": data_sha256,
        "versions": {name: version(name) for name in _LIBRARIES},
        **measured,
    }
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
