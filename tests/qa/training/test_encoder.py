import dataclasses
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import BertModel

from embeddings import SettingsError
from qa.evaluation.questions import Question
from qa.training.encoder import make_triplets, train_encoder
from qa.training.recipe import EncoderRecipe
from qa.training.rows import Row
from tests.tiny_bert import save_bert

RECIPE = EncoderRecipe(
    seed=1,
    passes=8,
    warmup_steps=1,
    learning_rate=1e-2,
    batch_pairs=4,
    slice_pairs=2,
    max_tokens=32,
    start_share=0.0,
    data={"places": 1.0},
)
PLACES = ("mat", "roof", "london", "paris")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads make a model this small many times slower."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def start(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    trunk = tmp_path / "trunk"
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "max_position_embeddings": 64}
    save_bert(BertModel, trunk, tokenizer, **sizes)
    SentenceTransformer(str(trunk), device="cpu").save(str(tmp_path / "start"))
    return tmp_path / "start"


def write(file: Path, rows: list[tuple[str, str, str]]) -> Path:
    """Write rows of question, context and answer; "" for none."""
    with file.open("w") as lines:
        for question, context, answer in rows:
            marked = [(answer, context.index(answer))] if answer else []
            answers = {
                "text": [text for text, _ in marked],
                "answer_start": [begin for _, begin in marked],
            }
            row = {"question": question, "context": context, "answers": answers}
            lines.write(json.dumps(row) + "\n")
    return file


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Path]:
    """Questions without common words with their answers."""
    pairs = [(f"{letter} ?", f"the {place}") for letter, place in zip("abcd", PLACES, strict=True)]
    answered = [(question, text, text.split()[-1]) for question, text in pairs for _ in range(4)]
    near = [(question, f"the cat sat {question}", "") for question, _ in pairs]
    return {
        "places": write(tmp_path / "places.jsonl", answered),
        "negatives": write(tmp_path / "negatives.jsonl", near),
    }


def questions() -> list[Question]:
    return [
        Question(letter, f"{letter} ?", (place,), f"the {place}")
        for letter, place in zip("abcd", PLACES, strict=True)
    ]


def nearest(folder: Path, question: str) -> str:
    model = SentenceTransformer(str(folder), device="cpu")
    texts = [f"the {place}" for place in PLACES]
    [scores] = model.similarity(model.encode([question]), model.encode(texts))
    return texts[int(scores.argmax())]


def train(recipe: EncoderRecipe, start: Path, data: dict[str, Path], output: Path) -> list[str]:
    said: list[str] = []
    train_encoder(
        recipe, start=start, data=data, output=output, validation=questions(), say=said.append
    )
    return said


def test_trained_encoder_ranks_answers_first(
    start: Path, data: dict[str, Path], tmp_path: Path
) -> None:
    said = train(RECIPE, start, data, tmp_path / "run")
    weights = tmp_path / "run" / "weights"
    asked = dict(zip("abcd", PLACES, strict=True))
    assert {letter: nearest(weights, f"{letter} ?") for letter in asked} == {
        letter: f"the {place}" for letter, place in asked.items()
    }
    record = json.loads((tmp_path / "run" / "training.json").read_text())
    assert record["questions"] == 16
    assert record["scores"]["kept"]["MRR"] == 100.0 > record["scores"]["start"]["MRR"]
    assert any(line.startswith("step 20 of ") for line in said)


def test_saved_weights_are_interpolated(start: Path, data: dict[str, Path], tmp_path: Path) -> None:
    states = {}
    for share in (0.0, 0.75):
        output = tmp_path / str(share)
        train(dataclasses.replace(RECIPE, start_share=share, passes=1), start, data, output)
        states[share] = SentenceTransformer(str(output / "weights"), device="cpu").state_dict()
    started = SentenceTransformer(str(start), device="cpu").state_dict()
    for name, value in states[0.75].items():
        if value.is_floating_point():
            wanted = 0.75 * started[name] + 0.25 * states[0.0][name]
            torch.testing.assert_close(value, wanted, atol=1e-5, rtol=1e-4)


def test_fewer_questions_than_a_batch_are_rejected(
    start: Path, data: dict[str, Path], tmp_path: Path
) -> None:
    few = write(tmp_path / "few.jsonl", [("a ?", "the mat", "mat")])
    with pytest.raises(SettingsError, match="1 questions, fewer than the 4 of a batch"):
        train(RECIPE, start, {**data, "places": few}, tmp_path / "run")


def test_interrupted_training_continues_from_checkpoint(
    start: Path, data: dict[str, Path], tmp_path: Path
) -> None:
    recipe = dataclasses.replace(RECIPE, passes=30)

    def interrupt(line: str) -> None:
        if line.startswith("step 120"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_encoder(
            recipe,
            start=start,
            data=data,
            output=tmp_path / "run",
            validation=[],
            say=interrupt,
        )
    said = train(recipe, start, data, tmp_path / "run")
    assert [line.split(":")[0] for line in said if line.startswith("step")] == ["step 120 of 120"]


def test_hard_negative_is_from_another_context() -> None:
    own = "The ferry to Corley was stopped by a storm on Monday. It sailed again on Tuesday."
    start = own.index("Monday")
    asked = Row("When was the ferry stopped?", own, ((start, start + len("Monday")),))
    found = Row(asked.question, "The ferry to Seaby was stopped by ice in May.", ())
    left = Row(asked.question, "It sailed again on Tuesday.", ())
    [triplet] = make_triplets([asked], [found, left], random.Random(0))
    assert triplet == {"question": asked.question, "positive": own, "negative": found.context}
