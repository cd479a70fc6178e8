import datetime

import pytest

from qa.web.markup import day, percent, safe


def test_markup_and_quotation_marks_are_escaped() -> None:
    shown = safe("<b a=\"1\" b='2'>&amp;</b>")
    assert shown == "&lt;b a=&quot;1&quot; b=&#x27;2&#x27;&gt;&amp;amp;&lt;/b&gt;"


def test_unshowable_characters_get_a_sign_and_lines_stay() -> None:
    assert safe("a\0b\x1bc\u202ed\ud800e\nf\tg") == "a�b�c�d�e\nf\tg"


@pytest.mark.parametrize(
    ("score", "shown"),
    [(0, "under 1%"), (0.0099, "under 1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%")],
)
def test_a_probability_is_a_percentage(score: float, shown: str) -> None:
    assert percent(score) == shown


def test_no_percentage_claims_certainty() -> None:
    assert percent(1) == percent(0.996) == "over 99%"


def test_a_day_is_written_out() -> None:
    written = '<time datetime="2020-09-06">6 September 2020</time>'
    assert day(datetime.date(2020, 9, 6)) == written
