"""Stateful test of all stores: random operations, compared with a dictionary of documents."""

from __future__ import annotations

import datetime
import math
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from embeddings.date_range import DateRange
from embeddings.outline import Outline
from embeddings.stores.store import Store
from embeddings.types import Chunk, Document, Filter, Section, Vectors
from tests.embeddings.stores.samples import Place, is_allowed

DIMENSIONS = 8
EVERY_ID = range(1, 1000)
DAY = datetime.date(2024, 2, 28)

ids = st.sampled_from(["a", "b/c.txt", "d#4", "é"])
texts = st.text("ab é\x00\U0001f600\n", max_size=30)
days = st.none() | st.integers(0, 3).map(lambda days: DAY + datetime.timedelta(days))
documents = st.builds(
    Document,
    ids,
    texts,
    st.sampled_from(["", "Ab title"]),
    days,
    metadata=st.dictionaries(st.just("page"), st.sampled_from([1, 1.0, True, "1", 2])),
    sections=st.sampled_from([(), (Section("Ab é", 1, 0), Section("b", 2, 13))]),
    pages=st.sampled_from([(), (0, 5)]),
)
filters = st.builds(
    Filter,
    st.builds(DateRange, days, days),
    st.none() | st.frozensets(ids, max_size=2),
    st.dictionaries(st.just("page"), st.sampled_from([1, "1", 2]), max_size=1),
)


def cut(document: Document) -> list[Chunk]:
    starts = range(0, len(document.text), 12)
    outline = Outline(document, dict.fromkeys(starts[1::2], "Ab | é"))
    return [outline.cut(start, start + 12) for start in starts]


def encode(chunks: list[Chunk]) -> Vectors:
    """Return vectors, equal ones for equal chunks so that there are ties."""
    rows = [
        np.random.default_rng(list(chunk.indexed_text.encode())).standard_normal(DIMENSIONS)
        for chunk in chunks
    ]
    vectors = np.array(rows, dtype=np.float32).reshape(-1, DIMENSIONS)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def contents_equal(store: Store, model: dict[str, Document]) -> None:
    """Assert that the store has exactly the documents of the model, and their chunks."""
    assert [listed.id for listed in store.documents()] == sorted(model)
    assert {id_: store.document(id_) for id_ in model} == model
    expected = [chunk for document in model.values() for chunk in cut(document)]
    stored = list(store.chunks(EVERY_ID).values())
    assert sorted(stored, key=repr) == sorted(expected, key=repr)
    for listed in store.documents():
        document = model[listed.id]
        assert (listed.digest, listed.characters) == (document.digest, len(document.text))
        assert listed.chunks == len(cut(document))


def dense_equals_brute_force(
    store: Store, model: dict[str, Document], k: int, within: Filter
) -> None:
    """Assert that the dense search returns the k best cosines of the allowed chunks."""
    question = encode([Chunk("", 0, 1, "a")])
    (hits,) = store.search_dense(question, k, within)
    allowed = {
        id_: chunk
        for id_, chunk in store.chunks(EVERY_ID).items()
        if is_allowed(model[chunk.document_id], within)
    }
    cosines = encode(list(allowed.values())) @ question[0]
    exact = dict(zip(allowed, cosines.tolist(), strict=True))
    assert len(hits) == min(k, len(allowed))
    best = sorted(exact.values(), reverse=True)[:k]
    np.testing.assert_allclose([score for _, score in hits], best, atol=1e-6)
    np.testing.assert_allclose([exact[id_] for id_, _ in hits], best, atol=1e-6)
    assert hits == sorted(hits, key=lambda hit: (-hit[1], hit[0]))


def lexical_finds_the_word(store: Store, model: dict[str, Document], within: Filter) -> None:
    """Assert that the lexical search returns exactly the allowed chunks with a word."""
    hits = store.search_lexical("AB", 1000, within)
    expected = {
        id_
        for id_, chunk in store.chunks(EVERY_ID).items()
        if is_allowed(model[chunk.document_id], within)
        and "ab" in re.findall(r"\w+", chunk.indexed_text.lower())
    }
    assert {id_ for id_, _ in hits} == expected
    assert len(hits) == len(expected)
    assert all(score > 0 for _, score in hits)
    assert hits == sorted(hits, key=lambda hit: (-hit[1], hit[0]))


class StoreMachine(RuleBasedStateMachine):
    """Adds, updates, removes, searches and reopens in any order."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.store = place.create({"law": 1})
        self.reader = place.open()
        self.model: dict[str, Document] = {}
        self.generation = 0

    @rule(added=st.lists(documents, min_size=1, max_size=3), searching=st.booleans())
    def put(self, added: list[Document], searching: bool) -> None:
        with self.store.writing():
            for document in added:
                chunks = cut(document)
                self.store.put(document, chunks, encode(chunks))
                self.model[document.id] = document
                self.generation += 1
            if searching:
                lexical_finds_the_word(self.store, self.model, Filter())

    @precondition(lambda self: self.model)
    @rule(data=st.data(), text=texts)
    def update(self, data: st.DataObject, text: str) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.model)))
        self.put([Document(id_, text, date=DAY)], searching=False)

    @rule(id_=ids)
    def remove(self, id_: str) -> None:
        with self.store.writing():
            assert self.store.remove(id_) == (id_ in self.model)
        self.generation += self.model.pop(id_, None) is not None

    @rule(k=st.integers(1, 9), within=filters)
    def search_dense(self, k: int, within: Filter) -> None:
        dense_equals_brute_force(self.store, self.model, k, within)

    @rule(within=filters)
    def search_lexical(self, within: Filter) -> None:
        lexical_finds_the_word(self.store, self.model, within)

    @rule(k=st.integers(1, 9), within=filters)
    def search_as_another_process(self, k: int, within: Filter) -> None:
        dense_equals_brute_force(self.reader, self.model, k, within)
        lexical_finds_the_word(self.reader, self.model, within)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = self.place.open()
        assert self.store.settings == {"law": 1}

    @rule()
    def check(self) -> None:
        assert self.store.check() == []

    @invariant()
    def holds_what_was_put(self) -> None:
        contents_equal(self.store, self.model)
        days = [document.date for document in self.model.values() if document.date is not None]
        assert self.reader.newest == max(days, default=None)
        assert self.store.generation == self.reader.generation == self.generation

    def teardown(self) -> None:
        try:
            assert self.store.check() == []
        finally:
            self.store.close()
            self.reader.close()


class LocalMachine(StoreMachine):
    """Deletes caches as well."""

    @rule(name=st.sampled_from(["vectors.faiss", "words"]))
    def lose_a_cache(self, name: str) -> None:
        self.store.close()
        path = Path(self.place.location, name)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        self.store = self.place.open()


class MilvusMachine(StoreMachine):
    """Closes all users of the file as well, so that it is read from disk again."""

    @rule()
    def reopen_from_disk(self) -> None:
        self.store.close()
        self.reader.close()
        self.store, self.reader = self.place.open(), self.place.open()


@pytest.mark.parametrize(
    ("kind", "machine", "share"),
    [
        ("local", LocalMachine, 0.2),
        ("clustered", LocalMachine, 0.2),
        ("milvus", MilvusMachine, 0.06),
    ],
)
def test_store_equals_a_dictionary_after_any_operations(
    memory: Path, kind: str, machine: type[StoreMachine], share: float
) -> None:
    if kind == "milvus":
        pytest.importorskip("pymilvus", reason="Milvus' packages are not installed")
    run_state_machine_as_test(
        lambda: machine(Place(kind, Path(tempfile.mkdtemp(dir=memory)))),  # type: ignore[arg-type]
        settings=settings(
            max_examples=math.ceil(share * settings.default.max_examples),
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
