import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embeddings import Document, Index
from qa import Assistant, Config, Reader
from qa.config import MAX_ANSWERS, MAX_K, MAX_QUESTION_CHARACTERS
from qa.monitoring.feedback import Feedback
from qa.server.workers import BusyError
from qa.web.calls import Calls, told

SURE = {"min_score": 1.0}
BREAD = "The fair opened on Monday. Baker Rosa Pell won the prize for the best bread."


class AtOnce:
    """Lets nothing wait."""

    ask_now = read_now = write_now = staticmethod(lambda work: work())


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.open()


@pytest.fixture
def calls(tmp_path: Path, reader: Reader) -> Iterator[Calls]:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add([Document(id="fair.txt", text=BREAD, title="Fair")])
        yield Calls(
            Assistant(index, reader),
            config=Config(max_file_bytes=1000),
            feedback=Feedback(tmp_path / "feedback.jsonl"),
            work=AtOnce(),
        )


def asking(**changes: Any) -> dict[str, Any]:
    row = {"question": "Who won the prize?", "history": [], "after": None, "before": None}
    row |= {"as_of": None, "window": True, "documents": None}
    return row | {"settings": {}} | changes


def test_the_page_begins_with_the_corpus_and_the_defaults(calls: Calls) -> None:
    given = calls.begin({})
    assert given["summary"] == "1 document"
    assert given["settings"] == {"k": 10, "answers": 3, "min_score": Config().min_score}
    assert given["limits"] == {
        "k": MAX_K,
        "answers": MAX_ANSWERS,
        "question": MAX_QUESTION_CHARACTERS,
        "file_bytes": 1000,
    }


def test_a_reply_comes_as_html_as_a_sentence_to_hear_and_as_what_is_kept(calls: Calls) -> None:
    given = calls.ask(asking())
    words = json.loads(json.dumps(given["exchange"]))["reply"]["answer"]["answer"]
    assert "Rosa Pell" in words
    assert f"<mark>{words}</mark>" in given["html"]
    assert given["spoken"].startswith(f"Answer: {words}. ")
    assert calls.show({"turns": [given["exchange"]]})["html"] == [given["html"]]


def test_filters_and_the_least_confidence_hold(calls: Calls) -> None:
    for changes in ({"documents": ["other.txt"]}, {"as_of": "2020-01-01"}, {"settings": SURE}):
        given = calls.ask(asking(**changes))
        assert given["exchange"]["reply"]["answer"] is None
        assert given["spoken"] == "No answer in these documents."


def test_a_question_is_answered_over_time(calls: Calls) -> None:
    calls._assistant.index.add(
        [Document(id="dated.txt", text=BREAD, date=datetime.date(2019, 5, 11))]
    )
    given = calls.timeline(asking())
    assert "Rosa Pell</h4>" in given["html"]
    assert 'data-document="dated.txt"' in given["html"]
    assert "No dated document" in calls.timeline(asking(documents=["fair.txt"]))["html"]
    assert set(told(calls.timeline)(asking(as_of="soon"))) == {"error"}


@pytest.mark.parametrize(
    "changes",
    [
        {"question": " "},
        {"settings": {"k": 0}},
        {"settings": {"k": MAX_K + 1}},
        {"settings": {"k": 1e400}},
        {"settings": {"answers": MAX_ANSWERS + 1}},
        {"settings": {"answers": "many"}},
        {"settings": {"min_score": 2}},
        {"settings": None},
        {"after": "yesterday"},
        {"as_of": "yesterday"},
        {"after": "2021-01-01", "before": "2020-01-01"},
        {"documents": [3]},
        {"history": [{"question": "Who?"}]},
        {"question": None},
    ],
)
def test_a_question_that_cannot_be_asked_is_told(calls: Calls, changes: dict[str, Any]) -> None:
    assert set(told(calls.ask)(asking(**changes))) == {"error"}


def test_half_a_character_can_be_asked(calls: Calls) -> None:
    given = calls.ask(asking(question="Who won\ud800 the prize?"))
    json.dumps(given, ensure_ascii=False).encode()


def test_a_turn_that_cannot_be_read_leaves_the_others(calls: Calls) -> None:
    kept = calls.ask(asking())
    turns = [{"reply": 1}, kept["exchange"], None]
    assert calls.show({"turns": turns})["html"] == [None, kept["html"], None]
    written = calls.export({"name": "Fair", "turns": turns, "format": "json"})
    assert len(json.loads(written["text"])["turns"]) == 1


def test_the_source_is_shown_or_said_to_be_gone(calls: Calls) -> None:
    shown = calls.source({"document": "fair.txt", "start": 33, "end": 42})["html"]
    assert '<mark tabindex="-1">Rosa Pell</mark>' in shown
    changed = calls.source({"document": "fair.txt", "start": 500, "end": 900})["html"]
    assert "<mark" not in changed
    gone = told(calls.source)({"document": "no.txt", "start": 0, "end": 1})
    assert gone == {"error": "This document is no longer in the index."}


def test_documents_come_in_pages(calls: Calls, tmp_path: Path) -> None:
    calls._corpus.index.add(Document(id=f"{n:03}", text=f"Text {n}.") for n in range(120))
    row = {"words": "", "after": None, "before": None, "offset": 0}
    first = calls.documents(row)
    assert (first["found"], first["shown"], first["rows"].count("<tr")) == (121, 100, 100)
    rest = calls.documents(row | {"offset": 100})
    assert (rest["shown"], rest["rows"].count("<tr")) == (121, 21)
    assert calls.choices({"words": "11", "chosen": ["110"]})["html"].count(" checked") == 1


def test_removal_is_undone(calls: Calls) -> None:
    removed = calls.remove({"document": "fair.txt"})
    assert removed["title"] == "Fair"
    assert "error" in told(calls.remove)({"document": "fair.txt"})
    assert calls.restore({"token": removed["token"]}) == {"title": "Fair"}
    assert "error" in told(calls.restore)({"token": removed["token"]})
    assert len(calls._corpus.documents()) == 1


def test_a_judgement_is_kept_with_the_answer_it_is_of(calls: Calls, tmp_path: Path) -> None:
    kept = calls.ask(asking())["exchange"]
    given = {"exchange": kept, "verdict": "right", "place": "0"}
    calls.judge(given)
    begin = BREAD.index("Monday")
    other = kept["reply"]["answers"][0] | {"answer": "Monday", "start": begin, "end": begin + 6}
    kept["reply"]["answers"].append(other)
    kept["context_starts"].append(0)
    kept["datelines"].append("")
    calls.judge(given | {"verdict": "wrong passage", "place": "1"})
    none = calls.ask(asking(settings=SURE))["exchange"]
    calls.judge({"exchange": none, "verdict": "wrong", "place": "0"})
    file = tmp_path / "feedback.jsonl"
    first, second, third = map(json.loads, file.read_text().splitlines())
    assert (first["verdict"], first["context"]) == ("right", BREAD)
    assert "Rosa Pell" in first["answer"]
    assert BREAD[first["start"] : first["end"]] == first["answer"]
    assert (second["verdict"], second["answer"]) == ("wrong passage", "Monday")
    assert BREAD[second["start"] : second["end"]] == "Monday"
    assert (third["verdict"], third["answer"], third["document_id"]) == ("wrong", "", "fair.txt")
    for bad in ({"verdict": "<b>"}, {"exchange": {}}, {"place": "9"}, {"place": "one"}):
        assert "error" in told(calls.judge)(given | bad)
    made_up = json.loads(json.dumps(kept))
    made_up["reply"]["answers"][0]["document"]["id"] = "no-such"
    assert "has changed" in told(calls.judge)(given | {"exchange": made_up})["error"]
    assert len(file.read_text().splitlines()) == 3


def test_what_the_page_sends_makes_up_no_line_of_the_log(
    calls: Calls, caplog: pytest.LogCaptureFixture
) -> None:
    line = "\nERROR made up"
    row = {"exchange": calls.ask(asking())["exchange"], "verdict": "right", "place": "0"}
    for call, sent in (
        (calls.judge, row | {"verdict": line}),
        (calls.judge, row | {"place": line}),
        (calls.judge, row | {"exchange": row["exchange"] | {"at": line}}),
        (calls.ask, asking(question=[line])),
        (calls.ask, asking(after=line)),
        (calls.ask, asking(settings={"min_score": line})),
        (calls.ask, asking(settings={"k": line})),
        (calls.source, {"document": "fair.txt", "start": line, "end": 0}),
        (calls.export, {"name": line, "turns": [{"at": line}], "format": line}),
        (calls.documents, {line: line}),
    ):
        told(call)(sent)
    assert "made up" in caplog.text
    assert not [said for said in caplog.text.splitlines() if said.startswith("ERROR made up")]


def test_every_failure_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def busy(_):
        raise BusyError("Too many are waiting.")

    def broken(_):
        raise RuntimeError("secret detail")

    assert told(busy)({}) == {"error": "Too many are waiting."}
    assert told(broken)({}) == {"error": "The server failed; its log says why."}
    assert "secret detail" in caplog.text
