import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from embeddings import ModelError, ModelFolder, OnnxEncoder, open_encoder
from embeddings.encoder import BUNDLED

TEXTS = [
    "The ceasefire was agreed on March 5.",
    "Both sides agreed to stop fighting in early March.",
    "The bakery on Hill Street sells bread.",
    "",
    "word " * 1000,
]


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder.open()


def test_vectors_are_of_length_one_and_single_precision(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode_documents(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)


def test_texts_of_like_meaning_are_near(encoder: OnnxEncoder) -> None:
    agreed, stopped, bakery, *_ = encoder.encode_documents(TEXTS)
    assert agreed @ stopped > 0.5
    assert agreed @ bakery < 0.2


def test_a_text_has_the_same_vector_in_any_company(encoder: OnnxEncoder) -> None:
    together = encoder.encode_documents(TEXTS)
    alone = np.concatenate([encoder.encode_documents([text]) for text in TEXTS])
    np.testing.assert_array_equal(together, alone)


def test_no_text_gives_no_vector(encoder: OnnxEncoder) -> None:
    assert encoder.encode_questions([]).shape == (0, encoder.dimensions)


def test_the_pooling_is_the_mean_over_the_tokens() -> None:
    class Positions:
        def run(self, texts):
            stacks = [np.stack([text.input_ids, np.ones(len(text))], axis=1) for text in texts]
            return [(stack.astype(np.float32),) for stack in stacks]

    tokenizer = Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))
    counting = OnnxEncoder(Positions(), tokenizer, name="fake", dimensions=2, max_tokens=8)
    texts = ["storm", "a storm hit the harbour"]
    for text, vector in zip(texts, counting.encode_documents(texts), strict=True):
        mean = np.array([np.mean(tokenizer.encode(text).ids), 1.0])
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), rtol=1e-5)


def test_the_name_tells_weights_apart() -> None:
    sums = (BUNDLED / "SHA256SUMS").read_text()
    model = next(line for line in sums.splitlines() if line.endswith("  model.onnx"))
    assert open_encoder().name == f"minilm-l6-encoder@{model[:8]}"


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json", "model.json"])
def test_a_changed_file_of_the_weights_is_refused(tmp_path: Path, file: str) -> None:
    for name in ("model.onnx", "tokenizer.json", "model.json", "SHA256SUMS"):
        (tmp_path / name).write_bytes((BUNDLED / name).read_bytes())
    assert ModelFolder.open(tmp_path, kind="encoder").settings["kind"] == "encoder"
    content = bytearray((tmp_path / file).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / file).write_bytes(content)
    with pytest.raises(ModelError, match=f"{file} is not the file that was exported"):
        ModelFolder.open(tmp_path, kind="encoder")


def test_weights_of_another_kind_or_missing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'reader' is needed here"):
        ModelFolder.open(BUNDLED, kind="reader")
    with pytest.raises(ModelError, match="cannot be read"):
        ModelFolder.open(tmp_path, kind="encoder")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    (tmp_path / "tokenizer.json").write_bytes((BUNDLED / "tokenizer.json").read_bytes())
    (tmp_path / "model.json").write_text(json.dumps({"kind": "encoder", "name": "x"}))
    ModelFolder.write_sums(tmp_path)
    with pytest.raises(ModelError, match="is not an ONNX model"):
        ModelFolder.open(tmp_path, kind="encoder")
