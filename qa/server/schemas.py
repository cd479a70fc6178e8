"""Bodies and responses of the HTTP API, for validation and its OpenAPI description.

`qa.serialization` creates the responses; a test compares the two.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    FiniteFloat,
    Tag,
    model_validator,
)

from qa.config import MAX_ANSWERS, MAX_K, MAX_QUESTION_CHARACTERS, MAX_TURNS
from qa.options import DESCRIPTIONS, without_empty
from qa.types import AnswerKind, Reason

__all__ = [
    "AskBody",
    "AskMany",
    "AskOne",
    "Day",
    "DocumentExcerpt",
    "DocumentIdOrEmpty",
    "DocumentList",
    "DocumentText",
    "ErrorReply",
    "HitList",
    "IndexStatus",
    "JudgementBody",
    "NewDocument",
    "OptionalK",
    "QuestionText",
    "Removed",
    "Replies",
    "ReplyJson",
    "Report",
    "TimelineBody",
    "TimelineJson",
    "TurnBody",
]


def _allow_empty(schema: dict[str, Any]) -> None:
    """Add the empty values that `_Body` accepts for optional fields to its JSON schema."""
    empty = [{"const": ""}, {"type": "array", "maxItems": 0}]
    for name, field in schema["properties"].items():
        if name not in schema.get("required", ()):
            field["anyOf"] = [*field["anyOf"], *empty]


class _Body(BaseModel):
    """Body of a request: unknown fields are refused, values are not converted.

    In optional fields, null, empty strings and empty lists mean "not set".
    """

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_allow_empty)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        optional = {name for name, field in cls.model_fields.items() if not field.is_required()}
        given = without_empty(values)
        return {name: values[name] for name in values if name in given or name not in optional}


class _Reply(BaseModel):
    """Body of a response."""

    model_config = ConfigDict(extra="forbid")


Day: TypeAlias = Annotated[str, Field(pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$")]
"""YYYY-MM-DD, YYYY-MM, YYYY, or empty for "not set"."""
QuestionText: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARACTERS)]
K: TypeAlias = Annotated[int, Field(ge=1, le=MAX_K)]
OptionalK: TypeAlias = Annotated[
    K | None,
    BeforeValidator(
        lambda value: None if value == "" else value, json_schema_input_type=K | Literal[""] | None
    ),
]
"""Query parameter; empty for "not set"."""
Share: TypeAlias = Annotated[FiniteFloat, Field(ge=0, le=1)]
AnswerText: TypeAlias = Annotated[str, Field(max_length=10_000)]
DocumentId: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
DocumentIdOrEmpty: TypeAlias = Annotated[str, Field(max_length=2000)]
DocumentIds: TypeAlias = Annotated[list[DocumentId], Field(max_length=1000)]
Metadata: TypeAlias = dict[str, bool | int | FiniteFloat | str]
MAX_QUESTIONS = 50


def _option(name: str) -> Any:
    return Field(None, description=DESCRIPTIONS[name])


class TurnBody(_Body):
    """An earlier question of the conversation."""

    question: QuestionText = Field(description="`understood` of its reply.")
    answer: AnswerText | None = Field(description="Text of the answer; null if there was none.")


class _Filters(_Body):
    after: Day | None = _option("after")
    before: Day | None = _option("before")
    as_of: Day | None = _option("as_of")
    documents: DocumentIds | None = _option("documents")


class _Ask(_Filters):
    k: K | None = _option("k")
    min_read: K | None = _option("min_read")
    answers: Annotated[int, Field(ge=1, le=MAX_ANSWERS)] | None = _option("answers")
    min_score: Share | None = _option("min_score")
    min_precision: Share | None = _option("min_precision")
    window: bool | None = _option("window")


class AskOne(_Ask):
    """A question, which can be a follow-up."""

    question: QuestionText
    history: Annotated[list[TurnBody], Field(max_length=MAX_TURNS)] | None = Field(
        None, description="Earlier questions of the conversation, oldest first."
    )


class AskMany(_Ask):
    """Several independent questions."""

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
    """The date that an answer names."""

    iso: str = Field(
        description="As precise as the text: 2020-09-16, 2020-09, 2020, or first/last."
    )
    precision: str = Field(description="day, week, month, year ..., or days for a range.")
    after: str = Field(description="First day, YYYY-MM-DD.")
    before: str = Field(description="Last day.")


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
    context: str = Field(description="Text of the passage.")
    date: DateJson | None = Field(description="The date that the answer names, if any.")
    document: DocumentJson
    citations: list[CitationJson] = Field(description="The same answer in other documents.")


class HitDocument(_Reply):
    """The document of a chunk."""

    id: str
    title: str
    date: str | None


class HitJson(_Reply):
    """A chunk found by a search."""

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


class TimeRangeJson(_Reply):
    """A time named in a question."""

    text: str = Field(description="The words of the question.")
    start: int = Field(ge=0, description="Start offset in `understood`.")
    end: int = Field(ge=0, description="End offset (exclusive).")
    after: str | None = Field(description="First day, YYYY-MM-DD; null if there is none.")
    before: str = Field(description="Last day.")
    hard: bool = Field(
        description="Whether only its documents were searched; otherwise they were preferred."
    )


class ReplyJson(_Reply):
    """The reply to a question; the JSON of `qa ask --json`."""

    question: str
    understood: str = Field(
        description="The question as it was searched; follow-ups are rewritten."
    )
    as_of: str | None = Field(description="The day that relative times count from.")
    window: TimeRangeJson | None = Field(description="The time named in it, if it was used.")
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


class TimelineBody(_Filters):
    """A question about how something changed."""

    question: QuestionText = Field(description="Independent of earlier questions.")
    k: Annotated[int, Field(ge=1, le=50)] | None = Field(
        None, description="Read at most this many passages of each time slice."
    )
    slices: Annotated[int, Field(ge=1, le=24)] | None = Field(
        None, description="Number of time slices."
    )
    min_score: Share | None = Field(
        None, description="Lowest score of an answer, 0 to 1, as if its passage were the only one."
    )


class TimelineEntryJson(_Reply):
    """A value of the answer, and when documents gave it."""

    value: str = Field(description="Text of the most probable answer.")
    first: str
    last: str
    superseded: bool = Field(description="Whether a newer document gives another value.")
    answers: list[AnswerJson] = Field(
        description="One per document, oldest first; near-duplicates are citations."
    )


class TimelineJson(_Reply):
    """How the answer changed over time; the JSON of `qa timeline --json`."""

    question: str
    as_of: str | None
    window: TimeRangeJson | None = Field(description="The time named in the question.")
    values: list[TimelineEntryJson] = Field(description="In the order of their first day.")
    read: int = Field(description="Number of passages that were read.")
    seconds: float


class Unanswered(_Reply):
    """A question that cannot be asked."""

    question: str
    error: str


class Replies(_Reply):
    """Replies in the order of the questions."""

    replies: list[ReplyJson | Unanswered]


class HitList(_Reply):
    """The best chunks, best first."""

    hits: list[HitJson]


class StoredJson(_Reply):
    """A document without its text."""

    id: str
    title: str
    date: str | None
    source: str
    metadata: dict[str, bool | int | float | str]
    characters: int
    chunks: int


class DocumentList(_Reply):
    """A page of the list of documents, sorted by id."""

    documents: list[StoredJson]
    total: int
    next_offset: int | None = Field(description="`offset` of the next page; null on the last page.")


class DocumentText(_Reply):
    """A document with its text, or a range of it."""

    id: str
    title: str
    date: str | None
    source: str
    pages: int | None = Field(description="Number of pages; null if the format has no pages.")
    metadata: dict[str, bool | int | float | str]
    characters: int = Field(description="Length of the whole text.")
    start: int
    end: int
    text: str = Field(description="The characters from `start` to `end` (exclusive).")


class DocumentExcerpt(DocumentText):
    """A part of a document, for agents."""

    next_start: int | None = Field(description="Where to continue; null at the end.")


class NewDocument(_Body):
    """A text to add to the index."""

    id: DocumentId = Field(description="A document with this id is replaced.")
    text: str = Field(min_length=1)
    title: Annotated[str, Field(max_length=2000)] | None = None
    date: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] | None = Field(
        None, description="YYYY-MM-DD"
    )
    metadata: Metadata | None = None


class Report(_Reply):
    """The result of adding documents: their ids, and (file, reason) of files with problems."""

    added: list[str]
    updated: list[str]
    moved: list[str] = Field(description="Documents with a new id or source and the same contents.")
    unchanged: list[str]
    removed: list[str] = Field(description="Documents whose text is no longer in the added file.")
    failed: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    warnings: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(
        description="Files that could be read only in part."
    )
    skipped: list[str] = Field(description="Files of unknown formats.")


class Removed(_Reply):
    """The documents that were removed."""

    removed: list[str]


class JudgementBody(_Body):
    """A verdict on an answer, with the answer as in the reply."""

    question: QuestionText = Field(description="`understood` of the reply.")
    verdict: Literal["right", "wrong", "wrong passage"]
    answer: AnswerText = Field(description="Empty if there was no answer.")
    document_id: DocumentId
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    context: str = Field(min_length=1, max_length=100_000)


class IndexStatus(_Reply):
    """State of the index and of the server."""

    documents: int
    chunks: int
    earliest: str | None = Field(description="Oldest date of a document, YYYY-MM-DD.")
    latest: str | None = Field(description="Newest date of a document, YYYY-MM-DD.")
    generation: int = Field(description="Number of changes of the index.")
    working: int = Field(description="Number of requests that are running or queued.")
    version: str


class ErrorDetail(_Reply):
    """An error."""

    code: str = Field(description="For programs; it stays the same if the message changes.")
    message: str = Field(description="What happened, and what to do.")
    request_id: str = Field(description="The header X-Request-ID of the response.")


class ErrorReply(_Reply):
    """The body of all error responses."""

    error: ErrorDetail
