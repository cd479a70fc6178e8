import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embeddings import Document, Index
from qa import Assistant, Config, Reader
from qa.chat.calls import Calls, told
from qa.feedback import Feedback
from qa.server.workers import BusyError

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
            uploads=tmp_path / "uploads",
            work=AtOnce(),
        )


def asking(**changes: Any) -> dict[str, Any]:
    row = {"question": "Who won the prize?", "history": [], "after": None, "before": None}
    return row | {"documents": None, "k": 10, "answers": 3, "min_score": 0} | changes


def upload(tmp_path: Path, name: str, contents: bytes) -> dict[str, str]:
    """Put a file where uploads arrive; what the page says of it."""
    folder = tmp_path / "uploads" / "digest"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"upload{Path(name).suffix}"
    path.write_bytes(contents)
    return {"path": str(path), "name": name, "upload": "1"}


def test_the_page_begins_with_the_corpus_and_the_defaults(calls: Calls) -> None:
    given = calls.begin({})
    assert given["summary"] == "1 document"
    assert given["settings"] == {"k": 10, "answers": 3, "min_score": Config().min_score}
    assert given["max_file_bytes"] == 1000


def test_a_reply_comes_as_html_as_a_sentence_to_hear_and_as_what_is_kept(calls: Calls) -> None:
    given = calls.ask(asking())
    words = json.loads(json.dumps(given["exchange"]))["reply"]["answer"]["answer"]
    assert "Rosa Pell" in words
    assert f"<mark>{words}</mark>" in given["html"]
    assert given["spoken"].startswith(f"Answer: {words}. ")
    assert calls.show({"turns": [given["exchange"]]})["html"] == [given["html"]]


def test_filters_and_the_least_confidence_hold(calls: Calls) -> None:
    for changes in ({"documents": ["other.txt"]}, {"after": "2020-01-01"}, {"min_score": 1.0}):
        given = calls.ask(asking(**changes))
        assert given["exchange"]["reply"]["answer"] is None
        assert given["spoken"] == "No answer in these documents."


@pytest.mark.parametrize(
    "changes",
    [
        {"question": " "},
        {"k": 0},
        {"k": 101},
        {"k": 1e400},
        {"answers": 21},
        {"answers": "many"},
        {"min_score": 2},
        {"after": "yesterday"},
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


def test_an_upload_is_added_and_its_file_deleted(calls: Calls, tmp_path: Path) -> None:
    given = calls.take(upload(tmp_path, "note.txt", b"Ivo Lind sold the mill."))
    assert given == {"outcome": "Added", "documents": ["note.txt"]}
    assert list((tmp_path / "uploads").iterdir()) == []
    assert "Ivo Lind" in calls.ask(asking(question="Who sold the mill?"))["html"]


@pytest.mark.parametrize(
    ("name", "contents", "reason"),
    [
        ("../note.txt", b"Text.", "bare file name"),
        ("note\0.txt", b"Text.", "bare file name"),
        ("note.exe", b"MZ", "unknown kind"),
        ("empty.txt", b"  ", "note|empty"),
        ("large.txt", b"a " * 600, "bytes"),
    ],
)
def test_a_bad_upload_is_refused_and_leaves_nothing(
    calls: Calls, tmp_path: Path, name: str, contents: bytes, reason: str
) -> None:
    row = upload(tmp_path, name.replace("\0", ""), contents) | {"name": name}
    given = told(calls.take)(row)
    assert set(given) == {"error"}
    assert any(word in given["error"] for word in reason.split("|"))
    assert str(tmp_path) not in given["error"]
    assert list((tmp_path / "uploads").iterdir()) == []
    assert len(calls._corpus.documents()) == 1


@pytest.mark.parametrize("path", ["/etc/passwd", "uploads/../secret.txt", "uploads/none.txt", ""])
def test_only_what_was_uploaded_is_taken(calls: Calls, tmp_path: Path, path: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The code is 1234.")
    row = {"path": str(tmp_path / path), "name": "secret.txt", "upload": "1"}
    assert "did not arrive" in told(calls.take)(row)["error"]
    assert secret.exists()


def test_a_link_out_of_the_uploads_is_not_followed(calls: Calls, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The code is 1234.")
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "link.txt").symlink_to(secret)
    row = {"path": str(tmp_path / "uploads" / "link.txt"), "name": "a.txt", "upload": "1"}
    assert "did not arrive" in told(calls.take)(row)["error"]


def test_removal_is_undone(calls: Calls) -> None:
    removed = calls.remove({"document": "fair.txt"})
    assert removed["title"] == "Fair"
    assert "error" in told(calls.remove)({"document": "fair.txt"})
    assert calls.restore({"token": removed["token"]}) == {"title": "Fair"}
    assert "error" in told(calls.restore)({"token": removed["token"]})
    assert len(calls._corpus.documents()) == 1


def test_a_judgement_is_kept_with_the_answer_it_is_of(calls: Calls, tmp_path: Path) -> None:
    feedback = Feedback(tmp_path / "feedback.jsonl")
    kept = calls.ask(asking())["exchange"]
    calls.judge({"exchange": kept, "verdict": "right"})
    none = calls.ask(asking(min_score=1.0))["exchange"]
    calls.judge({"exchange": none, "verdict": "wrong"})
    first, second = feedback.read()
    assert (first.verdict, first.context) == ("right", BREAD)
    assert "Rosa Pell" in first.answer
    assert BREAD[first.start : first.end] == first.answer
    assert (second.verdict, second.answer, second.document_id) == ("wrong", "", "fair.txt")
    assert "error" in told(calls.judge)({"exchange": kept, "verdict": "<b>"})
    assert "error" in told(calls.judge)({"exchange": {}, "verdict": "right"})
    made_up = json.loads(json.dumps(kept))
    made_up["reply"]["answers"][0]["document"]["id"] = "no-such"
    assert "has changed" in told(calls.judge)({"exchange": made_up, "verdict": "right"})["error"]
    assert len(feedback.read()) == 2


def test_every_failure_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def busy(_):
        raise BusyError("Too many are waiting.")

    def broken(_):
        raise RuntimeError("secret detail")

    assert told(busy)({}) == {"error": "Too many are waiting."}
    assert told(broken)({}) == {"error": "The server failed; its log says why."}
    assert "secret detail" in caplog.text
