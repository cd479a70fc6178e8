import dataclasses
import datetime
import json
import re
from pathlib import Path

import click
import pytest

from embeddings import Chunk, Document, Hit, IndexReport, Section, StoredDocument
from qa import Answer, Citation, Reply
from qa.answering.comparison.normalization import value_of
from qa.cli.output import (
    change_text,
    finding_text,
    hit_text,
    reply_text,
    report_text,
    stored_table,
    timeline_text,
)
from qa.dates import TimeRange
from qa.monitoring.verify import Finding, WrittenCitation
from qa.monitoring.watch import Change, SavedAnswer
from qa.serialization import (
    finding_json,
    hit_json,
    replace_control_characters,
    reply_json,
    report_json,
)
from qa.timeline.timeline import Timeline, TimelineEntry

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


def test_json_of_an_answered_reply_has_no_nearest_passage() -> None:
    assert json.loads(json.dumps(reply_json(reply(ANSWER)))) == {
        "question": "Who steered it?",
        "understood": "Who steered it?",
        "as_of": None,
        "window": None,
        "answer": reply_json(reply(ANSWER))["answers"][0],
        "answers": [
            {
                "answer": "Ewa Lindqvist",
                "kind": "span",
                "score": 0.9,
                "start": START,
                "end": START + 13,
                "highlights": [],
                "page": None,
                "section": [],
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
        "undated": 0,
        "disagree": False,
        "reason": None,
        "nearest": None,
        "related": [],
        "dateline": None,
        "read": 2,
        "seconds": {"total": 0.5},
    }


def test_json_has_kind_highlights_page_section_and_related_sentences() -> None:
    document = Document(
        id="guide.pdf",
        text="Setup\nBack up:\n- disks\n- tapes\n",
        sections=(Section("Guide", 1, 0), Section("Setup", 2, 0)),
        pages=(0, 15),
    )
    items = Answer(
        text="- disks\n- tapes",
        score=0.8,
        start=15,
        end=30,
        document=document,
        context=document.text,
        context_start=0,
        kind="spans",
        highlights=((17, 22), (25, 30)),
    )
    shown = json.loads(json.dumps(reply_json(reply(items))))["answer"]
    assert (shown["kind"], shown["highlights"]) == ("spans", [[17, 22], [25, 30]])
    assert (shown["page"], shown["section"]) == (2, ["Guide", "Setup"])
    related = dataclasses.replace(reply(), related=(Citation("Back up:", 6, 14, document),))
    [cited] = reply_json(related)["related"]
    assert (cited["text"], cited["page"], cited["section"]) == ("Back up:", 1, ["Guide", "Setup"])


def test_json_of_an_unanswered_reply_has_the_nearest_passage() -> None:
    shown = reply_json(reply())
    assert (shown["answer"], shown["answers"]) == (None, [])
    assert shown["nearest"] == hit_json(NEAREST)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            "nothing found",
            "Not in your documents. No document matches the filters.",
        ),
        ("no answer", "Not in your documents."),
        ("answers disagree", "Not in your documents."),
    ],
)
def test_reply_without_related_passages_says_not_in_documents(reason: str, text: str) -> None:
    shown = reply(reason=reason)
    assert reply_json(shown)["reason"] == reason
    assert reply_text(shown) == text


def test_reply_without_answer_shows_related_passages_with_their_places() -> None:
    cited = Citation(DOCUMENT.text[:28], 0, 28, DOCUMENT)
    shown = dataclasses.replace(reply(), reason="no answer", related=(cited,))
    assert reply_text(shown).splitlines() == [
        "No short answer found. These passages look relevant:",
        "",
        "  Ferries resumed on Thursday.",
        "  Ferries resume · 2021-03-04",
        "  ferry.txt",
    ]


GUIDE = Document(
    id="guide.pdf",
    text="Setup\nRun these:\n  mkdir a\n\n  cd a\n",
    title="Guide",
    sections=(Section("4 Setup", 1, 0), Section("4.2 Folders", 2, 6)),
    pages=(0, 6),
)


def passage(text: str, **changes) -> Answer:
    start = GUIDE.text.index(text)
    return dataclasses.replace(
        ANSWER,
        **{"text": text, "start": start, "end": start + len(text), "document": GUIDE} | changes,
        context=GUIDE.text,
    )


def test_passage_keeps_its_lines_and_marks_highlights() -> None:
    answer = passage("Run these:\n  mkdir a\n\n  cd a", kind="passage", highlights=((20, 25),))
    assert GUIDE.text[20:25] == "kdir "
    assert reply_text(reply(answer)).splitlines() == [
        "Run these:",
        "  m[kdir ]a",
        "  cd a",
        "",
        "Guide",
        'guide.pdf p. 2, "4.2 Folders", 90% sure',
    ]


def test_highlight_of_two_lines_is_marked_in_each_line() -> None:
    answer = passage("Run these:\n  mkdir a", kind="passage", highlights=((10, 21),))
    assert reply_text(reply(answer)).splitlines()[:2] == ["Run [these:]", "[  mk]dir a"]


def test_list_answer_shows_one_item_per_line() -> None:
    answer = passage("mkdir a\n\n  cd a", kind="spans", highlights=((19, 26), (30, 34)))
    assert reply_text(reply(answer)).splitlines()[:2] == ["- [mkdir a]", "- [cd a]"]


def test_offsets_are_shown_on_request_only() -> None:
    answer = passage("mkdir a")
    assert "guide.pdf:19-26 p. 2" in reply_text(reply(answer), offsets=True)
    assert "19-26" not in reply_text(reply(answer))


def test_source_below_the_working_directory_is_shown_as_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for source, shown in ((f"{tmp_path}/news/a.pdf", "news/a.pdf"), ("/b/a.pdf", "/b/a.pdf")):
        document = dataclasses.replace(GUIDE, source=source, sections=())
        answer = passage("mkdir a", document=document)
        assert f"{shown} p. 2, 90% sure" in reply_text(reply(answer)).splitlines()


@pytest.mark.parametrize("inner", ["#7", "/report.pdf", "/rows.csv#7", "#box/7@x/a.pdf"])
def test_source_of_a_row_or_inner_file_shows_its_own_id(inner: str) -> None:
    document = dataclasses.replace(
        GUIDE, id=f"news/a.zip{inner}", source="/b/news/a.zip", sections=()
    )
    answer = passage("mkdir a", document=document)
    assert f"/b/news/a.zip{inner} p. 2, 90% sure" in reply_text(reply(answer)).splitlines()


def test_report_counts_skipped_files_by_suffix() -> None:
    skipped = ("a/1.png", "a/2.PNG", "a/3.svg", "Makefile")
    report = IndexReport(added=("a", "b"), unchanged=("c",), skipped=skipped)
    line = "2 added, 1 unchanged. Skipped 4 files of other kinds (.png 2, .svg 1, no suffix 1)."
    assert report_text(report) == line
    assert report_text(report, verbose=True).splitlines() == [
        line,
        *(f"  Skipped {path}" for path in skipped),
    ]
    assert report_text(IndexReport(skipped=("a.png",))) == (
        "No documents added. Skipped 1 file of another kind (.png 1)."
    )
    assert report_text(IndexReport(added=("a",)), warnings={"a": "no text on page 2"}) == (
        "1 added.\n  Warning: a: no text on page 2"
    )


def test_report_counts_moved_documents_and_shows_incomplete_files() -> None:
    report = IndexReport(moved=("a",), warnings=(("b.csv", "b.csv has 1 row left\nout"),))
    assert report_text(report) == "1 moved.\n  Warning: b.csv has 1 row left out"
    written = report_json(report)
    assert (written["moved"], written["failed"]) == (["a"], [])
    assert written["warnings"] == [("b.csv", "b.csv has 1 row left\nout")]


def test_table_of_documents_has_header_and_warnings() -> None:
    day = datetime.date(2020, 1, 2)
    rows = [
        StoredDocument("a.txt", "A", day, "", {}, "", 10, 2),
        StoredDocument("long.pdf", "", None, "", {"warning": "no text on page 2"}, "", 10, 12),
    ]
    assert stored_table(rows).splitlines() == [
        "DATE        CHUNKS  ID        TITLE",
        "2020-01-02       2  a.txt     A",
        "-               12  long.pdf",
        "Warning: long.pdf: no text on page 2",
    ]
    assert stored_table([]) == "There are no documents in the index."


def test_finding_and_change_are_shown_as_text_and_json() -> None:
    citation = WrittenCitation("a.txt", "/a.txt", 1, 4, "two\nwords")
    finding = Finding(citation, "moved", "they stand elsewhere")
    assert click.unstyle(finding_text(finding)) == "moved  “two words”  they stand elsewhere"
    assert finding_json(finding)["verdict"] == "moved"
    assert finding_json(finding)["citation"]["document_id"] == "a.txt"
    known = SavedAnswer("Ada", 0.8, "a.txt", "The mayor", "2020-01-02", "", 3, 6, value_of("Ada"))
    assert click.unstyle(change_text(Change("Who?", None, known, ""))).splitlines() == [
        "Who?",
        "  was: no answer",
        "  now: Ada (The mayor, 2020-01-02, a.txt, 80% sure)",
    ]


def test_reply_without_hits_has_no_nearest_passage() -> None:
    assert reply_json(reply(hits=()))["nearest"] is None


@pytest.mark.parametrize("answers", [(), (ANSWER,)])
def test_rewritten_question_is_shown(answers: tuple[Answer, ...]) -> None:
    understood = "Who steered the first\x1b[31m ferry?"
    shown = reply(*answers, understood=understood)
    assert reply_json(shown)["understood"] == understood
    first, *rest = reply_text(shown).splitlines()
    assert first == "Understood as: Who steered the first\N{REPLACEMENT CHARACTER}[31m ferry?"
    assert rest == reply_text(reply(*answers)).splitlines()


def test_weekday_answer_is_shown_with_its_date() -> None:
    start = DOCUMENT.text.index("Thursday")
    words = dataclasses.replace(ANSWER, text="Thursday", start=start, end=start + 8)
    assert reply_json(reply(words))["answer"]["date"] == {
        "iso": "2021-03-04",
        "precision": "day",
        "after": "2021-03-04",
        "before": "2021-03-04",
    }
    assert "Thursday: 2021-03-04" in reply_text(reply(words)).splitlines()


def test_other_documents_and_answers_are_shown_with_their_dates() -> None:
    later = Document(id="later.txt", text="214 or 216", date=datetime.date(2021, 4, 1))
    cited = Citation("214", 0, 3, later)
    first = dataclasses.replace(
        ANSWER, text="214", start=0, end=3, context="214", context_start=0, citations=(cited,)
    )
    second = dataclasses.replace(
        ANSWER,
        text="216",
        start=7,
        end=10,
        document=later,
        context="216",
        context_start=7,
        score=0.6,
    )
    shown = reply_text(reply(first, second)).splitlines()
    assert shown[shown.index("Also in:") + 1] == "  2021-04-01  later.txt"
    assert shown[-3:] == ["The documents differ:", "  216", "    2021-04-01  later.txt, 60% sure"]
    assert reply_json(reply(first))["answer"]["citations"] == [
        {
            "text": "214",
            "start": 0,
            "end": 3,
            "page": None,
            "section": [],
            "document": {"id": "later.txt", "title": "", "date": "2021-04-01", "source": ""},
        }
    ]


def test_dateline_is_shown_as_dateline_of_the_best_match() -> None:
    given = dataclasses.replace(reply(), dateline=Citation("ORMSAY", 0, 6, DOCUMENT))
    assert reply_text(given).splitlines()[-1] == "Dateline of the best match: ORMSAY"
    shown = reply_json(given)["dateline"]
    assert (shown["text"], shown["document"]["id"]) == ("ORMSAY", "ferry.txt")


def test_time_named_in_the_question_is_shown() -> None:
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
    assert first.startswith(
        "Preferring documents from 2021-03-01 to 2021-03-04 because of “in March"
    )
    assert rest == reply_text(reply(ANSWER)).splitlines()
    strict = dataclasses.replace(given, window=dataclasses.replace(window, after=None, hard=True))
    assert reply_text(strict).startswith("Only documents up to 2021-03-04")


ORDERS = "\x1b]0;owned\x07\x1b[2J\x9b1m\u202e\x08"


def test_control_characters_of_documents_are_not_shown() -> None:
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
    entry = TimelineEntry((answers[0],), superseded=False)
    written = WrittenCitation(document.id, document.source, 0, 1, text)
    remembered = SavedAnswer(text, 0.5, document.id, document.title, None, "", 0, 1, value_of(text))
    nowhere = dataclasses.replace(reply(hits=(Hit(chunk, 0.5, 1.0, 0.5),)), dateline=citation)
    shown = [
        reply_text(reply(*answers, understood=text)),
        reply_text(nowhere),
        timeline_text(Timeline("Who?", (entry,), None, None, 1, 0.1)),
        hit_text(Hit(chunk, 0.5, 1.0, 0.5)),
        stored_table([known]),
        report_text(IndexReport(failed=((document.id, f"{text} cannot be read"),))),
        finding_text(Finding(written, "moved", text)),
        change_text(Change(text, remembered, None, "")),
        replace_control_characters(text),
    ]
    for lines in shown:
        own = re.sub(r"\x1b\[[014]m", "", lines)  # bold, underlined, and neither
        assert not set("\x1b\x07\x9b\u202e\x08") & set(own)


def test_only_unshowable_characters_are_replaced() -> None:
    text = "a\tb\nc\u00a0d é 漢 \u200d\x1b\x7f\u2067\ud800"
    assert replace_control_characters(text) == "a\tb\nc\u00a0d é 漢 \u200d\ufffd\ufffd\ufffd\ufffd"
