import json

from qa.evaluation.questions import Question
from qa.evaluation.results import Evaluation, Outcome, evaluation_json, evaluation_text, worst
from qa.evaluation.scores import Score


def outcome(number: int, score: float | None, value: float) -> Outcome:
    question = Question(f"q{number}", f"Question {number}?", ("Ayton", "Ayton", "Seaby"))
    return Outcome(question, "" if score is None else "Beeford", score=score, value=value)


OUTCOMES = (
    outcome(0, 0.9, 1.0),
    outcome(1, None, 0.0),
    outcome(2, 0.3, 0.0),
    outcome(3, 0.8, 0.0),
    outcome(4, 0.99, 0.5),
)
EVALUATION = Evaluation(
    "assistant",
    (
        Score("F1", 50.04, low=40.0, high=60.06, n=5),
        Score("questions per second", 12.3, low=None, high=None, n=5),
    ),
    OUTCOMES,
)


def test_worst_are_sorted_by_value_then_score() -> None:
    assert [each.question.id for each in worst(OUTCOMES, 3)] == ["q3", "q2", "q1"]


def test_right_answers_are_not_among_the_worst() -> None:
    assert [each.question.id for each in worst(OUTCOMES, 99)] == ["q3", "q2", "q1", "q4"]


def test_json_has_scores_and_worst() -> None:
    shown = evaluation_json(EVALUATION, n_worst=1)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert shown["scores"] == [
        {"name": "F1", "value": 50.04, "low": 40.0, "high": 60.06, "n": 5},
        {"name": "questions per second", "value": 12.3, "low": None, "high": None, "n": 5},
    ]
    assert shown["worst"] == [
        {
            "id": "q3",
            "question": "Question 3?",
            "answers": ["Ayton", "Ayton", "Seaby"],
            "given": "Beeford",
            "score": 0.8,
            "value": 0.0,
        }
    ]


def test_text_is_aligned_and_lists_the_worst() -> None:
    assert evaluation_text(EVALUATION, n_worst=3).splitlines() == [
        "F1                      50.0     [40.0, 60.1]  n = 5",
        "questions per second    12.3                   n = 5",
        "",
        "Question 3?  [q3]",
        "  expected: Ayton | Seaby",
        "  given:    Beeford  (score 0.80, value 0.00)",
        "",
        "Question 2?  [q2]",
        "  expected: Ayton | Seaby",
        "  given:    Beeford  (score 0.30, value 0.00)",
        "",
        "Question 1?  [q1]",
        "  expected: Ayton | Seaby",
        "  given:    (no answer)  (value 0.00)",
    ]


def test_long_text_is_shortened() -> None:
    long = Outcome(OUTCOMES[0].question, "word\n" * 100, score=1.0, value=0.0)
    text = evaluation_text(Evaluation("retriever", EVALUATION.scores, (long,)), n_worst=1)
    given = next(line for line in text.splitlines() if "given" in line)
    assert len(given) < 130
    assert "word word" in given
    assert "…" in given
