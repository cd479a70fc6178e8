from dataclasses import astuple, replace

import pytest

from embeddings import SettingsError
from qa.evaluation.expected import Row, compare, load_rows, matching
from qa.evaluation.scores import Score

ROW = Row(
    data="Ayton questions",
    file="ayton",
    part="reader",
    model="bundled",
    score="answerable F1",
    command="qa evaluate ayton.json --part reader",
    value=83.5,
    tolerance=0.5,
)


def score(value: float, name: str = "answerable F1") -> Score:
    return Score(name, value, low=None, high=None, n=10)


def test_recorded_rows_have_texts_and_numbers() -> None:
    rows = load_rows()
    assert rows
    for row in rows:
        *texts, value, tolerance = astuple(row)
        assert all(isinstance(text, str) and text for text in texts)
        assert isinstance(value, int | float)
        assert isinstance(tolerance, int | float)


@pytest.mark.parametrize("name", ["ayton.json", "dev/ayton.jsonl.gz", "ayton.JSON"])
def test_matching_ignores_file_suffixes(name: str) -> None:
    others = [
        replace(ROW, part="assistant"),
        replace(ROW, model="x"),
        replace(ROW, file="ayton.v2"),
    ]
    found = matching([*others, ROW], file=name, part="reader", model="bundled")
    assert found == [ROW]
    assert matching(others, file="ayton.v2.json", part="reader", model="bundled") == [others[2]]


def test_matching_without_rows_is_an_error() -> None:
    with pytest.raises(SettingsError, match="for seaby, part reader, model bundled"):
        matching([ROW], file="seaby.json", part="reader", model="bundled")


@pytest.mark.parametrize("value", [83.0, 83.5, 84.0])
def test_score_within_tolerance_is_ok(value: float) -> None:
    (line,) = compare([score(1.0, "F1"), score(value)], [ROW])
    assert line == f"OK    answerable F1: expected 83.5 ± 0.5, measured {value:.2f}"


@pytest.mark.parametrize("value", [82.99, 84.01])
def test_score_outside_tolerance_fails(value: float) -> None:
    (line,) = compare([score(value)], [ROW])
    assert line == f"FAIL  answerable F1: expected 83.5 ± 0.5, measured {value:.2f}"


def test_score_at_the_edge_of_a_decimal_tolerance_is_ok() -> None:
    row = replace(ROW, value=0.8, tolerance=0.1)
    assert compare([score(0.9)], [row])[0].startswith("OK")


def test_missing_score_fails() -> None:
    assert compare([], [ROW]) == ["FAIL  answerable F1: expected 83.5 ± 0.5, not measured"]
