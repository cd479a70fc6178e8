from __future__ import annotations

import numpy as np
import pytest

from embeddings.stores.local.faiss_vectors import IVFVectors, list_count
from embeddings.types import Vectors
from tests.embeddings.stores.samples import DIMENSIONS, unit

COUNT = 40_000


def clustered(vectors: Vectors) -> IVFVectors:
    made = IVFVectors.train(vectors[::2], list_count(len(vectors)))
    made.add(np.arange(len(vectors)), vectors)
    return made


@pytest.fixture(scope="module")
def vectors() -> IVFVectors:
    return clustered(unit(COUNT))


def test_candidates_include_the_nearest_vectors(vectors: IVFVectors) -> None:
    found = 0
    for question in unit(50, seed=1):
        nearest = np.argsort(-(unit(COUNT) @ question))[:10]
        candidates = vectors.candidates(question[None], 10, None)
        assert len(candidates) == 20
        found += len(np.intersect1d(nearest, candidates))
    assert found >= 0.99 * 500


def test_search_compares_a_part_of_the_vectors(vectors: IVFVectors) -> None:
    wanted = COUNT // 3
    found = vectors.candidates(unit(1, seed=1), wanted, None)
    assert wanted < len(found) < 2 * wanted


def test_strict_filter_searches_all_lists(
    vectors: IVFVectors,
) -> None:
    allowed = np.zeros(COUNT, dtype=np.bool_)
    chosen = [3, 500, 1_000, 17_777, 39_999]
    allowed[chosen] = True
    for question in unit(20, seed=2):
        assert sorted(vectors.candidates(question[None], 5, allowed).tolist()) == chosen
        assert len(vectors.candidates(question[None], 3, allowed)) == 5


def test_search_returns_k_hits_if_the_nearest_lists_have_fewer(
    vectors: IVFVectors,
) -> None:
    question = unit(1, seed=3)
    cosines = unit(COUNT) @ question[0]
    allowed = cosines < np.quantile(cosines, 0.8)
    count = int(allowed.sum())
    found = vectors.candidates(question, count, allowed)
    assert np.array_equal(np.sort(found), np.flatnonzero(allowed))


def test_filter_that_allows_nothing_finds_nothing(vectors: IVFVectors) -> None:
    assert len(vectors.candidates(unit(1), 5, np.zeros(COUNT, dtype=np.bool_))) == 0
    assert len(vectors.candidates(unit(1), 5, np.zeros(0, dtype=np.bool_))) == 0


def test_four_times_as_many_vectors_need_retraining() -> None:
    made = clustered(unit(100))
    assert not made.needs_retraining
    made.add(np.arange(100, 399), unit(299, seed=1))
    assert not made.needs_retraining
    made.add(np.arange(399, 400), unit(1, seed=2))
    assert made.needs_retraining


def test_training_accepts_equal_vectors() -> None:
    made = clustered(np.repeat(unit(1), 50, axis=0))
    assert len(made) == 50
    assert len(np.unique(made.candidates(unit(1), 25, None))) == 50


def test_removed_vectors_are_not_found() -> None:
    made = clustered(unit(100))
    made.remove(np.arange(40, 200))
    assert sorted(made.candidates(unit(1), 100, None).tolist()) == list(range(40))
    assert len(made) == 40


@pytest.mark.parametrize("count", [1, 2, 17])
def test_training_with_few_vectors_prints_no_warning(
    count: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert len(clustered(unit(count))) == count
    assert "WARNING" not in "".join(capfd.readouterr())


def test_code_has_one_byte_for_each_dimension(vectors: IVFVectors) -> None:
    n_lists = list_count(COUNT)
    n_bytes = sum(array.nbytes for array in vectors.arrays())
    assert n_bytes == COUNT * (8 + DIMENSIONS) + n_lists * (4 * DIMENSIONS + 8) + 8 * DIMENSIONS + 8
