import numpy as np
import pytest
import torch

from embeddings import Tokens
from qa.reader.windows import Window
from qa.training.examples import Example
from qa.training.losses import reader_loss
from tests.qa.training.test_examples import RECIPE

N_TOKENS = 6
IN_CONTEXT = np.array([False, False, True, True, True, False])


def example(start: int, end: int, *, weight: float, evidence: list[float]) -> Example:
    """Tokens 2 and 3 are the first sentence, token 4 the second."""
    offsets = np.array([[0, 0], [0, 0], [0, 3], [4, 7], [8, 9], [0, 0]])
    starts, ends = np.zeros((2, N_TOKENS), dtype=np.float32)
    starts[start] = ends[end] = 1
    return Example(
        Window(0, Tokens(np.arange(N_TOKENS), np.zeros(N_TOKENS, np.int64)), IN_CONTEXT, offsets),
        starts,
        ends,
        weight,
        np.array([-1, -1, 0, 0, 1, -1]),
        np.array(evidence, dtype=np.float32),
        relevance=float(any(evidence)),
    )


def test_loss_is_the_weighted_sum_of_span_evidence_and_relevance() -> None:
    logits = np.random.default_rng(0).normal(size=(2, 8, 4)).astype(np.float32)
    given = [
        example(2, 3, weight=1.0, evidence=[1, 0]),
        example(0, 0, weight=0.4, evidence=[0, 0]),
    ]

    def cross_entropy(row: int, head: int, target: int) -> float:
        allowed = logits[row, [0, 2, 3, 4], head].astype(np.float64)
        return float(np.log(np.exp(allowed).sum()) - logits[row, target, head])

    def binary(logit: float, target: float) -> float:
        return float(np.log1p(np.exp(-logit if target else logit)))

    expected = 0.0
    for row, (weight, start, end, evidence) in enumerate(
        [(1.0, 2, 3, [1, 0]), (0.4, 0, 0, [0, 0])]
    ):
        span = (cross_entropy(row, 0, start) + cross_entropy(row, 1, end)) / 2
        sentences = [logits[row, 2:4, 2].mean(), logits[row, 4, 2]]
        of_sentences = np.mean([binary(*pair) for pair in zip(sentences, evidence, strict=True)])
        relevance = binary(logits[row, 0, 3], max(evidence))
        expected += weight * span + 0.9 * float(of_sentences) + 0.7 * relevance
    loss = reader_loss(torch.tensor(logits), given, RECIPE)
    assert loss.item() == pytest.approx(expected, rel=1e-5)
