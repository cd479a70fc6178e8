import pytest

from qa.followups import Turn, search_text

TURNS = [
    Turn("What is Redis?", "a database"),
    Turn("How do I install Redis?", "apt install redis"),
    Turn("Which port does Redis use?", "6379"),
]


def test_search_text_without_history_is_the_question() -> None:
    assert search_text("How do I stop Redis?", []) == "How do I stop Redis?"


@pytest.mark.parametrize("history", [TURNS[1:], TURNS], ids=["two turns", "three turns"])
def test_search_text_contains_the_last_two_questions(history: list[Turn]) -> None:
    assert search_text("And before that?", history) == (
        "And before that? How do I install Redis? Which port does Redis use?"
    )
