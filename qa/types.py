"""Types of results: spans, citations, answers and replies."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from embeddings import Document, Hit, Outline, sentences
from qa.answering.comparison.normalization import Value, value_at
from qa.answering.comparison.polarity import answer_oppositely
from qa.answering.conflicts import (
    conflict,
    counts_another_noun,
    exclude_each_other,
    replaces_word_of,
)
from qa.answering.question_kind import question_kind
from qa.dates import Period, TimeRange, date_of

DISAGREEING = 0.1
"""Minimum share of the best answer's probability that an answer needs to contradict it."""

_UNLIKELY = 0.25
"""Maximum share of the best answer's probability of an answer that may be about something else."""

Reason: TypeAlias = Literal["nothing found", "no answer", "answers disagree"]
"""Why there is no answer. "nothing found": no passage matches the filters. "no answer": no passage
that was read answers with enough confidence. "answers disagree": different answers are about
equally likely, and none is likely enough."""

AnswerKind: TypeAlias = Literal["span", "spans", "passage"]
"""span: the exact words. spans: several items of one passage. passage: sentences that answer the
question as a whole."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a passage that may answer the question: a half-open character range."""

    start: int
    end: int
    score: float
    """Probability, 0 to 1, among all spans of all passages of the call and "no answer"."""


class _Quotation:
    """Page and section of a quotation."""

    __slots__ = ()
    text: str
    start: int
    document: Document

    @property
    def page(self) -> int | None:
        """1-based page of the start; None if the document has no pages."""
        return Outline(self.document).page(self.start)

    @property
    def section(self) -> tuple[str, ...]:
        """Headings of the sections around the start, outermost first."""
        return Outline(self.document).section(self.start, self.text)


@dataclass(frozen=True, slots=True)
class Citation(_Quotation):
    """A quotation from a document: `text == document.text[start:end]`."""

    text: str
    start: int
    end: int
    document: Document


@dataclass(frozen=True, slots=True)
class Answer(_Quotation):
    """A quotation that answers the question: `text == document.text[start:end]`."""

    text: str
    score: float
    """Probability, 0 to 1, that this is the right answer."""
    start: int
    end: int
    document: Document
    context: str
    """Text of the chunk that was read."""
    context_start: int
    """Offset of the chunk in the document's text."""
    citations: tuple[Citation, ...] = ()
    """The same answer in other documents, one each, most likely first."""
    kind: AnswerKind = "span"
    highlights: tuple[tuple[int, int], ...] = ()
    """Half-open character ranges of the document to emphasise within `text`: the items of a list,
    or the decisive words of a passage if there are any."""
    likely_alone: bool = False
    """Whether it would be a likely answer if its document were the only one."""

    @property
    def date(self) -> Period | None:
        """The date that a span names, relative dates resolved by the document's date; or None."""
        if self.kind != "span":
            return None
        return date_of(self.context, *self._in_context, published=self.document.date)

    @property
    def value(self) -> Value:
        """The normal form of the answer, with the words next to it."""
        return value_at(self.context, *self._in_context, published=self.document.date)

    @property
    def _in_context(self) -> tuple[int, int]:
        return self.start - self.context_start, self.end - self.context_start

    @property
    def sentence_without_answer(self) -> str:
        """The text of `sentence` with an ellipsis for the answer."""
        first, last = self.sentence
        begin, end, text = first - self.context_start, last - self.context_start, self.context
        start, stop = self._in_context
        return f"{text[begin:start]} … {text[stop:end]}"

    @property
    def sentence(self) -> tuple[int, int]:
        """Half-open range, in the document, of the sentences that contain the answer."""
        inside = [
            (self.context_start + start, self.context_start + end)
            for start, end in sentences(self.context)
        ]
        touched = [(start, end) for start, end in inside if start < self.end and self.start < end]
        return touched[0][0], touched[-1][1]


@dataclass(frozen=True, slots=True)
class Reply:
    """The result of a question."""

    question: str
    understood: str
    """The question that was searched and read: `question`, or its rewrite as a follow-up."""
    answers: tuple[Answer, ...]
    """Best first, all different; empty if there is no answer."""
    hits: tuple[Hit, ...]
    """The chunks found, best first."""
    read: int
    """Number of hits that were read."""
    seconds: Mapping[str, float]
    """Duration in seconds of each step, and `total`."""
    reason: Reason | None = None
    """Why there is no answer; None if there is one."""
    related: tuple[Citation, ...] = ()
    """If there is no answer: the most relevant sentences, from at most three passages, best first,
    with the lists that they announce. Empty if no passage is relevant."""
    as_of: datetime.date | None = None
    """The reference day for relative times: as given, or the date of the newest document; None if
    no document has a date."""
    window: TimeRange | None = None
    """The time that `understood` names and that restricted the search; None if there is none."""
    undated: int = 0
    """Number of documents that were not searched because they have no date."""
    dateline: Citation | None = None
    """For an unanswered "where" question: the city in the dateline of the best hit. A hint, not an
    answer."""

    @property
    def conflicting(self) -> tuple[int, ...]:
        """Positions of the answers of other documents that contradict the best one.

        An answer is compared if it is not much less likely than the best one, or would be likely if
        its document were the only one. Different names contradict each other if the question asks
        for one of them, and sentences if one affirms and the other denies what a yes-no question
        asks.
        """
        if not self.answers:
            return ()
        best = self.answers[0]
        return tuple(
            place
            for place, other in enumerate(self.answers)
            if other.document.id != best.document.id
            and (other.likely_alone or other.score >= DISAGREEING * best.score)
            and self._contradict(best, other)
        )

    def _contradict(self, best: Answer, other: Answer) -> bool:
        question = self.understood
        if other.score < _UNLIKELY * best.score and replaces_word_of(
            question, best.sentence_without_answer, other.sentence_without_answer
        ):
            return False
        if question_kind(question) == "yes_no":
            return answer_oppositely(question, best.text, other.text)
        is_other_value = conflict(best.value, other.value) and not counts_another_noun(
            question, best.value, other.value
        )
        return is_other_value or exclude_each_other(
            question, best.text, other.text, (best.context, other.context)
        )

    @property
    def disagree(self) -> bool:
        """Whether the answer of another document contradicts the best one; see `conflicting`."""
        return bool(self.conflicting)

    @property
    def answer(self) -> Answer | None:
        """The best answer; None if there is none."""
        return self.answers[0] if self.answers else None
