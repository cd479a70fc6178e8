from pathlib import Path
from typing import Any

from qa.training.examples import Row, load_rows
from qa.training.negatives import mine_negatives

CONTEXTS = [
    "The harbour of Ayton was closed by a storm on Monday.",
    "A storm closed the airport of Beeford on Tuesday.",
    "The bakery in Ayton sells rye bread.",
    "The storm closed the harbour of Corley on Monday as well.",
]


def row(question: str, context: str, answer: str) -> Row:
    start = context.index(answer)
    return Row(question, context, ((start, start + len(answer)),))


def mined(rows: list[Row], tmp_path: Path, **options: Any) -> tuple[list[Row], list[Row]]:
    """Mine; give the rows with another context, and those with an altered question."""
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


def test_negatives_are_near_contexts_that_do_not_hold_the_answer(tmp_path: Path) -> None:
    rows = [
        row("When did a storm close the harbour of Ayton?", CONTEXTS[0], "Monday"),
        row("When did a storm close the airport?", CONTEXTS[1], "Tuesday"),
        row("What does the bakery sell?", CONTEXTS[2], "rye bread"),
        row("Which harbour was closed as well?", CONTEXTS[3], "Corley"),
    ]
    told: list[tuple[int, int]] = []
    negatives, _ = mined(rows, tmp_path, progress=lambda *given: told.append(given))
    assert told == [(4, 4)]
    for original, negative in zip(rows, negatives, strict=True):
        assert negative.question == original.question
        assert negative.context in CONTEXTS
        assert negative.context != original.context
    # The one other text of a Monday would answer by chance.
    assert "Monday" not in negatives[0].context


def test_a_question_that_only_its_own_context_comes_near_to_gives_none(tmp_path: Path) -> None:
    negatives, _ = mined([row("What is sold?", CONTEXTS[2], "rye bread")], tmp_path)
    assert negatives == []


def test_the_own_context_without_the_sentence_of_the_answer_is_a_near_miss(tmp_path: Path) -> None:
    before = "The ferry between Ayton and Corley ran twice a day until the harbour was closed. " * 2
    after = "Fishermen have asked the council for help, and the council will meet them again. " * 2
    asked = row("Who closed it?", f"{before}It was the harbour master, Ann Dee. {after}", "Ann Dee")
    [negative], _ = mined([asked], tmp_path)
    assert negative.context == f"{before}{after}".strip()


def test_a_context_that_names_the_answer_twice_is_no_near_miss(tmp_path: Path) -> None:
    text = "It was Ann Dee. " + "Everyone in the whole town knows that Ann Dee did it. " * 5
    negatives, _ = mined([row("Who closed it?", text, "Ann Dee")], tmp_path)
    assert negatives == []


def test_a_question_is_altered_for_its_own_context(tmp_path: Path) -> None:
    _, altered = mined([row("Who sold the first bread?", CONTEXTS[2], "bakery")], tmp_path)
    assert [(negative.question, negative.context) for negative in altered] in [
        [("Who bought the first bread?", CONTEXTS[2])],
        [("Who sold the last bread?", CONTEXTS[2])],
    ]
