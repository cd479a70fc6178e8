import pytest

from embeddings.fusion import Fused, fuse


def test_scores_are_normalised_and_summed_by_weight() -> None:
    lexical = [(1, 12.0), (2, 8.0), (3, 4.0)]
    dense = [(3, 0.9), (2, 0.7), (4, 0.5)]
    assert fuse(lexical, dense, dense_weight=0.25) == [
        Fused(1, 0.75, 12.0, None),
        Fused(2, pytest.approx(0.75 * 0.5 + 0.25 * 0.5), 8.0, 0.7),
        Fused(3, 0.25, 4.0, 0.9),
        Fused(4, 0.0, None, 0.5),
    ]


def test_single_ranking_keeps_its_order() -> None:
    assert [fused.chunk_id for fused in fuse([], [(7, 0.3), (5, 0.2)], dense_weight=0.5)] == [7, 5]
    assert [fused.chunk_id for fused in fuse([(5, 2.0), (7, 1.0)], [], dense_weight=0.5)] == [5, 7]


def test_equal_scores_of_a_ranking_count_as_1() -> None:
    assert [fused.score for fused in fuse([(1, 3.0), (2, 3.0)], [], dense_weight=0.5)] == [0.5, 0.5]


def test_ties_go_to_the_smaller_id() -> None:
    assert [fused.chunk_id for fused in fuse([(9, 1.0), (2, 1.0)], [], dense_weight=0.0)] == [2, 9]


def test_empty_rankings_give_an_empty_ranking() -> None:
    assert fuse([], [], dense_weight=0.5) == []
