"""The one shape of every failure, and which status stands for which error."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from embeddings import (
    AssistantError,
    ClusterError,
    DocumentError,
    DocumentIndexError,
    IndexBusyError,
    IndexStorageError,
    QuestionError,
    SettingsError,
)
from qa.server.workers import BusyError

__all__ = ["ApiError", "api_error_for", "error_json", "error_response", "install", "internal_error"]

RETRY_SECONDS = 3

_log = logging.getLogger(__name__)


class ApiError(HTTPException):
    """A request is not served."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        """Say why.

        Args:
            status: of HTTP.
            code: for programs; it stays the same when the message is worded anew.
            message: for people.
            headers: go with the response.
        """
        super().__init__(status, detail=message, headers=headers)
        self.code = code


_ERRORS: tuple[tuple[type[Exception], int, str], ...] = (
    (QuestionError, 422, "question_refused"),
    (SettingsError, 422, "setting_refused"),
    (DocumentError, 422, "document_refused"),
    (BusyError, 503, "busy"),
    (ClusterError, 503, "cluster_unavailable"),
    (IndexBusyError, 503, "index_busy"),
    (IndexStorageError, 507, "index_not_writable"),
    (DocumentIndexError, 503, "index_unusable"),
)


def api_error_for(error: AssistantError) -> ApiError:
    """Say an error of the project as a failure of a request; one of no known kind is a 500."""
    for kind, status, code in _ERRORS:
        if isinstance(error, kind):
            headers = (
                {"Retry-After": str(RETRY_SECONDS)}
                if status == HTTPStatus.SERVICE_UNAVAILABLE
                else None
            )
            return ApiError(status, code, str(error), headers=headers)
    return ApiError(500, "failed", str(error))


def internal_error() -> ApiError:
    """Say of what nobody foresaw no more than where to look."""
    return ApiError(500, "failed", "The server failed; its log says why, under this request's id.")


def error_json(api_error: ApiError, request_id: str) -> dict[str, object]:
    """Describe a failure."""
    return {
        "error": {
            "code": api_error.code,
            "message": str(api_error.detail),
            "request_id": request_id,
        }
    }


def error_response(api_error: ApiError, request_id: str) -> Response:
    """Describe a failure as a response."""
    # In ASCII: a message may quote half a surrogate pair, which UTF-8 cannot.
    content = json.dumps(error_json(api_error, request_id))
    return Response(
        content, api_error.status_code, headers=api_error.headers, media_type="application/json"
    )


def install(app: FastAPI, *, misused: tuple[type[Exception], ...] = ()) -> None:
    """Have every failure of an application told in the one shape.

    Args:
        app: whose failures.
        misused: what it raises when a request makes no sense to it, if it does not say so itself.
    """

    async def told(request: Request, error: Exception) -> Response:
        match error:
            case ApiError():
                api_error = error
            case HTTPException():
                api_error = _worded(error, request)
            case RequestValidationError(body=bytes()):
                api_error = ApiError(
                    415,
                    "unsupported_media_type",
                    "The body must be JSON, sent with `Content-Type: application/json`.",
                )
            case RequestValidationError():
                api_error = ApiError(422, "invalid_request", _faults(error))
            case AssistantError():
                api_error = api_error_for(error)
                if isinstance(error, DocumentIndexError):
                    _log.warning(
                        "the index cannot be used",
                        extra={
                            "request_id": request.state.request_id,
                            "reason": str(error),
                        },
                    )
            case _ if isinstance(error, misused):
                _log.warning(
                    "request refused",
                    extra={"request_id": request.state.request_id},
                    exc_info=error,
                )
                api_error = ApiError(422, "invalid_request", "The request makes no sense here.")
            case _:
                api_error = internal_error()
        request.state.error_code = api_error.code  # for the log
        return error_response(api_error, request.state.request_id)

    for kind in (HTTPException, RequestValidationError, AssistantError, *misused, Exception):
        app.add_exception_handler(kind, told)


def _worded(error: HTTPException, request: Request) -> ApiError:
    """Say more than the framework, which knows a failure by its status alone."""
    path = request.url.path
    message = {
        404: f"There is nothing at {path}; /docs describes the API.",
        405: f"{request.method} is not allowed at {path}; /docs says what is.",
    }.get(error.status_code, str(error.detail))
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return ApiError(error.status_code, code, message, headers=error.headers)


def _faults(error: RequestValidationError) -> str:
    faults = [
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors()
    ]
    return "; ".join(faults)
