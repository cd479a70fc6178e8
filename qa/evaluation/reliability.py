"""Reliability of scores as probabilities that answers are right, as numbers and as a diagram."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qa.evaluation.scores import Score, bootstrap

PRECISION = 0.8
"""The precision at which coverage is measured."""

_BINS = 10

_SIDE, _EDGE, _GAP = 260, 50, 70
"""Pixels: side of a diagram, margin around both, and space between them."""
_MAX_POINTS = 200
_WIDTH, _HEIGHT = 2 * (_SIDE + _EDGE) + _GAP, _SIDE + 2 * _EDGE


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose scores are in one of ten equal intervals from 0 to 1."""

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

    Answers with the same score have no order: each counts as the mean of their errors.
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
    # No interval: the calibration error of a resample is larger, because resampling adds noise.
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


def reliability_svg(scored: Sequence[tuple[float, bool]]) -> str:
    """Draw the reliability of scores; each first answer has a score, 0 to 1, and is right or not.

    Left: the reliability diagram, the share of right answers over the score, in ten bins. On the
    diagonal, scores are calibrated. Right: the risk-coverage curve, the share of wrong answers if
    only the answers with the highest scores are given, over the share of questions answered.
    """
    scores, right = zip(*scored, strict=True)
    dots = "".join(
        f'<circle cx="{_x(each.score)}" cy="{_y(each.right)}" '
        f'r="{3 + 9 * (each.n / len(scored)) ** 0.5:.1f}" fill="#2a6f97" fill-opacity="0.7">'
        f"<title>{each.n} answers: score {each.score:.2f}, {each.right:.0%} right</title></circle>"
        for each in bins(scores, right)
    )
    diagonal = f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#999" stroke-dasharray="4"/>'
    curve = risks(scores, right)
    step = max(1, len(curve) // _MAX_POINTS)
    points = [*range(0, len(curve) - 1, step), len(curve) - 1]
    line = "L".join(f"{_x((at + 1) / len(curve))} {_y(float(curve[at]))}" for at in points)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" fill="none" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        f"{_axes('Reliability', 'score', 'share right')}{diagonal}{dots}"
        f'<g transform="translate({_SIDE + _GAP})">'
        f"{_axes('Risk and coverage', 'share answered', 'share wrong')}"
        f'<path d="M{line}" stroke="#2a6f97" stroke-width="2"/></g></svg>\n'
    )


def _axes(title: str, x_label: str, y_label: str) -> str:
    """Draw a frame with a title, labels and ticks from 0 to 1."""
    middle = _EDGE + _SIDE // 2
    ticks = "".join(
        f'<text x="{_x(share)}" y="{_y(0) + 16}" text-anchor="middle">{share:g}</text>'
        f'<text x="{_x(0) - 6}" y="{_y(share) + 4}" text-anchor="end">{share:g}</text>'
        for share in (0, 0.5, 1)
    )
    return (
        f'<g fill="#222"><text x="{middle}" y="{_EDGE - 16}" text-anchor="middle" '
        f'font-weight="bold">{title}</text>{ticks}'
        f'<text x="{middle}" y="{_y(0) + 34}" text-anchor="middle">{x_label}</text>'
        f'<text transform="translate({_EDGE - 34} {middle}) rotate(-90)" text-anchor="middle">'
        f'{y_label}</text></g><rect x="{_EDGE}" y="{_EDGE}" width="{_SIDE}" height="{_SIDE}" '
        'stroke="#bbb"/>'
    )


def _x(share: float) -> float:
    return round(_EDGE + _SIDE * share, 1)


def _y(share: float) -> float:
    return round(_EDGE + _SIDE * (1 - share), 1)
