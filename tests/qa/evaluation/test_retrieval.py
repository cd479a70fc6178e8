import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings import Chunk, Chunking, DateRange, Document, Filter, Index, SettingsError
from qa.evaluation.metrics import holds_answer
from qa.evaluation.questions import Question
from qa.evaluation.retrieval import RANKINGS, SWEEP, answers_from, context_index, evaluate_retriever

FERRY = "The ferry to Ayton sank in 1921. Nobody was hurt. It was raised a year later."
SCHOOL = "A new school opened in Beeford. Its first teacher was Anna Berg."
BRIDGE = "The old bridge of Seaby fell in 1921 during a storm."
QUESTIONS = [
    Question("q1", "When did the ferry to Ayton sink?", ("1921", "in 1921"), FERRY),
    Question("q2", "Who was the teacher of the school in Beeford?", ("Anna Berg",), SCHOOL),
    Question("q3", "What fell at Seaby in the storm?", ("bridge", "old bridge"), BRIDGE),
    Question("q4", "Who built the ferry?", (), FERRY),
]


def chunk(text: str) -> Chunk:
    return Chunk(document_id="x", start=0, end=len(text), text=text)


@pytest.fixture
def folder() -> Iterator[Path]:
    with context_index(QUESTIONS) as made:
        yield made


def test_context_index_has_each_context_once_and_is_deleted() -> None:
    calls: list[tuple[int, int]] = []
    with context_index(QUESTIONS, progress=lambda *call: calls.append(call)) as folder:
        with Index.open(folder) as index:
            texts = {known.id: index.document(known.id) for known in index.documents()}
        assert texts == {
            f"context-{number}": Document(id=f"context-{number}", text=text)
            for number, text in enumerate([FERRY, SCHOOL, BRIDGE])
        }
    assert not folder.exists()
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_context_index_uses_chunking() -> None:
    with (
        context_index(QUESTIONS, chunking=Chunking(words=5)) as folder,
        Index.open(folder) as index,
    ):
        assert {hit.chunk.text for hit in index.search("ferry", 20)} >= {"Nobody was hurt."}


def test_questions_without_contexts_have_no_index() -> None:
    bare = [replace(question, context=None) for question in QUESTIONS]
    with pytest.raises(SettingsError, match="no contexts"), context_index(bare):
        pass


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("The ferry to Ayton sank in 1921.", FERRY, True),
        ("Nobody was hurt.", FERRY, False),
        (BRIDGE, FERRY, None),
        (SCHOOL, FERRY, False),
        (BRIDGE, None, True),
        (SCHOOL, None, False),
    ],
)
def test_answers_from_depends_on_words_and_context(
    text: str, context: str | None, expected: bool | None
) -> None:
    assert answers_from(chunk(text), replace(QUESTIONS[0], context=context)) is expected


def test_context_of_one_chunk_has_the_answer() -> None:
    question = Question("q", "When?", ("1920",), " It was in the 1920s. \n")
    assert answers_from(chunk("It was in the 1920s."), question) is True


def rank(index: Index, question: Question, within: Filter | None = None) -> int:
    """Return the rank of the first chunk with the answer."""
    hits = index.search(question.text, 50, within=within)
    right = [answers_from(hit.chunk, question) is True for hit in hits]
    return right.index(True) + 1


def test_scores_match_the_ranks(folder: Path) -> None:
    # The words of this question match another context better than its own.
    misleading = Question("q5", "Was the ferry to Ayton of 1921 a school?", ("Beeford",), SCHOOL)
    questions = [*QUESTIONS, misleading]
    evaluation = evaluate_retriever(questions, folder)
    scores = {score.name: score.value for score in evaluation.scores}
    for name, options in {
        "lexical": {"dense_weight": 0.0},
        "dense": {"dense_weight": 1.0},
        "hybrid": {},
    }.items():
        with Index.open(folder, **options) as index:
            ranks = [rank(index, question) for question in questions if question.answers]
        assert ranks[-1] > 1
        for k in (1, 5, 10, 20):
            found = sum(each <= k for each in ranks)
            assert scores.pop(f"{name} recall@{k}") == pytest.approx(100 * found / 4)
        assert scores.pop(f"{name} MRR") == pytest.approx(100 * sum(1 / r for r in ranks) / 4)
    assert scores == {}
    assert {score.n for score in evaluation.scores} == {4}
    assert [outcome.value for outcome in evaluation.outcomes] == [1 / r for r in ranks]


def test_hits_of_the_other_search_do_not_count(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add([Document(id="school", text=SCHOOL)])
    # None of the question's words is in the text, so only the dense search brings it up.
    question = Question("q", "Which lecturer?", ("Anna Berg",))
    scores = {s.name: s.value for s in evaluate_retriever([question], tmp_path / "index").scores}
    assert scores["lexical recall@20"] == scores["lexical MRR"] == 0
    assert scores["dense recall@1"] == scores["dense MRR"] == 100
    assert scores["hybrid recall@1"] == scores["hybrid MRR"] == 100


def test_outcomes_are_from_the_last_ranking(folder: Path) -> None:
    rankings = {"dense": 1.0, "lexical": 0.0}
    outcomes = evaluate_retriever(QUESTIONS, folder, rankings=rankings).outcomes
    assert [outcome.question.id for outcome in outcomes] == ["q1", "q2", "q3"]
    assert [outcome.given for outcome in outcomes] == [FERRY, SCHOOL, BRIDGE]
    with Index.open(folder, dense_weight=0.0) as index:
        scores = [index.search(question.text, 1)[0].score for question in QUESTIONS[:3]]
    assert [outcome.score for outcome in outcomes] == scores


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    location = tmp_path / "corpus"
    day = datetime.date(2022, 6, 10)
    documents = [
        Document(id="news.jsonl#a-1", text=FERRY, date=day),
        Document(id="news.jsonl#a-2", text=BRIDGE, date=day + datetime.timedelta(days=1)),
        Document(id="a-3", text=SCHOOL, date=day),
    ]
    with Index.open(location, create=True) as index:
        index.add(documents)
    return location


def test_documents_after_the_date_are_not_searched(corpus: Path) -> None:
    asked = Question("1", "What fell at Seaby?", ("bridge",))
    days = [datetime.date(2022, 6, 10), datetime.date(2022, 6, 11), None]
    questions = [replace(asked, date=day) for day in days]
    outcomes = evaluate_retriever(questions, corpus).outcomes
    assert [outcome.value for outcome in outcomes] == [0.0, 1.0, 1.0]
    with Index.open(corpus) as index:
        early = index.search(asked.text, within=Filter(dates=DateRange(before=days[0])))
    assert not any(holds_answer(hit.chunk.text, ["bridge"]) for hit in early)


def test_progress_counts_the_searches_of_all_rankings(folder: Path) -> None:
    calls: list[tuple[int, int]] = []
    evaluate_retriever(QUESTIONS, folder, progress=lambda *call: calls.append(call))
    assert calls == [(3, 9), (6, 9), (9, 9)]


def test_questions_without_answers_are_rejected(folder: Path) -> None:
    with pytest.raises(SettingsError, match="has an answer"):
        evaluate_retriever(QUESTIONS[3:], folder)


def test_sweep_has_weights_from_0_to_1() -> None:
    assert list(SWEEP.values()) == [n / 10 for n in range(11)]
    assert len(RANKINGS) == 3
