import pytest

from qa.followups import Turn, search_text

TURNS = [
    Turn("What is a cache?", None),
    Turn("What is Redis?", "a database"),
    Turn("How do I install Redis?", "apt install redis"),
    Turn("Which port does Redis use?", "6379"),
]


def test_search_text_without_history_is_the_question() -> None:
    assert search_text("How do I stop Redis?", []) == "How do I stop Redis?"


@pytest.mark.parametrize("history", [TURNS[1:], TURNS], ids=["three turns", "four turns"])
def test_search_text_contains_three_questions_and_the_last_answer(history: list[Turn]) -> None:
    assert search_text("And before that?", history) == (
        "And before that? What is Redis? How do I install Redis? Which port does Redis use? 6379"
    )


def test_search_text_contains_the_beginning_of_a_long_answer() -> None:
    history = [Turn("What is Redis?", "a fast database " * 20), Turn("Is it free?", None)]
    assert search_text("Why?", history) == "Why? What is Redis? Is it free?"
    text = search_text("Why?", history[:1])
    assert text == f"Why? What is Redis? {'a fast database ' * 10}".strip()
