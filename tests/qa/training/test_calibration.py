import json
from pathlib import Path

import numpy as np
import pytest

from embeddings import Chunk, Hit, SettingsError
from qa.answering.aggregation import AggregatedAnswers, Candidate
from qa.answering.passages import evidence_passages
from qa.cli.evaluate import bar
from qa.config import Config
from qa.reader.spans import ScoredSentence
from qa.training.calibration import calibrate, fit
from qa.training.calibration_data import Case
from tests.qa.answering.readings import reading


def cases(count: int, *, seed: int = 0) -> list[Case]:
    """Questions whose first answer is right with the probability of its log odds minus 1."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        odds = rng.uniform(-4, 6)
        right = bool(rng.random() < 1 / (1 + np.exp(1 - odds)))
        one, other = (Hit(Chunk(f"{number} {n}", 0, 3, "one"), 0.5, 1.0, 0.5) for n in range(2))
        likely = 1 / (1 + np.exp(-odds))
        rival = min(likely, 1 - likely) / 4
        answers = [Candidate(one, 0, 3, likely), Candidate(other, 0, 3, rival)]
        null = 1 - likely - rival
        # The relevance of the first passage predicts whether it answers.
        relevance = rng.uniform(-4, 4)
        holds = bool(rng.random() < 1 / (1 + np.exp(-relevance)))
        sentence = ScoredSentence(0, 3, 0.0)
        readings = [
            reading(sentences=[sentence], relevance=relevance),
            reading(sentences=[sentence], relevance=-9.0),
        ]
        aggregated = AggregatedAnswers([one, other], answers, null, readings)
        made.append(Case(f"group {number // 2}", aggregated, right, (holds,)))
    return made


def test_span_scores_are_calibrated_on_new_questions() -> None:
    confidence, scores = fit(cases(1000))
    new = cases(2000, seed=1)
    given = np.array([confidence.calibrate(case.aggregated)[0].score for case in new])
    right = np.array([case.right for case in new])
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (given >= low) & (given < low + 0.2)
        assert given[inside].mean() == pytest.approx(right[inside].mean(), abs=0.06)
    named = {score.name: score.value for score in scores}
    assert named["calibration error"] < 4


def test_passage_scores_are_calibrated() -> None:
    confidence, _ = fit(cases(3000))
    new = cases(4000, seed=1)
    given, right = [], []
    for case in new:
        aggregated = case.aggregated
        found = evidence_passages(aggregated.hits, aggregated.readings, max_sentences=2)
        given.append(confidence.passage_scores(aggregated, found)[0])
        right.append(case.passages_right[0])
    scores, labels = np.array(given), np.array(right)
    for low in (0.0, 0.25, 0.5, 0.75):
        inside = (scores >= low) & (scores < low + 0.25)
        assert scores[inside].mean() == pytest.approx(labels[inside].mean(), abs=0.06)


def test_precision_is_share_of_right_answers_above_score() -> None:
    confidence, _ = fit(cases(1000))
    least = confidence.score_for_precision(0.9)
    new = cases(2000, seed=1)
    given = [confidence.calibrate(case.aggregated)[0].score for case in new]
    right = [case.right for case, score in zip(new, given, strict=True) if score >= least]
    assert np.mean(right) == pytest.approx(0.9, abs=0.04)


@pytest.mark.parametrize("count", [0, 99])
def test_too_few_labels_are_rejected(count: int) -> None:
    with pytest.raises(SettingsError, match=f"^{count} labelled questions.*too few"):
        fit(cases(count))


def test_labels_of_one_kind_are_rejected() -> None:
    wrong = [Case(case.group, case.aggregated, False) for case in cases(200)]
    with pytest.raises(SettingsError, match="200 labelled questions, 0 of"):
        fit(wrong)


def test_too_few_labels_over_an_index_are_rejected(tmp_path: Path) -> None:
    from embeddings import Document, Index

    with Index.open(tmp_path / "index", create=True) as index:
        index.add([Document(id="a", text="Baker Rosa Pell won the prize.")])
    data = tmp_path / "questions.jsonl"
    data.write_text(json.dumps({"question": "Who won the prize?", "answers": ["Rosa Pell"]}))
    with pytest.raises(SettingsError, match=r"^1 labelled questions, 1 of"):
        calibrate([data], config=Config(), stage=bar, over=tmp_path / "index")
    judgement = {
        "question": "Who won the prize?",
        "verdict": "wrong",
        "answer": "nobody",
        "document_id": "a",
        "start": 0,
        "end": 6,
        "context": "",
        "at": "2024-05-01T12:00:00+00:00",
    }
    data.write_text(json.dumps(judgement))
    with pytest.raises(SettingsError, match=r"^0 labelled questions"):
        calibrate([data], config=Config(), stage=bar, over=tmp_path / "index")
