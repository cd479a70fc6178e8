import json
import pickle
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertModel,
    CanineConfig,
    CanineForQuestionAnswering,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    RobertaConfig,
    RobertaForQuestionAnswering,
)

from embeddings.errors import ModelError
from embeddings.runtimes.torch import SentenceTransformersEncoder, TorchModel, pad
from embeddings.types import Tokens
from tests.tiny_bert import SIZES, save_bert, save_tokenizer

IDS = np.array([[2, 5, 3, 6, 7, 3], [2, 5, 3, 8, 3, 0]])
MASK = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0]])
TYPES = np.array([[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0]])


TEXTS = [
    Tokens(ids[mask == 1], types[mask == 1])
    for ids, mask, types in zip(IDS, MASK, TYPES, strict=True)
]


def assert_equal_logits(
    outputs: list[tuple[np.ndarray, ...]], logits: tuple[np.ndarray, np.ndarray]
) -> None:
    for row, (text, output) in enumerate(zip(TEXTS, outputs, strict=True)):
        assert len(output) == 2
        for own, wanted in zip(output, logits, strict=True):
            assert own.dtype == np.float32
            assert own.shape == (len(text),)
            np.testing.assert_allclose(own, wanted[row, : len(text)], atol=1e-6)


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    save_bert(BertForQuestionAnswering, tmp_path)
    return tmp_path


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


def expected(model: Any, **inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with torch.no_grad():
        out = model.eval()(**{name: torch.from_numpy(value) for name, value in inputs.items()})
    return out.start_logits.numpy(), out.end_logits.numpy()


def test_reader_has_the_logits_of_transformers(bert: Path) -> None:
    model, tokenizer, max_tokens = TorchModel.open_reader(str(bert))
    own = BertForQuestionAnswering.from_pretrained(bert)
    logits = expected(own, input_ids=IDS, attention_mask=MASK, token_type_ids=TYPES)
    assert_equal_logits(model.run(TEXTS), logits)
    assert max_tokens == 40
    assert tokenizer.truncation is None


def test_token_types_change_the_logits(bert: Path) -> None:
    model, _, _ = TorchModel.open_reader(str(bert))
    other = Tokens(TEXTS[0].input_ids, 0 * TEXTS[0].type_ids)
    typed, untyped = model.run([TEXTS[0], other])
    assert not np.allclose(typed[0], untyped[0])


def test_half_precision_weights_are_run_in_float32(bert: Path) -> None:
    BertForQuestionAnswering.from_pretrained(bert).half().save_pretrained(bert)
    model, _, _ = TorchModel.open_reader(str(bert))
    assert {value.dtype for value in model._model.parameters()} == {torch.float32}
    assert model.run(TEXTS)[0][0].dtype == np.float32


def test_model_with_one_token_type_gets_no_types(tmp_path: Path) -> None:
    torch.manual_seed(0)
    own = RobertaForQuestionAnswering(RobertaConfig(**SIZES, type_vocab_size=1, pad_token_id=0))
    own.save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    model, _, max_tokens = TorchModel.open_reader(str(tmp_path))
    logits = expected(own, input_ids=IDS, attention_mask=MASK)
    assert_equal_logits(model.run(TEXTS), logits)
    # Padding keeps position 0 to itself.
    assert max_tokens == 39
    model.run([Tokens(np.full(39, 5), np.zeros(39, int))])


def test_model_without_type_argument_gets_no_types(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=30, dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=40
    )
    own = DistilBertForQuestionAnswering(config)
    own.save_pretrained(tmp_path)
    save_tokenizer(tmp_path, model_max_length=24)
    model, _, max_tokens = TorchModel.open_reader(str(tmp_path))
    logits = expected(own, input_ids=IDS, attention_mask=MASK)
    assert_equal_logits(model.run(TEXTS), logits)
    assert max_tokens == 24


def test_model_without_a_trained_head_is_refused(tmp_path: Path) -> None:
    save_bert(BertModel, tmp_path)
    with pytest.raises(ModelError, match=r"not trained to answer questions.*qa_outputs\.weight"):
        TorchModel.open_reader(str(tmp_path))


def test_model_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    BertForQuestionAnswering(BertConfig(**SIZES)).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="has no tokenizer"):
        TorchModel.open_reader(str(tmp_path))


def test_model_without_a_fast_tokenizer_is_refused(tmp_path: Path) -> None:
    config = CanineConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        num_hash_buckets=64,
        num_hash_functions=2,
    )
    CanineForQuestionAnswering(config).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="has no fast tokenizer"):
        TorchModel.open_reader(str(tmp_path))


@pytest.mark.parametrize("content", [None, b"damaged"])
def test_folder_without_usable_weights_is_refused(bert: Path, content: bytes | None) -> None:
    weights = bert / "model.safetensors"
    weights.unlink()
    if content is not None:
        weights.write_bytes(content)
    with pytest.raises(ModelError, match=r"cannot be loaded.*Check that the folder"):
        TorchModel.open_reader(str(bert))


RUN = "owned.txt"


class Planted:
    """An object that writes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.file, "run")


def plant_pickle(folder: Path, place: Path) -> None:
    """Replace the weights by a pickle."""
    (place / "model.safetensors").unlink(missing_ok=True)
    place.mkdir(exist_ok=True)
    (place / "pytorch_model.bin").write_bytes(pickle.dumps(Planted(folder / RUN)))


def plant_module(folder: Path) -> str:
    """Add a module that writes a file when it is imported; return the name of its class."""
    code = f"from pathlib import Path\nPath({str(folder / RUN)!r}).write_text('run')\n"
    (folder / "modeling_evil.py").write_text(f"{code}\nclass Evil:\n    pass\n")
    return "modeling_evil.Evil"


def test_pickled_weights_are_refused_and_not_executed(bert: Path) -> None:
    plant_pickle(bert, bert)
    with pytest.raises(ModelError, match=r"pytorch_model\.bin is pickled.*\.safetensors"):
        TorchModel.open_reader(str(bert))
    assert not (bert / RUN).exists()


def test_pickled_weights_next_to_safetensors_are_ignored(bert: Path) -> None:
    (bert / "pytorch_model.bin").write_bytes(pickle.dumps(Planted(bert / RUN)))
    TorchModel.open_reader(str(bert))
    assert not (bert / RUN).exists()


def test_reader_with_custom_code_is_refused(bert: Path) -> None:
    settings = json.loads((bert / "config.json").read_text())
    settings |= {
        "model_type": "evil",
        "auto_map": {
            "AutoConfig": plant_module(bert),
            "AutoModelForQuestionAnswering": "modeling_evil.Evil",
        },
    }
    (bert / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelError, match=r"cannot be loaded.*custom code"):
        TorchModel.open_reader(str(bert))
    assert not (bert / RUN).exists()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("opened", [TorchModel.open_reader, SentenceTransformersEncoder.open])
def test_missing_model_raises_with_the_download_command(opened: Any) -> None:
    with pytest.raises(ModelError, match=r"some-one/some-reader.*hf download some-one/some-reader"):
        opened("some-one/some-reader")


@pytest.fixture
def encoder_folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    trunk = tmp_path / "trunk"
    save_bert(BertModel, trunk)
    # A folder without pooling of its own gets mean pooling.
    made = SentenceTransformer(str(trunk), device="cpu", prompts={"query": "query : "})
    made.save(str(tmp_path / "encoder"))
    return tmp_path / "encoder"


def test_encoder_gives_unit_vectors_and_applies_the_query_prompt(encoder_folder: Path) -> None:
    encoder = SentenceTransformersEncoder.open(str(encoder_folder))
    documents = encoder.encode_documents(["a b c", "d", "query : a"])
    (question,) = encoder.encode_questions(["a"])
    assert documents.shape == (3, encoder.dimensions) == (3, 16)
    assert documents.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(documents, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(question, documents[2], atol=1e-6)
    assert encoder.name == str(encoder_folder.resolve())


def test_encoder_with_a_pickle_in_a_subfolder_is_refused(encoder_folder: Path) -> None:
    plant_pickle(encoder_folder, encoder_folder / "2_Dense")
    with pytest.raises(ModelError, match=r"2_Dense/pytorch_model\.bin is pickled"):
        SentenceTransformersEncoder.open(str(encoder_folder))


@pytest.mark.parametrize("named", ["modeling_evil.Evil", "subprocess.Popen"])
def test_encoder_with_custom_modules_is_refused(encoder_folder: Path, named: str) -> None:
    plant_module(encoder_folder)
    modules = json.loads((encoder_folder / "modules.json").read_text())
    modules.append({"idx": 9, "name": "9", "path": "", "type": named})
    (encoder_folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ModelError, match=f"cannot be loaded.*{named}"):
        SentenceTransformersEncoder.open(str(encoder_folder))
    assert not (encoder_folder / RUN).exists()


def test_download_is_limited_to_data_files(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse(name: str, **how: Any) -> str:
        asked.append((name, how["local_files_only"], how["allow_patterns"]))
        raise FileNotFoundError("not here")

    monkeypatch.setattr("embeddings.runtimes.torch.snapshot_download", refuse)
    with pytest.raises(ModelError):
        SentenceTransformersEncoder.open("some-one/some-encoder")
    data = ["*.safetensors", "*.json", "*.txt", "*.model"]
    assert asked == [
        ("some-one/some-encoder", True, data),
        ("some-one/some-encoder", False, data),
    ]


def test_model_is_not_downloaded_if_download_is_false(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def refuse(_: str, **how: Any) -> str:
        asked.append(how["local_files_only"])
        raise FileNotFoundError("not here")

    monkeypatch.setattr("embeddings.runtimes.torch.snapshot_download", refuse)
    with pytest.raises(ModelError):
        SentenceTransformersEncoder.open("some-one/some-encoder", download=False)
    assert asked == [True]


def test_empty_list_gives_no_vectors(encoder_folder: Path) -> None:
    encoder = SentenceTransformersEncoder.open(str(encoder_folder))
    assert encoder.encode_documents([]).shape == encoder.encode_questions([]).shape == (0, 16)


def test_padding_fills_up_to_the_longest_text() -> None:
    padded = pad(
        [Tokens(np.array([7]), np.array([0])), Tokens(np.array([5, 6]), np.array([0, 1]))], 9
    )
    assert {name: tensor.tolist() for name, tensor in padded.items()} == {
        "input_ids": [[7, 9], [5, 6]],
        "attention_mask": [[1, 0], [1, 1]],
        "token_type_ids": [[0, 0], [0, 1]],
    }
