"""The ASGI application: HTTP API, MCP and metrics."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Security
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
from qa.server import api, document_files, documents, errors
from qa.server.keys import Keys
from qa.server.middleware import SecurityMiddleware, SecurityRules
from qa.server.responses import ErrorReply
from qa.server.service import Service

_FORM_BYTES = 1_000_000
"""Size of a form without its files."""

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
) -> FastAPI:
    """Create the application, without the web page; its `state.service` is its `Service`.

    Without `keys`, no key is needed; without `hosts`, all host names are accepted. The assistant
    stays open when the application ends.
    """
    service = Service.create(assistant, config=config, feedback=feedback)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(openapi_url=None, lifespan=lifespan)
    app.state.service = service
    app.add_middleware(
        SecurityMiddleware,
        rules=SecurityRules(
            keys=keys,
            hosts=hosts,
            root_path=config.root_path,
            max_upload_bytes=config.max_file_bytes + _FORM_BYTES,
        ),
        metrics=service.metrics,
    )
    errors.install_handlers(app)
    _add_probes(app, service)
    # A separate application, so that an unknown path of the API is not served by the page.
    app.mount("/api/v1", _api(service, has_keys=keys is not None))
    mcp = _McpEndpoint(service)
    app.router.routes += [Route("/mcp", mcp), Route("/mcp/", mcp)]
    return app


def _api(service: Service, *, has_keys: bool) -> FastAPI:
    app = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        title="Document QA assistant",
        version=version("document-qa-assistant"),
        description="Questions about your own documents, answered with exact quotations.",
        swagger_ui_parameters={"validatorUrl": None},
        # Only for the OpenAPI description: the middleware has checked the key.
        dependencies=_KEYS if has_keys else [],
    )
    errors.install_handlers(app)
    responses: dict[int | str, dict[str, Any]] = {
        "default": {"model": ErrorReply, "description": "Error"}
    }
    for module in (api, document_files, documents):
        app.include_router(module.routes(service), responses=responses)
    return app


class _McpEndpoint:
    """MCP over HTTP (ASGI). The SDK is imported with the first request, because that is slow."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @functools.cached_property
    def _app(self) -> ASGIApp:
        from qa.server.mcp import http_app

        return http_app(self._service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await asyncio.to_thread(lambda: self._app)
        await app(scope, receive, send)


def _add_probes(app: FastAPI, service: Service) -> None:
    @app.api_route("/health", methods=["GET", "HEAD"])
    async def health() -> JSONResponse:
        """Report that the process is running."""
        return JSONResponse({"status": "ok"})

    @app.api_route("/ready", methods=["GET", "HEAD"])
    async def ready() -> JSONResponse:
        """Report whether questions can be answered."""
        try:
            generation = service.assistant.index.generation
        except AssistantError as error:
            raise errors.ApiError(503, "not_ready", str(error)) from error
        return JSONResponse({"status": "ready", "generation": generation})

    @app.get("/metrics")
    async def metrics() -> Response:
        """Return the metrics in Prometheus' text format."""
        return Response(service.metrics.to_text(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/docs")
    async def docs(request: Request) -> RedirectResponse:
        """Redirect to the description of the API."""
        return RedirectResponse(f"{request.scope['root_path']}/api/v1/docs")
