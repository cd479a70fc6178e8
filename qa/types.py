"""The words of the answering side: what is read, answered and replied."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from embeddings import Document, Hit, sentences
from qa.dates import Period, TimeRange, date_of
from qa.values import value_of

DISAGREEING = 0.5
"""From this share of the best answer's probability on, another one speaks against it."""

__all__ = ["Answer", "Citation", "Reason", "Reply", "Span"]

Reason: TypeAlias = Literal["nothing found", "no answer", "answers disagree"]
"""Why there is no answer: no passage lies within what was to be searched; passages were read, but
none answers surely enough; or different answers are about as likely, and none of them is enough."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a context that may answer the question: half-open characters of the context."""

    start: int
    end: int
    score: float
    """Its probability, 0 to 1, among all spans of all contexts of the call and no answer."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of a document: `text == document.text[start:end]`."""

    text: str
    start: int
    end: int
    document: Document


@dataclass(frozen=True, slots=True)
class Answer:
    """Words of a document that answer the question: `text == document.text[start:end]`."""

    text: str
    score: float
    """The probability that this is the answer, 0 to 1."""
    start: int
    end: int
    document: Document
    context: str
    """The chunk that the words were read in."""
    context_start: int
    """Where the context begins in the document's text."""
    citations: tuple[Citation, ...] = ()
    """Where other documents say the same, one place each, the surest first."""

    @property
    def date(self) -> Period | None:
        """The days that the words name, counted from the document's date; None when they do not."""
        start = self.start - self.context_start
        end = self.end - self.context_start
        return date_of(self.context, start, end, published=self.document.date)

    @property
    def sentence(self) -> tuple[int, int]:
        """The sentence, or sentences, around the words: half-open characters of the document."""
        inside = [
            (self.context_start + start, self.context_start + end)
            for start, end in sentences(self.context)
        ]
        touched = [(start, end) for start, end in inside if start < self.end and self.start < end]
        return touched[0][0], touched[-1][1]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the assistant says to a question."""

    question: str
    understood: str
    """The question that was searched and read: `question`, or what it means as a follow-up."""
    answers: tuple[Answer, ...]
    """Best first, all different; empty when the documents do not answer."""
    hits: tuple[Hit, ...]
    """The chunks that were searched out, most promising first."""
    read: int
    """How many of them, from the first on, were read: all, unless fewer settled the answer."""
    seconds: Mapping[str, float]
    """How long each stage took, and `total`."""
    reason: Reason | None = None
    """Why there is no answer; None when there is one."""
    as_of: datetime.date | None = None
    """The day of asking: what it was given as, or that of the newest document; None when no
    document has a date."""
    window: TimeRange | None = None
    """The time that `understood` names, and that was searched by; None for none."""
    dateline: Citation | None = None
    """Where a "where" has no answer: the city that the nearest document says it was written in.
    That is a hint, and no answer."""

    @property
    def disagree(self) -> bool:
        """Whether another document gives another number or date, nearly as likely as the best."""
        if len(self.answers) < 2:
            return False
        best, *others = ((value_of(one.text, one.date), one) for one in self.answers)
        return any(
            value.kind == best[0].kind != "words"
            and other.document.id != best[1].document.id
            and other.score >= DISAGREEING * best[1].score
            for value, other in others
        )

    @property
    def answer(self) -> Answer | None:
        """The best answer; None when the documents do not answer."""
        return self.answers[0] if self.answers else None
