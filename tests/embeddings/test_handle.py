import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from embeddings.chunking import Chunking
from embeddings.encoder import open_encoder
from embeddings.errors import (
    IndexBusyError,
    IndexMismatchError,
    IndexOutdatedError,
    ModelError,
)
from embeddings.handle import IndexResources, ReloadingHandle
from embeddings.index import Index
from embeddings.index_catalog import IndexCatalog
from embeddings.stores.local.index_folder import CATALOG_FILE
from embeddings.stores.local.store import LocalStore
from embeddings.types import Document, Encoder, Vectors

STORM = Document("storm.txt", "The storm broke the harbour.")
FERRY = Document("ferry.txt", "The ferry waited in the harbour.")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add([STORM])
    return tmp_path / "index"


def rename_encoder(place: Path, name: str, model: str = "") -> None:
    """Record another encoder in an index."""
    with closing(sqlite3.connect(place / CATALOG_FILE)) as catalog, catalog:
        catalog.execute(
            "UPDATE meta SET value = json_set(value, '$.encoder', ?, '$.encoder_model', ?) "
            "WHERE key = 'settings'",
            [name, model],
        )


def ids(index: Index) -> list[str]:
    return [known.id for known in index.documents()]


def test_open_index_switches_to_a_restored_index(place: Path, tmp_path: Path) -> None:
    with Index.open(place) as index:
        Index.backup(place, tmp_path / "backup")
        index.add([FERRY])
        assert len(index.search("harbour")) == 2
        Index.restore(tmp_path / "backup", place)
        assert [hit.chunk.document_id for hit in index.search("harbour")] == ["storm.txt"]
        index.add([Document("new.txt", "The museum reopened.")])
    with Index.open(place) as again:
        assert ids(again) == ["new.txt", "storm.txt"]
        assert again.check() == []


def test_open_index_switches_to_a_reindexed_one_with_other_chunks(place: Path) -> None:
    with Index.open(place) as index:
        Index.reindex(place, chunking=Chunking(words=3))
        index.add([FERRY])
        assert [known.chunks for known in index.documents()] == [2, 2]


def test_replaced_resources_stay_open_while_in_use(place: Path, tmp_path: Path) -> None:
    current = ReloadingHandle(IndexResources.open(place, encoder=None, chunking=None), place)
    with current.use() as resources:
        Index.backup(place, tmp_path / "backup")
        Index.restore(tmp_path / "backup", place)
        with current.use() as after:
            assert after is not resources
            assert after.encoder is resources.encoder  # nothing is loaded twice
            assert after.store.document("storm.txt") == STORM
        assert resources.store.document("storm.txt") == STORM
    with pytest.raises(sqlite3.ProgrammingError):
        resources.store.document("storm.txt")
    with current.use() as now:
        assert now is after
    current.close()


def test_old_index_stays_open_if_its_replacement_cannot_be_opened(
    place: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Index.open(place) as index:
        assert len(index.search("storm")) == 1
        Index.backup(place, tmp_path / "backup")
        rename_encoder(tmp_path / "backup", "newer@12345678")
        Index.restore(tmp_path / "backup", place)
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                assert [hit.chunk.document_id for hit in index.search("storm")] == ["storm.txt"]
        [record] = caplog.records
        assert "newer@12345678" in vars(record)["reason"]
        with pytest.raises(IndexBusyError):  # the folder has another index now
            index.add([FERRY])


def test_index_of_an_older_encoder_raises_index_outdated_error(place: Path) -> None:
    rename_encoder(place, "older@12345678")
    with pytest.raises(IndexOutdatedError) as raised:
        Index.open(place)
    assert "encoder older@12345678" in str(raised.value)
    assert f"`qa reindex --index {place}`" in str(raised.value)
    assert raised.value.encoder is None
    Index.reindex(place)
    with Index.open(place) as index:
        assert index.search("storm")[0].chunk.document_id == "storm.txt"


def test_outdated_error_names_the_folder_of_a_custom_encoder(place: Path) -> None:
    folder = Path(__file__).parents[2] / "embeddings" / "weights"
    rename_encoder(place, "own@12345678", str(folder))
    with pytest.raises(IndexOutdatedError) as raised:
        Index.open(place)
    assert f"`qa reindex --index {place} --encoder {folder}`" in str(raised.value)
    assert raised.value.encoder == str(folder)


def test_different_encoder_argument_raises_index_mismatch_error(place: Path) -> None:
    rename_encoder(place, "older@12345678")
    folder = Path(__file__).parents[2] / "embeddings" / "weights"
    with pytest.raises(IndexMismatchError, match="or give it to `qa reindex`") as raised:
        Index.open(place, encoder=folder)
    assert not isinstance(raised.value, IndexOutdatedError)


def test_catalog_opens_an_index_whose_encoder_is_missing(place: Path, tmp_path: Path) -> None:
    rename_encoder(place, "gone@12345678", "/no/such/model")
    with pytest.raises(ModelError):
        Index.open(place)
    Index.backup(place, tmp_path / "backup")
    with IndexCatalog.open(place) as catalog:
        assert catalog.document("storm.txt") == STORM
        assert catalog.check() == []
        assert catalog.remove(["storm.txt"]) == ("storm.txt",)
    with LocalStore.open(tmp_path / "backup") as store:
        assert store.settings["encoder"] == "gone@12345678"
        assert open_encoder().name != "gone@12345678"


def test_delegated_encoder_is_used_before_and_after_a_restore(place: Path, tmp_path: Path) -> None:
    given = []

    class Elsewhere:
        def __init__(self, local: Encoder) -> None:
            self.name, self.dimensions = local.name, local.dimensions
            self.encode_documents = local.encode_documents
            self.asked: list[str] = []
            self._local = local

        def encode_questions(self, texts: Sequence[str]) -> Vectors:
            self.asked += texts
            return self._local.encode_questions(texts)

    def delegated(local: Encoder, model: str | None) -> Encoder:
        given.append((model, Elsewhere(local)))
        return given[0][1]

    with Index.open(place) as index:
        alone = index.search("harbour", 3)
        index.delegate(delegated)
        assert index.search("harbour", 3) == alone
        Index.backup(place, tmp_path / "backup")
        Index.restore(tmp_path / "backup", place)
        assert index.search("storm", 3)
    [(model, elsewhere)] = given
    assert model is None  # the bundled one
    assert elsewhere.asked == ["harbour", "storm"]
