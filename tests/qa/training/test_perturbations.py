import random

import pytest

from qa.training.perturbations import Perturbations

CONTEXT = "The first bridge in Ayton was built in 1885 by Ann Dee, and 1,200 people came to see it."
OTHERS = ["Who lives in Corley?", "Which firm was run by Bo Berg?"]


def altered(question: str, context: str = CONTEXT) -> set[str | None]:
    perturbations = Perturbations([question, *OTHERS], random.Random(0))
    return {perturbations.perturb(question, context) for _ in range(200)}


def test_word_is_replaced_by_antonym() -> None:
    assert altered("Who built the first bridge?") == {
        "Who built the last bridge?",
        "Who destroyed the first bridge?",
    }


def test_name_is_replaced_by_one_after_the_same_word() -> None:
    # Sometimes the same name is drawn, and nothing is changed.
    assert altered("Who came to the river in Ayton?") == {"Who came to the river in Corley?", None}


def test_changed_year_is_within_30_years() -> None:
    years = {int(text[-5:-1]) for text in altered("Who came in 1885?") if text is not None}
    assert len(years) > 20
    assert 1885 not in years
    assert all(abs(year - 1885) <= 30 for year in years)


def test_changed_count_keeps_its_format() -> None:
    made = altered("What did the 1,200 people see?")
    assert len(made) > 20
    assert all(text is not None and text.startswith("What did the ") for text in made)
    assert "What did the 1200 people see?" not in made


@pytest.mark.parametrize("context", ["It was the first, and the last.", "The last one fell."])
def test_replacement_is_not_in_the_context(context: str) -> None:
    assert altered("Which one came first?", context) == {None}


def test_other_questions_are_sometimes_negated() -> None:
    assert altered("Why was it so?") == {"Why wasn't it so?", None}
