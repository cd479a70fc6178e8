"""The assistant: answers questions over an index with cited quotations."""

import copy
import dataclasses
import datetime
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from embeddings import DateRange, Hit, Index, SettingsError
from qa.answering.aggregation import AggregatedAnswers
from qa.answering.citations import cite_related, dateline_of, quote_answers
from qa.answering.confidence import Confidence
from qa.answering.early_stopping import read_until_settled
from qa.answering.retrieval import SearchRequest, retrieve
from qa.answering.selection import related_passages, select_answers
from qa.config import Config
from qa.dates import parse_time_range
from qa.followups import Turn, search_text, standalone
from qa.options import AskOptions
from qa.reader.reader import Reader
from qa.timeline.timeline import Timeline, answers_over_time, timeline_entries
from qa.types import Reply

_DEFAULTS = Config()


class Assistant:
    """Answers questions over the documents of an index with exact quotations."""

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
        """Create an assistant from an open index and a reader; see `open` for the arguments.

        Raises:
            SettingsError: a value is out of range, or `min_precision` cannot be reached.
        """
        self.index = index
        self.reader = reader
        self._confidence = confidence
        self._min_read = min_read
        self.min_score = self._min_score(
            AskOptions(min_score=min_score, min_precision=min_precision, min_read=min_read)
        )
        """Answers with a lower score are not given."""

    @classmethod
    def open(
        cls,
        index: str | Path | Index = _DEFAULTS.index,
        *,
        reader: str | Path | None = None,
        encoder: str | Path | None = None,
        confidence: str | Path | None = None,
        min_score: float = _DEFAULTS.min_score,
        min_precision: float | None = _DEFAULTS.min_precision,
        min_read: int = _DEFAULTS.min_read,
    ) -> Self:
        """Open an index and a reader.

        Args:
            index: an open index, or a location for `Index.open`.
            reader: a model for `Reader.open`; None for the bundled one.
            encoder: a model for `Index.open`; None for the one the index was built with.
            confidence: a file for `Confidence.open`; None for the file next to the reader.
            min_score: answers with a lower score, 0 to 1, are not given.
            min_precision: instead of `min_score`: how often given answers must be right, 0 to 1.
            min_read: number of passages to read before reading may stop early. With the value of
                `k` all passages are read, so that every document can agree or disagree.

        Raises:
            SettingsError: a value is out of range, or the confidence file cannot be used.
            IndexNotFoundError: there is no index at this location.
            IndexMismatchError: the index was built with another encoder.
            IndexDamagedError: the index cannot be read.
            ModelError: a model cannot be loaded.
        """
        # Index and reader load one model each; loading them in parallel halves the start.
        with ThreadPoolExecutor(1) as executor:
            loading = executor.submit(Reader.open, reader)
            opened = index if isinstance(index, Index) else Index.open(index, encoder=encoder)
        try:
            return cls(
                opened,
                loading.result(),
                confidence=Confidence.open(confidence, reader=reader),
                min_score=min_score,
                min_precision=min_precision,
                min_read=min_read,
            )
        except BaseException:
            if opened is not index:
                opened.close()
            raise

    def with_index(self, index: Index) -> Self:
        """Return an assistant with the same models and settings over another index."""
        other = copy.copy(self)
        other.index = index
        return other

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index. The assistant cannot be used afterwards."""
        self.index.close()

    def ask(self, question: str, *, history: Sequence[Turn] = (), **options: Any) -> Reply:
        """Answer a question.

        Args:
            question: in plain words.
            history: earlier questions and answers, oldest first; a follow-up question is rewritten
                with them (see `standalone`).
            **options: the fields of `AskOptions`.

        Raises:
            QuestionError: the question, or one in the history, is empty or too long.
            SettingsError: an option has an invalid value.
        """
        for asked in (question, *(turn.question for turn in history)):
            self.reader.check_question(asked)
        chosen = AskOptions.of(options)
        min_score = self._min_score(chosen)
        min_read = self._min_read if chosen.min_read is None else chosen.min_read
        understood = standalone(question, history)

        began = time.perf_counter()
        # A rewrite stands alone; any other question is searched in context as well.
        request = self._request(understood, chosen, history if understood == question else ())
        hits = retrieve(self.index, request, chosen.k)
        searched = time.perf_counter()
        aggregated = read_until_settled(self.reader, request, hits, min_read=min_read)
        read = time.perf_counter()
        reply = self._reply(request, hits, aggregated, chosen, min_score, history)
        seconds = {
            "search": searched - began,
            "read": read - searched,
            "total": time.perf_counter() - began,
        }
        return dataclasses.replace(reply, question=question, seconds=seconds)

    def ask_many(self, questions: Sequence[str], **options: Any) -> list[Reply]:
        """Answer several independent questions as `ask` does; one reply each, in order."""
        return [self.ask(question, **options) for question in questions]

    def timeline(
        self,
        question: str,
        *,
        slices: int = _DEFAULTS.timeline_slices,
        min_score: float = _DEFAULTS.timeline_min_score,
        **options: Any,
    ) -> Timeline:
        """Answer a question from documents of all times, to show how the answer changed.

        The time of the documents is cut into slices, and each slice is searched. The best answer of
        every document counts; near-duplicates count once. A time named in the question restricts
        the documents.

        Args:
            question: in plain words, independent of earlier questions.
            slices: number of time slices.
            min_score: lowest probability of an answer, 0 to 1, as if its passage were the only one.
            **options: `k` (passages read per slice), `after`, `before`, `documents` and `as_of` of
                `AskOptions`.

        Raises:
            QuestionError: the question is empty or too long.
            SettingsError: an option has an invalid value.
        """
        chosen = AskOptions.of({**options, "min_score": min_score})
        chosen.check()
        if slices < 1:
            raise SettingsError(f"slices must be 1 or more, not {slices}.")
        self.reader.check_question(question)
        began = time.perf_counter()
        request = self._request(question, chosen, restrict=True)
        found, read = answers_over_time(
            self.index, self.reader, request, k=chosen.k, slices=slices, min_score=min_score
        )
        return Timeline(
            question=question,
            values=timeline_entries(found),
            as_of=self._reference_day(chosen),
            window=request.time_range,
            read=read,
            seconds=time.perf_counter() - began,
        )

    def _reference_day(self, options: AskOptions) -> datetime.date | None:
        """Return the day that relative times count from; None if no document has a date."""
        return self.index.newest if options.reference_day is None else options.reference_day

    def _request(
        self,
        question: str,
        options: AskOptions,
        history: Sequence[Turn] = (),
        *,
        restrict: bool = False,
    ) -> SearchRequest:
        """Parse the time in a question and build its search request.

        With `restrict`, a time in the question always restricts the documents.
        """
        day, limits = self._reference_day(options), options.dates
        time_range = parse_time_range(question, day) if options.window and day else None
        # Explicit dates take precedence over a time in the question.
        if time_range is not None and (restrict or limits != DateRange()):
            time_range = dataclasses.replace(time_range, hard=limits == DateRange())
        with_context = search_text(question, history) if history else None
        return SearchRequest.of(question, time_range, options, with_context=with_context)

    def _reply(
        self,
        request: SearchRequest,
        hits: Sequence[Hit],
        aggregated: AggregatedAnswers,
        options: AskOptions,
        min_score: float,
        history: Sequence[Turn],
    ) -> Reply:
        """Choose and cite the answers of one question."""
        candidates, reason = select_answers(
            request.question, aggregated, self._confidence, min_score=min_score, history=history
        )
        everything = request.filter.undated or request.filter.dates == DateRange()
        answers = quote_answers(self.index, candidates[: options.answers])
        if candidates and not answers:
            reason = "no answer"
        return Reply(
            question=request.question,
            understood=request.question,
            answers=answers,
            hits=tuple(hits),
            read=len(aggregated.hits),
            seconds={},
            reason=reason,
            related=() if answers else cite_related(self.index, related_passages(aggregated)),
            as_of=self._reference_day(options),
            window=request.time_range,
            undated=0 if everything else self.index.undated_count,
            dateline=None if answers else dateline_of(self.index, request.question, hits),
        )

    def _min_score(self, options: AskOptions) -> float:
        """Return the lowest score of an answer that is given."""
        options.check()
        if options.min_precision is None:
            return self.min_score if options.min_score is None else options.min_score
        if self._confidence is None:
            raise SettingsError(
                "min_precision needs a calibration, and this reader has none. Create one with "
                "`qa calibrate` and pass it with --confidence, or use min_score."
            )
        return self._confidence.score_for_precision(options.min_precision)
