"""ASGI middleware that every request passes first: access, limits, headers, metrics, log."""

import asyncio
import logging
import re
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.server.errors import ApiError, error_response, logged_error
from qa.server.keys import Keys, key_from_headers
from qa.server.metrics import Metrics

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_UPLOADS = "/api/v1/documents"

_SERVED = re.compile(
    r"/(?:api/v1(?:/.*)?|mcp/?|docs|health|ready|metrics"
    r"|(?:config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|(?:assets|static|svelte)/.*)?"
    r"|gradio_api/(?:component_server|queue/(?:join|data|status)|cancel|reset|info|config"
    r"|openapi\.json|app_id|startup-events|heartbeat/\w+|login_check|user|token)/?)"
)
"""Paths of the API, the page and `gradio_client`. Gradio's other paths are refused: they fetch any
URL, store and return files, or run programs on files."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_PUBLIC = frozenset({"/health", "/ready"})
"""Paths that need no key."""

_IGNORED_HEADERS = frozenset({b"x-forwarded-host", b"x-gradio-server"})
"""Headers that Gradio trusts for the address to which the page sends questions."""

_DRAIN_SECONDS = 30.0

_HEADERS = {
    # Browsers load nothing from, and send nothing to, other hosts. Gradio and Swagger have inline
    # scripts and styles, and plots compile expressions.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "media-src 'self' data: blob:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_log = logging.getLogger("qa.server.requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRules:
    """Rules that decide which requests are served."""

    keys: Keys | None = None
    """None: no key is needed."""
    hosts: frozenset[str] | None = None
    """Accepted host names; None for all. Protects against DNS rebinding: a website whose name is
    changed to point at this machine."""
    root_path: str = ""
    """Path prefix that a reverse proxy serves this server under, such as "/qa"."""
    max_upload_bytes: int
    """Maximum body size of a request that uploads files."""
    max_body_bytes: int = 4_000_000
    """Maximum body size of other requests."""
    timeout_seconds: float = 60.0
    """Time from the last part of a request's body to the start of the response (API and MCP)."""


class RequestContext:
    """State of a request while it is served."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, rules: SecurityRules) -> None:
        self.scope = scope
        self.headers = headers = Headers(scope=scope)
        self._receive, self._send = receive, send
        given_id = headers.get("x-request-id", "")
        is_valid = re.fullmatch(r"[\w.-]{1,64}", given_id, re.ASCII)
        self.id = given_id if is_valid else uuid.uuid4().hex
        self.path: str = scope["path"]
        """Path without the prefix of a reverse proxy."""
        root = rules.root_path
        if root:  # some proxies remove the prefix, others do not
            if self.path == root or self.path.startswith(f"{root}/"):
                self.path = self.path.removeprefix(root) or "/"
            scope["root_path"], scope["path"] = root, root + self.path
        is_upload = self.path == _UPLOADS
        self.max_body_bytes = rules.max_upload_bytes if is_upload else rules.max_body_bytes
        self._max_drain_bytes = 2 * rules.max_upload_bytes
        """Maximum number of bytes of a refused body that are read and dropped."""
        self._body_bytes = 0
        self._is_body_read = (
            "transfer-encoding" not in headers and headers.get("content-length", "0") == "0"
        )
        self.started = time.perf_counter()
        self.status = 0
        """Status of the response; 0 if it has not started."""
        self.is_complete = False
        """Whether the response has been sent completely."""
        has_timeout = self.path.startswith(("/api/", "/mcp"))
        self.timeout_seconds = rules.timeout_seconds if has_timeout else None
        self.timeout: asyncio.Timeout | None = None
        """Set while the application runs."""

    async def receive(self) -> Message:
        """Receive a part of the body.

        Raises:
            ApiError: the body is too large.
        """
        message = await self._receive_part()
        if self._body_bytes > self.max_body_bytes:
            raise _too_large(self.max_body_bytes)
        if self.timeout and self.timeout_seconds and not self.status and message.get("body"):
            self.timeout.reschedule(asyncio.get_running_loop().time() + self.timeout_seconds)
        return message

    async def _receive_part(self) -> Message:
        message = await self._receive()
        self._body_bytes += len(message.get("body", b""))
        self._is_body_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the response, with the headers of all responses.

        A client that sends its whole request before it reads would see a broken connection if the
        connection were closed early. So the rest of the body is read before the response ends.
        """
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.timeout is not None:
                self.timeout.reschedule(None)
            self._add_headers(MutableHeaders(scope=message))
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if is_last and not self._is_body_read:
            await self._send({**message, "more_body": True})
            await self._drain()
            message = {"type": "http.response.body"}
        await self._send(message)
        self.is_complete = is_last

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["X-Request-ID"] = self.id
        if not self._is_body_read:
            headers["Connection"] = "close"
        if self.path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)

    async def _drain(self) -> None:
        """Read and drop the rest of the body, within limits of size and time."""
        expects = self.headers.get("expect", "").lower()
        if expects == "100-continue" and not self._body_bytes:
            return  # the client sends the body only after permission
        limit = self._body_bytes + self._max_drain_bytes
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._is_body_read and self._body_bytes < limit:
                    await self._receive_part()


class SecurityMiddleware:
    """Outermost middleware (ASGI)."""

    def __init__(self, app: ASGIApp, *, rules: SecurityRules, metrics: Metrics) -> None:
        self._app = app
        self._rules = rules
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # web sockets are not used
            await send({"type": "websocket.close", "code": 1008})
            return
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _IGNORED_HEADERS]
        context = RequestContext(scope, receive, send, self._rules)
        scope.setdefault("state", {})["request_id"] = context.id
        try:
            self._check(context)
            await self._serve(context)
        except Exception as error:
            if "error_code" not in scope["state"]:  # otherwise a handler has returned it
                api_error = logged_error(error, context.id)
                if not context.status:
                    scope["state"]["error_code"] = api_error.code
                    await error_response(api_error, context.id)(scope, receive, context.send)
            if not context.is_complete:
                raise  # the response has started, so the connection is closed
        finally:
            self._record(context)

    def _record(self, context: RequestContext) -> None:
        """Count and log a request; as a warning if the server failed."""
        scope, status = context.scope, context.status
        seconds = time.perf_counter() - context.started
        # Clients must not be able to create metrics with names of their own.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = self._route(scope, context)
        self._metrics.record_request(method, route, status, seconds)
        fields = {"request_id": context.id, "method": method, "route": route, "status": status}
        fields["milliseconds"] = round(seconds * 1000, 1)
        if "error_code" in scope["state"]:
            fields["error"] = scope["state"]["error_code"]
        failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        _log.log(logging.WARNING if failed else logging.INFO, "request", extra=fields)

    async def _serve(self, context: RequestContext) -> None:
        """Call the application; refuse the request if no response starts in time."""
        try:
            async with asyncio.timeout(context.timeout_seconds) as context.timeout:
                await self._app(context.scope, context.receive, context.send)
        except TimeoutError as error:
            if context.timeout is None or not context.timeout.expired():
                raise  # another timeout
            raise ApiError(
                504,
                "timeout",
                f"There was no result after {context.timeout_seconds:g} s. Send less at once. When "
                "adding documents, which may still be running, use ?stream=true to see progress.",
            ) from error
        finally:
            context.timeout = None

    def _check(self, context: RequestContext) -> None:
        """Refuse a request before its body is read.

        Raises:
            ApiError: the request is refused.
        """
        headers = context.headers
        host = ", ".join(headers.getlist("host"))  # several are refused
        is_known = self._rules.hosts is None or _host_name(host) in self._rules.hosts
        if not is_known or "," in host:
            raise ApiError(
                421,
                "host_refused",
                f"This server is not called {host[:100]!r}: it answers on this machine only. Use "
                "http://localhost, or start it with keys.",
            )
        if not _SERVED.fullmatch(context.path):
            raise ApiError(
                404,
                "not_found",
                f"There is nothing at {context.path[:100]!r}; see /docs for the API.",
            )
        for origin in headers.getlist("origin"):
            if origin.partition("://")[2] != host:
                raise ApiError(
                    403,
                    "origin_refused",
                    f"Requests from the website {origin[:100]!r} are refused. If you use a reverse "
                    "proxy, configure it to pass the Host header.",
                )
        self._check_key(context)
        is_form = headers.get("content-type", "").lower().startswith("multipart/")
        if is_form and context.path.startswith("/gradio_api/"):
            raise ApiError(415, "unsupported_media_type", f"Upload files to {_UPLOADS}.")
        length = headers.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,15}", length) or int(length) > context.max_body_bytes:
            raise _too_large(context.max_body_bytes)

    def _check_key(self, context: RequestContext) -> None:
        keys = self._rules.keys
        if keys is None or context.path in _PUBLIC:
            return
        key = key_from_headers(context.headers)
        if key is None or not keys.accept(key):
            is_for_programs = context.path.startswith(("/api/", "/mcp"))
            # A browser asks the user for a name and a password; the name is ignored.
            scheme = "Bearer" if is_for_programs else 'Basic realm="Key as the password"'
            raise ApiError(
                401,
                "key_refused",
                "An API key is required: send `Authorization: Bearer KEY` or `X-API-Key: KEY`, or "
                "type the key as the password.",
                headers={"WWW-Authenticate": scheme},
            )

    def _route(self, scope: Scope, context: RequestContext) -> str:
        """Return the route without parameters; "other" for all paths of the page."""
        route = getattr(scope.get("route"), "path", None)
        if route is not None:
            return f"{scope.get('root_path', '')}{route}".removeprefix(self._rules.root_path)
        return "/mcp" if context.path.startswith("/mcp") else "other"


def _too_large(limit: int) -> ApiError:
    return ApiError(
        413, "too_large", f"The request is larger than {limit:,} bytes; send less at once."
    )


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
