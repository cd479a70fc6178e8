from embeddings.formats.text_builder import TextBuilder
from embeddings.types import Document, Section


def test_paragraphs_are_separated_by_a_blank_line_and_rows_by_a_line_end():
    builder = TextBuilder()
    for text, row in (("a", False), (" ", False), ("1 | 2", True), ("3 | 4", True), ("b", False)):
        builder.add(text, row=row)
    assert builder.document().text == "a\n\n1 | 2\n3 | 4\n\nb"


def test_sections_and_pages_start_at_the_next_paragraph():
    builder = TextBuilder()
    builder.add_page()
    builder.add("Intro")
    builder.add_page()
    builder.add_section("Hidden heading")
    builder.add(" A\n heading ", level=2)
    builder.add_page()
    builder.add_section("Empty")
    document = builder.document(title=" a  b ", metadata={"x": "", "y": None, "z": 0})
    assert document.text == "Intro\n\nA\n heading"
    assert document.sections == (Section("Hidden heading", 1, 7), Section("A heading", 2, 7))
    assert document.pages == (0, 7)
    assert (document.title, document.metadata) == ("a b", {"z": 0})


def test_document_is_added_with_its_sections():
    builder = TextBuilder()
    builder.add("Intro")
    builder.add_document(Document(id="", text="x\ny", sections=(Section("y", 1, 2),)))
    builder.add("End")
    document = builder.document()
    assert document.text == "Intro\n\nx\ny\n\nEnd"
    assert document.sections == (Section("y", 1, 9),)


def test_soft_hyphens_are_removed_and_long_paragraphs_are_not_headings():
    builder = TextBuilder()
    builder.add("head\u00adquarters " * 20, level=1)
    document = builder.document()
    assert document.text.startswith("headquarters headquarters")
    assert document.sections == ()
