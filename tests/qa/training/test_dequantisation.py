import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from embeddings import ModelError, open_encoder
from qa import Reader
from qa.evaluation.metrics import f1
from qa.reader.reader import BUNDLED
from qa.training.dequantisation import dequantise, dequantise_bundled

CONTEXTS = [
    "The mayor opened the new bridge over the river on Sunday morning.",
    "Drivers said that their strike would last until 4 March 2019.",
    "About 3,000 people came to the harbour, twice as many as last year. " * 20,
]
QUESTIONS = ["Who opened the bridge?", "When does the strike end?", "How many people came?"]
ANSWERS = ["The mayor", "4 March 2019", "3,000"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    dequantise_bundled(folder)
    return folder


def test_the_reader_has_the_logits_of_the_shipped_one(models: Path) -> None:
    ours, theirs = Reader.open(), Reader.open(models / "reader")
    windows = ours.windows(list(zip(QUESTIONS, CONTEXTS, strict=True)))
    for pair in zip(ours.logits(windows), theirs.logits(windows), strict=True):
        left, right = (np.concatenate(logits[:2]) for logits in pair)
        # What is left between them is that one multiplies in 8 bits.
        assert left @ right / (np.linalg.norm(left) * np.linalg.norm(right)) > 0.995
        assert np.abs(left - right).mean() < 0.4


def test_the_reader_gives_the_same_answers(models: Path) -> None:
    reader = Reader.open(models / "reader")
    for question, context, answer in zip(QUESTIONS, CONTEXTS, ANSWERS, strict=True):
        [[best, *_]] = reader.read(question, [context])
        assert f1(context[best.start : best.end], [answer]) > 0.6


def test_the_encoder_has_the_vectors_of_the_shipped_one(models: Path) -> None:
    ours, theirs = open_encoder(), open_encoder(models / "encoder")
    # The last is cut after 256 tokens by both.
    texts = [*CONTEXTS, CONTEXTS[2] * 3]
    left, right = ours.encode_documents(texts), theirs.encode_documents(texts)
    assert (left * right).sum(axis=1).min() > 0.985
    np.testing.assert_allclose(np.linalg.norm(right, axis=1), 1, atol=1e-5)


def test_a_model_laid_out_otherwise_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(BUNDLED, folder)
    model = onnx.load(str(folder / "model.onnx"))
    [weight] = [
        each for each in model.graph.initializer if each.name.endswith("3.output.dense.bias")
    ]
    weight.name = "_model.bert.other"
    onnx.save(model, str(folder / "model.onnx"))
    with pytest.raises(ModelError, match=r"lacks \['bert.encoder.layer.3.output.dense.bias'\]"):
        dequantise(folder, tmp_path / "target")
