"""Read the hits of a question in order until the answer is settled."""

import math
from collections.abc import Sequence

from embeddings import Hit
from qa.answering.aggregation import SPANS_READ, AggregatedAnswers, aggregate
from qa.answering.discounts import discount
from qa.answering.near_duplicates import find_near_duplicates
from qa.answering.retrieval import SearchRequest, apply_time_prior
from qa.reader.reader import PassageReading, Reader

SETTLED_ODDS = math.e
SETTLED_COSINE = 0.05
"""An answer is settled if it is this many times as likely as no answer and as all other answers,
and its passage's cosine exceeds that of every unread passage by this much. Alternatives that were
tried are listed in the reader's model card."""


def read_until_settled(
    reader: Reader, request: SearchRequest, hits: Sequence[Hit], *, min_read: int
) -> AggregatedAnswers:
    """Read the first `min_read` hits; if the answer is not settled, twice as many, then all.

    Near-duplicates of an earlier hit are read but not counted. A step is skipped if the next hits
    are about as near: no answer could be settled then. The result has the hits that were read.
    """
    readings: list[PassageReading] = []
    result = aggregate((), ())
    for different in (min_read, 2 * min_read, None) if hits else ():
        end = _end_of(hits, different)
        if end is not None and not are_clearly_nearest(hits[:end], hits[end:]):
            continue
        inputs = [request.reader_input(hit) for hit in hits[len(readings) : end]]
        readings += reader.read_passages(inputs, n_best=SPANS_READ)
        done, unread = hits[: len(readings)], hits[len(readings) :]
        timed = apply_time_prior(readings, hits, request.preference)
        result = aggregate(done, discount(done, timed, request.question))
        if not unread or is_settled(result, unread):
            break
    return result


def _end_of(hits: Sequence[Hit], different: int | None) -> int | None:
    """Return how many hits contain this many different passages; None for all hits."""
    if different is None or len(hits) <= different:
        return None
    copied = find_near_duplicates([hit.chunk.text for hit in hits])
    originals = [place for place, original in enumerate(copied) if place == original]
    return originals[different - 1] + 1 if different <= len(originals) else None


def is_settled(aggregated: AggregatedAnswers, unread: Sequence[Hit]) -> bool:
    """Return whether the best answer is so likely that reading more would hardly change it."""
    if not aggregated.answers:
        return False
    first, *others = aggregated.answers
    most = max(aggregated.null, sum(one.probability for one in others))
    return first.probability >= SETTLED_ODDS * most and are_clearly_nearest([first.hit], unread)


def are_clearly_nearest(hits: Sequence[Hit], unread: Sequence[Hit]) -> bool:
    """Return whether the cosine of a hit exceeds that of all unread hits by `SETTLED_COSINE`."""
    nearest = max(map(_cosine, hits), default=-1.0)
    return nearest >= SETTLED_COSINE + max(map(_cosine, unread), default=-1.0)


def _cosine(hit: Hit) -> float:
    # A hit of the lexical search alone is farther than every hit of the dense search.
    return -1.0 if hit.dense is None else hit.dense
