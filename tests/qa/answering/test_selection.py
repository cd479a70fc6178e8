from collections.abc import Sequence

import pytest

from embeddings import Chunk, Hit, sentences
from qa.answering.aggregation import aggregate
from qa.answering.selection import REPEATED_ODDS, related_passages, select_answers
from qa.followups import Turn
from qa.reader.spans import LogitSpan, ScoredSentence
from qa.types import Reason
from tests.qa.answering.readings import reading

TEXT = "The bridge was built by Ada Brunt. It was paid for by the town of Harlow."
HIT = Hit(Chunk("bridge", 0, len(TEXT), TEXT), score=0.5, lexical=1.0, dense=0.5)
SENTENCES = [ScoredSentence(0, 34, 1.0), ScoredSentence(35, len(TEXT), 0.5)]


def select(
    question: str, words: str, *, history: Sequence[Turn] = (), min_score: float = 0.1
) -> tuple[list[tuple[str, str, float]], Reason | None]:
    start = TEXT.index(words)
    found = reading(LogitSpan(start, start + len(words), 1.0), sentences=SENTENCES)
    candidates, reason = select_answers(
        question, aggregate([HIT], [found]), None, min_score=min_score, history=history
    )
    return [(one.kind, one.text, one.score) for one in candidates], reason


def test_question_for_a_fact_gets_exact_words() -> None:
    [(kind, text, _)], reason = select("Who built the bridge?", "Ada Brunt")
    assert (kind, text, reason) == ("span", "Ada Brunt", None)


@pytest.mark.parametrize(
    ("names", "items"),
    [
        ("Ada Brunt and Tom Lind", ["Ada Brunt", "Tom Lind"]),
        ("Ada Brunt, Tom Lind and Eva de Wit", ["Ada Brunt", "Tom Lind", "Eva de Wit"]),
        ("Brunt and Lind", None),
        ("Ada Brunt, Chief Engineer", None),
        ("the Ministry of Trade and Energy", None),
    ],
)
def test_several_full_names_are_items_of_a_fact(names: str, items: list[str] | None) -> None:
    text = f"The bridge was built by {names}."
    hit = Hit(Chunk("bridge", 0, len(text), text), score=0.5, lexical=1.0, dense=0.5)
    span = LogitSpan(24, 24 + len(names), 1.0)
    [found], _ = select_answers(
        "Who built it?", aggregate([hit], [reading(span)]), None, min_score=0.1
    )
    assert (found.kind, found.text) == ("spans" if items else "span", names)
    assert [text[start:end] for start, end in found.highlights] == (items or [])


@pytest.mark.parametrize(
    ("named", "answers"),
    [
        ("Chief Engineer Ada Brunt", ["Ada Brunt"]),
        ("Chief Engineer Tom Lind, not Ada Brunt", ["Ada Brunt", "Chief Engineer"]),
    ],
)
def test_title_before_the_best_answer_is_not_another_answer(named: str, answers: list[str]) -> None:
    text = f"The bridge was built by {named}."
    hit = Hit(Chunk("bridge", 0, len(text), text), score=0.5, lexical=1.0, dense=0.5)
    name, title = text.index("Ada"), text.index("Chief")
    found = reading(LogitSpan(name, name + 9, 2.0), LogitSpan(title, title + 14, 1.0))
    kept, _ = select_answers("Who built it?", aggregate([hit], [found]), None, min_score=0.1)
    assert [one.text for one in kept] == answers


@pytest.mark.parametrize(
    "question", ["Was the bridge built by Ada Brunt?", "How was the bridge paid for?"]
)
def test_yes_no_question_and_explanation_get_sentences(question: str) -> None:
    [(kind, text, _)], _ = select(question, "Ada Brunt")
    assert (kind, text) == ("passage", TEXT)


def test_repeated_answer_of_another_question_gets_half_the_odds() -> None:
    [(_, _, score)], _ = select("Who paid for it?", "Ada Brunt")
    history = [Turn("Who built the bridge?", "Ada Brunt")]
    [(_, _, lowered)], _ = select("Who paid for it?", "Ada Brunt", history=history)
    assert lowered / (1 - lowered) == pytest.approx(REPEATED_ODDS * score / (1 - score))


def test_answer_of_a_repeated_question_keeps_its_score() -> None:
    question = "Who built the bridge?"
    assert select(question, "Ada Brunt", history=[Turn(question, "Ada Brunt")]) == select(
        question, "Ada Brunt"
    )


@pytest.mark.parametrize(
    ("question", "reason"),
    [("How was the bridge paid for?", None), ("Who paid for the bridge?", "answers disagree")],
)
def test_explanation_is_answered_by_a_passage_if_spans_disagree(
    question: str, reason: Reason | None
) -> None:
    other = "The town of Ayton paid for the bridge."
    hits = [HIT, Hit(Chunk("other", 0, len(other), other), score=0.5, lexical=1.0, dense=0.5)]
    found = [
        reading(LogitSpan(24, 33, 4.0), sentences=SENTENCES, relevance=3.0),
        reading(LogitSpan(0, 17, 4.0), sentences=[ScoredSentence(0, len(other), 3.0)]),
    ]
    candidates, given = select_answers(question, aggregate(hits, found), None, min_score=0.6)
    assert given == reason
    assert [one.kind for one in candidates[:1]] == ([] if reason else ["passage"])


def test_span_below_min_score_is_not_an_answer() -> None:
    assert select("Who built the bridge?", "Ada Brunt", min_score=0.99) == ([], "no answer")


def test_label_is_quoted_with_the_sentence_after_it() -> None:
    text = "Caution\nNever mix the two oils. They are toxic."
    hit = Hit(Chunk("oil", 0, len(text), text), score=0.5, lexical=1.0, dense=0.5)
    found = reading(
        sentences=[
            ScoredSentence(0, 7, 2.0),
            ScoredSentence(8, 31, -1.0),
            ScoredSentence(32, len(text), -1.0),
        ]
    )
    candidates, _ = select_answers(
        "Should I mix the oils?", aggregate([hit], [found]), None, min_score=0.1
    )
    assert [one.text for one in candidates] == ["Caution\nNever mix the two oils."]


def test_list_of_words_after_the_evidence_is_not_quoted() -> None:
    words = ["Hollow", "Hood", "Hook", "Hop"]
    text = "\n\n".join(words)
    hit = Hit(Chunk("index", 0, len(text), text), score=0.5, lexical=1.0, dense=0.5)
    found = [
        ScoredSentence(start, end, 2.0 if text[start:end] == "Hood" else -3.0)
        for start, end in sentences(text)
    ]
    aggregated = aggregate([hit], [reading(sentences=found)])
    candidates, _ = select_answers("What is a hood?", aggregated, None, min_score=0.1)
    assert [one.text for one in candidates] == ["Hood"]


STEPS = "To cancel it, do this:\n\n1. Open it.\n\n2. Press it.\n   Twice.\n\n(3) Close it."
COMMANDS = "To build it, run:\n\n    cd shop\n\n    make all"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (f"{STEPS}\n\nThen leave it.", STEPS),
        (f"{COMMANDS}\n\nThen wait.", COMMANDS),
        ("To build it, run:\nmake all\n\nThen wait.", "To build it, run:\nmake all"),
        ("It opens at 10:30\n\nThen wait.", "It opens at 10:30"),
        ("Mind the oil:", "Mind the oil:"),
    ],
)
def test_list_or_command_is_quoted_with_the_sentence_that_announces_it(
    text: str, quoted: str
) -> None:
    hit = Hit(Chunk("shop", 0, len(text), text), score=0.5, lexical=1.0, dense=0.5)
    found = [ScoredSentence(start, end, -3.0) for start, end in sentences(text)]
    found[0] = ScoredSentence(found[0].start, found[0].end, 2.0)
    aggregated = aggregate([hit], [reading(sentences=found)])
    candidates, _ = select_answers("How do I do it?", aggregated, None, min_score=0.1)
    assert [one.text for one in candidates] == [quoted]


@pytest.mark.parametrize(
    ("best", "next_one", "joined"),
    [(0.5, -0.9, True), (0.5, -1.1, False), (4.0, 2.1, True), (4.0, 1.9, False)],
)
def test_neighbour_is_quoted_if_it_is_nearly_as_likely_as_the_best_sentence(
    best: float, next_one: float, joined: bool
) -> None:
    found = [ScoredSentence(0, 34, best), ScoredSentence(35, len(TEXT), next_one)]
    aggregated = aggregate([HIT], [reading(sentences=found)])
    candidates, _ = select_answers("How was it built?", aggregated, None, min_score=0.1)
    assert [one.text for one in candidates] == [TEXT if joined else TEXT[:34]]


def test_list_is_the_whole_span_that_the_reader_prefers() -> None:
    listed = "the town of Harlow, the county of West Essex, the church and the mill of Ada Brunt"
    text = f"The bridge was paid for by {listed}."
    hit = Hit(Chunk("bridge", 0, len(text), text), score=0.5, lexical=1.0, dense=0.5)
    found = reading(LogitSpan(27, 27 + len(listed), 3.0), LogitSpan(27, 45, 2.9))
    [answer], _ = select_answers(
        "List all sponsors of the bridge", aggregate([hit], [found]), None, min_score=0.1
    )
    assert answer.text == listed
    assert len(answer.highlights) == 4


@pytest.mark.parametrize(("logit", "expected"), [(2.0, []), (0.5, ["The audit takes a day."])])
def test_header_of_a_mail_is_not_related(logit: float, expected: list[str]) -> None:
    text = "From: Ada Brunt\n\nThe audit takes a day."
    sentences = [ScoredSentence(0, 15, logit), ScoredSentence(17, len(text), 1.0)]
    hit = Hit(Chunk("mail", 0, len(text), text), score=0.5, lexical=1.0, dense=0.5)
    related = related_passages(aggregate([hit], [reading(sentences=sentences)]))
    assert [text[one.best.start : one.best.end] for one in related] == expected
