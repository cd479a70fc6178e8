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


def test_texts_of_similar_meaning_have_similar_vectors(encoder: OnnxEncoder) -> None:
    agreed, stopped, bakery, *_ = encoder.encode_documents(TEXTS)
    assert agreed @ stopped > 0.5
    assert agreed @ bakery < 0.2


def test_vector_does_not_depend_on_other_texts_of_the_batch(encoder: OnnxEncoder) -> None:
    together = encoder.encode_documents(TEXTS)
    alone = np.concatenate([encoder.encode_documents([text]) for text in TEXTS])
    np.testing.assert_array_equal(together, alone)


def test_empty_list_gives_no_vectors(encoder: OnnxEncoder) -> None:
    assert encoder.encode_questions([]).shape == (0, encoder.dimensions)


def test_vector_is_the_normalised_mean_over_tokens() -> None:
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


def test_encoder_name_has_the_hash_of_its_weights() -> None:
    sums = (BUNDLED / "SHA256SUMS").read_text()
    model = next(line for line in sums.splitlines() if line.endswith("  model.onnx"))
    assert open_encoder().name == f"minilm-l6-encoder@{model[:8]}"


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json", "model.json"])
def test_changed_model_file_raises_model_error(tmp_path: Path, file: str) -> None:
    for name in ("model.onnx", "tokenizer.json", "model.json", "SHA256SUMS"):
        (tmp_path / name).write_bytes((BUNDLED / name).read_bytes())
    assert ModelFolder.open(tmp_path, kind="encoder").settings["kind"] == "encoder"
    content = bytearray((tmp_path / file).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / file).write_bytes(content)
    with pytest.raises(ModelError, match=f"{file} is not the file that was exported"):
        ModelFolder.open(tmp_path, kind="encoder")


def test_missing_weights_or_another_kind_raise_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'reader' is needed here"):
        ModelFolder.open(BUNDLED, kind="reader")
    with pytest.raises(ModelError, match="cannot be read"):
        ModelFolder.open(tmp_path, kind="encoder")


def test_file_that_is_not_onnx_raises_model_error(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    (tmp_path / "tokenizer.json").write_bytes((BUNDLED / "tokenizer.json").read_bytes())
    (tmp_path / "model.json").write_text(json.dumps({"kind": "encoder", "name": "x"}))
    ModelFolder.write_sums(tmp_path)
    with pytest.raises(ModelError, match="is not an ONNX model"):
        ModelFolder.open(tmp_path, kind="encoder")
