import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from embeddings.types import Vectors

MEMORY = Path("/dev/shm")


class WordEncoder:
    """A fake encoder: a text's vector is the normalised sum of a random vector for each word."""

    name = "words"
    dimensions = 16

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        return self.encode_questions(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        rows = [sum(map(self._word, ["", *text.lower().split()])) for text in texts]
        vectors = np.array(rows, dtype=np.float32).reshape(len(texts), self.dimensions)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def _word(self, word: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4])
        return np.random.default_rng(seed).normal(size=self.dimensions)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def memory() -> Iterator[Path]:
    """Give an empty folder, in memory where possible: there is no disk to wait for."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as name:
        yield Path(name)
