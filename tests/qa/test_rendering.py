import datetime
import json

import click
import pytest

from embeddings import Chunk, Document, Hit
from qa import Answer, Reply
from qa.rendering import (
    change_text,
    finding_json,
    finding_text,
    hit_json,
    reply_json,
    reply_text,
)
from qa.verification import Citation, Finding
from qa.watch import Change, Known

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
        "reason": None,
        "nearest": None,
        "seconds": {"total": 0.5},
    }


def test_a_reply_without_an_answer_names_the_nearest_passage_in_json() -> None:
    shown = reply_json(reply())
    assert (shown["answer"], shown["answers"]) == (None, [])
    assert shown["nearest"] == hit_json(NEAREST)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("nothing found", "no document lies within the filter"),
        ("no answer", "answers it surely enough"),
        ("answers disagree", "give different answers"),
    ],
)
def test_why_there_is_no_answer_is_said(reason: str, words: str) -> None:
    shown = reply(reason=reason)
    assert reply_json(shown)["reason"] == reason
    assert words in reply_text(shown).splitlines()[0]


def test_a_finding_and_a_change_are_told_in_words_and_in_json() -> None:
    citation = Citation("a.txt", "/a.txt", 1, 4, "two\nwords")
    finding = Finding(citation, "moved", "they stand elsewhere")
    assert click.unstyle(finding_text(finding)) == "moved  “two words”  they stand elsewhere"
    assert finding_json(finding)["verdict"] == "moved"
    assert finding_json(finding)["citation"]["document_id"] == "a.txt"
    known = Known("Ada", 0.8, "a.txt", "The mayor", "2020-01-02", "", 3, 6)
    assert click.unstyle(change_text(Change("Who?", None, known, ""))).splitlines() == [
        "Who?",
        "  was: no answer",
        "  now: Ada (The mayor, 2020-01-02, a.txt:3-6, 80% sure)",
    ]


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
