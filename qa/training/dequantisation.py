"""The way back from an exported int8 model to a folder that transformers opens, in 32 bits.

Other systems run PyTorch: so they are compared with ours on the same weights.
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
    BertForTokenClassification,
    BertModel,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

import embeddings
from embeddings import ModelError
from embeddings.runtimes.torch import HEADS
from qa.reader.reader import BUNDLED

__all__ = ["dequantise", "dequantise_bundled"]

_PRODUCT = re.compile(r"/_model/(.*)/MatMul_output_0_output_quantized")
"""What the output of a layer's product is called: after the layer."""
_ATTENTION = re.compile(r"Attention_(\d+)_qkv_(weight|bias)")
"""What the fused weights of queries, keys and values of a layer are called."""
_SPECIAL: Mapping[str, Any] = {
    f"{name}_token": f"[{name.upper()}]" for name in ("cls", "sep", "pad", "unk", "mask")
}


def dequantise(source: Path, target: Path) -> None:
    """Write the model of an exported folder as transformers or sentence-transformers would.

    Weights are what 8 bits left of them; what the int8 model computes in 8 bits besides, its
    activations, is computed in 32.

    Args:
        source: a folder written by `export_encoder` or `export_reader`, of a BERT.
        target: a folder, made here: for an encoder that of a SentenceTransformer with mean pooling
            and unit vectors, for a reader that of an AutoModelForQuestionAnswering, or of an
            AutoModelForTokenClassification if it has all of `HEADS`.

    Raises:
        ModelError: the folder holds no such model.
    """
    settings = json.loads((source / "model.json").read_text(encoding="utf-8"))
    is_reader = settings["kind"] == "reader"
    graph = onnx.load(str(source / "model.onnx")).graph
    weights = _weights(graph, trunk="bert." if is_reader else "")
    config = _config(graph, weights)
    architecture: Any = BertForQuestionAnswering if is_reader else BertModel
    if len(graph.output) == len(HEADS):
        architecture = BertForTokenClassification
        config.id2label = dict(enumerate(HEADS))
        config.label2id = {head: place for place, head in enumerate(HEADS)}
    model = architecture(config)
    missing, unexpected = model.load_state_dict(
        {name: torch.from_numpy(array.copy()) for name, array in weights.items()}, strict=False
    )
    # The first token's pooling layer is no part of an encoder that pools by the mean.
    if unexpected or any(not name.startswith("pooler.") for name in missing):
        raise ModelError(
            f"{source} is laid out otherwise than `qa export` writes a BERT: it lacks "
            f"{sorted(missing)[:3]} and has {sorted(unexpected)[:3]}. Export it again."
        )
    max_tokens = int(settings.get("max_tokens", model.config.max_position_embeddings))
    make: Any = PreTrainedTokenizerFast
    tokenizer = make(
        tokenizer_file=str(source / "tokenizer.json"),
        model_max_length=max_tokens,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **_SPECIAL,
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(target) if is_reader else scratch
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        if not is_reader:
            first = Transformer(folder, max_seq_length=max_tokens)
            pooling = Pooling(int(settings["dimensions"]), pooling_mode="mean")
            modules = [first, pooling, Normalize()]
            SentenceTransformer(modules=modules, device="cpu").save(str(target))


def dequantise_bundled(target: Path) -> None:
    """Write the bundled models to the folders `encoder` and `reader` in a folder."""
    silence: Any = logging.disable_progress_bar
    silence()
    dequantise(Path(embeddings.__file__).with_name("weights"), target / "encoder")
    dequantise(BUNDLED, target / "reader")


def _weights(graph: onnx.GraphProto, *, trunk: str) -> dict[str, NDArray[np.float32]]:
    """Give the weights in 32 bits, by their names in transformers.

    `trunk` is what the names of those of the BERT itself begin with.
    """
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    layers = {
        node.input[1].removesuffix("_quantized"): found[1]
        for node in graph.node
        if node.op_type == "MatMulInteger" and (found := _PRODUCT.fullmatch(node.output[0]))
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
        elif attention := _ATTENTION.fullmatch(base):
            layer, kind = attention.groups()
            for part, slice_ in zip(("query", "key", "value"), np.split(array.T, 3), strict=True):
                weights[f"{trunk}encoder.layer.{layer}.attention.self.{part}.{kind}"] = slice_
        elif base.startswith("_model."):
            weights[base.removeprefix("_model.")] = array
    return weights


def _config(graph: onnx.GraphProto, weights: Mapping[str, NDArray[np.float32]]) -> BertConfig:
    """Read the sizes off the weights."""
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
