from pathlib import Path

import numpy as np
import pytest

from embeddings.errors import IndexDamagedError
from embeddings.stores.local.index_folder import lock_folder
from embeddings.stores.local.integrity import salvage
from embeddings.stores.local.store import LocalStore
from embeddings.stores.local.swap import restore
from embeddings.types import Chunk, Document

TEXT = "The storm broke."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with LocalStore.create(tmp_path / "index", {}, dimensions=8) as store, store.writing():
        chunk = Chunk("a", 0, len(TEXT), TEXT)
        store.put(Document("a", TEXT), [chunk], np.eye(1, 8, dtype=np.float32))
    return tmp_path / "index"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file outside the index that only its owner may read."""
    file = tmp_path / "secret"
    file.write_text("kept")
    file.chmod(0o600)
    return file


def is_untouched(secret: Path) -> bool:
    return secret.read_text() == "kept" and secret.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "name",
    [
        "catalog.sqlite",
        "catalog.sqlite-wal",
        "feedback.jsonl",
        "vectors.faiss",
        "vectors.faiss.new",
        "watch.json.new",
        "write.lock",
        "words/meta.json",
        "words/planted",
    ],
)
def test_index_with_a_symbolic_link_is_refused_and_its_target_untouched(
    folder: Path, secret: Path, tmp_path: Path, name: str
) -> None:
    (folder / "words").chmod(0o777)  # Tantivy's files get the permissions of this folder
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(secret)
    for refused in (
        lambda: LocalStore.open(folder),
        lambda: salvage(folder),
        lambda: restore(folder, tmp_path / "restored"),
        lambda: lock_folder(folder).__enter__(),
    ):
        with pytest.raises(IndexDamagedError, match=f"{name} is a symbolic link to .*secret"):
            refused()
    assert is_untouched(secret)
    assert not (tmp_path / "restored").exists()


def test_symbolic_link_instead_of_the_bm25_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "words").rename(tmp_path / "elsewhere")
    (folder / "words").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexDamagedError, match="words is a symbolic link"):
        LocalStore.open(folder)


def test_index_is_not_created_over_a_symbolic_link(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "write.lock").symlink_to(secret)
    with pytest.raises(IndexDamagedError, match=r"write\.lock is a symbolic link"):
        LocalStore.create(tmp_path / "new", {}, dimensions=8)
    assert is_untouched(secret)


def test_symbolic_link_to_an_index_folder_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "shortcut").symlink_to(folder)
    with LocalStore.open(tmp_path / "shortcut") as store:
        assert [known.id for known in store.documents()] == ["a"]
