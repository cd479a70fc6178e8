import time

import pytest

from embeddings.sentences import sentences


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
def test_abbreviation_or_point_inside_a_sentence_does_not_end_it(sentence: str) -> None:
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
def test_punctuation_before_a_new_sentence_ends_a_sentence(first: str, second: str) -> None:
    assert texts(f"{first} {second}") == [first, second]


def test_blank_line_ends_a_sentence_without_punctuation() -> None:
    assert texts("ANKARA\n\nThe talks began") == ["ANKARA", "The talks began"]


def test_hard_wrapped_sentence_continues_over_line_ends() -> None:
    assert texts("The talks began\nin Ankara on\nMonday. They\nended.") == [
        "The talks began\nin Ankara on\nMonday.",
        "They\nended.",
    ]


def test_list_item_markdown_heading_and_table_row_are_sentences() -> None:
    text = "# Results\nThree teams played:\n- Ayton\n- Beeford\n| team | points |\n| Ayton | 3 |"
    assert texts(text) == text.split("\n")


@pytest.mark.parametrize("marker", ["-", "  *", "12)"])
def test_line_indented_like_the_text_of_a_list_item_continues_it(marker: str) -> None:
    first, other = f"{marker} Close the gate", f"{marker} Ring the bell"
    indent = " " * (len(marker) + 1)
    text = f"{first}\n{indent}in the evening\n{other}\n{indent}    - Once\nGo home"
    assert texts(text) == [
        f"{first}\n{indent}in the evening".strip(),
        other.strip(),
        "- Once",
        "Go home",
    ]


def test_lines_of_a_chat_with_times_are_sentences() -> None:
    chat = "[12:01] <ann> is it up\n[9:02] <bo> yes\n00:01:05 Ann\nThe hour is\n12:30 now"
    assert texts(chat) == [*chat.split("\n")[:3], "The hour is\n12:30 now"]


def test_entries_of_a_log_are_sentences() -> None:
    log = "2020-09-16 10:00:01 gate opened\n[2020-09-16T10:05] gate closed"
    assert texts(log) == log.split("\n")


@pytest.mark.parametrize("rule", ["---", "***", "=====", "  ___  ", "~" * 200])
def test_rule_separates_the_lines_around_it(rule: str) -> None:
    text = f"title: A dam closes\n{rule}\nThe dam closes -- for weeks --\non Monday."
    assert texts(text)[0::2] == [
        "title: A dam closes",
        "The dam closes -- for weeks --\non Monday.",
    ]


@pytest.mark.parametrize(
    "text",
    ["." * 200_000 + "x", " " * 50_000 + "x", "x\n" + " " * 50_000 + "x"],
    ids=["points", "spaces", "indented line"],
)
def test_long_run_of_one_character_takes_linear_time(text: str) -> None:
    began = time.process_time()
    sentences(text)
    assert time.process_time() - began < 5
