"""The bundled int8 models as 32-bit PyTorch models, for systems that need PyTorch.

The weights are those of the int8 models; only the activations are computed in 32 bits instead of 8.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

import embeddings
from qa.reader.reader import BUNDLED

__all__ = ["write_torch_models"]

PRODUCT = re.compile(r"/_model/(.*)/MatMul_output_0_output_quantized")
"""Name of the output of a layer's product."""
ATTENTION = re.compile(r"Attention_(\d+)_qkv_(weight|bias)")
"""Name of the fused query, key and value weights of a layer."""
SPECIAL_TOKENS: Mapping[str, Any] = {
    f"{name}_token": f"[{name.upper()}]" for name in ("cls", "sep", "pad", "unk", "mask")
}


def write_torch_models(target: Path) -> None:
    """Write the bundled models to `encoder` (sentence-transformers) and `reader` (transformers).

    The reader has the span head only: other systems use no evidence or relevance logits.
    """
    encoder = Path(embeddings.__file__).with_name("weights")
    settings = json.loads((encoder / "model.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        _save(encoder, Path(scratch), BertModel, max_tokens=settings["max_tokens"])
        modules = [
            Transformer(scratch, max_seq_length=settings["max_tokens"]),
            Pooling(settings["dimensions"], pooling_mode="mean"),
            Normalize(),
        ]
        SentenceTransformer(modules=modules, device="cpu").save(str(target / "encoder"))
    _save(BUNDLED, target / "reader", BertForQuestionAnswering, max_tokens=512)


def _save(
    source: Path, target: Path, architecture: type[PreTrainedModel], *, max_tokens: int
) -> None:
    graph = onnx.load(str(source / "model.onnx")).graph
    is_reader = architecture is BertForQuestionAnswering
    weights = _weights(graph, prefix="bert." if is_reader else "")
    if is_reader:
        for kind in ("weight", "bias"):
            weights[f"qa_outputs.{kind}"] = weights.pop(f"classifier.{kind}")[:2]
    model: Any = architecture(_config(graph, weights))
    state = {name: torch.from_numpy(array.copy()) for name, array in weights.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    # The encoder pools by the mean and has no weights for BERT's pooler.
    missing = [name for name in missing if not name.startswith("pooler.")]
    if unexpected or missing:
        raise ValueError(f"{source}: missing weights {missing}, unexpected {unexpected}")
    model.save_pretrained(target)
    PreTrainedTokenizerFast(
        tokenizer_file=str(source / "tokenizer.json"),
        model_max_length=max_tokens,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **SPECIAL_TOKENS,
    ).save_pretrained(target)


def _weights(graph: onnx.GraphProto, *, prefix: str) -> dict[str, NDArray[np.float32]]:
    """Return the dequantised weights by their names in transformers."""
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    layers = {
        node.input[1].removesuffix("_quantized"): found[1]
        for node in graph.node
        if node.op_type == "MatMulInteger" and (found := PRODUCT.fullmatch(node.output[0]))
    }
    weights: dict[str, NDArray[np.float32]] = {}
    for name, array in arrays.items():
        if name.endswith(("_scale", "_zero_point")):
            continue
        base = name.removesuffix("_quantized")
        if base != name:
            zero = arrays[f"{base}_zero_point"].astype(np.float32)
            array = (array.astype(np.float32) - zero) * arrays[f"{base}_scale"]
        if base in layers:
            weights[layers[base].replace("/", ".") + ".weight"] = array.T
        elif attention := ATTENTION.fullmatch(base):
            layer, kind = attention.groups()
            parts = zip(("query", "key", "value"), np.split(array.T, 3), strict=True)
            for part, values in parts:
                weights[f"{prefix}encoder.layer.{layer}.attention.self.{part}.{kind}"] = values
        elif base.startswith("_model."):
            weights[base.removeprefix("_model.")] = array
    return weights


def _config(graph: onnx.GraphProto, weights: Mapping[str, NDArray[np.float32]]) -> BertConfig:
    """Derive the configuration from the shapes of the weights."""
    shapes = {name.removeprefix("bert."): array.shape for name, array in weights.items()}
    vocabulary, hidden = shapes["embeddings.word_embeddings.weight"]
    heads = [
        attribute.i
        for node in graph.node
        for attribute in node.attribute
        if attribute.name == "num_heads"
    ]
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=len(heads),
        num_attention_heads=heads[0],
        intermediate_size=shapes["encoder.layer.0.intermediate.dense.weight"][0],
        max_position_embeddings=shapes["embeddings.position_embeddings.weight"][0],
        type_vocab_size=shapes["embeddings.token_type_embeddings.weight"][0],
    )
