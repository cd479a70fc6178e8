"""Bodies of the responses of the HTTP API, and the JSON of `qa ask --json` and other commands."""

import datetime
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from qa.dates import TimeRange
from qa.types import AnswerKind, Reason


class JsonModel(BaseModel):
    """A JSON object: its schema, created from an object of the project."""

    model_config = ConfigDict(extra="forbid")

    sources: ClassVar[Mapping[str, Callable[[Any], object]]] = {}
    """Functions that compute fields. Other fields are attributes of the same name."""

    @model_validator(mode="before")
    @classmethod
    def _from_attributes(cls, given: object) -> object:
        if isinstance(given, dict | BaseModel):
            return given
        values = {name: cls.sources.get(name, attrgetter(name))(given) for name in cls.model_fields}
        return {
            name: value.isoformat() if isinstance(value, datetime.date) else value
            for name, value in values.items()
        }

    @classmethod
    def json_of(cls, given: object) -> dict[str, Any]:
        """Return the JSON of an object."""
        return cls.model_validate(given).model_dump(mode="json")


class HitDocument(JsonModel):
    """The document of a chunk."""

    sources = {"id": attrgetter("document_id")}
    id: str
    title: str
    date: str | None = Field(description="YYYY-MM-DD")


class DocumentJson(HitDocument):
    """The document that an answer is quoted from."""

    sources = {}
    source: str = Field(description="The file or URL it was read from; empty for uploads.")


class StoredJson(DocumentJson):
    """A document without its text."""

    metadata: dict[str, bool | int | float | str]
    characters: int
    chunks: int


class DateJson(JsonModel):
    """The date that an answer names."""

    sources = {"after": attrgetter("first"), "before": attrgetter("last")}
    iso: str = Field(
        description="As precise as the text: 2020-09-16, 2020-09, 2020, or first/last."
    )
    precision: str = Field(description="day, week, month, year ..., or days for a range.")
    after: str = Field(description="First day, YYYY-MM-DD.")
    before: str = Field(description="Last day.")


class _Quotation(JsonModel):
    start: int = Field(ge=0, description="Start offset in the document's text.")
    end: int = Field(ge=0, description="End offset (exclusive).")
    page: int | None = Field(description="1-based page; null if the format has no pages.")
    section: list[str] = Field(description="Section headings, outermost first.")
    document: DocumentJson


class CitationJson(_Quotation):
    """A quotation from a document."""

    text: str


class AnswerJson(_Quotation):
    """A quotation that answers the question."""

    sources = {"answer": attrgetter("text")}
    answer: str
    kind: AnswerKind = Field(
        description="span: exact words; spans: several items; passage: sentences."
    )
    score: float = Field(ge=0, le=1, description="Probability that the answer is right.")
    highlights: list[tuple[int, int]] = Field(
        description="Offset ranges to emphasise: list items or decisive words."
    )
    context: str = Field(description="Text of the passage.")
    date: DateJson | None = Field(description="The date that the answer names, if any.")
    citations: list[CitationJson] = Field(description="The same answer in other documents.")


class HitJson(JsonModel):
    """A chunk found by a search."""

    sources = {
        **{name: attrgetter(f"chunk.{name}") for name in ("start", "end", "text")},
        "document": attrgetter("chunk"),
    }
    score: float
    lexical: float | None = Field(
        description="BM25 score; null if the lexical search did not find it."
    )
    dense: float | None = Field(
        description="Cosine similarity; null if the dense search did not find it."
    )
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    document: HitDocument


class TimeRangeJson(JsonModel):
    """A time named in a question."""

    text: str = Field(description="The words of the question.")
    start: int = Field(ge=0, description="Start offset in `understood`.")
    end: int = Field(ge=0, description="End offset (exclusive).")
    after: str | None = Field(description="First day, YYYY-MM-DD; null if there is none.")
    before: str = Field(description="Last day.")
    hard: bool = Field(
        description="Whether only its documents were searched; otherwise they were preferred."
    )


def _time_range(window: TimeRange | None, question: str) -> dict[str, object] | None:
    if window is None:
        return None
    return {
        "text": question[window.start : window.end],
        "start": window.start,
        "end": window.end,
        "after": window.after.isoformat() if window.after else None,
        "before": window.before.isoformat(),
        "hard": window.hard,
    }


class ReplyJson(JsonModel):
    """The reply to a question; the JSON of `qa ask --json`."""

    sources = {
        "window": lambda reply: _time_range(reply.window, reply.understood),
        "nearest": lambda reply: reply.hits[0] if reply.hits and not reply.answers else None,
    }
    question: str
    understood: str = Field(
        description="The question as it was searched; follow-ups are rewritten."
    )
    as_of: str | None = Field(description="The day that relative times count from.")
    window: TimeRangeJson | None = Field(description="The time named in it, if it was used.")
    undated: int = Field(description="Documents without a date that were not searched.")
    answer: AnswerJson | None = Field(description="The best answer; null if there is none.")
    answers: list[AnswerJson] = Field(description="Different answers, best first.")
    disagree: bool = Field(description="Whether another document contradicts the answer.")
    reason: Reason | None = Field(description="Why there is no answer.")
    nearest: HitJson | None = Field(description="The best passage if there is no answer.")
    related: list[CitationJson] = Field(
        description="The most relevant sentences if there is no answer."
    )
    dateline: CitationJson | None = Field(
        description='Where a "where" has no answer: the city in the nearest document\'s dateline.'
    )
    read: int = Field(
        description="Number of passages that were read: `k`, or fewer if reading stopped early."
    )
    seconds: dict[str, float]


class TimelineEntryJson(JsonModel):
    """A value of the answer, and when documents gave it."""

    sources = {"value": attrgetter("best.text")}
    value: str = Field(description="Text of the most probable answer.")
    first: str
    last: str
    superseded: bool = Field(description="Whether a newer document gives another value.")
    answers: list[AnswerJson] = Field(
        description="One per document, oldest first; near-duplicates are citations."
    )


class TimelineJson(JsonModel):
    """How the answer changed over time; the JSON of `qa timeline --json`."""

    sources = {"window": lambda timeline: _time_range(timeline.window, timeline.question)}
    question: str
    as_of: str | None
    window: TimeRangeJson | None = Field(description="The time named in the question.")
    values: list[TimelineEntryJson] = Field(description="In the order of their first day.")
    read: int = Field(description="Number of passages that were read.")
    seconds: float


class Unanswered(JsonModel):
    """A question that cannot be asked."""

    question: str
    error: str


class Replies(JsonModel):
    """Replies in the order of the questions."""

    replies: list[ReplyJson | Unanswered]


class HitList(JsonModel):
    """The best chunks, best first."""

    hits: list[HitJson]


class DocumentList(JsonModel):
    """A page of the list of documents, sorted by id."""

    documents: list[StoredJson]
    total: int
    next_offset: int | None = Field(description="`offset` of the next page; null on the last page.")


class DocumentText(DocumentJson):
    """A document with its text, or a range of it."""

    pages: int | None = Field(description="Number of pages; null if the format has no pages.")
    metadata: dict[str, bool | int | float | str]
    characters: int = Field(description="Length of the whole text.")
    start: int
    end: int
    text: str = Field(description="The characters from `start` to `end` (exclusive).")


class DocumentExcerpt(DocumentText):
    """A part of a document, for agents."""

    next_start: int | None = Field(description="Where to continue; null at the end.")


class Report(JsonModel):
    """The result of adding documents: their ids, and (file, reason) of files with problems."""

    added: list[str]
    updated: list[str]
    moved: list[str] = Field(description="Documents with a new id or source and the same contents.")
    unchanged: list[str]
    removed: list[str] = Field(description="Documents whose text is no longer in the added file.")
    failed: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    warnings: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(
        description="Files that have no text, or that could be read only in part."
    )
    skipped: list[str] = Field(description="Files of unknown formats.")
    excluded: list[str] = Field(
        description="Unchanged files whose documents were all removed by hand."
    )


class Removed(JsonModel):
    """The documents that were removed."""

    removed: list[str]


class IndexStatus(JsonModel):
    """State of the index and of the server."""

    documents: int
    chunks: int
    earliest: str | None = Field(description="Oldest date of a document, YYYY-MM-DD.")
    latest: str | None = Field(description="Newest date of a document, YYYY-MM-DD.")
    generation: int = Field(description="Number of changes of the index.")
    working: int = Field(description="Number of requests that are running or queued.")
    version: str


class ErrorDetail(JsonModel):
    """An error."""

    code: str = Field(description="For programs; it stays the same if the message changes.")
    message: str = Field(description="What happened, and what to do.")
    request_id: str = Field(description="The header X-Request-ID of the response.")


class ErrorReply(JsonModel):
    """The body of all error responses."""

    error: ErrorDetail
