import dataclasses
import gzip
import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import (
    BertForQuestionAnswering,
    BertForTokenClassification,
)

from embeddings import SettingsError
from embeddings.runtimes.torch import HEADS
from qa import Reader
from qa.evaluation.questions import Question
from qa.reader.windows import ReaderInput, WindowMaker
from qa.training.examples import make_examples
from qa.training.export import export_reader
from qa.training.losses import reader_loss
from qa.training.reader import train_reader
from qa.training.recipe import ReaderRecipe
from qa.training.rows import load_rows
from tests.tiny_bert import save_bert

RECIPE = ReaderRecipe(
    seed=1,
    steps=60,
    warmup_steps=5,
    decay_steps=20,
    learning_rate=1e-2,
    head_learning_rate=1e-2,
    batch_tokens=200,
    average=0.9,
    negative_share=0.3,
    heading_share=0.0,
    keyword_share=0.0,
    informal_share=0.0,
    evidence_weight=0.9,
    relevance_weight=0.7,
    long_answer_weight=0.4,
    max_window_tokens=40,
    stride_tokens=4,
    data={"places": 1.0},
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads make a model this small many times slower."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def start(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    save_bert(
        BertForQuestionAnswering,
        tmp_path / "start",
        tokenizer,
        hidden_size=32,
        num_hidden_layers=1,
        max_position_embeddings=512,
    )
    return tmp_path / "start"


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Path]:
    """Questions answered by the last word of the second sentence, and unanswerable ones."""
    places = ["roof", "mat", "london", "paris"]
    texts = [
        f"Mary went to paris. The {who} slept on the {place}"
        for who in ("cat", "dog")
        for place in places
    ]
    rows = [
        {
            "question": "where did the cat sleep",
            "context": text,
            "answers": {"text": [text.split()[-1]], "answer_start": [text.rindex(" ") + 1]},
        }
        for text in texts
    ]
    negatives = [
        {
            "question": "where did the cat sleep",
            "context": f"Mary went to {place}.",
            "answers": {"text": [], "answer_start": []},
        }
        for place in places
    ]
    files = {"places": tmp_path / "places.jsonl.gz", "negatives": tmp_path / "negatives.jsonl.gz"}
    for file, given in zip(files.values(), (rows, negatives), strict=True):
        with gzip.open(file, "wt") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in given)
    return files


def train(
    recipe: ReaderRecipe, start: Path, data: dict[str, Path], output: Path, say=lambda _: None
):
    context = "Mary went to paris. The dog slept on the mat"
    questions = [Question("1", "where did the cat sleep", ("mat",), context)]
    train_reader(recipe, start=start, data=data, output=output, validation=questions, say=say)
    return json.loads((output / "training.json").read_text())


def test_trained_reader_finds_span_evidence_and_relevance(
    start: Path, data: dict[str, Path], tmp_path: Path
) -> None:
    record = train(RECIPE, start, data, tmp_path / "run")
    reader = Reader.open(tmp_path / "run" / "weights")
    contexts = ["Mary went to paris. The cat slept on the roof", "Mary went to london."]
    inputs = [ReaderInput("where did the cat sleep", text) for text in contexts]
    answered, unanswered = reader.read_passages(inputs)
    best = answered.spans[0]
    assert contexts[0][best.start : best.end] == "roof"
    assert best.margin > 0 > unanswered.spans[0].margin
    first, second = answered.sentences
    assert second.logit > 0 > first.logit
    assert answered.relevance > 0 > unanswered.relevance
    assert record["scores"]["answerable F1"] == 100.0
    assert record["step"] == 60
    assert record["recipe"]["learning_rate"] == 1e-2
    assert set(record["data_sha256"]) == {"places", "negatives"}


def test_exported_reader_has_the_loss_of_the_trained_one(
    start: Path, data: dict[str, Path], tmp_path: Path, tokenizer: Tokenizer
) -> None:
    train(RECIPE, start, data, tmp_path / "run")
    weights, exported = tmp_path / "run" / "weights", tmp_path / "exported"
    settings = {"max_window_tokens": 40, "stride_tokens": 4}
    export_reader(weights, exported, name="small", settings=settings)
    maker = WindowMaker(tokenizer, max_tokens=40, stride_tokens=4)
    rows = [row for file in data.values() for row in load_rows(file)]
    examples = list(make_examples(rows, RECIPE, maker, random.Random(0)))

    def loss(folder: Path) -> float:
        reader = Reader.open(folder)
        found = reader.logits([example.window for example in examples])
        assert {len(logits) for logits in found} == {4}
        stacked = [torch.tensor(np.stack(logits, axis=-1))[None] for logits in found]
        losses = [
            reader_loss(logits, [example], RECIPE)
            for logits, example in zip(stacked, examples, strict=True)
        ]
        return float(torch.stack(losses).mean())

    assert loss(weights) < 0.5
    assert loss(exported) == pytest.approx(loss(weights), abs=0.05)


def test_interrupted_training_continues_with_the_same_result(
    start: Path, data: dict[str, Path], tmp_path: Path
) -> None:
    recipe = dataclasses.replace(RECIPE, steps=90)

    def interrupt(line: str) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    first = train(recipe, start, data, tmp_path / "halves", say=interrupt)
    assert first["step"] == 25
    assert first["scores"] == {}
    other = dataclasses.replace(recipe, learning_rate=1e-3)
    with pytest.raises(SettingsError, match=r"other settings or data \(learning_rate\)"):
        train(other, start, data, tmp_path / "halves")
    lines: list[str] = []
    second = train(recipe, start, data, tmp_path / "halves", say=lines.append)
    assert second["step"] == 90
    assert any("step 50 of 90" in line for line in lines)
    whole = train(recipe, start, data, tmp_path / "whole")
    assert whole["examples"] == second["examples"]
    halves, wholes = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["averaged"]
        for name in ("halves", "whole")
    )
    for name, value in wholes.items():
        torch.testing.assert_close(halves[name], value, atol=1e-4, rtol=1e-3)


def test_embeddings_are_frozen_and_span_head_is_taken_over(
    start: Path, data: dict[str, Path], tmp_path: Path
) -> None:
    recipe = dataclasses.replace(RECIPE, steps=1, learning_rate=1e-9, head_learning_rate=1e-9)
    train(recipe, start, data, tmp_path / "run")
    before = BertForQuestionAnswering.from_pretrained(start)
    after = BertForTokenClassification.from_pretrained(tmp_path / "run" / "weights")
    torch.testing.assert_close(
        before.bert.embeddings.word_embeddings.weight, after.bert.embeddings.word_embeddings.weight
    )
    torch.testing.assert_close(after.classifier.weight[:2], before.qa_outputs.weight)
    torch.testing.assert_close(
        after.classifier.weight[3], -0.15 * before.qa_outputs.weight.sum(0), atol=1e-6, rtol=1e-5
    )
    assert after.config.id2label == dict(enumerate(HEADS))
