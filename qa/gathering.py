"""Reading what was found: the most promising chunks first, and no more than the answer needs."""

from __future__ import annotations

from collections.abc import Sequence

from embeddings import Hit
from qa.evidence import SPANS_PER_CONTEXT, Evidence, settled, weigh
from qa.reader import Reader
from qa.retrieval import Wish, weighed
from qa.spans import LogitSpan

__all__ = ["gather"]


def gather(
    reader: Reader, wishes: Sequence[Wish], hits: Sequence[Sequence[Hit]], *, min_read: int
) -> list[Evidence]:
    """Read the hits of each wish: the first few, twice as many if these settle nothing, then all.

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
    unsettled = list(range(len(wishes)))
    for until in (min_read, 2 * min_read, None):
        turns = [(n, hits[n][len(spans[n]) : until]) for n in unsettled]
        turns = [(n, turn) for n, turn in turns if turn]
        if not turns:
            break
        pairs = [(wishes[n].reading(hit), hit.chunk.text) for n, turn in turns for hit in turn]
        margins = iter(reader.read_margins_many(pairs, n_best=SPANS_PER_CONTEXT))
        for n, turn in turns:
            spans[n] += [next(margins) for _ in turn]
            read = hits[n][: len(spans[n])]
            gathered[n] = weigh(read, weighed(spans[n], hits[n], wishes[n].preference))
        unsettled = [n for n, _ in turns if not settled(gathered[n], hits[n][len(spans[n]) :])]
    return gathered
