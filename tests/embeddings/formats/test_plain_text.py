import datetime
import time

import pytest

from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import parse
from embeddings.types import Section

NEWS = (
    " date 2020-09-16 Delegations meet in Ankara\n\nANKARA\n\n"
    "Two delegations met on Sept. 16.\n\nThey will meet again.\n"
)


@pytest.fixture
def read_text(tmp_path):
    def read_it(text):
        path = tmp_path / "a.txt"
        path.write_text(text)
        return next(parse(path, ParseOptions()))

    return read_it


def test_dated_news_keeps_its_header_in_the_text(read_text, tmp_path):
    document = read_text(NEWS)
    assert document.text == NEWS
    assert document.title == "Delegations meet in Ankara"
    assert document.date == datetime.date(2020, 9, 16)
    assert document.metadata == {"dateline": "ANKARA"}
    assert document.sections == ()
    start = document.text.index("Sept. 16")
    assert (tmp_path / "a.txt").read_text()[start : start + 8] == "Sept. 16"


def test_other_text_has_the_title_and_date_that_it_states(read_text):
    document = read_text("Talks go on\n16 September 2020\n\nPARIS (AP) - Ministers met.\n")
    assert (document.title, document.date) == ("Talks go on", datetime.date(2020, 9, 16))
    assert document.metadata == {"dateline": "PARIS"}


def test_form_feeds_separate_pages(read_text):
    assert read_text("One.\n\fTwo.\n\f").pages == (0, 6)
    assert read_text("One.\n").pages == ()


def test_running_heads_at_form_feeds_do_not_interrupt_a_sentence(read_text):
    pages = ("A dam holds the\nwater of the\n", "river in spring.\n", "It has a gate.\n")
    heads = "\n\nOrr        Notes        [Page {}]\n\fNote 7        Dams        May 2021\n\n"
    text = "".join(page + heads.format(number) for number, page in enumerate(pages, 1))
    document = read_text(text + "The end.\n")
    assert document.text == (
        "A dam holds the\nwater of the\n\friver in spring.\n\n\fIt has a gate.\n\n\fThe end.\n"
    )
    assert [document.text[start] for start in document.pages] == ["A", "r", "I", "T"]


def test_foot_of_the_last_page_is_removed_like_those_before_it(read_text):
    foot = "Orr        Notes        [Page {}]\n"
    texts = ("A dam\nholds.", "It has\na gate", "and a\nlock.")
    pages = [f"{text}\n\n\n{foot.format(at)}" for at, text in enumerate(texts, 1)]
    assert read_text("\f".join(pages)).text == "\f".join(
        ("A dam\nholds.\n\n", "It has\na gate\n", "and a\nlock.")
    )
    assert read_text(pages[0]).text == pages[0]


def test_many_form_feeds_take_linear_time(read_text):
    began = time.perf_counter()
    assert read_text("\f\n" * 30_000 + "The end.\n").text.endswith("The end.\n")
    assert time.perf_counter() - began < 10


def test_numbered_titles_at_form_feeds_are_kept(read_text):
    text = "One.\n\fChapter 1\n\nTwo.\n\fChapter 2\n\nThree.\n"
    assert read_text(text).text == text


def test_text_without_title_and_date_gets_neither(read_text):
    document = read_text("They met on 16 September 2020 in Ankara.\n")
    assert (document.title, document.date, document.metadata) == ("", None, {})


def test_soft_hyphens_are_removed(read_text):
    assert read_text("The head\u00adquarters\u200b are here.\n").text == (
        "The headquarters are here.\n"
    )


def test_headings_are_sections_with_levels_in_the_order_of_their_styles(read_text):
    text = (
        "Dams of the north\n=================\n\nText.\n\nINTRODUCTION\n\nText.\n\n"
        "1. The wall\n\nText.\n\n  1.1. Stones of the wall\n\n  Text.\n\n2 The basin\n\nText.\n"
    )
    document = read_text(text)
    assert [(one.heading, one.level) for one in document.sections] == [
        ("Dams of the north", 1),
        ("INTRODUCTION", 2),
        ("1. The wall", 3),
        ("1.1. Stones of the wall", 4),
        ("2 The basin", 3),
    ]
    for section in document.sections:
        assert text[section.start :].lstrip().startswith(section.heading)


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("NAME\n    weir - hold water back\n", "NAME"),
        ("----------\nA.    OVERVIEW\n----------\n\nText.\n", "A. OVERVIEW"),
        ("Text.\n\n4.2 Title of a part\n\nText.\n", "4.2 Title of a part"),
        ("Text.\n\n2. Grant of Rights.\n\nThe owner grants.\n", "2. Grant of Rights."),
        ("THE WALL\nIt was built of stone from the quarry at Ash.\n", "THE WALL"),
        ("Text.\n\nChapter IV\n\nText.\n", "Chapter IV"),
        ("Text.\n\nCHAPTER IV.\n\nText.\n", "CHAPTER IV."),
        ("Text.\n\nPRESENT\n• Ada Orr\n• Clara Voss\n", "PRESENT"),
        ("Text.\n\n3. THE WALL\nIt leaks.\n", "3. THE WALL"),
        ("Text.\n\nFLOOD\nGo up to the mill.\n", "FLOOD"),
    ],
)
def test_line_of_its_own_in_the_style_of_a_heading_is_a_section(read_text, text, heading):
    document = read_text(text)
    start = text.index(heading.split()[0])
    assert document.sections == (Section(heading, 1, start),)


@pytest.mark.parametrize(
    "text",
    [
        "1. Buy a lamp\n\n2. Buy a chair\n\n3. Go home\n\nThen rest.\n",
        "1. Buy a lamp\n2. Buy a chair\n",
        "Text.\n\n4.2 The owner may sell the dam.\n\nText.\n",
        "Text.\n\n2. The owner may sell it.\n\nText.\n",
        "1. The wall .......... 7\n\n2. The basin .......... 9\n",
        "   ABEND\n\n   ACK\n\n   ADVENT\n\n",
        "THIS DAM IS OLD.\n\nIT MAY BREAK!\n\nALL RIGHTS\nRESERVED\n",
        "ADA ORR\n4 Mill Lane\nLower Ash\n\nDear Ada\n",
        "Name    Price\n----    -----\nLamp    12\n",
        "3.14\n\n42\n\n***\n\nText, and more:\n----\n".replace("more:", "more,"),
        "A plain line\n\nand another\n",
    ],
)
def test_other_lines_are_not_sections(read_text, text):
    assert read_text(text).sections == ()
