import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embeddings import DocumentError, Index, IndexNotFoundError
from qa.config import Config
from qa.evaluation.questions import Progress, Question
from qa.evaluation.run import evaluate, model_name

FERRY = "The ferry to Ayton sank in a storm in 1921, and nobody was hurt."
SCHOOL = "A new school opened in Beeford, and its first teacher was Anna Berg."
QUESTIONS = [
    Question("1", "When did the ferry to Ayton sink?", ("1921",), FERRY),
    Question("2", "Who was the first teacher in Beeford?", ("Anna Berg",), SCHOOL),
]


class Stages:
    """Records the stages and the last progress of each."""

    def __init__(self) -> None:
        self.shown: dict[str, tuple[int, int]] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[Progress]:
        def progress(done: int, whole: int) -> None:
            self.shown[name] = done, whole

        yield progress


@pytest.fixture
def stage() -> Stages:
    return Stages()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(index=str(tmp_path / "index"), k=2, answers=1)


@pytest.mark.parametrize(
    ("part", "score", "stages"),
    [
        ("reader", "answerable F1", {"Reading": (2, 2)}),
        ("hits", "retrieved chunk AUROC", {"Indexing": (2, 2), "Asking": (2, 2)}),
        ("retriever", "hybrid MRR", {"Indexing": (2, 2), "Searching": (6, 6)}),
        ("sweep", "dense weight 0.7 MRR", {"Indexing": (2, 2), "Searching": (22, 22)}),
        ("assistant", "F1", {"Indexing": (2, 2), "Asking": (2, 2)}),
    ],
)
def test_every_part_runs_on_contexts(
    config: Config, stage: Stages, part: str, score: str, stages: dict[str, tuple[int, int]]
) -> None:
    evaluation = evaluate(QUESTIONS, part, config=config, stage=stage)
    assert {each.name: each.value for each in evaluation.scores}[score] == 100
    assert stage.shown == stages
    assert not Path(config.index).exists()


def test_limit_keeps_all_contexts(config: Config, stage: Stages) -> None:
    evaluation = evaluate(QUESTIONS, "retriever", config=config, stage=stage, limit=1)
    assert [outcome.question for outcome in evaluation.outcomes] == QUESTIONS[:1]
    assert stage.shown == {"Indexing": (2, 2), "Searching": (3, 3)}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rows = [{"id": "a-1", "text": "The Ayton ferry sank in 1921."}, {"id": "a-2", "text": SCHOOL}]
    file = tmp_path / "news.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def test_corpus_replaces_contexts(config: Config, stage: Stages, corpus: Path) -> None:
    evaluation = evaluate(QUESTIONS, "retriever", config=config, stage=stage, corpus=corpus)
    # The ferry's context is not in the corpus, but its answer is.
    assert {each.value for each in evaluation.scores} == {100.0}
    with Index.open(config.index) as index:
        assert [known.id for known in index.documents()] == ["news.jsonl#a-1", "news.jsonl#a-2"]


def test_index_is_searched_without_corpus_and_contexts(
    config: Config, stage: Stages, corpus: Path
) -> None:
    bare = [Question("1", "When did the ferry to Ayton sink?", ("1921",))]
    with pytest.raises(IndexNotFoundError):
        evaluate(bare, "assistant", config=config, stage=stage)
    with Index.open(config.index, create=True) as index:
        index.add_paths([corpus])
    evaluation = evaluate(bare, "assistant", config=config, stage=stage)
    assert [outcome.given for outcome in evaluation.outcomes] == ["1921"]


def test_empty_corpus_is_rejected(config: Config, stage: Stages, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        with pytest.raises(DocumentError, match=f"No document of .*{name} could be read"):
            evaluate(QUESTIONS, "assistant", config=config, stage=stage, corpus=tmp_path / name)


def test_model_name_matches_command_line() -> None:
    named = Config(reader="r", encoder="e")
    assert [model_name(part, named) for part in ("reader", "retriever", "sweep")] == ["r", "e", "e"]
    assert model_name("assistant", named) == model_name("hits", named) == "r, e"
    assert model_name("assistant", Config()) == model_name("retriever", Config()) == "bundled"
    assert model_name("assistant", Config(encoder="e")) == "bundled, e"
