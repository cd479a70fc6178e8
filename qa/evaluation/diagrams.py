"""Drawings in SVG, made without a library: how far scores can be trusted, and how costs grow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from qa.evaluation.reliability import bins, risks

__all__ = ["reliability_svg", "scaling_svg"]

_SIDE, _EDGE, _GAP = 260, 50, 70
"""Pixels: of a drawing, around both, and between the two."""
_MOST_POINTS = 200
_SHARES = {0.0: "0", 0.5: "0.5", 1.0: "1"}


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
    return _svg(
        f"{_frame('Reliability', 'score', 'share right', _SHARES, _SHARES)}{diagonal}{dots}",
        f"{_frame('Risk and coverage', 'share answered', 'share wrong', _SHARES, _SHARES)}"
        f'<path d="M{line}" stroke="#2a6f97" stroke-width="2"/>',
    )


def scaling_svg(measured: Sequence[Mapping[str, float]]) -> str:
    """Draw what `measure_scaling` gave, over the number of chunks; at least one size.

    The dashed lines are the slower ones: the 95th percentile of a search, all of the memory and
    the first search with the opening before it.
    """
    drawings = [
        ("A search", "ms", [(one["p50_ms"], one["p95_ms"]) for one in measured]),
        ("Memory", "MiB", [(one["own_mebibytes"], one["mebibytes"]) for one in measured]),
        (
            "Opening",
            "seconds",
            [(one["open_seconds"], one["open_seconds"] + one["first_seconds"]) for one in measured],
        ),
    ]
    decades = [math.log10(one["chunks"]) for one in measured]
    first, last = math.floor(min(decades)), math.ceil(max(decades) - 0.01)
    span = max(1, last - first)
    across = {(decade - first) / span: f"{10**decade:,}" for decade in range(first, last + 1)}
    parts = []
    for title, unit, pairs in drawings:
        most = _rounded_up(max(map(max, pairs)))
        up = {share: f"{most * share:g}" for share in (0, 0.5, 1)}
        part = _frame(title, "chunks", unit, across, up)
        for values, dash in zip(
            zip(*pairs, strict=True), ("", ' stroke-dasharray="4"'), strict=True
        ):
            points = "L".join(
                f"{_x((decade - first) / span)} {_y(value / most)}"
                for decade, value in zip(decades, values, strict=True)
            )
            part += f'<path d="M{points}" stroke="#2a6f97" stroke-width="2"{dash}/>'
        parts.append(part)
    return _svg(*parts)


def _rounded_up(value: float) -> float:
    """Give the next number of 1, 2 or 5 with zeros."""
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in (1, 2, 5, 10) if step * unit >= value)


def _svg(*drawings: str) -> str:
    width = len(drawings) * (_SIDE + _GAP) + 2 * _EDGE - _GAP
    parts = "".join(
        f'<g transform="translate({number * (_SIDE + _GAP)})">{drawing}</g>'
        for number, drawing in enumerate(drawings)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_SIDE + 2 * _EDGE}" '
        'fill="none" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/>{parts}</svg>\n'
    )


def _frame(
    title: str, across: str, up: str, x_marks: Mapping[float, str], y_marks: Mapping[float, str]
) -> str:
    """Draw what stands around: names, and marks at shares of a side."""
    middle = _EDGE + _SIDE // 2
    marks = "".join(
        f'<text x="{_x(share)}" y="{_y(0) + 16}" text-anchor="middle">{mark}</text>'
        for share, mark in x_marks.items()
    ) + "".join(
        f'<text x="{_x(0) - 6}" y="{_y(share) + 4}" text-anchor="end">{mark}</text>'
        for share, mark in y_marks.items()
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
