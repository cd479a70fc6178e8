import datetime
from collections.abc import Callable

import pytest

from embeddings import Chunk, Document, Hit
from qa import Answer, Reply
from qa.web.exchange import Asking, Exchange

TEXT = "The fair opened on Monday. Baker Rosa Pell won the prize. It rained."
NOON = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)
NO_FILTER = Asking()


@pytest.fixture
def answer() -> Callable[..., Answer]:
    """Make an answer of words in the text above."""

    def make(words: str = "Rosa Pell", score: float = 0.8, **about) -> Answer:
        known = {"id": "fair.txt", "title": "Fair", "date": datetime.date(2019, 5, 11)} | about
        start = TEXT.index(words)
        return Answer(
            text=words,
            score=score,
            start=start,
            end=start + len(words),
            document=Document(text=TEXT, **known),
            context=TEXT,
            context_start=0,
        )

    return make


@pytest.fixture
def exchange() -> Callable[..., Exchange]:
    """Make an exchange with these answers."""

    def make(*answers: Answer, asking: Asking = NO_FILTER, **changes) -> Exchange:
        chunk = Chunk("fair.txt", 0, len(TEXT), TEXT, "Fair", datetime.date(2019, 5, 11))
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
        return Exchange(reply, asking, NOON, **{"verdicts": {}} | changes)

    return make
