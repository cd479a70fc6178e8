import dataclasses
import datetime
import json
import re

import click
import pytest

from embeddings import Chunk, Document, Hit, IndexReport, StoredDocument
from qa import Answer, Citation, Reply
from qa.dates import TimeRange
from qa.rendering import (
    change_text,
    finding_json,
    finding_text,
    hit_json,
    hit_text,
    reply_json,
    reply_text,
    report_text,
    showable,
    stored_text,
    timeline_text,
)
from qa.timeline import Timeline, Told
from qa.verification import Finding, WrittenCitation
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
    return Reply(answers=answers, hits=hits, read=len(hits), seconds={"total": 0.5}, **said)


def test_a_reply_in_json_holds_its_answers_and_no_nearest_passage() -> None:
    assert json.loads(json.dumps(reply_json(reply(ANSWER)))) == {
        "question": "Who steered it?",
        "understood": "Who steered it?",
        "as_of": None,
        "window": None,
        "answer": reply_json(reply(ANSWER))["answers"][0],
        "answers": [
            {
                "answer": "Ewa Lindqvist",
                "score": 0.9,
                "start": START,
                "end": START + 13,
                "context": DOCUMENT.text,
                "date": None,
                "document": {
                    "id": "ferry.txt",
                    "title": "Ferries resume",
                    "date": "2021-03-04",
                    "source": "",
                },
                "citations": [],
            }
        ],
        "disagree": False,
        "reason": None,
        "nearest": None,
        "dateline": None,
        "read": 2,
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
    citation = WrittenCitation("a.txt", "/a.txt", 1, 4, "two\nwords")
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


def test_a_date_is_told_beside_the_words() -> None:
    start = DOCUMENT.text.index("Thursday")
    words = dataclasses.replace(ANSWER, text="Thursday", start=start, end=start + 8)
    assert reply_json(reply(words))["answer"]["date"] == {
        "iso": "2021-03-04",
        "precision": "day",
        "after": "2021-03-04",
        "before": "2021-03-04",
    }
    assert "Thursday: 2021-03-04" in reply_text(reply(words)).splitlines()


def test_other_documents_and_other_answers_are_shown_with_their_days() -> None:
    later = Document(id="later.txt", text="214 or 216", date=datetime.date(2021, 4, 1))
    cited = Citation("214", 0, 3, later)
    first = dataclasses.replace(ANSWER, text="214", citations=(cited,))
    second = dataclasses.replace(
        ANSWER, text="216", start=7, end=10, document=later, context=later.text, score=0.6
    )
    shown = reply_text(reply(first, second)).splitlines()
    assert "  also 2021-04-01  later.txt:0-3" in shown
    assert shown[-2:] == ["The documents differ:", "  2021-04-01  216  later.txt:7-10  60% sure"]
    assert reply_json(reply(first))["answer"]["citations"] == [
        {
            "text": "214",
            "start": 0,
            "end": 3,
            "document": {"id": "later.txt", "title": "", "date": "2021-04-01", "source": ""},
        }
    ]


def test_a_dateline_is_told_as_what_it_is() -> None:
    given = dataclasses.replace(reply(), dateline=Citation("ORMSAY", 0, 6, DOCUMENT))
    assert reply_text(given).splitlines()[-1] == "It was reported from ORMSAY (its dateline)."
    told = reply_json(given)["dateline"]
    assert (told["text"], told["document"]["id"]) == ("ORMSAY", "ferry.txt")


def test_the_time_that_a_question_names_is_shown() -> None:
    question = "Who steered it in March 2021?"
    day = datetime.date(2021, 3, 1), datetime.date(2021, 3, 4)
    window = TimeRange(*day, start=15, end=28, hard=False)
    given = dataclasses.replace(
        reply(ANSWER), question=question, understood=question, as_of=day[1], window=window
    )
    assert reply_json(given)["as_of"] == "2021-03-04"
    assert reply_json(given)["window"] == {
        "text": "in March 2021",
        "start": 15,
        "end": 28,
        "after": "2021-03-01",
        "before": "2021-03-04",
        "hard": False,
    }
    first, *rest = reply_text(given).splitlines()
    assert first.startswith("Preferred: documents of 2021-03-01 to 2021-03-04, “in March 2021”")
    assert rest == reply_text(reply(ANSWER)).splitlines()
    strict = dataclasses.replace(given, window=dataclasses.replace(window, after=None, hard=True))
    assert reply_text(strict).startswith("Only documents until 2021-03-04")


ORDERS = "\x1b]0;owned\x07\x1b[2J\x9b1m\u202e\x08"


def test_nothing_of_a_document_commands_the_terminal() -> None:
    text = f"{ORDERS}Rosa{ORDERS} won.{ORDERS}"
    document = Document(f"a{ORDERS}.txt", text, f"{ORDERS}Fair", DOCUMENT.date, f"/{ORDERS}/a.txt")
    named = Document(f"b{ORDERS}.txt", text, f"{ORDERS}Fair", DOCUMENT.date)
    start, end = text.index("Rosa"), text.index(" won") + 4
    words = f"Rosa{ORDERS} won"
    citation = Citation(words, start, end, named)
    answers = [
        Answer(words, 0.9, start, end, said, text, 0, citations=(citation,))
        for said in (document, named)
    ]
    chunk = Chunk(document.id, 0, len(text), text, document.title)
    known = StoredDocument(document.id, document.title, None, "", {}, "", len(text), 1)
    told = Told((answers[0],), superseded=False)
    written = WrittenCitation(document.id, document.source, 0, 1, text)
    remembered = Known(text, 0.5, document.id, document.title, None, "", 0, 1)
    nowhere = dataclasses.replace(reply(hits=(Hit(chunk, 0.5, 1.0, 0.5),)), dateline=citation)
    shown = [
        reply_text(reply(*answers, understood=text)),
        reply_text(nowhere),
        timeline_text(Timeline("Who?", (told,), None, None, 1, 0.1)),
        hit_text(Hit(chunk, 0.5, 1.0, 0.5)),
        stored_text(known),
        report_text(IndexReport(failed=((document.id, f"{text} cannot be read"),))),
        finding_text(Finding(written, "moved", text)),
        change_text(Change(text, remembered, None, "")),
        showable(text),
    ]
    for lines in shown:
        own = re.sub(r"\x1b\[[014]m", "", lines)  # bold, underlined, and neither
        assert not set("\x1b\x07\x9b\u202e\x08") & set(own)


def test_a_sign_stands_for_each_unshowable_character_and_no_other() -> None:
    text = "a\tb\nc\u00a0d é 漢 \u200d\x1b\x7f\u2067\ud800"
    assert showable(text) == "a\tb\nc\u00a0d é 漢 \u200d\ufffd\ufffd\ufffd\ufffd"
