"""What every request passes first: who may come in, how much they may bring, how long it takes."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.server.errors import ApiError, error_response, internal_error
from qa.server.keys import Keys, given_key
from qa.server.logging import RequestLog
from qa.server.metrics import Metrics

__all__ = ["LOOPBACK", "SecurityMiddleware", "SecurityRules"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_UPLOADS = "/api/v1/documents"
"""Where files are handed in."""

_SERVED = re.compile(
    r"/(?:api(?:/.*)?|mcp|docs|health|ready|metrics"
    r"|(?:config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|(?:assets|static|svelte)/.*)?"
    r"|gradio_api/(?:component_server|queue/(?:join|data|status)|cancel|reset|info|config"
    r"|openapi\.json|app_id|startup-events|heartbeat/\w+|login_check|user|token)/?)"
)
"""Paths that our own doors, the page and `gradio_client` need. Gradio has more: one fetches any URL
and gives what it gets as ours, others take files in and hand them out, or run programs over what
they are given."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_OPEN = frozenset({"/health", "/ready"})
"""Paths that need no key: they tell nothing but that the server is there."""

_UNHEARD = frozenset({b"x-forwarded-host", b"x-gradio-server"})
"""Headers by which whoever comes would tell Gradio where the page is to send its questions."""

_HEADERS = {
    # Nothing is loaded from, or sent to, any other place. Gradio and Swagger come with scripts and
    # styles inside their pages, and plots compile their expressions.
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

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRules:
    """Who may come in, with how much, for how long."""

    keys: Keys | None = None
    """None lets everyone in."""
    hosts: frozenset[str] | None = None
    """The names the server may be called by; None for any. A page elsewhere whose name is made to
    point at this machine (DNS rebinding) calls it by another."""
    max_upload_bytes: int
    """For requests that hand in files."""
    max_body_bytes: int = 4_000_000
    """For all others."""
    timeout_seconds: float = 60.0
    """How long the API and agents may wait for the beginning of a response, from the last they
    sent."""


@dataclass(slots=True)
class RequestContext:
    """A request on its way."""

    scope: Scope
    send: Send
    id: str
    began: float = field(default_factory=time.perf_counter)
    status: int = 0
    """Of the response; 0 as long as none has begun."""
    done: bool = False
    """The response has been sent whole."""
    timer: asyncio.Timeout | None = None

    async def answer(self, message: Message) -> None:
        """Send a part of the response, with the headers that all have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.timer is not None:
                self.timer.reschedule(None)
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.id
            if self.scope["path"].startswith("/api/"):
                headers.setdefault("Cache-Control", "no-store")
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await self.send(message)
        self.done = message["type"] == "http.response.body" and not message.get("more_body")


class SecurityMiddleware:
    """The outermost part of the application (ASGI)."""

    def __init__(self, app: ASGIApp, *, rules: SecurityRules, metrics: Metrics) -> None:
        self._app = app
        self._rules = rules
        self._metrics = metrics
        self._requests = RequestLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or say in the one shape why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here talks over web sockets
            await send({"type": "websocket.close", "code": 1008})
            return
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _UNHEARD]
        headers = Headers(scope=scope)
        context = RequestContext(scope, send, _request_id(headers))
        scope.setdefault("state", {})["request_id"] = context.id
        try:
            self._check(scope, headers)
            await self._pass(context, _limited(receive, self._limit(scope)))
        except Exception as error:
            if not isinstance(error, ApiError):
                _log.error("request failed", extra={"request_id": context.id}, exc_info=error)
            if not context.status:
                api_error = error if isinstance(error, ApiError) else internal_error()
                scope["state"]["error_code"] = api_error.code
                await error_response(api_error, context.id)(scope, receive, context.answer)
            elif not context.done:
                raise  # too late for another response: the connection is cut
        finally:
            seconds = time.perf_counter() - context.began
            # What anyone may make up must not become a figure of its own.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = _route(scope)
            self._metrics.served(method, route, context.status, seconds)
            self._requests.served(
                scope,
                context.id,
                method=method,
                route=route,
                status=context.status,
                seconds=seconds,
            )

    async def _pass(self, context: RequestContext, receive: Receive) -> None:
        """Let a request in, and stop it if its response has not begun in time."""
        timed = context.scope["path"].startswith(("/api/", "/mcp"))
        seconds = self._rules.timeout_seconds if timed else None

        async def receiving() -> Message:
            message = await receive()
            if context.timer and seconds and not context.status and message.get("body"):
                context.timer.reschedule(asyncio.get_running_loop().time() + seconds)
            return message

        try:
            async with asyncio.timeout(seconds) as context.timer:
                await self._app(context.scope, receiving, context.answer)
        except TimeoutError as error:
            if context.timer is None or not context.timer.expired():
                raise  # it is not this one
            raise ApiError(
                504,
                "timeout",
                f"There was no result after {seconds:g} s. Ask for less at once; adding documents, "
                "which may still be going on, tells its progress with ?stream=true.",
            ) from error
        finally:
            context.timer = None

    def _check(self, scope: Scope, headers: Headers) -> None:
        """Refuse a request before any of its body is read."""
        host = ", ".join(headers.getlist("host"))  # of several none can be believed
        known = self._rules.hosts is None or _host_name(host) in self._rules.hosts
        if not known or "," in host:
            raise ApiError(
                421,
                "host_refused",
                f"This server is not called {host[:100]!r}: it answers on this machine only. Use "
                "http://localhost, or start it with keys.",
            )
        if not _SERVED.fullmatch(scope["path"]):
            raise ApiError(404, "not_found", f"There is nothing at {scope['path'][:100]!r}.")
        for origin in headers.getlist("origin"):
            if origin.partition("://")[2] != host:
                raise ApiError(
                    403,
                    "origin_refused",
                    f"A page of {origin[:100]!r} must not ask this. If a proxy stands in between, "
                    "have it pass the Host header on.",
                )
        self._check_key(scope, headers)
        is_form = headers.get("content-type", "").lower().startswith("multipart/")
        if is_form and scope["path"].startswith("/gradio_api/"):
            raise ApiError(415, "unsupported_media_type", f"Files are handed in at {_UPLOADS}.")
        length = headers.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,15}", length) or int(length) > self._limit(scope):
            raise _too_large(self._limit(scope))

    def _check_key(self, scope: Scope, headers: Headers) -> None:
        keys = self._rules.keys
        if keys is None or scope["path"] in _OPEN:
            return
        key = given_key(headers)
        if key is None or not keys.accept(key):
            for_programs = scope["path"].startswith(("/api/", "/mcp"))
            # A browser asks a person for the key; its user name does not matter.
            asked = "Bearer" if for_programs else 'Basic realm="Key as the password"'
            raise ApiError(
                401,
                "key_refused",
                "A key is needed: send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`, or "
                "type it as the password.",
                headers={"WWW-Authenticate": asked},
            )

    def _limit(self, scope: Scope) -> int:
        hands_in = scope["path"] == _UPLOADS
        return self._rules.max_upload_bytes if hands_in else self._rules.max_body_bytes


def _limited(receive: Receive, limit: int) -> Receive:
    """Stop reading a body that grows beyond its limit."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise _too_large(limit)
        return message

    return limited


def _too_large(limit: int) -> ApiError:
    return ApiError(
        413, "too_large", f"The request is larger than {limit:,} bytes; send less at once."
    )


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if re.fullmatch(r"[\w.-]{1,64}", given, re.ASCII) else uuid.uuid4().hex


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _route(scope: Scope) -> str:
    """Name a request's route without what varies in it; those of the page are all one."""
    route = getattr(scope.get("route"), "path", None)
    if route is not None:
        return f"{scope.get('root_path', '')}{route}"
    return "/mcp" if scope["path"] == "/mcp" else "other"
