import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings import Chunk, Hit, SettingsError
from qa.answering.aggregation import AggregatedAnswers, Candidate
from qa.answering.confidence import BUNDLED, SIGNALS, Confidence
from qa.types import Span

EVEN = Confidence(
    intercept=0.0,
    weights=dict.fromkeys(SIGNALS, 0.0),
    precision=(0.5, 0.5, 0.8, 0.7, 0.95),
    fitted={"questions": 3},
)


def hit(text: str, *, cosine: float | None = 0.5) -> Hit:
    return Hit(Chunk(text, 0, len(text), text), score=0.5, lexical=1.0, dense=cosine)


def aggregated(
    scores: Sequence[float], *, cosines: Sequence[float | None] = ()
) -> AggregatedAnswers:
    """Make an answer for each score, of all the words of a passage of its own."""
    given = cosines if cosines else [0.5] * len(scores)
    hits = [hit(f"answer {n}", cosine=cosine) for n, cosine in enumerate(given)]
    answers = [
        Candidate(found, Span(0, len(found.chunk.text), score))
        for found, score in zip(hits, scores, strict=True)
    ]
    return AggregatedAnswers(hits, answers, 1 - sum(scores))


def changed(**changes) -> Confidence:
    fields = {name: getattr(EVEN, name) for name in ("intercept", "weights")}
    return Confidence(**{**fields, **changes})


def scores_of(confidence: Confidence, found: AggregatedAnswers) -> list[float]:
    return [one.span.score for one in confidence.calibrate(found)]


def test_the_first_score_is_the_logistic_of_the_weighted_signals() -> None:
    weights = {"odds": 0.5, "cosine": 2.0, "rank": 9.0}
    confidence = changed(intercept=-1.0, weights=weights)
    [first, _] = scores_of(confidence, aggregated([0.6, 0.3]))
    # Its passage is the first, whose logarithm is 0.
    signals = 0.5 * math.log(0.6 / 0.4) + 2.0 * 0.5
    assert first == pytest.approx(1 / (1 + math.exp(1.0 - signals)))


def test_the_best_place_and_the_nearest_of_its_passages_speak_for_an_answer() -> None:
    found = aggregated([0.6, 0.2, 0.1], cosines=[0.3, 0.7, 0.9])
    ranked = [found.hits[n] for n in (2, 1, 0)]
    first, *others = found.answers
    agreeing = replace(first, also=((found.hits[1], Span(0, 6, 0.1)),))
    for name, alone, joined in (
        ("cosine", 0.3, 0.7),
        ("rank", math.log(3), math.log(2)),
    ):
        weighed = changed(weights=dict.fromkeys(SIGNALS, 0.0) | {name: 1.0})
        for said, signal in ((first, alone), (agreeing, joined)):
            score, *_ = scores_of(weighed, AggregatedAnswers(ranked, [said, *others], found.null))
            assert score == pytest.approx(1 / (1 + math.exp(-signal)))


def test_the_others_share_what_the_first_leaves_by_their_odds() -> None:
    sure = scores_of(changed(intercept=math.log(4)), aggregated([0.48, 0.18, 0.06]))
    assert sure == pytest.approx([0.8, 0.15, 0.05])
    unsure = scores_of(changed(intercept=-math.log(4)), aggregated([0.48, 0.24, 0.08]))
    assert unsure == pytest.approx([0.2, 0.1, 0.2 / 6])


def test_of_answers_that_are_about_as_likely_none_is_likelier_than_its_share() -> None:
    sure = scores_of(changed(intercept=30.0), aggregated([0.45, 0.4, 0.05]))
    assert sure == pytest.approx([0.5, 0.4 / 0.9, 0.05 / 0.9])
    unsure = scores_of(changed(intercept=-math.log(4)), aggregated([0.45, 0.4, 0.05]))
    assert unsure[0] == pytest.approx(0.2)


def test_scores_fall_and_are_no_more_than_certainty_together() -> None:
    for intercept in (-30.0, -2.0, 0.0, 2.0, 30.0):
        for given in ([0.9, 0.05], [0.3, 0.3, 0.3], [1e-15, 1e-16], [0.5]):
            scores = scores_of(changed(intercept=intercept), aggregated(given))
            assert scores == sorted(scores, reverse=True)
            assert sum(scores) <= 1 + 1e-9
            assert all(0 <= score <= 1 for score in scores)


def test_a_passage_only_the_words_found_is_as_far_as_the_farthest() -> None:
    by_cosine = changed(weights=dict.fromkeys(SIGNALS, 0.0) | {"cosine": 1.0})
    for cosines, known in (([None, 0.6, 0.3], 0.3), ([None, None, None], 0.0)):
        first, *_ = scores_of(by_cosine, aggregated([0.6, 0.2, 0.1], cosines=cosines))
        assert first == pytest.approx(1 / (1 + math.exp(-known)))


def test_answers_that_the_reader_rules_out_still_have_probabilities() -> None:
    scores = scores_of(changed(intercept=-3.0), aggregated([0.0, 0.0]))
    assert scores[0] == pytest.approx(1 / (1 + math.exp(3)))
    assert all(0 <= score <= 1 for score in scores)


def test_where_nothing_was_found_nothing_is_judged() -> None:
    assert EVEN.calibrate(AggregatedAnswers([hit("a")], [], 1.0)) == []


def test_the_least_score_is_the_first_that_was_right_often_enough() -> None:
    assert EVEN.score_for_precision(0.5) == 0.0
    assert EVEN.score_for_precision(0.75) == 0.02
    assert EVEN.score_for_precision(0.9) == 0.04
    with pytest.raises(SettingsError, match=r"0\.99 was not reached.*0\.95 was"):
        EVEN.score_for_precision(0.99)


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    file = tmp_path / "confidence.json"
    EVEN.save(file)
    assert Confidence.load(file) == EVEN
    assert Confidence.open(file) == EVEN


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"intercept": "much"}'])
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "confidence.json"
    file.write_text(content)
    with pytest.raises(SettingsError, match="no fitted probabilities"):
        Confidence.load(file)


def test_each_reader_has_its_own(tmp_path: Path) -> None:
    bundled = Confidence.open()
    assert bundled == Confidence.load(BUNDLED)
    assert Confidence.open("none") is None
    assert Confidence.open(reader="some/model-id") is None
    assert Confidence.open(reader=tmp_path) is None
    EVEN.save(tmp_path / "confidence.json")
    assert Confidence.open(reader=tmp_path) == EVEN


def test_the_bundled_weights_say_what_they_were_fitted_on() -> None:
    row = json.loads(BUNDLED.read_text())
    assert set(row["weights"]) == set(SIGNALS)
    assert row["fitted"]["questions"] > 1000
    assert row["precision"][0] < row["precision"][50] < row["precision"][80]
