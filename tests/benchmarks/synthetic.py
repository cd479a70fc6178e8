"""Any number of documents similar to given ones, with vectors that need no encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np

from embeddings import Chunking, Document, Encoder, SettingsError, Vectors, sentences

__all__ = ["SyntheticCorpus"]

NOISE = 0.3
"""Length of the noise added to a unit vector."""
NEIGHBOURS = 10
"""A synthetic document mixes a document with one of this many nearest ones."""
SEPARATOR = "\n\n"


class SyntheticCorpus:
    """An `Encoder` that knows the given documents and creates synthetic ones from them.

    A synthetic document takes its sentences from two documents that are close to each other. The
    vector of its chunk is the mean of the vectors of its sentences' chunks plus noise, because
    encoding a million chunks would take hours. Such chunks are closer to each other than real
    ones, and they are only good for measuring speed.
    """

    def __init__(self, documents: Sequence[Document], encoder: Encoder) -> None:
        """Encode the documents.

        Raises:
            SettingsError: fewer than two documents have text.
        """
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self.encode_questions = encoder.encode_questions
        self._encoder = encoder
        self._rng = np.random.default_rng(0)
        chunks = {document.id: Chunking().split(document) for document in documents}
        self._originals = [document for document in documents if chunks[document.id]]
        if len(self._originals) < 2:
            raise SettingsError("Fewer than two documents have text: give more.")
        texts = [chunk.indexed_text for one in self._originals for chunk in chunks[one.id]]
        self.n_chunks = len(texts)
        """Number of chunks of the given documents."""
        self._of_chunk = dict(zip(texts, encoder.encode_documents(texts), strict=True))
        self._of_sentence: dict[str, Vectors] = {}
        self._sentences: list[list[str]] = []
        for document in self._originals:
            bounds = sentences(document.text)
            self._sentences.append([document.text[start:end] for start, end in bounds])
            for start, end in bounds:
                own = reversed(chunks[document.id])
                chunk = next(chunk for chunk in own if chunk.start <= start)
                self._of_sentence[document.text[start:end]] = self._of_chunk[chunk.indexed_text]
        means = np.array([self._mean(own) for own in self._sentences])
        self._means = means / np.linalg.norm(means, axis=1, keepdims=True)

    def documents(self) -> Iterator[Document]:
        """Yield the given documents, then synthetic ones without end."""
        yield from self._originals
        for number in count():
            place = number % len(self._originals)
            nearest = np.argsort(-(self._means @ self._means[place]))[1 : 1 + NEIGHBOURS]
            own, other = self._sentences[place], self._sentences[self._rng.choice(nearest)]
            sources = [own if coin else other for coin in self._rng.random(len(own)) < 0.5]
            text = SEPARATOR.join(part[at % len(part)] for at, part in enumerate(sources))
            original = self._originals[place]
            yield Document(f"synthetic/{number}", text, original.title, original.date)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of the given documents' chunks and of synthetic ones."""
        vectors = np.array([self._vector(text) for text in texts], dtype=np.float32)
        return vectors.reshape(-1, self.dimensions)

    def _vector(self, text: str) -> Vectors:
        known = self._of_chunk.get(text)
        if known is not None:
            return known
        mean = self._mean(text.split(SEPARATOR))
        noise = self._rng.standard_normal(self.dimensions)
        vector = mean / np.linalg.norm(mean) + NOISE * noise / np.linalg.norm(noise)
        return np.asarray(vector / np.linalg.norm(vector))

    def _mean(self, texts: Sequence[str]) -> Vectors:
        """Average the vectors of the known sentences among texts, weighted by length."""
        # A heading may stand in front of the first sentence.
        found = [text if text in self._of_sentence else text.split("\n", 1)[-1] for text in texts]
        known = [text for text in found if text in self._of_sentence]
        if not known:
            return np.asarray(self._encoder.encode_documents(["\n".join(texts)])[0])
        weights = [len(text) for text in known]
        return np.asarray(
            np.average([self._of_sentence[text] for text in known], axis=0, weights=weights)
        )
