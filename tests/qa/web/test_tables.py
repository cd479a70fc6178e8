import datetime

import pytest
from bs4 import BeautifulSoup

from embeddings import StoredDocument
from qa.web.tables import choices_html, rows_html, summary

DAY = datetime.date(2019, 5, 11)
EVIL = """'"><img src=x onerror=alert(1)>"""


def stored(document_id="a.txt", title="Fair", date=DAY) -> StoredDocument:
    return StoredDocument(document_id, title, date, "", {}, "digest", 100, 1234)


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([], "No documents yet"),
        ([stored(date=None)], "1 document"),
        ([stored()], '1 document, <time datetime="2019-05-11">11 May 2019</time>'),
    ],
)
def test_the_corpus_is_summed_up(documents, said: str) -> None:
    assert summary(documents) == said


def test_the_span_of_days_is_told() -> None:
    said = summary([stored(), stored(date=datetime.date(2020, 1, 2)), stored(date=None)])
    assert said.startswith("3 documents, <time")
    assert "11 May 2019</time> to <time" in said
    assert said.endswith("2 January 2020</time>")


def test_a_row_tells_date_title_name_and_chunks() -> None:
    row = rows_html([stored()])
    assert ">2019-05-11</time>" in row
    assert ">Fair</button>" in row
    assert '<span class="place">a.txt</span>' in row
    assert ">1,234</td>" in row
    assert "no date" in rows_html([stored(date=None)])


def test_a_document_without_a_title_goes_by_its_name_once() -> None:
    assert rows_html([stored(title="")]).count(">a.txt<") == 1


def test_what_is_chosen_is_ticked() -> None:
    shown = choices_html([stored("a"), stored("b")], {"b"})
    assert '<input type="checkbox" value="a">' in shown
    assert '<input type="checkbox" value="b" checked>' in shown


def test_names_and_titles_are_no_markup() -> None:
    evil = [stored(EVIL, EVIL)]
    for shown in (rows_html(evil), choices_html(evil, ())):
        page = BeautifulSoup(shown, "html.parser")
        assert page.find("img") is None
        assert not [name for tag in page.find_all() for name in tag.attrs if name[:2] == "on"]
