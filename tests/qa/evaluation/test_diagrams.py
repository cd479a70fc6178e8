import re
from xml.etree import ElementTree

from qa.evaluation.diagrams import reliability_svg

SVG = "{http://www.w3.org/2000/svg}"


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
