"""The scores that are known to be reached; every later measurement is held to them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from embeddings import SettingsError
from qa.evaluation.scores import Score

__all__ = ["EXPECTED", "Row", "compare", "load_rows", "matching"]

EXPECTED = Path(__file__).with_name("expected.toml")


@dataclass(frozen=True, slots=True)
class Row:
    """One expected score; `expected.toml` says what the fields mean."""

    data: str
    file: str
    part: str
    model: str
    score: str
    command: str
    value: float
    tolerance: float


def load_rows(path: str | Path = EXPECTED) -> list[Row]:
    """Read a file of expected scores.

    Raises:
        SettingsError: it cannot be read, or a row of it lacks a field or has an unknown one.
    """
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The expected scores in {path} cannot be read: {error}") from error
    rows = content.pop("row", [])
    if content or not isinstance(rows, list):
        raise SettingsError(f"{path} may hold nothing but rows, each under [[row]].")
    return [_row(row, place=f"Row {number} of {path}") for number, row in enumerate(rows, start=1)]


def _row(row: dict[str, object], *, place: str) -> Row:
    kinds = {field.name: (int, float) if field.type == "float" else str for field in fields(Row)}
    wrong = [name for name, kind in kinds.items() if not isinstance(row.get(name), kind)]
    wrong += sorted(row.keys() - kinds.keys())
    if wrong:
        raise SettingsError(
            f"{place}: look at {', '.join(wrong)}; it needs {', '.join(kinds)}, and no more."
        )
    return Row(**row)  # type: ignore[arg-type]


def matching(rows: Sequence[Row], *, file: str | Path, part: str, model: str) -> list[Row]:
    """Pick the rows of a file of questions, a part and a model.

    Raises:
        SettingsError: there are none.
    """
    ending = re.compile(r"\.(json|jsonl|ndjson)(\.gz)?$", re.IGNORECASE)
    name = ending.sub("", Path(file).name)
    found = [row for row in rows if (row.file, row.part, row.model) == (name, part, model)]
    if not found:
        raise SettingsError(
            f"No expected scores are written down for {name}, part {part}, model {model}: measure "
            "without --expect."
        )
    return found


def compare(scores: Sequence[Score], rows: Sequence[Row]) -> list[str]:
    """Hold scores to rows: a line for each, beginning with OK or FAIL.

    A score passes within its row's tolerance, above or below: one that has become better must be
    written down too.
    """
    measured = {score.name: score.value for score in scores}
    lines = []
    for row in rows:
        expected = f"{row.score}: expected {row.value:g} ± {row.tolerance:g}"
        value = measured.get(row.score)
        if value is None:
            lines.append(f"FAIL  {expected}, not measured")
        else:
            # A tolerance of 0.5 allows 0.5, whatever binary fractions make of it.
            passes = abs(value - row.value) <= row.tolerance + 1e-9
            lines.append(f"{'OK  ' if passes else 'FAIL'}  {expected}, measured {value:.2f}")
    return lines
