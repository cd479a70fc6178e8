"""Encoders, which turn texts into unit vectors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from tokenizers import Tokenizer

from embeddings.runtimes.model_folder import ModelFolder
from embeddings.types import Encoder, Model, Tokens, Vectors

BUNDLED = Path(__file__).parent / "weights"

_SLICE_TEXTS = 128


class OnnxEncoder:
    """A bi-encoder with mean pooling (Reimers and Gurevych 2019, section 3).

    Texts longer than `max_tokens` are truncated.
    """

    def __init__(
        self, model: Model, tokenizer: Tokenizer, *, name: str, dimensions: int, max_tokens: int
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self.name = name
        self.dimensions = dimensions

    @classmethod
    def open(cls, folder: Path = BUNDLED, *, threads: int | None = None) -> Self:
        """Load an exported encoder.

        Raises:
            ModelError: the folder is damaged or holds no encoder.
        """
        parts = ModelFolder.open(folder, kind="encoder", threads=threads)
        sizes = {name: int(str(parts.settings[name])) for name in ("dimensions", "max_tokens")}
        return cls(parts.model, parts.tokenizer, name=parts.name, **sizes)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode documents or questions; shape (len(texts), dimensions)."""
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        # A slice at a time, because the model's outputs are many times larger than the vectors.
        for begin in range(0, len(texts), _SLICE_TEXTS):
            encodings = self._tokenizer.encode_batch_fast(list(texts[begin : begin + _SLICE_TEXTS]))
            tokens = list(map(Tokens.of, encodings))
            for row, (hidden, *_) in enumerate(self._model.run(tokens), begin):
                mean = hidden.mean(axis=0)
                vectors[row] = mean / np.linalg.norm(mean)
        return vectors

    encode_questions = encode_documents


def open_encoder(
    model: str | Path | None = None, *, download: bool = True, threads: int | None = None
) -> Encoder:
    """Load an encoder.

    Args:
        model: None for the bundled one; a folder written by `qa export`; or the folder or id of
            any sentence-transformers model.
        download: whether a model whose id is not on this machine is downloaded.
        threads: number of cores to use; None for all available ones. Models run by torch use
            torch's own setting.

    Raises:
        ModelError: it cannot be loaded.
    """
    folder = BUNDLED if model is None else Path(model)
    if model is None or ModelFolder.is_at(folder):
        return OnnxEncoder.open(folder, threads=threads)
    # Importing torch and sentence-transformers takes seconds that the bundled encoder never needs.
    from embeddings.runtimes.torch import SentenceTransformersEncoder

    return SentenceTransformersEncoder.open(str(model), download=download)
