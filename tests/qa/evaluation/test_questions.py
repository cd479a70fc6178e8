import datetime
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from embeddings import QuestionError, SettingsError
from qa.evaluation.questions import (
    Question,
    batches,
    check_questions,
    load_questions,
    sample,
    with_dates,
    without_contexts,
)
from qa.reader.reader import Reader

CONTEXT = "The ferry to Ayton sank in 1921. Nobody was hurt."
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Ayton",
            "paragraphs": [
                {
                    "context": CONTEXT,
                    "qas": [
                        {
                            "id": "q1",
                            "question": "When did the ferry sink?",
                            "answers": [
                                {"text": "1921", "answer_start": 27},
                                {"text": "in 1921", "answer_start": 24},
                            ],
                            "is_impossible": False,
                        },
                        {
                            "id": "q2",
                            "question": "Who built the ferry?",
                            "answers": [],
                            "plausible_answers": [{"text": "Ayton", "answer_start": 13}],
                            "is_impossible": True,
                        },
                    ],
                }
            ],
        }
    ],
}
FIRST = Question("q1", "When did the ferry sink?", ("1921", "in 1921"), CONTEXT, "Ayton")
SECOND = Question("q2", "Who built the ferry?", (), CONTEXT, "Ayton")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        content = text.encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", ["dev.json", "dev-v2.0.JSON", "dev.json.gz"])
def test_squad_json_is_loaded(write, name: str) -> None:
    assert load_questions(write(name, json.dumps(SQUAD))) == [FIRST, SECOND]


def test_squad_1_json_is_loaded(write) -> None:
    row = {"id": "q1", "question": "Where?", "answers": [{"text": "Ayton", "answer_start": 13}]}
    content = {"data": [{"paragraphs": [{"context": CONTEXT, "qas": [row]}]}], "version": "1.1"}
    assert load_questions(write("dev.json", json.dumps(content))) == [
        Question("q1", "Where?", ("Ayton",), CONTEXT)
    ]


@pytest.mark.parametrize("name", ["dev.jsonl", "dev.ndjson", "dev.jsonl.gz"])
def test_squad_like_json_lines_are_loaded(write, name: str) -> None:
    rows = [
        {
            "id": question.id,
            "source": "ours",
            "title": question.title,
            "context": question.context,
            "question": question.text,
            "answers": {"text": list(question.answers), "answer_start": []},
        }
        for question in (FIRST, SECOND)
    ]
    text = "\ufeff" + "\r\n".join(json.dumps(row) for row in rows) + "\n\n"
    assert load_questions(write(name, text)) == [FIRST, SECOND]


def test_json_lines_without_positions_are_loaded(write) -> None:
    rows = [
        {
            "id": 7,
            "date": "2022-06-10",
            "question": "Who won?",
            "answer": "Ayton",
            "answer_articles": ["a-1", "a-2"],
        },
        {"question": "Who lost?\u2028", "answers": ["Beeford", "Seaby"], "date": None},
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    first, second = load_questions(write("news.jsonl", text))
    day = datetime.date(2022, 6, 10)
    assert first == Question("7", "Who won?", ("Ayton",), date=day, sources=("a-1", "a-2"))
    assert second == Question("line 2", "Who lost?\u2028", ("Beeford", "Seaby"))


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("dev.csv", "", "dev.csv is not a file of questions"),
        ("gone.jsonl", None, "No such file"),
        ("dev.jsonl", "\n", "There are no questions in"),
        ("dev.jsonl", '{"question": "Who?", "answer": "I"}\n{"question"', "line 2 is not JSON"),
        ("dev.jsonl", "[1]", 'line 1 is not an object whose "question" is a text'),
        ("dev.jsonl", '\n{"question": "Who?"}', 'line 2 has neither "answers" nor "answer"'),
        ("dev.jsonl", '{"question": "Who?", "answers": [3]}', '"answers" of line 1 is not a list'),
        ("dev.jsonl", '{"question": "Who?", "answers": {}}', 'whose "text" is a list'),
        (
            "dev.jsonl",
            '{"question": "Who?", "answer": "I", "date": "May"}',
            "is not a date such as",
        ),
        ("dev.jsonl", '{"question": "Who?", "answer": "I", "date": 1987}', "is not a date such as"),
        ("dev.jsonl", '{"question": "Who?", "answer": "I", "context": 1}', '"context" is a text'),
        ("dev.json", "{}", 'the file is not an object whose "data" is a list'),
        (
            "dev.json",
            '{"data": [{"paragraphs": [{}]}]}',
            r"data\[0\].paragraphs\[0\] is not an object",
        ),
        (
            "dev.json",
            '{"data": [{"paragraphs": [{"context": "", "qas": [{"id": "q"}]}]}]}',
            "question 'q' is not an object whose \"answers\" is a list",
        ),
        ("dev.json", "[" * 100_000, "recursion|JSON|Expecting"),
    ],
)
def test_invalid_questions_are_rejected_with_their_place(
    write, tmp_path: Path, name: str, content: str | None, complaint: str
) -> None:
    file = tmp_path / name if content is None else write(name, content)
    with pytest.raises(SettingsError, match=complaint) as caught:
        load_questions(file)
    assert str(file) in str(caught.value)


def test_damaged_gzip_file_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl.gz"
    whole = gzip.compress(b'{"question": "Who?", "answer": "I"}' * 20)
    for content in (b"plain", whole[:-12], whole[:12] + b"\xff" * 8 + whole[20:]):
        file.write_bytes(content)
        with pytest.raises(SettingsError, match="cannot be read"):
            load_questions(file)


def asked(n: int) -> list[Question]:
    return [Question(str(number), f"Question {number}?", ()) for number in range(n)]


def test_sample_is_evenly_spread_and_in_order() -> None:
    assert [question.id for question in sample(asked(10), 4)] == ["0", "2", "5", "7"]
    assert sample(asked(3), 3) == sample(asked(3), 99) == asked(3)
    assert sample([], 5) == []


def test_batches_have_questions_of_one_day() -> None:
    days = [None, datetime.date(2022, 6, 10), datetime.date(2022, 6, 17)]
    questions = [Question(str(n), "Who?", (), date=days[n % 3]) for n in range(10)]
    found = list(batches(questions, 2))
    assert sorted(q.id for _, batch in found for q in batch) == [str(n) for n in range(10)]
    assert all(len(batch) <= 2 for _, batch in found)
    assert all(within.dates.after is None for within, _ in found)
    assert all(within.dates.before == q.date for within, batch in found for q in batch)


def test_question_with_context_has_no_last_day() -> None:
    question = Question("1", "Who?", (), context="I.", date=datetime.date(2022, 6, 10))
    assert question.before is None


def test_with_dates_writes_or_removes_the_date() -> None:
    day = datetime.date(2022, 6, 3)
    asked = [Question("a", "Who won?", ("Ada",), date=day), Question("b", "Who lost?", ())]
    assert with_dates(asked, "as-of") == asked
    in_words, undated = with_dates(asked, "words")
    assert in_words == Question("a", "Who won in the week of 3 June 2022?", ("Ada",))
    assert undated == asked[1]
    assert with_dates(asked, "off") == [Question("a", "Who won?", ("Ada",)), asked[1]]


def test_without_contexts_keeps_other_fields() -> None:
    day = datetime.date(2022, 6, 10)
    question = Question("1", "Who?", ("I",), context="I.", title="Us", date=day)
    (bare,) = without_contexts([question])
    assert bare == Question("1", "Who?", ("I",), context=None, title="Us", date=day)
    assert bare.before == day


def test_check_questions_names_the_invalid_question(
    tokenizer: Tokenizer, word_model: Callable[..., Any]
) -> None:
    reader = Reader(word_model({}), tokenizer, name="w", max_window_tokens=24, stride_tokens=4)
    check_questions(asked(3), reader)
    with pytest.raises(QuestionError, match="Question long: The question has"):
        check_questions([*asked(1), Question("long", "who " * 30, ())], reader)


def test_evidence_and_lists_are_loaded(write: Callable[[str, str], Path]) -> None:
    row = {
        "question": "What happened?",
        "context": CONTEXT,
        "answers": {"text": ["sank", "hurt"], "answer_start": [19, 44]},
        "evidence": [[0, 32]],
        "kind": "list",
        "mode": "all",
    }
    [question] = load_questions(write("rows.jsonl", json.dumps(row)))
    assert question.evidence == ("The ferry to Ayton sank in 1921.",)
    assert question.is_list
    assert question.is_answerable


@pytest.mark.parametrize(
    ("evidence", "message"), [([[0, 90]], "outside the context"), (["sank"], "is not a list of")]
)
def test_invalid_evidence_is_rejected(
    write: Callable[[str, str], Path], evidence: list, message: str
) -> None:
    row = {"question": "What?", "context": CONTEXT, "answers": [], "evidence": evidence}
    with pytest.raises(SettingsError, match=message):
        load_questions(write("rows.jsonl", json.dumps(row)))
