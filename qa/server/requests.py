"""Bodies and parameters of requests to the HTTP API, for validation and its OpenAPI description."""

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
        return given | {name: values[name] for name in values if name not in optional}


QuestionText: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARACTERS)]
K: TypeAlias = Annotated[int, Field(ge=1, le=MAX_K)]
_EMPTY_AS_NONE = BeforeValidator(
    lambda value: None if value == "" else value, json_schema_input_type=int | Literal[""] | None
)
OptionalK: TypeAlias = Annotated[K | None, _EMPTY_AS_NONE]
"""Query parameter; empty for "not set"."""
Offset: TypeAlias = Annotated[Annotated[int, Field(ge=0, le=1_000_000_000)] | None, _EMPTY_AS_NONE]
PageSize: TypeAlias = Annotated[Annotated[int, Field(ge=1, le=1000)] | None, _EMPTY_AS_NONE]
Share: TypeAlias = Annotated[FiniteFloat, Field(ge=0, le=1)]
AnswerText: TypeAlias = Annotated[str, Field(max_length=10_000)]
DocumentId: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
DocumentIdOrEmpty: TypeAlias = Annotated[str, Field(max_length=2000)]
DocumentIds: TypeAlias = Annotated[list[DocumentIdOrEmpty], Field(max_length=1000)]
Metadata: TypeAlias = dict[str, bool | int | FiniteFloat | str]
MAX_QUESTIONS = 50


def _option(name: str) -> Any:
    return Field(None, description=DESCRIPTIONS[name])


class TurnBody(_Body):
    """An earlier question of the conversation."""

    question: QuestionText = Field(description="`understood` of its reply.")
    answer: AnswerText | None = Field(description="Text of the answer; null if there was none.")


class _Filters(_Body):
    after: str | None = _option("after")
    before: str | None = _option("before")
    as_of: str | None = _option("as_of")
    documents: DocumentIds | None = _option("documents")


class _Ask(_Filters):
    k: K | None = _option("k")
    min_read: K | None = _option("min_read")
    answers: Annotated[int, Field(ge=1, le=MAX_ANSWERS)] | None = _option("answers")
    min_score: Share | None = _option("min_score")
    min_precision: Share | None = _option("min_precision")
    window: bool | None = _option("window")
    undated: bool | None = _option("undated")


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


def _drop_empty_form(body: object) -> object:
    """Drop an empty `questions` next to `question`, and the other way round."""
    forms = {"question", "questions"}
    if not isinstance(body, dict) or not forms <= body.keys():
        return body
    return {name: value for name, value in body.items() if value or name not in forms}


AskBody: TypeAlias = Annotated[
    Annotated[AskOne, Tag("one")] | Annotated[AskMany, Tag("many")],
    Discriminator(_form),
    BeforeValidator(_drop_empty_form),
]


class TimelineBody(_Filters):
    """A question about how something changed."""

    question: QuestionText = Field(description="Independent of earlier questions.")
    k: Annotated[int, Field(ge=1, le=50)] | None = Field(
        None, description="Retrieve at most this many passages of each time slice."
    )
    slices: Annotated[int, Field(ge=1, le=24)] | None = Field(
        None, description="Number of time slices."
    )
    min_score: Share | None = Field(
        None, description="Lowest score of an answer, 0 to 1, as if its passage were the only one."
    )


class NewDocument(_Body):
    """A text to add to the index."""

    id: DocumentId = Field(description="A document with this id is replaced.")
    text: str = Field(min_length=1)
    title: Annotated[str, Field(max_length=2000)] | None = None
    date: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] | None = Field(
        None, description="YYYY-MM-DD"
    )
    metadata: Metadata | None = None


class JudgementBody(_Body):
    """A verdict on an answer, with the answer as in the reply."""

    question: QuestionText = Field(description="`understood` of the reply.")
    verdict: Literal["right", "wrong", "wrong passage"]
    answer: AnswerText = Field(description="Empty if there was no answer.")
    document_id: DocumentId
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    context: str = Field(min_length=1, max_length=100_000)
