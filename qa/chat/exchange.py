"""A question asked on the page and the reply to it, as the reader's browser keeps it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from embeddings import Chunk, Document, Hit
from qa.rendering import reply_json
from qa.types import Answer, Reason, Reply

__all__ = ["Asking", "Exchange"]


@dataclass(frozen=True, slots=True)
class Asking:
    """Under what a question was asked."""

    after: datetime.date | None = None
    before: datetime.date | None = None
    documents: tuple[str, ...] | None = None
    """Ids of the only documents looked at; None for all."""
    min_score: float = 0.0
    """Below this probability, 0 to 1, there was to be no answer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its reply."""

    reply: Reply
    """Documents without their text, and of the hits only the nearest, when it comes from JSON."""
    asking: Asking
    at: datetime.datetime
    passages: int
    """How many chunks were read."""
    verdicts: Mapping[int, str]
    """What its reader said of an answer, by the answer's place in the reply; 0 when there is no
    answer and that was judged."""

    def to_json(self) -> dict[str, Any]:
        """Describe it for the browser, with all that showing it again takes."""
        asking = self.asking
        return {
            "at": self.at.isoformat(),
            "asking": {
                "after": asking.after.isoformat() if asking.after else None,
                "before": asking.before.isoformat() if asking.before else None,
                "documents": None if asking.documents is None else list(asking.documents),
                "min_score": asking.min_score,
            },
            "passages": self.passages,
            "reply": reply_json(self.reply),
            "context_starts": [answer.context_start for answer in self.reply.answers],
            "verdicts": {str(place): verdict for place, verdict in self.verdicts.items()},
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Exchange:
        """Take what `to_json` gave, after it lay in a browser where anyone may have changed it.

        Raises:
            ValueError: it is no exchange.
        """
        try:
            return cls(
                reply=_reply(row["reply"], row["context_starts"]),
                asking=_asking(row["asking"]),
                at=datetime.datetime.fromisoformat(row["at"]),
                passages=int(row["passages"]),
                verdicts={int(place): str(said) for place, said in row["verdicts"].items()},
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"no exchange: {error!r}") from error


def _asking(row: Mapping[str, Any]) -> Asking:
    documents = row["documents"]
    return Asking(
        after=_day(row["after"]),
        before=_day(row["before"]),
        documents=None if documents is None else tuple(str(known) for known in documents),
        min_score=float(row["min_score"]),
    )


def _day(day: str | None) -> datetime.date | None:
    return None if day is None else datetime.date.fromisoformat(day)


def _reply(row: Mapping[str, Any], context_starts: Sequence[int]) -> Reply:
    nearest = row["nearest"]
    return Reply(
        question=str(row["question"]),
        understood=str(row["understood"]),
        answers=tuple(
            _answer(answer, int(begin))
            for answer, begin in zip(row["answers"], context_starts, strict=True)
        ),
        hits=() if nearest is None else (_hit(nearest),),
        seconds={str(stage): float(taken) for stage, taken in row["seconds"].items()},
        # Conversations that were kept by an earlier version say no reason.
        reason=next((reason for reason in get_args(Reason) if reason == row.get("reason")), None),
    )


def _answer(row: Mapping[str, Any], context_start: int) -> Answer:
    known = row["document"]
    answer = Answer(
        text=str(row["answer"]),
        score=float(row["score"]),
        start=int(row["start"]),
        end=int(row["end"]),
        document=Document(
            id=str(known["id"]),
            text="",
            title=str(known["title"]),
            date=_day(known["date"]),
            source=str(known["source"]),
        ),
        context=str(row["context"]),
        context_start=context_start,
    )
    inside = slice(answer.start - context_start, answer.end - context_start)
    if inside.start < 0 or not answer.text or answer.context[inside] != answer.text:
        raise ValueError(f"{answer.text!r} does not stand at {inside} of its context")
    return answer


def _hit(row: Mapping[str, Any]) -> Hit:
    known = row["document"]
    chunk = Chunk(
        document_id=str(known["id"]),
        start=int(row["start"]),
        end=int(row["end"]),
        text=str(row["text"]),
        title=str(known["title"]),
        date=_day(known["date"]),
    )
    return Hit(chunk, score=float(row["score"]), lexical=None, dense=None)
