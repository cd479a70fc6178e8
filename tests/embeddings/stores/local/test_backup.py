from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from embeddings.errors import IndexBusyError, IndexNotFoundError, IndexStorageError
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.index_folder import CATALOG_FILE
from embeddings.stores.local.store import LocalStore
from embeddings.stores.local.swap import back_up, require_movable, restore, staging_folder
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


def test_backup_has_the_contents_of_the_time_it_was_made(folder: Path, tmp_path: Path) -> None:
    with LocalStore.open(folder) as store:
        with store.writing():  # like another process
            back_up(folder, tmp_path / "backup")
        put(store, FERRY)
    assert contents(tmp_path / "backup") == ["a"]
    assert contents(folder) == ["a", "b"]
    assert (tmp_path / "backup" / "feedback.jsonl").read_text() == "{}\n"


def test_backup_into_a_folder_with_files_raises_index_storage_error(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    with pytest.raises(IndexStorageError, match=r"letter\.txt"):
        back_up(folder, tmp_path / "full")
    with pytest.raises(IndexStorageError, match=CATALOG_FILE):
        back_up(folder, folder)


def test_restore_moves_the_old_index_aside(folder: Path, tmp_path: Path) -> None:
    with LocalStore.open(folder) as store:
        back_up(folder, tmp_path / "backup")
        put(store, FERRY)
        replaced = restore(tmp_path / "backup", folder)
        assert store.document("b") == FERRY
    assert contents(folder) == ["a"]
    assert replaced is not None
    assert contents(replaced) == ["a", "b"]
    again = restore(tmp_path / "backup", folder)
    assert again not in (None, replaced)


def test_each_copy_of_an_index_has_its_own_id(folder: Path, tmp_path: Path) -> None:
    back_up(folder, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "one")
    restore(tmp_path / "backup", tmp_path / "two")
    names = set()
    for place in (folder, tmp_path / "backup", tmp_path / "one", tmp_path / "two"):
        catalog = Catalog(place / CATALOG_FILE)
        names.add(catalog.index)
        catalog.close()
    assert len(names) == 4


def test_restore_after_an_interrupted_restore_succeeds(folder: Path, tmp_path: Path) -> None:
    back_up(folder, tmp_path / "backup")
    (tmp_path / "index.replacing").mkdir()
    (tmp_path / "index.replacing" / "half").touch()
    assert restore(tmp_path / "backup", folder) is not None
    assert contents(folder) == ["a"]
    assert not (tmp_path / "index.replacing").exists()


def test_restore_into_a_folder_with_other_files_raises_index_storage_error(
    folder: Path, tmp_path: Path
) -> None:
    back_up(folder, tmp_path / "backup")
    assert restore(tmp_path / "backup", tmp_path / "elsewhere") is None
    assert contents(tmp_path / "elsewhere") == ["a"]
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").touch()
    with pytest.raises(IndexStorageError, match=r"letter\.txt"):
        restore(tmp_path / "backup", tmp_path / "letters")
    assert (tmp_path / "letters" / "letter.txt").exists()
    with pytest.raises(IndexNotFoundError):
        restore(tmp_path / "letters", folder)


def test_store_of_a_replaced_index_can_be_read_but_not_written_to(
    folder: Path, tmp_path: Path
) -> None:
    with LocalStore.open(folder) as store:
        back_up(folder, tmp_path / "backup")
        put(store, FERRY)
        assert not store.is_replaced
        restore(tmp_path / "backup", folder)
        assert store.is_replaced
        with pytest.raises(IndexBusyError, match="another index"), store.writing():
            pass
        # Its caches do not overwrite those of the new index.
        found = store.search_lexical("storm ferry", 9, Filter())
        assert len(found) == len(store.search_dense(np.eye(1, 8, dtype="f4"), 9, Filter())[0]) == 2
    assert contents(folder) == ["a"]


def test_writing_to_a_moved_index_raises_index_busy_error(folder: Path) -> None:
    with LocalStore.open(folder) as store:
        folder.rename(folder.with_name("moved"))
        assert not store.is_replaced
        with pytest.raises(IndexBusyError), store.writing():
            pass
    assert not folder.exists()


def test_each_restore_gives_a_new_generation(folder: Path, tmp_path: Path) -> None:
    generations = []
    with LocalStore.open(folder) as store:
        back_up(folder, tmp_path / "backup")
        put(store, FERRY)
        generations.append(store.generation)
    for _ in range(2):
        restore(tmp_path / "backup", folder)
        with LocalStore.open(folder) as store:
            generations.append(store.generation)
    assert generations == sorted(set(generations))
    assert contents(folder) == ["a"]


def test_opening_completes_an_interrupted_swap(folder: Path, tmp_path: Path) -> None:
    back_up(folder, staging_folder(folder))
    folder.rename(tmp_path / "index.replaced-1")
    folder.mkdir()
    (folder / "feedback.jsonl.lock").touch()  # a process is waiting for the lock
    assert contents(folder) == ["a"]
    assert not staging_folder(folder).exists()


def test_incomplete_replacement_is_not_opened(folder: Path) -> None:
    folder.rename(staging_folder(folder))
    (staging_folder(folder) / CATALOG_FILE).unlink()
    with pytest.raises(IndexNotFoundError):
        LocalStore.open(folder)
    assert not folder.exists()


def test_backup_waits_for_the_lock_of_another_file(folder: Path, tmp_path: Path) -> None:
    lock = FileLock(folder / "feedback.jsonl.lock")
    with ThreadPoolExecutor() as pool:
        with lock:
            (folder / "feedback.jsonl").write_text("half a ")
            backup = pool.submit(back_up, folder, tmp_path / "backup")
            with pytest.raises(TimeoutError):
                backup.result(timeout=0.3)
            (folder / "feedback.jsonl").write_text("half a line\n")
        backup.result()
    assert (tmp_path / "backup" / "feedback.jsonl").read_text() == "half a line\n"


def test_replacing_a_mount_point_raises_index_storage_error() -> None:
    with pytest.raises(IndexStorageError, match="mount point"):
        require_movable(Path("/proc"))
