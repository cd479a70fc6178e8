import re
import time
from pathlib import Path

import pytest

from embeddings import Document, OriginalFile, Section
from qa.web.source import source_json

PAGES = Document(
    id="manual.pdf",
    text="1 Start\nPlug it in.\n2 Stop\nPull the plug.",
    title="Manual",
    sections=(Section("1 Start", 1, 0), Section("2 Stop", 1, 20)),
    pages=(0, 20),
)


def test_source_is_marked_and_numbered_by_page() -> None:
    given = source_json(PAGES, [(36, 40), (8, 12)])
    assert given["marks"] == [
        {"start": 8, "end": 12, "page": 1},
        {"start": 36, "end": 40, "page": 2},
    ]
    assert given["pages"] == 2
    assert '<mark tabindex="-1" data-mark="0">Plug</mark> it in.' in given["html"]
    assert '<mark tabindex="-1" data-mark="1">plug</mark>.' in given["html"]


@pytest.mark.parametrize(
    ("original", "has_file", "is_pdf"),
    [
        (None, False, False),
        (OriginalFile("manual.pdf", Path("copy")), True, True),
        (OriginalFile("mail.eml", Path("copy")), True, False),
    ],
)
def test_page_images_need_the_pdf_file(original, has_file: bool, is_pdf: bool) -> None:
    given = source_json(PAGES, [], original=original)
    assert (given["has_file"], given["is_pdf"]) == (has_file, is_pdf)
    assert given["html"] == source_json(PAGES, [])["html"]
    given = source_json(PAGES, [(8, 12)], original=original, with_text=False)
    assert (given["html"] == "", len(given["marks"])) == (is_pdf, 1)


def test_source_has_headings_and_page_marks() -> None:
    html = source_json(PAGES, [])["html"]
    assert '<span class="heading" role="heading" aria-level="3">2 Stop</span>' in html
    assert '<span class="page-mark" data-page="2">p. 2 of 2</span>' in html
    assert "<mark" not in html


def test_find_marks_every_place_regardless_of_case_and_white_space() -> None:
    given = source_json(PAGES, [(8, 12)], find="PLUG")
    assert [(mark["start"], mark["page"]) for mark in given["marks"]] == [(8, 1), (36, 2)]
    assert len(source_json(PAGES, [], find="it  in.\n2")["marks"]) == 1
    many = source_json(Document(id="a.txt", text="word " * 501), [], find="word")
    assert (len(many["marks"]), many["more"], given["more"]) == (500, True, False)
    assert source_json(PAGES, [], find="(")["marks"] == []


def test_marks_outside_of_a_changed_text_are_left_out() -> None:
    assert source_json(Document(id="a.txt", text="one two"), [(5, 90), (-1, 2)])["marks"] == []


def test_document_of_headings_with_many_marks_is_shown_soon() -> None:
    count = 50_000
    sections = tuple(Section("a", 1, 2 * number) for number in range(count))
    document = Document(id="a.md", text="a\n" * count, sections=sections)
    began = time.process_time()
    given = source_json(document, [(2 * number, 2 * number + 1) for number in range(count)])
    assert time.process_time() - began < 10
    assert len(given["marks"]) == 500
    assert given["html"].count('role="heading"') == count


def test_part_of_a_very_long_source_is_shown() -> None:
    text = "a" * 2_000_000 + "XYZ" + "b" * 2_000_000
    html = source_json(Document(id="long.txt", text=text), [(2_000_000, 2_000_003)])["html"]
    assert "Only a part of its 4,000,003 characters is shown." in html
    assert len(html) < 1_010_000


def test_dateline_is_shown_in_normal_case() -> None:
    document = Document(id="a.txt", text="one", metadata={"dateline": "NEW YORK"})
    assert "<span>New York</span>" in source_json(document, [])["about"]


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
    about = source_json(Document(id="a.txt", text="one", source=source), [])["about"]
    assert bool(re.search("<a href=", about)) == linked
