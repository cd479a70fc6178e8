from dataclasses import replace
from pathlib import Path

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
TOML = """
[[row]]
data = "Ayton questions"
file = "ayton"
part = "reader"
model = "bundled"
score = "answerable F1"
command = "qa evaluate ayton.json --part reader"
value = 83.5
tolerance = 0.5
"""


def score(value: float, name: str = "answerable F1") -> Score:
    return Score(name, value, low=None, high=None, n=10)


def test_rows_are_loaded(tmp_path: Path) -> None:
    file = tmp_path / "expected.toml"
    file.write_text(TOML + TOML.replace("83.5", "84"))
    assert load_rows(file) == [ROW, replace(ROW, value=84)]


def test_bundled_rows_can_be_loaded() -> None:
    assert all(isinstance(row, Row) for row in load_rows())


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[[row", "cannot be read"),
        ("[[rows]]", "must contain only"),
        ("row = 3", "must contain only"),
        (TOML.replace("83.5", '"83.5"'), "Row 1 of .*: check value"),
        (TOML + "[[row]]\ndata = 'x'", "Row 2 of .*: check file, part, model"),
        (TOML + "colour = 'red'", "check colour"),
    ],
)
def test_invalid_file_is_rejected_with_its_name(
    tmp_path: Path, content: str, complaint: str
) -> None:
    file = tmp_path / "expected.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=complaint):
        load_rows(file)


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
