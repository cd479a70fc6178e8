from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.store import LocalStore
from embeddings.stores.local.vectors import VectorIndex
from embeddings.types import Document
from tests.embeddings.stores.samples import ALL, DIMENSIONS, FILTERS, Place, corpus, put, unit

TRAILER_BYTES = 36


@pytest.fixture
def folder(memory: Path) -> Path:
    return memory / "index"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 160 chunks with an IVF file."""
    folder = tmp_path_factory.mktemp("made")
    with closing(Place("clustered", folder).create()) as store:
        put(store, *corpus())
    return folder / "index"


@pytest.fixture
def catalog(made: Path, folder: Path) -> Iterator[Catalog]:
    shutil.copytree(made, folder)
    with closing(Catalog(folder / "catalog.sqlite")) as catalog:
        yield catalog


def kind(folder: Path) -> bytes:
    return (folder / "vectors.faiss").read_bytes()[-TRAILER_BYTES:][:8]


def cache(folder: Path, *, max_flat: int = 0) -> VectorIndex:
    return VectorIndex(folder / "vectors.faiss", max_flat=max_flat)


def offsets(n_lists: int, count: int) -> dict[str, int]:
    """Offsets of the arrays in an IVF file."""
    ranges = 8
    centroids = ranges + 8 * DIMENSIONS
    lengths = centroids + 4 * DIMENSIONS * n_lists
    ids = lengths + 8 * n_lists
    end = ids + (8 + DIMENSIONS) * count
    return {
        "number of lists": 0,
        "ranges": ranges,
        "centroids": centroids,
        "lengths": lengths,
        "ids": ids,
        "codes": end - 1,
        "kind": end,
        "index": end + 8,
        "generation": end + 24,
        "checksum": end + 32,
    }


PARTS = list(offsets(1, 1))


def test_saved_file_is_loaded(folder: Path, catalog: Catalog) -> None:
    assert kind(folder) == b"vectors2"
    read = cache(folder)
    read.catch_up(catalog)
    assert read.saved == catalog.state
    assert read.matches(catalog)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("harm", ["flipped", "cut off"])
def test_damaged_file_is_rebuilt(folder: Path, catalog: Catalog, part: str, harm: str) -> None:
    content = bytearray((folder / "vectors.faiss").read_bytes())
    at = offsets(12, 160)[part]
    if harm == "flipped":
        content[at] ^= 1
    else:
        del content[at:]
    (folder / "vectors.faiss").write_bytes(content)
    read = cache(folder)
    read.catch_up(catalog)
    assert read.saved != catalog.state
    assert read.matches(catalog)


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("number of lists", [0]),
        ("number of lists", [-1]),
        ("number of lists", [2**60]),
        ("number of lists", [-(2**63)]),
        ("lengths", [-1]),
        ("lengths", [2**62, 2**62, 2**62, 2**62]),
        ("lengths", [-160, 320, *[0] * 10]),
    ],
)
def test_malicious_file_is_rebuilt(
    folder: Path, catalog: Catalog, part: str, values: list[int]
) -> None:
    """The checksum is valid, so the numbers themselves must be checked."""
    content = bytearray((folder / "vectors.faiss").read_bytes()[:-4])
    at = offsets(12, 160)[part]
    content[at : at + 8 * len(values)] = np.array(values, dtype="<i8").tobytes()
    content += zlib.crc32(content).to_bytes(4, "little")
    (folder / "vectors.faiss").write_bytes(content)
    read = cache(folder)
    read.catch_up(catalog)
    assert read.saved != catalog.state
    assert read.matches(catalog)


@pytest.mark.parametrize("part", ["centroids", "ids", "codes"])
def test_check_finds_altered_vectors_with_a_valid_checksum(
    folder: Path, catalog: Catalog, part: str
) -> None:
    content = bytearray((folder / "vectors.faiss").read_bytes()[:-4])
    at = offsets(12, 160)[part]
    if part == "centroids":
        end = at + 4 * 12 * DIMENSIONS
        content[at:end] = (-np.frombuffer(bytes(content[at:end]), dtype="<f4")).tobytes()
    else:
        content[at] ^= 0x40
    content += zlib.crc32(content).to_bytes(4, "little")
    (folder / "vectors.faiss").write_bytes(content)
    with LocalStore.open(folder) as store:
        assert len(store.search_dense(unit(1), 5, ALL)[0]) == 5  # the search still works
        assert store.check() == ["vectors.faiss differs from the catalog: run `qa check --repair`."]
        store.repair()
        assert store.check() == []


@pytest.mark.parametrize("part", ["ranges", "centroids"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_in_a_file_is_reported_and_repaired(
    folder: Path, catalog: Catalog, part: str, value: float
) -> None:
    content = bytearray((folder / "vectors.faiss").read_bytes()[:-4])
    at = offsets(12, 160)[part]
    end = offsets(12, 160)[{"ranges": "centroids", "centroids": "lengths"}[part]]
    content[at:end] = np.full((end - at) // 4, value, dtype="<f4").tobytes()
    content += zlib.crc32(content).to_bytes(4, "little")
    (folder / "vectors.faiss").write_bytes(content)
    with LocalStore.open(folder) as store:
        for within in FILTERS:
            (hits,) = store.search_dense(unit(1), 5, within)
            assert len(hits) <= 5
        put(store, Document("new", "The comet passed."))
        store.search_dense(unit(1), 5, ALL)
        assert store.check() != []
        store.repair()
        assert store.check() == []


def test_reader_searches_an_outgrown_flat_file_and_the_next_writer_retrains(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus())
        expected = store.search_dense(unit(3), 9, ALL)
    assert kind(folder) == b"vectors1"
    with closing(Place("clustered", folder.parent).open()) as store:
        assert store.search_dense(unit(3), 9, ALL) == expected
        assert kind(folder) == b"vectors1"
        put(store, *corpus(45)[40:])
        assert kind(folder) == b"vectors2"
        assert store.check() == []


def test_reader_of_flat_vectors_loads_the_ivf_file_of_a_writer(folder: Path) -> None:
    with closing(Place("local", folder.parent).create()) as store:
        put(store, *corpus())
    with closing(Catalog(folder / "catalog.sqlite")) as catalog:
        reader = cache(folder, max_flat=100)
        reader.catch_up(catalog)
        assert reader.needs_retraining
        with closing(Place("clustered", folder.parent).open()) as writer:
            put(writer, *corpus(45)[40:])
        reader.catch_up(catalog)
        assert not reader.needs_retraining
        assert reader.state == reader.saved == catalog.state
        assert reader.matches(catalog)


def test_writer_retrains_after_adding_many_vectors(folder: Path) -> None:
    with closing(Place("clustered", folder.parent).create()) as store:
        put(store, *corpus(5))
        before = (folder / "vectors.faiss").read_bytes()[0]
        put(store, *corpus(40))
        after = (folder / "vectors.faiss").read_bytes()[0]
        assert (before, after) == (4, 12)
        assert store.check() == []


def test_ivf_stays_after_most_vectors_are_removed(folder: Path, catalog: Catalog) -> None:
    with LocalStore.open(folder) as store:
        with store.writing():
            for document in corpus()[1:]:
                store.remove(document.id)
        assert kind(folder) == b"vectors2"
        assert len(store.search_dense(unit(1), 99, ALL)[0]) == len(store.chunks(range(999)))
        assert store.check() == []
