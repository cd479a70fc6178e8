import dataclasses
import datetime
import re

import pytest
from bs4 import BeautifulSoup

from embeddings import Chunk, Document, Hit, Section
from qa import Answer, Citation
from qa.dates import TimeRange
from qa.serialization import timeline_json
from qa.timeline.timeline import Timeline, TimelineEntry
from qa.web.answers import confidence, exchange_html, why_not
from qa.web.source import source_json
from qa.web.timeline_drawing import values_over_time
from tests.qa.web.conftest import TEXT

EVIL = """'"><img src=x onerror=alert(1)>"""
"""Short enough to be shown whole in a drawing."""
TAGS = ("img", "script", "style", "iframe", "base", "form", "meta", "link", "object", "embed")


def test_span_is_marked_in_its_sentence(exchange, answer) -> None:
    shown = exchange_html(exchange(answer()))
    assert ">Baker <mark>Rosa Pell</mark> won the prize.</blockquote>" in shown
    assert "opened on Monday" not in shown


def test_list_is_shown_as_items(exchange, answer) -> None:
    words = "Rosa Pell won the prize"
    start = TEXT.index(words)
    items = ((start, start + 9), (start + 14, start + 23))
    listed = answer(words, kind="spans", highlights=items)
    shown = exchange_html(exchange(listed))
    assert "<li><mark>Rosa Pell</mark></li><li><mark>the prize</mark></li>" in shown
    second = exchange_html(exchange(answer("Monday"), dataclasses.replace(listed, score=0.5)))
    assert "<mark>Rosa Pell</mark> · <mark>the prize</mark>" in second


def test_passage_is_quoted_with_its_decisive_words_marked(exchange, answer) -> None:
    words = "Baker Rosa Pell won the prize. It rained."
    start = TEXT.index("won")
    passage = answer(words, kind="passage", highlights=((start, start + 13),))
    shown = exchange_html(exchange(passage))
    assert ">Baker Rosa Pell <mark>won the prize</mark>. It rained.</blockquote>" in shown
    plain = exchange_html(exchange(answer(words, kind="passage")))
    assert f">{words}</blockquote>" in plain
    assert "<mark" not in plain


def test_citation_has_title_page_section_and_date(exchange, answer) -> None:
    sections = (Section("Village", 1, 0), Section("Prizes", 2, 27))
    shown = exchange_html(exchange(answer(sections=sections, pages=(0, 20))))
    assert "<cite>Fair</cite>" in shown
    assert '<span class="where">p. 2</span>' in shown
    assert '<span class="where">Village › Prizes</span>' in shown
    assert "11 May 2019" in shown
    assert '<span class="name">fair.txt</span>' in shown
    assert 'data-document="fair.txt" data-start="33" data-end="42"' in shown


def test_confidence_is_shown_in_words_and_as_percentage(exchange, answer) -> None:
    shown = exchange_html(exchange(answer(score=0.8)))
    assert "Likely right" in shown
    assert ">80%<" in shown


def test_conflicting_answers_are_marked(exchange) -> None:
    answers = [
        Answer(number, score, 9, 11, Document(name, text), text, 0)
        for name, number, score in (("a", "12", 0.8), ("b", "31", 0.7))
        for text in (f"The toll {number} was given.",)
    ]
    shown = exchange_html(exchange(*answers))
    assert "The documents give different answers" in shown
    assert shown.count('<span class="badge">Conflicting</span>') == 1
    assert "Another document gives a different answer" in shown
    agreeing = exchange_html(exchange(answers[0]))
    assert "Conflicting" not in agreeing


def test_related_passages_are_shown_with_the_best_sentence_marked(exchange) -> None:
    document = Document(id="fair.txt", text=TEXT, title="Fair")
    cited = Citation("It rained.", 58, 68, document)
    shown = exchange_html(exchange(reply={"related": (cited,)}))
    assert "No short answer found. These passages look relevant" in shown
    assert "Rosa Pell won the prize. <mark>It rained.</mark></blockquote>" in shown
    assert 'data-document="fair.txt" data-start="58" data-end="68"' in shown
    assert shown.count('data-act="copy"') == 1


def test_passage_keeps_its_paragraphs_and_the_rows_of_its_table(exchange) -> None:
    text = "9.8.3  Data\n\nRAID keeps\ncopies.\n\nlevel\tdisks\n1\t2"
    document = Document(id="raid.txt", text=text)
    start = text.index("level")
    hit = Hit(Chunk("raid.txt", 0, len(text), text, "", None), 0.5, 1.5, 0.25)
    cited = Citation("level\tdisks\n1\t2", start, len(text), document)
    shown = exchange_html(exchange(reply={"related": (cited,), "hits": (hit,)}))
    assert "9.8.3 Data\nRAID keeps copies.\n<mark>level\tdisks\n1\t2</mark>" in shown


def test_long_sentence_is_cut_between_words(exchange, answer) -> None:
    long = answer()
    words = " ".join(["before"] * 100)
    context = f"{words} Rosa Pell {words}."
    start = context.index("Rosa")
    cut = type(long)("Rosa Pell", 0.8, start, start + 9, long.document, context, 0)
    shown = exchange_html(exchange(cut))
    assert "… before before" in shown
    assert "before before …" in shown
    assert shown.count("before") < 100


def test_other_answers_are_listed_if_likely_enough(exchange, answer) -> None:
    shown = exchange_html(exchange(answer(), answer("Monday", 0.1), answer("rained", 0.001)))
    assert "<mark>Monday</mark>" in shown
    assert ">10%<" in shown
    assert "<mark>rained</mark>" not in shown


def test_other_documents_with_the_same_answer_can_be_opened(exchange, answer) -> None:
    cited = Citation("Rosa <b>", 3, 11, Document(id="<b>.txt", text=""))
    shown = exchange_html(exchange(dataclasses.replace(answer(), citations=(cited,))))
    assert "1 other document says the same" in shown
    assert 'data-document="&lt;b&gt;.txt" data-start="3" data-end="11"' in shown
    assert "<b>" not in shown


def test_relative_date_is_shown_as_a_day(exchange, answer) -> None:
    assert ">Monday</q> is <time" in exchange_html(exchange(answer("Monday")))
    assert "</q> is" not in exchange_html(exchange(answer()))


@pytest.mark.parametrize("words", ["1840", "in May 1840", "11 May 1840"])
def test_date_with_its_year_is_not_explained(exchange, words) -> None:
    answer = Answer(words, 0.9, 0, len(words), Document("a.txt", words), words, 0)
    assert answer.date is not None
    assert "</q> is" not in exchange_html(exchange(answer))


def test_rewritten_question_is_shown_if_it_differs(exchange, answer) -> None:
    same = exchange_html(exchange(answer()))
    other = exchange_html(exchange(answer(), reply={"understood": "Who won the prize?"}))
    assert "Understood as" not in same
    assert "Who won the prize?</q>" in other


def test_filters_of_the_question_are_shown(exchange, answer) -> None:
    first, last = "2019-01-01", "2019-12-31"
    for options, words in (
        ({"after": first, "before": last}, ">1 January 2019</time> to <time"),
        ({"after": first}, "since <time"),
        ({"before": last}, "until <time"),
        ({"documents": ["a", "b", "c", "d", "e"]}, "Only a, b, c and 2 more"),
    ):
        assert words in exchange_html(exchange(answer(), options=options))


def test_time_named_in_the_question_is_shown_and_can_be_dropped(exchange, answer) -> None:
    day = datetime.date(2019, 5, 11)
    window = TimeRange(day, day, 0, 3, hard=False)
    shown = exchange_html(exchange(answer(), reply={"window": window}))
    assert "Documents preferred: <time" in shown
    assert ">Who</q>" in shown
    assert 'data-act="any-time"' in shown
    hard = exchange(reply={"window": TimeRange(None, day, 0, 3, hard=True), "hits": (), "read": 0})
    assert "Only documents: until <time" in exchange_html(hard)
    assert "No document matches the filters" in why_not(hard)


def test_dateline_is_shown_as_a_hint(exchange) -> None:
    cited = Citation("<b>AYTON", 0, 8, Document(id="a", text=""))
    assert "reported from &lt;b&gt;AYTON, according" in exchange_html(
        exchange(reply={"dateline": cited})
    )


def test_verdict_stays_pressed(exchange, answer) -> None:
    shown = exchange_html(exchange(answer(), verdicts={"0": "wrong"}))
    assert 'data-verdict="wrong" title="Wrong" aria-pressed="true"' in shown
    assert shown.count('aria-pressed="true"') == 1


@pytest.mark.parametrize(
    ("written", "shown"), [("NEW YORK", "New York"), ("The Hague", "The Hague")]
)
def test_dateline_of_the_document_is_part_of_the_citation(
    exchange, answer, written: str, shown: str
) -> None:
    parts = f"<cite>Fair</cite> <span>{shown}</span> <time"
    assert parts in exchange_html(exchange(answer(metadata={"dateline": written})))


def test_each_answer_has_its_own_verdict(exchange, answer) -> None:
    answers = answer(), answer("rained", 0.001), answer("Monday", 0.1)
    shown = exchange_html(exchange(*answers, verdicts={"2": "wrong passage"}))
    assert re.findall('data-place="([0-9])"', shown) == ["0", "2"]
    assert 'aria-pressed="true"' not in shown.partition('data-place="2"')[0]
    assert 'data-verdict="wrong passage" title="Wrong passage" aria-pressed="true"' in shown


def test_reply_without_relevant_passages_says_not_in_documents(exchange) -> None:
    shown = exchange_html(exchange())
    assert "Not in your documents" in shown
    assert "<blockquote" not in shown
    assert "The 3 most promising passages were read" in shown


def test_reason_depends_on_filters_settings_and_passages(exchange) -> None:
    nothing = {"reply": {"hits": (), "read": 0}}
    assert why_not(exchange(**nothing)) == "There are no documents yet."
    assert "matches the filters" in why_not(exchange(options={"documents": []}, **nothing))
    assert why_not(exchange(reply={"read": 1})).startswith("One passage was read")
    torn = exchange(reply={"reason": "answers disagree"})
    assert why_not(torn).startswith("The passages give different answers")
    strict = exchange(options={"min_score": 0.9})
    assert "at least 90%" in why_not(strict)


def test_all_text_from_documents_and_questions_is_escaped(exchange, answer) -> None:
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
    nowhere = asked | {"hits": (Hit(chunk, 0.5, 1.0, 0.5),), "dateline": cited, "related": (cited,)}
    only = {"documents": [EVIL]}
    verdicts = {"0": EVIL, "1": EVIL}
    entries = tuple(TimelineEntry((found,), superseded=False) for found in said)
    addresses = (EVIL, f"https://news.example/{EVIL}", f"javascript:{EVIL}", "java\nscript:a//b")
    for shown in (
        exchange_html(exchange(*said, reply=asked, options=only, verdicts=verdicts)),
        exchange_html(exchange(reply=nowhere, options=only, verdicts=verdicts)),
        values_over_time(timeline_json(Timeline(EVIL, entries, None, window, 2, 0.1))),
        *(
            shown["about"] + shown["html"]
            for shown in (
                source_json(
                    Document(
                        EVIL,
                        EVIL * 3,
                        EVIL,
                        days[0],
                        place,
                        {"dateline": EVIL},
                        sections=(Section(EVIL, 1, 0),),
                    ),
                    [(len(EVIL), 2 * len(EVIL))],
                )
                for place in addresses
            )
        ),
    ):
        page = BeautifulSoup(shown, "html.parser")
        assert not set(TAGS) & {tag.name for tag in page.find_all()}
        attributes = {name for tag in page.find_all() for name in tag.attrs}
        assert not {name for name in attributes if name.startswith("on")}
        links = {tag["href"] for tag in page.find_all(href=True)}
        assert all(link.startswith(("https://news.example/", "#i-")) for link in links)
        assert "alert" in page.get_text()


def test_words_of_a_relative_date_are_escaped(exchange) -> None:
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
def test_confidence_words_depend_on_the_score(score: float, words: str) -> None:
    assert confidence(score) == words
