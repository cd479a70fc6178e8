"""Tests of the Milvus store only; see test_contract.py for the others.

Run as a program, this file writes to copies of an index and crashes at another step in each copy.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout

from embeddings.errors import (
    DocumentError,
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexStorageError,
)
from embeddings.stores.milvus.client import Connection, connect
from embeddings.stores.milvus.reader import ABOUT, STATE, MilvusReader
from embeddings.stores.milvus.schema import CHUNKS, COLLECTIONS, DOCUMENTS, TEXTS
from embeddings.stores.milvus.store import MilvusStore
from embeddings.types import Document, Section
from tests.embeddings.stores.samples import ALL, DIMENSIONS, corpus, cut, put, unit

pymilvus = pytest.importorskip("pymilvus", reason="Milvus' packages are not installed")

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
OLD = Document("a", "The storm broke. The ferry waited in the harbour, and nobody came.", "Old")
NEW = Document("a", "The storm passed. The ferry left.", "New")
OTHER = Document("b", "The harbour reopened.")
LONG = Document("c", "The museum closed. " * 700)


@pytest.fixture
def location(memory: Path) -> str:
    return f"milvus:{memory / 'index.db'}"


@pytest.fixture
def store(location: str) -> Iterator[MilvusStore]:
    with MilvusStore.create(location, {"encoder": "fake"}, DIMENSIONS) as store:
        yield store


@pytest.fixture
def connection(location: str, store: MilvusStore) -> Iterator[Connection]:
    with closing(connect(location)) as connection:
        yield connection


@pytest.fixture
def cluster(memory: Path) -> Iterator[str]:
    """Yield the URL of an embedded Milvus, which acts as a cluster."""
    from milvus_lite.server_manager import server_manager_instance

    path = str(memory / "cluster.db")
    yield server_manager_instance.start_and_get_uri(path)
    server_manager_instance.release_server(path)


class Failing:
    """A client whose calls of one method for one collection fail while `failing` is set."""

    def __init__(self, client: Any, method: str, collection: str) -> None:
        self.client = client
        self.failing = False
        self._method = method
        self._collection = collection

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if self.failing and (name, arguments[0]) == (self._method, self._collection):
                raise pymilvus.MilvusException(message="no room")
            return getattr(self.client, name)(*arguments, **named)

        return call


def row_counts(connection: Connection) -> list[int]:
    return [len(connection.query(name, "generation > 0", ["generation"])) for name in COLLECTIONS]


# Crashes


def write_and_crash(location: str, reported: Path, step: int) -> None:
    """Replace a document in this process, which is killed at a write call."""
    left = step

    def on_call(frame: Any, event: str, function: object) -> None:
        nonlocal left
        if event != "call" or frame.f_code is not Connection.call.__code__:
            return
        left -= frame.f_locals["name"] in ("upsert", "delete")
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with MilvusStore.open(location) as store:
        sys.setprofile(on_call)
        with store.writing():
            store.put(NEW, cut(NEW), unit(1))
            reported.touch()
        sys.setprofile(None)


def crash_at_steps(base: Path, copies: Path, stride: int) -> None:
    import milvus_lite.adapter.grpc.server  # noqa: F401 (once, not in each child)

    step = 0
    finished = False
    while not finished:
        folder = copies / f"{step:02}"
        shutil.copytree(base, folder / "index.db")
        child = os.fork()
        if child == 0:
            write_and_crash(f"milvus:{folder / 'index.db'}", folder / "reported", step)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, -signal.SIGKILL), status
        finished = status == 0
        step += stride


@pytest.mark.parametrize("stride", [3, pytest.param(1, marks=pytest.mark.long)])
def test_killed_writer_leaves_each_document_old_or_new(
    location: str, memory: Path, stride: int
) -> None:
    with MilvusStore.create(location, {}, DIMENSIONS) as store:
        put(store, OLD, OTHER)
    copies = memory / "copies"
    subprocess.run(
        [sys.executable, __file__, str(memory / "index.db"), str(copies), str(stride)],
        check=True,
        env=ENVIRONMENT,
    )
    outcomes = []
    for folder in sorted(copies.iterdir()):
        place = f"milvus:{folder / 'index.db'}"
        with MilvusStore.open(place) as store, closing(connect(place)) as connection:
            found = store.document("a")
            reported = (folder / "reported").exists()
            outcomes.append((found == NEW, reported))
            assert found == NEW if reported else found in (OLD, NEW)
            assert [listed.id for listed in store.documents()] == ["a", "b"]
            expected = [*cut(found), *cut(OTHER)]
            chunks = store.chunks(range(1, 999))
            assert sorted(chunk.text for chunk in chunks.values()) == sorted(
                chunk.text for chunk in expected
            )
            assert len(store.search_dense(unit(1), 999, ALL)[0]) == len(expected)
            assert store.check() == []
            put(store, LONG)  # the index still works
            assert row_counts(connection) == [len(expected) + len(cut(LONG)), 4, 3]
            assert store.check() == []
    # Three deletions, three writes and the commit, then seven to clean up; the last has no crash.
    assert outcomes == [(step >= 7, step >= 7) for step in range(0, 14 + stride, stride)]


def test_rows_of_a_failed_put_are_not_valid(store: MilvusStore, location: str) -> None:
    connection = connect(location)
    connection.client = failing = Failing(connection.client, "upsert", DOCUMENTS)
    about = {"format": 2, "settings": {}, "dimensions": DIMENSIONS}
    with closing(MilvusStore(connection, about)) as writer, writer.writing():
        failing.failing = True
        with pytest.raises(IndexStorageError, match="no room"):
            writer.put(LONG, cut(LONG), unit(len(cut(LONG))))
        failing.failing = False
        assert list(store.documents()) == []
        assert store.search_dense(unit(1), 9, ALL) == [[]]
        assert store.search_lexical("museum", 9, ALL) == []
        writer.put(NEW, cut(NEW), unit(1))
        assert store.chunks(range(1, 999)) == {1: cut(NEW)[0]}
        assert len(store.search_dense(unit(1), 99, ALL)[0]) == 1
        assert row_counts(connection) == [1, 1, 1]
    assert store.check() == []


def test_replaced_documents_leave_no_rows(store: MilvusStore, connection: Connection) -> None:
    for _ in range(3):
        put(store, OLD, NEW, OTHER)
    with store.writing():
        store.remove("b")
    assert row_counts(connection) == [1, 1, 1]


def test_invalid_rows_are_deleted_while_writing(store: MilvusStore, connection: Connection) -> None:
    with store.writing():
        for _ in range(150):
            store.put(OTHER, cut(OTHER), unit(1))
        assert max(row_counts(connection)) <= 102
        assert store.chunks(range(1, 151)) == {150: cut(OTHER)[0]}


# Damage


def change(connection: Connection, collection: str, **changes: object) -> None:
    [row] = connection.query(collection, "generation == 2", ["*"])
    row.pop("weights", None)
    connection.upsert(collection, [row | changes])


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda c: c.delete(TEXTS, "generation == 2"), "lost a part of its text"),
        (lambda c: c.delete(CHUNKS, "generation == 2"), "lost a chunk"),
        (lambda c: change(c, TEXTS, piece=json.dumps("x" * 21)), "differs from what was added"),
        (lambda c: change(c, DOCUMENTS, document="0"), "differs from what was added"),
        (lambda c: change(c, CHUNKS, stop=22), "outside its text"),
        (lambda c: change(c, CHUNKS, vector=[2.0] * 8), "not of length 1"),
        (lambda c: change(c, CHUNKS, day=7), "chunk that differs"),
        (lambda c: change(c, CHUNKS, labels=["x"]), "chunk that differs"),
        (lambda c: change(c, CHUNKS, words="x"), "chunk that differs"),
    ],
)
def test_check_names_a_damaged_document_and_repair_removes_it(
    store: MilvusStore, connection: Connection, damage: Callable[[Connection], None], fault: str
) -> None:
    put(store, NEW, OTHER, Document("c", "It rained."))
    damage(connection)
    [sentence] = store.check()
    assert sentence.startswith("b: ")
    assert fault in sentence
    assert any("b was removed" in sentence for sentence in store.repair())
    assert [listed.id for listed in store.documents()] == ["a", "c"]
    assert store.check() == []


def test_document_without_its_text_raises_index_damaged_error(
    store: MilvusStore, connection: Connection
) -> None:
    put(store, NEW, OTHER)
    connection.delete(TEXTS, "generation == 2")
    with pytest.raises(IndexDamagedError, match="b: a part of its text is missing"):
        store.document("b")
    assert list(store.chunks([1, 2])) == [1]


def test_index_without_a_state_raises_index_damaged_error(
    store: MilvusStore, connection: Connection
) -> None:
    put(store, NEW)
    connection.delete(DOCUMENTS, f"generation == {STATE}")
    with pytest.raises(IndexDamagedError, match="state is missing"):
        list(store.documents())


def test_file_of_another_program_raises_index_damaged_error(memory: Path) -> None:
    (memory / "notes.db").write_text("mine")
    with pytest.raises(IndexDamagedError, match="choose another name"):
        MilvusStore.open(f"milvus:{memory / 'notes.db'}")
    assert (memory / "notes.db").read_text() == "mine"


# Limits of Milvus


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (Document("d", "text", "title" * 20_000), "have more than the 65535 bytes"),
        (Document("d", "text", metadata={str(n): n for n in range(4097)}), "4097 metadata entries"),
    ],
)
def test_document_beyond_the_limits_of_milvus_raises_document_error(
    store: MilvusStore, document: Document, reason: str
) -> None:
    with store.writing():
        with pytest.raises(DocumentError, match=reason):
            store.put(document, cut(document), unit(1))
        store.put(OTHER, cut(OTHER), unit(1))
    assert [listed.id for listed in store.documents()] == ["b"]
    assert store.check() == []


def test_words_beyond_the_limit_of_milvus_are_not_searched(store: MilvusStore) -> None:
    document = Document("long", "first " + "word " * 20_000 + "last")
    with store.writing():
        store.put(document, cut(document, 200_000), unit(1))
    assert [id_ for id_, _ in store.search_lexical("first", 9, ALL)] == [1]
    assert store.search_lexical("last", 9, ALL) == []
    assert store.check() == []


def make_format_1(connection: Connection) -> None:
    """Remove from an index what the first format did not have."""
    rows = connection.query(DOCUMENTS, "generation > 0", ["*"])
    for row in rows:
        body = json.loads(row["body"])
        assert body.pop("structure") == 0
        del body["file_size"], body["file_mtime_ns"]
        connection.upsert(DOCUMENTS, [row | {"body": json.dumps(body)}])
    MilvusReader(connection).write(ABOUT, json.dumps(json.loads(about(connection)) | {"format": 1}))


def about(connection: Connection) -> str:
    body = MilvusReader(connection).body(ABOUT)
    assert body is not None
    return body


def test_index_of_format_1_is_read_and_becomes_format_2_when_written_to(
    store: MilvusStore, location: str, connection: Connection
) -> None:
    put(store, OLD, OTHER)
    make_format_1(connection)
    sectioned = Document("s", "Harbour\nIt is closed.", sections=(Section("Harbour", 1, 0),))
    with MilvusStore.open(location) as old:
        assert old.check() == []
        assert (old.document("a"), old.document("b")) == (OLD, OTHER)
        assert set(old.chunks(range(1, 9)).values()) == {*cut(OLD), *cut(OTHER)}
        assert [known.file_size for known in old.documents()] == [None, None]
        assert json.loads(about(connection))["format"] == 1
        put(old, sectioned)
        assert json.loads(about(connection))["format"] == 2
        assert old.document("s") == sectioned
        assert old.check() == []


def test_index_of_a_newer_format_raises_index_mismatch_error(
    store: MilvusStore, location: str, connection: Connection
) -> None:
    about = {"format": 99, "settings": {}, "dimensions": DIMENSIONS}
    MilvusReader(connection).write(ABOUT, json.dumps(about))
    with pytest.raises(IndexMismatchError, match="99"):
        MilvusStore.open(location)


def test_create_after_an_interrupted_create_succeeds(location: str) -> None:
    with MilvusStore.create(location, {}, DIMENSIONS) as store:
        put(store, NEW)
        with closing(connect(location)) as connection:
            connection.delete(DOCUMENTS, f"generation == {ABOUT}")
    assert not MilvusStore.is_at(location)
    with MilvusStore.create(location, {"encoder": "fake"}, DIMENSIONS) as store:
        assert list(store.documents()) == []
        assert store.check() == []


# Concurrency


def test_file_open_in_another_process_raises_index_busy_error(
    store: MilvusStore, location: str
) -> None:
    program = f"""
from embeddings.errors import IndexBusyError
from embeddings.stores.milvus.store import MilvusStore
try:
    MilvusStore.open({location!r})
except IndexBusyError as error:
    print(error)
"""
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert "another process has it open" in result.stdout
    assert result.stderr == ""


def test_file_is_released_by_its_last_user(location: str, memory: Path) -> None:
    def is_taken() -> bool:
        try:
            with FileLock(memory / "index.db" / "LOCK", timeout=0):
                return False
        except Timeout:
            return True

    first = MilvusStore.create(location, {}, DIMENSIONS)
    second = MilvusStore.open(location)
    first.close()
    first.close()
    assert is_taken()
    assert second.settings == {}
    second.close()
    assert not is_taken()


def test_many_new_chunks_are_flushed(store: MilvusStore, memory: Path) -> None:
    document = Document("many", "storm rain wind hail " * 1_100)
    put(store, document)
    assert [*(memory / "index.db" / "collections" / CHUNKS).rglob("*.parquet")] != []
    assert len(store.search_lexical("hail", 999, ALL)) > 500


def test_reads_wait_while_a_file_is_flushed(
    store: MilvusStore, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushing, flushed, read = threading.Event(), threading.Event(), threading.Event()

    def flush(*_: object, **__: object) -> None:
        flushing.set()
        flushed.wait(60)

    def search() -> None:
        store.search_dense(unit(1), 9, ALL)
        read.set()

    monkeypatch.setattr(connection.client, "flush", flush)
    threads = [
        threading.Thread(target=connection.call, args=("flush", DOCUMENTS)),
        threading.Thread(target=search),
    ]
    threads[0].start()
    assert flushing.wait(60)
    threads[1].start()
    assert not read.wait(0.3)
    flushed.set()
    assert read.wait(60)
    for thread in threads:
        thread.join()


def test_cluster_keeps_an_index(cluster: str) -> None:
    with MilvusStore.create(cluster, {"encoder": "fake"}, DIMENSIONS) as store:
        put(store, *corpus(5))
        with MilvusStore.open(cluster) as other:
            assert other.settings == {"encoder": "fake"}
            with store.writing():
                store.remove("news/00.txt")
                with pytest.raises(IndexBusyError, match="a thread is writing"):
                    other.writing().__enter__()
            with other.writing():
                assert other.remove("news/01.txt")
        ids = [listed.id for listed in store.documents()]
        assert ids == ["news/02.txt", "news/03.txt", "news/04.txt"]
        assert store.generation == 7
        assert store.check() == []
    assert MilvusStore.is_at(cluster)


def test_writer_stops_when_another_process_has_written(cluster: str) -> None:
    with MilvusStore.create(cluster, {}, DIMENSIONS) as store:
        put(store, OTHER)
        with closing(connect(cluster)) as connection, store.writing():
            connection.write_lock = threading.Lock()  # as if it ran in another process
            other = MilvusStore(connection, {"format": 2, "settings": {}, "dimensions": DIMENSIONS})
            with other.writing():
                other.put(LONG, cut(LONG), unit(len(cut(LONG))))
                with pytest.raises(IndexBusyError, match="another process is writing"):
                    store.put(NEW, cut(NEW), unit(1))
                with pytest.raises(IndexBusyError, match="another process is writing"):
                    store.remove("b")
        assert [listed.id for listed in store.documents()] == ["b", "c"]
        assert store.check() == []


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir()
    crash_at_steps(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
