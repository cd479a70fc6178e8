"""Transformers run by torch: any model id or folder that is not our own export.

Importing this module takes seconds; import it where such a model is opened.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import torch
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    AutoConfig,
    AutoModelForQuestionAnswering,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
)

from embeddings.errors import ModelError
from embeddings.types import Tokens, Vectors

HEADS = ("start", "end", "evidence", "relevance")
"""Labels of a reader with all heads: a token classifier, in the order of its logits."""

T = TypeVar("T")

_BATCH_TOKENS = 4096
"""Maximum number of tokens in a run, including padding; a single text can be longer."""

_DATA = ("*.safetensors", "*.json", "*.txt", "*.model")
"""The files of a model that are downloaded: weights, settings and vocabularies, never code."""

_PICKLES = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"})
"""Suffixes of weight files that can run code when they are opened."""


class TorchModel:
    """A transformers model that torch runs on the CPU (the `Model` protocol)."""

    def __init__(self, model: PreTrainedModel, *, pad_id: int) -> None:
        model.train(False)
        self._model = model
        self._pad_id = pad_id
        self.has_all_heads = _labels(model.config) == HEADS
        takes = inspect.signature(model.forward).parameters
        # RoBERTa's signature has them too, but its models have an embedding for one type only.
        self._takes_types = (
            "token_type_ids" in takes and getattr(model.config, "type_vocab_size", 2) > 1
        )

    @classmethod
    def open_reader(cls, name: str) -> tuple[Self, Tokenizer, int]:
        """Load an extractive reader by its folder or id; an id may be downloaded.

        Outputs are start and end logits, or the logits of each head of a model with all of `HEADS`.

        Returns:
            The model, its tokenizer and the most tokens it takes.

        Raises:
            ModelError: it cannot be loaded without running code of its authors, its answering head
                is not trained, or it has no fast tokenizer.
        """
        tokenizer = _load(
            name,
            lambda folder: AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            ),
        )
        if not tokenizer.is_fast:
            raise ModelError(
                f"The model {name} has no fast tokenizer, so its answers cannot be traced to the "
                "text. Choose a model with a tokenizer.json."
            )
        if len(tokenizer) <= len(tokenizer.all_special_ids):
            # transformers creates an empty tokenizer if it finds no vocabulary.
            raise ModelError(
                f"The model {name} has no tokenizer. Save the one it was trained with next to it."
            )
        model, report = _load(
            name,
            lambda folder: (
                AutoModelForTokenClassification
                if has_all_heads(folder)
                else AutoModelForQuestionAnswering
            ).from_pretrained(
                folder,
                dtype=torch.float32,
                output_loading_info=True,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
            ),
        )
        if report["missing_keys"]:
            raise ModelError(
                f"The model {name} is not trained to answer questions: it has no weights for "
                f"{', '.join(sorted(report['missing_keys']))}. Choose an extractive "
                "question-answering model (fine-tuned on SQuAD, for instance), or train it."
            )
        backend: Tokenizer = tokenizer.backend_tokenizer
        backend.no_truncation()
        # Padding is masked, so any id serves for a model without a padding token.
        pad_id = 0 if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        max_tokens = min([tokenizer.model_max_length, *_positions(model)])
        return cls(model, pad_id=pad_id), backend, max_tokens

    def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
        """Run each text; its outputs have shape (length, ...), in the order given."""
        found: dict[int, tuple[NDArray[np.float32], ...]] = {}
        # Longest first: a batch of texts of similar length has little padding.
        order = sorted(range(len(texts)), key=lambda position: -len(texts[position]))
        while order:
            rows = max(1, _BATCH_TOKENS // len(texts[order[0]]))
            batch, order = order[:rows], order[rows:]
            outputs = self._run(pad([texts[position] for position in batch], self._pad_id))
            for row, position in enumerate(batch):
                length = len(texts[position])
                found[position] = tuple(output[row, :length] for output in outputs)
        return [found[position] for position in range(len(texts))]

    def _run(self, inputs: Mapping[str, torch.Tensor]) -> list[NDArray[np.float32]]:
        used = {
            name: value
            for name, value in inputs.items()
            if name != "token_type_ids" or self._takes_types
        }
        with torch.inference_mode():
            outputs = self._model(**used).to_tuple()
        arrays = [out.float().numpy() for out in outputs if isinstance(out, torch.Tensor)]
        if self.has_all_heads:
            return [arrays[0][..., place] for place in range(len(HEADS))]
        return arrays


class SentenceTransformersEncoder:
    """A sentence-transformers model (the `Encoder` protocol), with its own prompts and pooling."""

    def __init__(self, model: SentenceTransformer, *, name: str) -> None:
        """Make an encoder; `name` is the model's id, or the path of its folder."""
        self._model = model
        self.name = name
        self.dimensions = len(model.encode([""], show_progress_bar=False)[0])

    @classmethod
    def open(cls, name: str, *, download: bool = True) -> Self:
        """Load an encoder by its folder or id; an id may be downloaded.

        Raises:
            ModelError: it cannot be loaded without running code of its authors.
        """
        model = _load(
            name,
            lambda folder: SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            ),
            download=download,
        )
        folder = Path(name)
        return cls(model, name=str(folder.resolve()) if folder.is_dir() else name)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to be found; shape (len(texts), dimensions)."""
        return self._encode(self._model.encode_document, texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to search with; shape (len(texts), dimensions)."""
        return self._encode(self._model.encode_query, texts)

    def _encode(self, encode: Callable[..., Any], texts: Sequence[str]) -> Vectors:
        vectors = encode(
            list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimensions)


def pad(texts: Sequence[Tokens], pad_id: int) -> dict[str, torch.Tensor]:
    """Stack texts into `input_ids`, `attention_mask`, `token_type_ids`, each (texts, longest)."""
    ids = [torch.from_numpy(text.input_ids) for text in texts]
    types = [torch.from_numpy(text.type_ids) for text in texts]
    return {
        "input_ids": pad_sequence(ids, batch_first=True, padding_value=pad_id),
        "attention_mask": pad_sequence([torch.ones_like(row) for row in ids], batch_first=True),
        "token_type_ids": pad_sequence(types, batch_first=True),
    }


def has_all_heads(folder: Path) -> bool:
    """Return whether a folder holds a reader with all of `HEADS`."""
    return _labels(AutoConfig.from_pretrained(folder, trust_remote_code=False)) == HEADS


def _labels(config: Any) -> tuple[str, ...]:
    labels = getattr(config, "id2label", None) or {}
    return tuple(labels[place] for place in sorted(labels))


def data_folder(name: str, *, download: bool = False) -> Path:
    """Find the folder of a model by the folder or by its id on the Hugging Face hub.

    Raises:
        ModelError: its weights are pickled, so opening them could run code.
        OSError: it is not on this machine, or cannot be downloaded.
    """
    folder = Path(name)
    if not folder.is_dir():
        folder = Path(
            snapshot_download(name, allow_patterns=list(_DATA), local_files_only=not download)
        )
    for file in folder.rglob("*"):
        # Weights as safetensors in the same folder are used instead of the pickle.
        if file.suffix.lower() in _PICKLES and not any(file.parent.glob("*.safetensors")):
            raise ModelError(
                f"{file} is pickled: opening it could run harmful code. Only .safetensors weights "
                "are opened. If you trust the model, save it again with a current version of "
                "transformers."
            )
    return folder


def _load(name: str, load: Callable[[Path], T], *, download: bool = True) -> T:
    """Load a model from this machine, or else from the Hugging Face hub."""
    folder = Path(name).is_dir()
    try:
        try:
            return load(data_folder(name))
        except OSError:
            if folder or not download:
                raise
            return load(data_folder(name, download=True))
    except ModelError:
        raise
    except Exception as error:  # each library has errors of its own
        advice = (
            "Check that the folder holds a model that transformers can load."
            if folder
            else "There is no such folder. Download a model of the Hugging Face hub once, on a "
            f"machine with a connection: hf download {name}"
        )
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ModelError(f"The model {name} cannot be loaded: {reason}. {advice}") from error


def _positions(model: PreTrainedModel) -> list[int]:
    """Count the positions of each table of learned positions; models without one have no limit."""
    tables = [
        module
        for name, module in model.named_modules()
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding)
    ]
    # If padding has a position of its own (RoBERTa), tokens are counted from the next one.
    return [
        table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)
        for table in tables
    ]
