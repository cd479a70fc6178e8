import pytest

from embeddings import Document
from qa.web.suggestions import candidate_questions


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        (
            "A local team led by Mara Holt found the ship.",
            "Who led the local team?",
        ),
        (
            "The new ferries will leave the harbor on Sept. 4.",
            "When will the new ferries leave the harbor?",
        ),
        (
            "At least 14 houses were destroyed in the storm, the mayor said.",
            "How many houses were destroyed in the storm?",
        ),
        (
            "Mara Holt, a retired diver, found the ship.",
            "Who is Mara Holt?",
        ),
    ],
)
def test_sentence_becomes_the_question_it_answers(sentence: str, question: str) -> None:
    assert candidate_questions([Document(id="a", text=f"{sentence} It was the time.")]) == [
        question
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "It will be opened on May 3.",
        "Norrund, a small town in the north, was flooded.",
        "The deal was made on paper.",
        "Schools will open again on May 3.",
    ],
)
def test_unclear_sentence_gives_no_question(sentence: str) -> None:
    assert candidate_questions([Document(id="a", text=sentence)]) == []


def test_each_document_comes_before_a_second_question_of_one() -> None:
    one = "Mara Holt, a diver, came. A team led by Ivo Lind found it."
    other = "Nora Falk, a nurse, came."
    documents = [Document(id="1", text=one), Document(id="2", text=other)]
    assert candidate_questions(documents)[:2] == ["Who led the team?", "Who is Nora Falk?"]


def test_document_in_another_language_gives_no_question() -> None:
    document = Document(id="a", text="Es regnet.", title="Das Wetter")
    assert candidate_questions([document]) == []
