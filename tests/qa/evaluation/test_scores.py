import numpy as np
import pytest

from qa.evaluation.scores import Score, auroc, mean, means


def area(positives: list[float], negatives: list[float]) -> float:
    """Share of pairs in which the positive is higher; ties count half."""
    wins = [(p > n) + (p == n) / 2 for p in positives for n in negatives]
    return 100 * sum(wins) / len(wins)


def test_mean_is_a_percentage_within_its_interval() -> None:
    score = mean("F1", [0, 1, 1, 0.5])
    assert (score.name, score.value, score.n) == ("F1", 62.5, 4)
    assert score.low is not None
    assert score.high is not None
    assert 0 <= score.low < 62.5 < score.high <= 100


def test_intervals_are_reproducible() -> None:
    values = np.random.default_rng(1).random(50)
    assert mean("F1", values) == mean("F1", values)


def test_interval_of_mean_has_width_of_normal_approximation() -> None:
    values = np.random.default_rng(2).random(2000)
    score = mean("F1", values)
    deviation = 100 * values.std() / np.sqrt(2000)
    assert score.low == pytest.approx(score.value - 1.96 * deviation, abs=0.2 * deviation)
    assert score.high == pytest.approx(score.value + 1.96 * deviation, abs=0.2 * deviation)


def test_equal_values_give_interval_of_width_zero() -> None:
    assert mean("recall@1", [True] * 5) == Score("recall@1", 100.0, low=100.0, high=100.0, n=5)


def test_empty_groups_are_left_out() -> None:
    found = means({"a": [1.0], "b": np.array([]), "c": [0.0, 1.0]})
    assert [(score.name, score.value) for score in found] == [("a", 100.0), ("c", 50.0)]


@pytest.mark.parametrize(
    ("positives", "negatives"),
    [
        ([3.0, 2.0], [1.0, 0.0]),
        ([0.0], [1.0, 2.0]),
        ([1.0, 2.0, 2.0, 5.0], [2.0, 1.0, 0.5]),
        ([1.0, 1.0], [1.0]),
        ([-np.inf, 4.0], [-np.inf, 1.0, 7.0]),
    ],
)
def test_auroc_matches_definition(positives: list[float], negatives: list[float]) -> None:
    margins = [*positives, *negatives]
    labels = [True] * len(positives) + [False] * len(negatives)
    score = auroc("AUROC", margins, labels)
    assert score is not None
    assert score.value == pytest.approx(area(positives, negatives))
    assert score.n == len(margins)


def test_auroc_of_one_class_is_none() -> None:
    assert auroc("AUROC", [1.0, 2.0], [True, True]) is None
    assert auroc("AUROC", [1.0, 2.0], [False, False]) is None


def test_margins_of_one_question_are_resampled_together() -> None:
    generator = np.random.default_rng(3)
    # Ten equal margins for a question carry no more information than one.
    labels = generator.random(60) < 0.5
    margins = generator.normal(size=60) + labels
    once = auroc("AUROC", margins, labels)
    repeated = auroc(
        "AUROC", margins.repeat(10), labels.repeat(10), questions=list(np.arange(60).repeat(10))
    )
    assert once is not None
    assert repeated is not None
    assert (repeated.value, repeated.low, repeated.high) == pytest.approx(
        (once.value, once.low, once.high)
    )
    assert repeated.n == once.n == 60
