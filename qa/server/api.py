"""Questions, searches, judgements and the state of things, under /api/v1."""

from __future__ import annotations

import datetime
from functools import partial
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from embeddings import DateRange, Filter, QuestionError, StoredDocument
from qa.followups import Turn
from qa.monitoring.feedback import Judgement, is_cited_truly
from qa.serialization import hit_json, reply_json, timeline_json
from qa.server.errors import ApiError
from qa.server.schemas import (
    AskBody,
    AskMany,
    Day,
    DocumentIds,
    HitList,
    IndexStatus,
    JudgementBody,
    K,
    QuestionText,
    Replies,
    ReplyJson,
    TimelineBody,
    TimelineJson,
)
from qa.server.service import Service

__all__ = ["routes"]


def routes(service: Service) -> APIRouter:
    """Make the routes."""
    router = APIRouter(tags=["questions"])
    assistant, config = service.assistant, service.config

    async def answered(question: str, settings: dict[str, Any]) -> dict[str, object]:
        return reply_json(await service.ask(partial(assistant.ask, question, **settings)))

    @router.post("/ask", response_model=ReplyJson | Replies)
    async def ask(body: AskBody) -> JSONResponse:
        """Answer a question, or several, in the documents' own words.

        A question gets the reply itself, `questions` get `{"replies": [...]}`, where one that
        cannot be asked has an `error`.
        """
        settings = {
            "k": config.k if body.k is None else body.k,
            "min_read": body.min_read,
            "answers": config.answers if body.answers is None else body.answers,
            "min_score": body.min_score,
            "min_precision": body.min_precision,
            "after": body.after,
            "before": body.before,
            "as_of": body.as_of,
            "window": body.window,
            "undated": body.undated,
            "documents": body.documents,
        }
        if not isinstance(body, AskMany):
            history = [Turn(turn.question, turn.answer) for turn in body.history]
            return JSONResponse(await answered(body.question, {**settings, "history": history}))
        replies = []
        # One by one, so that others get their turn in between.
        for question in body.questions:
            try:
                replies.append(await answered(question, settings))
            except QuestionError as error:
                replies.append({"question": question, "error": str(error)})
        return JSONResponse({"replies": replies})

    @router.post("/timeline", response_model=TimelineJson)
    async def timeline(body: TimelineBody) -> JSONResponse:
        """Tell how the answer to a question changed over time."""
        shown = await service.readers.run(
            lambda: assistant.timeline(
                body.question,
                k=config.k if body.k is None else body.k,
                slices=config.timeline_slices if body.slices is None else body.slices,
                after=body.after,
                before=body.before,
                documents=body.documents,
                min_score=(config.timeline_min_score if body.min_score is None else body.min_score),
                as_of=body.as_of,
            )
        )
        return JSONResponse(timeline_json(shown))

    @router.get("/search", response_model=HitList)
    async def search(
        question: QuestionText,
        documents: Annotated[DocumentIds, Query(default_factory=list)],
        k: K | None = None,
        after: Day | None = None,
        before: Day | None = None,
    ) -> JSONResponse:
        """Show the chunks that fit a question best, with both parts of their score.

        `documents` may be given several times; without it every document is looked at.
        """
        allowed = frozenset(documents) if documents else None
        within = Filter(dates=DateRange.of(after, before), documents=allowed)
        wanted = config.k if k is None else k
        hits = await service.readers.run(
            lambda: assistant.index.search(question, wanted, within=within)
        )
        return JSONResponse({"hits": [hit_json(hit) for hit in hits]})

    @router.post("/feedback", status_code=204)
    async def feedback(body: JudgementBody) -> None:
        """Keep what a person says of an answer; `qa evaluate` reads it."""
        await service.readers.run(lambda: _keep(service, body))

    @router.get("/status", response_model=IndexStatus)
    async def status() -> JSONResponse:
        """Tell what is indexed."""
        known = await service.readers.run(lambda: list(assistant.index.documents()))
        return JSONResponse(_status(service, known))

    return router


def _keep(service: Service, body: JudgementBody) -> None:
    """Keep a judgement whose citation is true."""
    now = datetime.datetime.now(datetime.UTC)
    judgement = Judgement(**body.model_dump(), at=now)
    if not is_cited_truly(judgement, service.assistant.index.document(body.document_id)):
        raise ApiError(
            422,
            "citation_refused",
            f"The answer does not stand in document {body.document_id!r} at {body.start}-"
            f"{body.end}, or not in the context: send them as the reply gave them.",
        )
    service.feedback.add(judgement)


def _status(service: Service, known: list[StoredDocument]) -> dict[str, object]:
    days = sorted(document.date for document in known if document.date is not None)
    return {
        "documents": len(known),
        "chunks": sum(document.chunks for document in known),
        "earliest": days[0].isoformat() if days else None,
        "latest": days[-1].isoformat() if days else None,
        "generation": service.assistant.index.generation,
        "working": service.readers.taken + service.writer.taken,
        "version": version("document-qa-assistant"),
    }
