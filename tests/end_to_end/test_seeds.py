"""The assistant answers questions about the article it is shipped with."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from embeddings import Index
from qa import Assistant, Reader, Reply
from qa.evaluation.metrics import f1
from qa.evaluation.questions import Question, load_questions

SEEDS = Path(__file__).parents[2] / "seeds"
QUESTIONS = load_questions(Path(__file__).with_name("seed_questions.jsonl"))

RIGHT_F1 = 0.7
RIGHT_SHARE = 0.75  # threshold below the measured 0.86


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Reply]:
    place = tmp_path_factory.mktemp("seeds") / "index"
    with Index.open(place, create=True) as index:
        report = index.add_paths([SEEDS])
        assert report.added
        assert not report.failed
        assistant = Assistant(index, Reader.open())
        return assistant.ask_many([question.text for question in QUESTIONS])


def is_right(question: Question, reply: Reply) -> bool:
    return reply.answer is not None and f1(reply.answer.text, question.answers) >= RIGHT_F1


def test_share_of_right_first_answers_reaches_the_threshold(replies: Sequence[Reply]) -> None:
    wrong = [
        f"{question.text} {reply.answer.text if reply.answer else 'no answer'!r}"
        for question, reply in zip(QUESTIONS, replies, strict=True)
        if not is_right(question, reply)
    ]
    assert 1 - len(wrong) / len(QUESTIONS) >= RIGHT_SHARE, "\n".join(wrong)


def test_every_answer_is_an_exact_quotation_of_its_file(replies: Sequence[Reply]) -> None:
    answers = [answer for reply in replies for answer in reply.answers]
    assert len(answers) > len(QUESTIONS)
    for answer in answers:
        file = (SEEDS / answer.document.id).read_text(encoding="utf-8")
        assert file[answer.start : answer.end] == answer.text
