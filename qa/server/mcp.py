"""The agents' door: the Model Context Protocol, over stdio and over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Receive, Scope, Send

from embeddings import AssistantError, DateRange, Document, Filter, Hit
from qa.config import MAX_K, MAX_QUESTION_CHARACTERS
from qa.serialization import why_not
from qa.server.service import Service
from qa.timeline.timeline import Timeline
from qa.types import Answer, Reason, Reply
from qa.types import Citation as CitedWords

__all__ = ["mcp_server", "over_http"]

_T = TypeVar("_T")

MAX_CHARACTERS = 20_000
"""How much of a document is given at once: a book would drown the conversation."""

_INSTRUCTIONS = (
    "Answers come from this collection of documents alone, as exact quotations. Cite them by "
    "document_id, start and end. When `ask` says that the documents do not answer, say so; do not "
    "fill in an answer."
)
_READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

_Question: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_QUESTION_CHARACTERS,
        description="In plain words, standing alone.",
    ),
]
_After: TypeAlias = Annotated[
    str | None, Field(description="Only documents of this day or later, YYYY-MM-DD.")
]
_Before: TypeAlias = Annotated[
    str | None, Field(description="Only documents of this day or earlier, YYYY-MM-DD.")
]
_AsOf: TypeAlias = Annotated[
    str | None, Field(description="The day of asking, YYYY-MM-DD: nothing later is looked at.")
]
_Documents: TypeAlias = Annotated[
    list[str] | None, Field(description="Ids; only these documents are looked at.")
]
_Precision: TypeAlias = Annotated[
    float | None,
    Field(ge=0, le=1, description="How often answers are to be right; null for the default."),
]


class Citation(BaseModel):
    """A quotation: characters `start` to `end` (half-open) of a document."""

    document_id: str
    title: str
    date: str | None
    start: int
    end: int
    text: str


class CitedAnswer(Citation):
    """Words that answer, with the sentence they stand in."""

    score: float = Field(description="The probability that this is the answer, 0 to 1.")
    sentence: str
    also: list[Citation] = Field(description="Where other documents say the same.")
    means: str | None = Field(description="The day or days that the words name, in ISO 8601.")


class AskResult(BaseModel):
    """The answers, best first; none when the documents do not answer."""

    answers: list[CitedAnswer]
    reason: Reason | None = Field(description="Why there is no answer.")
    nearest: Citation | None = Field(description="The nearest passage when there is no answer.")


class TimelineValue(BaseModel):
    """A value that documents gave, from a day to a day."""

    value: str = Field(description="In the words of the surest answer.")
    first: str
    last: str
    superseded: bool = Field(description="All that give it are older than some other value.")
    answers: list[CitedAnswer] = Field(description="One a document, oldest first.")


class TimelineResult(BaseModel):
    """How the answer changed, by the day that each value was first given."""

    values: list[TimelineValue]


class SearchResult(BaseModel):
    """The passages that fit best, best first."""

    passages: list[Citation]


class DocumentExcerpt(Citation):
    """A stretch of a document's text."""

    characters: int = Field(description="How long the whole text is.")
    next_start: int | None = Field(description="Where to go on reading; null at the end.")


def mcp_server(service: Service) -> MCPServer:
    """Offer the corpus to agents: ask, timeline, search and get_document."""
    server = MCPServer("document-qa-assistant", instructions=_INSTRUCTIONS, log_level="WARNING")
    index, config = service.assistant.index, service.config

    @server.tool(annotations=_READ_ONLY)
    async def ask(
        question: _Question,
        after: _After = None,
        before: _Before = None,
        as_of: _AsOf = None,
        documents: _Documents = None,
        min_precision: _Precision = None,
    ) -> Annotated[CallToolResult, AskResult]:
        """Answer a question in the exact words of the documents, with citations.

        A time in the question ("last week", "since May 2020") is understood, from `as_of` on.
        """

        def answer() -> Reply:
            return service.assistant.ask(
                question,
                k=config.k,
                answers=config.answers,
                after=after,
                before=before,
                as_of=as_of,
                documents=documents,
                min_precision=min_precision,
            )

        reply = await _translated(lambda: service.ask(answer))
        nearest = _hit(reply.hits[0]) if reply.hits and not reply.answers else None
        answers = [_answer(found) for found in reply.answers]
        asked = AskResult(answers=answers, reason=reply.reason, nearest=nearest)
        lines = [_answer_line(found) for found in asked.answers]
        if not lines:
            lines = [f"The documents do not answer this: {why_not(reply)}."]
            lines += ["Nearest passage:", _citation_line(nearest)] if nearest is not None else []
        return _result("\n".join(lines), asked)

    @server.tool(annotations=_READ_ONLY)
    async def timeline(
        question: _Question,
        after: _After = None,
        before: _Before = None,
        as_of: _AsOf = None,
        documents: _Documents = None,
    ) -> Annotated[CallToolResult, TimelineResult]:
        """Tell how the answer to a question changed over time, in dated documents' exact words."""

        def trace() -> Timeline:
            return service.assistant.timeline(
                question,
                k=config.k,
                slices=config.timeline_slices,
                after=after,
                before=before,
                documents=documents,
                min_score=config.timeline_min_score,
                as_of=as_of,
            )

        found = await _translated(lambda: service.readers.run(trace))
        traced = TimelineResult(
            values=[
                TimelineValue(
                    value=told.best.text,
                    first=told.first.isoformat(),
                    last=told.last.isoformat(),
                    superseded=told.superseded,
                    answers=[_answer(answer) for answer in told.answers],
                )
                for told in found.values
            ]
        )
        lines = [_timeline_line(told) for told in traced.values]
        return _result("\n\n".join(lines) or "No dated document answers this.", traced)

    @server.tool(annotations=_READ_ONLY)
    async def search(
        question: _Question,
        k: Annotated[int, Field(ge=1, le=MAX_K, description="How many passages.")] = 5,
        after: _After = None,
        before: _Before = None,
        documents: _Documents = None,
    ) -> Annotated[CallToolResult, SearchResult]:
        """Find the passages that fit a question or some words best."""

        def find() -> list[Hit]:
            allowed = None if documents is None else frozenset(documents)
            within = Filter(dates=DateRange.of(after, before), documents=allowed)
            return index.search(question, k, within=within)

        hits = await _translated(lambda: service.readers.run(find))
        found = SearchResult(passages=[_hit(hit) for hit in hits])
        lines = [_citation_line(passage) for passage in found.passages]
        return _result("\n\n".join(lines) or "Nothing found.", found)

    @server.tool(annotations=_READ_ONLY)
    async def get_document(
        document_id: str,
        start: Annotated[int, Field(ge=0, description="The first character.")] = 0,
        end: Annotated[int | None, Field(ge=0, description="Half-open; null for the end.")] = None,
    ) -> Annotated[CallToolResult, DocumentExcerpt]:
        """Read a document, or the characters that a citation names."""
        document = await _translated(
            lambda: service.readers.run(lambda: index.document(document_id))
        )
        if document is None:
            raise ToolError(f"There is no document {document_id!r}; `search` tells ids.")
        stretch = _stretch(document, start, end)
        return _result(stretch.text, stretch)

    return server


def over_http(service: Service) -> ASGIApp:
    """Serve agents at /mcp of an application that has looked at the host and the origin already."""
    server = mcp_server(service)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # Nothing is kept between requests, so each has an application of its own, which ends with
        # it; this address stands for any host, and nothing listens on it.
        anywhere = "0.0.0.0"  # nosec B104
        app = server.streamable_http_app(stateless_http=True, json_response=True, host=anywhere)
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)

    return serve


async def _translated(work: Callable[[], Awaitable[_T]]) -> _T:
    """Raise errors of the project as those that an agent is told of."""
    try:
        return await work()
    except AssistantError as error:
        raise ToolError(str(error)) from error


def _result(text: str, structured: BaseModel) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=structured.model_dump(mode="json"),
    )


def _answer(answer: Answer) -> CitedAnswer:
    document = answer.document
    begin, end = answer.sentence
    return CitedAnswer(
        document_id=document.id,
        title=document.title,
        date=document.date.isoformat() if document.date else None,
        start=answer.start,
        end=answer.end,
        text=answer.text,
        score=answer.score,
        sentence=document.text[begin:end],
        also=[_citation(cited) for cited in answer.citations],
        means=None if answer.date is None else answer.date.iso,
    )


def _citation(cited: CitedWords) -> Citation:
    document = cited.document
    return Citation(
        document_id=document.id,
        title=document.title,
        date=document.date.isoformat() if document.date else None,
        start=cited.start,
        end=cited.end,
        text=cited.text,
    )


def _hit(hit: Hit) -> Citation:
    chunk = hit.chunk
    return Citation(
        document_id=chunk.document_id,
        title=chunk.title,
        date=chunk.date.isoformat() if chunk.date else None,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
    )


def _stretch(document: Document, start: int, end: int | None) -> DocumentExcerpt:
    length = len(document.text)
    begin = min(start, length)
    wanted = length if end is None else min(max(end, begin), length)
    last = min(wanted, begin + MAX_CHARACTERS)
    return DocumentExcerpt(
        document_id=document.id,
        title=document.title,
        date=document.date.isoformat() if document.date else None,
        start=begin,
        end=last,
        text=document.text[begin:last],
        characters=length,
        next_start=last if last < wanted else None,
    )


def _place(citation: Citation) -> str:
    named = " · ".join(part for part in (citation.title, citation.date) if part)
    return f"{named} [{citation.document_id}:{citation.start}-{citation.end}]".strip()


def _answer_line(answer: CitedAnswer) -> str:
    means = "" if answer.means in (None, answer.text) else f" = {answer.means}"
    return (
        f"{answer.text}{means} ({answer.score:.0%} sure)\n"
        f"“{' '.join(answer.sentence.split())}”\n{_place(answer)}"
    )


def _timeline_line(told: TimelineValue) -> str:
    days = told.first if told.first == told.last else f"{told.first} to {told.last}"
    superseded = ", superseded since" if told.superseded else ""
    return "\n".join([f"{days}{superseded}: {told.value}", *map(_place, told.answers)])


def _citation_line(citation: Citation) -> str:
    return f"{_place(citation)}\n{citation.text}"
