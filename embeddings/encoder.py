"""Texts to unit vectors: length-sorted batches, mean pooling, normalising."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from embeddings.runtimes.folder import ModelFolder
from embeddings.types import Encoder, Model, Vectors

__all__ = ["BUNDLED", "OnnxEncoder", "open_encoder"]

BUNDLED = Path(__file__).parent / "weights"

_BATCH_TOKENS = 4096
"""How many tokens, padding included, one run takes: measured flat from 2,000 to 8,000."""


class OnnxEncoder:
    """A bi-encoder with mean pooling (Reimers and Gurevych 2019, section 3).

    Texts longer than `max_tokens` are cut at their end.
    """

    def __init__(
        self, model: Model, tokenizer: Tokenizer, *, name: str, dimensions: int, max_tokens: int
    ) -> None:
        self._model = model
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._name = name
        self._dimensions = dimensions

    @classmethod
    def open(cls, folder: Path = BUNDLED, *, threads: int | None = None) -> OnnxEncoder:
        """Load an exported encoder.

        Raises:
            ModelError: the folder is damaged or holds no encoder.
        """
        parts = ModelFolder.open(folder, kind="encoder", threads=threads)
        return cls(
            parts.model,
            parts.tokenizer,
            name=parts.name,
            dimensions=int(str(parts.settings["dimensions"])),
            max_tokens=int(str(parts.settings["max_tokens"])),
        )

    @property
    def name(self) -> str:
        """The model's name; an index made with another one is refused."""
        return self._name

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self._dimensions

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to be found; shape (len(texts), dimensions)."""
        return self._encode(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to search with; shape (len(texts), dimensions)."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self._dimensions), dtype=np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        # Longest first: each batch holds texts of like length, so that little of it is padding,
        # and memory reaches its peak at once instead of late in a long job.
        order = sorted(range(len(tokens)), key=lambda position: -len(tokens[position]))
        begin = 0
        while begin < len(order):
            longest = len(tokens[order[begin]])
            rows = order[begin : begin + max(1, _BATCH_TOKENS // longest)]
            begin += len(rows)
            input_ids = np.zeros((len(rows), longest), dtype=np.int64)
            mask = np.zeros((len(rows), longest), dtype=np.int64)
            for row, position in enumerate(rows):
                length = len(tokens[position])
                input_ids[row, :length] = tokens[position]
                mask[row, :length] = 1
            hidden = self._model.run(input_ids, mask, np.zeros_like(mask))[0]
            weights = mask[:, :, None].astype(np.float32)
            mean = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
            vectors[rows] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return vectors


def open_encoder(model: str | Path | None = None) -> Encoder:
    """Load an encoder.

    Args:
        model: None for the bundled one; a folder written by `qa export`; or any
            sentence-transformers model, by folder or by id. An id that is not on this machine yet
            is downloaded: the only time that anything here opens a connection.

    Raises:
        ModelError: it cannot be loaded.
    """
    if model is None:
        return OnnxEncoder.open()
    if ModelFolder.is_at(Path(model)):
        return OnnxEncoder.open(Path(model))
    # Importing torch and sentence-transformers takes seconds that the bundled encoder never needs.
    from embeddings.runtimes.torch import SentenceTransformersEncoder

    return SentenceTransformersEncoder.open(str(model))
