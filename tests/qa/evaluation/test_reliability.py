import re
from xml.etree import ElementTree

import numpy as np
import pytest

from qa.evaluation.reliability import (
    Bin,
    area_under_risk,
    bins,
    calibration_error,
    coverage,
    reliability,
    reliability_svg,
    risks,
)

SVG = "{http://www.w3.org/2000/svg}"


def test_bins_leave_out_empty_tenths() -> None:
    found = bins([0.0, 0.05, 0.1, 0.95, 1.0], [0, 1, 1, 1, 0])
    assert found == [
        Bin(2, pytest.approx(0.025), 0.5),
        Bin(1, pytest.approx(0.1), 1.0),
        Bin(2, pytest.approx(0.975), 0.5),
    ]


def test_calibration_error_is_weighted_mean_distance() -> None:
    # Two answers at 0.8 of which one is right, and two at 0.3 of which none is.
    assert calibration_error([0.8, 0.8, 0.3, 0.3], [1, 0, 0, 0]) == pytest.approx(0.3)
    assert calibration_error([1.0, 0.0], [True, False]) == 0


def test_risk_is_share_of_wrong_answers_among_highest_scores() -> None:
    assert risks([0.2, 0.9, 0.5, 0.7], [0, 1, 1, 0]).tolist() == pytest.approx(
        [0, 1 / 2, 1 / 3, 2 / 4]
    )


def test_equal_scores_have_no_order() -> None:
    right = [1, 0, 0, 1]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 2, 0, 3]):
        curve = risks([0.5] * 4, [right[place] for place in order])
        assert curve.tolist() == pytest.approx([0.5] * 4)


def test_area_under_risk_is_mean_risk() -> None:
    assert area_under_risk([0.9, 0.5], [1, 0]) == pytest.approx((0 + 1 / 2) / 2)
    assert area_under_risk([0.5, 0.9], [1, 0]) == pytest.approx((1 + 1 / 2) / 2)


def test_coverage_is_largest_share_with_precision() -> None:
    scores = np.linspace(1, 0, 10)
    right = [0, 1, 1, 1, 1, 0, 1, 1, 1, 1]
    # The first alone is wrong; 4 of 5 and 8 of 10 are right.
    assert coverage(scores, right) == 1.0
    assert coverage(scores[:6], right[:6]) == pytest.approx(5 / 6)
    assert coverage(scores[:4], right[:4]) == 0.0


def test_reliability_scores_are_percentages() -> None:
    scores = {
        score.name: score for score in reliability([0.9, 0.8, 0.4, 0.1], [True, True, False, False])
    }
    assert scores["calibration error"].value == pytest.approx(100 * (0.1 + 0.2 + 0.4 + 0.1) / 4)
    assert scores["area under risk-coverage"].value == pytest.approx(100 * (1 / 3 + 1 / 2) / 4)
    assert scores["coverage at 80% precision"].value == 50.0
    assert all(score.n == 4 for score in scores.values())


def test_svg_has_a_dot_per_bin_and_the_risk_curve() -> None:
    drawn = ElementTree.fromstring(
        reliability_svg([(0.95, True), (0.95, False), (0.25, False), (0.25, False)])
    )
    dots = list(drawn.iter(f"{SVG}circle"))
    # The axes start at pixel 50 and are 260 pixels long.
    places = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in dots]
    assert places == [(50 + 65, 310), (50 + 247, 180)]
    assert "2 answers: score 0.95, 50% right" in "".join(drawn.itertext())
    *_, line = drawn.iter(f"{SVG}path")
    points = re.findall(r"([\d.]+) ([\d.]+)", line.get("d", ""))
    assert points[0] == ("115.0", "180.0")
    assert points[-1] == ("310.0", "115.0")


def test_long_curve_has_few_points() -> None:
    drawn = reliability_svg([(number / 5000, number % 2 == 0) for number in range(5000)])
    assert len(drawn) < 10_000
