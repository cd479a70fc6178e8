import datetime

import pytest

from embeddings.errors import DocumentError
from embeddings.types import Section

PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>Site: talks</title><style>p {color: red}</style>
<meta property="og:title" content="Talks go on"><meta name="author" content="A. Reporter">
<meta name="description" content="What was said.">
<meta property="article:published_time" content="2020-09-16T23:30:00+03:00"></head>
<body><header>Site</header><nav><ul><li>Home</li></ul></nav>
<article><header><h1>Talks go on</h1></header>
<p>Two <b>delegations</b>
   met in <a href="#">Ankara</a>&nbsp;today.</p><script>var x = "no";</script><!-- no -->
<ul><li>First</li><li>Second</li></ul><p hidden>no</p><p style="display: none">no</p>
<table><tr><th>Side</th><th>Votes</th></tr><tr><td>A</td><td>12</td></tr></table>
<pre>one
two</pre>Line<br>break</article><footer>Imprint</footer></body></html>"""


def test_page_with_article_gives_its_text_and_headings_only(read_page):
    document = read_page(PAGE)
    assert document.text == (
        "Talks go on\n\nTwo delegations met in Ankara today.\n\n- First\n- Second\n\n"
        "Side | Votes\nA | 12\n\none\ntwo\n\nLine\nbreak"
    )
    assert document.sections == (Section("Talks go on", 1, 0),)


def test_head_gives_title_date_and_metadata(read_page):
    document = read_page(PAGE)
    assert (document.title, document.date) == ("Talks go on", datetime.date(2020, 9, 16))
    assert document.metadata == {
        "author": "A. Reporter",
        "description": "What was said.",
        "language": "en",
    }


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title> A\n title </title><h1>B</h1>", "A title"),
        ("<svg><title>icon</title></svg><h1>A <i>head</i></h1>", "A head"),
        ("<p>Text.</p>", ""),
    ],
)
def test_title_is_the_title_element_or_the_first_heading(read_page, page, title):
    assert read_page(page).title == title


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Dam breaks | The Courier</title>", "", "Dam breaks"),
        ("<title>Dam breaks | News | The Courier</title>", "", "Dam breaks"),
        ("<title>Dam breaks - The Courier</title>", "<h1>Dam breaks</h1>", "Dam breaks"),
        ("<title>The Courier | Dam breaks</title>", "<h1>Dam breaks</h1>", "Dam breaks"),
        (
            "<title>Dam – a report – The Courier</title>",
            "<h2>Dam – a report</h2>",
            "Dam – a report",
        ),
        (
            '<title>Dam breaks - The Courier</title><meta property="og:site_name" '
            'content="The Courier">',
            "",
            "Dam breaks",
        ),
        ("<title>The Courier: Dam breaks</title>", "<h1>Dam breaks</h1>", "Dam breaks"),
        ("<title>Dams: a guide</title>", "<h1>Seasons</h1>", "Dams: a guide"),
        ("<title>Spring - Summer</title>", "<h1>Seasons</h1>", "Spring - Summer"),
        ("<title>Gate — Weir 2.1 documentation</title>", "<h1>The gate</h1>", "Gate"),
        (
            "<title>Dams - The Book</title>",
            "<h1 class='menu-title'>The Book</h1><main><h2>Dams</h2>They hold water back.</main>",
            "Dams",
        ),
    ],
)
def test_site_name_is_removed_from_the_title(read_page, head, body, title):
    page = f"<html><head>{head}</head><body>{body}<p>They met.</p></body></html>"
    assert read_page(page).title == title


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            '<meta charset="windows-1254"><p>İstanbul yağışlı</p>'.encode("cp1254"),
            "İstanbul yağışlı",
        ),
        ('<meta charset="iso-8859-1"><p>“café”</p>'.encode("cp1252"), "“café”"),
        ('<meta charset="shift_jis"><p>東京</p>'.encode("shift_jis"), "東京"),
        ("<p>İstanbul</p>".encode(), "İstanbul"),
        ("<p>İstanbul</p>".encode("utf-16"), "İstanbul"),
        ('<meta charset="utf-16"><p>café</p>'.encode(), "café"),
        ('<meta charset="iso-8859-1"><p>café</p>'.encode(), "café"),
        ('<meta charset="rot13"><p>café</p>'.encode(), "café"),
        ('<meta charset="nonsense"><p>café</p>'.encode(), "café"),
        ('<meta charset="utf-8"><p>caf\xe9!</p>'.encode("latin-1"), "caf\ufffd!"),
    ],
)
def test_declared_encoding_is_used_unless_the_bytes_contradict_it(read_page, page, text):
    assert read_page(page).text == text


def test_xhtml_with_xml_declaration_is_read(read_page):
    page = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
    assert read_page(f"{page}<body><p>İstanbul</p></body></html>").text == "İstanbul"


def test_nesting_of_3000_elements_loses_no_text(read_page):
    page = "".join(f"<div>{number} " for number in range(3000))
    assert read_page(page).text.split() == [str(number) for number in range(3000)]


def test_nesting_of_20000_elements_is_refused(read_page):
    with pytest.raises(DocumentError, match="nested too deeply: more than 10,000 elements"):
        read_page("<div>" * 20_000 + "x")
