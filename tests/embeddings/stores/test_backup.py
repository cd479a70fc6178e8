from pathlib import Path

import numpy as np
import pytest

from embeddings.errors import IndexNotFoundError, IndexStorageError
from embeddings.stores.catalog import Catalog
from embeddings.stores.folder import CATALOG
from embeddings.stores.local import LocalStore
from embeddings.types import Chunk, Document, Filter

STORM = Document("a", "The storm broke.")
FERRY = Document("b", "The ferry waited.")


def put(store: LocalStore, document: Document) -> None:
    chunk = Chunk(document.id, 0, len(document.text), document.text)
    with store.writing():
        store.put(document, [chunk], np.eye(1, 8, dtype=np.float32))


def contents(folder: Path) -> list[str]:
    with LocalStore.open(folder) as store:
        assert store.check() == []
        found = store.search_lexical("storm ferry", 9, Filter())
        assert len(found) == len(store.search_dense(np.eye(1, 8, dtype="f4"), 9, Filter())[0])
        return [known.id for known in store.documents()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with LocalStore.create(tmp_path / "index", {"encoder": "test"}, dimensions=8) as store:
        put(store, STORM)
    (tmp_path / "index" / "feedback.jsonl").write_text("{}\n")
    return tmp_path / "index"


def test_a_backup_is_an_index_of_the_moment_it_was_made(folder: Path, tmp_path: Path) -> None:
    with LocalStore.open(folder) as store:
        with store.writing():  # as another process may be
            store.backup(tmp_path / "backup")
        put(store, FERRY)
    assert contents(tmp_path / "backup") == ["a"]
    assert contents(folder) == ["a", "b"]
    assert (tmp_path / "backup" / "feedback.jsonl").read_text() == "{}\n"


def test_a_backup_is_made_in_an_empty_folder_only(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    with LocalStore.open(folder) as store:
        with pytest.raises(IndexStorageError, match=r"letter\.txt"):
            store.backup(tmp_path / "full")
        with pytest.raises(IndexStorageError, match=CATALOG):
            store.backup(folder)


def test_what_a_backup_replaces_is_kept(folder: Path, tmp_path: Path) -> None:
    with LocalStore.open(folder) as store:
        store.backup(tmp_path / "backup")
        put(store, FERRY)
        replaced = LocalStore.restore(tmp_path / "backup", folder)
        assert store.document("b") == FERRY  # who has it open goes on with what it was
    assert contents(folder) == ["a"]
    assert replaced is not None
    assert contents(replaced) == ["a", "b"]
    again = LocalStore.restore(tmp_path / "backup", folder)
    assert again not in (None, replaced)


def test_caches_of_what_was_replaced_are_not_taken_for_those_of_the_backup(
    folder: Path, tmp_path: Path
) -> None:
    with LocalStore.open(folder) as store:
        store.backup(tmp_path / "backup")
    LocalStore.restore(tmp_path / "backup", tmp_path / "one")
    LocalStore.restore(tmp_path / "backup", tmp_path / "two")
    names = set()
    for place in (folder, tmp_path / "backup", tmp_path / "one", tmp_path / "two"):
        catalog = Catalog.open(place / CATALOG)
        names.add(catalog.index)
        catalog.close()
    assert len(names) == 4


def test_an_interrupted_restoring_leaves_the_index_and_is_done_again(
    folder: Path, tmp_path: Path
) -> None:
    with LocalStore.open(folder) as store:
        store.backup(tmp_path / "backup")
    (tmp_path / "index.new").mkdir()
    (tmp_path / "index.new" / "half").touch()
    assert LocalStore.restore(tmp_path / "backup", folder) is not None
    assert contents(folder) == ["a"]
    assert not (tmp_path / "index.new").exists()


def test_a_backup_is_restored_where_nothing_is_and_over_nothing_else(
    folder: Path, tmp_path: Path
) -> None:
    with LocalStore.open(folder) as store:
        store.backup(tmp_path / "backup")
    assert LocalStore.restore(tmp_path / "backup", tmp_path / "elsewhere") is None
    assert contents(tmp_path / "elsewhere") == ["a"]
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").touch()
    with pytest.raises(IndexStorageError, match=r"letter\.txt"):
        LocalStore.restore(tmp_path / "backup", tmp_path / "letters")
    assert (tmp_path / "letters" / "letter.txt").exists()
    with pytest.raises(IndexNotFoundError):
        LocalStore.restore(tmp_path / "letters", folder)
