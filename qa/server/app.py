"""The application: every door of the server in one process."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Security
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from embeddings import AssistantError
from qa.assistant import Assistant
from qa.config import Config
from qa.monitoring.feedback import Feedback
from qa.server import api, documents, errors, originals
from qa.server.keys import Keys
from qa.server.middleware import SecurityMiddleware, SecurityRules
from qa.server.schemas import ErrorReply
from qa.server.service import Service

__all__ = ["create_app"]

_FORM_BYTES = 1_000_000
"""What a form may hold beside the file."""

_KEYS = [
    Security(HTTPBearer(auto_error=False)),
    Security(APIKeyHeader(name="X-API-Key", auto_error=False)),
]


def create_app(
    assistant: Assistant,
    *,
    config: Config,
    feedback: Feedback,
    keys: Keys | None = None,
    hosts: frozenset[str] | None = None,
    page: bool = True,
) -> FastAPI:
    """Build the application.

    Args:
        assistant: what answers; it stays open when the application ends.
        config: how many chunks and answers, how large a file.
        feedback: where judgements are kept.
        keys: who may come in; None for everyone.
        hosts: the names the server may be called by; None for any.
        page: with the chat page at `/`.

    Returns:
        The application; its `state.service` is the `Service` that works for it.
    """
    service = Service.over(assistant, config=config, feedback=feedback)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(openapi_url=None, lifespan=lifespan)
    app.state.service = service
    app.add_middleware(
        SecurityMiddleware,
        rules=SecurityRules(
            keys=keys, hosts=hosts, max_upload_bytes=config.max_file_bytes + _FORM_BYTES
        ),
        metrics=service.metrics,
    )
    errors.install(app)
    _add_probes(app, service)
    # Applications of their own, so that nothing below them is ever taken for a path of the page.
    app.mount("/api/v1", _api(service, with_keys=keys is not None))
    app.mount("/api", _nothing())
    app.router.routes.append(Route("/mcp", _Agents(service)))
    if page:
        from qa.web import mount

        own = mount(app, service)
        # What Gradio lets out for a request; what fails in a call is told by the call.
        errors.install(own, misused=(AttributeError, LookupError, TypeError, ValueError))
    return app


def _api(service: Service, *, with_keys: bool) -> FastAPI:
    app = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        title="Document QA assistant",
        version=version("document-qa-assistant"),
        description="Questions over one's own documents, answered in their exact words.",
        swagger_ui_parameters={"validatorUrl": None},
        # For the description alone: the gate has looked at the key already.
        dependencies=_KEYS if with_keys else [],
    )
    errors.install(app)
    failure: dict[int | str, dict[str, Any]] = {
        "default": {"model": ErrorReply, "description": "What went wrong"}
    }
    app.include_router(api.routes(service), responses=failure)
    app.include_router(originals.routes(service), responses=failure)
    app.include_router(documents.routes(service), responses=failure)
    return app


class _Agents:
    """The agents' door (ASGI), made when the first one comes, for its SDK takes long to import."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @functools.cached_property
    def _door(self) -> ASGIApp:
        from qa.server.mcp import over_http

        return over_http(self._service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = await asyncio.to_thread(lambda: self._door)
        await door(scope, receive, send)


def _nothing() -> FastAPI:
    """Answer for versions of the API that are not there."""
    app = FastAPI(openapi_url=None)
    errors.install(app)
    return app


def _add_probes(app: FastAPI, service: Service) -> None:
    @app.get("/health")
    async def health() -> JSONResponse:
        """Tell that the process is there."""
        return JSONResponse({"status": "ok"})

    @app.get("/ready")
    async def ready() -> JSONResponse:
        """Tell that questions can be answered now."""
        try:
            generation = service.assistant.index.generation
        except AssistantError as error:
            raise errors.ApiError(503, "not_ready", str(error)) from error
        return JSONResponse({"status": "ready", "generation": generation})

    @app.get("/metrics")
    async def metrics() -> Response:
        """Give what is counted."""
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/docs")
    async def docs() -> RedirectResponse:
        """Lead to the API's description."""
        return RedirectResponse("/api/v1/docs")
