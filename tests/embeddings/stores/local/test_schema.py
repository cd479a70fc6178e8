"""An index of an older format opens forever, and is brought to the newest one."""

import os
import shutil
import sqlite3
import tempfile
import traceback
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from embeddings.errors import IndexMismatchError
from embeddings.stores.local import schema
from embeddings.stores.local.index_folder import CATALOG_FILE, lock_folder
from embeddings.stores.local.store import LocalStore
from embeddings.types import Chunk, DateRange, Document, Filter

KEPT = Path(__file__).parent / "format-1"
"""Made by the first version, with the encoder it came with: three documents, one of them added
twice, and one that was removed."""

NOBODY = 65534
DUNMORE = ["fair.txt", "news/2021/mill.txt"]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(KEPT, tmp_path / "index"))


def shape(path: Path) -> tuple[str, list[str]]:
    """Read the number of a catalog's format, and what tables and indexes it has."""
    with closing(sqlite3.connect(path)) as connection:
        [number] = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        names = connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
    return number, [name for (name,) in names]


def found(store: LocalStore, words: str, within: Filter = Filter()) -> list[str]:  # noqa: B008
    chunks = store.chunks([id_ for id_, _ in store.search_lexical(words, 9, within)])
    return sorted(chunk.document_id for chunk in chunks.values())


def assert_as_it_was_made(store: LocalStore) -> None:
    assert store.check() == []
    assert [(known.id, known.chunks) for known in store.documents()] == [
        ("fair.txt", 1),
        ("news/2021/mill.txt", 1),
        ("überfahrt.md", 1),
    ]
    fair, mill = store.document("fair.txt"), store.document("news/2021/mill.txt")
    assert fair is not None
    assert mill is not None
    assert fair.text.endswith("Baker Rosa Pell won the prize for the best bread. It rained.")
    assert dict(fair.metadata) == {"dateline": "DUNMORE", "pages": 2, "draft": False}
    assert (mill.title, mill.source) == ("Mill sold", "/letters/mill.txt")
    assert str(store.newest) == "2021-02-03"
    assert found(store, "Dunmore") == DUNMORE
    assert found(store, "Dunmore", Filter(dates=DateRange.of("2020-01-01", None))) == DUNMORE[1:]
    assert found(store, "Dunmore", Filter(metadata={"draft": False})) == DUNMORE[:1]
    assert found(store, "Ångström Łódź") == ["überfahrt.md"]
    assert found(store, "museum") == []
    with closing(sqlite3.connect(f"file:{KEPT / CATALOG_FILE}?immutable=1", uri=True)) as kept:
        [vector] = kept.execute("SELECT vector FROM vectors ORDER BY chunk LIMIT 1").fetchone()
    question = np.frombuffer(vector, dtype="<f4")[None]
    [[(nearest, cosine), *others]] = store.search_dense(question, 3, Filter())
    assert store.chunks([nearest])[nearest].document_id == "news/2021/mill.txt"
    assert cosine == pytest.approx(1)
    assert len(others) == 2


def test_an_old_index_is_brought_to_the_newest_format_and_is_as_it_was(old: Path) -> None:
    assert shape(old / CATALOG_FILE)[0] == "1"
    with LocalStore.open(old) as store:
        assert_as_it_was_made(store)
    new = old.parent / CATALOG_FILE
    schema.create(new, {}, 8)
    assert shape(old / CATALOG_FILE) == shape(new)
    assert shape(new)[0] == str(schema.FORMAT)


def test_an_old_index_is_written_to(old: Path) -> None:
    document = Document("a", "The storm broke in Dunmore.")
    with LocalStore.open(old) as store:
        with store.writing():
            store.put(
                document,
                [Chunk("a", 0, len(document.text), document.text)],
                np.eye(1, 384, dtype=np.float32),
            )
            assert store.remove("fair.txt")
        assert found(store, "Dunmore") == ["a", "news/2021/mill.txt"]
        assert store.check() == []


def test_an_old_index_in_a_folder_that_cannot_be_written_to_is_read() -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to other users
        old = Path(shutil.copytree(KEPT, Path(place) / "index"))
        for path in [old.parent, old, *old.rglob("*")]:
            path.chmod(0o444 | (0o111 * path.is_dir()))
        child = os.fork()
        if child == 0:
            if os.geteuid() == 0:
                os.setuid(NOBODY)  # nothing is closed to root
            try:
                with LocalStore.open(old) as store:
                    assert_as_it_was_made(store)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        for path in (old.parent, old, old / "words"):
            path.chmod(0o755)
        assert shape(old / CATALOG_FILE)[0] == "1"


def test_an_old_index_is_read_while_another_process_writes_to_it(old: Path) -> None:
    with lock_folder(old), LocalStore.open(old) as store:
        assert_as_it_was_made(store)
        assert shape(old / CATALOG_FILE)[0] == "1"
    with LocalStore.open(old) as store, store.writing():
        assert shape(old / CATALOG_FILE)[0] == str(schema.FORMAT)


def test_a_death_at_any_statement_leaves_the_old_format_or_the_new_one(old: Path) -> None:
    seen = set()
    for step in range(20):
        copy = Path(shutil.copytree(KEPT, old.parent / str(step)))
        child = os.fork()
        if child == 0:
            connection = schema.connect(copy / CATALOG_FILE)
            left = step

            def die(_: str) -> None:
                nonlocal left
                left -= 1
                if left < 0:
                    os._exit(0)

            connection.set_trace_callback(die)
            schema.migrate(connection)
            os._exit(1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        number, names = shape(copy / CATALOG_FILE)
        assert (number == "2") == ("documents_by_date" in names)
        seen.add((number, status))
        with LocalStore.open(copy) as store:
            assert store.check() == []
    assert seen == {("1", 0), ("2", 1)}


def test_what_a_newer_version_made_of_an_open_index_is_not_written_to(old: Path) -> None:
    with LocalStore.open(old) as store:
        with closing(sqlite3.connect(old / CATALOG_FILE)) as newer, newer:
            newer.execute("UPDATE meta SET value = '999' WHERE key = 'format'")
        with pytest.raises(IndexMismatchError, match="format 999"), store.writing():
            pass
