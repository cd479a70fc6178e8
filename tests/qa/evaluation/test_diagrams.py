import re
from xml.etree import ElementTree

from qa.evaluation.diagrams import reliability_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_each_bin_is_a_dot_and_the_risk_a_line() -> None:
    drawn = ElementTree.fromstring(
        reliability_svg([(0.95, True), (0.95, False), (0.25, False), (0.25, False)])
    )
    dots = list(drawn.iter(f"{SVG}circle"))
    # 260 pixels for 1, from 50: the second bin has a score of 0.95, and half of it is right.
    places = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in dots]
    assert places == [(50 + 65, 310), (50 + 247, 180)]
    assert "2 answers: score 0.95, 50% right" in "".join(drawn.itertext())
    *_, line = drawn.iter(f"{SVG}path")
    points = re.findall(r"([\d.]+) ([\d.]+)", line.get("d", ""))
    assert points[0] == ("115.0", "180.0")
    assert points[-1] == ("310.0", "115.0")


def test_a_long_curve_is_drawn_with_few_points() -> None:
    drawn = reliability_svg([(number / 5000, number % 2 == 0) for number in range(5000)])
    assert len(drawn) < 10_000
