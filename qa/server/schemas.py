"""What the API takes and gives, as its OpenAPI description says it.

What it gives is made by `qa.serialization`, the same for the command line; a test compares the two.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, FiniteFloat, Tag

from qa.config import MAX_ANSWERS, MAX_K, MAX_QUESTION_CHARACTERS, MAX_TURNS
from qa.types import AnswerKind, Reason

__all__ = [
    "AskBody",
    "AskMany",
    "AskOne",
    "Day",
    "DocumentIds",
    "DocumentList",
    "DocumentText",
    "ErrorReply",
    "HitList",
    "IndexStatus",
    "JudgementBody",
    "K",
    "NewDocument",
    "QuestionText",
    "Removed",
    "Replies",
    "ReplyJson",
    "Report",
    "TimelineBody",
    "TimelineJson",
    "TurnBody",
]


class _Body(BaseModel):
    """What comes in: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Reply(BaseModel):
    """What goes out: exactly this."""

    model_config = ConfigDict(extra="forbid")


Day: TypeAlias = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})
]
QuestionText: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARACTERS)]
K: TypeAlias = Annotated[int, Field(ge=1, le=MAX_K)]
AnswerText: TypeAlias = Annotated[str, Field(max_length=10_000)]
DocumentId: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
DocumentIds: TypeAlias = Annotated[list[DocumentId], Field(max_length=1000)]
Metadata: TypeAlias = dict[str, bool | int | FiniteFloat | str]
MAX_QUESTIONS = 50


class TurnBody(_Body):
    """A question asked earlier in the conversation."""

    question: QuestionText = Field(description="As it was understood: `understood` of its reply.")
    answer: AnswerText | None = Field(description="The words given; null for none.")


class _Ask(_Body):
    k: K | None = Field(None, description="How many chunks are read at most.")
    min_read: K | None = Field(
        None, description="How many are read before a settled answer ends reading; k for all."
    )
    answers: int | None = Field(
        None, ge=1, le=MAX_ANSWERS, description="How many answers are given at most."
    )
    min_score: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = Field(
        None, description="Below this probability the documents are said not to answer."
    )
    min_precision: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = Field(
        None, description="In place of min_score: how often answers are to be right."
    )
    after: Day | None = Field(None, description="Only documents of this day or later.")
    before: Day | None = Field(None, description="Only documents of this day or earlier.")
    as_of: Day | None = Field(
        None, description="The day of asking: nothing later is read; null: the newest document's."
    )
    window: bool = Field(True, description="Whether a time that the question names is searched by.")
    documents: DocumentIds | None = Field(
        None, description="Ids; only these documents are looked at."
    )


class AskOne(_Ask):
    """One question, maybe a follow-up."""

    question: QuestionText
    history: list[TurnBody] = Field(
        default_factory=list,
        max_length=MAX_TURNS,
        description="The conversation so far, oldest first.",
    )


class AskMany(_Ask):
    """Several questions that have nothing to do with each other."""

    questions: list[QuestionText] = Field(min_length=1, max_length=MAX_QUESTIONS)


def _form(body: object) -> str:
    return "many" if isinstance(body, dict) and "questions" in body else "one"


AskBody: TypeAlias = Annotated[
    Annotated[AskOne, Tag("one")] | Annotated[AskMany, Tag("many")], Discriminator(_form)
]


class DocumentJson(_Reply):
    """The document that an answer is quoted from."""

    id: str
    title: str
    date: str | None = Field(description="YYYY-MM-DD")
    source: str = Field(description="The file or URL it was read from; empty for uploads.")


class DateJson(_Reply):
    """The days that an answer names."""

    iso: str = Field(description="As exact as the words: 2020-09-16, 2020-09, 2020, or first/last.")
    precision: str = Field(description="What was named: day, week, month, year ...; else days.")
    after: str = Field(description="The first day, YYYY-MM-DD.")
    before: str = Field(description="The last day.")


class CitationJson(_Reply):
    """A quotation from a document."""

    text: str
    start: int = Field(ge=0, description="Start offset in the document's text.")
    end: int = Field(ge=0, description="End offset (exclusive).")
    page: int | None = Field(description="1-based page; null if the format has no pages.")
    section: list[str] = Field(description="Section headings, outermost first.")
    document: DocumentJson


class AnswerJson(_Reply):
    """A quotation that answers the question."""

    answer: str
    kind: AnswerKind = Field(
        description="span: exact words; spans: several items; passage: sentences."
    )
    score: float = Field(ge=0, le=1, description="Probability that the answer is right.")
    start: int = Field(ge=0, description="Start offset in the document's text.")
    end: int = Field(ge=0, description="End offset (exclusive).")
    highlights: list[tuple[int, int]] = Field(
        description="Offset ranges to emphasise: list items or decisive words."
    )
    page: int | None = Field(description="1-based page; null if the format has no pages.")
    section: list[str] = Field(description="Section headings, outermost first.")
    context: str = Field(description="The chunk that was read.")
    date: DateJson | None = Field(description="The date that the answer names, if any.")
    document: DocumentJson
    citations: list[CitationJson] = Field(description="The same answer in other documents.")


class HitDocument(_Reply):
    """The document of a chunk."""

    id: str
    title: str
    date: str | None


class HitJson(_Reply):
    """A chunk that a search found."""

    score: float
    lexical: float | None = Field(description="BM25; null when the words did not bring it up.")
    dense: float | None = Field(description="Cosine; null when the meaning did not bring it up.")
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    document: HitDocument


class TimeRangeJson(_Reply):
    """A time that a question names."""

    text: str = Field(description="The words for it.")
    start: int = Field(ge=0, description="Where they begin in `understood`.")
    end: int = Field(ge=0, description="Where they end (half-open).")
    after: str | None = Field(description="Its first day, YYYY-MM-DD; null for an open side.")
    before: str = Field(description="Its last day.")
    hard: bool = Field(description="Only its documents were looked at; else they were preferred.")


class ReplyJson(_Reply):
    """What the assistant says to a question; the JSON of `qa ask --json`."""

    question: str
    understood: str = Field(description="The question that was searched and read.")
    as_of: str | None = Field(description="The day of asking, given or the newest document's.")
    window: TimeRangeJson | None = Field(description="The time that it names, and was searched by.")
    answer: AnswerJson | None = Field(description="The best; null when the documents do not tell.")
    answers: list[AnswerJson] = Field(description="Best first, all different.")
    disagree: bool = Field(description="Whether another document gives another number or date.")
    reason: Reason | None = Field(description="Why there is no answer.")
    nearest: HitJson | None = Field(description="The best hit if there is no answer.")
    related: list[CitationJson] = Field(
        description="If there is no answer: the sentences that come nearest to one."
    )
    dateline: CitationJson | None = Field(
        description='Where a "where" has no answer: the city in the nearest document\'s dateline.'
    )
    read: int = Field(description="How many chunks were read: k, or fewer that settled it.")
    seconds: dict[str, float]


class TimelineBody(_Body):
    """A question about how something changed."""

    question: QuestionText = Field(description="In plain words, standing alone.")
    k: int | None = Field(None, ge=1, le=50, description="How many chunks are read of a stretch.")
    slices: int | None = Field(None, ge=1, le=24, description="How many stretches of time.")
    min_score: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = Field(
        None, description="The least probability of an answer, as if its passage were all."
    )
    after: Day | None = Field(None, description="Only documents of this day or later.")
    before: Day | None = Field(None, description="Only documents of this day or earlier.")
    as_of: Day | None = Field(None, description="The day of asking: nothing later is read.")
    documents: list[DocumentId] | None = Field(
        None, max_length=1000, description="Ids; only these documents are looked at."
    )


class TimelineEntryJson(_Reply):
    """A value that documents gave, from a day to a day."""

    value: str = Field(description="In the words of the surest answer.")
    first: str
    last: str
    superseded: bool = Field(description="All that give it are older than some other value.")
    answers: list[AnswerJson] = Field(
        description="One a document, oldest first; near copies are cited under the first."
    )


class TimelineJson(_Reply):
    """How the answer changed over time; the JSON of `qa timeline --json`."""

    question: str
    as_of: str | None
    window: TimeRangeJson | None = Field(description="The time that the question names.")
    values: list[TimelineEntryJson] = Field(description="By the day they were first given.")
    read: int = Field(description="How many chunks were read.")
    seconds: float


class Unanswered(_Reply):
    """A question that cannot be asked."""

    question: str
    error: str


class Replies(_Reply):
    """One for each question, in order."""

    replies: list[ReplyJson | Unanswered]


class HitList(_Reply):
    """The chunks that fit best, best first."""

    hits: list[HitJson]


class StoredJson(_Reply):
    """A document of the index without its text."""

    id: str
    title: str
    date: str | None
    source: str
    metadata: dict[str, bool | int | float | str]
    characters: int
    chunks: int


class DocumentList(_Reply):
    """A page of the documents, by id."""

    documents: list[StoredJson]
    total: int
    next_offset: int | None = Field(description="Where the next page begins; null on the last.")


class DocumentText(_Reply):
    """A document with its text, or a stretch of it."""

    id: str
    title: str
    date: str | None
    source: str
    pages: int | None = Field(description="Number of pages; null if the format has no pages.")
    metadata: dict[str, bool | int | float | str]
    characters: int = Field(description="How long the whole text is.")
    start: int
    end: int
    text: str = Field(description="The characters from `start` to `end` (half-open).")


class NewDocument(_Body):
    """A text to be indexed."""

    id: DocumentId = Field(description="A document that has this id is replaced.")
    text: str = Field(min_length=1)
    title: str = Field("", max_length=2000)
    date: Day | None = None
    metadata: Metadata = Field(default_factory=dict)


class Report(_Reply):
    """What adding did: ids of documents, and (file, reason) of what failed."""

    added: list[str]
    updated: list[str]
    unchanged: list[str]
    removed: list[str] = Field(description="Rows that a table handed in again no longer has.")
    failed: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    skipped: list[str] = Field(description="Files of unknown formats.")


class Removed(_Reply):
    """The documents that were removed."""

    removed: list[str]


class JudgementBody(_Body):
    """What a person says of an answer, with the answer as the reply gave it."""

    question: QuestionText = Field(description="`understood` of the reply.")
    verdict: Literal["right", "wrong", "wrong passage"]
    answer: AnswerText = Field(description="Empty when there was no answer.")
    document_id: DocumentId
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    context: str = Field(min_length=1, max_length=100_000)


class IndexStatus(_Reply):
    """What is indexed, and how the server does."""

    documents: int
    chunks: int
    earliest: str | None = Field(description="The first day of a document, YYYY-MM-DD.")
    latest: str | None
    generation: int = Field(description="Counts the changes of the index.")
    working: int = Field(description="Requests being worked on or waiting.")
    version: str


class ErrorDetail(_Reply):
    """What went wrong."""

    code: str = Field(description="For programs; the same however the message is worded.")
    message: str = Field(description="What happened, and what to do.")
    request_id: str = Field(description="The response's X-Request-ID.")


class ErrorReply(_Reply):
    """The shape of every failure."""

    error: ErrorDetail
