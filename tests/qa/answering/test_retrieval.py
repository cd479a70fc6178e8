import datetime
from collections.abc import Sequence
from typing import Any

import pytest

from embeddings import Chunk, DateRange, Filter, Hit, SettingsError
from qa.answering.comparison.numbers import spelled_as_in
from qa.answering.retrieval import NEARNESS_MARGIN, SearchRequest, apply_time_prior, retrieve
from qa.dates import Preference, TimeRange, recent
from qa.options import AskOptions
from qa.reader.spans import LogitSpan
from tests.qa.answering.readings import reading

NOW = datetime.date(2020, 9, 16)
LONG_AGO = datetime.date(1990, 1, 1)


def hit(name: str, score: float, date: datetime.date | None = None) -> Hit:
    chunk = Chunk(document_id=name, start=0, end=1, text="x", date=date)
    return Hit(chunk, score, lexical=None, dense=None)


class FakeIndex:
    """Index that returns the same hits for every search and records the searches."""

    def __init__(self, *hits: Hit) -> None:
        self.hits = list(hits)
        self.searches: list[tuple[Sequence[str], Filter | None]] = []

    def search_many(
        self, questions: Sequence[str], k: int = 10, *, within: Filter | None = None
    ) -> list[list[Hit]]:
        self.searches.append((questions, within))
        return [self.hits[:k] for _ in questions]


def request(
    question: str = "?",
    window: TimeRange | None = None,
    *,
    with_context: str | None = None,
    **options: Any,
) -> SearchRequest:
    return SearchRequest.of(question, window, AskOptions(**options), with_context=with_context)


def names(hits: Sequence[Hit]) -> list[str]:
    return [found.chunk.document_id for found in hits]


def test_hits_keep_their_order_without_a_preference() -> None:
    index = FakeIndex(hit("old", 0.9, LONG_AGO), hit("new", 0.8, NOW), hit("undated", 0.7))
    found = retrieve(index, request(), 2)
    assert names(found) == ["old", "new"]


def test_preferred_days_rank_first_unless_others_score_far_higher() -> None:
    hits = [hit("far better", 1.0, LONG_AGO), hit("old", 0.61, LONG_AGO), hit("new", 0.6, NOW)]
    found = retrieve(FakeIndex(*hits), request(as_of=NOW), 3)
    assert names(found) == ["far better", "new", "old"]
    assert [one.score for one in found] == [1.0, 0.6, 0.61]


def test_preferred_hit_beyond_the_first_k_is_found() -> None:
    others = [hit(str(number), 0.5, LONG_AGO) for number in range(20)]
    found = retrieve(FakeIndex(*others, hit("new", 0.45, NOW)), request(as_of=NOW), 1)
    assert names(found) == ["new"]


def test_search_is_restricted_to_the_dates_and_documents_of_the_request() -> None:
    index = FakeIndex(hit("old", 0.9, LONG_AGO))
    hard = TimeRange(LONG_AGO, LONG_AGO, 0, 1, hard=True)
    for asked in (request("a"), request("b", hard), request("c", documents=frozenset({"x"}))):
        assert names(retrieve(index, asked, 5)) == ["old"]
    assert index.searches == [
        (["a"], Filter()),
        (["b"], Filter(dates=DateRange(LONG_AGO, LONG_AGO))),
        (["c"], Filter(documents=frozenset({"x"}))),
    ]


def test_as_of_hides_later_documents_and_prefers_recent_ones() -> None:
    made = request(as_of=NOW, documents=frozenset({"a"}))
    assert made.filter == Filter(dates=DateRange(before=NOW), documents=frozenset({"a"}))
    assert made.preference == recent(NOW)
    limits = DateRange(LONG_AGO, datetime.date(2000, 1, 1))
    assert request(as_of=NOW, after=limits.after, before=limits.before).filter.dates == limits
    with pytest.raises(SettingsError):
        request(as_of=LONG_AGO, after=NOW)


def test_soft_range_sets_a_preference_and_hard_range_a_filter() -> None:
    soft = TimeRange(NOW, NOW, 0, 1, hard=False)
    assert request(window=soft).filter == Filter()
    assert request(window=soft, as_of=NOW).preference == soft.preference
    hard = TimeRange(NOW, NOW, 0, 1, hard=True)
    assert request(window=hard).filter.dates == hard.dates


def test_time_is_cut_from_the_question_for_documents_of_that_time() -> None:
    question = "Who headed the delegation in September 2020?"
    month = TimeRange(datetime.date(2020, 9, 1), NOW, 26, 43, hard=False)
    made = request(question, month)
    assert made.reader_input(hit("new", 1, NOW)).question == "Who headed the delegation?"
    assert made.reader_input(hit("old", 1, LONG_AGO)).question == question
    assert made.reader_input(hit("undated", 1)).question == question
    assert request(question).reader_input(hit("new", 1, NOW)).question == question
    assert request(question, as_of=NOW).reader_input(hit("new", 1, NOW)).question == question


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Flight 2000 left.", "Did flight 2000 leave?"),
        ("Flight 2,000 left.", "Did flight 2,000 leave?"),
        ("Flight 12000 left.", "Did flight 2,000 leave?"),
    ],
)
def test_reader_gets_numbers_in_the_spelling_of_the_text(text: str, expected: str) -> None:
    assert spelled_as_in(text, "Did flight 2,000 leave?") == expected
    assert (
        spelled_as_in("Flight 2,000 left.", "Did flight 2000 leave?") == "Did flight 2,000 leave?"
    )


def test_spans_of_other_days_lose_log_odds_and_keep_their_order() -> None:
    readings = [
        reading(LogitSpan(0, 1, 5.0), LogitSpan(0, 2, 4.0), relevance=2.0),
        reading(LogitSpan(0, 1, 5.0)),
    ]
    hits = [hit("old", 0.9, LONG_AGO), hit("new", 0.8, NOW)]
    assert apply_time_prior(readings, hits, None) == readings
    old, new = apply_time_prior(readings, hits, Preference(DateRange(NOW, NOW), half_life=1))
    assert [span.margin for span in old.spans] == [5.0 - NEARNESS_MARGIN, 4.0 - NEARNESS_MARGIN]
    assert old.relevance == 2.0 - NEARNESS_MARGIN
    assert new == readings[1]


def test_equally_distant_dates_lose_no_log_odds() -> None:
    readings = [reading(LogitSpan(0, 1, 5.0)), reading(LogitSpan(0, 1, 4.0))]
    hits = [hit("old", 0.9, LONG_AGO), hit("undated", 0.8)]
    kept = apply_time_prior(readings, hits, Preference(DateRange(NOW, NOW), half_life=1))
    assert [one.spans[0].margin for one in kept] == pytest.approx([5.0, 4.0])
    assert apply_time_prior([], [], Preference(DateRange(NOW, NOW), half_life=1)) == []


def test_hits_of_the_question_and_its_context_are_merged_by_weighted_score() -> None:
    class ContextIndex(FakeIndex):
        def search_many(
            self, questions: Sequence[str], k: int = 10, *, within: Filter | None = None
        ) -> list[list[Hit]]:
            super().search_many(questions, k, within=within)
            scores = {"And its roof?": (1.0, 0.9), "And its roof? The mill?": (0.1, 1.0)}
            return [
                sorted(
                    (hit("barn", scores[text][0]), hit("mill", scores[text][1])),
                    key=lambda one: -one.score,
                )
                for text in questions
            ]

    index = ContextIndex()
    asked = request("And its roof?", with_context="And its roof? The mill?")
    found = retrieve(index, asked, 2)
    assert names(found) == ["mill", "barn"]
    assert [one.score for one in found] == [pytest.approx(0.96), pytest.approx(0.46)]
    assert index.searches == [(["And its roof?", "And its roof? The mill?"], Filter())]
