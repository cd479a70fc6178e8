import pytest

from qa.answering.question_kind import QuestionKind, question_kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who runs the ferry?", "fact"),
        ("What is the default port of the server?", "fact"),
        ("default port of the server", "fact"),
        ("start date of the contract", "fact"),
        ("Which colours are allowed?", "list"),
        ("What are the steps of the check?", "list"),
        ("Which two harbours have a crane?", "list"),
        ("names of the four ferries", "list"),
        ("Who are the pilots of the ferry?", "list"),
        ("Who are the company's current pilots?", "list"),
        ("Who are Ayton’s ferry pilots?", "list"),
        ("The strait lies between which two islands?", "list"),
        ("Who are you?", "fact"),
        ("Who was Ayton's first pilot?", "fact"),
        ("What is the speed of the two boats?", "fact"),
        ("Is the ferry running?", "yes_no"),
        ("In winter, does the ferry run?", "yes_no"),
        ("How do I reset the clock?", "explanation"),
        ("How many ferries are there?", "fact"),
        ("Why is the ferry late?", "explanation"),
        ("What is a capstan?", "explanation"),
        ("add a user to the group", "explanation"),
        ("turn off the alarm in winter", "explanation"),
        ("refund policy", "explanation"),
        ("Who paid?", "fact"),
    ],
)
def test_wording_decides_the_kind_of_answer(question: str, kind: QuestionKind) -> None:
    assert question_kind(question) == kind
