"""Routes for questions, timelines, searches, feedback and status, under /api/v1."""

import datetime
from functools import lru_cache, partial
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Query

from embeddings import Index, QuestionError
from qa.followups import Turn
from qa.monitoring.feedback import Judgement, is_cited_correctly
from qa.server.errors import ApiError
from qa.server.requests import (
    AskBody,
    AskMany,
    DocumentIdOrEmpty,
    JudgementBody,
    OptionalK,
    QuestionText,
    TimelineBody,
)
from qa.server.responses import (
    HitList,
    IndexStatus,
    Replies,
    ReplyJson,
    TimelineJson,
    Unanswered,
)
from qa.server.service import Service


def routes(service: Service) -> APIRouter:
    """Create the routes."""
    router = APIRouter(tags=["questions"])
    index = service.assistant.index

    @router.post("/ask")
    async def ask(body: AskBody) -> ReplyJson | Replies:
        """Answer a question, or several, with exact quotations.

        Returns the reply to a question, or `{"replies": [...]}` for `questions`; a question that
        cannot be asked has an `error` there.
        """
        options = body.model_dump(exclude={"question", "questions", "history"})
        if not isinstance(body, AskMany):
            history = [Turn(turn.question, turn.answer) for turn in body.history or ()]
            reply = await service.ask(body.question, history=history, **options)
            return ReplyJson.model_validate(reply)
        replies: list[ReplyJson | Unanswered] = []
        # One at a time, so that other requests are served in between.
        for question in body.questions:
            try:
                reply = await service.ask(question, **options)
                replies.append(ReplyJson.model_validate(reply))
            except QuestionError as error:
                replies.append(Unanswered(question=question, error=str(error)))
        return Replies(replies=replies)

    @router.post("/timeline")
    async def timeline(body: TimelineBody) -> TimelineJson:
        """Return how the answer to a question changed over time."""
        return TimelineJson.model_validate(await service.timeline(**body.model_dump()))

    @router.get("/search")
    async def search(
        question: QuestionText,
        documents: Annotated[list[DocumentIdOrEmpty], Query(default_factory=list, max_length=1000)],
        k: OptionalK = None,
        after: str | None = None,
        before: str | None = None,
    ) -> HitList:
        """Return the best chunks for a question, with both parts of their score.

        Repeat `documents` for several ids; without it all documents are searched.
        """
        most = k or service.config.k
        hits = await service.search(question, most, after=after, before=before, documents=documents)
        return HitList.model_validate({"hits": hits})

    @router.post("/feedback", status_code=204)
    async def feedback(body: JudgementBody) -> None:
        """Save a verdict on an answer; `qa evaluate` reads it."""
        await service.readers.run(lambda: _save_feedback(service, body))

    # Listing 100,000 documents takes a second, so the description is cached for each generation.
    contents = lru_cache(1)(partial(_contents, index))

    @router.get("/status")
    async def status() -> IndexStatus:
        """Return what is indexed."""
        found = await service.readers.run(lambda: contents(index.generation))
        working = service.readers.pending + service.images.pending + service.writer.pending
        return IndexStatus(working=working, version=version("document-qa-assistant"), **found)

    return router


def _save_feedback(service: Service, body: JudgementBody) -> None:
    now = datetime.datetime.now(datetime.UTC)
    judgement = Judgement(**body.model_dump(), at=now)
    if not is_cited_correctly(judgement, service.assistant.index.document(body.document_id)):
        raise ApiError(
            422,
            "citation_refused",
            f"The answer or its context is not in document {body.document_id!r} at {body.start}-"
            f"{body.end}. Send them as in the reply.",
        )
    service.feedback.add(judgement)


def _contents(index: Index, generation: int) -> dict[str, Any]:
    """Describe what is indexed, in a generation of the index."""
    known = list(index.documents())
    days = sorted(document.date for document in known if document.date is not None)
    return {
        "documents": len(known),
        "chunks": sum(document.chunks for document in known),
        "earliest": days[0].isoformat() if days else None,
        "latest": days[-1].isoformat() if days else None,
        "generation": generation,
    }
