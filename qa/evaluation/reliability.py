"""Reliability of scores as probabilities that answers are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qa.evaluation.scores import Score, bootstrap

PRECISION = 0.8
"""The precision at which coverage is measured."""

_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers with scores in one of ten intervals from 0 to 1."""

    n: int
    score: float
    """Mean score."""
    right: float
    """Share of right answers."""


def bins(scores: ArrayLike, right: ArrayLike) -> list[Bin]:
    """Group answers into ten bins of equal width by score; empty bins are left out."""
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    places = np.minimum((values * _BINS).astype(np.int64), _BINS - 1)
    return [
        Bin(int(inside.sum()), float(values[inside].mean()), float(truth[inside].mean()))
        for place in range(_BINS)
        if (inside := places == place).any()
    ]


def calibration_error(scores: ArrayLike, right: ArrayLike) -> float:
    """Compute the expected calibration error, 0 to 1 (Guo et al. 2017, arXiv 1706.04599).

    ECE = sum over ten bins of n(bin) / n * |mean score - share right|.
    """
    found = bins(scores, right)
    whole = sum(each.n for each in found)
    return sum(each.n * abs(each.score - each.right) for each in found) / whole


def risks(scores: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    """Compute the share of wrong answers among the 1, 2, ... n with the highest scores: shape (n,).

    Answers with the same score have no order: each counts as their mean.
    """
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    _, groups, sizes = np.unique(-values, return_inverse=True, return_counts=True)
    means = np.bincount(groups, 1 - truth) / sizes
    wrong = np.repeat(means, sizes)
    return np.asarray(np.cumsum(wrong) / np.arange(1, len(wrong) + 1))


def area_under_risk(scores: ArrayLike, right: ArrayLike) -> float:
    """Compute the area under the risk-coverage curve, 0 to 1; lower is better.

    AURC = mean of `risks` (Geifman et al. 2019, arXiv 1805.08206).
    """
    return float(risks(scores, right).mean())


def coverage(scores: ArrayLike, right: ArrayLike, *, precision: float = PRECISION) -> float:
    """Compute the largest share of answers, highest scores first, that has this precision."""
    curve = risks(scores, right)
    enough = np.flatnonzero(curve <= 1 - precision + 1e-12)
    return (int(enough[-1]) + 1) / len(curve) if enough.size else 0.0


def reliability(scores: Sequence[float], right: Sequence[bool]) -> list[Score]:
    """Measure how reliable the scores of first answers are, one for each question; in percent."""
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    n = len(values)
    # No interval: resampling adds noise that makes the error of a resample larger.
    error = Score("calibration error", 100 * calibration_error(values, truth), None, None, n)
    area = bootstrap(
        "area under risk-coverage", n, lambda drawn: area_under_risk(values[drawn], truth[drawn])
    )
    covered = bootstrap(
        f"coverage at {PRECISION:.0%} precision",
        n,
        lambda drawn: coverage(values[drawn], truth[drawn]),
    )
    return [error, area, covered]
