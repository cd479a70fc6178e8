"""The assistant: a question in, cited answers out."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from embeddings import DateRange, Index, SettingsError
from qa.confidence import Confidence
from qa.config import Config
from qa.conversation import Turn, standalone
from qa.dates import TimeRange, parse_time_range
from qa.evidence import Candidate, Evidence
from qa.gathering import gather
from qa.quotation import dateline_of, quoted
from qa.reader import Reader
from qa.retrieval import Wish, retrieve
from qa.timeline import Timeline, told_values, traced
from qa.types import Answer, Reason, Reply

__all__ = ["Assistant"]

_DEFAULTS = Config()

_RIVAL_SHARE = 0.5
"""An answer at least this times as likely as the best one disagrees with it."""


class Assistant:
    """Answers questions from the documents of an index, in their own words."""

    def __init__(
        self,
        index: Index,
        reader: Reader,
        *,
        confidence: Confidence | None = None,
        min_score: float = _DEFAULTS.min_score,
        min_precision: float | None = _DEFAULTS.min_precision,
        min_read: int = _DEFAULTS.min_read,
    ) -> None:
        """Join the parts.

        Args:
            index: where the documents are.
            reader: what finds the words that answer.
            confidence: what was fitted for the reader; None takes the reader's own probabilities.
            min_score: below this probability, 0 to 1, the documents are said not to answer.
            min_precision: in place of `min_score`: how often answers are to be right, 0 to 1.
            min_read: how many chunks are read before reading may stop because the answer is settled
                (see `gather`); as many as are asked with to read all, so that every document can
                agree or disagree.

        Raises:
            SettingsError: `min_precision` cannot be had, or `min_read` is less than 1.
        """
        _require_positive(min_read=min_read)
        self.index = index
        self.reader = reader
        self._confidence = confidence
        self._min_read = min_read
        self.least_score = self._least(min_score, min_precision)
        """Below this probability, the documents are said not to answer."""

    @classmethod
    def open(
        cls,
        index: str | Path = _DEFAULTS.index,
        *,
        reader: str | Path | None = None,
        encoder: str | Path | None = None,
        confidence: str | Path | None = None,
        min_score: float = _DEFAULTS.min_score,
        min_precision: float | None = _DEFAULTS.min_precision,
        min_read: int = _DEFAULTS.min_read,
    ) -> Assistant:
        """Open an index and a reader.

        Args:
            index: the place of an index, as `Index.open` takes it.
            reader: a model as `Reader.open` takes it; None for the bundled one.
            encoder: a model as `Index.open` takes it; None for the one the index was made with.
            confidence: a file as `Confidence.open` takes it; None for the one beside the reader.
            min_score: below this probability, 0 to 1, the documents are said not to answer.
            min_precision: in place of `min_score`: how often answers are to be right, 0 to 1.
            min_read: how many chunks are read before reading may stop because the answer is settled
                (see `gather`); as many as are asked with to read all, so that every document can
                agree or disagree.

        Raises:
            SettingsError: a setting cannot be used, or the file of `confidence`.
            IndexNotFoundError: there is no index at this place.
            IndexMismatchError: the index was made with another encoder.
            IndexDamagedError: the index cannot be read.
            ModelError: a model cannot be loaded.
        """
        # Index and reader have a model each, which take half of a start to load.
        with ThreadPoolExecutor(1) as beside:
            reading = beside.submit(Reader.open, reader)
            opened = Index.open(index, encoder=encoder)
        try:
            return cls(
                opened,
                reading.result(),
                confidence=Confidence.open(confidence, reader=reader),
                min_score=min_score,
                min_precision=min_precision,
                min_read=min_read,
            )
        except BaseException:
            opened.close()
            raise

    @classmethod
    def over(cls, index: Index, config: Config) -> Assistant:
        """Make the assistant of the settings over an index that is open.

        Raises:
            ModelError: the reader cannot be loaded.
            SettingsError: a setting cannot be used.
        """
        return cls(
            index,
            Reader.open(config.reader),
            confidence=Confidence.open(config.confidence, reader=config.reader),
            min_score=config.min_score,
            min_precision=config.min_precision,
            min_read=config.min_read,
        )

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
        min_precision: float | None = None,
        min_read: int | None = None,
        history: Sequence[Turn] = (),
    ) -> Reply:
        """Answer a question.

        Args:
            question: in plain words.
            k: how many chunks are read at most.
            answers: how many different answers are given at most.
            after: only documents of this day or later are looked at; a date or `YYYY-MM-DD`.
            before: only documents of this day or earlier are looked at.
            documents: ids; only these documents are looked at. None allows every one.
            min_score: in place of the assistant's own, for this question; None keeps that.
            as_of: the day of asking: only documents of this day or earlier are looked at, the newer
                are preferred, and "last week" counts from it. None counts from the newest
                document's day, and looks at every document.
            window: prefer documents of the time that the question names (see `parse_time_range`);
                where days are given above, it is a preference among those.
            min_precision: in place of any `min_score`, for this question.
            min_read: in place of the assistant's own, for this question; None keeps that.
            history: what was asked and answered before, oldest first: a follow-up question is
                understood from it (see `standalone`).

        Raises:
            QuestionError: the question, or one before it, is empty or longer than the reader takes.
            SettingsError: `k`, `answers`, `min_read`, a date, `documents` or a threshold cannot be
                used.
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
            min_precision=min_precision,
            min_read=min_read,
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
        min_precision: float | None = None,
        min_read: int | None = None,
    ) -> list[Reply]:
        """Answer several questions at once; one reply a question, in order. As `ask` otherwise.

        The questions are no conversation: each is taken as it stands.
        """
        least_read = self._min_read if min_read is None else min_read
        _require_positive(k=k, answers=answers, min_read=least_read)
        least = self.least_score
        if min_score is not None or min_precision is not None:
            least = self._least(least if min_score is None else min_score, min_precision)
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
        gathered = gather(self.reader, wishes, hits, min_read=least_read)
        read = time.perf_counter()
        replies = []
        for wish, found, evidence, named in zip(wishes, hits, gathered, windows, strict=True):
            given, reason = self._answers(evidence, answers, least)
            replies.append(
                Reply(
                    question=wish.question,
                    understood=wish.question,
                    answers=given,
                    hits=tuple(found),
                    read=len(evidence.hits),
                    reason=reason,
                    # Questions asked together share their time evenly.
                    seconds={
                        "search": (searched - began) / len(questions),
                        "read": (read - searched) / len(questions),
                        "total": (time.perf_counter() - began) / len(questions),
                    },
                    as_of=day,
                    window=named,
                    dateline=None if given else dateline_of(self.index, wish.question, found),
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
        _require_probability("min_score", min_score)
        self.reader.check_question(question)
        began = time.perf_counter()
        allowed = None if documents is None else frozenset(documents)
        limits, asked_on = DateRange.of(after, before), DateRange.of(None, as_of).before
        day = self.index.newest if asked_on is None else asked_on
        window = None if day is None else parse_time_range(question, day)
        wish = Wish.of(
            question,
            None if window is None else dataclasses.replace(window, hard=limits == DateRange()),
            limits=limits,
            as_of=asked_on,
            documents=allowed,
        )
        found, read = traced(self.index, self.reader, wish, k=k, slices=slices, min_score=min_score)
        return Timeline(
            question=question,
            values=told_values(found),
            as_of=day,
            window=window,
            read=read,
            seconds=time.perf_counter() - began,
        )

    def _least(self, min_score: float, min_precision: float | None) -> float:
        """Give the score below which there is no answer."""
        _require_probability("min_score", min_score)
        if min_precision is None:
            return min_score
        _require_probability("min_precision", min_precision)
        if self._confidence is None:
            raise SettingsError(
                "min_precision wants fitted probabilities, and none are there for this reader: "
                "`qa calibrate` makes them, --confidence names them; or use min_score."
            )
        return self._confidence.least_score(min_precision)

    def _answers(
        self, evidence: Evidence, wanted: int, min_score: float
    ) -> tuple[tuple[Answer, ...], Reason | None]:
        """Choose the answers, or give the reason why there is none."""
        fitted = self._confidence
        ranked = evidence.answers if fitted is None else fitted.judged(evidence)
        if not ranked or ranked[0].span.score < min_score:
            return (), _reason(evidence, ranked[:2], min_score)
        found = quoted(self.index, ranked[:wanted])
        return found, None if found else "no answer"


def _reason(evidence: Evidence, best: Sequence[Candidate], least: float) -> Reason:
    """Say why there is no answer, given the best two."""
    if not evidence.hits:
        return "nothing found"
    # Two answers that would do together, and none of them is much the better.
    first, second = (*(one.span.score for one in best), 0.0, 0.0)[:2]
    disagree = second > 0 and first + second >= least and second >= _RIVAL_SHARE * first
    return "answers disagree" if disagree else "no answer"


def _window(question: str, day: datetime.date | None, limits: DateRange) -> TimeRange | None:
    """Understand the time that a question names; what was set beside it comes first."""
    found = None if day is None else parse_time_range(question, day)
    if found is None or limits == DateRange():
        return found
    return dataclasses.replace(found, hard=False)


def _require_positive(**settings: int) -> None:
    for name, value in settings.items():
        if value < 1:
            raise SettingsError(f"{name} must be 1 or more, not {value}.")


def _require_probability(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise SettingsError(f"{name} must lie between 0 and 1, not at {value}.")
