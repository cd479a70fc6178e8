"""What the API takes and gives, as its OpenAPI description says it.

What it gives is made by `qa.rendering`, the same for the command line; a test compares the two.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, FiniteFloat, Tag

from qa.types import Reason

__all__ = [
    "AskBody",
    "AskMany",
    "AskOne",
    "Day",
    "DocumentList",
    "DocumentText",
    "ErrorReply",
    "HitList",
    "IndexStatus",
    "JudgementBody",
    "NewDocument",
    "QuestionText",
    "Removed",
    "Replies",
    "ReplyJson",
    "Report",
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
QuestionText: TypeAlias = Annotated[str, Field(min_length=1, max_length=10_000)]
DocumentId: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
Metadata: TypeAlias = dict[str, bool | int | FiniteFloat | str]
MAX_QUESTIONS = 50


class TurnBody(_Body):
    """A question asked earlier in the conversation."""

    question: QuestionText = Field(description="As it was understood: `understood` of its reply.")
    answer: str | None = Field(max_length=10_000, description="The words given; null for none.")


class _Ask(_Body):
    k: int | None = Field(None, ge=1, le=100, description="How many chunks are read.")
    answers: int | None = Field(None, ge=1, le=100, description="How many answers at most.")
    min_score: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = Field(
        None, description="Below this probability the documents are said not to answer."
    )
    min_precision: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = Field(
        None, description="In place of min_score: how often answers are to be right."
    )
    after: Day | None = Field(None, description="Only documents of this day or later.")
    before: Day | None = Field(None, description="Only documents of this day or earlier.")
    documents: list[DocumentId] | None = Field(
        None, max_length=1000, description="Ids; only these documents are looked at."
    )


class AskOne(_Ask):
    """One question, maybe a follow-up."""

    question: QuestionText
    history: list[TurnBody] = Field(
        default_factory=list, max_length=50, description="The conversation so far, oldest first."
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


class AnswerJson(_Reply):
    """Words of a document that answer the question."""

    answer: str
    score: float = Field(ge=0, le=1, description="The probability that this is the answer.")
    start: int = Field(ge=0, description="Where the words begin in the document's text.")
    end: int = Field(ge=0, description="Where they end (half-open).")
    context: str = Field(description="The passage that the words were read in.")
    document: DocumentJson


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


class ReplyJson(_Reply):
    """What the assistant says to a question; the JSON of `qa ask --json`."""

    question: str
    understood: str = Field(description="The question that was searched and read.")
    answer: AnswerJson | None = Field(description="The best; null when the documents do not tell.")
    answers: list[AnswerJson] = Field(description="Best first, all different.")
    reason: Reason | None = Field(description="Why there is no answer.")
    nearest: HitJson | None = Field(description="The nearest chunk when there is no answer.")
    seconds: dict[str, float]


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


class Removed(_Reply):
    """The documents that were removed."""

    removed: list[str]


class JudgementBody(_Body):
    """What a person says of an answer, with the answer as the reply gave it."""

    question: QuestionText = Field(description="`understood` of the reply.")
    verdict: Literal["right", "wrong", "wrong passage"]
    answer: str = Field(max_length=10_000, description="Empty when there was no answer.")
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
