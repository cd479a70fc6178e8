from embeddings import Document
from qa.evaluation.growth import measure_growth

DOCUMENTS = [
    Document(f"d{n}", " ".join(f"Ship {n} left quay {quay} on day {n}." for quay in range(30)))
    for n in range(12)
]


def test_an_index_is_measured_at_each_size() -> None:
    questions = ["When did ship 3 leave?", "Who left quay 4?", "Which quay?"]
    small, large = measure_growth(DOCUMENTS, questions, [20, 60])
    assert 20 <= small["chunks"] < 25
    assert 60 <= large["chunks"] < 65
    assert small["variants"] == 0.0
    assert 0.2 < large["variants"] < 0.8
    assert small["disk_mebibytes"] < large["disk_mebibytes"]
    for measured in (small, large):
        assert measured["recall"] == 1.0  # few are searched exactly
        assert 0 < measured["p50_ms"] <= measured["p95_ms"]
        assert 0 < measured["own_mebibytes"] < measured["mebibytes"]
        assert measured["open_seconds"] > 0
        assert measured["first_seconds"] > 0
