"""Clients that send a whole body before they read must see the status of a refused request."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from qa import Assistant, Config
from qa.monitoring.feedback import Feedback
from qa.server.app import create_app
from qa.server.http_server import Connection
from qa.server.keys import Keys

KEY = {"X-API-Key": "secret"}


@pytest.fixture
def address(assistant: Assistant, feedback: Feedback) -> Iterator[str]:
    app = create_app(assistant, config=Config(), feedback=feedback, keys=Keys.of(["secret"]))
    server = uvicorn.Server(uvicorn.Config(app, http=Connection, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield "http://{}:{}".format(*listening.getsockname())
        server.should_exit = True
        thread.join()


def post_with_urllib(url: str, body: bytes, headers: dict[str, str]) -> int:
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def post_with_httpx(url: str, body: bytes, headers: dict[str, str]) -> int:
    headers = {"Content-Type": "application/json", **headers}
    return httpx.post(url, content=body, headers=headers, timeout=30).status_code


@pytest.mark.parametrize("post", [post_with_urllib, post_with_httpx])
@pytest.mark.parametrize(
    ("path", "size", "headers", "status"),
    [
        ("/api/v1/ask", 4_100_000, KEY, 413),
        ("/api/v1/ask", 12_000_000, KEY, 413),
        ("/mcp", 10_000_000, KEY, 413),
        ("/api/v1/nothing", 3_900_000, KEY, 404),
        ("/elsewhere", 3_900_000, KEY, 404),
        ("/api/v1/ask", 3_900_000, {**KEY, "Origin": "http://evil.example"}, 403),
        ("/api/v1/documents", 20_000_000, {}, 401),
        ("/api/v1/documents", 20_000_000, {"X-API-Key": "wrong"}, 401),
        ("/api/v1/documents", 3_000_000, {**KEY, "Content-Type": "text/plain"}, 415),
    ],
)
def test_client_reads_the_status_of_a_refused_body(
    address: str, post, path: str, size: int, headers: dict[str, str], status: int
) -> None:
    for _ in range(3):
        assert post(address + path, b"x" * size, headers) == status


def test_client_that_waits_for_permission_sends_no_refused_body(address: str) -> None:
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        response = b""
        while part := connection.recv(10_000):
            response += part
    assert response.startswith(b"HTTP/1.1 401")
    assert b"100 Continue" not in response
