"""Fusion of a lexical and a dense ranking.

The fused score is a weighted sum of min-max normalised scores. On news it beats reciprocal rank
fusion; Bruch et al. 2023, "An Analysis of Fusion Functions for Hybrid Retrieval", find the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fused:
    """A chunk in the fused ranking; scores as in `Hit`."""

    chunk_id: int
    score: float
    lexical: float | None
    dense: float | None


def fuse(
    lexical: Sequence[tuple[int, float]], dense: Sequence[tuple[int, float]], *, dense_weight: float
) -> list[Fused]:
    """Fuse two rankings of (chunk id, score), best first. Ties go to the smaller id.

    The scores of each are normalised to 0..1; a chunk that a ranking lacks gets 0 there.
    """
    lexical_scores, dense_scores = dict(lexical), dict(dense)
    lexical_parts, dense_parts = _normalised(lexical_scores), _normalised(dense_scores)
    fused = [
        Fused(
            chunk_id=chunk_id,
            score=(1 - dense_weight) * lexical_parts.get(chunk_id, 0.0)
            + dense_weight * dense_parts.get(chunk_id, 0.0),
            lexical=lexical_scores.get(chunk_id),
            dense=dense_scores.get(chunk_id),
        )
        for chunk_id in lexical_scores.keys() | dense_scores.keys()
    ]
    return sorted(fused, key=lambda one: (-one.score, one.chunk_id))


def _normalised(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {chunk_id: (score - low) / (high - low) for chunk_id, score in scores.items()}
