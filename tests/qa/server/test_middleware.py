import asyncio
import base64
import hashlib
import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from embeddings import SettingsError
from qa.server import errors
from qa.server.keys import Keys
from qa.server.metrics import Metrics
from qa.server.middleware import LOOPBACK, SecurityMiddleware, SecurityRules
from tests.qa.server.forward_loop import ForwardLoop, forward, run
from tests.qa.server.test_api import refused

ROOT = Path(__file__).parents[3]
TIMEOUT = SecurityRules(max_upload_bytes=1000).timeout_seconds


async def answer(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def slow(_: Request) -> Response:
    await forward(2 * TIMEOUT)
    await asyncio.sleep(30)
    return PlainTextResponse("late")


async def long(_: Request) -> Response:
    async def parts():
        for _ in range(5):
            await forward(TIMEOUT)
            yield "part "

    return StreamingResponse(parts())


def client(rules: SecurityRules, *, base_url: str = "http://testserver") -> TestClient:
    paths = {"/health": answer, "/config": answer, "/api/v1/answer": answer, "/mcp": answer}
    paths |= {"/api/v1/documents": answer, "/api/v1/slow": slow, "/api/v1/long": long}
    routes = [Route(path, call, methods=["GET", "POST"]) for path, call in paths.items()]
    app = FastAPI(routes=routes)
    errors.install_handlers(app)
    middleware = SecurityMiddleware(app, rules=rules, metrics=Metrics(lambda: 0))
    loop = {"loop_factory": ForwardLoop}
    return TestClient(middleware, base_url=base_url, backend_options=loop)


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}


@pytest.mark.parametrize("path", ["/config", "/api/v1/answer", "/api/v1/none", "/mcp"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "wrong"},
        {"X-API-Key": ""},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": "secret"},
        {"Authorization": "Basic secret"},
        basic("wrong"),
    ],
)
def test_missing_or_wrong_key_returns_401(path: str, headers: dict[str, str]) -> None:
    response = client(SecurityRules(max_upload_bytes=1000, keys=Keys.of(["secret"]))).get(
        path, headers=headers
    )
    refused(response, 401, "key_refused")
    asked = "Basic" if path == "/config" else "Bearer"
    assert response.headers["WWW-Authenticate"].startswith(asked)


@pytest.mark.parametrize("key", ["secret", "schlüssel: 2"])
def test_each_key_is_accepted_in_each_header(key: str) -> None:
    opened = client(SecurityRules(max_upload_bytes=1000, keys=Keys.of(["secret", "schlüssel: 2"])))
    for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
        encoded = {name: value.encode() for name, value in headers.items()}
        assert opened.get("/api/v1/answer", headers=encoded).status_code == 200
    assert opened.get("/config", headers=basic(key)).status_code == 200


def test_health_needs_no_key() -> None:
    opened = client(SecurityRules(max_upload_bytes=1000, keys=Keys.of(["secret"])))
    assert opened.get("/health").status_code == 200


def test_keys_are_read_as_hashes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    first, second = (hashlib.sha256(key.encode()).hexdigest() for key in ("one", "two"))
    file.write_text(f"# ours\n{first}  -\n\n{second.upper()}  # Ada's\n")
    keys = Keys.read(file)
    assert [keys.accept(key.encode()) for key in ("one", "two", "three", first, "")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_key_in_place_of_its_hash_is_not_shown() -> None:
    good = hashlib.sha256(b"one").hexdigest()
    with pytest.raises(SettingsError, match="Hash 2 is not the SHA-256") as refused:
        Keys([good, "the-key-itself"])
    assert "the-key-itself" not in str(refused.value)


class Watched(str):
    """A hash that must not be compared with `==`, whose time depends on the position."""

    __slots__ = ()

    def lower(self) -> "Watched":
        return self

    def __eq__(self, _: object) -> bool:
        raise AssertionError("a hash was compared by ==")

    __hash__ = str.__hash__


def test_keys_are_compared_in_constant_time() -> None:
    hashes = [Watched(hashlib.sha256(key).hexdigest()) for key in (b"one", b"two")]
    keys = Keys(hashes)
    assert [keys.accept(key) for key in (b"one", b"two", b"three")] == [True, True, False]


@pytest.mark.parametrize(
    "headers", [{"X-API-Key": "a-secret"}, {"Authorization": "Bearer a-secret"}, basic("a-secret")]
)
@pytest.mark.parametrize("key", ["a-secret", "another"])
def test_keys_are_neither_logged_nor_returned(
    headers: dict[str, str], key: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def failing(request: Request) -> Response:
        raise RuntimeError(f"something of {request.url}")

    app = FastAPI(routes=[Route("/api/v1/answer", failing)])
    errors.install_handlers(app)
    rules = SecurityRules(max_upload_bytes=1000, keys=Keys.of([key]))
    middleware = SecurityMiddleware(app, rules=rules, metrics=Metrics(lambda: 0))
    with caplog.at_level(logging.DEBUG):
        opened = TestClient(middleware, raise_server_exceptions=False)
        response = opened.get("/api/v1/answer", headers=headers)
    assert response.status_code == (500 if key == "a-secret" else 401)
    assert response.status_code == 401 or "failed" in caplog.text
    encoded = base64.b64encode(b"me:a-secret").decode()
    for shown in (caplog.text, response.text, str(response.headers)):
        assert "a-secret" not in shown
        assert encoded not in shown


@pytest.mark.parametrize(
    "given", ["a\tb", "a b", "é", "a" * 65, "", "a\x7f", "<img>", "a,b", 'a"b']
)
def test_invalid_request_id_is_replaced(given: str) -> None:
    headers = {b"X-Request-ID": given.encode("latin-1")}
    shown = client(SecurityRules(max_upload_bytes=1000)).get("/health", headers=headers)
    assert re.fullmatch("[0-9a-f]{32}", shown.headers["X-Request-ID"])


def test_every_response_has_a_strict_content_policy() -> None:
    opened = client(SecurityRules(max_upload_bytes=1000))
    refusals = {"Origin": "http://evil.example"}
    for response in (opened.get("/config"), opened.get("/none"), opened.get("/", headers=refusals)):
        policy = dict(
            directive.split(" ", 1)
            for directive in response.headers["Content-Security-Policy"].split("; ")
        )
        allowed = {source for sources in policy.values() for source in sources.split()}
        inside = {"'self'", "'none'", "data:", "blob:"}
        assert allowed == inside | {"'unsafe-inline'", "'unsafe-eval'"}
        assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'self'"
        assert policy["object-src"] == policy["frame-ancestors"] == "'none'"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert not [name for name in response.headers if name.startswith("access-control-")]


def test_web_socket_is_refused() -> None:
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        client(SecurityRules(max_upload_bytes=1000)).websocket_connect("/gradio_api/queue/join"),
    ):
        pass
    assert closed.value.code == 1008


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("secret\n", "is not the SHA-256"),
        ("# none\n", "There is no API key"),
        (None, "cannot be read"),
    ],
)
def test_key_file_without_hashes_raises(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "keys.txt"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=message):
        Keys.read(file)
    with pytest.raises(SettingsError, match="must not be empty"):
        Keys.of([""])


@pytest.mark.parametrize(
    ("host", "let_in"),
    [
        ("localhost", True),
        ("localhost:7860", True),
        ("127.0.0.1:7860", True),
        ("[::1]:7860", True),
        ("evil.example", False),
        ("evil.example:7860", False),
        ("localhost.evil.example", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_unknown_host_returns_421(host: str, let_in: bool) -> None:
    opened = client(SecurityRules(max_upload_bytes=1000, hosts=LOOPBACK))
    response = opened.get("/api/v1/answer", headers={"Host": host})
    if let_in:
        assert response.status_code == 200
    else:
        refused(response, 421, "host_refused")


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [
        ("http://testserver", True),
        ("https://testserver", True),
        ("http://evil.example", False),
        ("http://testserver:81", False),
        ("null", False),
        ("http://[", False),
    ],
)
def test_foreign_origin_returns_403(origin: str, let_in: bool) -> None:
    opened = client(SecurityRules(max_upload_bytes=1000))
    for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE"):
        for path in ("/api/v1/answer", "/config", "/mcp"):
            response = opened.request(method, path, headers={"Origin": origin})
            if let_in:
                assert response.status_code in (200, 405)
            elif method == "HEAD":
                assert response.status_code == 403
            else:
                refused(response, 403, "origin_refused")


def test_several_hosts_or_origins_are_refused() -> None:
    for rules in (
        SecurityRules(max_upload_bytes=1000),
        SecurityRules(max_upload_bytes=1000, hosts=LOOPBACK),
    ):
        opened = client(rules, base_url="http://localhost")
        two = [("Host", "localhost"), ("Host", "evil.example")]
        refused(opened.get("/api/v1/answer", headers=two), 421, "host_refused")
        two = [("Origin", "http://localhost"), ("Origin", "http://evil.example")]
        refused(opened.post("/api/v1/answer", headers=two), 403, "origin_refused")


def test_forwarded_host_headers_are_removed() -> None:
    async def heard(request: Request) -> Response:
        return PlainTextResponse(" ".join(sorted(request.headers)))

    middleware = SecurityMiddleware(
        FastAPI(routes=[Route("/config", heard)]),
        rules=SecurityRules(max_upload_bytes=1000),
        metrics=Metrics(lambda: 0),
    )
    names = ("X-Forwarded-Host", "X-Gradio-Server", "X-Forwarded-Proto")
    shown = TestClient(middleware).get("/config", headers=dict.fromkeys(names, "evil.example")).text
    assert [name for name in names if name.lower() in shown.split()] == ["X-Forwarded-Proto"]


def test_body_over_limit_returns_413() -> None:
    opened = client(SecurityRules(max_body_bytes=10, max_upload_bytes=100))
    for path, limit in (("/api/v1/answer", 10), ("/mcp", 10), ("/api/v1/documents", 100)):
        assert opened.post(path, content=b"x" * limit).text == str(limit)
        refused(opened.post(path, content=b"x" * (limit + 1)), 413, "too_large")
        refused(opened.post(path, headers={"Content-Length": "9" * 5000}), 413, "too_large")
        grown = (b"x" for _ in range(limit + 1))
        refused(opened.post(path, content=grown), 413, "too_large")
    assert opened.post("/config", content=b"x" * 10).text == "10"
    refused(opened.post("/config", content=b"x" * 11), 413, "too_large")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/v1/answer", {"content-length": "1001"}, 413),
        ("/api/v1/documents", {"content-length": "5001"}, 413),
        ("/api/v1/answer", {"content-length": "-1"}, 413),
        ("/api/v1/answer", {"content-length": "9", "origin": "http://evil.example"}, 403),
        ("/api/v1/answer", {"content-length": "9", "x-api-key": "wrong"}, 401),
        ("/gradio_api/upload", {"content-length": "9"}, 404),
    ],
)
def test_refused_request_is_answered_before_its_body_is_read(
    path: str, headers: dict[str, str], status: int
) -> None:
    async def sent() -> list[Message]:
        messages: list[Message] = []
        drained = 0

        async def receive() -> Message:
            nonlocal drained
            assert messages[-1]["more_body"], "the response is sent before the body is read"
            drained += 2000
            return {"type": "http.request", "body": b"x" * 2000, "more_body": drained < 10**9}

        async def send(message: Message) -> None:
            messages.append(message)

        app = FastAPI(routes=[Route(path, answer, methods=["POST"])])
        keys = Keys.of(["secret"])
        rules = SecurityRules(max_body_bytes=1000, max_upload_bytes=5000, keys=keys)
        middleware = SecurityMiddleware(app, rules=rules, metrics=Metrics(lambda: 0))
        given = {"host": "localhost", "x-api-key": "secret"} | headers
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b""}
        scope["headers"] = [(name.encode(), value.encode()) for name, value in given.items()]
        await middleware(scope, receive, send)
        assert drained == 2 * 5000
        return messages

    start, body, end = asyncio.run(sent())
    assert start["status"] == status
    assert (b"connection", b"close") in start["headers"]
    assert json.loads(body["body"])["error"]["message"]
    assert end == {"type": "http.response.body"}


def test_slow_start_returns_504_and_slow_response_is_completed() -> None:
    opened = client(SecurityRules(max_upload_bytes=1000))
    refused(opened.get("/api/v1/slow"), 504, "timeout")
    assert opened.get("/api/v1/long").text == "part " * 5


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://example.org/x.png",
        "/gradio_api/file=/etc/hostname",
        "/gradio_api/%66ile=/etc/hostname",
        "/gradio_api/file/tmp/x",
        "/gradio_api/proxy=http://example.org/",
        "/gradio_api/process_recording",
        "/gradio_api/upload",
        "/gradio_api/call/ask",
        "/gradio_api/run/predict",
        "/gradio_api/custom_component/1/client/component/index.js",
        "/file=/etc/hostname",
        "/monitoring",
        "/page",
        "//gradio_api/file=/etc/hostname",
        "/Gradio_API/file=/etc/hostname",
        "/gradio_api//file=/etc/hostname",
        "/gradio_api/queue/join/../../file=/etc/hostname",
        "/gradio_api/config%0a/../file=/etc/hostname",
        "/assets%5c..%5c..%5cetc%5chostname",
        "/%61pi%2f..%5c%0a",
    ],
)
def test_unused_gradio_paths_return_404(path: str) -> None:
    opened = client(SecurityRules(max_upload_bytes=1000))
    refused(opened.get(path), 404, "not_found")
    refused(opened.post(path), 404, "not_found")


# In a separate process, because Gradio leaves an event loop open.
PATHS = """
import json, sys
from pathlib import Path
from qa import Assistant, Config
from qa.monitoring.feedback import Feedback
from qa.server.app import create_app
from qa.web.page import mount

def paths(routes, prefix=""):
    for route in routes:
        if hasattr(route, "original_router"):
            yield from paths(route.original_router.routes, prefix + route.include_context.prefix)
        else:
            yield prefix + route.path

index = Path(sys.argv[1])
with Assistant.open(index) as assistant:
    app = create_app(assistant, config=Config(), feedback=Feedback(index / "feedback.jsonl"))
    mount(app)
    print(json.dumps(list(paths(app.router.routes[-1].app.routes))))
"""


def test_only_known_gradio_paths_are_served(made: Path) -> None:
    command = [sys.executable, "-c", PATHS, str(made)]
    listed = subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout
    paths = {re.sub(r"\{[^}]*\}", "x", path) for path in json.loads(listed)}
    assert "/gradio_api/upload" in paths

    async def reached(_: Request) -> Response:
        return PlainTextResponse("reached")

    behind = FastAPI(routes=[Route("/{path:path}", reached)], openapi_url=None)
    middleware = SecurityMiddleware(
        behind, rules=SecurityRules(max_upload_bytes=1000), metrics=Metrics(lambda: 0)
    )
    opened = TestClient(middleware)
    let_in = sorted(path for path in paths if opened.get(path).text == "reached")
    assert let_in == [
        "/",
        "/assets/x",
        "/config",
        "/favicon.ico",
        "/gradio_api/app_id",
        "/gradio_api/app_id/",
        "/gradio_api/cancel",
        "/gradio_api/component_server",
        "/gradio_api/component_server/",
        "/gradio_api/heartbeat/x",
        "/gradio_api/info",
        "/gradio_api/info/",
        "/gradio_api/login_check",
        "/gradio_api/login_check/",
        "/gradio_api/openapi.json",
        "/gradio_api/queue/data",
        "/gradio_api/queue/join",
        "/gradio_api/queue/status",
        "/gradio_api/reset",
        "/gradio_api/reset/",
        "/gradio_api/startup-events",
        "/gradio_api/token",
        "/gradio_api/token/",
        "/gradio_api/user",
        "/gradio_api/user/",
        "/manifest.json",
        "/robots.txt",
        "/static/x",
        "/svelte/x",
        "/theme.css",
    ]


def test_form_to_gradio_returns_415() -> None:
    opened = client(SecurityRules(max_upload_bytes=1000))
    sent = opened.post("/gradio_api/component_server", files={"files": b"text"})
    assert "/api/v1/documents" in refused(sent, 415, "unsupported_media_type")


def test_slow_body_does_not_cause_a_timeout() -> None:
    async def sent() -> None:
        messages = []

        async def receive() -> Message:
            await forward(TIMEOUT / 2)
            return {"type": "http.request", "body": b"x", "more_body": len(chunks.pop()) > 0}

        async def send(message: Message) -> None:
            messages.append(message)

        chunks = ["", "x", "x", "x", "x"]
        app = FastAPI(routes=[Route("/api/v1/answer", answer, methods=["POST"])])
        rules = SecurityRules(max_upload_bytes=1000)
        middleware = SecurityMiddleware(app, rules=rules, metrics=Metrics(lambda: 0))
        scope = {"type": "http", "method": "POST", "path": "/api/v1/answer", "headers": []}
        await middleware(scope | {"query_string": b""}, receive, send)
        assert messages[0]["status"] == 200

    run(sent())


def test_unknown_methods_share_one_metric() -> None:
    metrics = Metrics(lambda: 0)
    middleware = SecurityMiddleware(
        FastAPI(), rules=SecurityRules(max_upload_bytes=1000), metrics=metrics
    )
    opened = TestClient(middleware)
    for number in range(3):
        opened.request(f"MADE{number}", "/health")
    text = metrics.to_text().decode()
    assert "MADE" not in text
    assert 'qa_requests_total{method="other",route="other",status="404"} 3.0' in text
