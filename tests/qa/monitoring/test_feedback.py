import datetime
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from embeddings import SettingsError
from qa.evaluation.questions import load_questions
from qa.monitoring.feedback import Feedback, Judgement

RIGHT = Judgement(
    question="Who baked the bread?",
    verdict="right",
    answer="Rosa Pell",
    document_id="fair.txt",
    start=6,
    end=15,
    context="Baker Rosa Pell won the prize “for bread”.",
    at=datetime.datetime(2024, 5, 6, 7, 8, tzinfo=datetime.UTC),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "feedback.jsonl"


def test_judgements_are_saved_unchanged_oldest_first(file: Path) -> None:
    given = [RIGHT, replace(RIGHT, verdict="wrong passage"), replace(RIGHT, answer="", end=6)]
    for judgement in given:
        Feedback(file).add(judgement)
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert Feedback(file).read() == given
    assert [row.pop("answers") for row in kept] == [["Rosa Pell"], ["Rosa Pell"], []]
    assert kept == [asdict(judgement) | {"at": "2024-05-06T07:08:00+00:00"} for judgement in given]


def test_right_judgements_are_gold_answers_and_others_are_skipped(file: Path) -> None:
    feedback = Feedback(file)
    feedback.add(replace(RIGHT, verdict="wrong"))
    feedback.add(RIGHT)
    feedback.add(replace(RIGHT, question="Who lost?", verdict="wrong passage"))
    # The same answer is judged again: the last verdict counts.
    feedback.add(replace(RIGHT, question="Who won for bread?"))
    feedback.add(replace(RIGHT, question="Who won for bread?", verdict="wrong"))
    feedback.add(replace(RIGHT, question="Who is king?", answer="", start=0, end=0))
    answered, abstained = load_questions(file)
    assert (answered.text, answered.answers) == (RIGHT.question, ("Rosa Pell",))
    assert answered.context == RIGHT.context
    assert (abstained.text, abstained.answers) == ("Who is king?", ())


def test_right_answers_of_a_question_are_gold_in_all_its_passages(file: Path) -> None:
    feedback = Feedback(file)
    feedback.add(RIGHT)
    feedback.add(replace(RIGHT, answer="Baker Rosa Pell", start=0))
    feedback.add(replace(RIGHT, answer="the prize", verdict="wrong", start=20))
    both = ("Rosa Pell", "Baker Rosa Pell")
    assert [question.answers for question in load_questions(file)] == [both, both]


def test_judgements_of_many_threads_are_complete_lines(file: Path) -> None:
    given = [replace(RIGHT, question=f"Question {number}?") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda judgement: Feedback(file).add(judgement), given))
    kept = [json.loads(line)["question"] for line in file.read_text().splitlines()]
    assert sorted(kept) == sorted(one.question for one in given)


def test_incomplete_line_is_reported_and_loses_no_other(file: Path) -> None:
    file.write_bytes(b'{"question": "Who')
    Feedback(file).add(RIGHT)
    assert json.loads(file.read_text().splitlines()[1])["answer"] == "Rosa Pell"
    with pytest.raises(SettingsError, match=r"Line 1 of .*feedback\.jsonl is not a judgement"):
        Feedback(file).read()
