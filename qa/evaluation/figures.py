"""What a benchmark measured, as a table and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Benchmark", "Figure", "benchmark_json", "benchmark_text", "rounded"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured several times."""

    name: str
    unit: str
    values: tuple[float, ...]
    """One a repeat; at least one."""
    more_is_better: bool = False

    @property
    def median(self) -> float:
        """What is quoted."""
        return statistics.median(self.values)

    def times(self, other: Figure) -> float:
        """Say how many times better this is than another's: the median over the repeats.

        Repeats are compared one with one: they were made in turns, so that a machine that was slow
        for a while was slow for both.
        """
        pairs = zip(self.values, other.values, strict=True)
        return statistics.median(
            own / theirs if self.more_is_better else theirs / own for own, theirs in pairs
        )


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Everything that a run gave."""

    about: Mapping[str, object]
    """Machine, versions, task: whatever `json.dumps` takes."""
    systems: Mapping[str, Sequence[Figure]]
    """The assistant first; the others have figures of it that they have too."""


def benchmark_json(measured: Benchmark) -> dict[str, object]:
    """Make an object for `json.dumps`; `times_better` is the assistant's, by system and figure."""
    own, *others = measured.systems
    return {
        **measured.about,
        "systems": {
            system: {
                figure.name: {
                    "unit": figure.unit,
                    "median": figure.median,
                    "low": min(figure.values),
                    "high": max(figure.values),
                    "values": list(figure.values),
                }
                for figure in figures
            }
            for system, figures in measured.systems.items()
        },
        "times_better": {
            other: {
                figure.name: figure.times(theirs)
                for figure in measured.systems[own]
                if figure.unit != "%"
                and (theirs := _find(measured.systems[other], figure.name)) is not None
            }
            for other in others
        },
    }


def benchmark_text(measured: Benchmark) -> str:
    """Make a table in Markdown: a row a figure, a column a system.

    Medians, with the least and the greatest of the repeats; behind another system's, how many times
    better the assistant's is (below 1 the other's is better).
    """
    own, *others = measured.systems
    rows = [["", own, *others]]
    for figure in measured.systems[own]:
        row = [f"{figure.name}, {figure.unit}", _shown(figure)]
        for other in others:
            theirs = _find(measured.systems[other], figure.name)
            if theirs is None:
                row.append("")
            elif figure.unit == "%":
                row.append(_shown(theirs))
            else:
                row.append(f"{_shown(theirs)} ×{figure.times(theirs):.2f}")
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _find(figures: Sequence[Figure], name: str) -> Figure | None:
    return next((figure for figure in figures if figure.name == name), None)


def _shown(figure: Figure) -> str:
    low, high = min(figure.values), max(figure.values)
    if low == high:
        return rounded(low)
    return f"{rounded(figure.median)} ({rounded(low)}-{rounded(high)})"


def rounded(value: float) -> str:
    """Show three digits, and no fewer than stand before the point."""
    places = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{places}f}"
