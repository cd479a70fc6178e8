"""Follow-up questions are rewritten as in conversations.txt; other questions stay unchanged."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.questions import load_questions
from qa.followups import Turn, standalone

END_TO_END = Path(__file__).parents[2] / "end_to_end"
DELEGATION = Turn("Who headed the Turkish delegation to Moscow?", "Sedat Önal")


def load_conversations() -> list[tuple[tuple[Turn, ...], str, str]]:
    """Return (history, follow-up, expected rewrite) of each ">" line."""
    rows, history = [], ()
    for line in Path(__file__).with_name("conversations.txt").read_text("utf-8").splitlines():
        if line.startswith("Q "):
            question, answer = line[2:].split(" | ")
            history = (*history, Turn(question, None if answer == "-" else answer))
        elif line.startswith("> ") and line.endswith(" ="):
            rows.append((history, line[2:-2], line[2:-2]))
        elif line.startswith("> "):
            rows.append((history, *line[2:].split(" => ")))
        elif not line:
            history = ()
    return rows


CONVERSATIONS = load_conversations()


def test_table_has_200_conversations() -> None:
    assert len(CONVERSATIONS) >= 200


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    CONVERSATIONS,
    ids=[f"{history[-1].question} {question}" for history, question, _ in CONVERSATIONS],
)
def test_follow_up_is_rewritten_as_expected(
    history: tuple[Turn, ...], question: str, expected: str
) -> None:
    assert standalone(question, history) == expected


@pytest.mark.parametrize("name", ["questions.jsonl", "seed_questions.jsonl"])
def test_standalone_question_stays_unchanged_after_any_history(name: str) -> None:
    questions = load_questions(END_TO_END / name)
    turns = [Turn(row.text, row.answers[0] if row.answers else None) for row in questions]
    chance = random.Random(4)
    for row in questions:
        for _ in range(5):
            assert standalone(row.text, chance.sample(turns, 3)) == row.text


@pytest.mark.parametrize("question", ["Where did he hold talks?", "Why?", "And in Libya?"])
def test_question_without_history_stays_unchanged(question: str) -> None:
    assert standalone(question, []) == question


def test_whitespace_of_unchanged_question_is_kept() -> None:
    assert standalone("  Who came?\n", [DELEGATION]) == "  Who came?\n"


def test_antecedent_more_than_five_turns_back_is_not_used() -> None:
    history = [DELEGATION, *[Turn("How long was the strike?", "nine days")] * 5]
    assert standalone("Where was he born?", history) == "Where was he born?"
    assert standalone("Where was he born?", history[:-1]) == "Where was Sedat Önal born?"


def test_pronoun_unresolved_in_last_question_stays_unresolved() -> None:
    history = [Turn("Who is Ada Berg?", None), Turn("Where did he live?", "Paris")]
    assert standalone("When did he die?", history) == "When did he die?"


def test_long_answer_is_not_used() -> None:
    answer = "The port " + "is described in the manual and " * 10
    history = [Turn("Which port does the server use?", answer)]
    assert standalone("How do I change it?", history) == "How do I change the server?"


def test_question_in_lower_case_is_rewritten() -> None:
    assert standalone("where did he hold talks", [DELEGATION]) == "Where did Sedat Önal hold talks"


def test_rewriting_takes_a_few_milliseconds() -> None:
    seconds = []
    for run in range(20):  # the fastest run shows what the code takes on a busy machine
        history = [
            Turn(f"How do I install package {run} on machine {turn}?", "with the package manager")
            for turn in range(20)
        ]
        start = time.perf_counter()
        standalone("How do I remove it and where are its logs?", history)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.01  # 2 ms on an idle machine


WORDS = st.sampled_from(
    """he her it they there then that year And What about Why who which of the a one 12 1994 in How
    many was did Mr. U.S. Önal 誰 ’s ' " ? . , … \ud800 \x00 ‘ them their to make is not -k
    /etc""".split(" ")
)
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)


@given(TEXTS, st.lists(st.builds(Turn, TEXTS, st.none() | TEXTS), max_size=3))
def test_any_text_is_accepted(question: str, history: list[Turn]) -> None:
    assert isinstance(standalone(question, history), str)
