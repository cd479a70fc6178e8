import dataclasses
import datetime

import pytest

from embeddings import Document
from qa import Answer, Reply
from tests.qa.answering.answer_pairs import answer_of
from tests.qa.answering.document_pairs import AGREEING, CONFLICTING


def answer(text: str, score: float, name: str = "a.txt") -> Answer:
    document = Document(id=name, text=text, date=datetime.date(2020, 9, 16))
    return Answer(text, score, 0, len(text), document, context=text, context_start=0)


def reply(*answers: Answer) -> Reply:
    return Reply("?", "?", answers, hits=(), read=0, seconds={})


@pytest.mark.parametrize(
    ("question", "one", "other", "expected"),
    [
        ("Who found it?", "Ada Berg", "Bo Berg", True),
        ("Who found it?", "Dr. Ada Berg", "Tom Lind", True),
        ("Who found it?", "Ada Berg", "A. Berg", False),
        ("Who found it?", "Ada Berg", "a baker", False),
        ("Who found it?", "Ada Berg", "Norby Town Council", False),
        ("Who are the members?", "Ada Berg", "Tom Lind", False),
        ("Who found it?", "Ada Berg", "Ada Bergman", True),
        ("Who found it?", "Maria Lundt", "Mario Lundt", True),
        ("Who found it?", "Mike Berg", "Michael Berg", False),
        ("Who found it?", "Ada Berg", "Ada Berg Lind", False),
        ("Where is it?", "New York", "South Ash", True),
        ("Where is it?", "New York", "New York State", False),
        ("Where is it?", "New York", "behind the mill", False),
        ("In which room is it?", "the attic", "the cellar", True),
        ("What is the name of the boat?", "Petrel", "Puffin", True),
        ("What is a petrel?", "a boat", "a bird", False),
        ("Which towns were hit?", "Ormsay", "Tarn", False),
        ("Which judge spoke?", "Judge Ada Berg", "Judge Tom Lind", True),
        ("Who won the cup?", "Ormsay", "Tarn", True),
        ("Who won the cup?", "Ormsay", "the hosts", False),
        ("How many pupils has it?", "640 pupils", "52 teachers", False),
        ("How many pupils has it?", "640 pupils", "620", True),
        ("How many pupils has it?", "640 pupils", "620 people", True),
        ("How large is it?", "640 pupils", "52 teachers", True),
        ("Is the mill open on Mondays?", "The mill is open on Mondays.", "It is shut.", False),
        (
            "Is the mill open on Mondays?",
            "The mill opens on Mondays.",
            "On Mondays the mill is closed.",
            True,
        ),
        (
            "Is the mill open on Mondays?",
            "The mill opens on Mondays in May.",
            "On Mondays in June the mill is closed.",
            False,
        ),
        (
            "Does the bus stop in Tarn?",
            "The bus stops in Tarn and Veld.",
            "The bus does not usually stop in Tarn.",
            True,
        ),
        ("Does the bus stop in Tarn?", "The bus stops in Tarn.", "The bus stops in Veld.", False),
        (
            "Does the bus stop in Tarn?",
            "The bus never stops in Tarn.",
            "The bus does not stop in Tarn.",
            False,
        ),
        (
            "Is a pass required for visitors?",
            "A pass is required for visitors.",
            "Visitors need no pass.",
            True,
        ),
        ("Are dogs allowed?", "Dogs are allowed.", "Dogs are not allowed unless leashed.", False),
        ("Is the well safe?", "The well is unsafe.", "The well is safe.", True),
        ("Is the road open?", "The road is open.", "The road was closed for a week.", False),
        ("Is it open?", "It is open from May to June.", "It is closed from July to April.", False),
        ("Was anybody hurt?", "Two people were hurt.", "Nobody was killed.", False),
        ("Can I pay later?", "You can pay later by card.", "You cannot pay later in cash.", False),
        ("Can I pay?", "You can pay within 5 days.", "You cannot pay after 5 days.", False),
    ],
)
def test_different_names_conflict_if_one_is_asked_for(
    question: str, one: str, other: str, expected: bool
) -> None:
    answers = (answer(one, 0.5), answer(other, 0.4, "b.txt"))
    assert Reply(question, question, answers, hits=(), read=0, seconds={}).disagree is expected


def test_most_pairs_of_documents_are_marked_if_and_only_if_they_conflict() -> None:
    for pairs, expected in ((CONFLICTING, True), (AGREEING, False)):
        marked = [
            Reply(question, question, answers, hits=(), read=0, seconds={}).disagree
            for question, one, other in pairs
            for answers in [(answer_of(one, "a.txt"), answer_of(other, "b.txt"))]
        ]
        assert marked.count(expected) >= 36


@pytest.mark.parametrize(
    ("sentence", "score", "expected"),
    [
        ("The lift is checked every month.", 0.01, False),
        ("The lift is checked every month.", 0.3, True),
        ("The old boiler is checked every month.", 0.01, True),
        ("Check the boiler every month.", 0.01, True),
    ],
)
def test_unlikely_answer_about_another_thing_does_not_conflict(
    sentence: str, score: float, expected: bool
) -> None:
    given = []
    for text, words, share in (
        ("The boiler is checked every year.", "every year", 0.8),
        (sentence, "every month", score),
    ):
        document = Document(id=words, text=text)
        start = text.index(words)
        found = Answer(words, share, start, start + len(words), document, text, 0)
        given.append(dataclasses.replace(found, likely_alone=True))
    question = "How often is the boiler checked?"
    asked = Reply(question, question, tuple(given), hits=(), read=0, seconds={})
    assert asked.disagree is expected


def test_answer_that_is_a_time_has_a_date() -> None:
    date = answer("on Tuesday", 0.5).date
    assert date is not None
    assert date.iso == "2020-09-15"
    assert answer("Ewa Lindqvist", 0.5).date is None
    later = dataclasses.replace(answer("on Tuesday", 0.5), context="He came on Tuesday", start=8)
    moved = dataclasses.replace(later, end=18)
    assert moved.date == date


def test_names_in_one_passage_do_not_conflict() -> None:
    norby = dataclasses.replace(answer("Norby", 0.5), context="It is in Norby, Tarsia.")
    answers = (norby, answer("Tarsia", 0.4, "b.txt"))
    assert not Reply("", "Where is it?", answers, hits=(), read=0, seconds={}).disagree


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], False),
        ([answer("214", 0.5)], False),
        ([answer("214", 0.5), answer("216", 0.3, "b.txt")], True),
        ([answer("214", 0.5), answer("216", 0.06, "b.txt")], True),
        ([answer("214", 0.5), answer("216", 0.04, "b.txt")], False),
        (
            [
                answer("214", 0.9),
                dataclasses.replace(answer("216", 0.01, "b.txt"), likely_alone=True),
            ],
            True,
        ),
        ([answer("214", 0.5), answer("216", 0.4)], False),
        ([answer("on Tuesday", 0.5), answer("Sept. 14", 0.4, "b.txt")], True),
        ([answer("Ewa", 0.5), answer("a captain", 0.4, "b.txt")], False),
    ],
)
def test_documents_disagree_on_a_number_or_a_date(answers: list[Answer], expected: bool) -> None:
    assert reply(*answers).disagree == expected
