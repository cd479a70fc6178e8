"""Reading what was found: the most promising chunks first, and no more than the answer needs."""

from __future__ import annotations

from collections.abc import Sequence

from embeddings import Hit
from qa.answering.aggregation import (
    SPANS_PER_CONTEXT,
    AggregatedAnswers,
    aggregate,
    are_clearly_nearest,
    is_settled,
)
from qa.answering.retrieval import SearchRequest, apply_time_prior
from qa.reader.reader import Reader
from qa.reader.spans import LogitSpan

__all__ = ["read_until_settled"]


def read_until_settled(
    reader: Reader,
    requests: Sequence[SearchRequest],
    hits: Sequence[Sequence[Hit]],
    *,
    min_read: int,
) -> list[AggregatedAnswers]:
    """Read each request's hits: the first few, twice as many if these settle nothing, then all.

    A turn that can settle nothing, since what it leaves is about as near, is passed over.

    Args:
        reader: reads those of all requests at once, in each of the three turns.
        requests: the questions.
        hits: of each request, most promising first.
        min_read: how many hits of a request are read at least, 1 or more.

    Returns:
        What was found for each request; its hits are those that were read.
    """
    spans: list[list[Sequence[LogitSpan]]] = [[] for _ in requests]
    results = [aggregate((), ()) for _ in requests]
    unsettled = [n for n, found in enumerate(hits) if found]
    for until in (min_read, 2 * min_read, None):
        turns = {
            n: hits[n][len(spans[n]) : until]
            for n in unsettled
            if until is None or are_clearly_nearest(hits[n][:until], hits[n][until:])
        }
        if not turns:
            continue
        pairs = [(requests[n].question_for(hit), hit.chunk.text) for n in turns for hit in turns[n]]
        margins = iter(reader.read_margins_many(pairs, n_best=SPANS_PER_CONTEXT))
        for n, turn in turns.items():
            spans[n] += [next(margins) for _ in turn]
            read, unread = hits[n][: len(spans[n])], hits[n][len(spans[n]) :]
            results[n] = aggregate(
                read, apply_time_prior(spans[n], hits[n], requests[n].preference)
            )
            if not unread or is_settled(results[n], unread):
                unsettled.remove(n)
    return results
