import time

import pytest

from qa.followups.ellipsis import complete

TALKS = ("Where did Sedat Önal hold talks?", "in Moscow")
MOVE = ("Who dismissed the move?", "Haftar")
CEASEFIRE = ("What did the GNA declare?", "a ceasefire in Libya.")
INJURED = ("How many people were injured in the flood?", "1,200")


@pytest.mark.parametrize(
    ("question", "earlier", "completed"),
    [
        ("When?", TALKS, "When did Sedat Önal hold talks?"),
        ("and with whom", TALKS, "With whom did Sedat Önal hold talks?"),
        ("Why?", MOVE, "Why was it that Haftar dismissed the move?"),
        ("When did that happen?", MOVE, "When was it that Haftar dismissed the move?"),
        ("When?", CEASEFIRE, "When did the GNA declare a ceasefire in Libya?"),
        (
            "How many?",
            ("Which towns were flooded?", "Harlow and Brent"),
            "How many towns were flooded?",
        ),
        ("Where?", INJURED, "Where were 1,200 people injured in the flood?"),
        ("How many were killed?", INJURED, "How many people were killed in the flood?"),
        ("Who else?", MOVE, "Who else dismissed the move?"),
        ("Why?", ("Was the road closed?", None), "Why was the road closed?"),
        ("Why?", ("Who came?", None), "Why was it that someone came?"),
        ("And Turkey?", CEASEFIRE, "What did Turkey declare?"),
        ("What about the plan?", MOVE, "Who dismissed the plan?"),
        ("In 2019?", ("Who led Chile in 2006?", "Anna Berg"), "Who led Chile in 2019?"),
        (
            "And in Uganda?",
            ("What is the population of Kenya?", None),
            "What is the population of Uganda?",
        ),
        ("And in Uganda?", ("What did the bank sell?", None), "What did the bank sell in Uganda?"),
        ("And the Russian one?", ("Who led the Turkish team?", None), "Who led the Russian team?"),
    ],
)
def test_a_question_of_a_few_words_takes_the_clause_of_the_one_before(
    question: str, earlier: tuple[str, str | None], completed: str
) -> None:
    assert complete(question, *earlier) == completed


@pytest.mark.parametrize(
    "question",
    [
        "When did it end?",
        "Why did Haftar dismiss the move?",
        "And who came?",
        "What about his wife?",
        "What about raising the question of what they did?",
        "And he left?",
        "In 2019 the town flooded?",
        "How come?",
        "What else did he say?",
        "",
    ],
)
def test_a_question_with_a_clause_of_its_own_takes_none(question: str) -> None:
    assert complete(question, *TALKS) is None


@pytest.mark.parametrize(
    ("question", "earlier"),
    [
        ("Why?", ("ceasefire Libya", None)),
        ("Who?", TALKS),
        ("How many?", MOVE),
        ("Where else?", ("ceasefire Libya", None)),
        ("And Mr. Kalin?", ("Where is Libya?", "Africa")),
        ("And the Russian one?", ("Who came?", None)),
        ("How many were killed?", MOVE),
    ],
)
def test_a_clause_that_does_not_fit_is_not_taken(
    question: str, earlier: tuple[str, str | None]
) -> None:
    assert complete(question, *earlier) is None


def test_a_question_full_of_spaces_takes_no_longer() -> None:
    began = time.perf_counter()
    complete(f"and x{' ' * 5000}\ny", "Who opened the bridge?", None)
    assert time.perf_counter() - began < 1
