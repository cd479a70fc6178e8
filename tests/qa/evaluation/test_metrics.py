import pytest

from qa.evaluation.metrics import (
    evidence_f1,
    exact_match,
    f1,
    holds_answer,
    normalise,
    spans_f1,
    starts_with_evidence,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Cat,\n sat!", "cat sat"),
        ("A theatre and an anthem", "theatre and anthem"),
        ("U.S.-led", "usled"),
        ("the-a", "thea"),
        ("“Turkey’s”", "“turkey’s”"),
        ("the", ""),
        ("", ""),
    ],
)
def test_normalise_ignores_case_punctuation_and_articles(text: str, expected: str) -> None:
    assert normalise(text) == expected


# The examples of the metric cards of Hugging Face's `squad` and `squad_v2`, which wrap the
# official scripts: all right, all wrong, two of three right.
@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("1976", "1976", 1.0),
        ("1999", "1976", 0.0),
        ("Beyonce", "Beyoncé and Bruno Mars", 0.0),
        ("climate change", "climate change", 1.0),
    ],
)
def test_published_examples_have_published_scores(
    prediction: str, gold: str, expected: float
) -> None:
    assert exact_match(prediction, [gold]) == expected
    assert f1(prediction, [gold]) == expected


def test_f1_counts_each_shared_word_once() -> None:
    # Two of three predicted words, two of two wanted ones.
    assert f1("in the city of Paris", ["Paris city"]) == pytest.approx(2 * 2 / (4 + 2))
    assert f1("no no no", ["no"]) == pytest.approx(2 * 1 / (3 + 1))
    assert f1("no", ["no no no"]) == pytest.approx(2 * 1 / (1 + 3))


def test_best_gold_answer_counts() -> None:
    golds = ["Denver Broncos", "The Denver Broncos!", "Broncos of Denver, Colorado"]
    assert exact_match("denver broncos", golds) == 1.0
    assert f1("Denver, Colorado", golds) == pytest.approx(2 * 2 / (2 + 4))


def test_word_order_matters_only_for_exact_match() -> None:
    assert exact_match("Mars Bruno", ["Bruno Mars"]) == 0.0
    assert f1("Mars Bruno", ["Bruno Mars"]) == 1.0
    assert f1("Brun", ["Bruno"]) == 0.0


@pytest.mark.parametrize("metric", [exact_match, f1])
def test_without_gold_only_empty_prediction_is_right(metric) -> None:
    assert metric("", []) == 1.0
    assert metric("Paris", []) == 0.0
    assert metric("", ["Paris"]) == 0.0
    # Gold answers of only articles and punctuation count as no answer.
    assert metric("", ["the", "..."]) == 1.0
    assert metric("", ["the", "Paris"]) == 0.0


@pytest.mark.parametrize(
    ("text", "golds", "expected"),
    [
        ("The delegation left Turkey's capital.", ["Turkey"], True),
        ("An oil-rich region", ["oil"], True),
        ("They met in the White House.", ["in White House"], True),
        ("They met in the 1990s.", ["1990"], False),
        ("Mars, Bruno", ["Bruno Mars"], False),
        ("It cost $5.2 million.", ["€9", "$5.2 Million"], True),
        ("Anything at all", ["the", "$"], False),
        ("Anything at all", [], False),
    ],
)
def test_holds_answer_needs_whole_words_in_a_row(text, golds, expected) -> None:
    assert holds_answer(text, golds) is expected


@pytest.mark.parametrize(
    ("predictions", "golds", "expected"),
    [
        (["The cat", "dog"], ["cat", "dog", "hen"], 2 * 2 / 5),
        (["cat", "a cat"], ["cat"], 1.0),
        (["goose"], ["cat"], 0.0),
        ([], ["cat"], 0.0),
        ([], [], 1.0),
    ],
)
def test_spans_f1_compares_sets_of_items(
    predictions: list[str], golds: list[str], expected: float
) -> None:
    assert spans_f1(predictions, golds) == pytest.approx(expected)


def test_evidence_f1_compares_with_all_sentences_together() -> None:
    evidence = ["Open the lid.", "Press the button."]
    assert evidence_f1("Open lid. Press the button.", evidence) == 1.0
    assert evidence_f1("Open lid.", evidence) == pytest.approx(2 * 2 / (2 + 4))
    assert evidence_f1("", evidence) == 0.0


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        ("Press the button. Then wait.", True),
        ("Press the button", True),
        ("1. Press the button.", True),
        ("Then wait. Press the button.", False),
        ("", False),
    ],
)
def test_starts_with_evidence_compares_the_first_sentence(prediction: str, expected: bool) -> None:
    assert starts_with_evidence(prediction, ["Press the button."]) is expected
