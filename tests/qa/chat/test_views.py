import dataclasses
import datetime
import re

import pytest
from bs4 import BeautifulSoup

from embeddings import Chunk, Document, Hit
from qa import Answer, Citation
from qa.chat.exchange import Asking
from qa.chat.views import exchange_html, how_sure, source_html, timeline_html, why_not
from qa.dates import TimeRange
from qa.timeline import Timeline, Told

EVIL = """'"><img src=x onerror=alert(1)>"""
"""Short enough to be shown whole in a plot."""
TAGS = ("img", "script", "style", "iframe", "base", "form", "meta", "link", "object", "embed")


def test_the_answer_is_marked_in_its_own_sentence(exchange, answer) -> None:
    shown = exchange_html(exchange(answer()))
    assert ">Baker <mark>Rosa Pell</mark> won the prize.</blockquote>" in shown
    assert "opened on Monday" not in shown


def test_confidence_and_place_are_told(exchange, answer) -> None:
    shown = exchange_html(exchange(answer(score=0.8)))
    assert "Likely right" in shown
    assert ">80%<" in shown
    assert "<cite>Fair</cite>" in shown
    assert "11 May 2019" in shown
    assert '<span class="name">fair.txt</span> <span class="num">characters 33–42<' in shown
    assert 'data-document="fair.txt" data-start="33" data-end="42"' in shown


def test_a_long_sentence_is_cut_between_words(exchange, answer) -> None:
    long = answer()
    words = " ".join(["before"] * 100)
    context = f"{words} Rosa Pell {words}."
    start = context.index("Rosa")
    cut = type(long)("Rosa Pell", 0.8, start, start + 9, long.document, context, 0)
    shown = exchange_html(exchange(cut))
    assert "… before before" in shown
    assert "before before …" in shown
    assert shown.count("before") < 100


def test_other_answers_are_listed_unless_they_are_next_to_impossible(exchange, answer) -> None:
    shown = exchange_html(exchange(answer(), answer("Monday", 0.1), answer("rained", 0.001)))
    assert "<mark>Monday</mark>" in shown
    assert ">10%<" in shown
    assert "<mark>rained</mark>" not in shown


def test_other_documents_that_say_the_same_can_be_opened(exchange, answer) -> None:
    cited = Citation("Rosa <b>", 3, 11, Document(id="<b>.txt", text=""))
    shown = exchange_html(exchange(dataclasses.replace(answer(), citations=(cited,))))
    assert "1 other document says the same" in shown
    assert 'data-document="&lt;b&gt;.txt" data-start="3" data-end="11"' in shown
    assert "<b>" not in shown


def test_a_day_is_told_beside_the_words(exchange, answer) -> None:
    assert ">Monday</q> is <time" in exchange_html(exchange(answer("Monday")))
    assert "</q> is" not in exchange_html(exchange(answer()))


def test_what_was_understood_is_shown_where_it_differs(exchange, answer) -> None:
    same = exchange_html(exchange(answer()))
    other = exchange_html(exchange(answer(), reply={"understood": "Who won the prize?"}))
    assert "Understood as" not in same
    assert "Who won the prize?</q>" in other


def test_filters_under_which_was_asked_are_named(exchange, answer) -> None:
    first, last = datetime.date(2019, 1, 1), datetime.date(2019, 12, 31)
    for asking, words in (
        (Asking(first, last), ">1 January 2019</time> to <time"),
        (Asking(after=first), "since <time"),
        (Asking(before=last), "until <time"),
        (Asking(documents=("a", "b", "c", "d", "e")), "Only a, b, c and 2 more"),
    ):
        assert words in exchange_html(exchange(answer(), asking=asking))


def test_the_time_that_a_question_names_is_told_and_can_be_dropped(exchange, answer) -> None:
    day = datetime.date(2019, 5, 11)
    window = TimeRange(day, day, 0, 3, hard=False)
    shown = exchange_html(exchange(answer(), reply={"window": window}))
    assert "Documents preferred: <time" in shown
    assert ">Who</q>" in shown
    assert 'data-act="any-time"' in shown
    hard = exchange(reply={"window": TimeRange(None, day, 0, 3, hard=True), "hits": (), "read": 0})
    assert "Only documents: until <time" in exchange_html(hard)
    assert "No document lies within the filters" in why_not(hard)


def test_a_dateline_is_told_as_what_it_is(exchange) -> None:
    cited = Citation("<b>AYTON", 0, 8, Document(id="a", text=""))
    assert "reported from &lt;b&gt;AYTON, by" in exchange_html(exchange(reply={"dateline": cited}))


def test_a_verdict_stays_pressed(exchange, answer) -> None:
    shown = exchange_html(exchange(answer(), verdicts={0: "wrong"}))
    assert 'data-verdict="wrong" title="Wrong" aria-pressed="true"' in shown
    assert shown.count('aria-pressed="true"') == 1


@pytest.mark.parametrize(
    ("written", "shown"), [("NEW YORK", "New York"), ("The Hague", "The Hague")]
)
def test_the_place_stands_beside_title_and_date(exchange, answer, written: str, shown: str) -> None:
    parts = f"<cite>Fair</cite> <span>{shown}</span> <time"
    found = answer(metadata={"dateline": written})
    assert parts in exchange_html(exchange(found))
    assert f"<span>{shown}</span>" in source_html(found.document, 0, 0)


def test_each_answer_shown_is_judged_by_itself(exchange, answer) -> None:
    answers = answer(), answer("rained", 0.001), answer("Monday", 0.1)
    shown = exchange_html(exchange(*answers, verdicts={2: "wrong passage"}))
    assert re.findall('data-place="([0-9])"', shown) == ["0", "2"]
    assert 'aria-pressed="true"' not in shown.partition('data-place="2"')[0]
    assert 'data-verdict="wrong passage" title="Wrong passage" aria-pressed="true"' in shown


def test_without_an_answer_the_nearest_passage_and_the_reason_are_shown(exchange) -> None:
    shown = exchange_html(exchange())
    assert "No answer in these documents." in shown
    assert "Baker Rosa Pell won the prize." in shown
    assert "The 3 most promising passages were read" in shown


def test_every_reason_has_its_words(exchange) -> None:
    nothing = {"reply": {"hits": (), "read": 0}}
    assert why_not(exchange(**nothing)) == "There are no documents yet."
    filtered = exchange(asking=Asking(documents=()), **nothing)
    assert "within the filters" in why_not(filtered)
    assert why_not(exchange(reply={"read": 1})).startswith("One passage was read")
    torn = exchange(reply={"reason": "answers disagree"})
    assert why_not(torn).startswith("The passages give different answers")
    strict = exchange(asking=Asking(min_score=0.9))
    assert "none at the 90% asked for in the settings" in why_not(strict)


def test_nothing_from_outside_is_markup(exchange, answer) -> None:
    days = [datetime.date(2019, 5, 11), datetime.date(2021, 6, 1)]
    said = [
        Answer(
            text=EVIL,
            score=0.9,
            start=len(EVIL),
            end=2 * len(EVIL),
            document=Document(EVIL, EVIL * 3, EVIL, day, EVIL, {"dateline": EVIL}),
            context=EVIL * 3,
            context_start=0,
        )
        for day in days
    ]
    cited = Citation(EVIL, 0, len(EVIL), said[0].document)
    said = [dataclasses.replace(found, citations=(cited,)) for found in said]
    window = TimeRange(days[0], days[1], start=0, end=len(EVIL), hard=True)
    asked = {"question": EVIL, "understood": EVIL * 2, "window": window}
    chunk = Chunk(EVIL, 0, len(EVIL), EVIL, EVIL, days[0])
    nowhere = asked | {"hits": (Hit(chunk, 0.5, 1.0, 0.5),), "dateline": cited}
    only = Asking(documents=(EVIL,))
    verdicts = {0: EVIL, 1: EVIL}
    told = tuple(Told((found,), superseded=False) for found in said)
    addresses = (EVIL, f"https://news.example/{EVIL}", f"javascript:{EVIL}", "java\nscript:a//b")
    for shown in (
        exchange_html(exchange(*said, reply=asked, asking=only, verdicts=verdicts)),
        exchange_html(exchange(reply=nowhere, asking=only, verdicts=verdicts)),
        timeline_html(Timeline(EVIL, told, None, window, 2, 0.1)),
        *(
            source_html(
                Document(EVIL, EVIL * 3, EVIL, days[0], place, {"dateline": EVIL}),
                len(EVIL),
                2 * len(EVIL),
            )
            for place in addresses
        ),
    ):
        page = BeautifulSoup(shown, "html.parser")
        assert not set(TAGS) & {tag.name for tag in page.find_all()}
        attributes = {name for tag in page.find_all() for name in tag.attrs}
        assert not {name for name in attributes if name.startswith("on")}
        links = {tag["href"] for tag in page.find_all(href=True)}
        assert all(link.startswith(("https://news.example/", "#i-")) for link in links)
        assert "alert" in page.get_text()


def test_words_that_name_a_day_are_no_markup(exchange) -> None:
    words = "on Monday & later"
    document = Document("a.txt", words, date=datetime.date(2020, 9, 20))
    shown = exchange_html(exchange(Answer(words, 0.9, 0, len(words), document, words, 0)))
    assert "on Monday &amp; later</q> is <time" in shown


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (1, "Very likely right"),
        (0.9, "Very likely right"),
        (0.7, "Likely right"),
        (0.5, "More likely right than not"),
        (0.49, "Uncertain"),
        (0, "Uncertain"),
    ],
)
def test_how_sure_is_said_in_words(score: float, words: str) -> None:
    assert how_sure(score) == words


def test_the_source_is_whole_and_marked() -> None:
    shown = source_html(Document(id="a.txt", text="one two three"), 4, 7)
    assert '">one <mark tabindex="-1">two</mark> three</div>' in shown
    assert "characters 4–7" in shown
    assert "<mark" not in source_html(Document(id="a.txt", text="one two three"), 0, 0)


def test_of_a_very_long_source_the_part_around_the_span_is_shown() -> None:
    text = "a" * 2_000_000 + "XYZ" + "b" * 2_000_000
    shown = source_html(Document(id="long.txt", text=text), 2_000_000, 2_000_003)
    assert "Only a part of its 4,000,003 characters is shown." in shown
    assert len(shown) < 1_010_000


@pytest.mark.parametrize(
    ("source", "linked"),
    [
        ("https://news.example/a?b=1&c", True),
        ("javascript:alert(1)", False),
        ("/home/someone/a.txt", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(source: str, linked: bool) -> None:
    shown = source_html(Document(id="a.txt", text="one", source=source), 0, 0)
    assert ("<a href=" in shown) == linked
