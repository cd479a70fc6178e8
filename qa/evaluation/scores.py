"""Scores with what chance may do to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Score", "auroc", "mean", "means", "resampled"]

RESAMPLES = 1000
_SEED = 0


@dataclass(frozen=True, slots=True)
class Score:
    """One measured number: a percentage, unless its name says otherwise."""

    name: str
    value: float
    low: float | None
    """Where 95% of bootstrap resamples begin (percentile method, Efron 1979); None without one."""
    high: float | None
    """Where they end."""
    n: int
    """How many questions it was measured on."""


def mean(name: str, values: ArrayLike) -> Score:
    """Average values of 0 to 1, one for each question; at least one."""
    shares = np.asarray(values, dtype=np.float64)
    n = len(shares)
    resampled = [float(counts @ shares) / n for counts in _resamples(n)]
    return _score(name, float(shares.mean()), resampled, n)


def means(values: Mapping[str, ArrayLike]) -> list[Score]:
    """Average each named group of values; a group without any is left out."""
    return [mean(name, group) for name, group in values.items() if np.size(group)]


def auroc(
    name: str, margins: ArrayLike, positive: ArrayLike, *, questions: Sequence[int] | None = None
) -> Score | None:
    """Measure how well margins tell positives from negatives; None when one kind is missing.

    The area under the ROC curve is the chance that a positive has the higher margin, ties counted
    half. `questions` numbers, from 0, the question each margin belongs to, as a resample takes
    questions whole; None when each has its own.
    """
    _, ranks = np.unique(np.asarray(margins, dtype=np.float64), return_inverse=True)
    wanted = np.asarray(positive, dtype=bool)
    owners = np.arange(len(wanted)) if questions is None else np.asarray(questions)
    area = _area(ranks, wanted, np.ones(len(wanted)))
    if area is None:
        return None
    n = len(np.unique(owners))
    areas = (_area(ranks, wanted, counts[owners]) for counts in _resamples(int(owners.max()) + 1))
    return _score(name, area, [each for each in areas if each is not None], n)


def resampled(name: str, n: int, measure: Callable[[NDArray[np.int64]], float]) -> Score:
    """Measure something that is no mean, 0 to 1, of n questions; it is given those to look at."""
    drawn = (np.repeat(np.arange(n), counts.astype(np.int64)) for counts in _resamples(n))
    return _score(name, measure(np.arange(n)), [measure(each) for each in drawn], n)


def _area(
    ranks: NDArray[np.int64], positive: NDArray[np.bool_], weights: NDArray[np.float64]
) -> float | None:
    """Compute the area for weighted margins, given as ranks from 0 with ties sharing one."""
    above = np.bincount(ranks, weights * positive)
    below = np.bincount(ranks, weights * ~positive)
    pairs = above.sum() * below.sum()
    if pairs == 0:
        return None
    return float(above @ (np.cumsum(below) - below / 2) / pairs)


def _resamples(n: int) -> Iterator[NDArray[np.float64]]:
    """Draw n of n with replacement, again and again: how often each one was drawn."""
    generator = np.random.default_rng(_SEED)
    for _ in range(RESAMPLES):
        drawn = generator.integers(n, size=n)
        yield np.bincount(drawn, minlength=n).astype(np.float64)


def _score(name: str, value: float, resampled: Sequence[float], n: int) -> Score:
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Score(name, 100 * value, low=100 * float(low), high=100 * float(high), n=n)
