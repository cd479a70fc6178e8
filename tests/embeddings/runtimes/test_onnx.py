import sys
from pathlib import Path

import pytest
from onnx import TensorProto, helper

import embeddings
from embeddings.errors import ModelError
from embeddings.runtimes.onnx import OnnxModel


def model_with_weights_in(place: str) -> bytes:
    """Make a model that returns the bytes of a file as its weights."""
    weights = TensorProto(name="weights", data_type=TensorProto.UINT8, dims=[8])
    weights.data_location = TensorProto.EXTERNAL
    for key, value in (("location", place), ("length", "8")):
        weights.external_data.add(key=key, value=value)
    given = helper.make_tensor_value_info("given", TensorProto.UINT8, [8])
    copy = helper.make_node("Identity", ["weights"], ["given"])
    graph = helper.make_graph([copy], "graph", [], [given], [weights])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return made.SerializeToString()


@pytest.mark.parametrize("place", ["secret.bin", "./secret.bin", "../secret.bin", "{}/secret.bin"])
def test_model_with_external_weights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    for folder in (tmp_path, inside):
        (folder / "secret.bin").write_bytes(b"A secret")
    monkeypatch.chdir(inside)
    with pytest.raises(ModelError, match="is not an ONNX model"):
        OnnxModel(model_with_weights_in(place.format(inside)), name="planted")


def test_model_with_a_custom_operator_is_refused() -> None:
    given = helper.make_tensor_value_info("given", TensorProto.FLOAT, [1])
    node = helper.make_node("Run", [], ["given"], domain="evil.example")
    graph = helper.make_graph([node], "graph", [], [given])
    domains = [helper.make_opsetid("", 17), helper.make_opsetid("evil.example", 1)]
    made = helper.make_model(graph, opset_imports=domains, ir_version=9)
    with pytest.raises(ModelError, match="is not an ONNX model"):
        OnnxModel(made.SerializeToString(), name="planted")


def test_model_does_not_keep_its_serialized_bytes() -> None:
    content = (Path(embeddings.__file__).parent / "weights" / "model.onnx").read_bytes()
    before = sys.getrefcount(content)
    model = OnnxModel(content, name="encoder")
    assert sys.getrefcount(content) == before, model
