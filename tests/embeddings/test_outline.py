import pytest

from embeddings.outline import Outline
from embeddings.types import Document, Section

TEXT = "Preface. 1 Setup It is easy. 1.1 Disks Use two. 2 Repair Call us."
SECTIONS = (
    Section("Setup", 1, TEXT.index("1 Setup")),
    Section("Disks", 2, TEXT.index("1.1")),
    Section("Repair", 1, TEXT.index("2 Repair")),
)


@pytest.mark.parametrize(
    ("quote", "path"),
    [
        ("Preface.", ()),
        ("It is easy.", ("Setup",)),
        ("Use two.", ("Setup", "Disks")),
        ("1.1 Disks Use two.", ("Setup", "Disks")),
        ("It is easy. 1.1 Disks Use two.", ("Setup",)),
        ("Use two. 2 Repair Call us.", ()),
        ("Use two. 2 Repair", ("Setup", "Disks")),
        ("Call us.", ("Repair",)),
        (TEXT, ()),
    ],
)
def test_section_is_the_innermost_that_holds_the_whole_quotation(
    quote: str, path: tuple[str, ...]
) -> None:
    outline = Outline(Document("d", TEXT, sections=SECTIONS))
    assert outline.section(TEXT.index(quote), quote) == path


@pytest.mark.parametrize("title", ["Setup", "1. SETUP", "setup:"])
def test_outermost_heading_that_repeats_the_title_is_left_out(title: str) -> None:
    outline = Outline(Document("d", TEXT, title, sections=SECTIONS))
    assert outline.section(TEXT.index("Use"), "Use two.") == ("Disks",)
    assert outline.section(TEXT.index("Call"), "Call us.") == ("Repair",)


def test_heading_of_digits_is_not_taken_for_a_title_of_other_digits() -> None:
    sections = (Section("2020-09-16", 1, 0), Section("2020-09-17", 1, 2))
    outline = Outline(Document("d", "a b ", "2020-09-16", sections=sections))
    assert [outline.section(start, "x") for start in (0, 2)] == [(), ("2020-09-17",)]


def test_skipped_heading_levels_leave_no_gap_in_the_path() -> None:
    sections = (Section("A", 2, 0), Section("B", 5, 2), Section("C", 3, 4), Section("D", 1, 6))
    outline = Outline(Document("d", "a b c d ", sections=sections))
    assert [outline.section(start, "x") for start in (0, 2, 4, 6)] == [
        ("A",),
        ("A", "B"),
        ("A", "C"),
        ("D",),
    ]


def test_very_long_heading_is_shortened() -> None:
    outline = Outline(Document("d", "x", sections=(Section("word " * 100, 1, 0),)))
    [heading] = outline.section(0, "x")
    assert heading.startswith("word word")
    assert heading.endswith("word…")
    assert len(heading) <= 120


def test_page_is_counted_from_one() -> None:
    outline = Outline(Document("d", "x" * 30, pages=(0, 10, 20)))
    assert [outline.page(offset) for offset in (0, 9, 10, 29)] == [1, 1, 2, 3]
    assert Outline(Document("d", "x" * 30, pages=(5, 10))).page(0) == 1
    assert Outline(Document("d", "x")).page(0) is None
