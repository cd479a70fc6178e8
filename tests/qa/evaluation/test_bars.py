from xml.etree import ElementTree

from qa.evaluation.bars import bars_svg
from qa.evaluation.figures import Benchmark, Figure

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_are_as_long_as_the_medians_on_the_scale_of_their_figure() -> None:
    measured = Benchmark(
        {},
        {
            "own": [Figure("a question, p50", "ms", (20.0,)), Figure("of a question", "%", (1.0,))],
            "slow": [Figure("a question, p50", "ms", (80.0, 60.0, 100.0))],
        },
    )
    drawn = ElementTree.fromstring(bars_svg(measured))
    _, *rectangles = drawn.iter(f"{SVG}rect")
    assert [float(each.get("width", "")) for each in rectangles] == [12, 12, 82.5, 330]
    colours = [each.get("fill") for each in rectangles]
    assert colours[:2] == colours[2:]
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert texts == ["own", "slow", "a question, p50, ms", "less is better", "20.0", "80.0"]


def test_a_figure_that_one_lacks_is_not_drawn() -> None:
    measured = Benchmark({}, {"own": [Figure("a question, p50", "ms", (20.0,))], "slow": []})
    drawn = ElementTree.fromstring(bars_svg(measured))
    assert len(list(drawn.iter(f"{SVG}rect"))) == 3
