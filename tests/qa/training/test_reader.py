import dataclasses
import gzip
import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast

from embeddings import SettingsError, Tokens
from qa import Reader
from qa.evaluation.questions import Question
from qa.reader.windows import ReaderInput, Window
from qa.training.examples import Example
from qa.training.reader import _loss, train_reader
from qa.training.recipe import ReaderRecipe

RECIPE = ReaderRecipe(
    seed=1,
    steps=60,
    warmup_steps=5,
    decay_steps=20,
    learning_rate=1e-2,
    batch_tokens=200,
    average=0.9,
    negative_share=0.3,
    joined_share=0.0,
    rivals=2,
    max_window_tokens=40,
    stride_tokens=4,
    data={"places": 1.0},
)


@pytest.fixture
def start(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    folder = tmp_path / "start"
    BertForQuestionAnswering(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(folder)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Path]:
    """Questions whose answer is what stands behind "on the" or "in"; and some without."""
    places = ["roof", "mat", "london", "paris"]
    texts = [f"the {who} slept on the {place}" for who in ("cat", "dog") for place in places]
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
            "context": f"mary went to {place}",
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
    questions = [Question("1", "where did the dog sleep", ("mat",), "the dog slept on the mat")]
    train_reader(recipe, start=start, data=data, output=output, validation=questions, say=say)
    return json.loads((output / "training.json").read_text())


def test_a_reader_learns_where_answers_stand_and_where_there_is_none(
    start: Path, data: dict[str, Path], tmp_path: Path
) -> None:
    record = train(RECIPE, start, data, tmp_path / "run")
    reader = Reader.open(tmp_path / "run" / "weights")
    contexts = ["the cat slept on the roof", "mary went to london"]
    inputs = [ReaderInput("where did the cat sleep", text) for text in contexts]
    (found, *_), (other, *_) = (one.spans for one in reader.read_passages(inputs))
    assert contexts[0][found.start : found.end] == "roof"
    assert found.margin > 0 > other.margin
    assert record["scores"]["answerable F1"] == 100.0
    assert record["step"] == 60
    assert record["recipe"]["learning_rate"] == 1e-2
    assert set(record["data_sha256"]) == {"places", "negatives"}


def test_an_interrupted_training_goes_on_as_if_nothing_had_been(
    start: Path, data: dict[str, Path], tmp_path: Path
) -> None:
    recipe = dataclasses.replace(RECIPE, steps=230)

    def interrupt(line: str) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    first = train(recipe, start, data, tmp_path / "halves", say=interrupt)
    assert first["step"] == 100
    assert first["scores"] == {}
    other = dataclasses.replace(recipe, learning_rate=1e-3)
    with pytest.raises(SettingsError, match=r"other settings or data \(learning_rate\)"):
        train(other, start, data, tmp_path / "halves")
    lines: list[str] = []
    second = train(recipe, start, data, tmp_path / "halves", say=lines.append)
    assert second["step"] == 230
    assert any("step 200 of 230" in line for line in lines)
    whole = train(recipe, start, data, tmp_path / "whole")
    assert whole["examples"] == second["examples"]
    halves, wholes = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["averaged"]
        for name in ("halves", "whole")
    )
    for name, value in wholes.items():
        torch.testing.assert_close(halves[name], value, atol=1e-4, rtol=1e-3)


def test_words_keep_their_embeddings(start: Path, data: dict[str, Path], tmp_path: Path) -> None:
    train(dataclasses.replace(RECIPE, steps=5), start, data, tmp_path / "run")
    before, after = (
        BertForQuestionAnswering.from_pretrained(folder)
        for folder in (start, tmp_path / "run" / "weights")
    )
    torch.testing.assert_close(
        before.bert.embeddings.word_embeddings.weight, after.bert.embeddings.word_embeddings.weight
    )
    assert not torch.equal(before.qa_outputs.weight, after.qa_outputs.weight)


def test_the_loss_is_that_of_each_window_and_of_a_question_s_windows_together() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 4, 6)).astype(np.float32)
    in_context = np.array([False, False, True, True, True, False])

    def labelled(first: int, last: int) -> Example:
        tokens = Tokens(np.arange(6), np.zeros(6, np.int64))
        return Example(Window(0, tokens, in_context, np.zeros((6, 2), np.int64)), first, last)

    def model(**_: object) -> SimpleNamespace:
        return SimpleNamespace(
            start_logits=torch.tensor(logits[0]), end_logits=torch.tensor(logits[1])
        )

    batch = [[labelled(2, 3), labelled(0, 0), labelled(0, 0)], [labelled(0, 0)]]
    wanted = 0.0
    for of_end, answer in zip(logits, (2, 3), strict=True):
        odds = np.exp(of_end - of_end[:, :1])[:, 2:5]
        right = np.exp(of_end[0, answer] - of_end[0, 0])
        alone = [right / (1 + odds[0].sum()), *(1 / (1 + odds[1:].sum(1)))]
        together = [right / (1 + odds[:3].sum()), 1 / (1 + odds[3].sum())]
        wanted -= (np.log(alone).mean() + np.log(together).mean()) / 2
    assert _loss(model, batch, "cpu").item() == pytest.approx(wanted / 2, rel=1e-5)
