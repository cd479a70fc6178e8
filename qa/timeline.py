"""How the answer to one question changed over time."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from embeddings import DateRange, Index
from qa.dates import TimeRange
from qa.evidence import SPANS_PER_CONTEXT, weigh
from qa.quotation import quoted
from qa.reader import Reader
from qa.retrieval import Wish
from qa.syndication import copies
from qa.types import Answer, Citation
from qa.values import Value, agree, value_of

__all__ = ["Timeline", "Told", "stretches", "told_values", "traced"]


_ENOUGH = 2
"""So many documents that say something else outweigh any number that said it before."""


@dataclass(frozen=True, slots=True)
class Told:
    """A value that dated documents gave as the answer."""

    answers: tuple[Answer, ...]
    """One for each document that says so, oldest first; near copies of an article count once and
    are cited under the first one."""
    superseded: bool
    """Every document that gives it is older than the first one that gives some other value; where
    several give it, several must give the other."""

    @property
    def best(self) -> Answer:
        """The surest of its answers."""
        return max(self.answers, key=lambda answer: answer.score)

    @property
    def first(self) -> datetime.date:
        """The day it was seen first."""
        return _day(self.answers[0])

    @property
    def last(self) -> datetime.date:
        """The day it was seen last."""
        return _day(self.answers[-1])


@dataclass(frozen=True, slots=True)
class Timeline:
    """The answers to one question over time."""

    question: str
    values: tuple[Told, ...]
    """By the day they were seen first."""
    as_of: datetime.date | None
    window: TimeRange | None
    """The time that the question names: only its documents were looked at."""
    read: int
    """How many chunks were read."""
    seconds: float


def traced(
    index: Index, reader: Reader, wish: Wish, *, k: int, slices: int, min_score: float
) -> tuple[list[Answer], int]:
    """Read documents of every time; the best answer of each, and how many chunks were read.

    Args:
        index: where the documents are.
        reader: finds the answers.
        wish: the question, and the documents allowed.
        k: how many chunks are read of each stretch of time.
        slices: into how many stretches the time of the documents is cut.
        min_score: the least probability of an answer, 0 to 1, as if its passage were all.
    """
    allowed = wish.within.documents
    dates = [
        known.date
        for known in index.documents()
        if known.date is not None
        and known.date in wish.within.dates
        and (allowed is None or known.id in allowed)
    ]
    hits = [
        hit
        for stretch in stretches(dates, slices)
        for hit in index.search(
            wish.question, k, within=dataclasses.replace(wish.within, dates=stretch)
        )
    ]
    margins = reader.read_margins_many(
        [(wish.reading(hit), hit.chunk.text) for hit in hits], n_best=SPANS_PER_CONTEXT
    )
    best: dict[str, Answer] = {}
    for hit, spans in zip(hits, margins, strict=True):
        evidence = weigh([hit], [spans])
        likely = [
            one for one in evidence.answers[:1] if one.span.score >= max(evidence.null, min_score)
        ]
        for answer in quoted(index, likely):
            known = best.get(answer.document.id)
            if known is None or answer.score > known.score:
                best[answer.document.id] = answer
    return list(best.values()), len(hits)


def stretches(dates: Sequence[datetime.date], count: int) -> Iterator[DateRange]:
    """Cut the time of documents into at most `count` stretches that hold about as many each."""
    days = sorted(dates)
    before = None
    for number in range(1, count + 1):
        last = len(days) * number // count - 1
        if last < 0 or (before is not None and days[last] <= before):
            continue
        begin = days[0] if before is None else before + datetime.timedelta(days=1)
        before = days[last]
        yield DateRange(begin, before)


def told_values(answers: Sequence[Answer]) -> tuple[Told, ...]:
    """Group the answers of dated documents, at most one a document, by what they come to."""
    ordered = sorted(answers, key=lambda answer: (_day(answer), answer.document.id))
    groups: list[tuple[Value, list[Answer]]] = []
    for answer in _without_copies(ordered):
        value = value_of(answer.text, answer.date)
        for known, group in groups:
            if agree(value, known):
                group.append(answer)
                break
        else:
            groups.append((value, [answer]))
    given = [group for _, group in groups]
    return tuple(Told(tuple(group), superseded=_is_superseded(group, given)) for group in given)


def _is_superseded(group: Sequence[Answer], groups: Sequence[Sequence[Answer]]) -> bool:
    enough = min(len(group), _ENOUGH)
    return any(len(other) >= enough and _day(group[-1]) < _day(other[0]) for other in groups)


def _without_copies(answers: Sequence[Answer]) -> Iterator[Answer]:
    """Give the first of near copies that say the same, citing the others."""
    originals = copies([answer.document.text for answer in answers])
    values = [value_of(answer.text, answer.date) for answer in answers]
    copied: Mapping[int, list[Citation]] = {place: [] for place in range(len(answers))}
    kept = []
    for place, answer in enumerate(answers):
        original = originals[place]
        if original != place and agree(values[place], values[original]):
            copied[original].append(
                Citation(answer.text, answer.start, answer.end, answer.document)
            )
        else:
            kept.append(place)
    for place in kept:
        yield dataclasses.replace(answers[place], citations=tuple(copied[place]))


def _day(answer: Answer) -> datetime.date:
    day = answer.document.date
    assert day is not None, "a timeline is made of dated documents"
    return day
