import asyncio
import datetime
import sys
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from embeddings import Document, Section
from qa import Assistant, Config
from qa.monitoring.feedback import Feedback
from qa.server.app import create_app
from qa.server.keys import Keys
from qa.server.mcp import MAX_CHARACTERS, mcp_server
from qa.server.service import Service

ROOT = Path(__file__).parents[3]


def call(service: Service, tool: str, **arguments: object) -> CallToolResult:
    async def called() -> CallToolResult:
        async with Client(mcp_server(service)) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(called())


def text(result: CallToolResult) -> str:
    [content] = result.content
    return content.text


def test_tools_have_schemas_and_are_read_only(service: Service) -> None:
    async def listed():
        async with Client(mcp_server(service)) as client:
            return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asyncio.run(listed())}
    assert set(tools) == {"ask", "timeline", "search", "get_document"}
    assert tools["ask"].input_schema["required"] == ["question"]
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint
        assert tool.output_schema["type"] == "object"


def test_ask_returns_answer_sentence_and_citation(service: Service) -> None:
    result = call(service, "ask", question="Who won the prize for the best bread?")
    best = result.structured_content["answer"]
    assert (best["document"]["id"], best["document"]["date"]) == ("fair.txt", "2019-05-11")
    document = service.assistant.index.document("fair.txt")
    assert document.text[best["start"] : best["end"]] == best["answer"]
    first, second, *_ = text(result).split("\n")
    assert "Rosa Pell" in first
    assert second == "“Baker Rosa Pell won the prize for the best bread.”"
    assert f"[fair.txt:{best['start']}-{best['end']}]" in text(result)
    assert result.structured_content["nearest"] is None


def test_as_of_excludes_later_documents(service: Service) -> None:
    question = "Who won the prize for the best bread?"
    assert call(service, "ask", question=question, as_of="2019-05-11").structured_content["answers"]
    early = call(service, "ask", question=question, as_of="2019-05-10").structured_content
    assert early["answers"] == []


def test_no_answer_returns_the_nearest_passage(service: Service) -> None:
    result = call(service, "ask", question="Who is the king of Spain?")
    assert text(result).startswith("The documents do not answer this: no passage")
    assert "\nNearest passage:" in text(result)
    assert result.structured_content["answers"] == []
    assert result.structured_content["nearest"]["document"]["id"]


def test_timeline_returns_values_in_order(service: Service) -> None:
    question = "Who won the prize for the best bread?"
    later = "At the fair of Dunmore baker Hugo Anders won the prize for the best bread."
    day = datetime.date(2020, 5, 9)
    service.assistant.index.add([Document("later.txt", later, title="The fair again", date=day)])
    both = ["fair.txt", "later.txt"]
    result = call(service, "timeline", question=question, documents=both)
    first, second = result.structured_content["values"]
    assert ("Rosa Pell" in first["value"], first["superseded"]) == (True, True)
    assert ("Hugo Anders" in second["value"], second["superseded"]) == (True, False)
    assert (second["first"], second["last"]) == ("2020-05-09", "2020-05-09")
    assert [one["document"]["id"] for one in second["answers"]] == ["later.txt"]
    shown, _ = text(result).split("\n\n")
    assert shown.startswith(f"2019-05-11, superseded since: {first['value']}\n")
    assert "[fair.txt:" in shown
    nothing = call(service, "timeline", question=question, before="2018-01-01")
    assert text(nothing) == "No dated document answers this."


@pytest.mark.parametrize("documents", [[], [""], ""])
@pytest.mark.parametrize("tool", ["ask", "timeline", "search"])
def test_empty_arguments_mean_not_set(service: Service, tool: str, documents: object) -> None:
    empty: dict[str, object] = {"after": "", "before": "", "documents": documents}
    empty |= {"k": ""} if tool == "search" else {"as_of": ""}
    empty |= {"min_precision": "", "undated": ""} if tool == "ask" else {}
    question = "Who bought the old mill?"
    with_empty = call(service, tool, question=question, **empty)
    without = call(service, tool, question=question)
    assert not with_empty.is_error
    assert text(with_empty) == text(without)


def test_page_and_section_are_in_the_citation(service: Service) -> None:
    document = Document(
        id="report.pdf",
        title="Report",
        text="Harbour\n\nThe pier was broken by a storm.\n\nFerry\n\nCaptain Ode Lund steers it.",
        sections=(Section("Harbour", 1, 0), Section("Ferry", 1, 43)),
        pages=(0, 43),
    )
    service.assistant.index.add([document])
    result = call(service, "ask", question="Who steers the ferry?", documents=["report.pdf"])
    assert "Report · p. 2 · Ferry [report.pdf:" in text(result)


def test_dates_and_documents_filter_ask_and_search(service: Service) -> None:
    for tool in ("ask", "search"):
        for within in ({"before": "2019-12-31"}, {"documents": ["fair.txt"]}):
            result = call(service, tool, question="Who bought the mill?", **within)
            assert "news/2021/mill.txt" not in str(result.structured_content)
            assert not result.is_error


def test_undated_documents_are_counted_and_searched_if_asked_for(service: Service) -> None:
    service.assistant.index.add([Document("undated.txt", "The bell was cast by Tom Reed.")])
    options = {"question": "Who cast the bell?", "after": "2019-01-01"}
    without = call(service, "ask", **options)
    assert without.structured_content["undated"] == 1
    assert text(without).endswith("left out: 1. Set `undated` to search them as well.")
    found = call(service, "ask", **options, undated=True)
    assert found.structured_content["answers"][0]["document"]["id"] == "undated.txt"
    assert "left out" not in text(found)


def test_search_returns_passages_with_offsets(service: Service) -> None:
    result = call(service, "search", question="the old mill", k=1)
    [passage] = result.structured_content["hits"]
    assert passage["document"]["id"] == "news/2021/mill.txt"
    assert passage["text"] in text(result)


def test_long_document_is_returned_in_parts(service: Service) -> None:
    whole = "".join(f"Line {number} of the long report.\n" for number in range(1000))
    service.assistant.index.add([Document(id="long.txt", text=whole)])
    pieces, start = [], 0
    while start is not None:
        result = call(service, "get_document", document_id="long.txt", start=start)
        assert text(result) == result.structured_content["text"]
        assert len(text(result)) <= MAX_CHARACTERS
        pieces.append(text(result))
        start = result.structured_content["next_start"]
    assert "".join(pieces) == whole
    result = call(service, "get_document", document_id="long.txt", start=5, end=11)
    assert (text(result), result.structured_content["next_start"]) == (whole[5:11], None)


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("ask", {"question": "  "}, "The question is empty"),
        ("ask", {"question": "Who?", "after": "soon"}, "is not a date"),
        ("ask", {}, "question"),
        ("search", {"question": "Who?", "k": 0}, "greater than or equal to 1"),
        ("ask", {"question": "Who?", "history": []}, "ask has no argument 'history'; it has quest"),
        ("search", {"question": "Who?", "top_k": 3}, "search has no argument 'top_k'"),
        ("get_document", {"document_id": "none.txt"}, "There is no document 'none.txt'"),
    ],
)
def test_invalid_arguments_return_a_tool_error(
    service: Service, tool: str, arguments: dict, message: str
) -> None:
    result = call(service, tool, **arguments)
    assert result.is_error
    assert message in text(result)


def over_http(
    assistant: Assistant,
    feedback: Feedback,
    keys: Keys | None,
    headers: dict[str, str],
    path: str = "/mcp",
) -> CallToolResult:
    """Ask through the application and the official client, without a socket."""
    app = create_app(assistant, config=Config(), feedback=feedback, keys=keys)

    async def called() -> CallToolResult:
        transport = httpx2.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, headers=headers) as http,
            Client(streamable_http_client(f"http://localhost{path}", http_client=http)) as client,
        ):
            return await client.call_tool("ask", {"question": "Who bought the old mill?"})

    return asyncio.run(called())


def test_mcp_works_over_http(assistant: Assistant, feedback: Feedback) -> None:
    for path in ("/mcp", "/mcp/"):
        assert "Ines Varga" in text(over_http(assistant, feedback, None, {}, path))


def test_server_states_its_version(service: Service) -> None:
    async def info():
        async with Client(mcp_server(service)) as client:
            return client.server_info

    assert asyncio.run(info()).version == version("document-qa-assistant")


def test_mcp_over_http_requires_the_key(assistant: Assistant, feedback: Feedback) -> None:
    keys = Keys.of(["secret"])
    bearer = {"Authorization": "Bearer secret"}
    assert "Ines Varga" in text(over_http(assistant, feedback, keys, bearer))
    with pytest.raises(ExceptionGroup) as refused:
        over_http(assistant, feedback, keys, {})
    [leaf] = leaves(refused.value)
    assert isinstance(leaf, MCPError)


def leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in leaves(inner)]
    return [error]


def test_mcp_works_over_standard_input_and_output(assistant: Assistant, tmp_path) -> None:
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "qa", "mcp", "--index", str(tmp_path / "index")],
        cwd=ROOT,
    )

    async def called() -> CallToolResult:
        async with Client(stdio_client(parameters)) as client:
            return await client.call_tool("ask", {"question": "Who bought the old mill?"})

    assert "Ines Varga" in text(asyncio.run(called()))
