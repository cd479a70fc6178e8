"""Two drawings of how far scores can be trusted, in one SVG file made without a library."""

from __future__ import annotations

from collections.abc import Sequence

from qa.evaluation.reliability import bins, risks

__all__ = ["reliability_svg"]

_SIDE, _EDGE, _GAP = 260, 50, 70
"""Pixels: of a drawing, around both, and between the two."""
_MOST_POINTS = 200


def reliability_svg(firsts: Sequence[tuple[float, bool]]) -> str:
    """Draw the scores of first answers, (score, whether right) of each; at least one.

    Left the reliability diagram: the share right over the score, of ten bins; on the diagonal, a
    score means what it says. Right the risk-coverage curve: the share wrong when only the surest
    answers are given, over how many these are.
    """
    scores, right = zip(*firsts, strict=True)
    dots = "".join(
        f'<circle cx="{_x(each.score)}" cy="{_y(each.right)}" '
        f'r="{3 + 9 * (each.n / len(firsts)) ** 0.5:.1f}" fill="#2a6f97" fill-opacity="0.7">'
        f"<title>{each.n} answers: score {each.score:.2f}, {each.right:.0%} right</title></circle>"
        for each in bins(scores, right)
    )
    diagonal = f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#999" stroke-dasharray="4"/>'
    curve = risks(scores, right)
    step = max(1, len(curve) // _MOST_POINTS)
    points = [*range(0, len(curve) - 1, step), len(curve) - 1]
    line = "L".join(f"{_x((at + 1) / len(curve))} {_y(float(curve[at]))}" for at in points)
    shift = _SIDE + _GAP
    width, height = 2 * (_SIDE + _EDGE) + _GAP, _SIDE + 2 * _EDGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" fill="none" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        f"{_frame('Reliability', 'score', 'share right')}{diagonal}{dots}"
        f'<g transform="translate({shift})">'
        f"{_frame('Risk and coverage', 'share answered', 'share wrong')}"
        f'<path d="M{line}" stroke="#2a6f97" stroke-width="2"/></g></svg>\n'
    )


def _frame(title: str, across: str, up: str) -> str:
    middle = _EDGE + _SIDE // 2
    marks = "".join(
        f'<text x="{_x(tenth / 10)}" y="{_y(0) + 16}" text-anchor="middle">{tenth / 10:g}</text>'
        f'<text x="{_x(0) - 6}" y="{_y(tenth / 10) + 4}" text-anchor="end">{tenth / 10:g}</text>'
        for tenth in (0, 5, 10)
    )
    return (
        f'<g fill="#222"><text x="{middle}" y="{_EDGE - 16}" text-anchor="middle" '
        f'font-weight="bold">{title}</text>{marks}'
        f'<text x="{middle}" y="{_y(0) + 34}" text-anchor="middle">{across}</text>'
        f'<text transform="translate({_EDGE - 34} {middle}) rotate(-90)" text-anchor="middle">'
        f'{up}</text></g><rect x="{_EDGE}" y="{_EDGE}" width="{_SIDE}" height="{_SIDE}" '
        'stroke="#bbb"/>'
    )


def _x(share: float) -> float:
    return round(_EDGE + _SIDE * share, 1)


def _y(share: float) -> float:
    return round(_EDGE + _SIDE * (1 - share), 1)
