import datetime

import pytest

from qa.web import texts
from qa.web.markup import day, days, html_text, percent, render, safe


def test_tags_and_quotation_marks_are_escaped() -> None:
    shown = safe("<b a=\"1\" b='2'>&amp;</b>")
    assert shown == "&lt;b a=&quot;1&quot; b=&#x27;2&#x27;&gt;&amp;amp;&lt;/b&gt;"


def test_control_characters_are_replaced_and_line_breaks_stay() -> None:
    assert safe("a\0b\x1bc\u202ed\ud800e\nf\tg") == "a�b�c�d�e\nf\tg"


@pytest.mark.parametrize(
    ("score", "shown"),
    [(0, "under 1%"), (0.0099, "under 1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%")],
)
def test_probability_is_shown_as_percentage(score: float, shown: str) -> None:
    assert percent(score) == shown


def test_percentage_never_is_100() -> None:
    assert percent(1) == percent(0.996) == "over 99%"


def test_day_is_written_out() -> None:
    written = '<time datetime="2020-09-06">6 September 2020</time>'
    assert day(datetime.date(2020, 9, 6)) == written


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2020-09-06", None, "since 6 September 2020"),
        (None, "2020-09-06", "until 6 September 2020"),
        ("2020-09-06", "2020-09-06", "6 September 2020"),
        ("2020-09-05", "2020-09-06", "5 September 2020 to 6 September 2020"),
    ],
)
def test_days_are_a_day_or_a_range(first: str | None, last: str | None, words: str) -> None:
    assert days(first, last).striptags() == words


def test_text_is_escaped_with_its_values_and_keeps_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(texts.TEXTS["en"]["answer"], "only", 'Only "{limits}" & no other')
    shown = html_text("answer.only", limits="<b>\x1b")
    assert shown == "Only &quot;&lt;b&gt;\ufffd&quot; &amp; no other"
    assert "<time " in html_text("answer.only", limits=day("2020-09-06"))


def test_template_without_one_of_its_values_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"rows\.html: 'documents' is undefined"):
        render("rows")
