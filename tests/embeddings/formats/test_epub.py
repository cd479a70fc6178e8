import datetime

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.epub import read
from embeddings.formats.parse_options import ParseOptions
from tests.embeddings.formats.samples import epub, unzipped, zipped


def read_book(tmp_path, content):
    path = tmp_path / "a.epub"
    path.write_bytes(content)
    return read(path, ParseOptions())


def test_chapters_come_in_reading_order_without_the_table_of_contents(tmp_path):
    chapters = {"b.xhtml": "<p>The dam was built.</p>", "a.xhtml": "<p>Gone.</p>"}
    found = read_book(tmp_path, epub(chapters, contents='<a href="b.xhtml">Building</a>'))
    assert found.text == "The dam was built.\n\nGone."


@pytest.mark.parametrize("link", ["the%20dam.xhtml", "the dam.xhtml"])
@pytest.mark.parametrize("part", ["the%20dam.xhtml", "the dam.xhtml"])
def test_spaces_in_names_of_chapters_may_be_encoded(tmp_path, link, part):
    parts = unzipped(epub({"a.xhtml": "<p>The dam was built.</p>"}))
    moved = {
        name.replace("a.xhtml", part): content.replace(b"a.xhtml", link.encode())
        for name, content in parts.items()
    }
    assert read_book(tmp_path, zipped(moved)).text == "The dam was built."


def test_chapter_without_headings_has_its_title_from_the_contents(tmp_path):
    contents = '<a href="a.xhtml#top">Building</a><a href="a.xhtml#two">Later</a>'
    chapters = {"a.xhtml": "<p>The dam was built.</p>", "b.xhtml": "<p>Gone.</p>"}
    found = read_book(tmp_path, epub(chapters, contents=contents))
    assert [(one.heading, one.start) for one in found.sections] == [("Building", 0)]


def test_note_marks_are_in_brackets_and_page_numbers_left_out(tmp_path):
    chapter = (
        '<p>The dam<a epub:type="noteref" href="#n">1</a> held<b epub:type="pagebreak">12</b>.</p>'
        '<aside epub:type="footnote" id="n"><p>Of clay. <a href="b.xhtml#r">↩</a></p></aside>'
    )
    chapters = {"a.xhtml": chapter.replace("<p>", '<p xmlns:epub="e">'), "b.xhtml": "<p>Gone.</p>"}
    found = read_book(tmp_path, epub(chapters))
    assert found.text == "The dam[1] held.\n\nOf clay.\n\nGone."


def test_titles_of_the_older_contents_are_used(tmp_path):
    points = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel>'
        '<text>Building</text></navLabel><content src="a.xhtml"/></navPoint></navMap></ncx>'
    )
    item = '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    path = tmp_path / "a.epub"
    path.write_bytes(epub({"a.xhtml": "<p>Built.</p>"}, more=item, extra={"book/toc.ncx": points}))
    assert [one.heading for one in read(path, ParseOptions()).sections] == ["Building"]


def test_metadata_gives_title_author_and_date(tmp_path):
    found = read_book(tmp_path, epub({"a.xhtml": "<p>Built.</p>"}))
    assert (found.title, found.date) == ("Dams", datetime.date(2020, 9, 16))
    assert found.metadata == {"author": "Clara Voss"}


def test_protected_book_is_refused(tmp_path):
    with pytest.raises(DocumentError, match=r"protected against copying"):
        read_book(tmp_path, zipped({"META-INF/rights.xml": "<r/>"}))


def test_zip_without_a_package_is_called_damaged(tmp_path):
    with pytest.raises(DocumentError, match="damaged, or not an EPUB file"):
        read_book(tmp_path, zipped({"a": "x"}))


def test_title_in_the_contents_completes_a_heading_that_is_only_a_number(tmp_path):
    contents = '<a href="a.xhtml"><span>I</span>: The Quay</a>'
    chapters = {"a.xhtml": "<hgroup><h2>I</h2><p>The Quay</p></hgroup><p>He lit the lamps.</p>"}
    found = read_book(tmp_path, epub(chapters, contents=contents))
    assert [(one.heading, one.start) for one in found.sections] == [("I: The Quay", 0)]
