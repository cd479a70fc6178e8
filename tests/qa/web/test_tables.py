import datetime

import pytest
from bs4 import BeautifulSoup

from embeddings import StoredDocument
from qa.web.tables import choices_html, folders_html, rows_html, summary

DAY = datetime.date(2019, 5, 11)
EVIL = """'"><img src=x onerror=alert(1)>"""


def stored(document_id="a.txt", title="Fair", date=DAY) -> StoredDocument:
    return StoredDocument(document_id, title, date, "", {}, "digest", 100, 1234)


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([], "No documents yet"),
        ([stored(date=None)], "1 document"),
        ([stored(), *[stored(date=None)] * 10], "11 documents"),
        ([stored()], '1 document, <time datetime="2019-05-11">11 May 2019</time>'),
    ],
)
def test_summary_has_count_and_day(documents, said: str) -> None:
    assert summary(documents) == said


def test_summary_has_first_and_last_day() -> None:
    said = summary([stored(), stored(date=datetime.date(2020, 1, 2)), stored(date=None)])
    assert said.startswith("3 documents, <time")
    assert "11 May 2019</time> to <time" in said
    assert said.endswith("2 January 2020</time>")


def test_row_has_title_name_date_and_kind() -> None:
    row = rows_html([stored()])
    assert ">2019-05-11</time>" in row
    assert ">Fair</button>" in row
    assert '<span class="place">a.txt</span>' in row
    assert ">TXT</td>" in row
    assert 'aria-label="Select Fair"' in row
    assert "no date" in rows_html([stored(date=None)])


def test_document_without_title_shows_its_name_once() -> None:
    assert rows_html([stored(title="")]).count(">a.txt<") == 1


def test_chosen_documents_are_checked() -> None:
    shown = choices_html([stored("a"), stored("b")], {"b"}, {}, None)
    assert '<input type="checkbox" value="a">' in shown
    assert '<input type="checkbox" value="b" checked>' in shown


def test_names_and_titles_are_escaped() -> None:
    evil = [stored(EVIL, EVIL)]
    for shown in (
        rows_html(evil),
        choices_html(evil, (), {EVIL: 1}, EVIL),
        folders_html(EVIL, {f"{EVIL}/{EVIL}": 1}),
    ):
        page = BeautifulSoup(shown, "html.parser")
        assert page.find("img") is None
        assert not [name for tag in page.find_all() for name in tag.attrs if name[:2] == "on"]


def test_control_characters_of_names_and_titles_are_replaced() -> None:
    evil = [stored("a\x1b.txt", "b\u202e")]
    for shown in (
        rows_html(evil),
        choices_html(evil, (), {"a\x1b": 1}, None),
        folders_html("a\x1b", {"a\x1b/b\u202e": 1}),
    ):
        assert "\ufffd" in shown
        assert not {"\x1b", "\u202e"} & set(shown)


def test_folders_show_the_path_and_what_is_inside_with_counts() -> None:
    counts = {"north": 3, "north/b": 1, "north/a": 2, "south": 1, "north/a/x": 1}

    def shown(folder: str) -> tuple[list[str], list[str]]:
        page = BeautifulSoup(folders_html(folder, counts), "html.parser")
        path, inside = page.ol, page.ul
        return [li.get_text() for li in path("li")], [li.get_text() for li in inside("li")]

    assert shown("") == (["All documents"], ["north 3", "south 1"])
    path = ["All documents", "north", "Ask this folder"]
    assert shown("north") == (path, ["a 2", "b 1"])
    assert folders_html("", {}) == ""
