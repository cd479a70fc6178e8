import dataclasses
import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embeddings import Document, Index
from qa import Assistant, Config, Reader
from qa.config import MAX_ANSWERS, MAX_K, MAX_QUESTION_CHARACTERS
from qa.server.workers import BusyError
from qa.web.server_functions import ServerFunctions, report_errors

BREAD = "The fair opened on Monday. Baker Rosa Pell won the prize for the best bread."


@dataclasses.dataclass(frozen=True)
class ServiceInThisThread:
    """A service without worker threads."""

    assistant: Assistant
    config: Config

    sync = None
    ask_now = wait = staticmethod(lambda work: work())
    readers = writer = property(lambda service: service)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.open()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as opened:
        yield opened


@pytest.fixture
def empty(index: Index, reader: Reader) -> ServerFunctions:
    service = ServiceInThisThread(Assistant(index, reader), Config(max_file_bytes=1000))
    return ServerFunctions(service)


@pytest.fixture
def functions(empty: ServerFunctions, index: Index) -> ServerFunctions:
    index.add([Document(id="fair.txt", text=BREAD, title="Fair")])
    return empty


def asking(**changes: Any) -> dict[str, Any]:
    row = {"question": "Who won the prize?", "history": [], "demo": False}
    return row | {"options": changes.pop("options", {})} | changes


def test_begin_returns_documents_defaults_and_limits(functions: ServerFunctions) -> None:
    given = functions.begin({})
    assert given["summary"] == "1 document"
    assert given["documents"] == 1
    assert ".pdf" in given["suffixes"]
    assert given["changes"] is None
    assert {"PDF", "Word"} <= set(given["formats"])
    assert "old Word" not in given["formats"]
    assert given["settings"] == {"k": 10, "answers": 3, "min_score": Config().min_score}
    assert given["limits"] == {
        "k": MAX_K,
        "answers": MAX_ANSWERS,
        "question": MAX_QUESTION_CHARACTERS,
        "file_bytes": 1000,
    }


def test_ask_returns_html_a_spoken_sentence_and_the_exchange(functions: ServerFunctions) -> None:
    given = functions.ask(asking())
    words = json.loads(json.dumps(given["exchange"]))["reply"]["answer"]["answer"]
    assert "Rosa Pell" in words
    assert f"<mark>{words}</mark>" in given["html"]
    assert given["spoken"].startswith(f"Answer: {words}. ")
    assert functions.show({"turns": [given["exchange"]]})["html"] == [given["html"]]


@pytest.mark.parametrize(
    "options", [{"documents": ["other.txt"]}, {"as_of": "2020-01-01"}, {"min_score": 1.0}]
)
def test_options_are_used(functions: ServerFunctions, options: dict[str, Any]) -> None:
    given = functions.ask(asking(options=options))
    assert given["exchange"]["reply"]["answer"] is None
    assert given["spoken"].startswith(("Not in your documents", "No short answer found"))
    assert given["exchange"]["options"].items() >= options.items()


def test_timeline_shows_answers_of_dated_documents(
    functions: ServerFunctions, index: Index
) -> None:
    index.add([Document(id="dated.txt", text=BREAD, date=datetime.date(2019, 5, 11))])
    given = functions.timeline(asking())
    assert "Rosa Pell</h4>" in given["html"]
    assert 'data-document="dated.txt"' in given["html"]
    only = functions.timeline(asking(options={"documents": ["fair.txt"]}))
    assert "No dated document" in only["html"]
    assert set(report_errors(functions.timeline)(asking(options={"as_of": "soon"}))) == {"error"}


@pytest.mark.parametrize(
    "changes",
    [
        {"question": " "},
        {"options": {"k": 0}},
        {"options": {"k": MAX_K + 1}},
        {"options": {"k": 1e400}},
        {"options": {"answers": MAX_ANSWERS + 1}},
        {"options": {"answers": "many"}},
        {"options": {"min_score": 2}},
        {"options": None},
        {"options": {"after": "yesterday"}},
        {"options": {"as_of": "yesterday"}},
        {"options": {"after": "2021-01-01", "before": "2020-01-01"}},
        {"options": {"documents": [3]}},
        {"options": {"unknown": 1}},
        {"history": [{"question": "Who?"}]},
        {"question": None},
    ],
)
def test_ask_with_bad_input_returns_an_error(
    functions: ServerFunctions, changes: dict[str, Any]
) -> None:
    assert set(report_errors(functions.ask)(asking(**changes))) == {"error"}


def test_lone_surrogate_in_a_question_is_replaced(functions: ServerFunctions) -> None:
    given = functions.ask(asking(question="Who won\ud800 the prize?"))
    json.dumps(given, ensure_ascii=False).encode()


def test_unreadable_exchange_leaves_the_others(functions: ServerFunctions) -> None:
    kept = functions.ask(asking())
    turns = [{"reply": 1}, kept["exchange"], None]
    assert functions.show({"turns": turns})["html"] == [None, kept["html"], None]
    written = functions.export({"name": "Fair", "turns": turns, "format": "json"})
    assert len(json.loads(written["text"])["turns"]) == 1


def source(document: str, *marks: tuple[int, int], find: str = "") -> dict[str, Any]:
    return {"document": document, "marks": list(marks), "find": find, "text": True, "demo": False}


def test_source_is_shown_or_an_error(functions: ServerFunctions) -> None:
    shown = functions.source(source("fair.txt", (33, 42)))
    assert '<mark tabindex="-1" data-mark="0">Rosa Pell</mark>' in shown["html"]
    gone = report_errors(functions.source)(source("no.txt", (0, 1)))
    assert gone == {"error": "This document is no longer in the index."}


def test_sample_article_answers_until_there_are_documents(
    empty: ServerFunctions, index: Index
) -> None:
    question = "Who designed the tidal clock in Port Ellery?"
    assert question in empty.suggestions({"demo": True})["questions"]
    assert empty.suggestions({"demo": False, "options": {}}) == {"questions": []}
    given = empty.ask(asking(question=question, demo=True))
    assert "Ines Maddock" in given["exchange"]["reply"]["answer"]["answer"]
    assert empty.begin({})["documents"] == 0
    shown = empty.source(source("sample-article.txt") | {"demo": True})
    assert "tidal clock" in shown["html"]
    index.add([Document(id="fair.txt", text=BREAD, title="Fair")])
    given = empty.ask(asking(question=question, demo=True))
    assert given["exchange"]["reply"]["answer"] is None
    gone = report_errors(empty.source)(source("sample-article.txt") | {"demo": True})
    assert set(gone) == {"error"}


def test_questions_are_suggested_for_the_chosen_documents(
    functions: ServerFunctions, index: Index
) -> None:
    texts = {
        "sea/ship.txt": "A local team led by Mara Holt found the ship. Mara Holt, a retired diver, "
        "saw it. The new ferries will leave the harbor on Sept. 4.",
        "storm.txt": "At least 14 houses were destroyed in the storm.",
    }
    index.add([Document(id=name, text=text) for name, text in texts.items()])

    def suggested(**options: object) -> list[str]:
        return functions.suggestions({"demo": False, "options": options})["questions"]

    assert "How many houses were destroyed in the storm?" in suggested(documents=[])
    ship = [
        "Who led the local team?",
        "When will the new ferries leave the harbor?",
        "Who is Mara Holt?",
    ]
    assert suggested(documents=["sea/ship.txt"], folder=None) == ship
    assert suggested(folder="sea") == ship
    assert suggested(documents=["storm.txt"]) == []


def test_documents_come_in_pages(functions: ServerFunctions, index: Index) -> None:
    index.add(Document(id=f"{n:03}", text=f"Text {n}.") for n in range(120))
    row = listing()
    first = functions.documents(row)
    assert (first["found"], first["shown"], first["rows"].count("<tr")) == (121, 100, 100)
    rest = functions.documents(row | {"offset": 100})
    assert (rest["shown"], rest["rows"].count("<tr")) == (121, 21)
    choice = {"words": "11", "chosen": ["110"], "folder": None}
    assert functions.choices(choice)["html"].count(" checked") == 1
    assert len(functions.ids(row)["ids"]) == 121
    assert functions.ids(listing(words="11"))["ids"] == ["011", *(f"11{n}" for n in range(10))]


def listing(**changes: Any) -> dict[str, Any]:
    row = {"words": "", "folder": "", "after": None, "before": None, "offset": 0}
    return row | {"sort": "date", "reverse": False} | changes


def test_folder_is_listed_chosen_and_asked(functions: ServerFunctions, index: Index) -> None:
    text = "Rosa Pell won the prize for the best bread."
    index.add([Document(id="north/2020/a.txt", text=text), Document(id="south/b.txt", text=text)])
    everything = functions.documents(listing())
    assert everything["collections"] == ["north", "south"]
    assert 'data-folder="north"' in everything["folders"]
    assert 'data-folder="north/2020"' not in everything["folders"]
    inside = functions.documents(listing(folder="north"))
    assert (inside["found"], inside["rows"].count("<tr")) == (1, 1)
    assert 'data-folder="north/2020"' in inside["folders"]
    choice = functions.choices({"words": "", "chosen": [], "folder": "south"})["html"]
    assert 'data-folder="south" checked' in choice
    assert 'data-folder="north/2020"' not in choice
    given = functions.ask(asking(options={"folder": "north"}))["exchange"]
    cited = given["reply"]["answers"][0]
    documents = [
        cited["document"]["id"],
        *(other["document"]["id"] for other in cited["citations"]),
    ]
    assert documents == ["north/2020/a.txt"]
    assert given["options"]["folder"] == "north"
    assert "documents" not in given["options"]
    both = functions.ask(asking(options={"folder": "none", "documents": ["fair.txt"]}))
    assert both["exchange"]["reply"]["answer"]["document"]["id"] == "fair.txt"
    nothing = functions.ask(asking(options={"folder": "none"}))
    assert "No document matches the filters" in nothing["html"]


def test_undated_documents_are_counted_and_included(
    functions: ServerFunctions, index: Index
) -> None:
    dated = Document(id="d.txt", text="The mill burned.", date=datetime.date(2020, 1, 1))
    index.add([dated])
    limits = {"after": "2019-01-01"}
    given = functions.ask(asking(options=limits))
    assert "1 undated document was left out." in given["html"]
    assert "Include it</button>" in given["html"]
    given = functions.ask(asking(options=limits | {"undated": True}))
    assert "Rosa Pell" in given["exchange"]["reply"]["answer"]["answer"]
    assert "left out" not in given["html"]


def test_texts_are_in_the_language_of_the_page(functions: ServerFunctions) -> None:
    say = report_errors(functions.ask)
    assert "Sehr wahrscheinlich richtig" in say(asking(lang="de"))["html"]
    for language in ("en", "xx", None, 5):
        assert "Very likely right" in say(asking(lang=language))["html"]


def test_removed_documents_are_restored(functions: ServerFunctions, index: Index) -> None:
    index.add([Document(id="other.txt", text="The mill burned.")])
    removed = functions.remove({"documents": ["fair.txt", "other.txt"]})
    assert list(index.documents()) == []
    assert "error" in report_errors(functions.remove)({"documents": ["fair.txt"]})
    restored = functions.restore({"token": removed["token"]})
    assert restored == {"titles": ["Fair", "other.txt"]}
    assert "error" in report_errors(functions.restore)({"token": removed["token"]})


def test_bad_input_cannot_forge_log_lines(
    functions: ServerFunctions, caplog: pytest.LogCaptureFixture
) -> None:
    line = "\nERROR made up"
    for function, sent in (
        (functions.ask, asking(question=[line])),
        (functions.ask, asking(options={"after": line})),
        (functions.ask, asking(options={"min_score": line})),
        (functions.ask, asking(options={"k": line})),
        (functions.source, source("fair.txt", (line, 0))),
        (functions.export, {"name": line, "turns": [{"at": line}], "format": line}),
        (functions.documents, {line: line}),
    ):
        report_errors(function)(sent)
    assert "made up" in caplog.text
    assert not [logged for logged in caplog.text.splitlines() if logged.startswith("ERROR made up")]


def test_failures_are_returned_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def busy(_):
        raise BusyError("Too many are waiting.")

    def broken(_):
        raise RuntimeError("secret detail")

    assert report_errors(busy)({}) == {"error": "Too many are waiting."}
    assert report_errors(broken)({}) == {"error": "The server failed. Its log has the details."}
    assert "secret detail" in caplog.text
