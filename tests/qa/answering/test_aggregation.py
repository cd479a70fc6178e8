import datetime
import math
from dataclasses import replace

import pytest

from embeddings import Chunk, Hit
from qa.answering.aggregation import (
    AGREEMENT,
    LENGTH_PENALTY,
    MARGIN_WEIGHT,
    RELEVANCE_WEIGHT,
    SENTENCE_WEIGHT,
    AggregatedAnswers,
    aggregate,
)
from qa.answering.early_stopping import is_settled
from qa.reader.reader import PassageReading
from qa.reader.spans import LogitSpan, ScoredSentence
from tests.qa.answering.answer_pairs import DIFFERENT, EQUAL, span_of
from tests.qa.answering.document_pairs import AGREEING, CONFLICTING
from tests.qa.answering.readings import reading


def aggregated(hits: list[Hit], margins: list[list[LogitSpan]]) -> AggregatedAnswers:
    """Aggregate spans whose log odds are the given margins."""
    return aggregate(hits, [with_log_odds(spans) for spans in margins])


def with_log_odds(spans: list[LogitSpan]) -> PassageReading:
    """Build a reading of neutral relevance; without sentences, margins stand for evidence too."""
    scale = 1 / (MARGIN_WEIGHT + SENTENCE_WEIGHT)
    return reading(*(replace(one, margin=scale * one.margin) for one in spans), relevance=0.0)


TEXTS = {
    "a": "Baker Rosa Pell won on Monday.",
    "b": "On Monday the prize went to Rosa Pell, a baker.",
    "c": "The jury met on Monday and chose Rosa Pell.",
}


def hit(document: str, text: str = "", *, dense: float | None = 0.5) -> Hit:
    words = text or TEXTS[document]
    return Hit(Chunk(document, 0, len(words), words), score=0.5, lexical=1.0, dense=dense)


def span(one: Hit, words: str, margin: float) -> LogitSpan:
    start = one.chunk.text.index(words)
    return LogitSpan(start, start + len(words), margin)


def spans(hits: list[Hit], words: str, *margins: float) -> list[list[LogitSpan]]:
    return [[span(one, words, margin)] for one, margin in zip(hits, margins, strict=True)]


A, B, C = hit("a"), hit("b"), hit("c")


def test_spans_of_all_passages_and_no_answer_share_one_probability() -> None:
    evidence = aggregated([A, B], [[span(A, "Rosa Pell", 2.0)], [span(B, "Monday", 1.0)]])
    assert [one.text for one in evidence.answers] == ["Rosa Pell", "Monday"]
    total = math.exp(2) + math.exp(1) + 1
    assert [one.probability for one in evidence.answers] == pytest.approx(
        [math.exp(2) / total, math.exp(1) / total]
    )
    assert evidence.null == pytest.approx(1 / total)


def test_equal_answers_of_other_documents_are_cited_likeliest_first() -> None:
    again = hit("b", "It was Monday.")
    hits = [A, B, C, again]
    [only] = aggregated(hits, spans(hits, "Monday", 1.0, 3.0, 2.0, 0.0)).answers
    assert only.hit is B
    assert [other.chunk.document_id for other, *_ in only.also] == ["c", "a"]
    agreed = sum(math.exp(m) for m in (1.0, 3.0, 2.0, 0.0)) * math.exp(2 * AGREEMENT)
    assert only.probability == pytest.approx(agreed / (1 + agreed))


def test_answer_of_two_documents_comes_before_a_likelier_one_of_one() -> None:
    margins = [
        [span(A, "Rosa Pell", 2.0)], [span(B, "Monday", 1.0)], [span(C, "Monday", 0.5)]
    ]  # fmt: skip
    evidence = aggregated([A, B, C], margins)
    assert [one.text for one in evidence.answers] == ["Monday", "Rosa Pell"]
    total = evidence.null + sum(one.probability for one in evidence.answers)
    assert total == pytest.approx(1.0)


@pytest.mark.parametrize("margin", [-0.1, -5.0])
def test_document_that_prefers_no_answer_is_not_cited(margin: float) -> None:
    [only] = aggregated([A, B], spans([A, B], "Monday", 2.0, margin)).answers
    assert only.also == ()
    odds = math.exp(2.0) + math.exp(margin)
    assert only.probability == pytest.approx(odds / (1 + odds))


def test_document_that_prefers_another_answer_is_not_cited() -> None:
    margins = [[span(A, "Monday", 2.0)], [span(B, "Rosa Pell", 3.0), span(B, "Monday", 1.0)]]
    first, second = aggregated([A, B], margins).answers
    assert (first.text, first.also) == ("Rosa Pell", ())
    assert (second.text, second.also) == ("Monday", ())


def test_another_chunk_of_the_same_document_is_not_cited() -> None:
    again = hit("a", "It was Monday.")
    [only] = aggregated([A, again], spans([A, again], "Monday", 2.0, 1.0)).answers
    assert only.also == ()


ARTICLE = (
    "The committee for the old mill met on Tuesday in the town hall of Lower Ash. Ann Lee is to "
    "lead it, a member said after the meeting, which was long."
)


@pytest.mark.parametrize("count", [2, 6])
def test_copies_of_an_article_count_once(count: int) -> None:
    copies = [hit(f"copy {number}", ARTICLE) for number in range(count)]
    other = hit("other", "It is led by Bob Roe.")
    margins = [*spans(copies, "Ann Lee", *([1.0] * count)), [span(other, "Bob Roe", 1.5)]]
    bob, ann = aggregated([*copies, other], margins).answers
    assert (bob.text, ann.text) == ("Bob Roe", "Ann Lee")
    assert ann.also == ()
    assert bob.probability / ann.probability == pytest.approx(math.exp(0.5))


def test_correction_of_an_article_counts() -> None:
    copies = [hit(f"copy {number}", ARTICLE) for number in range(3)]
    corrected = hit("corrected", ARTICLE.replace("Ann Lee", "Bob Roe"))
    margins = [*spans(copies, "Ann Lee", 1.0, 1.0, 1.0), [span(corrected, "Bob Roe", 1.5)]]
    first, second = aggregated([*copies, corrected], margins).answers
    assert (first.text, second.text) == ("Bob Roe", "Ann Lee")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Bob Roe is to lead it, not Ann Lee.", "Bob Roe"),
        ("The chair went from Ann Lee to Bob Roe.", "Bob Roe"),
        ("Bob Roe is to lead it with Ann Lee.", "Ann Lee"),
        ("The chair goes from Ann Lee to Bob Roe.", "Ann Lee to Bob Roe"),
    ],
)
def test_answer_that_another_document_corrects_comes_after_the_correction(
    text: str, first: str
) -> None:
    old, new = hit("old", ARTICLE), hit("new", text)
    words = first if "to" in first else "Bob Roe"
    found = aggregated([old, new], [[span(old, "Ann Lee", 6.0)], [span(new, words, 5.0)]])
    assert found.answers[0].text == first
    later = Hit(
        replace(old.chunk, date=datetime.date(2021, 1, 2)), score=0.5, lexical=1.0, dense=0.5
    )
    earlier = Hit(
        replace(new.chunk, date=datetime.date(2021, 1, 1)), score=0.5, lexical=1.0, dense=0.5
    )
    found = aggregated([later, earlier], [[span(old, "Ann Lee", 6.0)], [span(new, "Bob Roe", 5.0)]])
    assert found.answers[0].text == "Ann Lee"


def test_correction_need_not_repeat_the_unit_of_an_amount() -> None:
    old, new = (
        hit("old", "The pier costs 31 million crowns."),
        hit("new", "13 million, not 31 million."),
    )
    margins = [[span(old, "31 million crowns", 6.0)], [span(new, "13 million", 5.0)]]
    assert aggregated([old, new], margins).answers[0].text == "13 million"


def test_denied_number_of_something_else_corrects_no_amount() -> None:
    old, new = (
        hit("old", "The pier costs 31 crowns."),
        hit("new", "The quay costs 13 crowns and needs not 31 trucks but 20."),
    )
    margins = [[span(old, "31 crowns", 6.0)], [span(new, "13 crowns", 5.0)]]
    assert aggregated([old, new], margins).answers[0].text == "31 crowns"


def test_line_that_other_documents_repeat_counts_once() -> None:
    pages = [hit(f"{n}", f"The Brimstone Guide\nPage {n} is on {n} pumps.") for n in range(5)]
    [only] = aggregated(pages, spans(pages, "Brimstone", *([1.0] * 5))).answers
    assert only.also == ()
    assert only.probability == pytest.approx(math.e / (1 + math.e))


def test_spans_that_overlap_in_one_document_are_one_answer() -> None:
    margins = [[span(A, "Rosa Pell", 2.0), span(A, "Baker Rosa Pell won", 1.0)]]
    [one] = aggregated([A], margins).answers
    assert one.text == "Rosa Pell"
    assert one.also == ()
    odds = math.exp(2.0) + math.exp(1.0)
    assert one.probability == pytest.approx(odds / (1 + odds))
    both = aggregated([A, B], [[span(A, "Monday", 2.0)], [span(B, "On Monday the prize", 1.0)]])
    assert len(both.answers) == 2


def test_without_spans_the_null_probability_is_1() -> None:
    evidence = aggregated([A], [[]])
    assert evidence.answers == []
    assert evidence.null == 1.0


def answers_of(one: str, other: str) -> list[str]:
    """Aggregate two documents whose answers are marked and equally likely."""
    hits, margins = [], []
    for name, marked in (("one", one), ("other", other)):
        text, start, end = span_of(marked)
        hits.append(hit(name, f"{text} This is document {name}."))
        margins.append([LogitSpan(start, end, 2.0)])
    return [answer.text for answer in aggregated(hits, margins).answers]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_answers_are_merged(one: str, other: str) -> None:
    assert len(answers_of(one, other)) == 1


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_answers_are_kept_apart(one: str, other: str) -> None:
    assert len(answers_of(one, other)) == 2


def test_most_pairs_of_documents_are_merged_if_and_only_if_they_agree() -> None:
    assert len(AGREEING) == len(CONFLICTING) == 40
    assert sum(len(answers_of(one, other)) == 1 for _, one, other in AGREEING) >= 36
    assert sum(len(answers_of(one, other)) == 2 for _, one, other in CONFLICTING) >= 36


@pytest.mark.parametrize(
    ("margins", "expected"),
    [((1.1, -9.0), True), ((0.9, -9.0), False), ((8.0, 6.9), True), ((8.0, 7.1), False)],
)
def test_answer_is_settled_if_likelier_than_null_and_all_others(
    margins: tuple[float, float], expected: bool
) -> None:
    found = [[span(A, "Rosa Pell", margins[0])], [span(B, "Monday", margins[1])]]
    assert is_settled(aggregated([A, B], found), []) is expected


@pytest.mark.parametrize(
    ("cosine", "unread", "expected"),
    [
        (0.5, (0.44, None), True),
        (0.5, (0.2, 0.46), False),
        (0.5, (), True),
        (None, (0.2,), False),
    ],
)
def test_answer_is_settled_if_its_passage_is_nearer_than_all_unread_ones(
    cosine: float | None, unread: tuple[float | None, ...], expected: bool
) -> None:
    near = hit("a", dense=cosine)
    evidence = aggregated([near], [[span(near, "Rosa Pell", 8.0)]])
    assert is_settled(evidence, [hit("b", dense=one) for one in unread]) is expected


def test_no_answer_is_not_settled() -> None:
    assert not is_settled(aggregated([A], [[]]), [])


def test_log_odds_combine_margin_relevance_and_evidence() -> None:
    text = "It rained. Rosa Pell won."
    one = hit("a", text)
    sentences = [ScoredSentence(0, 10, 5.0), ScoredSentence(11, len(text), -2.0)]
    read = reading(span(one, "Rosa Pell", 3.0), sentences=sentences, relevance=-4.0)
    [answer] = aggregate([one], [read]).answers
    log_odds = 3.0 * MARGIN_WEIGHT - 4.0 * RELEVANCE_WEIGHT - 2.0 * SENTENCE_WEIGHT
    assert answer.probability == pytest.approx(1 / (1 + math.exp(-log_odds)))


def test_log_odds_fall_with_each_word_beyond_six() -> None:
    text = "The tram is new, said the mayor on Monday. The tram cost 3 million, said the council."
    one = hit("a", text)
    long = "new, said the mayor on Monday. The tram cost 3 million"
    both = aggregated([one], [[span(one, long, 2.2), span(one, "3 million", 2.0)]])
    assert both.answers[0].text == "3 million"
    [alone] = aggregated([one], [[span(one, long, 2.2)]]).answers
    assert alone.probability / (1 - alone.probability) == pytest.approx(
        math.exp(2.2 - 5 * LENGTH_PENALTY)
    )


def test_log_odds_of_a_reader_without_further_heads_are_its_margins() -> None:
    one = span(A, "Rosa Pell", 3.0)
    sentence = ScoredSentence(0, len(TEXTS["a"]), 3.0)
    [answer] = aggregate([A], [reading(one, sentences=[sentence], relevance=3.0)]).answers
    assert answer.probability == pytest.approx(1 / (1 + math.exp(-3.0)))


def test_spans_without_a_letter_or_digit_are_dropped() -> None:
    text = "| --- | Total 5 |"
    marks = LogitSpan(0, 5, 9.0)
    row = hit("a", text)
    found = aggregate([row], [reading(marks, span(row, "5", 1.0))])
    assert [one.text for one in found.answers] == ["5"]


@pytest.mark.parametrize(("margin", "expected"), [(2.5, True), (1.5, False)])
def test_answer_is_likely_alone_from_log_odds_of_two(margin: float, expected: bool) -> None:
    likelier = [span(A, "Rosa Pell", 9.0)]
    _, other = aggregated([A, B], [likelier, [span(B, "Monday", margin)]]).answers
    assert other.likely_alone is expected
