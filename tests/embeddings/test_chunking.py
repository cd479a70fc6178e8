import itertools
import sys
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.chunking import Chunking
from embeddings.errors import SettingsError
from embeddings.types import Chunk, Document, Section

NINE_WORDS = "Every sentence in this text has exactly nine words. "


def sectioned(*parts: tuple[int, str, str], title: str = "", text: str = "") -> Document:
    """Make a document of (level, heading, text) below each other."""
    sections = []
    for level, heading, body in parts:
        sections.append(Section(heading, level, len(text)))
        text += f"{heading}\n{body}\n\n"
    return Document("d", text, title, sections=tuple(sections))


def outline(chunks: list[Chunk]) -> list[tuple[tuple[str, ...], str]]:
    """List the section and the first two words of each chunk."""
    return [(chunk.section, " ".join(chunk.text.split()[:2])) for chunk in chunks]


def test_chunks_hold_about_a_hundred_words_in_whole_sentences() -> None:
    sentence = "The ministry said on Sept. 16 that officials of both sides would meet again. "
    document = Document(id="a", text=sentence * 40)
    chunks = Chunking().split(document)
    assert all(70 <= len(chunk.text.split()) <= 150 for chunk in chunks)
    assert all(chunk.text.startswith("The") and chunk.text.endswith("again.") for chunk in chunks)


def test_short_rest_joins_the_last_chunk() -> None:
    document = Document(id="a", text="Nine words make up each sentence of this text. " * 12)
    assert [len(chunk.text.split()) for chunk in Chunking().split(document)] == [108]


def test_very_long_sentence_is_split_between_words() -> None:
    document = Document(id="a", text="word " * 1000)
    chunks = Chunking(words=50).split(document)
    assert len(chunks) == 20
    assert {chunk.text for chunk in chunks} == {" ".join(["word"] * 50)}


def test_text_without_spaces_is_split() -> None:
    chunks = Chunking(words=10).split(Document(id="a", text="x" * 10_000))
    assert max(len(chunk.text) for chunk in chunks) <= 300
    assert "".join(chunk.text for chunk in chunks) == "x" * 10_000


def test_overlapping_chunks_share_whole_sentences_up_to_the_limit() -> None:
    document = Document(id="a", text=" ".join(f"Sentence {n} has five words." for n in range(60)))
    plain = Chunking(words=50).split(document)
    shared = Chunking(words=50, overlap_words=12).split(document)
    assert all(after.start > before.end for before, after in itertools.pairwise(plain))
    for before, after in itertools.pairwise(shared):
        common = document.text[after.start : before.end]
        assert common.startswith("Sentence")
        assert len(common.split()) == 10


@pytest.mark.parametrize(("words", "overlap"), [(0, 0), (100, -1), (100, 51)])
def test_impossible_sizes_raise_settings_error(words: int, overlap: int) -> None:
    with pytest.raises(SettingsError):
        Chunking(words=words, overlap_words=overlap)


def test_section_of_a_chunk_holds_all_of_its_text() -> None:
    document = sectioned((1, "Disk setup", NINE_WORDS * 15), (1, "Disk repair", NINE_WORDS * 15))
    chunks = Chunking(words=60).split(document)
    assert chunks[0].section == ("Disk setup",)
    assert chunks[-1].section == ("Disk repair",)
    crossing = [chunk for chunk in chunks if "Disk repair" in chunk.text]
    assert [chunk.section for chunk in crossing if chunk.text.startswith("Every")] == [()]


def test_chunk_has_the_headings_above_it_without_the_title() -> None:
    document = sectioned(
        (1, "1. Disk Guide", ""),
        (2, "Setup", ""),
        (3, "Arrays", NINE_WORDS * 30),
        title="Disk guide",
    )
    chunks = Chunking().split(document)
    assert {chunk.section for chunk in chunks} == {("Setup", "Arrays")}
    assert chunks[-1].heading == "Disk guide > Setup > Arrays"


def test_sections_that_share_a_chunk_have_the_heading_of_their_parent() -> None:
    document = sectioned(
        (1, "Questions", ""),
        (2, "Is it loud?", NINE_WORDS * 2),
        (2, "Is it heavy?", NINE_WORDS * 2),
    )
    [chunk] = Chunking().split(document)
    assert chunk.section == ("Questions",)


@pytest.mark.parametrize("words", [20, 60, 100])
@pytest.mark.parametrize("count", range(5, 12))
def test_heading_is_in_the_chunk_of_the_text_after_it(count: int, words: int) -> None:
    document = sectioned((1, "Before", NINE_WORDS * count), (1, "Adding disks", NINE_WORDS * 20))
    [chunk] = [one for one in Chunking(words=words).split(document) if "Adding disks" in one.text]
    assert not chunk.text.endswith("Adding disks")


def test_heading_over_two_lines_stays_with_its_text() -> None:
    text = f"Adding a\nnew disk\n{NINE_WORDS * 30}"
    document = Document("d", text, sections=(Section("Adding a new disk", 1, 0),))
    assert Chunking(words=10).split(document)[0].text == text[: len("Adding a\nnew disk\n") + 51]


def test_heading_at_the_end_of_a_document_joins_the_chunk_before() -> None:
    document = sectioned((1, "Setup", NINE_WORDS * 5), (1, "Notes", ""))
    [chunk] = Chunking().split(document)
    assert chunk.text.endswith("Notes")
    assert chunk.section == ("Setup",)


def test_title_line_before_the_first_section_is_not_a_chunk() -> None:
    document = sectioned((1, "Setup", NINE_WORDS * 20), title="Disk guide", text="DISK GUIDE\n\n")
    chunks = Chunking().split(document)
    assert outline(chunks)[0] == (("Setup",), "DISK GUIDE")


def test_sections_without_text_or_outside_of_it_are_ignored() -> None:
    sections = (Section("A", 1, 0), Section("B", 2, 0), Section("", 3, 0), Section("C", 1, 99))
    [chunk] = Chunking().split(Document("d", "It rained.", sections=sections))
    assert (chunk.text, chunk.section) == ("It rained.", ("A", "B"))
    assert Chunking().split(Document("d", " \n ", sections=sections)) == []


def test_chunk_has_the_page_of_its_start() -> None:
    text = NINE_WORDS * 60
    pages = (0, 12 * len(NINE_WORDS), 12 * len(NINE_WORDS), 45 * len(NINE_WORDS))
    chunks = Chunking().split(Document("d", text, pages=pages))
    assert [chunk.page for chunk in chunks] == [1, 1, 3, 3, 3, 4]
    assert [chunk.page for chunk in Chunking().split(Document("d", text))] == [None] * 6


@pytest.mark.parametrize("separator", [" | ", "\t"])
def test_later_chunks_of_a_table_repeat_its_header(separator: str) -> None:
    rows = [["No", "Station", "Opened"]]
    rows += [[str(n), f"The station of Ayton number {n}", str(1850 + n)] for n in range(60)]
    table = "\n".join(separator.join(row) for row in rows)
    chunks = Chunking().split(
        Document("d", f"These are the stations.\n\n{table}\n\n{NINE_WORDS * 20}")
    )
    header = separator.join(rows[0])
    in_table = [chunk for chunk in chunks if chunk.text[0].isdigit()]
    assert len(in_table) >= 4
    assert {chunk.table_header for chunk in in_table} == {header}
    assert all(chunk.indexed_text == f"{header}\n{chunk.text}" for chunk in in_table)
    assert {chunk.table_header for chunk in chunks if chunk not in in_table} == {""}


def test_row_with_other_cells_does_not_change_the_header_of_later_rows() -> None:
    row = "12 | Ayton is a station on the line to the northern coast of Beeford"
    table = "\n".join(["No | Station", *[row] * 22, "13 | Ayton|North", *[row] * 22])
    chunks = Chunking().split(Document("d", table))
    assert [chunk.table_header for chunk in chunks] == ["", *["No | Station"] * (len(chunks) - 1)]


@pytest.mark.parametrize("between", ["Northern line", "+-----+-----+", "|-----|-----|"])
def test_single_lines_between_the_rows_of_a_table_keep_its_header(between: str) -> None:
    row = "12 | Ayton is a station on the line to the northern coast of Beeford"
    table = "\n".join(["No | Station", *[row] * 12, between, *[row] * 32])
    chunks = Chunking().split(Document("d", table))
    assert {chunk.table_header for chunk in chunks[1:]} == {"No | Station"}


def test_header_of_one_table_is_not_repeated_in_the_next() -> None:
    row = "Ayton lies on the line to the northern coast | 1850"
    first = "\n".join(["Station | Opened", *[row] * 3])
    second = "\n".join(["Harbour | Closed", *[row] * 15])
    chunks = Chunking().split(Document("d", f"{first}\n\n{second}"))
    assert [chunk.table_header for chunk in chunks] == ["", "Harbour | Closed"]


def test_header_longer_than_half_a_chunk_is_not_repeated() -> None:
    table = "word " * 60 + "| end\n" + "one | two\n" * 200
    assert {chunk.table_header for chunk in Chunking().split(Document("d", table))} == {""}


@pytest.mark.parametrize("unit", ["x. ", "x\n", "字。", "x" * 20])
def test_splitting_needs_little_more_memory_than_the_chunks(unit: str) -> None:
    document = Document(id="a", text=unit * 20_000)
    tracemalloc.start()
    chunks = Chunking().split(document)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kept = sum(map(sys.getsizeof, chunks)) + sum(sys.getsizeof(chunk.text) for chunk in chunks)
    assert peak < 2 * kept + 200_000


@settings(deadline=None)
@given(
    st.text(alphabet="ab .!?\n\t|-#'\"“”é漢😀\u0301\x00", max_size=400),
    st.lists(st.tuples(st.text("ab 1", max_size=4), st.integers(1, 3), st.integers(0, 400))),
    st.integers(1, 20),
    st.integers(0, 10),
)
def test_chunks_cover_every_text_with_exact_offsets(
    text: str, headings: list[tuple[str, int, int]], words: int, overlap: int
) -> None:
    sections = tuple(Section(*one) for one in sorted(headings, key=lambda one: one[2]))
    chunking = Chunking(words=words, overlap_words=min(overlap, words // 2))
    chunks = chunking.split(Document(id="a", text=text, sections=sections))
    covered = set[int]()
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.text == chunk.text.strip()
        assert chunk.text
        covered.update(range(chunk.start, chunk.end))
    assert all(text[position].isspace() for position in set(range(len(text))) - covered)
    assert [chunk.start for chunk in chunks] == sorted({chunk.start for chunk in chunks})
