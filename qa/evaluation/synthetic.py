"""Any number of documents like given ones, for measuring speed: with vectors, but not encoded.

A variant takes sentences by turns from one document and from another one near it. The vector of its
chunk is the mean of the vectors of the chunks that its sentences come from, with some noise: to
encode a million chunks would take hours. Words and vectors are about as many and as alike as in a
larger collection of the same kind, but nearer to each other; they say nothing about answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np

from embeddings import Chunking, Document, Encoder, SettingsError, Vectors, sentences

__all__ = ["SyntheticCorpus"]

NOISE = 0.3
"""The length of the noise that is added to a vector of length 1."""

NEAR = 10
"""A variant mixes a document with one of so many that are next to it."""

_BETWEEN = "\n\n"  # always ends a sentence


class SyntheticCorpus:
    """An `Encoder` that knows documents and their variants, and gives both out, one by one."""

    def __init__(self, documents: Sequence[Document], encoder: Encoder) -> None:
        """Encode the documents.

        Raises:
            SettingsError: fewer than two hold any text.
        """
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._rng = np.random.default_rng(0)
        chunks = [Chunking().split(document) for document in documents]
        self._originals = [one for one, own in zip(documents, chunks, strict=True) if own]
        if len(self._originals) < 2:
            raise SettingsError("There are fewer than two documents with text: give more.")
        chunks = [own for own in chunks if own]
        texts = [chunk.indexed_text for own in chunks for chunk in own]
        vectors = encoder.encode_documents(texts)
        self.n_chunks = len(texts)
        """Of the documents, without variants."""
        self._of_chunk: dict[str, Vectors] = dict(zip(texts, vectors, strict=True))
        self._of_sentence: dict[str, Vectors] = {}
        self._sentences: list[list[str]] = []
        for document, own in zip(self._originals, chunks, strict=True):
            spans = sentences(document.text)
            self._sentences.append([document.text[start:end] for start, end in spans])
            for start, end in spans:
                chunk = next(chunk for chunk in reversed(own) if chunk.start <= start)
                self._of_sentence[document.text[start:end]] = self._of_chunk[chunk.indexed_text]
        means = np.array([self._mean(own) for own in self._sentences])
        self._means = means / np.linalg.norm(means, axis=1, keepdims=True)

    def documents(self) -> Iterator[Document]:
        """Give the documents and then variants, without an end; the ids all differ."""
        yield from self._originals
        for number in count():
            at = number % len(self._originals)
            near = np.argsort(-(self._means @ self._means[at]))[1 : 1 + NEAR]
            partner = self._sentences[self._rng.choice(near)]
            own = self._sentences[at]
            sources = [own if mine else partner for mine in self._rng.random(len(own)) < 0.5]
            taken = [source[place % len(source)] for place, source in enumerate(sources)]
            original = self._originals[at]
            yield Document(f"variant/{number}", _BETWEEN.join(taken), original.title, original.date)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode as the real encoder does."""
        return self._encoder.encode_questions(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Give the vectors of the documents' chunks, and make those of variants."""
        vectors = np.array([self._vector(text) for text in texts], dtype=np.float32)
        return vectors.reshape(-1, self.dimensions)

    def _vector(self, text: str) -> Vectors:
        original = self._of_chunk.get(text)
        if original is not None:
            return original
        mean = self._mean(text.split(_BETWEEN))
        noise = self._rng.standard_normal(self.dimensions)
        vector = mean / np.linalg.norm(mean) + NOISE * noise / np.linalg.norm(noise)
        return np.asarray(vector / np.linalg.norm(vector))

    def _mean(self, texts: Sequence[str]) -> Vectors:
        """Join the vectors of the sentences among some texts, by length."""
        # A heading may stand in front of the first; of a very long sentence there are pieces.
        found = [text if text in self._of_sentence else text.split("\n", 1)[-1] for text in texts]
        known = [text for text in found if text in self._of_sentence]
        if not known:
            return np.asarray(self._encoder.encode_documents(["\n".join(texts)])[0])
        weights = [len(text) for text in known]
        vectors = [self._of_sentence[text] for text in known]
        return np.asarray(np.average(vectors, axis=0, weights=weights))
