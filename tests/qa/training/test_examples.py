import gzip
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from embeddings import SettingsError
from qa.reader.windows import WindowMaker
from qa.training.examples import Row, batches, examples, hold_out, load_rows, one_pass
from qa.training.recipe import ReaderRecipe

RECIPE = Path(__file__).parents[3] / "qa" / "training" / "recipes" / "reader.toml"
CONTEXT = "the cat sat on the mat and the dog sat on the roof"


def row(answer: str, context: str = CONTEXT) -> Row:
    start = context.index(answer)
    return Row("where", context, ((start, start + len(answer)),))


def maker(tokenizer: Tokenizer, max_tokens: int = 40) -> WindowMaker:
    return WindowMaker(tokenizer, max_tokens=max_tokens, stride_tokens=4)


def passes(data: dict[str, float], **settings: float) -> ReaderRecipe:
    """A recipe that draws nothing but the data, where the settings do not say otherwise."""
    recipe = ReaderRecipe.load(RECIPE)
    plain = {"negative_share": 0.0, "joined_share": 0.0, "rivals": 0}
    return replace(recipe, data=data, **{**plain, **settings})


def write(file: Path, *rows: dict) -> Path:
    with gzip.open(file, "wt") as lines:
        lines.writelines(json.dumps(given) + "\n" for given in rows)
    return file


def test_rows_are_read_with_their_answers_marked(tmp_path: Path) -> None:
    answers = {"text": ["mat", "roof"], "answer_start": [19, 46]}
    given = {"id": "1", "question": "where", "context": CONTEXT, "answers": answers}
    assert load_rows(write(tmp_path / "rows.jsonl.gz", given)) == [
        Row("where", CONTEXT, ((19, 22), (46, 50)))
    ]


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        ({"text": ["mat"], "answer_start": [18]}, "line 1: the answer 'mat' does not stand at 18"),
        ({"text": ["mat"], "answer_start": []}, "cannot be used"),
        ({}, "cannot be used"),
    ],
)
def test_rows_whose_answers_are_elsewhere_are_refused(
    tmp_path: Path, answers: dict, complaint: str
) -> None:
    file = write(
        tmp_path / "rows.jsonl.gz", {"question": "q", "context": CONTEXT, "answers": answers}
    )
    with pytest.raises(SettingsError, match=complaint):
        load_rows(file)


@pytest.mark.parametrize("answer", ["mat", "the cat", "on the roof", CONTEXT])
def test_the_labels_of_an_example_quote_the_answer(tokenizer: Tokenizer, answer: str) -> None:
    [[example]] = examples([row(answer)], maker(tokenizer), random.Random(0))
    offsets = example.window.offsets
    assert CONTEXT[offsets[example.first, 0] : offsets[example.last, 1]] == answer


def test_a_row_without_an_answer_is_labelled_with_the_first_token(tokenizer: Tokenizer) -> None:
    [[example]] = examples([Row("who", CONTEXT, ())], maker(tokenizer), random.Random(0))
    assert (example.first, example.last) == (0, 0)


def test_of_a_long_context_the_window_with_the_answer_is_taken(tokenizer: Tokenizer) -> None:
    given = [row("roof")] * 200
    made = list(examples(given, maker(tokenizer, 14), random.Random(0)))
    assert len(made) == 200
    assert all(group[0].first and not any(one.first for one in group[1:]) for group in made)
    # Now and then a window of the same context without the answer comes beside it.
    assert 20 <= sum(map(len, made)) - 200 <= 60


def test_a_pass_takes_shares_of_the_data_and_adds_negatives() -> None:
    data = {"a": [row("mat")] * 1000, "b": [row("roof")] * 1000}
    negatives = [Row("who", CONTEXT, ())] * 5000
    recipe = passes({"a": 1.0, "b": 0.2}, negative_share=0.25)
    rows = one_pass(recipe, data, negatives, random.Random(0))
    counts = [rows.count(row("mat")), rows.count(row("roof")), rows.count(negatives[0])]
    assert counts[0] == 1000
    assert 150 <= counts[1] <= 250
    assert counts[2] == (counts[0] + counts[1]) // 3


def test_some_rows_are_joined_with_a_context_that_does_not_answer() -> None:
    own = "the hen slept in the barn and the goose slept beside the pond behind it"
    place = own.index("barn")
    asked = Row("where did the hen sleep", own, ((place, place + 4),))
    negatives = [
        Row(asked.question, CONTEXT, ()),
        Row(asked.question, own[:40], ()),  # what was left of its own context
        Row(asked.question, "there is a barn on the hill", ()),  # holds the answer's word
        Row("who", "nobody knows", ()),
    ]
    recipe = passes({"a": 1.0}, joined_share=0.4)
    rows = one_pass(recipe, {"a": [asked] * 1000}, negatives, random.Random(0))
    counts = {row.context: rows.count(row) for row in rows}
    assert counts.keys() == {own, f"{own} {CONTEXT}", f"{CONTEXT} {own}"}
    assert 550 <= counts[own] <= 650
    assert min(counts.values()) >= 150
    for row in rows:
        [(start, end)] = row.answers
        assert row.context[start:end] == "barn"


def test_a_row_is_read_with_contexts_that_do_not_answer() -> None:
    asked = row("roof")
    negatives = [
        Row(asked.question, "the roof of the barn", ()),  # holds the answer's word
        *(Row(asked.question, f"nobody came to town {n}", ()) for n in range(3)),
        Row("who", "another question", ()),
    ]
    recipe = passes({"a": 1.0}, rivals=2)
    rows = one_pass(recipe, {"a": [asked] * 200}, negatives, random.Random(0))
    assert {len(set(one.rivals)) for one in rows} == {2}
    drawn = {context for one in rows for context in one.rivals}
    assert drawn == {f"nobody came to town {n}" for n in range(3)}


def test_rivals_stand_in_the_group_of_their_row_without_an_answer(tokenizer: Tokenizer) -> None:
    rivals = ("the roof is on the barn", "the dog sat")
    given = [replace(row("roof"), rivals=rivals), row("mat")]
    first, second = examples(given, maker(tokenizer), random.Random(0))
    assert [(one.first > 0, one.last > 0) for one in first] == [(True,) * 2, *[(False,) * 2] * 2]
    lengths = [len(one.window) for one in first]
    assert lengths[1:] == [len(tokenizer.encode("where", one)) for one in rivals]
    assert len(second) == 1


def test_batches_hold_every_group_once_within_the_budget(tokenizer: Tokenizer) -> None:
    given = [
        replace(row("cat", "the cat " + "sat " * n), rivals=("the dog",) * (n % 3))
        for n in range(30)
    ] * 20
    made = list(examples(given, maker(tokenizer), random.Random(0)))
    grouped = batches(made, batch_tokens=200, rng=random.Random(0))
    assert sorted(map(id, made)) == sorted(id(one) for batch in grouped for one in batch)
    for batch in grouped:
        windows = [one.window for group in batch for one in group]
        longest = max(map(len, windows))
        assert longest * len(windows) <= 200


def test_the_same_seed_gives_the_same_batches(tokenizer: Tokenizer) -> None:
    def firsts(seed: int) -> list[list[int]]:
        given = [row(word) for word in ("cat", "mat", "dog", "roof")] * 10
        made = list(examples(given, maker(tokenizer), random.Random(seed)))
        grouped = batches(made, batch_tokens=80, rng=random.Random(seed))
        return [[group[0].first for group in batch] for batch in grouped]

    assert firsts(1) == firsts(1) != firsts(2)


def test_a_context_is_held_out_with_all_its_questions_wherever_it_stands(tmp_path: Path) -> None:
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
        file, first, second = (tmp_path / f"{name}{number}.jsonl.gz" for name in "abc")
        with gzip.open(file, "wt") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in chosen)
        counts = hold_out(file, one_in=10, held=first, rest=second)
        parts = load_rows(first), load_rows(second)
        assert counts == (len(parts[0]), len(parts[1]))
        assert sum(counts) == len(chosen)
        contexts = [{row.context for row in part} for part in parts]
        assert not contexts[0] & contexts[1]
        held.append(contexts[0])
    assert 3 <= len(held[0]) <= 20
    assert held[0] == held[1]


def test_a_file_that_cannot_be_split_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("{}\n")
    with pytest.raises(SettingsError, match=r"rows\.jsonl cannot be split"):
        hold_out(file, one_in=2, held=tmp_path / "held", rest=tmp_path / "rest")
