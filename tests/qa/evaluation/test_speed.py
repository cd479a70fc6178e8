from pathlib import Path

import pytest

from embeddings import Document, Index, SettingsError
from qa.evaluation import speed
from qa.evaluation.speed import measure_indexing, measure_questions, measure_reading, measure_start

DOCUMENTS = [Document(id=f"d{n}", text=f"Ship {n} left the harbour on day {n}.") for n in range(30)]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    with Index.open(tmp_path / "index", create=True) as made:
        made.add(DOCUMENTS)
    return tmp_path / "index"


def test_an_encoder_agrees_with_itself_wholly(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = Path(speed.__file__).parents[2] / "embeddings" / "weights"
    measured = measure_indexing(DOCUMENTS, against=str(weights))
    assert measured["chunks"] == 30
    assert measured["cosine"] == pytest.approx(1.0, abs=1e-5)
    assert measured["top10_overlap"] == 1.0
    assert measured["ratio"] > 0
    assert measured["chunks_per_second"] > 1
    assert measured["peak_mebibytes"] > 10


def test_without_another_encoder_the_index_alone_is_measured() -> None:
    assert set(measure_indexing(DOCUMENTS[:3], against=None)) == {
        "chunks",
        "chunks_per_second",
        "peak_mebibytes",
    }


def test_questions_are_timed_by_stage(index: Path) -> None:
    measured = measure_questions(index, ["When did ship 3 leave?", "Who left?"], k=5, min_read=5)
    for stage in ("search", "read", "total"):
        assert 0 < measured[f"{stage}_p50_ms"] <= measured[f"{stage}_p95_ms"]
    assert measured["total_p50_ms"] >= measured["read_p50_ms"]


def test_processes_are_timed_from_their_start(index: Path) -> None:
    measured = measure_start(index, "When did ship 3 leave?")
    assert 0 < measured["help_seconds"] < measured["ask_seconds"] < 60


def test_a_reader_is_as_fast_as_itself_and_reads_the_tokens_of_all_turns_but_the_first() -> None:
    weights = Path(speed.__file__).parents[1] / "weights"
    pairs = [("When did the ship leave?", document.text) for document in DOCUMENTS[:24] * 2]
    measured = measure_reading(pairs, reader=None, against=str(weights))
    for rows in (1, 16):
        assert 0.2 < measured[f"batch{rows}_ratio"] < 5
        per_question = (
            measured[f"batch{rows}_tokens_per_second"]
            / measured[f"batch{rows}_questions_per_second"]
        )
        assert 15 < per_question < 25


def test_too_few_questions_are_not_timed() -> None:
    with pytest.raises(SettingsError, match="31 questions are too few"):
        measure_reading([("Who?", "Ann.")] * 31, reader=None, against=None)
