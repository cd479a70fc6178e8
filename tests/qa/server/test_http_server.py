import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from qa.server.http_server import Connection

SECONDS = 0.4


class ShortTimeout(Connection):
    header_seconds = SECONDS


async def length(request: Request) -> PlainTextResponse:
    """Return the length of the body after a pause."""
    body = await request.body()
    await asyncio.sleep(1.5 * SECONDS)
    return PlainTextResponse(f"{len(body)} bytes")


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    app = Starlette(routes=[Route("/", length, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, http=ShortTimeout, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()
        server.should_exit = True
        thread.join()


def closed_after(connection: socket.socket) -> float:
    """Wait until the server closes the connection; return the seconds."""
    began = time.monotonic()
    connection.settimeout(20 * SECONDS)
    assert connection.recv(1) == b""
    return time.monotonic() - began


HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"


def received(connection: socket.socket) -> bytes:
    connection.settimeout(20 * SECONDS)
    response = b""
    while not response.endswith(b" bytes"):
        part = connection.recv(1000)
        assert part, response
        response += part
    return response


@pytest.mark.parametrize("sent", [b"", b"POST / HT", HEAD[:-2]])
def test_incomplete_headers_close_the_connection_in_time(
    address: tuple[str, int], sent: bytes
) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(sent)
        assert 0.5 * SECONDS < closed_after(connection) < 10 * SECONDS


def test_slow_headers_do_not_extend_the_time_limit(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        sent = 0
        with suppress(OSError):  # the server has closed the connection
            while sent < 200:
                connection.sendall(b"x")
                time.sleep(SECONDS / 10)
                sent += 1
    assert 5 <= sent < 100


def test_slow_body_and_slow_response_are_not_limited(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(HEAD + b"ab")
        time.sleep(1.5 * SECONDS)
        connection.sendall(b"cd")
        assert received(connection).endswith(b"4 bytes")


def test_second_request_has_the_same_time_limit(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(HEAD + b"abcd")
        received(connection)
        time.sleep(1.5 * SECONDS)  # uvicorn has its own limit for idle connections
        connection.sendall(HEAD + b"abcd")
        received(connection)
        connection.sendall(HEAD[:20])
        assert 0.5 * SECONDS < closed_after(connection) < 10 * SECONDS
