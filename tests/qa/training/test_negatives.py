from pathlib import Path
from typing import Any

import pytest

from embeddings import sentences
from qa.training import negatives
from qa.training.negatives import mine_negatives
from qa.training.rows import Row, load_rows, overlaps

CONTEXTS = [
    "The harbour of Ayton was closed by a storm on Monday.",
    "A storm closed the airport of Beeford on Tuesday.",
    "The bakery in Ayton sells rye bread.",
    "The storm closed the harbour of Corley on Monday as well.",
]


def row(question: str, context: str, answer: str) -> Row:
    span = (context.index(answer), context.index(answer) + len(answer))
    evidence = tuple(bounds for bounds in sentences(context) if overlaps(*bounds, [span]))
    return Row(question, context, (span,), evidence)


def mined(rows: list[Row], tmp_path: Path, **options: Any) -> tuple[list[Row], list[Row]]:
    """Return the rows with the same question, and those with a changed one."""
    output = tmp_path / "negatives.jsonl.gz"
    written = mine_negatives(rows, output, **options)
    negatives = load_rows(output)
    assert written == len(negatives)
    assert all(negative.answers == () for negative in negatives)
    own = {row.context for row in rows}
    asked = {row.question for row in rows}
    altered = [negative for negative in negatives if negative.question not in asked]
    assert all(negative.context in own for negative in altered)
    return [negative for negative in negatives if negative.question in asked], altered


def test_negatives_are_similar_contexts_without_the_answer(tmp_path: Path) -> None:
    rows = [
        row("When did a storm close the harbour of Ayton?", CONTEXTS[0], "Monday"),
        row("When did a storm close the airport?", CONTEXTS[1], "Tuesday"),
        row("What does the bakery sell?", CONTEXTS[2], "rye bread"),
        row("Which harbour was closed as well?", CONTEXTS[3], "Corley"),
    ]
    seen: list[tuple[int, int]] = []
    found, _ = mined(rows, tmp_path, progress=lambda *given: seen.append(given))
    assert seen == [(4, 4)]
    for original, negative in zip(rows, found, strict=True):
        assert negative.question == original.question
        assert negative.context in CONTEXTS
        assert negative.context != original.context
    # The other text with a Monday would answer by chance.
    assert "Monday" not in found[0].context


def test_question_that_matches_only_its_context_gives_no_negative(tmp_path: Path) -> None:
    found, _ = mined([row("What is sold?", CONTEXTS[2], "rye bread")], tmp_path)
    assert found == []


def test_context_without_answer_sentence_is_a_negative(tmp_path: Path) -> None:
    before = "The ferry between Ayton and Corley ran twice a day until the harbour was closed. " * 2
    after = "Fishermen have asked the council for help, and the council will meet them again. " * 2
    asked = row("Who closed it?", f"{before}It was the harbour master, Ann Dee. {after}", "Ann Dee")
    [negative], _ = mined([asked], tmp_path)
    assert negative.context == f"{before}{after}".strip()


def test_context_with_a_second_mention_of_the_answer_is_not_a_negative(tmp_path: Path) -> None:
    text = "It was Ann Dee. " + "Everyone in the whole town knows that Ann Dee did it. " * 5
    found, _ = mined([row("Who closed it?", text, "Ann Dee")], tmp_path)
    assert found == []


def test_changed_question_is_a_negative_for_its_context(tmp_path: Path) -> None:
    _, altered = mined([row("Who sold the first bread?", CONTEXTS[2], "bakery")], tmp_path)
    assert [(negative.question, negative.context) for negative in altered] in [
        [("Who bought the first bread?", CONTEXTS[2])],
        [("Who sold the last bread?", CONTEXTS[2])],
    ]


def test_explanation_gets_other_chunks_of_its_context_and_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(negatives, "_CONTENTS_SHARE", 1.0)
    steps = "Open the lid of the pump and press the red button to reset the pump. " * 8
    other = "The pump of the harbour was painted by the council of Corley last spring. " * 24
    asked = Row(
        "How do I reset the pump?",
        steps + other,
        evidence=((0, len(steps)),),
        title="Resetting the pump",
        kind="long",
    )
    [near, contents], changed = mined([asked], tmp_path)
    assert near.context in other
    assert near.title == "Resetting the pump"
    assert contents.context.startswith("Resetting the pump . . .")
    assert changed == []
