"""Model Context Protocol server with the tools ask, timeline, search and get_document."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated, Any, TypeAlias

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BeforeValidator, Field
from starlette.types import ASGIApp, Receive, Scope, Send

from embeddings import AssistantError, Chunk
from qa.config import MAX_K, MAX_QUESTION_CHARACTERS
from qa.options import DESCRIPTIONS
from qa.serialization import hit_json, reply_json, timeline_json
from qa.server.documents import document_text_json
from qa.server.responses import DocumentExcerpt, HitList, ReplyJson, TimelineJson
from qa.server.service import Service
from qa.timeline.timeline import TimelineEntry
from qa.types import Answer, Citation, Reason

MAX_CHARACTERS = 20_000
"""Maximum number of characters of a document in one result."""

_SEARCH_K = 5

_INSTRUCTIONS = (
    "Answers are exact quotations from this collection of documents. Cite them by document id, "
    "start and end. If `ask` finds no answer, report that; do not make one up."
)
_READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

_WHY: Mapping[Reason, str] = {
    "nothing found": "no document matches the filters",
    "no answer": "no passage answers it with enough confidence",
    "answers disagree": "the passages give different answers, and none is likely enough",
}

# Agents send empty texts and lists for "not set".
_EMPTY_AS_NONE = BeforeValidator(lambda value: None if value in ("", []) else value)


def _option(name: str) -> Any:
    return Field(description=DESCRIPTIONS[name])


_Question: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_QUESTION_CHARACTERS,
        description="In plain words, independent of earlier questions.",
    ),
]
_After: TypeAlias = Annotated[str | None, _option("after"), _EMPTY_AS_NONE]
_Before: TypeAlias = Annotated[str | None, _option("before"), _EMPTY_AS_NONE]
_Undated: TypeAlias = Annotated[bool | None, _option("undated"), _EMPTY_AS_NONE]
_AsOf: TypeAlias = Annotated[str | None, _option("as_of"), _EMPTY_AS_NONE]
_Documents: TypeAlias = Annotated[list[str] | None, _option("documents"), _EMPTY_AS_NONE]
_Precision: TypeAlias = Annotated[
    float | None, Field(ge=0, le=1, description=DESCRIPTIONS["min_precision"]), _EMPTY_AS_NONE
]
_Count: TypeAlias = Annotated[
    int | None,
    Field(ge=1, le=MAX_K, description=f"Number of passages. Default: {_SEARCH_K}."),
    _EMPTY_AS_NONE,
]
_Offset: TypeAlias = Annotated[
    int | None, Field(ge=0, description="Character offset."), _EMPTY_AS_NONE
]


class _Server(MCPServer):
    """A server that refuses unknown arguments of its tools; the library ignores them."""

    async def call_tool(self, name: str, arguments: dict[str, Any], *args: Any) -> Any:
        """Call a tool.

        Raises:
            ToolError: an argument is unknown, or the tool has failed.
        """
        for tool in await self.list_tools():
            known = tool.input_schema["properties"]
            unknown = [one for one in arguments if one not in known]
            if tool.name == name and unknown:
                raise ToolError(
                    f"{name} has no argument {unknown[0]!r}; it has {', '.join(known)}."
                )
        return await super().call_tool(name, arguments, *args)


def mcp_server(service: Service) -> MCPServer:
    """Create the server."""
    server = _Server(
        "document-qa-assistant",
        version=version("document-qa-assistant"),
        instructions=_INSTRUCTIONS,
        log_level="WARNING",
    )

    @server.tool(annotations=_READ_ONLY)
    async def ask(  # noqa: PLR0913 (each argument is a field of the tool)
        question: _Question,
        after: _After = None,
        before: _Before = None,
        undated: _Undated = None,
        as_of: _AsOf = None,
        documents: _Documents = None,
        min_precision: _Precision = None,
    ) -> Annotated[CallToolResult, ReplyJson]:
        """Answer a question with exact quotations from the documents, with citations.

        A time in the question ("last week", "since May 2020") is used; it counts from `as_of`.
        """
        options = {"undated": undated, "as_of": as_of, "min_precision": min_precision}
        with _tool_errors():
            reply = await service.ask(
                question, after=after, before=before, documents=documents, **options
            )
        lines = [_answer_text(answer) for answer in reply.answers]
        if not lines:
            lines = [f"The documents do not answer this: {_WHY[reply.reason or 'no answer']}."]
            if reply.hits:
                lines += ["Nearest passage:", _passage_text(reply.hits[0].chunk)]
        if reply.undated:
            left_out = f"Documents without a date that were left out: {reply.undated}."
            lines.append(f"{left_out} Set `undated` to search them as well.")
        return _result("\n".join(lines), reply_json(reply))

    @server.tool(annotations=_READ_ONLY)
    async def timeline(
        question: _Question,
        after: _After = None,
        before: _Before = None,
        as_of: _AsOf = None,
        documents: _Documents = None,
    ) -> Annotated[CallToolResult, TimelineJson]:
        """Show how the answer to a question changed over time, quoted from dated documents."""
        with _tool_errors():
            found = await service.timeline(
                question, after=after, before=before, as_of=as_of, documents=documents
            )
        entries = [_entry_text(entry) for entry in found.values]
        text = "\n\n".join(entries) or "No dated document answers this."
        return _result(text, timeline_json(found))

    @server.tool(annotations=_READ_ONLY)
    async def search(
        question: _Question,
        k: _Count = None,
        after: _After = None,
        before: _Before = None,
        documents: _Documents = None,
    ) -> Annotated[CallToolResult, HitList]:
        """Find the passages that match a question or keywords best."""
        most = k or _SEARCH_K
        with _tool_errors():
            hits = await service.search(
                question, most, after=after, before=before, documents=documents
            )
        text = "\n\n".join(_passage_text(hit.chunk) for hit in hits) or "Nothing found."
        return _result(text, {"hits": [hit_json(hit) for hit in hits]})

    @server.tool(annotations=_READ_ONLY)
    async def get_document(
        document_id: str, start: _Offset = None, end: _Offset = None
    ) -> Annotated[CallToolResult, DocumentExcerpt]:
        """Read a document, or its characters from `start` to `end` (exclusive).

        A long document is returned in parts: continue at `next_start`.
        """
        with _tool_errors():
            index = service.assistant.index
            document = await service.readers.run(lambda: index.document(document_id))
        if document is None:
            raise ToolError(f"There is no document {document_id!r}; `search` returns ids.")
        first, wanted, _ = slice(start, end).indices(len(document.text))
        last = min(max(wanted, first), first + MAX_CHARACTERS)
        excerpt = document_text_json(document, first, last)
        next_start = last if last < wanted else None
        return _result(document.text[first:last], {**excerpt, "next_start": next_start})

    return server


def http_app(service: Service) -> ASGIApp:
    """Create the ASGI application for MCP over HTTP. The middleware has checked host and origin."""
    server = mcp_server(service)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # The server is stateless, so each request has an application of its own. The address
        # disables a check of host names; nothing listens on it.
        any_host = "0.0.0.0"  # nosec B104
        app = server.streamable_http_app(stateless_http=True, json_response=True, host=any_host)
        async with app.router.lifespan_context(app):
            await app({**scope, "root_path": "", "path": "/mcp"}, receive, send)

    return serve


@contextmanager
def _tool_errors() -> Iterator[None]:
    """Raise errors of the project as errors of a tool, whose message the agent gets."""
    try:
        yield
    except AssistantError as error:
        raise ToolError(str(error)) from error


def _result(text: str, structured: Mapping[str, Any]) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=dict(structured)
    )


def _answer_text(answer: Answer) -> str:
    date = answer.date
    means = "" if date is None or date.iso == answer.text else f" = {date.iso}"
    start, end = answer.sentence
    sentence = " ".join(answer.document.text[start:end].split())
    return f"{answer.text}{means} ({answer.score:.0%} sure)\n“{sentence}”\n{_source(answer)}"


def _entry_text(entry: TimelineEntry) -> str:
    first, last = entry.first.isoformat(), entry.last.isoformat()
    days = first if first == last else f"{first} to {last}"
    superseded = ", superseded since" if entry.superseded else ""
    return "\n".join(
        [f"{days}{superseded}: {entry.best.text}", *(_source(answer) for answer in entry.answers)]
    )


def _source(quotation: Answer | Citation | Chunk) -> str:
    """Return title, date, page and section of a quotation, and its offsets."""
    if isinstance(quotation, Chunk):
        title, date, document_id = quotation.title, quotation.date, quotation.document_id
    else:
        document = quotation.document
        title, date, document_id = document.title, document.date, document.id
    day = date.isoformat() if date else ""
    page = "" if quotation.page is None else f"p. {quotation.page}"
    name = " · ".join(filter(None, (title, day, page, " > ".join(quotation.section))))
    return f"{name} [{document_id}:{quotation.start}-{quotation.end}]".strip()


def _passage_text(chunk: Chunk) -> str:
    return f"{_source(chunk)}\n{chunk.text}"
