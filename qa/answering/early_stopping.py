"""Reading what was found: the most promising chunks first, and no more than the answer needs."""

from __future__ import annotations

from collections.abc import Sequence

from embeddings import Hit
from qa.answering.aggregation import SPANS_PER_CONTEXT, Evidence, are_ahead, settled, weigh
from qa.answering.retrieval import Wish, weighed
from qa.reader.reader import Reader
from qa.reader.spans import LogitSpan

__all__ = ["gather"]


def gather(
    reader: Reader, wishes: Sequence[Wish], hits: Sequence[Sequence[Hit]], *, min_read: int
) -> list[Evidence]:
    """Read the hits of each wish: the first few, twice as many if these settle nothing, then all.

    A turn that can settle nothing, since what it leaves is about as near, is passed over.

    Args:
        reader: reads those of all wishes at once, in each of the three turns.
        wishes: the questions.
        hits: of each wish, most promising first.
        min_read: how many hits of a wish are read at least, 1 or more.

    Returns:
        What was found for each wish; its hits are those that were read.
    """
    spans: list[list[Sequence[LogitSpan]]] = [[] for _ in wishes]
    gathered = [weigh((), ()) for _ in wishes]
    unsettled = [n for n, found in enumerate(hits) if found]
    for until in (min_read, 2 * min_read, None):
        turns = {
            n: hits[n][len(spans[n]) : until]
            for n in unsettled
            if until is None or are_ahead(hits[n][:until], hits[n][until:])
        }
        if not turns:
            continue
        pairs = [(wishes[n].reading(hit), hit.chunk.text) for n in turns for hit in turns[n]]
        margins = iter(reader.read_margins_many(pairs, n_best=SPANS_PER_CONTEXT))
        for n, turn in turns.items():
            spans[n] += [next(margins) for _ in turn]
            read, unread = hits[n][: len(spans[n])], hits[n][len(spans[n]) :]
            gathered[n] = weigh(read, weighed(spans[n], hits[n], wishes[n].preference))
            if not unread or settled(gathered[n], unread):
                unsettled.remove(n)
    return gathered
