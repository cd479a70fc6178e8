import datetime
import json

import pytest

from embeddings import Chunk, Document, Hit
from qa import Answer, Reply
from qa.rendering import hit_json, reply_json, reply_text

DOCUMENT = Document(
    id="ferry.txt",
    text="Ferries resumed on Thursday. Captain Ewa Lindqvist steered the first one.",
    title="Ferries resume",
    date=datetime.date(2021, 3, 4),
)
CHUNK = Chunk(document_id="ferry.txt", start=0, end=len(DOCUMENT.text), text=DOCUMENT.text)
NEAREST = Hit(chunk=CHUNK, score=0.75, lexical=None, dense=0.5)
FARTHER = Hit(chunk=CHUNK, score=0.25, lexical=1.5, dense=None)
START = DOCUMENT.text.index("Ewa")
ANSWER = Answer(
    text="Ewa Lindqvist",
    score=0.9,
    start=START,
    end=START + len("Ewa Lindqvist"),
    document=DOCUMENT,
    context=DOCUMENT.text,
    context_start=0,
)


def reply(*answers: Answer, hits: tuple[Hit, ...] = (NEAREST, FARTHER), **changes: str) -> Reply:
    said = {"question": "Who steered it?", "understood": "Who steered it?", **changes}
    return Reply(answers=answers, hits=hits, seconds={"total": 0.5}, **said)


def test_a_reply_in_json_holds_its_answers_and_no_nearest_passage() -> None:
    assert json.loads(json.dumps(reply_json(reply(ANSWER)))) == {
        "question": "Who steered it?",
        "understood": "Who steered it?",
        "answer": reply_json(reply(ANSWER))["answers"][0],
        "answers": [
            {
                "answer": "Ewa Lindqvist",
                "score": 0.9,
                "start": START,
                "end": START + 13,
                "context": DOCUMENT.text,
                "document": {
                    "id": "ferry.txt",
                    "title": "Ferries resume",
                    "date": "2021-03-04",
                    "source": "",
                },
            }
        ],
        "nearest": None,
        "seconds": {"total": 0.5},
    }


def test_a_reply_without_an_answer_names_the_nearest_passage_in_json() -> None:
    shown = reply_json(reply())
    assert (shown["answer"], shown["answers"]) == (None, [])
    assert shown["nearest"] == hit_json(NEAREST)


def test_a_reply_from_nothing_has_no_nearest_passage() -> None:
    assert reply_json(reply(hits=()))["nearest"] is None


@pytest.mark.parametrize("answers", [(), (ANSWER,)])
def test_what_a_follow_up_was_understood_as_is_shown(answers: tuple[Answer, ...]) -> None:
    understood = "Who steered the first\x1b[31m ferry?"
    shown = reply(*answers, understood=understood)
    assert reply_json(shown)["understood"] == understood
    first, *rest = reply_text(shown).splitlines()
    assert first == "Understood as: Who steered the first\N{REPLACEMENT CHARACTER}[31m ferry?"
    assert rest == reply_text(reply(*answers)).splitlines()
