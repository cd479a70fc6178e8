"""The assistant: a question in, cited answers out."""

from __future__ import annotations

import dataclasses
import datetime
import re
import string
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from embeddings import DateRange, Document, Filter, Hit, Index, SettingsError
from qa.confidence import Confidence, Evidence
from qa.config import Config
from qa.conversation import Turn, standalone
from qa.reader import Reader
from qa.spans import LogitSpan, normalise
from qa.types import Answer, Reason, Reply, Span

__all__ = ["SPANS_PER_CONTEXT", "Assistant", "weigh"]

_DEFAULTS = Config()

SPANS_PER_CONTEXT = 5
"""How many spans of a context compete with those of the others."""

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
    ) -> None:
        """Join the parts.

        Args:
            index: where the documents are.
            reader: what finds the words that answer.
            confidence: what was fitted for the reader; None takes the reader's own probabilities.
            min_score: below this probability, 0 to 1, the documents are said not to answer.
            min_precision: in place of `min_score`: how often answers are to be right, 0 to 1.

        Raises:
            SettingsError: `min_precision` cannot be had.
        """
        self.index = index
        self.reader = reader
        self._confidence = confidence
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
    ) -> Assistant:
        """Open an index and a reader.

        Args:
            index: the folder of an index.
            reader: a model as `Reader.open` takes it; None for the bundled one.
            encoder: a model as `Index.open` takes it; None for the one the index was made with.
            confidence: a file as `Confidence.open` takes it; None for the one beside the reader.
            min_score: below this probability, 0 to 1, the documents are said not to answer.
            min_precision: in place of `min_score`: how often answers are to be right, 0 to 1.

        Raises:
            SettingsError: a setting cannot be used, or the file of `confidence`.
            IndexNotFoundError: there is no index at this place.
            IndexMismatchError: the index was made with another encoder.
            IndexDamagedError: the index cannot be read.
            ModelError: a model cannot be loaded.
        """
        opened = Index.open(index, encoder=encoder)
        try:
            return cls(
                opened,
                Reader.open(reader),
                confidence=Confidence.open(confidence, reader=reader),
                min_score=min_score,
                min_precision=min_precision,
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
        min_precision: float | None = None,
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
            min_precision: in place of any `min_score`, for this question.
            history: what was asked and answered before, oldest first: a follow-up question is
                understood from it (see `standalone`).

        Raises:
            QuestionError: the question, or one before it, is empty or longer than the reader takes.
            SettingsError: `k`, `answers`, a date, `documents` or a threshold cannot be used.
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
            min_precision=min_precision,
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
        min_precision: float | None = None,
    ) -> list[Reply]:
        """Answer several questions at once; one reply a question, in order. As `ask` otherwise.

        The questions are no conversation: each is taken as it stands.
        """
        _require_positive(k=k, answers=answers)
        least = self.least_score
        if min_score is not None or min_precision is not None:
            least = self._least(least if min_score is None else min_score, min_precision)
        if isinstance(documents, str):
            raise SettingsError(f"documents must be several ids: write [{documents!r}].")
        allowed = None if documents is None else frozenset(documents)
        within = Filter(dates=DateRange.of(after, before), documents=allowed)
        for question in questions:
            self.reader.check_question(question)

        began = time.perf_counter()
        hits = self.index.search_many(questions, k, within=within)
        searched = time.perf_counter()
        pairs = [
            (question, hit.chunk.text)
            for question, found in zip(questions, hits, strict=True)
            for hit in found
        ]
        margins = iter(self.reader.read_margins_many(pairs, n_best=SPANS_PER_CONTEXT))
        read = time.perf_counter()
        replies = []
        for question, found in zip(questions, hits, strict=True):
            evidence = weigh(found, [next(margins) for _ in found])
            given, reason = self._answers(evidence, answers, least)
            replies.append(
                Reply(
                    question=question,
                    understood=question,
                    answers=given,
                    hits=tuple(found),
                    reason=reason,
                    # Questions asked together share their time evenly.
                    seconds={
                        "search": (searched - began) / len(questions),
                        "read": (read - searched) / len(questions),
                        "total": (time.perf_counter() - began) / len(questions),
                    },
                )
            )
        return replies

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
        kept = evidence.answers if fitted is None else fitted.judged(evidence)
        if not kept or kept[0][1].score < min_score:
            return (), _reason(evidence, [span.score for _, span in kept[:2]], min_score)
        documents: dict[str, Document | None] = {}
        found_answers = []
        for hit, span in kept[:wanted]:
            chunk = hit.chunk
            if chunk.document_id not in documents:
                documents[chunk.document_id] = self.index.document(chunk.document_id)
            document = documents[chunk.document_id]
            start, end = chunk.start + span.start, chunk.start + span.end
            text = chunk.text[span.start : span.end]
            # Another process may have changed the document since the search: no quotation then.
            if document is None or document.text[start:end] != text:
                continue
            found_answers.append(
                Answer(
                    text=text,
                    score=span.score,
                    start=start,
                    end=end,
                    document=document,
                    context=chunk.text,
                    context_start=chunk.start,
                )
            )
        return tuple(found_answers), None if found_answers else "no answer"


def weigh(hits: Sequence[Hit], margins: Sequence[Sequence[LogitSpan]]) -> Evidence:
    """Hold the spans of all hits against each other and against no answer."""
    spans = normalise(margins)
    candidates = [(hit, span) for hit, found in zip(hits, spans, strict=True) for span in found]
    candidates.sort(key=lambda candidate: -candidate[1].score)
    null = 1.0 - sum(span.score for _, span in candidates)
    return Evidence(hits, _merge_equal(candidates), null)


def _reason(evidence: Evidence, best: Sequence[float], least: float) -> Reason:
    """Say why there is no answer, given the scores of the best two."""
    if not evidence.hits:
        return "nothing found"
    # Two answers that would do together, and none of them is much the better.
    disagree = len(best) == 2 and sum(best) >= least and best[1] >= _RIVAL_SHARE * best[0]
    return "answers disagree" if disagree else "no answer"


def _merge_equal(candidates: Sequence[tuple[Hit, Span]]) -> list[tuple[Hit, Span]]:
    """Keep the best of equal answers with the probability of all of them; best first.

    Equal are answers of the same words, and answers of one document that overlap.
    """
    kept: list[tuple[Hit, Span]] = []
    for hit, span in candidates:
        for position, (other, best) in enumerate(kept):
            if _same_answer(hit, span, other, best):
                kept[position] = (other, Span(best.start, best.end, best.score + span.score))
                break
        else:
            kept.append((hit, span))
    return sorted(kept, key=lambda candidate: -candidate[1].score)


def _same_answer(hit: Hit, span: Span, other: Hit, best: Span) -> bool:
    overlap = (
        hit.chunk.document_id == other.chunk.document_id
        and hit.chunk.start + span.start < other.chunk.start + best.end
        and other.chunk.start + best.start < hit.chunk.start + span.end
    )
    return overlap or _words(hit, span) == _words(other, best)


def _words(hit: Hit, span: Span) -> list[str]:
    """Give the words of a span without case, articles and punctuation around them."""
    words = hit.chunk.text[span.start : span.end].casefold().split()
    bare = (re.sub(r"['’]s$", "", word).strip(string.punctuation + "“”‘’") for word in words)
    return [word for word in bare if word and word not in ("a", "an", "the")]


def _require_positive(**settings: int) -> None:
    for name, value in settings.items():
        if value < 1:
            raise SettingsError(f"{name} must be 1 or more, not {value}.")


def _require_probability(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise SettingsError(f"{name} must lie between 0 and 1, not at {value}.")
