from itertools import islice

import numpy as np
import pytest

from embeddings import Chunking, Document, SettingsError, Vectors, sentences
from qa.evaluation.synthetic import SyntheticCorpus


class CountingEncoder:
    """Gives each text a vector of its own, and counts the texts."""

    name = "counting"
    dimensions = 16

    def __init__(self) -> None:
        self.encoded = 0

    def encode_documents(self, texts: list[str]) -> Vectors:
        self.encoded += len(texts)
        return self.encode_questions(texts)

    def encode_questions(self, texts: list[str]) -> Vectors:
        rows = [np.random.default_rng(list(text.encode())).standard_normal(16) for text in texts]
        vectors = np.array(rows, dtype=np.float32).reshape(-1, 16)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def article(number: int) -> Document:
    text = " ".join(f"Ship {number} left quay {quay} at noon." for quay in range(40))
    return Document(f"a{number}", text, f"Ships {number}")


DOCUMENTS = [article(number) for number in range(15)]


def test_the_documents_come_first_and_then_mixtures_of_two() -> None:
    made = list(islice(SyntheticCorpus(DOCUMENTS, CountingEncoder()).documents(), 45))
    assert made[:15] == DOCUMENTS
    assert len({document.id for document in made}) == 45
    known = {one.text[start:end] for one in DOCUMENTS for start, end in sentences(one.text)}
    for variant in made[15:]:
        taken = [variant.text[start:end] for start, end in sentences(variant.text)]
        assert len(taken) == 40
        assert set(taken) <= known
        assert len({sentence.split()[1] for sentence in taken}) == 2


def test_vectors_of_variants_are_not_encoded_and_are_near_those_they_come_from() -> None:
    encoder = CountingEncoder()
    variants = SyntheticCorpus(DOCUMENTS, encoder)
    variant = list(islice(variants.documents(), 16))[15]
    texts = [chunk.indexed_text for chunk in Chunking().split(variant)]
    vectors = variants.encode_documents(texts)
    assert encoder.encoded == variants.n_chunks
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    numbers = {sentence.split()[1] for sentence in variant.text.split("\n\n")}
    sources = [
        chunk.indexed_text
        for document in DOCUMENTS
        for chunk in Chunking().split(document)
        if document.id[1:] in numbers
    ]
    cosines = vectors @ encoder.encode_questions(sources).T
    assert np.all(cosines.max(axis=1) > 0.4)
    assert np.all(cosines.max(axis=1) < 0.999)


def test_the_documents_keep_their_own_vectors() -> None:
    encoder = CountingEncoder()
    variants = SyntheticCorpus(DOCUMENTS, encoder)
    texts = [chunk.indexed_text for one in DOCUMENTS for chunk in Chunking().split(one)]
    np.testing.assert_array_equal(variants.encode_documents(texts), encoder.encode_questions(texts))


def test_one_document_has_no_variants() -> None:
    with pytest.raises(SettingsError, match="fewer than two"):
        SyntheticCorpus([article(1), Document("empty", " ")], CountingEncoder())
