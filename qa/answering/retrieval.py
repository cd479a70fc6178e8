"""Search requests of questions, and the ranking of hits by preferred days."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from embeddings import Chunk, DateRange, Filter, Hit, Index
from qa.answering.comparison.numbers import spelled_as_in
from qa.dates import Preference, TimeRange, recent
from qa.options import AskOptions
from qa.reader.reader import PassageReading
from qa.reader.windows import ReaderInput

NEARNESS_WEIGHT = 0.4
"""Amount added to a hit's score (0 to 1) on the preferred days. With this value and half-lives of 7
to 14 days, most of 151 news quiz questions have the answer in their first hit."""

NEARNESS_MARGIN = 3.0
"""Largest reduction of the log odds of a document that is farther from the preferred days than
another hit. Higher values changed nothing for 154 news quiz questions."""

_NEAR = 0.5

CONTEXT_WEIGHT = 0.6
"""Weight, 0 to 1, of the search with the earlier turns. Of the values 0.4 to 0.6, it found the most
passages of 800 follow-up questions (doc2dial and CANARD, training sets), when follow-ups with a
rewrite were searched in context as well."""

_CANDIDATES = 200
"""Number of hits that are re-ranked if some days are preferred or two searches are merged."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A question and the documents to search or prefer."""

    question: str
    filter: Filter
    preference: Preference | None
    question_without_time: str
    """The question without the time expression."""
    with_context: str | None = None
    """The question with the turns before it, for a second search; None for no second search."""
    time_range: TimeRange | None = None
    """The time that the question names and that restricts or ranks the documents."""

    @property
    def searched(self) -> list[str]:
        """Search queries: the question, and the question with its context if there is one."""
        return [self.question] if self.with_context is None else [self.question, self.with_context]

    def reader_input(self, hit: Hit) -> ReaderInput:
        """Return the reader input for a hit: question, text and heading.

        A document within the preferred days is read without the time in the question: an article
        from May does not repeat that it is May. Numbers are spelled as in the text.
        """
        near = self.preference is not None and self.preference.nearness(hit.chunk.date) >= _NEAR
        question = self.question_without_time if near else self.question
        heading = "\n".join(filter(None, (hit.chunk.heading, hit.chunk.table_header)))
        return ReaderInput(spelled_as_in(hit.chunk.text, question), hit.chunk.text, heading)

    @classmethod
    def of(
        cls,
        question: str,
        time_range: TimeRange | None,
        options: AskOptions,
        *,
        with_context: str | None = None,
    ) -> Self:
        """Build the request of a question.

        With the reference day `as_of`, later documents are ignored, and without a time in the
        question newer documents are preferred.

        Raises:
            SettingsError: the dates leave no day.
        """
        dates, as_of = options.dates, options.reference_day
        if as_of is not None:
            dates = DateRange.of(dates.after, min(dates.before or as_of, as_of))
        preference = recent(as_of) if as_of is not None else None
        question_without_time = question
        if time_range is not None:
            question_without_time = time_range.question_without_time(question)
            dates = time_range.dates if time_range.hard else dates
            preference = time_range.preference
        within = Filter(dates=dates, documents=options.document_ids, undated=options.undated)
        return cls(question, within, preference, question_without_time, with_context, time_range)


def retrieve(index: Index, request: SearchRequest, k: int) -> list[Hit]:
    """Find at most `k` chunks for a request, best first.

    Hits keep the score of the search, also if preferred days change their rank.
    """
    is_ranked_again = request.preference is not None or request.with_context is not None
    count = max(k, _CANDIDATES) if is_ranked_again else k
    found = index.search_many(request.searched, count, within=request.filter)
    return _preferred(_merged(*found), request.preference)[:k]


def _merged(hits: list[Hit], in_context: list[Hit] | None = None) -> list[Hit]:
    """Merge the hits of two searches by their weighted scores; a missing hit has the score 0."""
    if in_context is None:
        return hits
    scores: dict[Chunk, float] = defaultdict(float)
    for weight, found in ((1 - CONTEXT_WEIGHT, hits), (CONTEXT_WEIGHT, in_context)):
        for hit in found:
            scores[hit.chunk] += weight * hit.score
    by_chunk = {hit.chunk: hit for hit in (*in_context, *hits)}
    merged = [replace(hit, score=scores[chunk]) for chunk, hit in by_chunk.items()]
    return sorted(merged, key=lambda hit: -hit.score)


def _preferred(hits: list[Hit], preference: Preference | None) -> list[Hit]:
    if preference is None:
        return hits
    return sorted(
        hits,
        key=lambda hit: -(hit.score + NEARNESS_WEIGHT * preference.nearness(hit.chunk.date)),
    )


def apply_time_prior(
    readings: Sequence[PassageReading], hits: Sequence[Hit], preference: Preference | None
) -> list[PassageReading]:
    """Lower the log odds of documents farther from the preferred days than the nearest one.

    `readings` are those of the first hits; the nearest document is searched among all hits. If all
    documents are equally far, for example from a year that they only mention, nothing changes.
    """
    if preference is None or not hits:
        return list(readings)
    nearness = [preference.nearness(hit.chunk.date) for hit in hits]
    nearest = max(nearness)
    lowered = []
    for near, reading in zip(nearness, readings, strict=False):
        amount = NEARNESS_MARGIN * (nearest - near)
        spans = tuple(replace(span, margin=span.margin - amount) for span in reading.spans)
        lowered.append(replace(reading, spans=spans, relevance=reading.relevance - amount))
    return lowered
