"""Routes to list, read, add and remove documents, under /api/v1/documents."""

import asyncio
import dataclasses
import json
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, TypeAlias

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from embeddings import DateRange, Document, IndexReport
from qa.retry import retry_when_busy
from qa.serialization import report_json
from qa.server.errors import ApiError, error_json, logged_error
from qa.server.requests import NewDocument, Offset, PageSize
from qa.server.responses import DocumentJson, DocumentList, DocumentText, Removed, Report
from qa.server.service import Service
from qa.server.uploads import add_upload, is_upload_name
from qa.server.workers import shutdown_error

_Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with (file, documents done, number of documents)."""

_MAX_FILES = 100

_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": NewDocument.model_json_schema()},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "files": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "minItems": 1,
                        "maxItems": _MAX_FILES,
                    }
                },
                "required": ["files"],
            }
        },
    },
}


def routes(service: Service) -> APIRouter:
    """Create the routes."""
    router = APIRouter(prefix="/documents", tags=["documents"])
    index = service.assistant.index

    @router.get("")
    async def list_documents(offset: Offset = None, limit: PageSize = None) -> DocumentList:
        """List the documents by id, in pages of `limit` (default: 100)."""
        offset, limit = offset or 0, limit or 100
        known, total = await service.readers.run(
            lambda: (list(index.documents(offset, limit)), index.document_count)
        )
        end = offset + limit
        next_offset = end if end < total else None
        return DocumentList.model_validate(
            {"documents": known, "total": total, "next_offset": next_offset}
        )

    @router.get("/{document_id:path}", response_model=DocumentText)
    async def get_document(
        document_id: str,
        start: Offset = None,
        end: Offset = None,
    ) -> JSONResponse:
        """Return the text of a document, or the characters from `start` to `end`."""
        document = await service.readers.run(lambda: index.document(document_id))
        if document is None:
            raise no_such_document(document_id)
        return JSONResponse(document_text_json(document, start or 0, end))

    @router.post(
        "",
        response_model=Report,
        responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
        openapi_extra={"requestBody": _BODY},
    )
    async def add_documents(request: Request, stream: bool = False) -> Response:
        """Add or update documents: a text as JSON, or files as a form.

        The name of a file can start with folders (`letters/2020/mill.txt`). The first one is the
        collection of the document.

        With `stream`, the response has a line of JSON for each event: `progress` with `file`,
        `done` and `of` (documents), and at the end `report` or `error`.
        """
        work = await _parse_request(service, request)
        if stream:
            lines = _stream(service, work, request.state.request_id)
            return StreamingResponse(lines, media_type="application/x-ndjson")
        return JSONResponse(await service.writer.run(lambda: work(lambda *_: None)))

    @router.delete("/{document_id:path}")
    async def delete_document(document_id: str) -> Removed:
        """Remove a document and its uploaded file.

        A file in a corpus folder stays there, and is only indexed again when it changes.
        """
        removed = await service.writer.run(
            lambda: retry_when_busy(lambda: index.remove([document_id]))
        )
        if not removed:
            raise no_such_document(document_id)
        return Removed(removed=list(removed))

    return router


def no_such_document(document_id: str) -> ApiError:
    """Return the error for an unknown document id."""
    return ApiError(
        404,
        "no_such_document",
        f"There is no document {document_id!r}; GET /api/v1/documents lists all.",
    )


def check_range(document: Document, start: int, end: int | None) -> int:
    """Check the offsets of a citation; return its end, by default that of the document.

    Raises:
        ApiError: the document has no such characters.
    """
    length = len(document.text)
    last = length if end is None else end
    if not start <= last <= length:
        raise ApiError(
            422,
            "citation_refused",
            f"There are no characters {start}-{last} in {document.id!r}: it has {length:,}.",
        )
    return last


def document_text_json(document: Document, start: int, end: int | None) -> dict[str, object]:
    """Return a document with its text from `start` to `end` as JSON; None for all of it."""
    length = len(document.text)
    last = check_range(document, start, end)
    return DocumentJson.json_of(document) | {
        "metadata": dict(document.metadata),
        "pages": len(document.pages) or None,
        "characters": length,
        "start": start,
        "end": last,
        "text": document.text[start:last],
    }


async def _parse_request(
    service: Service, request: Request
) -> Callable[[_Progress], dict[str, object]]:
    """Parse a request to add documents; return a function that adds them.

    Raises:
        ApiError: the content type is not supported, or the form has no files.
        RequestValidationError: the JSON is invalid.
    """
    index = service.assistant.index
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "application/json":
            document = _document(await request.body())
            return lambda _: _report_or_error(retry_when_busy(lambda: index.add([document])))
        case "multipart/form-data":
            form = await request.form(max_files=_MAX_FILES, max_fields=_MAX_FILES)
            files = [
                # Browsers write a quotation mark in a name as %22 (HTML, multipart form data).
                ((part.filename or "").replace("%22", '"'), part.file)
                for part in form.getlist("files")
                if isinstance(part, UploadFile)
            ]
            if not files:
                await form.close()
                raise ApiError(422, "invalid_request", 'The form has no file named "files".')
            return partial(_add_files, service, files)
        case kind:
            raise ApiError(
                415,
                "unsupported_media_type",
                f"Send application/json or multipart/form-data, not {kind[:100]!r}.",
            )


def _document(body: bytes) -> Document:
    try:
        given = NewDocument.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [fault | {"loc": ("body", *fault["loc"])} for fault in faults]
        ) from error
    return Document(
        id=given.id,
        text=given.text,
        title=given.title or "",
        date=DateRange.of(given.date or None, None).after,
        metadata=given.metadata or {},
    )


def _add_files(
    service: Service, files: Sequence[tuple[str, IO[bytes]]], progress: _Progress
) -> dict[str, object]:
    """Add uploaded files one after another. A file that fails does not affect the others."""

    def notify(file: str, done: int, total: int) -> None:
        service.writer.require_open()
        progress(file, done, total)

    reports = []
    for name, content in files:
        with TemporaryDirectory() as folder, content:
            path = Path(folder, PurePosixPath(name).name if is_upload_name(name) else "refused")
            with path.open("wb") as copy:
                shutil.copyfileobj(content, copy)
            reports.append(
                add_upload(
                    service.assistant.index,
                    name,
                    path,
                    options=service.config.parse_options,
                    keep_original=service.config.keep_originals,
                    progress=partial(notify, name),
                )
            )
    names = [field.name for field in dataclasses.fields(IndexReport)]
    return _report_or_error(
        IndexReport(
            **{name: tuple(chain(*(getattr(report, name) for report in reports))) for name in names}
        )
    )


def _report_or_error(report: IndexReport) -> dict[str, object]:
    """Return a report as JSON.

    Raises:
        ApiError: there are failures only.
    """
    if report.failed and not (report.added or report.updated or report.unchanged):
        reasons = "; ".join(reason for _, reason in report.failed)
        raise ApiError(422, "document_refused", reasons)
    return report_json(report)


def _stream(
    service: Service, work: Callable[[_Progress], dict[str, object]], request_id: str
) -> AsyncIterator[bytes]:
    """Start to add documents; return the events as lines of JSON.

    If the client disconnects, the documents are still added.

    Raises:
        BusyError: the queue is full.
    """
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[dict[str, object] | None] = asyncio.Queue()

    def put(event: dict[str, object] | None) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    def progress(file: str, done: int, total: int) -> None:
        put({"event": "progress", "file": file, "done": done, "of": total})

    def finish(future: Future[dict[str, object]]) -> None:
        # If the future is cancelled, the work did not start before the shutdown.
        error = shutdown_error() if future.cancelled() else future.exception()
        if error is None:
            put({"event": "report", "report": future.result()})
        else:
            put({"event": "error", **error_json(logged_error(error, request_id), request_id)})
        put(None)

    service.writer.submit(lambda: work(progress)).add_done_callback(finish)

    async def lines() -> AsyncIterator[bytes]:
        while (event := await events.get()) is not None:
            yield json.dumps(event).encode() + b"\n"

    return lines()
