"""Reliability diagram and risk-coverage curve as one SVG file."""

from collections.abc import Sequence

from qa.evaluation.reliability import bins, risks

_SIDE, _EDGE, _GAP = 260, 50, 70
"""Pixels: side of a diagram, margin around both, and space between them."""
_MAX_POINTS = 200
_WIDTH, _HEIGHT = 2 * (_SIDE + _EDGE) + _GAP, _SIDE + 2 * _EDGE


def reliability_svg(scored: Sequence[tuple[float, bool]]) -> str:
    """Draw the reliability of scores; each first answer has a score, 0 to 1, and is right or not.

    Left the reliability diagram: the share of right answers over the score, in ten bins. On the
    diagonal, scores are calibrated. Right the risk-coverage curve: the share of wrong answers if
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
