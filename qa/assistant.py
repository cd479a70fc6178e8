"""The assistant: a question in, cited answers out."""

from __future__ import annotations

import dataclasses
import datetime
import re
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from embeddings import DateRange, Document, Hit, Index, SettingsError, dateline
from qa.config import Config
from qa.conversation import Turn, standalone
from qa.reader import Reader
from qa.retrieval import Wish, retrieve, weighed
from qa.spans import LogitSpan, normalise
from qa.temporal import Window, date_of, window_of
from qa.timeline import Timeline, told_values
from qa.timeline import slices as cut
from qa.types import Answer, Citation, Reply, Span
from qa.values import Value, agree, value_of

__all__ = ["Assistant"]

_DEFAULTS = Config()

_SPANS_PER_CONTEXT = 5
"""How many spans of a context compete with those of the others."""


class Assistant:
    """Answers questions from the documents of an index, in their own words."""

    def __init__(
        self, index: Index, reader: Reader, *, min_score: float = _DEFAULTS.min_score
    ) -> None:
        """Join the parts.

        Args:
            index: where the documents are.
            reader: what finds the words that answer.
            min_score: below this probability, 0 to 1, the documents are said not to answer. They
                are as well when no answer at all is likelier than the best one.
        """
        _require_probability(min_score)
        self.index = index
        self.reader = reader
        self._min_score = min_score

    @classmethod
    def open(
        cls,
        index: str | Path = _DEFAULTS.index,
        *,
        reader: str | Path | None = None,
        encoder: str | Path | None = None,
        min_score: float = _DEFAULTS.min_score,
    ) -> Assistant:
        """Open an index and a reader.

        Args:
            index: the folder of an index.
            reader: a model as `Reader.open` takes it; None for the bundled one.
            encoder: a model as `Index.open` takes it; None for the one the index was made with.
            min_score: below this probability, 0 to 1, the documents are said not to answer.

        Raises:
            IndexNotFoundError: there is no index at this place.
            IndexMismatchError: the index was made with another encoder.
            IndexDamagedError: the index cannot be read.
            ModelError: a model cannot be loaded.
        """
        opened = Index.open(index, encoder=encoder)
        try:
            return cls(opened, Reader.open(reader), min_score=min_score)
        except BaseException:
            opened.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index; the assistant is not used afterwards."""
        self.index.close()

    def ask(
        self,
        question: str,
        *,
        k: int = _DEFAULTS.k,
        answers: int = _DEFAULTS.answers,
        after: datetime.date | str | None = None,
        before: datetime.date | str | None = None,
        documents: Collection[str] | None = None,
        min_score: float | None = None,
        as_of: datetime.date | str | None = None,
        window: bool = True,
        history: Sequence[Turn] = (),
    ) -> Reply:
        """Answer a question.

        Args:
            question: in plain words.
            k: how many chunks are read.
            answers: how many different answers are given at most.
            after: only documents of this day or later are looked at; a date or `YYYY-MM-DD`.
            before: only documents of this day or earlier are looked at.
            documents: ids; only these documents are looked at. None allows every one.
            min_score: in place of the assistant's own, for this question; None keeps that.
            as_of: the day of asking: only documents of this day or earlier are looked at, the newer
                are preferred, and "last week" counts from it. None counts from the newest
                document's day, and looks at every document.
            window: the time that the question names is searched by (see `window_of`); where days
                are given above, it is a preference among those.
            history: what was asked and answered before, oldest first: a follow-up question is
                understood from it (see `standalone`).

        Raises:
            QuestionError: the question, or one before it, is empty or longer than the reader takes.
            SettingsError: `k`, `answers`, a date, `documents` or `min_score` cannot be used.
        """
        for asked in (question, *(turn.question for turn in history)):
            self.reader.check_question(asked)
        [reply] = self.ask_many(
            [standalone(question, history)],
            k=k,
            answers=answers,
            after=after,
            before=before,
            documents=documents,
            min_score=min_score,
            as_of=as_of,
            window=window,
        )
        return dataclasses.replace(reply, question=question)

    def ask_many(
        self,
        questions: Sequence[str],
        *,
        k: int = _DEFAULTS.k,
        answers: int = _DEFAULTS.answers,
        after: datetime.date | str | None = None,
        before: datetime.date | str | None = None,
        documents: Collection[str] | None = None,
        min_score: float | None = None,
        as_of: datetime.date | str | None = None,
        window: bool = True,
    ) -> list[Reply]:
        """Answer several questions at once; one reply a question, in order. As `ask` otherwise.

        The questions are no conversation: each is taken as it stands.
        """
        _require_positive(k=k, answers=answers)
        least = self._min_score if min_score is None else min_score
        _require_probability(least)
        if isinstance(documents, str):
            raise SettingsError(f"documents must be several ids: write [{documents!r}].")
        allowed = None if documents is None else frozenset(documents)
        limits, asked_on = DateRange.of(after, before), DateRange.of(None, as_of).before
        for question in questions:
            self.reader.check_question(question)

        began = time.perf_counter()
        day = self.index.newest if asked_on is None else asked_on
        windows = [_window(question, day, limits) if window else None for question in questions]
        wishes = [
            Wish.of(question, found, limits=limits, as_of=asked_on, documents=allowed)
            for question, found in zip(questions, windows, strict=True)
        ]
        hits = retrieve(self.index, wishes, k)
        searched = time.perf_counter()
        pairs = [
            (wish.reading(hit), hit.chunk.text)
            for wish, found in zip(wishes, hits, strict=True)
            for hit in found
        ]
        margins = iter(self.reader.read_margins_many(pairs, n_best=_SPANS_PER_CONTEXT))
        read = time.perf_counter()
        replies = []
        for wish, found, named in zip(wishes, hits, windows, strict=True):
            spans = weighed([next(margins) for _ in found], found, wish.preference)
            given = self._answers(found, spans, answers, least)
            replies.append(
                Reply(
                    question=wish.question,
                    understood=wish.question,
                    answers=given,
                    hits=tuple(found),
                    # Questions asked together share their time evenly.
                    seconds={
                        "search": (searched - began) / len(questions),
                        "read": (read - searched) / len(questions),
                        "total": (time.perf_counter() - began) / len(questions),
                    },
                    as_of=day,
                    window=named,
                    dateline=None if given else self._dateline(wish.question, found),
                )
            )
        return replies

    def timeline(
        self,
        question: str,
        *,
        k: int = _DEFAULTS.k,
        slices: int = _DEFAULTS.timeline_slices,
        after: datetime.date | str | None = None,
        before: datetime.date | str | None = None,
        documents: Collection[str] | None = None,
        min_score: float = _DEFAULTS.timeline_min_score,
        as_of: datetime.date | str | None = None,
    ) -> Timeline:
        """Answer a question from documents of every time, to see how the answer changed.

        The time of the documents is cut into stretches, and each is searched for itself. The best
        answer of every document counts, near copies of an article once. A time that the question
        names bounds the documents.

        Args:
            question: in plain words, standing alone.
            k: how many chunks are read of each stretch.
            slices: how many stretches.
            after: as for `ask`.
            before: as for `ask`.
            documents: as for `ask`.
            min_score: the least probability of an answer, 0 to 1, as if its passage were all.
            as_of: as for `ask`.

        Raises:
            QuestionError: the question is empty or longer than the reader takes.
            SettingsError: a setting cannot be used.
        """
        _require_positive(k=k, slices=slices)
        _require_probability(min_score)
        self.reader.check_question(question)
        began = time.perf_counter()
        allowed = None if documents is None else frozenset(documents)
        limits, asked_on = DateRange.of(after, before), DateRange.of(None, as_of).before
        day = self.index.newest if asked_on is None else asked_on
        window = None if day is None else window_of(question, day)
        wish = Wish.of(
            question,
            None if window is None else dataclasses.replace(window, hard=limits == DateRange()),
            limits=limits,
            as_of=asked_on,
            documents=allowed,
        )
        dates = [
            known.date
            for known in self.index.documents()
            if known.date is not None
            and known.date in wish.within.dates
            and (allowed is None or known.id in allowed)
        ]
        hits = [
            hit
            for stretch in cut(dates, slices)
            for hit in self.index.search(
                question, k, within=dataclasses.replace(wish.within, dates=stretch)
            )
        ]
        margins = self.reader.read_margins_many(
            [(wish.reading(hit), hit.chunk.text) for hit in hits], n_best=_SPANS_PER_CONTEXT
        )
        best: dict[str, Answer] = {}
        for hit, spans in zip(hits, margins, strict=True):
            for answer in self._answers([hit], [spans], 1, min_score):
                known = best.get(answer.document.id)
                if known is None or answer.score > known.score:
                    best[answer.document.id] = answer
        return Timeline(
            question=question,
            values=told_values(list(best.values())),
            as_of=day,
            window=window,
            read=len(hits),
            seconds=time.perf_counter() - began,
        )

    def _answers(
        self,
        hits: Sequence[Hit],
        margins: Sequence[Sequence[LogitSpan]],
        wanted: int,
        min_score: float,
    ) -> tuple[Answer, ...]:
        """Rank the spans of all hits against each other and against no answer."""
        spans = normalise(margins)
        candidates = [(hit, span) for hit, found in zip(hits, spans, strict=True) for span in found]
        candidates.sort(key=lambda candidate: -candidate[1].score)
        kept = _merge_equal(candidates)
        null = 1.0 - sum(span.score for _, span in candidates)
        if not kept or kept[0][1].score < max(null, min_score):
            return ()
        documents: dict[str, Document | None] = {}
        found_answers = []
        for hit, span, also in kept[:wanted]:
            chunk = hit.chunk
            cited = self._citation(hit, span, documents)
            if cited is None:
                continue
            others = (self._citation(*place, documents) for place in also)
            found_answers.append(
                Answer(
                    text=cited.text,
                    score=span.score,
                    start=cited.start,
                    end=cited.end,
                    document=cited.document,
                    context=chunk.text,
                    context_start=chunk.start,
                    citations=tuple(other for other in others if other is not None),
                )
            )
        return tuple(found_answers)

    def _dateline(self, question: str, hits: Sequence[Hit]) -> Citation | None:
        if not hits or not re.match(r"\W*where\b", question, re.IGNORECASE):
            return None
        document = self.index.document(hits[0].chunk.document_id)
        city = None if document is None else dateline(document.text)
        if document is None or city is None:
            return None
        start = document.text.index(city)
        return Citation(city, start, start + len(city), document)

    def _citation(
        self, hit: Hit, span: Span, documents: dict[str, Document | None]
    ) -> Citation | None:
        """Cite a span from its document, of those read already or read now."""
        chunk = hit.chunk
        if chunk.document_id not in documents:
            documents[chunk.document_id] = self.index.document(chunk.document_id)
        document = documents[chunk.document_id]
        start, end = chunk.start + span.start, chunk.start + span.end
        text = chunk.text[span.start : span.end]
        # Another process may have changed the document since the search: no quotation then.
        if document is None or document.text[start:end] != text:
            return None
        return Citation(text, start, end, document)


def _window(question: str, day: datetime.date | None, limits: DateRange) -> Window | None:
    """Understand the time that a question names; what was set beside it comes first."""
    found = None if day is None else window_of(question, day)
    if found is None or limits == DateRange():
        return found
    return dataclasses.replace(found, hard=False)


class _Merged(NamedTuple):
    """An answer with those that say the same in other documents, the best of each."""

    hit: Hit
    span: Span
    also: tuple[tuple[Hit, Span], ...]


def _merge_equal(candidates: Sequence[tuple[Hit, Span]]) -> list[_Merged]:
    """Keep the best of equal answers with the probability of all of them; best first.

    Equal are answers that agree (see `agree`), and answers of one document that overlap.
    """
    kept: list[tuple[_Merged, Value]] = []
    for hit, span in candidates:
        value = _value(hit, span)
        for position, (best, known) in enumerate(kept):
            if agree(value, known) or _overlap(hit, span, best):
                kept[position] = (_joined(best, hit, span), known)
                break
        else:
            kept.append((_Merged(hit, span, ()), value))
    return sorted((best for best, _ in kept), key=lambda best: -best.span.score)


def _value(hit: Hit, span: Span) -> Value:
    chunk = hit.chunk
    date = date_of(chunk.text, span.start, span.end, published=chunk.date)
    return value_of(chunk.text[span.start : span.end], date)


def _joined(best: _Merged, hit: Hit, span: Span) -> _Merged:
    cited = {one.chunk.document_id for one in (best.hit, *(other for other, _ in best.also))}
    also = best.also if hit.chunk.document_id in cited else (*best.also, (hit, span))
    score = best.span.score + span.score
    return _Merged(best.hit, Span(best.span.start, best.span.end, score), also)


def _overlap(hit: Hit, span: Span, best: _Merged) -> bool:
    chunk, other = hit.chunk, best.hit.chunk
    return (
        chunk.document_id == other.document_id
        and chunk.start + span.start < other.start + best.span.end
        and other.start + best.span.start < chunk.start + span.end
    )


def _require_positive(**settings: int) -> None:
    for name, value in settings.items():
        if value < 1:
            raise SettingsError(f"{name} must be 1 or more, not {value}.")


def _require_probability(min_score: float) -> None:
    if not 0 <= min_score <= 1:
        raise SettingsError(f"min_score must lie between 0 and 1, not at {min_score}.")
