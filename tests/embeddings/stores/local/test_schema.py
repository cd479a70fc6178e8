"""Indexes of older formats: they can be read, and are migrated to the current format."""

import os
import shutil
import sqlite3
import tempfile
import traceback
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from embeddings.date_range import DateRange
from embeddings.errors import IndexMismatchError
from embeddings.stores.local import schema
from embeddings.stores.local.index_folder import CATALOG_FILE, lock_folder
from embeddings.stores.local.store import LocalStore
from embeddings.types import Chunk, Document, Filter

OLD_FORMATS = ["1", "2", "3"]
"""Each has a folder `format-N`, written by the last version with this format and its bundled
encoder: three documents, one of them added twice. A fourth was added and removed."""

UNPRIVILEGED_USER = 65534
DUNMORE = ["fair.txt", "news/2021/mill.txt"]


@pytest.fixture(params=OLD_FORMATS)
def number(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fixture(number: str) -> Path:
    return Path(__file__).parent / f"format-{number}"


@pytest.fixture
def old(fixture: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fixture, tmp_path / "index"))


def format_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        [number] = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    return str(number)


def shape(path: Path) -> list[tuple[str, list[str]]]:
    """List the tables and indexes of a catalog with their columns."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT type, name FROM sqlite_schema ORDER BY name").fetchall()
        return [
            (name, [str(row) for row in connection.execute(f"PRAGMA {kind}_info('{name}')")])
            for kind, name in found
        ]


def found(store: LocalStore, words: str, within: Filter = Filter()) -> list[str]:  # noqa: B008
    chunks = store.chunks([id_ for id_, _ in store.search_lexical(words, 9, within)])
    return sorted(chunk.document_id for chunk in chunks.values())


def assert_contents(store: LocalStore, fixture: Path) -> None:
    """Compare an opened index with what the fixtures were made from."""
    assert store.check() == []
    assert [(known.id, known.chunks, known.file_size) for known in store.documents()] == [
        ("fair.txt", 1, None),
        ("news/2021/mill.txt", 1, None),
        ("überfahrt.md", 1, None),
    ]
    assert store.known(["fair.txt"])["fair.txt"].characters == 131
    assert [known.id for known in store.documents_under("/letters")] == ["news/2021/mill.txt"]
    fair, mill = store.document("fair.txt"), store.document("news/2021/mill.txt")
    assert fair is not None
    assert mill is not None
    assert fair.text.endswith("Baker Rosa Pell won the prize for the best bread. It rained.")
    assert dict(fair.metadata) == {"dateline": "DUNMORE", "pages": 2, "draft": False}
    assert (mill.title, mill.source) == ("Mill sold", "/letters/mill.txt")
    assert (mill.sections, mill.pages, mill.file_size) == ((), (), None)
    assert str(store.newest) == "2021-02-03"
    assert found(store, "Dunmore") == DUNMORE
    assert found(store, "Dunmore", Filter(dates=DateRange.of("2020-01-01", None))) == DUNMORE[1:]
    assert found(store, "Dunmore", Filter(metadata={"draft": False})) == DUNMORE[:1]
    assert found(store, "Ångström Łódź") == ["überfahrt.md"]
    assert found(store, "museum") == []
    with closing(sqlite3.connect(f"file:{fixture / CATALOG_FILE}?immutable=1", uri=True)) as kept:
        [vector] = kept.execute("SELECT vector FROM vectors ORDER BY chunk LIMIT 1").fetchone()
    question = np.frombuffer(vector, dtype="<f4")[None]
    [[(nearest, cosine), *others]] = store.search_dense(question, 3, Filter())
    assert store.chunks([nearest])[nearest].document_id == "news/2021/mill.txt"
    assert cosine == pytest.approx(1)
    assert len(others) == 2


def test_opening_an_old_index_migrates_it_and_keeps_its_contents(
    old: Path, fixture: Path, number: str
) -> None:
    assert format_of(old / CATALOG_FILE) == number
    with LocalStore.open(old) as store:
        assert_contents(store, fixture)
    new = old.parent / CATALOG_FILE
    schema.create(new, {}, 8)
    assert shape(old / CATALOG_FILE) == shape(new)
    assert format_of(old / CATALOG_FILE) == str(schema.FORMAT)


def test_writing_to_a_migrated_index_keeps_it_sound(old: Path) -> None:
    document = Document("a", "The storm broke in Dunmore.", file_size=27, file_mtime_ns=1)
    with LocalStore.open(old) as store:
        with store.writing():
            store.put(
                document,
                [Chunk("a", 0, len(document.text), document.text)],
                np.eye(1, 384, dtype=np.float32),
            )
            assert store.remove("fair.txt")
        assert found(store, "Dunmore") == ["a", "news/2021/mill.txt"]
        assert store.document("a") == document
        assert store.check() == []


def test_old_index_in_a_read_only_folder_is_read_without_migration(
    fixture: Path, number: str
) -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to other users
        old = Path(shutil.copytree(fixture, Path(place) / "index"))
        for path in [old.parent, old, *old.rglob("*")]:
            path.chmod(0o444 | (0o111 * path.is_dir()))
        child = os.fork()
        if child == 0:
            if os.geteuid() == 0:
                os.setuid(UNPRIVILEGED_USER)  # root may write to a read-only folder
            try:
                with LocalStore.open(old) as store:
                    assert_contents(store, fixture)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        for path in (old.parent, old, old / "words"):
            path.chmod(0o755)
        assert format_of(old / CATALOG_FILE) == number


def test_old_index_is_read_while_another_process_writes_to_it(
    old: Path, fixture: Path, number: str
) -> None:
    with lock_folder(old), LocalStore.open(old) as store:
        assert_contents(store, fixture)
        assert format_of(old / CATALOG_FILE) == number
    with LocalStore.open(old) as store, store.writing():
        assert format_of(old / CATALOG_FILE) == str(schema.FORMAT)


def test_open_old_index_shows_changes_after_another_store_migrated_it(old: Path) -> None:
    document = Document("a", "The storm broke.", file_size=16, file_mtime_ns=1)
    with lock_folder(old):
        early = LocalStore.open(old)  # cannot migrate the index
    with early, LocalStore.open(old) as late:
        with late.writing():
            late.put(document, [], np.zeros((0, 384), dtype=np.float32))
        assert early.document("a") == document
        assert early.known(["a"]) == late.known(["a"])


def test_process_killed_during_migration_leaves_the_old_or_the_new_format(
    old: Path, fixture: Path, number: str
) -> None:
    new = old.parent / CATALOG_FILE
    schema.create(new, {}, 8)
    expected = {number: shape(old / CATALOG_FILE), str(schema.FORMAT): shape(new)}
    seen = set()
    for step in range(20):
        copy = Path(shutil.copytree(fixture, old.parent / str(step)))
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
        found = format_of(copy / CATALOG_FILE)
        assert shape(copy / CATALOG_FILE) == expected[found]
        seen.add((found, status))
        with LocalStore.open(copy) as store:
            assert store.check() == []
    assert seen == {(number, 0), (str(schema.FORMAT), 1)}


def test_writing_is_refused_after_a_newer_version_migrated_the_open_index(old: Path) -> None:
    with LocalStore.open(old) as store:
        with closing(sqlite3.connect(old / CATALOG_FILE)) as newer, newer:
            newer.execute("UPDATE meta SET value = '999' WHERE key = 'format'")
        with pytest.raises(IndexMismatchError, match="format 999"), store.writing():
            pass
