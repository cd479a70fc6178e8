import datetime
from collections.abc import Sequence

import pytest

from embeddings import Chunk, DateRange, Filter, Hit, SettingsError
from qa.dates import Preference, TimeRange, recent
from qa.retrieval import NEARNESS_MARGIN, Wish, retrieve, weighed
from qa.spans import LogitSpan

NOW = datetime.date(2020, 9, 16)
LONG_AGO = datetime.date(1990, 1, 1)


def hit(name: str, score: float, date: datetime.date | None = None) -> Hit:
    chunk = Chunk(document_id=name, start=0, end=1, text="x", date=date)
    return Hit(chunk, score, lexical=None, dense=None)


class Found:
    """An index in which every search finds the same, and which remembers what was asked."""

    def __init__(self, *hits: Hit) -> None:
        self.hits = list(hits)
        self.searches: list[tuple[Sequence[str], Filter | None]] = []

    def search_many(
        self, questions: Sequence[str], k: int = 10, *, within: Filter | None = None
    ) -> list[list[Hit]]:
        self.searches.append((questions, within))
        return [self.hits[:k] for _ in questions]


def wish(question: str = "?", window: TimeRange | None = None, **given: object) -> Wish:
    return Wish.of(
        question, window, **{"limits": DateRange(), "as_of": None, "documents": None, **given}
    )


def names(hits: Sequence[Hit]) -> list[str]:
    return [found.chunk.document_id for found in hits]


def test_without_a_preference_hits_stay_as_they_were_found() -> None:
    index = Found(hit("old", 0.9, LONG_AGO), hit("new", 0.8, NOW), hit("undated", 0.7))
    [found] = retrieve(index, [wish()], 2)
    assert names(found) == ["old", "new"]


def test_preferred_days_come_first_unless_others_fit_far_better() -> None:
    hits = [hit("far better", 1.0, LONG_AGO), hit("old", 0.61, LONG_AGO), hit("new", 0.6, NOW)]
    [found] = retrieve(Found(*hits), [wish(as_of=NOW)], 3)
    assert names(found) == ["far better", "new", "old"]
    assert [one.score for one in found] == [1.0, 0.6, 0.61]


def test_what_is_preferred_is_found_beyond_the_first_k() -> None:
    others = [hit(str(number), 0.5, LONG_AGO) for number in range(20)]
    [found] = retrieve(Found(*others, hit("new", 0.45, NOW)), [wish(as_of=NOW)], 1)
    assert names(found) == ["new"]


def test_questions_of_the_same_days_are_searched_together() -> None:
    index = Found(hit("old", 0.9, LONG_AGO))
    hard = TimeRange(LONG_AGO, LONG_AGO, 0, 1, hard=True)
    wishes = [wish("a"), wish("b", hard), wish("c")]
    assert [names(found) for found in retrieve(index, wishes, 5)] == [["old"]] * 3
    assert index.searches == [
        (["a", "c"], Filter()),
        (["b"], Filter(dates=DateRange(LONG_AGO, LONG_AGO))),
    ]


def test_a_day_of_asking_hides_what_came_later_and_prefers_the_newer() -> None:
    made = wish(as_of=NOW, documents=frozenset({"a"}))
    assert made.within == Filter(dates=DateRange(before=NOW), documents=frozenset({"a"}))
    assert made.preference == recent(NOW)
    limits = DateRange(LONG_AGO, datetime.date(2000, 1, 1))
    assert wish(as_of=NOW, limits=limits).within.dates == limits
    with pytest.raises(SettingsError):
        wish(as_of=LONG_AGO, limits=DateRange(after=NOW))


def test_a_soft_window_hides_nothing_and_a_hard_one_all_other_days() -> None:
    soft = TimeRange(NOW, NOW, 0, 1, hard=False)
    assert wish(window=soft).within == Filter()
    assert wish(window=soft, as_of=NOW).preference == soft.preference
    hard = TimeRange(NOW, NOW, 0, 1, hard=True)
    assert wish(window=hard).within.dates == hard.dates


def test_what_the_date_of_an_article_tells_is_not_asked_of_its_text() -> None:
    question = "Who headed the delegation in September 2020?"
    month = TimeRange(datetime.date(2020, 9, 1), NOW, 26, 43, hard=False)
    made = wish(question, month)
    assert made.reading(hit("new", 1, NOW)) == "Who headed the delegation?"
    assert made.reading(hit("old", 1, LONG_AGO)) == question
    assert made.reading(hit("undated", 1)) == question
    assert wish(question).reading(hit("new", 1, NOW)) == question
    assert wish(question, as_of=NOW).reading(hit("new", 1, NOW)) == question


def test_spans_of_other_days_lose_log_odds_and_keep_their_order() -> None:
    spans = [[LogitSpan(0, 1, 5.0), LogitSpan(0, 2, 4.0)], [LogitSpan(0, 1, 5.0)]]
    hits = [hit("old", 0.9, LONG_AGO), hit("new", 0.8, NOW)]
    assert weighed(spans, hits, None) == spans
    old, new = weighed(spans, hits, Preference(DateRange(NOW, NOW), half_life=1))
    assert [span.margin for span in old] == [5.0 - NEARNESS_MARGIN, 4.0 - NEARNESS_MARGIN]
    assert new == spans[1]


def test_where_all_are_as_far_from_the_wished_days_nothing_is_lost() -> None:
    spans = [[LogitSpan(0, 1, 5.0)], [LogitSpan(0, 1, 4.0)]]
    hits = [hit("old", 0.9, LONG_AGO), hit("undated", 0.8)]
    kept = weighed(spans, hits, Preference(DateRange(NOW, NOW), half_life=1))
    assert [span.margin for [span] in kept] == pytest.approx([5.0, 4.0])
    assert weighed([], [], Preference(DateRange(NOW, NOW), half_life=1)) == []
