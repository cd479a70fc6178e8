import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from qa.reader.windows import WindowMaker
from qa.training.examples import Example, batches, cut_passage, draw_rows, make_examples
from qa.training.recipe import ReaderRecipe
from qa.training.rows import Row

FILE = Path(__file__).parents[3] / "qa" / "training" / "recipes" / "reader.toml"
RECIPE = replace(
    ReaderRecipe.load(FILE),
    negative_share=0.0,
    heading_share=0.0,
    keyword_share=0.0,
    informal_share=0.0,
)
CONTEXT = "The cat sat on the mat. The dog sat on the roof."
SENTENCES = ((0, 23), (24, 48))


def row(
    *answers: str, evidence: tuple[int, ...] = (), context: str = CONTEXT, **fields: str
) -> Row:
    spans = tuple((context.index(one), context.index(one) + len(one)) for one in answers)
    chosen = tuple(SENTENCES[number] for number in evidence)
    return Row("where", context, spans, chosen or tuple(SENTENCES[1:]), **fields)


def examples(
    rows: list[Row], tokenizer: Tokenizer, recipe: ReaderRecipe = RECIPE, max_tokens: int = 40
) -> list[Example]:
    maker = WindowMaker(tokenizer, max_tokens=max_tokens, stride_tokens=4)
    return list(make_examples(rows, recipe, maker, random.Random(0)))


def targets(example: Example) -> list[str]:
    """The words that are targets: at each first token the text until the matching last token."""
    firsts, lasts = np.flatnonzero(example.starts), np.flatnonzero(example.ends)
    offsets = example.window.offsets
    pairs = zip(firsts, lasts, strict=True)
    return [CONTEXT[offsets[first, 0] : offsets[last, 1]] for first, last in pairs]


@pytest.mark.parametrize("answer", ["roof", "The dog", "on the roof"])
def test_span_target_is_the_answer(tokenizer: Tokenizer, answer: str) -> None:
    [example] = examples([row(answer)], tokenizer)
    assert targets(example) == [answer]
    assert example.starts.sum() == example.ends.sum() == 1
    assert example.span_weight == 1


def test_first_alternative_is_the_span_target_and_list_items_share_it(tokenizer: Tokenizer) -> None:
    alternatives, items = examples(
        [
            row("mat", "roof", evidence=(0, 1)),
            row("mat", "roof", evidence=(0, 1), kind="list", mode="all"),
        ],
        tokenizer,
    )
    assert targets(alternatives) == ["mat"]
    assert targets(items) == ["mat", "roof"]
    assert items.starts.max() == 0.5


def test_evidence_has_a_label_per_sentence(tokenizer: Tokenizer) -> None:
    first, second, both = examples(
        [row("mat", evidence=(0,)), row("roof"), row(evidence=(0, 1), kind="long")], tokenizer
    )
    assert first.evidence.tolist() == [1, 0]
    assert second.evidence.tolist() == [0, 1]
    assert both.evidence.tolist() == [1, 1]
    text = first.window.offsets[first.sentence_of == 1]
    assert (text[0, 0], text[-1, 1]) == SENTENCES[1]
    assert (first.sentence_of[~first.window.in_context] == -1).all()


@pytest.mark.parametrize(
    ("kind", "weight"), [("yesno", 1.0), ("long", RECIPE.long_answer_weight), ("sentence", 0.0)]
)
def test_rows_without_short_answer_have_the_null_target(
    tokenizer: Tokenizer, kind: str, weight: float
) -> None:
    [example] = examples([row("The dog", kind=kind)], tokenizer)
    assert example.starts[0] == example.ends[0] == 1
    assert example.span_weight == weight
    assert example.relevance == 1


def test_unanswerable_row_has_null_target_and_no_relevance(tokenizer: Tokenizer) -> None:
    [example] = examples([Row("who", CONTEXT)], tokenizer)
    assert example.starts[0] == example.ends[0] == example.span_weight == 1
    assert example.evidence.tolist() == [0, 0]
    assert example.relevance == 0


def test_window_with_evidence_is_chosen_of_a_long_passage(tokenizer: Tokenizer) -> None:
    [example] = examples([row("roof")], tokenizer, max_tokens=14)
    assert targets(example) == ["roof"]
    assert example.relevance == 1


def test_title_precedes_a_share_of_passages(tokenizer: Tokenizer) -> None:
    rows = [row("roof", title="the cat in paris")] * 100
    made = examples(rows, tokenizer, replace(RECIPE, heading_share=0.3))
    lengths = [len(example) for example in made]
    assert max(lengths) - min(lengths) == 4
    assert 15 <= lengths.count(max(lengths)) <= 45
    assert all(targets(example) == ["roof"] for example in made)


def test_questions_become_keywords_or_informal(tokenizer: Tokenizer) -> None:
    asked = replace(row("roof"), question="Where did the dog sleep?")
    [keywords] = examples([asked], tokenizer, replace(RECIPE, keyword_share=1.0))
    [informal] = examples([asked], tokenizer, replace(RECIPE, informal_share=1.0))

    def question(example: Example) -> str:
        ids = example.window.tokens.input_ids[1:-1].tolist()
        return tokenizer.decode(ids[: ids.index(tokenizer.token_to_id("[SEP]"))])

    assert question(keywords) == "dog sleep"
    assert question(informal) == "where did the dog sleep"


def long_row(answer_at: int) -> Row:
    parts = [f"Sentence {number} tells about the town and its people." for number in range(60)]
    parts[answer_at] = "The bridge was built in 1921 by the city."
    context = " ".join(parts)
    start = context.index("1921")
    sentence = context.index("The bridge")
    evidence = (sentence, sentence + len(parts[answer_at]))
    return Row("when", context, ((start, start + 4),), (evidence,))


def test_long_context_is_cut_to_a_chunk_with_the_answer() -> None:
    for answer_at in (0, 30, 59):
        cut = cut_passage(long_row(answer_at), random.Random(1))
        assert 40 < len(cut.context.split()) < 250
        [(start, end)] = cut.answers
        assert cut.context[start:end] == "1921"
        [(start, end)] = cut.evidence
        assert cut.context[start:end] == "The bridge was built in 1921 by the city."


def test_evidence_across_chunks_is_clipped_to_the_chunk() -> None:
    whole = long_row(0)
    given = replace(whole, answers=(), evidence=((0, len(whole.context)),), kind="long")
    cut = cut_passage(given, random.Random(2))
    assert len(cut.context) < len(whole.context)
    assert cut.evidence == ((0, len(cut.context)),)


def test_draw_rows_takes_shares_and_adds_negatives() -> None:
    data = {"a": [row("mat")] * 1000, "b": [row("roof")] * 1000, "c": [row("dog")] * 100}
    negatives = [Row("who", CONTEXT)] * 5000
    recipe = replace(RECIPE, data={"a": 1.0, "b": 0.2, "c": 2.5}, negative_share=0.25)
    rows = draw_rows(recipe, data, negatives, random.Random(0))
    counts = [rows.count(one) for one in (row("mat"), row("roof"), row("dog"), negatives[0])]
    assert counts[0] == 1000
    assert 150 <= counts[1] <= 250
    assert 220 <= counts[2] <= 280
    assert counts[3] == sum(counts[:3]) // 3


def test_batches_have_every_example_once_within_the_budget(tokenizer: Tokenizer) -> None:
    made = examples(
        [row("cat", context="the cat " + "sat " * n) for n in range(30)] * 20, tokenizer
    )
    grouped = batches(made, batch_tokens=200, rng=random.Random(0))
    assert sorted(map(id, made)) == sorted(id(one) for batch in grouped for one in batch)
    assert all(max(map(len, batch)) * len(batch) <= 200 for batch in grouped)


def test_same_seed_gives_the_same_batches(tokenizer: Tokenizer) -> None:
    made = examples([row(word) for word in ("cat", "mat", "dog", "roof")] * 10, tokenizer)

    def order(seed: int) -> list[list[int]]:
        grouped = batches(made, batch_tokens=120, rng=random.Random(seed))
        return [[made.index(one) for one in batch] for batch in grouped]

    assert order(1) == order(1) != order(2)
