import datetime

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.html import read

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
two</pre>Line<br>break<aside>Read also</aside></article><footer>Imprint</footer></body></html>"""


@pytest.fixture
def read_page(tmp_path):
    def read_it(page):
        path = tmp_path / "a.html"
        path.write_bytes(page if isinstance(page, bytes) else page.encode())
        return read(path)

    return read_it


def test_the_article_is_read_and_its_surroundings_are_not(read_page):
    assert read_page(PAGE).text == (
        "Talks go on\n\nTwo delegations met in Ankara today.\n\nFirst\nSecond\n\n"
        "Side | Votes\nA | 12\n\none\ntwo\n\nLine\nbreak"
    )


def test_the_head_gives_title_date_and_metadata(read_page):
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
def test_the_title_is_the_pages_else_its_heading(read_page, page, title):
    assert read_page(page).title == title


@pytest.mark.parametrize(
    "statement",
    [
        '<meta name="DC.date.issued" content="2020-09-16">',
        '<meta name="pubdate" content="Wed, 16 Sep 2020 10:00:00 GMT">',
        '<meta itemprop="datePublished" content="2020-09-16">',
        '<script type="application/ld+json">{"@graph": [{"@type": "WebPage"}, '
        '{"@type": "NewsArticle", "datePublished": "2020-09-16T10:00:00Z"}]}</script>',
        '<script type="application/ld+json">{broken</script><time datetime="2020-09-16">now</time>',
        '<meta name="date" content="yesterday"><time datetime="2020-09-16 10:00">now</time>',
    ],
)
def test_the_date_is_found_wherever_pages_state_it(read_page, statement):
    assert read_page(f"{statement}<p>Text.</p>").date == datetime.date(2020, 9, 16)


def test_a_page_that_states_no_date_has_none(read_page):
    assert read_page("<p>16 September 2020</p>").date is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<nav>Menu</nav><main><p>Main.</p></main><p>Else.</p>", "Main."),
        ("<article>One.</article><article>Two.</article>", "One.\n\nTwo."),
        ("<article>One.<article>Comment.</article></article>Else.", "One.\n\nComment."),
        ("<article></article><p>Else.</p>", "Else."),
        ("<header>Only this.</header>", "Only this."),
        ("plain < words", "plain < words"),
        ("<table><tr><td></td><td><p>A</p><p>B</p></td></tr></table>", "A\n\nB"),
        ("<script>no</script>", ""),
    ],
)
def test_as_much_is_read_as_needed_to_lose_no_text(read_page, body, text):
    assert read_page(f"<body>{body}</body>").text == text


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
        ('<meta charset="rot13"><p>café</p>'.encode(), "café"),
        ('<meta charset="nonsense"><p>café</p>'.encode(), "café"),
        ('<meta charset="utf-8"><p>caf\xe9!</p>'.encode("latin-1"), "caf\ufffd!"),
    ],
)
def test_the_declared_encoding_is_honoured_where_it_can_be(read_page, page, text):
    assert read_page(page).text == text


def test_xhtml_with_an_xml_declaration_is_read(read_page):
    page = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
    assert read_page(f"{page}<body><p>İstanbul</p></body></html>").text == "İstanbul"


def test_deep_nesting_loses_no_text(read_page):
    page = "".join(f"<div>{number} " for number in range(3000))
    assert read_page(page).text.split() == [str(number) for number in range(3000)]


def test_a_depth_that_no_page_has_is_refused(read_page):
    with pytest.raises(DocumentError, match="nested too deeply: more than 10,000 elements"):
        read_page("<div>" * 20_000 + "x")
