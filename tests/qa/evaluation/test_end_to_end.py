import datetime
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from embeddings import Document, Index, QuestionError
from qa.assistant import Assistant
from qa.evaluation.end_to_end import evaluate_assistant
from qa.evaluation.questions import Question
from qa.reader.reader import Reader

DAY = datetime.date(2022, 6, 10)
DOCUMENTS = [
    Document(id="roof", text="The cat slept on the roof.", date=DAY),
    Document(id="mat", text="The dog sat on the mat.", date=DAY),
    Document(id="london", text="Mary went to London.", date=DAY + datetime.timedelta(days=1)),
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as made:
        made.add(DOCUMENTS)
        yield made


@pytest.fixture
def assistant(
    index: Index, tokenizer: Tokenizer, word_model: Callable[[Mapping[str, float]], Any]
) -> Assistant:
    """An assistant that answers London, else roof, else mat."""
    model = word_model({"[CLS]": 0, "london": 4, "roof": 3, "mat": 2})
    reader = Reader(
        model,
        tokenizer,
        name="words",
        max_window_tokens=48,
        stride_tokens=8,
        max_answer_tokens=1,
    )
    return Assistant(index, reader, min_read=len(DOCUMENTS))


def ask(*answers: str, date: datetime.date | None = None, **fields: str) -> Question:
    return Question("q", "Where did the cat sleep?", answers, date=date, **fields)


def test_scores_match_the_replies(assistant: Assistant) -> None:
    questions = [
        ask("London"),
        ask("the roof", "the cat"),
        ask("the roof", date=DAY),
        ask("Paris"),
        ask(),
        ask("in London", date=DAY - datetime.timedelta(days=1)),
        ask(date=DAY - datetime.timedelta(days=1)),
    ]
    evaluation = evaluate_assistant(questions, assistant, k=10, answers=2)
    given = [outcome.given for outcome in evaluation.outcomes]
    assert given == ["London", "London", "roof", "London", "London", "", ""]
    assert [outcome.value for outcome in evaluation.outcomes] == [1, 0, 1, 0, 0, 0, 1]
    found = {score.name: (score.value, score.n) for score in evaluation.scores}
    assert found.pop("questions per second")[0] > 0
    assert found.pop("chunks read") == (2, 7)
    assert [right for _, right in evaluation.firsts] == [True, False, True, False, False]
    for name in ("calibration error", "area under risk-coverage", "coverage at 80% precision"):
        assert found.pop(name)[1] == 5
    expected = {
        "exact match": (2 / 5, 5),
        "F1": (2 / 5, 5),
        # The second of the two answers is the roof.
        "best exact match": (3 / 5, 5),
        "best F1": (3 / 5, 5),
        "answered": (4 / 5, 5),
        "exact match when answered": (2 / 5, 5),
        "F1 when answered": (2 / 5, 5),
        "found": (3 / 5, 5),
        "exact match when found": (2 / 3, 3),
        "F1 when found": (2 / 3, 3),
        "unanswerable refused": (1 / 2, 2),
    }
    assert found == {name: (pytest.approx(100 * v), n) for name, (v, n) in expected.items()}


def test_partial_answer_has_partial_f1(assistant: Assistant) -> None:
    evaluation = evaluate_assistant([ask("London city")], assistant, k=10, answers=1)
    scores = {score.name: score.value for score in evaluation.scores}
    assert scores["exact match"] == scores["best exact match"] == 0
    assert scores["F1"] == scores["best F1"] == pytest.approx(100 * 2 / 3)


def test_outcome_has_the_score_of_the_answer(assistant: Assistant) -> None:
    question = ask("London")
    (outcome,) = evaluate_assistant([question], assistant, k=3, answers=1).outcomes
    answer = assistant.ask(question.text, k=3, answers=1).answer
    assert answer is not None
    assert (outcome.given, outcome.score) == (answer.text, answer.score)


def test_k_and_answers_are_passed_to_the_assistant(assistant: Assistant) -> None:
    evaluations = [
        evaluate_assistant([ask("mat")], assistant, k=k, answers=answers)
        for k, answers in ((1, 3), (3, 2), (3, 3))
    ]
    scores = [{score.name: score.value for score in one.scores} for one in evaluations]
    # Only the roof is read; all are read, but two others have higher scores; all are returned.
    assert [each["found"] for each in scores] == [0, 100, 100]
    assert [each["best F1"] for each in scores] == [0, 0, 100]
    assert [each["chunks read"] for each in scores] == [1, 3, 3]


def test_question_with_context_searches_all_days(assistant: Assistant) -> None:
    long_ago = datetime.date(1990, 1, 1)
    question = ask("London", date=long_ago, context="Mary went to London.")
    (outcome,) = evaluate_assistant([question], assistant, k=3, answers=1).outcomes
    assert outcome.value == 1.0


def test_dates_are_passed_as_of_in_words_or_not_at_all(assistant: Assistant) -> None:
    early = ask("roof", date=DAY - datetime.timedelta(days=1))
    given = {}
    for dates in ("as-of", "words", "off"):
        evaluation = evaluate_assistant([early], assistant, k=3, answers=1, dates=dates)
        (outcome,) = evaluation.outcomes
        given[dates] = outcome.given, outcome.question.text
    assert given == {
        "as-of": ("", "Where did the cat sleep?"),
        "words": ("London", "Where did the cat sleep in the week of 9 June 2022?"),
        "off": ("London", "Where did the cat sleep?"),
    }


def test_progress_counts_every_question(assistant: Assistant) -> None:
    calls: list[tuple[int, int]] = []
    evaluate_assistant(
        [ask("mat"), ask("roof")],
        assistant,
        k=1,
        answers=1,
        progress=lambda *c: calls.append(c),
    )
    assert calls == [(1, 2), (2, 2)]


def test_too_long_question_is_rejected_before_the_first_is_asked(assistant: Assistant) -> None:
    calls: list[tuple[int, int]] = []
    long = Question("long", "who " * 60, ())
    with pytest.raises(QuestionError, match="Question long"):
        evaluate_assistant(
            [ask("mat"), long],
            assistant,
            k=1,
            answers=1,
            progress=lambda *c: calls.append(c),
        )
    assert calls == []


def test_answer_below_min_score_counts_for_calibration_only(
    index: Index, assistant: Assistant
) -> None:
    strict = Assistant(index, assistant.reader, min_score=1.0, min_read=len(DOCUMENTS))
    evaluation = evaluate_assistant([ask("London")], strict, k=3, answers=1)
    assert evaluation.outcomes[0].given == ""
    [(score, right)] = evaluation.firsts
    assert (score, right) == (assistant.ask("Where did the cat sleep?").answers[0].score, True)
    assert {each.name: each.value for each in evaluation.scores}["answered"] == 0


def test_evidence_is_measured_by_the_first_answer(assistant: Assistant) -> None:
    questions = [
        Question("a", "Where did the cat sleep?", (), evidence=("Mary went to London.",)),
        Question("b", "Where did the cat sleep?", (), evidence=("The dog sat on the mat.",)),
    ]
    evaluation = evaluate_assistant(questions, assistant, k=3, answers=1)
    scores = {score.name: (score.value, score.n) for score in evaluation.scores}
    assert scores["first sentence is evidence"] == (50, 2)
    assert scores["evidence F1"] == (pytest.approx(100 * (2 / 5) / 2), 2)
    assert scores["answered"] == (100, 2)
    assert "exact match" not in scores
    assert "unanswerable refused" not in scores


def test_list_is_measured_by_its_items(assistant: Assistant) -> None:
    question = ask("London", "Paris", is_list=True)
    evaluation = evaluate_assistant([question], assistant, k=3, answers=1)
    scores = {score.name: score.value for score in evaluation.scores}
    assert scores["list F1"] == pytest.approx(100 * 2 / 3)
