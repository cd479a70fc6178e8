"""A question asked on the page and the reply to it, as the reader's browser keeps it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from embeddings import Chunk, Document, Hit
from qa.dates import TimeRange
from qa.rendering import reply_json
from qa.types import Answer, Citation, Reason, Reply

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
    as_of: datetime.date | None = None
    """The day of asking; None for the newest document's."""
    window: bool = True
    """Whether a time that the question names was searched by."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its reply."""

    reply: Reply
    """Documents without their text, and of the hits only the nearest, when it comes from JSON."""
    asking: Asking
    at: datetime.datetime
    verdicts: Mapping[int, str] = field(default_factory=dict)
    """What its reader said of an answer, by the answer's place in the reply, or at 0 of there being
    none."""

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
                "as_of": asking.as_of.isoformat() if asking.as_of else None,
                "window": asking.window,
            },
            "reply": reply_json(self.reply),
            "context_starts": [answer.context_start for answer in self.reply.answers],
            "datelines": [
                answer.document.metadata.get("dateline", "") for answer in self.reply.answers
            ],
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
                # Earlier versions kept in a browser how many chunks were read beside the reply.
                reply=_reply(
                    {"read": row.get("passages")} | row["reply"],
                    row["context_starts"],
                    row.get("datelines"),
                ),
                asking=_asking(row["asking"]),
                at=datetime.datetime.fromisoformat(row["at"]),
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
        # What earlier versions kept in a browser has nothing of these.
        as_of=_day(row.get("as_of")),
        window=bool(row.get("window", True)),
    )


def _day(day: str | None) -> datetime.date | None:
    return None if day is None else datetime.date.fromisoformat(day)


def _reply(
    row: Mapping[str, Any], context_starts: Sequence[int], datelines: Sequence[str] | None
) -> Reply:
    # Conversations that were kept by an earlier version name none of what it did not know.
    datelines = [""] * len(context_starts) if datelines is None else datelines
    nearest, window, dateline = row["nearest"], row.get("window"), row.get("dateline")
    return Reply(
        question=str(row["question"]),
        understood=str(row["understood"]),
        answers=tuple(
            _answer(answer, int(begin), str(place))
            for answer, begin, place in zip(row["answers"], context_starts, datelines, strict=True)
        ),
        hits=() if nearest is None else (_hit(nearest),),
        read=int(row["read"]),
        seconds={str(stage): float(taken) for stage, taken in row["seconds"].items()},
        as_of=_day(row.get("as_of")),
        window=None if window is None else _window(window),
        reason=next((reason for reason in get_args(Reason) if reason == row.get("reason")), None),
        dateline=None if dateline is None else _citation(dateline),
    )


def _window(row: Mapping[str, Any]) -> TimeRange:
    return TimeRange(
        after=_day(row["after"]),
        before=datetime.date.fromisoformat(row["before"]),
        start=int(row["start"]),
        end=int(row["end"]),
        hard=bool(row["hard"]),
    )


def _answer(row: Mapping[str, Any], context_start: int, dateline: str) -> Answer:
    answer = Answer(
        text=str(row["answer"]),
        score=float(row["score"]),
        start=int(row["start"]),
        end=int(row["end"]),
        document=_document(row["document"], dateline),
        context=str(row["context"]),
        context_start=context_start,
        citations=tuple(map(_citation, row.get("citations", ()))),
    )
    inside = slice(answer.start - context_start, answer.end - context_start)
    if inside.start < 0 or not answer.text or answer.context[inside] != answer.text:
        raise ValueError(f"{answer.text!r} does not stand at {inside} of its context")
    return answer


def _citation(row: Mapping[str, Any]) -> Citation:
    return Citation(
        text=str(row["text"]),
        start=int(row["start"]),
        end=int(row["end"]),
        document=_document(row["document"]),
    )


def _document(row: Mapping[str, Any], dateline: str = "") -> Document:
    return Document(
        id=str(row["id"]),
        text="",
        title=str(row["title"]),
        date=_day(row["date"]),
        source=str(row["source"]),
        metadata={"dateline": dateline},
    )


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
