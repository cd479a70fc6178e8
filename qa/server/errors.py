"""JSON of all errors, and the status of each."""

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

RETRY_SECONDS = 3

_UNPARSABLE = "There was an error parsing the body"
"""FastAPI's message for a body that raises another error than that of invalid JSON."""

_log = logging.getLogger(__name__)


class ApiError(HTTPException):
    """A request is refused or has failed."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        """Create an error; its `code` is for programs and stays the same if the message changes."""
        super().__init__(status, detail=message, headers=headers)
        self.code = code


_STATUS: tuple[tuple[type[Exception], int, str], ...] = (
    (QuestionError, 422, "question_refused"),
    (SettingsError, 422, "setting_refused"),
    (DocumentError, 422, "document_refused"),
    (BusyError, 503, "busy"),
    (ClusterError, 503, "cluster_unavailable"),
    (IndexBusyError, 503, "index_busy"),
    (IndexStorageError, 507, "index_not_writable"),
    (DocumentIndexError, 503, "index_unusable"),
)


def _api_error_for(error: AssistantError) -> ApiError:
    """Return the API error for an error of the project; status 500 for an unknown one."""
    for kind, status, code in _STATUS:
        if isinstance(error, kind):
            is_temporary = status == HTTPStatus.SERVICE_UNAVAILABLE
            headers = {"Retry-After": str(RETRY_SECONDS)} if is_temporary else None
            return ApiError(status, code, str(error), headers=headers)
    return ApiError(500, "failed", str(error))


def logged_error(
    error: BaseException, request_id: str, client_errors: tuple[type[Exception], ...] = ()
) -> ApiError:
    """Return the error for the client; the details of an unexpected error are only logged.

    `client_errors` are exceptions that an invalid request causes.
    """
    fields = {"request_id": request_id}
    match error:
        case ApiError():
            return error
        case RequestValidationError(body=bytes()):
            return ApiError(
                415,
                "unsupported_media_type",
                "The body must be JSON, sent with `Content-Type: application/json`.",
            )
        case RequestValidationError():
            return ApiError(422, "invalid_request", _invalid_fields(error))
        case AssistantError():
            if isinstance(error, DocumentIndexError):
                _log.warning("index error", extra={**fields, "reason": str(error)})
            return _api_error_for(error)
        case _ if isinstance(error, client_errors):
            _log.warning("request refused", extra=fields, exc_info=error)
            return ApiError(422, "invalid_request", "The request is not valid.")
    _log.error("request failed", extra=fields, exc_info=error)
    return ApiError(500, "failed", "Internal error: search the server's log for this request id.")


def error_json(api_error: ApiError, request_id: str) -> dict[str, object]:
    """Return an error as JSON."""
    message = str(api_error.detail)
    return {"error": {"code": api_error.code, "message": message, "request_id": request_id}}


def error_response(api_error: ApiError, request_id: str) -> Response:
    """Return an error as a response."""
    # ASCII: a message can quote a lone surrogate, which UTF-8 cannot encode.
    content = json.dumps(error_json(api_error, request_id))
    return Response(
        content, api_error.status_code, headers=api_error.headers, media_type="application/json"
    )


def install_handlers(app: FastAPI, *, client_errors: tuple[type[Exception], ...] = ()) -> None:
    """Make an application return all errors as JSON.

    `client_errors` are further exceptions that an invalid request causes; they get status 422.
    """

    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and not isinstance(error, ApiError):
            error = _with_message(error, request)
        request_id = request.state.request_id
        api_error = logged_error(error, request_id, client_errors)
        request.state.error_code = api_error.code  # for the log
        return error_response(api_error, request_id)

    for kind in (HTTPException, RequestValidationError, AssistantError, *client_errors, Exception):
        app.add_exception_handler(kind, handle)


def _with_message(error: HTTPException, request: Request) -> ApiError:
    """Replace the framework's messages, which only repeat the status."""
    path = request.url.path
    message = {
        404: f"There is nothing at {path}; see /docs for the API.",
        405: f"{request.method} is not allowed at {path}; see /docs for the API.",
    }.get(error.status_code, str(error.detail))
    if message == _UNPARSABLE:
        message = "The body cannot be parsed: send JSON in UTF-8, without very deep nesting."
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return ApiError(error.status_code, code, message, headers=error.headers)


def _invalid_fields(error: RequestValidationError) -> str:
    # "one" and "many" are the forms of the body of /ask.
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'] if part not in ('one', 'many'))}: "
        f"{fault['msg']}"
        for fault in error.errors()
    )
