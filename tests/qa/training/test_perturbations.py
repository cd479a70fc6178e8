import random

import pytest

from qa.training.perturbations import Perturbations

CONTEXT = "The first bridge in Ayton was built in 1885 by Ann Dee, and 1,200 people came to see it."
OTHERS = ["Who lives in Corley?", "Which firm was run by Bo Berg?"]


def altered(question: str, context: str = CONTEXT) -> set[str | None]:
    perturbations = Perturbations([question, *OTHERS], random.Random(0))
    return {perturbations.perturb(question, context) for _ in range(200)}


def test_a_word_is_turned_into_its_opposite() -> None:
    assert altered("Who built the first bridge?") == {
        "Who built the last bridge?",
        "Who destroyed the first bridge?",
    }


def test_a_name_is_replaced_by_one_that_stands_behind_the_same_word() -> None:
    # Now and then its own name is drawn, and nothing is changed.
    assert altered("Who came to the river in Ayton?") == {"Who came to the river in Corley?", None}


def test_a_year_stays_a_year_of_that_time() -> None:
    years = {int(text[-5:-1]) for text in altered("Who came in 1885?") if text is not None}
    assert len(years) > 20
    assert 1885 not in years
    assert all(abs(year - 1885) <= 30 for year in years)


def test_a_count_is_written_as_the_one_it_stands_for() -> None:
    made = altered("What did the 1,200 people see?")
    assert len(made) > 20
    assert all(text is not None and text.startswith("What did the ") for text in made)
    assert "What did the 1200 people see?" not in made


@pytest.mark.parametrize("context", ["It was the first, and the last.", "The last one fell."])
def test_nothing_is_put_in_that_the_context_speaks_of(context: str) -> None:
    assert altered("Which one came first?", context) == {None}


def test_a_question_without_all_this_is_negated_now_and_then() -> None:
    assert altered("Why was it so?") == {"Why wasn't it so?", None}
