import datetime
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from embeddings import Document, Index, QuestionError, SettingsError
from qa.evaluation.questions import Question
from qa.monitoring.feedback import Judgement
from qa.reader.reader import Reader
from qa.training.calibration_data import build_calibration_set, collect_cases, judgements, labelled

NOON = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)


def contexts(count: int) -> list[Question]:
    """Make a question for each of several contexts; its year can be changed."""
    return [
        Question(
            f"q{n}",
            f"Who won the prize in {1950 + n}?",
            (f"Ada {n}",),
            f"In {1950 + n} Ada {n} won.",
        )
        for n in range(count)
    ]


def test_quarter_of_contexts_is_left_out() -> None:
    asked, searched = build_calibration_set(contexts(40))
    shown = {question.context for question in searched}
    assert len(shown) == 30
    absent = [one for one in asked if one.context not in shown]
    assert len(absent) == 10
    assert all(one.answers == () for one in absent)


def test_half_as_many_changed_questions_as_answerable_ones() -> None:
    given = {question.text for question in contexts(40)}
    asked, searched = build_calibration_set(contexts(40))
    shown = {question.context for question in searched}
    of_shown = [one for one in asked if one.context in shown]
    assert sum(bool(one.answers) for one in of_shown) == 30
    altered = [one for one in of_shown if not one.answers]
    assert len(altered) == 15
    assert not any(one.text in given and one.text in str(one.context) for one in altered)


def test_distractor_contexts_are_searched_but_not_asked() -> None:
    distractors = [Question("b", "Where?", ("x",), f"Beside {n}.") for n in range(9)]
    asked, searched = build_calibration_set(contexts(20), distractors, distractor_limit=3)
    assert [one.context for one in searched[15:]] == ["Beside 0.", "Beside 3.", "Beside 6."]
    assert not any("Beside" in str(one.context) for one in asked)


def test_calibration_set_is_reproducible() -> None:
    assert build_calibration_set(contexts(40)) == build_calibration_set(contexts(40))


def test_too_few_contexts_are_rejected() -> None:
    with pytest.raises(SettingsError, match="have 19 contexts, and 20 are needed"):
        build_calibration_set(contexts(19))


def judged(verdict: str, answer: str, *, question: str = "Who won?") -> Judgement:
    return Judgement(
        question=question,
        verdict=verdict,  # type: ignore[arg-type]
        answer=answer,
        document_id="a",
        start=len(answer),
        end=2 * len(answer),
        context="",
        at=NOON,
    )


def test_feedback_labels_matching_answers() -> None:
    [(question, label)] = judgements(
        [judged("right", "Rosa Pell"), judged("wrong", "Monday"), judged("wrong passage", "May")]
    )
    assert question.text == "Who won?"
    words = ("Rosa Pell", "Baker Rosa Pell", "the Monday", "May", "Tuesday")
    assert [label(each) for each in words] == [True, True, False, False, None]


def test_right_no_answer_makes_every_answer_wrong() -> None:
    [(_, label)] = judgements([judged("right", "")])
    assert label("Rosa Pell") is False
    [(_, label)] = judgements([judged("wrong", "")])
    assert label("Rosa Pell") is None


def test_last_verdict_counts() -> None:
    [(_, label)] = judgements([judged("wrong", "Rosa Pell"), judged("right", "Rosa Pell")])
    assert label("Rosa Pell") is True


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as made:
        texts = {"roof": "The cat slept on the roof.", "mat": "The dog sat on the mat."}
        made.add([Document(id=name, text=text) for name, text in texts.items()])
        yield made


@pytest.fixture
def reader(tokenizer: Tokenizer, word_model: Callable[[Mapping[str, float]], Any]) -> Reader:
    model = word_model({"[CLS]": 0, "roof": 3, "mat": 2})
    return Reader(
        model, tokenizer, name="words", max_window_tokens=48, stride_tokens=8, max_answer_tokens=1
    )


def test_case_has_label_of_first_answer(index: Index, reader: Reader) -> None:
    calls: list[tuple[int, int]] = []
    asked = [Question("q", "Where did the cat sleep?", (place,)) for place in ("the roof", "mat")]
    right, wrong = collect_cases(
        list(map(labelled, asked)),
        index,
        reader,
        k=5,
        min_read=5,
        progress=lambda *given: calls.append(given),
    )
    assert [one.text for one in right.aggregated.answers[:2]] == ["roof", "mat"]
    assert (right.right, wrong.right) == (True, False)
    assert (right.group, calls) == ("q", [(1, 2), (2, 2)])


def test_question_without_label_is_left_out(index: Index, reader: Reader) -> None:
    asked = [
        (Question("q", "Where did the cat sleep?", ()), lambda words: None),
        (Question("r", "Where did the dog sit?", (), "a context"), lambda words: False),
    ]
    assert [case.group for case in collect_cases(asked, index, reader, k=5, min_read=5)] == [
        "a context"
    ]


def test_too_long_question_is_rejected(index: Index, reader: Reader) -> None:
    with pytest.raises(QuestionError, match="Question long"):
        collect_cases([labelled(Question("long", "who " * 60, ()))], index, reader, k=5, min_read=5)
