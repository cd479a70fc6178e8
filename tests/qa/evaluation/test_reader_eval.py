from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from embeddings import Document, Index, QuestionError, SettingsError
from qa.evaluation.questions import Question
from qa.evaluation.reader_eval import (
    best_threshold,
    evaluate_reader,
    evaluate_reader_on_hits,
    with_threshold,
)
from qa.reader.reader import Reader

ROOF = "The cat slept on the roof."
MAT = "The dog sat on the mat."
LONDON = "Mary went to London."


@pytest.fixture
def make_reader(
    tokenizer: Tokenizer, word_model: Callable[[Mapping[str, float]], Any]
) -> Callable[[Mapping[str, float]], Reader]:
    """Make a reader that answers with single words; margins are twice the given numbers."""

    def make(margins: Mapping[str, float]) -> Reader:
        model = word_model({"[CLS]": 0, **margins})
        return Reader(
            model,
            tokenizer,
            name="words",
            max_window_tokens=48,
            stride_tokens=8,
            max_answer_tokens=1,
        )

    return make


def ask(context: str | None, *answers: str) -> Question:
    return Question(f"{context}{answers}", "Where did the cat sleep?", answers, context)


def test_scores_match_the_best_spans(make_reader) -> None:
    reader = make_reader({"roof": 3, "mat": -1, "london": 2})
    questions = [
        ask(ROOF, "the roof"),
        ask(ROOF, "the high roof", "floor"),
        ask(MAT, "mat"),
        ask(MAT),
        ask(LONDON),
        ask(None, "roof"),
    ]
    evaluation = evaluate_reader(questions, reader)
    scores = {score.name: score.value for score in evaluation.scores}
    assert {score.name: score.n for score in evaluation.scores} == {
        "answerable exact match": 3,
        "answerable F1": 3,
        "unanswerable refused": 2,
        "exact match": 5,
        "best exact match": 5,
        "best exact match threshold (log odds)": 5,
        "F1": 5,
        "best F1": 5,
        "best F1 threshold (log odds)": 5,
        "answerable AUROC": 5,
        "questions per second": 5,
    }
    del scores["questions per second"]
    assert scores == pytest.approx(
        {
            # The unsure "mat" counts here; below, the reader abstains from it.
            "answerable exact match": 100 * 2 / 3,
            "answerable F1": 100 * (1 + 2 / 3 + 1) / 3,
            "unanswerable refused": 50,
            "exact match": 100 * (1 + 0 + 0 + 1 + 0) / 5,
            "best exact match": 100 * (1 + 0 + 0 + 1 + 1) / 5,
            "best exact match threshold (log odds)": 6.0,
            "F1": 100 * (1 + 2 / 3 + 0 + 1 + 0) / 5,
            "best F1": 100 * (1 + 2 / 3 + 0 + 1 + 1) / 5,
            "best F1 threshold (log odds)": 6.0,
            # Margins of the answerable 6, 6, -2, of the others -2, 4.
            "answerable AUROC": 100 * (2 + 2 + 0.5) / 6,
        }
    )


def test_outcomes_have_answer_score_and_value(make_reader) -> None:
    reader = make_reader({"roof": 3, "mat": -1, "london": 2})
    questions = [ask(ROOF, "the roof"), ask(MAT, "mat"), ask(MAT), ask(LONDON), ask(" \n", "roof")]
    outcomes = evaluate_reader(questions, reader).outcomes
    assert [outcome.question for outcome in outcomes] == questions
    found = [(outcome.given, outcome.score, outcome.value) for outcome in outcomes]
    assert found == [
        ("roof", 6.0, 1.0),
        ("mat", -2.0, 1.0),
        ("mat", -2.0, 1.0),
        ("London", 4.0, 0.0),
        ("", None, 0.0),
    ]


def test_without_unanswerable_questions_no_combined_scores(make_reader) -> None:
    evaluation = evaluate_reader([ask(ROOF, "roof")], make_reader({"roof": 3}))
    assert [score.name for score in evaluation.scores] == [
        "answerable exact match",
        "answerable F1",
        "questions per second",
    ]


def test_progress_reaches_the_end(make_reader) -> None:
    calls: list[tuple[int, int]] = []
    questions = [ask(ROOF, "roof")] * 40
    evaluate_reader(questions, make_reader({}), progress=lambda *call: calls.append(call))
    assert calls == [(32, 40), (40, 40)]


def test_questions_without_contexts_are_rejected(make_reader) -> None:
    with pytest.raises(SettingsError, match="No question has a context"):
        evaluate_reader([ask(None, "roof")], make_reader({}))


def test_too_long_question_is_rejected_before_reading(make_reader) -> None:
    calls: list[tuple[int, int]] = []
    questions = [ask(ROOF, "roof")] * 40 + [Question("long", "who " * 60, (), ROOF)]
    with pytest.raises(QuestionError, match="Question long"):
        evaluate_reader(questions, make_reader({}), progress=lambda *call: calls.append(call))
    assert calls == []


def test_best_threshold_matches_exhaustive_search() -> None:
    generator = np.random.default_rng(0)
    for _ in range(300):
        n = int(generator.integers(1, 12))
        answerable = generator.random(n) < 0.5
        values = np.where(answerable, generator.integers(0, 3, n) / 2, 0.0)
        margins = generator.integers(-3, 4, n).astype(np.float64)
        tried = {
            threshold: with_threshold(
                values, margins, answerable=answerable, threshold=threshold
            ).sum()
            for threshold in [*margins, margins.max() + 1]
        }
        found = best_threshold(values, margins, answerable=answerable)
        reached = with_threshold(values, margins, answerable=answerable, threshold=found).sum()
        assert reached == pytest.approx(max(tried.values()))
        best = [each for each, value in tried.items() if value == pytest.approx(reached)]
        assert found == (max(best) if max(best) <= margins.max() else np.nextafter(max(margins), 9))


def test_spans_at_the_threshold_are_answers() -> None:
    values, answerable = np.array([1.0, 0.0]), np.array([True, False])
    margins = np.array([0.0, 0.0])
    assert list(with_threshold(values, margins, answerable=answerable, threshold=0.0)) == [1, 0]
    assert list(with_threshold(values, margins, answerable=answerable, threshold=0.1)) == [0, 1]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as made:
        texts = [ROOF, MAT, LONDON, "Mary sat on the roof in Paris."]
        made.add(Document(id=str(number), text=text) for number, text in enumerate(texts))
        yield made


def test_hits_auroc_compares_chunks_with_and_without_answer(make_reader, index: Index) -> None:
    # Margins: the roof 6 (and Paris' roof), the mat 2, London 8.
    reader = make_reader({"roof": 3, "mat": 1, "london": 4})
    evaluation = evaluate_reader_on_hits([ask(None, "roof")], reader, index)
    (score,) = evaluation.scores
    # Both roofs win against the mat and lose against London.
    assert (score.name, score.value, score.n) == ("retrieved chunk AUROC", 50.0, 1)
    (outcome,) = evaluation.outcomes
    assert (outcome.given, outcome.score, outcome.value) == ("London", 8.0, 0.0)


def test_answer_words_in_other_contexts_are_ignored(make_reader, index: Index) -> None:
    # If Paris' roof counted as wrong, it would win against all others.
    reader = make_reader({"roof": 1, "paris": 4, "mat": 2, "london": 0})
    (score,) = evaluate_reader_on_hits([ask(ROOF, "roof")], reader, index).scores
    assert score.value == 50.0


def test_chunks_of_one_kind_are_rejected(make_reader, index: Index) -> None:
    with pytest.raises(SettingsError, match="only chunks with an answer or only"):
        evaluate_reader_on_hits([ask(None, "elsewhere")], make_reader({}), index)
    with pytest.raises(SettingsError, match="only chunks with an answer or only"):
        evaluate_reader_on_hits([ask(ROOF)], make_reader({}), index)


def test_evidence_is_measured_by_sentences(make_reader) -> None:
    text = f"{MAT} {ROOF} {LONDON}"
    reader = make_reader({"roof": 3, "mat": -1, "london": -1})
    right, wrong = (
        Question("e", "How did it sleep?", (), text, evidence=(sentence,))
        for sentence in (ROOF, MAT)
    )
    evaluation = evaluate_reader([right, wrong, ask(ROOF, "roof")], reader)
    scores = {score.name: (score.value, score.n) for score in evaluation.scores}
    assert scores["first sentence is evidence"] == (50, 2)
    # "cat slept on roof" and "dog sat on mat" share one of four words.
    assert scores["evidence F1"] == (pytest.approx(100 * (1 + 1 / 4) / 2), 2)
    assert scores["answerable F1"] == (100, 1)
    assert "unanswerable refused" not in scores
