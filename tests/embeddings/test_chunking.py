import datetime
import itertools
import sys
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.chunking import Chunking, sentences
from embeddings.errors import SettingsError
from embeddings.types import Document


def texts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The delegations will meet on Sept. 16 in Ankara.",
        "They met on Sept.15 for a new round of talks.",
        "He noted the efforts of the U.N.-led 5+5 commission.",
        "Russia supports Gen. Haftar and Lt. Gen. Smith.",
        "The session ended at 5 p.m. in the capital.",
        "Dr. J. Smith of Acme Inc. and Mrs. Jones left.",
        "U.S. President Jane Doe spoke to the U.N. Security Council.",
        "It is the No. 5 seed and costs 3.5 million.",
        "A firm (e.g. Acme Corp. Europe) rose 2.5 percent.",
        "Was it so? he asked.",
        "The company's site, example.com, was down... for hours.",
    ],
)
def test_abbreviations_and_points_inside_a_sentence_do_not_split_it(sentence: str) -> None:
    assert texts(sentence) == [sentence]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The session ended at 5 p.m.", "The next one is on Monday."),
        ("She works for Acme Inc.", "He does not."),
        ("“We won!”", "The crowd cheered."),
        ("Who came?", "Nobody came."),
        ("It rained (all day).", "“Enough,” he said."),
        ("The answer was no.", "Then they left."),
        ("He was born in the U.S.", "His parents were not."),
        ("Sales rose in 2019.", "12 shops opened."),
        ("这是第一句。", "这是第二句！"),
    ],
)
def test_sentences_end_where_the_next_one_begins(first: str, second: str) -> None:
    assert texts(f"{first} {second}") == [first, second]


def test_a_blank_line_ends_a_sentence_without_a_point() -> None:
    assert texts("ANKARA\n\nThe talks began") == ["ANKARA", "The talks began"]


def test_a_hard_wrapped_sentence_goes_on_over_line_ends() -> None:
    assert texts("The talks began\nin Ankara on\nMonday. They\nended.") == [
        "The talks began\nin Ankara on\nMonday.",
        "They\nended.",
    ]


def test_list_items_headings_and_table_rows_stand_for_themselves() -> None:
    text = "# Results\nThree teams played:\n- Ayton\n- Beeford\n| team | points |\n| Ayton | 3 |"
    assert texts(text) == text.split("\n")


@pytest.mark.parametrize("rule", ["---", "***", "=====", "  ___  ", "~" * 200])
def test_a_rule_ends_what_stands_before_it_and_begins_nothing(rule: str) -> None:
    text = f"title: A dam closes\n{rule}\nThe dam closes -- for weeks --\non Monday."
    assert texts(text)[0::2] == [
        "title: A dam closes",
        "The dam closes -- for weeks --\non Monday.",
    ]


def test_chunks_hold_about_a_hundred_words_and_whole_sentences() -> None:
    sentence = "The ministry said on Sept. 16 that officials of both sides would meet again. "
    document = Document(id="a", text=sentence * 40)
    chunks = Chunking().split(document)
    assert all(70 <= len(chunk.text.split()) <= 150 for chunk in chunks)
    assert all(chunk.text.startswith("The") and chunk.text.endswith("again.") for chunk in chunks)


def test_a_short_rest_joins_the_last_chunk() -> None:
    document = Document(id="a", text="Nine words make up each sentence of this text. " * 12)
    assert [len(chunk.text.split()) for chunk in Chunking().split(document)] == [108]


def test_a_very_long_sentence_is_cut_between_words() -> None:
    document = Document(id="a", text="word " * 1000)
    chunks = Chunking(words=50).split(document)
    assert len(chunks) == 20
    assert {chunk.text for chunk in chunks} == {" ".join(["word"] * 50)}


def test_a_text_without_spaces_is_cut() -> None:
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


def test_a_chunk_carries_title_and_date_in_front_of_what_is_indexed_only() -> None:
    day = datetime.date(2020, 9, 16)
    [chunk] = Chunking().split(Document(id="a", text="They met.", title="Talks", date=day))
    assert chunk.indexed_text == "Talks · 16 September 2020\nThey met."
    assert (chunk.start, chunk.end, chunk.text) == (0, 9, "They met.")


@pytest.mark.parametrize(("words", "overlap"), [(0, 0), (100, -1), (100, 51)])
def test_impossible_sizes_are_refused(words: int, overlap: int) -> None:
    with pytest.raises(SettingsError):
        Chunking(words=words, overlap_words=overlap)


@pytest.mark.parametrize(
    "text",
    ["." * 200_000 + "x", " " * 50_000 + "x", "x\n" + " " * 50_000 + "x"],
    ids=["points", "spaces", "indented line"],
)
def test_a_long_run_of_one_sign_takes_no_longer_than_its_length(text: str) -> None:
    began = time.perf_counter()
    sentences(text)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("unit", ["x. ", "x\n", "字。", "x" * 20])
def test_the_memory_of_cutting_is_that_of_the_chunks(unit: str) -> None:
    document = Document(id="a", text=unit * 20_000)
    tracemalloc.start()
    chunks = Chunking().split(document)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kept = sum(map(sys.getsizeof, chunks)) + sum(sys.getsizeof(chunk.text) for chunk in chunks)
    assert peak < 2 * kept + 200_000


@given(
    st.text(alphabet="ab .!?\n\t|-#'\"“”é漢😀\u0301\x00", max_size=400),
    st.integers(1, 20),
    st.integers(0, 10),
)
def test_every_text_is_covered_by_exact_stretches(text: str, words: int, overlap: int) -> None:
    chunking = Chunking(words=words, overlap_words=min(overlap, words // 2))
    chunks = chunking.split(Document(id="a", text=text))
    covered = set[int]()
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.text == chunk.text.strip()
        assert chunk.text
        covered.update(range(chunk.start, chunk.end))
    assert all(text[position].isspace() for position in set(range(len(text))) - covered)
    assert [chunk.start for chunk in chunks] == sorted({chunk.start for chunk in chunks})
