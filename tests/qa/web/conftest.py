import dataclasses
import datetime
from collections.abc import Callable
from typing import Any

import pytest

from embeddings import Chunk, Document, Hit
from qa import Answer, Reply
from qa.web.exchange import exchange_json

TEXT = "The fair opened on Monday. Baker Rosa Pell won the prize. It rained."
DAY = datetime.date(2019, 5, 11)


@pytest.fixture
def answer() -> Callable[..., Answer]:
    """Make an answer with words of the text above."""

    def make(words: str = "Rosa Pell", score: float = 0.8, **about) -> Answer:
        changes = {name: about.pop(name) for name in ("kind", "highlights") if name in about}
        known = {"id": "fair.txt", "title": "Fair", "date": DAY} | about
        start = TEXT.index(words)
        made = Answer(
            text=words,
            score=score,
            start=start,
            end=start + len(words),
            document=Document(text=TEXT, **known),
            context=TEXT,
            context_start=0,
        )
        return dataclasses.replace(made, **changes)

    return make


@pytest.fixture
def exchange() -> Callable[..., dict[str, Any]]:
    """Make an exchange with these answers."""

    def make(*answers: Answer, options: dict[str, Any] | None = None, **changes) -> dict[str, Any]:
        chunk = Chunk("fair.txt", 0, len(TEXT), TEXT, "Fair", DAY)
        reply = Reply(
            **{
                "question": "Who won?",
                "understood": "Who won?",
                "answers": answers,
                "hits": (Hit(chunk, 0.5, 1.5, 0.25),),
                "read": 3,
                "seconds": {"total": 0.25},
            }
            | changes.pop("reply", {})
        )
        return exchange_json(reply, options or {}) | changes

    return make
