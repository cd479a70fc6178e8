"""A drawing of a benchmark: bars in one SVG file made without a library."""

from __future__ import annotations

from collections.abc import Sequence

from qa.evaluation.figures import Benchmark, Figure, rounded

__all__ = ["bars_svg"]

_COLOURS = ("#2a6f97", "#c9a227", "#8a8a8a")
_BAR, _GAP, _LEFT, _LENGTH, _RIGHT, _TOP = 14, 16, 250, 330, 130, 44
"""Pixels: a bar's height, between figures, left of the bars, the longest, right of it, above."""
_DRAWN = (
    "start to first answer",
    "a question, p50",
    "a question, p95",
    "indexing",
    "memory while answering",
    "F1 of answers given",
    "F1 of first answers, given or not",
)


def bars_svg(measured: Benchmark) -> str:
    """Draw the figures that all systems have: a group of bars each, on a scale of its own."""
    systems = list(measured.systems)
    y, parts = _TOP, [_legend(systems)]
    for name in _DRAWN:
        group = [
            figure
            for figures in measured.systems.values()
            for figure in figures
            if figure.name == name
        ]
        if len(group) == len(systems):
            parts.append(_group(group, y))
            y += _BAR * len(systems) + _GAP
    width = _LEFT + _LENGTH + _RIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" fill="#222" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _legend(systems: Sequence[str]) -> str:
    return "".join(
        f'<rect x="{_LEFT + 110 * number}" y="14" width="12" height="12" fill="{colour}"/>'
        f'<text x="{_LEFT + 110 * number + 18}" y="24">{system}</text>'
        for number, (system, colour) in enumerate(zip(systems, _COLOURS, strict=False))
    )


def _group(group: Sequence[Figure], y: int) -> str:
    better = "more" if group[0].more_is_better or group[0].unit == "%" else "less"
    most = max(figure.median for figure in group) or 1
    middle = y + _BAR * len(group) / 2
    bars = "".join(
        f'<rect x="{_LEFT}" y="{y + _BAR * number}" height="{_BAR - 2}" '
        f'width="{_LENGTH * figure.median / most:.1f}" fill="{colour}"/>'
        f'<text x="{_LEFT + _LENGTH * figure.median / most + 6:.1f}" '
        f'y="{y + _BAR * number + 10}" font-size="11">{rounded(figure.median)}</text>'
        for number, (figure, colour) in enumerate(zip(group, _COLOURS, strict=False))
    )
    return (
        f'<text x="{_LEFT - 10}" y="{middle}" text-anchor="end">'
        f"{group[0].name}, {group[0].unit}</text>"
        f'<text x="{_LEFT - 10}" y="{middle + 13}" text-anchor="end" font-size="10" fill="#777">'
        f"{better} is better</text>{bars}"
    )
