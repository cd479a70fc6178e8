"""Read the hits of a question in order until the answer is settled."""

from collections.abc import Sequence

from embeddings import Hit
from qa.answering.aggregation import (
    SPANS_READ,
    AggregatedAnswers,
    aggregate,
    are_clearly_nearest,
    is_settled,
)
from qa.answering.discounts import discount
from qa.answering.retrieval import SearchRequest, apply_time_prior
from qa.reader.reader import PassageReading, Reader


def read_until_settled(
    reader: Reader,
    requests: Sequence[SearchRequest],
    hits: Sequence[Sequence[Hit]],
    *,
    min_read: int,
) -> list[AggregatedAnswers]:
    """Read each request's first hits, twice as many if they settle nothing, then all.

    A step that cannot settle anything, because the next hits are about as near, is skipped.

    Args:
        reader: reads the hits of all requests in one batch for each of the three steps.
        requests: the questions.
        hits: hits of each request, best first.
        min_read: how many hits of a request are read at least, 1 or more.

    Returns:
        The result of each request; its hits are those that were read.
    """
    readings: list[list[PassageReading]] = [[] for _ in requests]
    results = [aggregate((), ()) for _ in requests]
    unsettled = [n for n, found in enumerate(hits) if found]
    for until in (min_read, 2 * min_read, None):
        batches = {
            n: hits[n][len(readings[n]) : until]
            for n in unsettled
            if until is None or are_clearly_nearest(hits[n][:until], hits[n][until:])
        }
        if not batches:
            continue
        inputs = [requests[n].reader_input(hit) for n in batches for hit in batches[n]]
        read = iter(reader.read_passages(inputs, n_best=SPANS_READ))
        for n, batch in batches.items():
            readings[n] += [next(read) for _ in batch]
            done, unread = hits[n][: len(readings[n])], hits[n][len(readings[n]) :]
            timed = apply_time_prior(readings[n], hits[n], requests[n].preference)
            results[n] = aggregate(done, discount(done, timed, requests[n].question))
            if not unread or is_settled(results[n], unread):
                unsettled.remove(n)
    return results
