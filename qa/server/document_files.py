"""Files of documents and images of their pages, under /api/v1/documents/{id}."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, JSONResponse
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.responses import Response

from embeddings import (
    Document,
    DocumentError,
    OriginalFile,
    PageImage,
    ParseOptions,
    page_image,
)
from qa.server.documents import check_range, document_text_json, no_such_document
from qa.server.errors import ApiError
from qa.server.requests import Offset
from qa.server.service import Service

_PDF = "application/pdf"
_BINARY = "application/octet-stream"
_PNG = "image/png"

_CACHED_IMAGES = 8
_MAX_QUOTATION_CHARACTERS = 20_000


class _PageNumberConvertor(IntegerConvertor):
    """A page number in a path, with few digits: Python refuses to convert thousands of digits."""

    regex = "[0-9]{1,7}"


register_url_convertor("page", _PageNumberConvertor())


def routes(service: Service) -> APIRouter:
    """Create the routes. Add them before those of `qa.server.documents`, which match any path."""
    router = APIRouter(prefix="/documents", tags=["documents"])

    @router.get(
        "/{document_id:path}/file",
        response_class=FileResponse,
        responses={200: {"content": {_PDF: {}, _BINARY: {}}, "description": "The file."}},
    )
    async def get_file(document_id: str) -> Response:
        """Download the file of a document: an upload that was kept, or the indexed file.

        Status 404 with the code `no_file` if there is none, or if it has changed since.
        """
        return await service.readers.run(lambda: _file_response(service, document_id))

    pages = "/{document_id:path}/pages/{page:page}.png"

    @router.head(pages, include_in_schema=False)
    @router.get(
        pages,
        response_class=Response,
        responses={200: {"content": {_PNG: {}}, "description": "The image."}},
    )
    async def get_page_image(
        document_id: str,
        page: Annotated[int, PathParameter(ge=1)],
        start: Offset = None,
        end: Offset = None,
    ) -> Response:
        """Render a page of a PDF, from 1. The characters from `start` to `end` are highlighted.

        The header `X-Highlight` gives the left and top of the highlight in percent of the image.
        """
        image = await service.images.run(
            lambda: _page_png(service, document_id, page, (start or 0, end))
        )
        headers = {}
        if image.highlight is not None:
            headers["X-Highlight"] = " ".join(f"{place:.2%}" for place in image.highlight)
        return Response(image.png, media_type=_PNG, headers=headers)

    return router


def _file_response(service: Service, document_id: str) -> Response:
    document = service.assistant.index.document(document_id)
    if document is None:
        # The id itself can end in "/file".
        document = service.assistant.index.document(f"{document_id}/file")
        if document is None:
            raise no_such_document(document_id)
        return JSONResponse(document_text_json(document, 0, None))
    original = _original(service, document)
    is_pdf = _is_pdf(original)
    return FileResponse(
        original.path,
        media_type=_PDF if is_pdf else _BINARY,
        filename=original.name,
        content_disposition_type="inline" if is_pdf else "attachment",
    )


def _page_png(
    service: Service, document_id: str, number: int, highlighted: tuple[int, int | None]
) -> PageImage:
    document = service.assistant.index.document(document_id)
    if document is None:
        raise no_such_document(document_id)
    start, end = highlighted
    end = check_range(document, start, start if end is None else end)
    original = _original(service, document)
    if not _is_pdf(original):
        raise ApiError(404, "no_page_images", f"{document_id!r} is not a PDF.")
    place = _part_on_page(document, number, start, end)
    status = original.path.stat()
    version = (status.st_size, status.st_mtime_ns)
    try:
        image = _rendered(original.path, version, number, place, service.config.parse_options)
    except DocumentError as error:
        raise DocumentError(f"{original.name} {error}") from error
    if image is None:
        raise ApiError(404, "no_such_page", f"{document_id!r} has no page {number}.")
    return image


@lru_cache(_CACHED_IMAGES)
def _rendered(
    path: Path,
    version: tuple[int, int],
    number: int,
    place: tuple[str, float],
    options: ParseOptions,
) -> PageImage | None:
    """Render a page; `version` (size and modification time) separates versions of a file."""
    quotation, position = place
    return page_image(path, number, quotation=quotation, position=position, options=options)


def _original(service: Service, document: Document) -> OriginalFile:
    original = service.assistant.index.original(document, service.config.parse_options)
    if original is None:
        raise ApiError(
            404,
            "no_file",
            f"The file of {document.id!r} was not kept, or it has changed since it was indexed.",
        )
    return original


def _is_pdf(original: OriginalFile) -> bool:
    return original.name.lower().endswith(".pdf")


def _part_on_page(document: Document, number: int, start: int, end: int) -> tuple[str, float]:
    """Return the part of a quotation that is on a page, and its position there, 0 to 1."""
    starts = document.pages or (0,)
    if number > len(starts):
        return "", 0
    page_start = starts[number - 1]
    page_end = starts[number] if number < len(starts) else len(document.text)
    start, end = max(start, page_start), min(end, page_end, start + _MAX_QUOTATION_CHARACTERS)
    if start >= end:
        return "", 0
    return document.text[start:end], (start - page_start) / (page_end - page_start)
