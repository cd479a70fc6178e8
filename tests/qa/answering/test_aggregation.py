import math

import pytest

from embeddings import Chunk, Hit
from qa.answering.aggregation import AGREEMENT, RELEVANCE_WEIGHT, aggregate, is_settled
from qa.reader.spans import LogitSpan
from tests.qa.answering.readings import reading

TEXT = "Baker Rosa Pell won on Monday."


def hit(document: str, text: str = TEXT, *, dense: float | None = 0.5) -> Hit:
    return Hit(Chunk(document, 0, len(text), text), score=0.5, lexical=1.0, dense=dense)


def span(words: str, margin: float, text: str = TEXT) -> LogitSpan:
    start = text.index(words)
    return LogitSpan(start, start + len(words), margin)


def test_spans_of_all_passages_and_no_answer_share_one_certainty() -> None:
    aggregated = aggregate(
        [hit("a"), hit("b")],
        [reading(span("Rosa Pell", 2.0)), reading(span("Monday", 1.0), span("won", 0.0))],
    )
    assert [one.text for one in aggregated.answers] == ["Rosa Pell", "Monday", "won"]
    total = math.exp(2) + math.exp(1) + 1 + 1
    assert [one.span.score for one in aggregated.answers] == pytest.approx(
        [math.exp(2) / total, math.exp(1) / total, 1 / total]
    )
    assert aggregated.null == pytest.approx(1 / total)


def test_equal_answers_of_other_documents_are_kept_beside_the_best() -> None:
    hits = [hit("a"), hit("b"), hit("c"), hit("b")]
    spans = [reading(span("Monday", m)) for m in (1.0, 3.0, 2.0, 0.0)]
    [only] = aggregate(hits, spans).answers
    assert only.hit is hits[1]
    assert [other.chunk.document_id for other, _ in only.also] == ["c", "a"]
    agreed = sum(math.exp(m) for m in (1.0, 3.0, 2.0, 0.0)) * math.exp(2 * AGREEMENT)
    assert only.span.score == pytest.approx(agreed / (1 + agreed))


def test_what_several_documents_say_comes_before_what_is_a_little_likelier_in_one() -> None:
    hits = [hit("a"), hit("b"), hit("c")]
    spans = [
        reading(span("Rosa Pell", 2.0)),
        reading(span("Monday", 1.0)),
        reading(span("Monday", 0.0)),
    ]
    aggregated = aggregate(hits, spans)
    assert [one.text for one in aggregated.answers] == ["Monday", "Rosa Pell"]
    total = aggregated.null + sum(one.span.score for one in aggregated.answers)
    assert total == pytest.approx(1.0)


def test_neither_a_document_itself_nor_one_that_hardly_says_it_agrees() -> None:
    first, second = reading(span("Rosa Pell", 2.0)), reading(span("Monday", 1.0))
    itself = aggregate(
        [hit("a"), hit("b"), hit("b")], [first, second, reading(span("Monday", 0.0))]
    )
    assert [one.text for one in itself.answers] == ["Rosa Pell", "Monday"]
    hardly = aggregate(
        [hit("a"), hit("b"), hit("c")], [first, second, reading(span("Monday", -7.0))]
    )
    assert [one.text for one in hardly.answers] == ["Rosa Pell", "Monday"]


def test_spans_that_overlap_in_one_document_are_one_answer_and_elsewhere_two() -> None:
    [one] = aggregate(
        [hit("a")], [reading(span("Rosa Pell", 2.0), span("Baker Rosa Pell won", 1.0))]
    ).answers
    assert one.text == "Rosa Pell"
    assert one.also == ()
    both = aggregate(
        [hit("a"), hit("b")], [reading(span("Monday", 2.0)), reading(span("won on Monday", 1.0))]
    )
    assert len(both.answers) == 2


def test_where_nothing_was_read_no_answer_is_certain() -> None:
    aggregated = aggregate([hit("a")], [reading()])
    assert aggregated.answers == []
    assert aggregated.null == 1.0


@pytest.mark.parametrize(
    ("margins", "enough"),
    [((1.1, -9.0), True), ((0.9, -9.0), False), ((8.0, 6.9), True), ((8.0, 7.1), False)],
)
def test_an_answer_is_settled_that_is_likelier_than_none_and_all_others(
    margins: tuple[float, float], enough: bool
) -> None:
    spans = [reading(span("Rosa Pell", margins[0])), reading(span("Monday", margins[1]))]
    assert is_settled(aggregate([hit("a"), hit("b")], spans), []) is enough


@pytest.mark.parametrize(
    ("cosine", "unread", "enough"),
    [
        (0.5, (0.44, None), True),
        (0.5, (0.2, 0.46), False),
        (0.5, (), True),
        (None, (0.2,), False),
    ],
)
def test_an_answer_is_settled_whose_passage_is_nearer_than_all_that_is_not_read(
    cosine: float | None, unread: tuple[float | None, ...], enough: bool
) -> None:
    aggregated = aggregate([hit("a", dense=cosine)], [reading(span("Rosa Pell", 8.0))])
    assert is_settled(aggregated, [hit("b", dense=one) for one in unread]) is enough


def test_no_answer_is_not_settled() -> None:
    assert not is_settled(aggregate([hit("a")], [reading()]), [])


def test_spans_of_irrelevant_passages_lose_log_odds() -> None:
    answers = aggregate(
        [hit("a"), hit("b")],
        [reading(span("Rosa Pell", 2.0), relevance=-4.0), reading(span("Monday", 1.0))],
    ).answers
    assert [one.text for one in answers] == ["Monday", "Rosa Pell"]
    odds = answers[0].span.score / answers[1].span.score
    assert math.log(odds) == pytest.approx(1.0 - (2.0 - 4.0 * RELEVANCE_WEIGHT))


def test_spans_without_a_letter_or_digit_are_dropped() -> None:
    text = "| --- | Total 5 |"
    marks = LogitSpan(0, 5, 9.0)
    found = aggregate([hit("a", text)], [reading(marks, span("5", 1.0, text))])
    assert [one.text for one in found.answers] == ["5"]
