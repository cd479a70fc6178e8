"""Export of trained models to fused int8 ONNX, checked against the original."""

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import (
    AutoModelForQuestionAnswering,
    AutoModelForTokenClassification,
    PreTrainedModel,
)

from embeddings import ModelError, ModelFolder, OnnxModel, Tokens
from embeddings.runtimes.torch import HEADS, data_folder, has_all_heads, pad

_WEIGHTS: Mapping[str, Any] = {
    "attn_implementation": "eager",
    "dtype": torch.float32,
    "use_safetensors": True,
}
"""Arguments to load the weights of a model for export."""
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_OPSET = 17
"""The newest version that the BERT fusion of onnxruntime supports."""
_MIN_COSINE = 0.98
"""Smallest mean cosine between int8 and original outputs of a successful export."""
_TEXTS = (
    ("Who opened the bridge?", "The mayor opened the new bridge over the river on Sunday morning."),
    ("When does the strike end?", "Drivers said that their strike would last until 4 March 2019."),
    (
        "How many people came?",
        "About 3,000 people came to the harbour, twice as many as last year.",
    ),
    ("What did the court rule?", "The court ruled that the city must pay the workers in full."),
    ("Where was the ship built?", "Built in Gdansk, the ship had sailed under three flags since."),
    ("Why was the road closed?", "Because of heavy snow, the road to the pass stayed closed."),
)
"""Questions and contexts for comparing the int8 model with the original."""


def export_encoder(source: Path, target: Path, *, name: str, sha256: str | None = None) -> None:
    """Export a sentence-transformers folder with mean pooling."""
    source_sha256 = _verified_sha256(source / "model.safetensors", sha256)
    opened = SentenceTransformer(
        str(data_folder(str(source))),
        device="cpu",
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs=dict(_WEIGHTS),
    )
    if getattr(opened[1], "pooling_mode", None) != "mean":
        raise ModelError(f"{source} does not use mean pooling: only such encoders can be exported.")
    model: Any = opened[0].auto_model
    settings = {
        "kind": "encoder",
        "name": name,
        "dimensions": model.config.hidden_size,
        "max_tokens": opened.max_seq_length,
        "source_sha256": source_sha256,
    }
    texts = [text for _, text in _TEXTS]
    _export(model, ("last_hidden_state",), source, target, settings=settings, texts=texts)


def export_reader(
    source: Path, target: Path, *, name: str, settings: Mapping[str, int], sha256: str | None = None
) -> None:
    """Export a folder of a question-answering model, or of a token classifier for `HEADS`.

    `settings` are window sizes for `Reader`.
    """
    source_sha256 = _verified_sha256(source / "model.safetensors", sha256)
    folder = data_folder(str(source))
    has_heads = has_all_heads(folder)
    architecture = AutoModelForTokenClassification if has_heads else AutoModelForQuestionAnswering
    model: PreTrainedModel = architecture.from_pretrained(
        folder, trust_remote_code=False, **_WEIGHTS
    )
    described = {
        "kind": "reader",
        "name": name,
        **settings,
        "reads_headings": has_heads,
        "source_sha256": source_sha256,
    }
    names = HEADS if has_heads else HEADS[:2]
    outputs = tuple(f"{head}_logits" for head in names)
    _export(model, outputs, source, target, settings=described, texts=list(_TEXTS))


class _Outputs(torch.nn.Module):
    """A model whose result is a tuple of the named outputs, or of the logits of each of `HEADS`."""

    def __init__(self, model: torch.nn.Module, outputs: tuple[str, ...]) -> None:
        super().__init__()
        self._model = model
        self._outputs = outputs

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        result = self._model(**dict(zip(_INPUTS, inputs, strict=True)))
        if len(self._outputs) == len(HEADS):
            return tuple(result.logits[..., place] for place in range(len(HEADS)))
        return tuple(result[name] for name in self._outputs)


def _export(
    model: PreTrainedModel,
    outputs: tuple[str, ...],
    source: Path,
    target: Path,
    *,
    settings: Mapping[str, object],
    texts: Sequence[str | tuple[str, str]],
) -> None:
    wrapped = _Outputs(model, outputs).eval()
    example = torch.randint(0, model.config.vocab_size, (2, 16))
    inputs = (example, torch.ones_like(example), torch.zeros_like(example))
    with tempfile.TemporaryDirectory() as scratch:
        raw, fused = Path(scratch) / "raw.onnx", Path(scratch) / "fused.onnx"
        made = Path(scratch) / "made"
        made.mkdir()
        with warnings.catch_warnings():
            # The TorchScript exporter is deprecated, but the attention fusion of onnxruntime does
            # not recognise graphs of the newer exporter.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                wrapped,
                inputs,
                str(raw),
                input_names=list(_INPUTS),
                output_names=list(outputs),
                dynamic_axes={name: {0: "batch", 1: "tokens"} for name in (*_INPUTS, *outputs)},
                opset_version=_OPSET,
                dynamo=False,
            )
        config = model.config
        optimizer.optimize_model(
            str(raw),
            model_type="bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            opt_level=0,
        ).save_model_to_file(str(fused))
        quantize_dynamic(
            fused,
            made / "model.onnx",
            per_channel=True,
            # Without VNNI, 8-bit kernels add in 16 bits: 7-bit weights prevent overflow.
            reduce_range=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
        shutil.copyfile(source / "tokenizer.json", made / "tokenizer.json")
        described = json.dumps(dict(settings), indent=2) + "\n"
        (made / "model.json").write_text(described, encoding="utf-8")
        _compare(wrapped, made, texts)
        ModelFolder.write_sums(made)
        # The target is replaced only after the check.
        shutil.copytree(made, target, dirs_exist_ok=True)


def _compare(
    original: torch.nn.Module, target: Path, texts: Sequence[str | tuple[str, str]]
) -> None:
    """Raise ModelError if the outputs of both models differ too much."""
    tokenizer = Tokenizer.from_file(str(target / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    exported = OnnxModel((target / "model.onnx").read_bytes(), name=str(target / "model.onnx"))
    cosines = []
    for encoding in tokenizer.encode_batch(list(texts)):
        tokens = Tokens.of(encoding)
        with torch.inference_mode():
            wanted = original(*pad([tokens], 0).values())
        for expected, actual in zip(wanted, exported.run([tokens])[0], strict=True):
            # Vectors are compared after mean pooling, logits token by token.
            left = expected[0].numpy().mean(axis=0) if actual.ndim == 2 else expected[0].numpy()
            right = actual.mean(axis=0) if actual.ndim == 2 else actual
            cosines.append(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))
    if np.mean(cosines) < _MIN_COSINE:
        raise ModelError(
            f"The int8 model differs from the original: cosine {np.mean(cosines):.3f}, and at "
            f"least {_MIN_COSINE} is needed. Nothing was written."
        )


def _verified_sha256(weights: Path, wanted: str | None) -> str:
    """Return the SHA-256 of a file; raise ModelError if another one is wanted."""
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if wanted not in (None, digest):
        raise ModelError(f"{weights} does not have the SHA-256 {wanted}.")
    return digest
