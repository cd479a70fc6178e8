import re
from xml.etree import ElementTree

from qa.evaluation.diagrams import reliability_svg, scaling_svg

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


def test_growth_is_drawn_over_decades_of_chunks() -> None:
    measured = [
        {
            "chunks": chunks,
            "p50_ms": 5.0 * number,
            "p95_ms": 10.0 * number,
            "own_mebibytes": 100.0,
            "mebibytes": 200.0,
            "open_seconds": 0.5,
            "first_seconds": 0.5,
        }
        for number, chunks in ((1, 1_000), (2, 100_003))
    ]
    drawn = ElementTree.fromstring(scaling_svg(measured))
    texts = list(drawn.itertext())
    for mark in ("1,000", "10,000", "100,000"):
        assert texts.count(mark) == 3
    assert "1,000,000" not in texts
    p50, p95, *_ = (path.get("d") for path in drawn.iter(f"{SVG}path"))
    # 260 pixels for two decades, and for 20 ms.
    assert p50 == "M50.0 245.0L310.0 180.0"
    assert p95 == "M50.0 180.0L310.0 50.0"


def test_a_single_size_is_drawn() -> None:
    measured = {"chunks": 10, "p50_ms": 1, "p95_ms": 2, "own_mebibytes": 1, "mebibytes": 1}
    assert "<svg" in scaling_svg([measured | {"open_seconds": 1, "first_seconds": 1}])
