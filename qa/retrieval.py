"""The chunks that are read for a question: searched for, and put in order by the time it means."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from embeddings import DateRange, Filter, Hit, Index
from qa.dates import Preference, TimeRange, recent
from qa.spans import LogitSpan

__all__ = ["Wish", "retrieve", "weighed"]

NEARNESS_WEIGHT = 0.4
"""What the wished days add to a hit's score, which lies between 0 and 1: with it and half-lives of
7 to 14 days most of 151 news quiz questions have the answer in their first hit."""

NEARNESS_MARGIN = 3.0
"""By how much a span's log odds fall, at most, where its document is farther from the wished days
than another that was found. From here on more changed nothing for 154 news quiz questions."""

_NEAR = 0.5

_CANDIDATES = 200
"""How many hits compete when some days are preferred: the best of those days may come late."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A question, and which documents are to be looked at or preferred."""

    question: str
    within: Filter
    preference: Preference | None
    bare: str
    """The question without the time that it names."""

    def reading(self, hit: Hit) -> str:
        """Give the question that a hit is read for.

        An article of May does not say that it is May: what its date tells is not asked of its text.
        """
        if self.preference is None or self.preference.nearness(hit.chunk.date) < _NEAR:
            return self.question
        return self.bare

    @classmethod
    def of(
        cls,
        question: str,
        window: TimeRange | None,
        *,
        limits: DateRange,
        as_of: datetime.date | None,
        documents: frozenset[str] | None,
    ) -> Wish:
        """Make the wish of a question.

        Args:
            question: in plain words.
            window: the time that it names.
            limits: the days that were set beside the question.
            as_of: the day of asking if it was set: no later document is looked at, and without a
                window the newer ones are preferred.
            documents: ids of the only documents allowed; None allows every one.

        Raises:
            SettingsError: no day is left.
        """
        dates = limits
        if as_of is not None:
            before = as_of if limits.before is None else min(limits.before, as_of)
            dates = DateRange.of(limits.after, before)
        preference = recent(as_of) if as_of is not None else None
        bare = question
        if window is not None:
            bare = window.question_without_time(question)
            dates = window.dates if window.hard else dates
            preference = window.preference
        return cls(question, Filter(dates=dates, documents=documents), preference, bare)


def retrieve(index: Index, wishes: Sequence[Wish], k: int) -> list[list[Hit]]:
    """Find at most `k` chunks for each wish, in order; the most promising first.

    Hits keep the score that the search gave them, whatever place their day gives them.
    """
    alike: dict[tuple[DateRange, bool], list[int]] = defaultdict(list)
    for place, wish in enumerate(wishes):
        alike[wish.within.dates, wish.preference is not None].append(place)
    found: list[list[Hit]] = [[] for _ in wishes]
    for (_, preferring), places in alike.items():
        questions = [wishes[place].question for place in places]
        wanted = max(k, _CANDIDATES) if preferring else k
        searched = index.search_many(questions, wanted, within=wishes[places[0]].within)
        for place, hits in zip(places, searched, strict=True):
            found[place] = _preferred(hits, wishes[place].preference)[:k]
    return found


def _preferred(hits: list[Hit], preference: Preference | None) -> list[Hit]:
    if preference is None:
        return hits
    return sorted(
        hits,
        key=lambda hit: -(hit.score + NEARNESS_WEIGHT * preference.nearness(hit.chunk.date)),
    )


def weighed(
    spans: Sequence[Sequence[LogitSpan]], hits: Sequence[Hit], preference: Preference | None
) -> list[Sequence[LogitSpan]]:
    """Lower the log odds of what stands in documents farther from the wished days than the nearest.

    `spans` are those of the first hits, as many as have been read; the nearest is one of all. Where
    all are as far, as with a year that the documents only speak of, nothing changes.
    """
    if preference is None or not hits:
        return list(spans)
    nearness = [preference.nearness(hit.chunk.date) for hit in hits]
    nearest = max(nearness)
    return [
        [
            LogitSpan(span.start, span.end, span.margin - NEARNESS_MARGIN * (nearest - near))
            for span in found
        ]
        for near, found in zip(nearness, spans, strict=False)
    ]
