import gzip
import json
from pathlib import Path

import pytest

from embeddings import SettingsError
from qa.training.rows import Row, hold_out, load_rows

CONTEXT = "The cat sat on the mat. The dog sat on the roof."


def write(file: Path, *rows: dict) -> Path:
    with gzip.open(file, "wt") as lines:
        lines.writelines(json.dumps(given) + "\n" for given in rows)
    return file


def test_sentences_of_answers_are_evidence_by_default(tmp_path: Path) -> None:
    answers = {"text": ["roof"], "answer_start": [43]}
    given = {"id": "1", "question": "where", "context": CONTEXT, "answers": answers}
    assert load_rows(write(tmp_path / "rows.jsonl.gz", given)) == [
        Row("where", CONTEXT, ((43, 47),), ((24, 48),))
    ]


def test_row_has_title_evidence_kind_and_mode(tmp_path: Path) -> None:
    given = {
        "question": "who sat",
        "title": "Pets",
        "context": CONTEXT,
        "answers": {"text": ["cat", "dog"], "answer_start": [4, 28]},
        "evidence": [[0, 23], [24, 48]],
        "kind": "list",
        "mode": "all",
    }
    assert load_rows(write(tmp_path / "rows.jsonl.gz", given)) == [
        Row(
            "who sat",
            CONTEXT,
            ((4, 7), (28, 31)),
            ((0, 23), (24, 48)),
            title="Pets",
            kind="list",
            mode="all",
        )
    ]


def test_row_without_answers_and_evidence_is_unanswerable(tmp_path: Path) -> None:
    answers: dict = {"text": [], "answer_start": []}
    given = {"question": "who", "context": CONTEXT, "answers": answers, "evidence": []}
    [row] = load_rows(write(tmp_path / "rows.jsonl.gz", given))
    assert (row.answers, row.evidence) == ((), ())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"answers": {"text": ["mat"], "answer_start": [18]}}, "the answer 'mat' is not at 18"),
        ({"answers": {"text": ["mat"], "answer_start": []}}, "cannot be used"),
        ({"answers": {}}, "cannot be used"),
        (
            {"answers": {"text": [], "answer_start": []}, "evidence": [[40, 90]]},
            r"line 1: the evidence \[40, 90\] is outside",
        ),
    ],
)
def test_wrong_ranges_are_rejected(tmp_path: Path, fields: dict, message: str) -> None:
    file = write(tmp_path / "rows.jsonl.gz", {"question": "q", "context": CONTEXT, **fields})
    with pytest.raises(SettingsError, match=message):
        load_rows(file)


def test_hold_out_makes_the_same_decision_for_a_context_in_every_file(tmp_path: Path) -> None:
    rows = [
        {
            "question": f"Who is {n}?",
            "context": f"Context {n % 100}.",
            "answers": {"text": [], "answer_start": []},
        }
        for n in range(300)
    ]
    held: list[set[str]] = []
    for number, chosen in enumerate((rows, rows[150:])):
        first, second = (tmp_path / f"{name}{number}.jsonl.gz" for name in "ab")
        file = write(tmp_path / f"all{number}.jsonl.gz", *chosen)
        counts = hold_out(file, one_in=10, held=first, rest=second)
        parts = load_rows(first), load_rows(second)
        assert counts == (len(parts[0]), len(parts[1]))
        assert sum(counts) == len(chosen)
        contexts = [{row.context for row in part} for part in parts]
        assert not contexts[0] & contexts[1]
        held.append(contexts[0])
    assert 3 <= len(held[0]) <= 20
    assert held[0] == held[1]


def test_hold_out_names_an_unreadable_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("{}\n")
    with pytest.raises(SettingsError, match=r"rows\.jsonl cannot be used"):
        hold_out(file, one_in=2, held=tmp_path / "held", rest=tmp_path / "rest")
