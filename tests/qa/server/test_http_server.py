import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from qa.server.http_server import Connection
from tests.qa.server.forward_loop import forward, run

LIMIT = Connection.header_seconds
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"


@asynccontextmanager
async def connected() -> AsyncIterator[
    tuple[asyncio.StreamReader, asyncio.StreamWriter, asyncio.Event]
]:
    """Connect to a server; the event is set when it has read the headers of a request."""
    started = asyncio.Event()

    async def length(request: Request) -> PlainTextResponse:
        started.set()
        body = await request.body()
        await forward(4 * LIMIT)
        return PlainTextResponse(f"{len(body)} bytes")

    app = Starlette(routes=[Route("/", length, methods=["POST"])])
    # Uvicorn has its own limit for idle connections.
    config = uvicorn.Config(app, http=Connection, log_level="error", timeout_keep_alive=1000)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        yield reader, writer, started
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        server.should_exit = True
        await serving


async def seconds_until_closed(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, each_second: bytes = b""
) -> int:
    """Put the clock forward until the server closes the connection."""
    reading = asyncio.create_task(reader.read())
    for seconds in count():
        await asyncio.sleep(0.001)  # for the operating system's part
        if reading.done():
            with suppress(ConnectionError):
                assert reading.result() == b""
            return seconds
        writer.write(each_second)
        await forward(1)
    raise AssertionError


@pytest.mark.parametrize("sent", [b"", b"POST / HT", HEAD[:-2]])
def test_incomplete_headers_close_the_connection_in_time(sent: bytes) -> None:
    async def test() -> None:
        async with connected() as (reader, writer, _):
            writer.write(sent)
            assert LIMIT / 2 < await seconds_until_closed(reader, writer) < 4 * LIMIT

    run(test())


def test_slow_headers_do_not_extend_the_time_limit() -> None:
    async def test() -> None:
        async with connected() as (reader, writer, _):
            writer.write(b"GET / HTTP/1.1\r\nX: ")
            assert LIMIT / 2 < await seconds_until_closed(reader, writer, b"x") < 4 * LIMIT

    run(test())


def test_slow_body_and_slow_response_are_not_limited() -> None:
    async def test() -> None:
        async with connected() as (reader, writer, started):
            writer.write(HEAD + b"ab")
            await started.wait()
            await forward(4 * LIMIT)
            writer.write(b"cd")
            assert (await reader.readuntil(b" bytes")).endswith(b"4 bytes")

    run(test())


def test_second_request_has_the_same_time_limit() -> None:
    async def test() -> None:
        async with connected() as (reader, writer, _):
            for _ in range(2):
                writer.write(HEAD + b"abcd")
                await reader.readuntil(b" bytes")
                await forward(4 * LIMIT)
            writer.write(HEAD[:20])
            assert LIMIT / 2 < await seconds_until_closed(reader, writer) < 4 * LIMIT

    run(test())
