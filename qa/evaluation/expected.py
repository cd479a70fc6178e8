"""Recorded scores, to compare later measurements with."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings import SettingsError
from qa.evaluation.scores import Score

_FILE = Path(__file__).with_name("expected.toml")


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded score; `expected.toml` explains the fields."""

    data: str
    file: str
    part: str
    model: str
    score: str
    command: str
    value: float
    tolerance: float


def load_rows() -> list[Row]:
    """Read the recorded scores."""
    return [Row(**row) for row in tomllib.loads(_FILE.read_text(encoding="utf-8"))["row"]]


def matching(rows: Sequence[Row], *, file: str | Path, part: str, model: str) -> list[Row]:
    """Return the rows of a file of questions, a part and a model."""
    ending = re.compile(r"\.(json|jsonl|ndjson)(\.gz)?$", re.IGNORECASE)
    name = ending.sub("", Path(file).name)
    found = [row for row in rows if (row.file, row.part, row.model) == (name, part, model)]
    if not found:
        raise SettingsError(
            f"There are no recorded scores for {name}, part {part}, model {model}: remove --expect."
        )
    return found


def compare(scores: Sequence[Score], rows: Sequence[Row]) -> list[str]:
    """Compare scores with rows; return a line for each, starting with OK or FAIL.

    A score passes within the tolerance of its row, above or below: better scores must be recorded
    too.
    """
    measured = {score.name: score.value for score in scores}
    lines = []
    for row in rows:
        expected = f"{row.score}: expected {row.value:g} ± {row.tolerance:g}"
        value = measured.get(row.score)
        if value is None:
            lines.append(f"FAIL  {expected}, not measured")
        else:
            # Allow for rounding of binary fractions.
            passes = abs(value - row.value) <= row.tolerance + 1e-9
            lines.append(f"{'OK  ' if passes else 'FAIL'}  {expected}, measured {value:.2f}")
    return lines
