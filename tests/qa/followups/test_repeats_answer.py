import pytest

from qa.followups import Turn, repeats_answer

HISTORY = [
    Turn("Who headed the Turkish delegation?", "Sedat Önal"),
    Turn("Who paid for the trip?", None),
    Turn("How do I install ripgrep?", "Run cargo install ripgrep."),
]


@pytest.mark.parametrize(
    "answer",
    ["Sedat Önal", "sedat önal.", "the deputy Sedat Önal", "Run `cargo install ripgrep`"],
)
def test_answer_with_the_words_of_an_earlier_one_is_a_repetition(answer: str) -> None:
    assert repeats_answer(HISTORY, answer)


@pytest.mark.parametrize(
    "answer",
    ["Moscow", "Önal", "cargo uninstall ripgrep", "Sedat Önal and Hakan Fidan", "", "..."],
)
def test_answer_with_other_words_is_not_a_repetition(answer: str) -> None:
    assert not repeats_answer(HISTORY, answer)


def test_answer_of_unimportant_words_repeats_only_the_same_words() -> None:
    assert repeats_answer([Turn("Is it on or off?", "on")], "On")
    assert not repeats_answer([Turn("Is it on or off?", "on")], "or")


def test_no_answer_is_repeated_without_history() -> None:
    assert not repeats_answer([], "Sedat Önal")
