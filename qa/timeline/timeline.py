"""Timelines: changes of the answer to one question over time."""

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from embeddings import DateRange, Index
from qa.answering.aggregation import SPANS_PER_PASSAGE, aggregate
from qa.answering.citations import quote_answers
from qa.answering.comparison.normalization import agree, equal_places
from qa.answering.confidence import Confidence
from qa.answering.discounts import discount
from qa.answering.near_duplicates import find_near_duplicates
from qa.answering.retrieval import SearchRequest, retrieve
from qa.dates import TimeRange
from qa.reader.reader import Reader
from qa.types import Answer, Citation

_ENOUGH = 2
"""Number of newer documents with another value that always supersede a value."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A value that dated documents gave as the answer."""

    answers: tuple[Answer, ...]
    """One answer for each document with the value, oldest first. Near-duplicates are citations of
    the first one."""
    superseded: bool
    """Whether another value has only newer documents: at least two, or as many as this value."""

    @property
    def best(self) -> Answer:
        """The most probable answer."""
        return max(self.answers, key=lambda answer: answer.score)

    @property
    def first(self) -> datetime.date:
        """Date of the oldest document."""
        return _day(self.answers[0])

    @property
    def last(self) -> datetime.date:
        """Date of the newest document."""
        return _day(self.answers[-1])


@dataclass(frozen=True, slots=True)
class Timeline:
    """The answers to one question over time."""

    question: str
    values: tuple[TimelineEntry, ...]
    """Values in the order of their oldest documents."""
    as_of: datetime.date | None
    window: TimeRange | None
    """The time that the question names: only its documents were searched."""
    read: int
    """Number of chunks that were read."""
    seconds: float


def answers_over_time(
    index: Index, reader: Reader, request: SearchRequest, *, k: int, slices: int, min_score: float
) -> tuple[list[Answer], int]:
    """Return the best answer of each document that was read, and the number of chunks read.

    The time of the documents is divided into `slices` slices, and `k` chunks of each are read. An
    answer has at least the probability `min_score`, 0 to 1, as if its passage were the only one.
    """
    allowed = request.filter.documents
    dates = [
        known.date
        for known in index.documents()
        if known.date is not None
        and known.date in request.filter.dates
        and (allowed is None or known.id in allowed)
    ]
    within = [dataclasses.replace(request.filter, dates=one) for one in time_slices(dates, slices)]
    requests = [dataclasses.replace(request, filter=one, preference=None) for one in within]
    hits = [hit for one in requests for hit in retrieve(index, one, k)]
    readings = reader.read_passages(
        [request.reader_input(hit) for hit in hits], n_best=SPANS_PER_PASSAGE
    )
    best: dict[str, Answer] = {}
    for hit, reading in zip(hits, readings, strict=True):
        aggregated = aggregate([hit], discount([hit], [reading], request.question))
        likely = [
            one
            for one in Confidence().calibrate(aggregated)[:1]
            if one.score >= max(aggregated.null, min_score)
        ]
        for answer in quote_answers(index, likely):
            known = best.get(answer.document.id, answer)
            best[answer.document.id] = max(known, answer, key=lambda one: one.score)
    return list(best.values()), len(hits)


def time_slices(dates: Sequence[datetime.date], count: int) -> Iterator[DateRange]:
    """Divide the time of documents into at most `count` slices of similar numbers of documents."""
    days = sorted(dates)
    before = None
    for number in range(1, count + 1):
        last = len(days) * number // count - 1
        if last < 0 or (before is not None and days[last] <= before):
            continue
        begin = days[0] if before is None else before + datetime.timedelta(days=1)
        before = days[last]
        yield DateRange(begin, before)


def timeline_entries(answers: Sequence[Answer]) -> tuple[TimelineEntry, ...]:
    """Group the answers of dated documents, at most one per document, by their values."""
    ordered = sorted(answers, key=lambda answer: (_day(answer), answer.document.id))
    kept = list(_without_near_duplicates(ordered))
    groups: dict[int, list[Answer]] = {}
    for place, answer in zip(equal_places([one.value for one in kept]), kept, strict=True):
        groups.setdefault(place, []).append(answer)
    given = list(groups.values())
    return tuple(
        TimelineEntry(tuple(group), superseded=_is_superseded(group, given)) for group in given
    )


def _is_superseded(group: Sequence[Answer], groups: Sequence[Sequence[Answer]]) -> bool:
    enough = min(len(group), _ENOUGH)
    return any(len(other) >= enough and _day(group[-1]) < _day(other[0]) for other in groups)


def _without_near_duplicates(answers: Sequence[Answer]) -> Iterator[Answer]:
    """Yield the first answer of near-duplicates with equal values, with the others as citations."""
    originals = find_near_duplicates([answer.document.text for answer in answers])
    values = [answer.value for answer in answers]
    citations: dict[int, list[Citation]] = {}
    for place, (answer, original) in enumerate(zip(answers, originals, strict=True)):
        if original != place and agree(values[place], values[original]):
            copy = Citation(answer.text, answer.start, answer.end, answer.document)
            citations[original].append(copy)
        else:
            citations[place] = []
    for place, cited in citations.items():
        yield dataclasses.replace(answers[place], citations=tuple(cited))


def _day(answer: Answer) -> datetime.date:
    day = answer.document.date
    assert day is not None, "undated documents are not searched"
    return day
