import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings import Chunk, Hit, SettingsError
from qa.answering.aggregation import AggregatedAnswers, Candidate
from qa.answering.confidence import (
    BUNDLED,
    PASSAGE_SIGNALS,
    SPAN_SIGNALS,
    Confidence,
    LogisticModel,
)
from qa.answering.passages import evidence_passages
from qa.reader.spans import ScoredSentence
from tests.qa.answering.readings import reading

EVEN = Confidence(
    span=LogisticModel(0.0, dict.fromkeys(SPAN_SIGNALS, 0.0)),
    passage=LogisticModel(0.0, dict.fromkeys(PASSAGE_SIGNALS, 0.0)),
    precision=(0.5, 0.5, 0.8, 0.7, 0.95),
    fitted={"questions": 3},
)


def hit(text: str, *, cosine: float | None = 0.5) -> Hit:
    return Hit(Chunk(text, 0, len(text), text), score=0.5, lexical=1.0, dense=cosine)


def aggregated(
    scores: Sequence[float], *, cosines: Sequence[float | None] = ()
) -> AggregatedAnswers:
    """Make an answer for each score: the whole text of a separate passage."""
    given = cosines if cosines else [0.5] * len(scores)
    hits = [hit(f"answer {n}", cosine=cosine) for n, cosine in enumerate(given)]
    answers = [
        Candidate(found, 0, len(found.chunk.text), score)
        for found, score in zip(hits, scores, strict=True)
    ]
    return AggregatedAnswers(hits, answers, 1 - sum(scores), [reading() for _ in hits])


def changed(intercept: float = 0.0, **weights: float) -> Confidence:
    """Return a calibration with these weights for spans; all others are 0."""
    return replace(
        EVEN, span=LogisticModel(intercept, {**dict.fromkeys(SPAN_SIGNALS, 0.0), **weights})
    )


def scores_of(confidence: Confidence, found: AggregatedAnswers) -> list[float]:
    return [one.score for one in confidence.calibrate(found)]


def test_first_score_is_the_logistic_of_the_weighted_signals() -> None:
    confidence = changed(intercept=-1.0, odds=0.5, relevance=0.25, cosine=2.0, rank=9.0)
    [first, _] = scores_of(confidence, aggregated([0.6, 0.3]))
    # The rank signal is the logarithm of the rank, which is 0 for the first passage.
    signals = 0.5 * math.log(0.6 / 0.4) + 0.25 * 1.0 + 2.0 * 0.5
    assert first == pytest.approx(1 / (1 + math.exp(1.0 - signals)))


def test_answer_has_the_best_rank_and_cosine_of_its_passages() -> None:
    found = aggregated([0.6, 0.2, 0.1], cosines=[0.3, 0.7, 0.9])
    ranked = [found.hits[n] for n in (2, 1, 0)]
    first, *others = found.answers
    agreeing = replace(first, also=((found.hits[1], 0, 6),))
    for name, alone, joined in (
        ("cosine", 0.3, 0.7),
        ("rank", math.log(3), math.log(2)),
    ):
        weighed = changed(**{name: 1.0})
        for said, signal in ((first, alone), (agreeing, joined)):
            reordered = AggregatedAnswers(ranked, [said, *others], found.null, found.readings)
            score, *_ = scores_of(weighed, reordered)
            assert score == pytest.approx(1 / (1 + math.exp(-signal)))


def test_other_scores_share_the_rest_by_their_odds() -> None:
    sure = scores_of(changed(intercept=math.log(4)), aggregated([0.48, 0.18, 0.06]))
    assert sure == pytest.approx([0.8, 0.15, 0.05])
    unsure = scores_of(changed(intercept=-math.log(4)), aggregated([0.48, 0.24, 0.08]))
    assert unsure == pytest.approx([0.2, 0.1, 0.2 / 6])


def test_first_score_is_at_most_its_share_of_the_probabilities() -> None:
    sure = scores_of(changed(intercept=30.0), aggregated([0.45, 0.4, 0.05]))
    assert sure == pytest.approx([0.5, 0.4 / 0.9, 0.05 / 0.9])
    unsure = scores_of(changed(intercept=-math.log(4)), aggregated([0.45, 0.4, 0.05]))
    assert unsure[0] == pytest.approx(0.2)


def test_scores_descend_and_sum_to_at_most_1() -> None:
    for intercept in (-30.0, -2.0, 0.0, 2.0, 30.0):
        for given in ([0.9, 0.05], [0.3, 0.3, 0.3], [1e-15, 1e-16], [0.5]):
            scores = scores_of(changed(intercept=intercept), aggregated(given))
            assert scores == sorted(scores, reverse=True)
            assert sum(scores) <= 1 + 1e-9
            assert all(0 <= score <= 1 for score in scores)


def test_lexical_hit_gets_the_lowest_cosine_of_the_hits() -> None:
    by_cosine = changed(cosine=1.0)
    for cosines, known in (([None, 0.6, 0.3], 0.3), ([None, None, None], 0.0)):
        first, *_ = scores_of(by_cosine, aggregated([0.6, 0.2, 0.1], cosines=cosines))
        assert first == pytest.approx(1 / (1 + math.exp(-known)))


def test_spans_of_probability_0_get_valid_scores() -> None:
    scores = scores_of(changed(intercept=-3.0), aggregated([0.0, 0.0]))
    assert scores[0] == pytest.approx(1 / (1 + math.exp(3)))
    assert all(0 <= score <= 1 for score in scores)


def test_no_answers_give_no_scores() -> None:
    assert EVEN.calibrate(AggregatedAnswers([hit("a")], [], 1.0, [reading()])) == []


def test_score_for_precision_is_the_lowest_that_reaches_it() -> None:
    assert EVEN.score_for_precision(0.5) == 0.0
    assert EVEN.score_for_precision(0.75) == 0.02
    assert EVEN.score_for_precision(0.9) == 0.04
    with pytest.raises(SettingsError, match=r"No score reached min_precision 0\.99.*0\.95"):
        EVEN.score_for_precision(0.99)


def test_saved_calibration_is_loaded_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "confidence.json"
    EVEN.save(file)
    assert Confidence.load(file) == EVEN
    assert Confidence.open(file) == EVEN


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"span": {"intercept": "much"}}'])
def test_file_of_other_content_raises_settings_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "confidence.json"
    file.write_text(content)
    with pytest.raises(SettingsError, match="not a calibration file"):
        Confidence.load(file)


def test_missing_calibration_file_raises_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.json cannot be read: No such file"):
        Confidence.load(tmp_path / "none.json")


def test_calibration_belongs_to_its_reader(tmp_path: Path) -> None:
    bundled = Confidence.open()
    assert bundled == Confidence.load(BUNDLED)
    assert Confidence.open("none") is None
    assert Confidence.open(reader="some/model-id") is None
    assert Confidence.open(reader=tmp_path) is None
    EVEN.save(tmp_path / "confidence.json")
    assert Confidence.open(reader=tmp_path) == EVEN


def test_bundled_calibration_has_all_weights_and_its_training_size() -> None:
    row = json.loads(BUNDLED.read_text())
    assert set(row["span"]["weights"]) == set(SPAN_SIGNALS)
    assert set(row["passage"]["weights"]) == set(PASSAGE_SIGNALS)
    assert row["fitted"]["questions"] > 500
    assert row["precision"][0] < row["precision"][50] < row["precision"][80]


def test_passage_score_is_the_logistic_of_its_signals() -> None:
    hits = [hit("First one. Second one.", cosine=0.5), hit("Third one.", cosine=0.25)]
    readings = [
        reading(
            sentences=[ScoredSentence(0, 10, -1.0), ScoredSentence(11, 22, 2.0)], relevance=3.0
        ),
        reading(sentences=[ScoredSentence(0, 10, 1.0)], relevance=-2.0),
    ]
    found = AggregatedAnswers(hits, [], 1.0, readings)
    weights = {"relevance": 0.5, "evidence": 0.25, "cosine": 2.0, "rank": -1.0}
    confidence = replace(EVEN, passage=LogisticModel(-1.0, weights))
    scores = confidence.passage_scores(found, evidence_passages(hits, readings, max_sentences=1))
    logits = (-1.0 + 1.5 + 0.5 + 1.0, -1.0 - 1.0 + 0.25 + 0.5 - math.log(2))
    assert scores == pytest.approx([1 / (1 + math.exp(-logit)) for logit in logits])
