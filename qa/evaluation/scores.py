"""Scores with bootstrap confidence intervals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 1000
_SEED = 0


@dataclass(frozen=True, slots=True)
class Score:
    """One measured number: a percentage, unless its name says otherwise."""

    name: str
    value: float
    low: float | None
    """Lower end of the 95% interval (percentile bootstrap, Efron 1979); None without interval."""
    high: float | None
    """Upper end of the interval."""
    n: int
    """Number of questions."""


def bootstrap(name: str, n: int, measure: Callable[[NDArray[np.int64]], float]) -> Score:
    """Measure a statistic of n questions, 1 or more, with its interval.

    `measure` takes the numbers of the questions to use, from 0, and returns 0 to 1; NaN if the
    statistic is undefined for them.
    """
    rng = np.random.default_rng(_SEED)
    values = [measure(rng.integers(n, size=n)) for _ in range(RESAMPLES)]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    value = measure(np.arange(n))
    return Score(name, 100 * value, low=100 * float(low), high=100 * float(high), n=n)


def mean(name: str, values: ArrayLike) -> Score:
    """Average values of 0 to 1, one for each question; at least one."""
    array = np.asarray(values, dtype=np.float64)
    return bootstrap(name, len(array), lambda drawn: float(array[drawn].mean()))


def means(values: Mapping[str, ArrayLike]) -> list[Score]:
    """Average each named group of values; empty groups are left out."""
    return [mean(name, group) for name, group in values.items() if np.size(group)]


def auroc(
    name: str, margins: ArrayLike, positive: ArrayLike, *, questions: Sequence[int] | None = None
) -> Score | None:
    """Compute the area under the ROC curve: how well margins separate positives from negatives.

    It equals the share of pairs of a positive and a negative in which the positive has the higher
    margin, ties counting half (Hanley and McNeil 1982). scikit-learn's function is a hundred times
    slower, which matters for the resamples. None without positives or without negatives.

    `margins` and `positive` have the shape (n,). With `questions`, the number of the question of
    each margin from 0, questions are resampled as a whole.
    """
    _, ranks = np.unique(np.asarray(margins, dtype=np.float64), return_inverse=True)
    labels = np.asarray(positive, dtype=bool)
    owners = np.arange(len(labels)) if questions is None else np.asarray(questions)
    n = int(owners.max(initial=-1)) + 1

    def area(drawn: NDArray[np.int64]) -> float:
        weights = np.bincount(drawn, minlength=n)[owners]
        above = np.bincount(ranks, weights * labels)
        below = np.bincount(ranks, weights * ~labels)
        pairs = above.sum() * below.sum()
        return float(above @ (np.cumsum(below) - below / 2) / pairs) if pairs else np.nan

    return bootstrap(name, n, area) if 0 < labels.sum() < len(labels) else None
