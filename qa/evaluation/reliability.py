"""Whether scores mean what they say: of answers, as probabilities that they are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qa.evaluation.scores import Score, resampled

__all__ = [
    "PRECISION",
    "Bin",
    "area_under_risk",
    "bins",
    "calibration_error",
    "coverage",
    "reliability",
    "risks",
]

PRECISION = 0.8
"""At which coverage is told."""

_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose scores lie in one tenth from 0 to 1."""

    n: int
    score: float
    """Their mean."""
    right: float
    """The share of them that is right."""


def bins(scores: ArrayLike, right: ArrayLike) -> list[Bin]:
    """Sort answers into ten bins of equal width by score, leaving out empty ones."""
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    places = np.minimum((values * _BINS).astype(np.int64), _BINS - 1)
    return [
        Bin(int(inside.sum()), float(values[inside].mean()), float(truth[inside].mean()))
        for place in range(_BINS)
        if (inside := places == place).any()
    ]


def calibration_error(scores: ArrayLike, right: ArrayLike) -> float:
    """Compute the expected calibration error, 0 to 1 (Guo et al. 2017, arXiv 1706.04599).

    The mean distance of score and share right over ten bins, weighted by their numbers.
    """
    found = bins(scores, right)
    whole = sum(each.n for each in found)
    return sum(each.n * abs(each.score - each.right) for each in found) / whole


def risks(scores: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    """Compute the share of wrong answers when only the surest 1, 2, ... n are given: shape (n,).

    Answers of the same score come in no order: each stands for the mean of them.
    """
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    _, groups, sizes = np.unique(-values, return_inverse=True, return_counts=True)
    means = np.bincount(groups, 1 - truth) / sizes
    wrong = np.repeat(means, sizes)
    return np.asarray(np.cumsum(wrong) / np.arange(1, len(wrong) + 1))


def area_under_risk(scores: ArrayLike, right: ArrayLike) -> float:
    """Compute the area under the risk-coverage curve, 0 to 1; less is better.

    It is the mean risk over all coverages (Geifman et al. 2019, arXiv 1805.08206).
    """
    return float(risks(scores, right).mean())


def coverage(scores: ArrayLike, right: ArrayLike, *, precision: float = PRECISION) -> float:
    """Compute the largest share of answers, the surest first, of which so many are right."""
    curve = risks(scores, right)
    enough = np.flatnonzero(curve <= 1 - precision + 1e-12)
    return (int(enough[-1]) + 1) / len(curve) if enough.size else 0.0


def reliability(scores: Sequence[float], right: Sequence[bool]) -> list[Score]:
    """Score the scores of first answers, one for each question; in percent, with intervals."""
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    curves: dict[str, Callable[[ArrayLike, ArrayLike], float]] = {
        "area under risk-coverage": area_under_risk,
        f"coverage at {PRECISION:.0%} precision": coverage,
    }
    # Without an interval: the error of a resample is larger by the noise that drawing adds.
    error = 100 * calibration_error(values, truth)
    scored = [Score("calibration error", error, low=None, high=None, n=len(values))]
    for name, of in curves.items():
        measure = partial(_of_drawn, of, values, truth)
        scored.append(resampled(name, len(values), measure))
    return scored


def _of_drawn(
    of: Callable[[ArrayLike, ArrayLike], float],
    values: NDArray[np.float64],
    truth: NDArray[np.float64],
    drawn: NDArray[np.int64],
) -> float:
    return of(values[drawn], truth[drawn])
