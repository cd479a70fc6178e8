"""Near-duplicates: nearly the same text in several documents, such as one report in two papers."""

import re
from collections import defaultdict
from collections.abc import Sequence

SHINGLE_WORDS = 6
"""Length of a shingle in words. Two articles rarely share this many words in a row by chance."""

MIN_SHARED = 0.5
"""Minimum share of the shorter text's shingles that two near-duplicates have in common."""


def find_near_duplicates(texts: Sequence[str]) -> list[int]:
    """Return for each text the index of the first text that it is a near-duplicate of.

    A text that is not a near-duplicate has its own index. Exact, by shingles (Broder 1997, "On the
    resemblance and containment of documents"), meant for tens of texts.
    """
    shingled = [_shingles(text) for text in texts]
    holders: dict[int, list[int]] = defaultdict(list)
    originals: list[int] = []
    for place, shingles in enumerate(shingled):
        shared: dict[int, int] = defaultdict(int)
        for shingle in shingles:
            for holder in holders[shingle]:
                shared[holder] += 1
        for shingle in shingles:
            holders[shingle].append(place)
        originals.append(
            min(
                (
                    originals[holder]
                    for holder, count in shared.items()
                    if count >= MIN_SHARED * min(len(shingles), len(shingled[holder]))
                ),
                default=place,
            )
        )
    return originals


def _shingles(text: str) -> frozenset[int]:
    words = re.findall(r"\w+", text.casefold())
    starts = range(max(len(words) - SHINGLE_WORDS, 0) + 1) if words else ()
    return frozenset(hash(tuple(words[begin : begin + SHINGLE_WORDS])) for begin in starts)
