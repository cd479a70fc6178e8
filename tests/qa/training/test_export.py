import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer
from transformers import BertForQuestionAnswering

from embeddings import ModelError, OnnxEncoder
from qa import Reader
from qa.training import export
from qa.training.export import export_encoder, export_reader
from tests.tiny_bert import save_bert

BUNDLED = Path(__file__).parents[3] / "qa" / "weights"


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A small reader with the bundled tokenizer and large logits."""
    folder = tmp_path / "trained"
    bundled = Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))
    sizes = {"hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128}
    sizes |= {"max_position_embeddings": 512, "initializer_range": 0.3}
    save_bert(BertForQuestionAnswering, folder, bundled, **sizes)
    return folder


def test_exported_reader_has_the_given_window_sizes(trained: Path, tmp_path: Path) -> None:
    target = tmp_path / "weights"
    export_reader(trained, target, name="small", settings={"max_window_tokens": 200})
    reader = Reader.open(target)
    assert reader.name.startswith("small@")
    assert reader.max_window_tokens == 200
    assert len(reader.read("Who came?", ["Only Ada came.", "Nobody."], n_best=2)) == 2
    digest = hashlib.sha256((trained / "model.safetensors").read_bytes()).hexdigest()
    assert json.loads((target / "model.json").read_text())["source_sha256"] == digest


def test_exported_file_runs_in_onnxruntime(trained: Path, tmp_path: Path) -> None:
    export_reader(trained, tmp_path / "weights", name="small", settings={})
    session = onnxruntime.InferenceSession(tmp_path / "weights" / "model.onnx")
    ids = np.array([[101, 2040, 102, 2158, 102]])
    inputs = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": ids * 0}
    start, end = session.run(["start_logits", "end_logits"], inputs)
    assert start.shape == end.shape == (1, 5)


def test_wrong_sha256_is_rejected(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not have the SHA-256"):
        export_reader(trained, tmp_path / "weights", name="x", settings={}, sha256="0" * 64)
    assert not (tmp_path / "weights").exists()


def test_export_with_different_outputs_is_rejected(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_MIN_COSINE", 1.01)
    with pytest.raises(ModelError, match="differs from the original"):
        export_reader(trained, tmp_path / "weights", name="x", settings={})
    assert not (tmp_path / "weights").exists()


def saved_encoder(trained: Path, folder: Path, *, pooling: str) -> None:
    """Save a model like `qa train encoder`."""
    transformer = Transformer(str(trained), max_seq_length=128)
    SentenceTransformer(
        modules=[transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)],
        device="cpu",
    ).save(str(folder), create_model_card=False)


def test_exported_encoder_has_the_vectors_of_the_original(trained: Path, tmp_path: Path) -> None:
    saved_encoder(trained, tmp_path / "mean", pooling="mean")
    export_encoder(tmp_path / "mean", tmp_path / "weights", name="small")
    encoder = OnnxEncoder.open(tmp_path / "weights")
    vectors = encoder.encode_documents(["Ada came.", "Nobody else came to the harbour."])
    model = BertForQuestionAnswering.from_pretrained(trained).bert.eval()
    for text, vector in zip(["Ada came."], vectors, strict=False):
        ids = torch.tensor([encoder._tokenizer.encode(text).ids])
        with torch.no_grad():
            mean = model(input_ids=ids).last_hidden_state[0].mean(dim=0).numpy()
        assert vector @ mean / np.linalg.norm(mean) > 0.97
    described = json.loads((tmp_path / "weights" / "model.json").read_text())
    assert described["max_tokens"] == 128
    saved_encoder(trained, tmp_path / "first", pooling="cls")
    with pytest.raises(ModelError, match="does not use mean pooling"):
        export_encoder(tmp_path / "first", tmp_path / "other", name="small")
