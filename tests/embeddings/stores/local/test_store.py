from __future__ import annotations

import os
import re
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from embeddings.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexStorageError,
)
from embeddings.stores.local.bm25 import BM25Index
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.integrity import salvage
from embeddings.stores.local.store import LocalStore
from embeddings.types import Document, Filter
from tests.embeddings.stores.samples import (
    ALL,
    DIMENSIONS,
    FILTERS,
    allowed_chunks,
    corpus,
    cut,
    put,
    unit,
)

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
WRITER_PROCESS = """
import sys
from pathlib import Path
import numpy as np
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.integrity import salvage
from embeddings.stores.local.store import LocalStore
from embeddings.types import Chunk, Document

with LocalStore.open(Path(sys.argv[1])) as store, store.writing():
    text = "A comet passed."
    store.put(Document("comet", text), [Chunk("comet", 0, 15, text)], np.eye(1, 8, dtype="f4"))
    print("put", flush=True)
    sys.stdin.readline()
"""

UNPRIVILEGED_READER = """
import os, sys
from pathlib import Path
import numpy as np
from embeddings.errors import IndexStorageError
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.integrity import salvage
from embeddings.stores.local.store import LocalStore
from embeddings.types import Filter

if os.getuid() == 0:  # root can write everywhere
    os.setuid(65534)
with LocalStore.open(Path(sys.argv[1])) as store:
    print(len(store.search_dense(np.eye(1, 8, dtype="f4"), 3, Filter())[0]))
    print(len(store.search_lexical("harbour", 3, Filter())))
    try:
        with store.writing():
            pass
    except IndexStorageError as error:
        print(error)
"""


@pytest.fixture
def folder(memory: Path) -> Path:
    return memory / "index"


@pytest.fixture
def store(folder: Path) -> Iterator[LocalStore]:
    with LocalStore.create(folder, {"encoder": "fake", "chunk_tokens": 128}, DIMENSIONS) as store:
        yield store


# Searching


@pytest.mark.parametrize("within", FILTERS)
def test_filter_does_not_change_lexical_scores_and_order(store: LocalStore, within: Filter) -> None:
    put(store, *corpus())
    question = "Which ferry crossed the river in the storm on 3 January 2021?"
    everything = store.search_lexical(question, 1000, ALL)
    allowed = allowed_chunks(store, within)
    expected = [hit for hit in everything if hit[0] in allowed]
    assert store.search_lexical(question, 1000, within) == expected
    assert store.search_lexical(question, 3, within) == expected[:3]


# Writing


def test_reader_continues_while_another_process_writes(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, Document("d", "The harbour froze."))
        with subprocess.Popen(
            [sys.executable, "-c", WRITER_PROCESS, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "put\n"
            with pytest.raises(IndexBusyError), store.writing():
                pass
            assert store.document("comet") is not None
            assert [id_ for id_, _ in store.search_dense(unit(1), 9, ALL)[0]] == [1, 2]
            assert [id_ for id_, _ in store.search_lexical("harbour", 9, ALL)] == [1]
            process.communicate("\n")
            assert process.returncode == 0
        assert [id_ for id_, _ in store.search_lexical("comet", 9, ALL)] == [2]
        assert store.check() == []


def test_reader_finds_new_words_before_a_long_write_ends(store: LocalStore, folder: Path) -> None:
    with LocalStore(folder, commit_seconds=0) as writer, writer.writing():
        for number in range(2):
            document = Document(str(number), f"Comet number{number}.")
            writer.put(document, cut(document), unit(1))
        assert [id_ for id_, _ in store.search_lexical("comet", 9, ALL)] == [1]
        assert [id_ for id_, _ in store.search_dense(unit(1), 9, ALL)[0]] == [1, 2]


def test_exception_while_writing_keeps_earlier_documents(store: LocalStore, folder: Path) -> None:
    document = Document("d", "The harbour froze.")
    with pytest.raises(KeyboardInterrupt), store.writing():  # noqa: PT012
        store.put(document, cut(document), unit(1))
        raise KeyboardInterrupt
    assert (folder / "vectors.faiss").exists()
    assert (folder / "words").exists()
    with LocalStore.open(folder) as other:
        assert len(other.search_lexical("harbour", 1, ALL)) == 1
        assert other.check() == []


# Creating and opening


def test_creating_in_a_folder_with_files_raises_index_storage_error(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(IndexStorageError, match=r"thesis\.txt"):
        LocalStore.create(folder, {}, DIMENSIONS)
    assert [path.name for path in folder.iterdir() if path.name != "write.lock"] == ["thesis.txt"]
    (folder / "thesis.txt").unlink()
    (folder / "catalog.sqlite.new-wal").write_bytes(b"left by an interrupted attempt")
    LocalStore.create(folder, {}, DIMENSIONS).close()
    with pytest.raises(IndexStorageError, match=r"catalog\.sqlite"):
        LocalStore.create(folder, {}, DIMENSIONS)


def test_creating_over_a_file_raises_index_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        with pytest.raises(IndexStorageError):
            LocalStore.create(tmp_path / place, {}, DIMENSIONS)


def test_index_of_a_newer_format_raises_index_mismatch_error(folder: Path) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    change(folder, "UPDATE meta SET value = '99' WHERE key = 'format'")
    with pytest.raises(IndexMismatchError, match="99"):
        LocalStore.open(folder)


def test_read_only_index_can_be_searched() -> None:
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    index = folder / "index"
    try:
        with LocalStore.create(index, {}, DIMENSIONS) as store:
            put(store, Document("d", "The harbour froze."))
        for path in [folder, *folder.rglob("*")]:
            path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH | (0o111 * path.is_dir()))
        output = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED_READER, str(index)],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            check=True,
        )
        dense, lexical, error = output.stdout.splitlines()
    finally:
        for path in [folder, index]:
            path.chmod(stat.S_IRWXU)
        shutil.rmtree(folder)
    assert (dense, lexical) == ("1", "1")
    assert "cannot be written to" in error


def test_full_disk_raises_index_storage_error_and_keeps_documents(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(3))
    program = f"""
import resource, signal, sys
from pathlib import Path
from embeddings.errors import IndexStorageError
from embeddings.stores.local.integrity import salvage
from embeddings.stores.local.store import LocalStore
from embeddings.stores.local.bm25 import BM25Index
from embeddings.types import Document, Filter
from tests.embeddings.stores.samples import unit

store = LocalStore.open(Path({str(folder)!r}))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
kept = 3
try:
    with store.writing():
        for number in range(100):
            document = Document(f"long {{number}}", "storm " * 5000)
            store.put(document, [], unit(0))
            kept += 1
except IndexStorageError as error:
    print(kept, error)
"""
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    kept, message = output.stdout.split(" ", 1)
    assert "Documents that were reported as added are kept" in message
    with LocalStore.open(folder) as store:
        assert 3 < len(list(store.documents())) == int(kept) < 100
        assert store.check() == []


@pytest.mark.parametrize("file_bytes", [1_000, 5_000])
def test_caches_are_updated_when_the_disk_has_space_again(
    store: LocalStore, file_bytes: int
) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    document = Document("d", " ".join(f"word{number}" for number in range(5000)))
    try:
        with pytest.raises(IndexStorageError, match="are kept"), store.writing():  # noqa: PT012
            store.put(document, cut(document, 1000), unit(len(cut(document, 1000))))
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, most))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert store.document("d") == document
    assert len(store.search_lexical("word77", 9, ALL)) == 1
    assert store.check() == []


def test_full_database_raises_index_storage_error(store: LocalStore) -> None:
    put(store, *corpus(3))
    store.connection.execute("PRAGMA max_page_count = 40")
    with pytest.raises(IndexStorageError, match="full"):
        put(store, Document("long", "storm " * 50_000))
    assert len(list(store.documents())) == 3
    assert store.check() == []


# Damage


def change(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "catalog.sqlite") as connection:
        connection.execute(statement)
    connection.close()


def saved_ids(folder: Path) -> list[int]:
    with LocalStore.open(folder) as store:
        assert len(store.search_lexical("storm", 1, ALL)) == 1
        ids = sorted(id_ for id_, _ in store.search_dense(unit(1), 1000, ALL)[0])
        assert store.check() == []
    return ids


def test_small_change_does_not_rewrite_the_vector_file(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(40))
        file = (folder / "vectors.faiss").read_bytes()
        put(store, Document("new", "The comet passed."))
        with store.writing():
            store.remove("news/07.txt")
        ids = sorted(store.chunks(range(1000)))
        assert (folder / "vectors.faiss").read_bytes() == file
    assert saved_ids(folder) == ids
    with LocalStore.open(folder) as store:
        put(store, Document("newer", "The comet came back."))
        assert (folder / "vectors.faiss").read_bytes() == file
        ids = sorted(store.chunks(range(1000)))
    assert saved_ids(folder) == ids


def test_larger_change_rewrites_the_vector_file(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(20))
        file = (folder / "vectors.faiss").read_bytes()
        put(store, *corpus(40)[20:])
        assert len((folder / "vectors.faiss").read_bytes()) > 1.5 * len(file)


@pytest.mark.parametrize("harm", ["truncated", "flipped", "missing", "empty", "of another index"])
def test_damaged_vector_file_is_rebuilt(folder: Path, tmp_path: Path, harm: str) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(5))
        ids = sorted(store.chunks(range(1000)))
    file = folder / "vectors.faiss"
    intact = file.read_bytes()
    if harm == "truncated":
        file.write_bytes(intact[:-40])
    elif harm == "flipped":
        middle = len(intact) // 2
        file.write_bytes(intact[:middle] + bytes([intact[middle] ^ 1]) + intact[middle + 1 :])
    elif harm == "missing":
        file.unlink()
    elif harm == "empty":
        file.write_bytes(b"")
    else:
        with LocalStore.create(tmp_path / "other", {}, DIMENSIONS) as other:
            put(other, *corpus(5), seed=50)
        shutil.copy(tmp_path / "other" / "vectors.faiss", file)
    assert saved_ids(folder) == ids
    assert file.read_bytes() == intact


@pytest.mark.parametrize("harm", ["deleted", "flipped", "part missing", "no meta", "other index"])
def test_damaged_bm25_folder_is_rebuilt(folder: Path, tmp_path: Path, harm: str) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(5))
        hits = store.search_lexical("storm ferry", 9, ALL)
    words = folder / "words"
    postings = next(words.glob("*.idx"))
    if harm == "deleted":
        shutil.rmtree(words)
    elif harm == "flipped":
        content = bytearray(postings.read_bytes())
        content[len(content) // 3] ^= 1
        postings.write_bytes(content)
    elif harm == "part missing":
        postings.unlink()
    elif harm == "no meta":
        (words / "meta.json").write_text("{")
    else:
        with LocalStore.create(tmp_path / "other", {}, DIMENSIONS) as other:
            put(other, *corpus(9))
        shutil.rmtree(words)
        shutil.copytree(tmp_path / "other" / "words", words)
    with LocalStore.open(folder) as store:
        assert store.search_lexical("storm ferry", 9, ALL) == hits
        assert store.check() == []
    assert not postings.exists()


def test_lock_file_written_during_the_removal_does_not_stop_a_rebuild(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(5))
        hits = store.search_lexical("storm ferry", 9, ALL)
    words = folder / "words"
    (words / "meta.json").write_text("{")
    remove = shutil.rmtree

    def interrupted(path: Path, *, ignore_errors: bool = False) -> None:
        remove(path, ignore_errors=ignore_errors)
        if path == words:
            words.mkdir()
            (words / ".tantivy-meta.lock").touch()

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with LocalStore.open(folder) as store:
        assert store.search_lexical("storm ferry", 9, ALL) == hits
        assert store.check() == []


def test_caches_of_another_copy_of_the_catalog_are_rebuilt(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(3))
        ids = sorted(store.chunks(range(1000)))
    backup = (folder / "catalog.sqlite").read_bytes()
    with LocalStore.open(folder) as store:
        put(store, *corpus(6))
    (folder / "catalog.sqlite").write_bytes(backup)
    assert saved_ids(folder) == ids


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE texts SET text = text || '!' WHERE generation = 2", "differs from what was added"),
        ("UPDATE documents SET title = 'x' WHERE generation = 2", "differs from what was added"),
        ("UPDATE documents SET metadata = '{' WHERE generation = 2", "cannot be read"),
        ("UPDATE documents SET date = 'x' WHERE generation = 2", "cannot be read"),
        ("UPDATE chunks SET stop = 9999 WHERE generation = 2", "outside its text"),
        ("UPDATE vectors SET vector = x'00' WHERE chunk = 5", "wrong length"),
        ("UPDATE vectors SET vector = zeroblob(32) WHERE chunk = 5", "not of length 1"),
        ("DELETE FROM vectors WHERE chunk = 5", "without a vector"),
        ("DELETE FROM texts WHERE generation = 2", "cannot be read"),
    ],
)
def test_check_names_a_damaged_document_and_repair_removes_it(
    folder: Path, statement: str, fault: str
) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(3))
    change(folder, statement)
    with LocalStore.open(folder) as store:
        (sentence,) = store.check()
        assert sentence.startswith("news/01.txt")
        assert fault in sentence
        if "differs" in fault:
            with pytest.raises(IndexDamagedError, match=r"news/01\.txt differs"):
                store.document("news/01.txt")
        assert any("news/01.txt was removed" in sentence for sentence in store.repair())
        assert [listed.id for listed in store.documents()] == ["news/00.txt", "news/02.txt"]
        assert store.check() == []
        assert len(store.search_dense(unit(1), 99, ALL)[0]) == len(store.chunks(range(99)))


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_unreadable_catalog_raises_index_damaged_error(folder: Path, content: bytes) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    (folder / "catalog.sqlite").write_bytes(content)
    with pytest.raises(IndexDamagedError, match="qa check --repair"):
        LocalStore.open(folder)
    with pytest.raises(IndexDamagedError, match="cannot be read at all"):
        salvage(folder)


def test_database_of_another_program_raises_index_damaged_error(folder: Path) -> None:
    folder.mkdir()
    change(folder, "CREATE TABLE meta (key TEXT, value TEXT)")
    with pytest.raises(IndexDamagedError, match="not the catalog"):
        LocalStore.open(folder)


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (
            [
                "ALTER TABLE documents RENAME TO hidden",
                "CREATE VIEW documents AS WITH RECURSIVE n(i) AS "
                "(SELECT 1 UNION ALL SELECT i FROM n) SELECT hidden.* FROM hidden, n",
            ],
            "view documents",
        ),
        (
            ["CREATE TRIGGER emptied AFTER UPDATE ON meta BEGIN DELETE FROM documents; END"],
            "trigger emptied",
        ),
        (["CREATE VIRTUAL TABLE searched USING fts5(words)"], "table searched"),
    ],
)
def test_catalog_with_views_or_triggers_is_refused(
    folder: Path, statements: list[str], named: str
) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    for statement in statements:
        change(folder, statement)
    for opened in (LocalStore.open, salvage):
        with pytest.raises(IndexDamagedError, match=f"contains {named}"):
            opened(folder)


def test_schema_cannot_call_functions_with_side_effects(folder: Path) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    with Catalog(folder / "catalog.sqlite").connection as connection:
        assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
        assert connection.execute("PRAGMA cell_size_check").fetchone() == (1,)
    connection.close()


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE meta SET value = '{DEEP}' WHERE key = 'settings'",
        "UPDATE meta SET value = '-1' WHERE key = 'dimensions'",
        "UPDATE meta SET value = '../../else' WHERE key = 'index'",
    ],
)
def test_catalog_with_impossible_values_raises_index_damaged_error(
    folder: Path, statement: str
) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    change(folder, statement)
    with pytest.raises(IndexDamagedError, match="is not the catalog of an index"):
        LocalStore.open(folder)


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE documents SET metadata = '{DEEP}'",
        "UPDATE documents SET metadata = '[1]'",
        "UPDATE documents SET title = x'00ff'",
    ],
)
def test_document_with_impossible_values_raises_index_damaged_error(
    folder: Path, statement: str
) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, Document("a", "The storm broke."))
    change(folder, statement)
    with LocalStore.open(folder) as store, pytest.raises(IndexDamagedError, match="qa check"):
        store.document("a")


@pytest.mark.parametrize(
    "meta",
    [
        DEEP,
        "[]",
        '{"segments": [{"segment_id": "/**/*", "deletes": null}]}',
        '{"segments": [{"segment_id": "../../**/*", "deletes": null}]}',
        '{"segments": [{"segment_id": null, "deletes": null}]}',
    ],
)
def test_bm25_folder_that_names_other_files_is_rebuilt(
    folder: Path, monkeypatch: pytest.MonkeyPatch, meta: str
) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, Document("a", "The storm broke."))
    (folder / "words" / "meta.json").write_text(meta)
    asked = []
    found = Path.glob
    monkeypatch.setattr(
        Path, "glob", lambda path, pattern: (asked.append(pattern), found(path, pattern))[1]
    )
    with LocalStore.open(folder) as store:
        assert len(store.search_lexical("storm", 3, ALL)) == 1
    assert [pattern for pattern in asked if ".." in pattern or "**" in pattern] == []


def test_bm25_index_is_reopened_after_many_commits(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.stores.local.bm25.COMMITS", 3)
    opened = []
    whole = BM25Index._open
    monkeypatch.setattr(BM25Index, "_open", lambda cache: (opened.append(cache), whole(cache))[1])
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        for number in range(7):
            put(store, Document(f"{number}", "The storm broke."))
            assert len(store.search_lexical("storm", 9, ALL)) == number + 1
        assert len(opened) == 3  # before the first commit, and after 3 and 6 commits
        assert store.check() == []


def test_vector_file_in_the_format_of_faiss_is_not_opened(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, Document("a", "The storm broke."))
    file = folder / "vectors.faiss"
    assert file.read_bytes()[:4] not in (b"IxM2", b"IxMp", b"IxFI")
    # Complete, with the right index and generation, but of another kind.
    stamped = file.read_bytes()[:-4].replace(b"vectors1", b"IxM2\0\0\0\0")
    file.write_bytes(stamped + zlib.crc32(stamped).to_bytes(4, "little"))
    altered = file.read_bytes()
    with LocalStore.open(folder) as store:
        assert store.check() == []
    assert file.read_bytes() != altered


def damaged_index(folder: Path) -> list[Document]:
    """Make an index and overwrite a page in the middle of its texts."""
    documents = [
        Document(f"{number:02}", f"storm number{number} " + "rain " * 600) for number in range(40)
    ]
    with LocalStore.create(folder, {"encoder": "fake"}, DIMENSIONS) as store:
        put(store, *documents)
    with sqlite3.connect(folder / "catalog.sqlite") as connection:
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray((folder / "catalog.sqlite").read_bytes())
    page = content.index(b"storm number20 ") // page_bytes
    content[page * page_bytes : (page + 1) * page_bytes] = b"\xa5" * page_bytes
    (folder / "catalog.sqlite").write_bytes(content)
    return documents


@pytest.mark.parametrize("way", ["salvage", "repair"])
def test_salvage_keeps_the_intact_documents_of_a_damaged_catalog(folder: Path, way: str) -> None:
    documents = damaged_index(folder)
    if way == "salvage":
        done = salvage(folder)
    else:
        with LocalStore.open(folder) as store:
            assert all(sentence.startswith("The catalog ") for sentence in store.check())
            assert store.check() != []
            with pytest.raises(IndexDamagedError):
                [store.document(document.id) for document in documents]
            done = store.repair()
            assert store.check() == []
    lost = {match[1] for match in map(re.compile(r"(\d\d) was removed").match, done) if match}
    assert "20" in lost
    assert len(lost) < 5
    with LocalStore.open(folder) as store:
        assert store.settings == {"encoder": "fake"}
        assert store.generation >= 40
        intact = [document for document in documents if document.id not in lost]
        assert [store.document(listed.id) for listed in store.documents()] == intact
        assert store.check() == []
        assert len(store.search_lexical("storm", 99, ALL)) == len(intact)
        assert min(id_ for id_, _ in store.search_lexical("storm", 99, ALL)) > 40


def test_repair_of_a_damaged_index_of_the_metadata_loses_nothing(folder: Path) -> None:
    document = Document("a", "The storm broke.")
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, document)
    file = folder / "catalog.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        [size] = connection.execute("PRAGMA page_size").fetchone()
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_meta_1'"
        [page] = connection.execute(query).fetchone()
    content = bytearray(file.read_bytes())
    content[(page - 1) * size : page * size] = b"\xa5" * size
    file.write_bytes(content)
    with LocalStore.open(folder) as store:
        assert store.check() != []
        store.repair()
        assert store.check() == []
        assert store.document("a") == document


def test_salvage_on_a_full_disk_changes_nothing(folder: Path) -> None:
    damaged_index(folder)
    before = (folder / "catalog.sqlite").read_bytes()
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, most))
        with pytest.raises(IndexStorageError):
            salvage(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert len((folder / "catalog.sqlite").read_bytes()) == len(before)
    assert "20 was removed" in " ".join(salvage(folder))
    with LocalStore.open(folder) as store:
        assert len(list(store.documents())) > 35


def test_salvage_of_a_catalog_that_is_open_raises_index_busy_error(folder: Path) -> None:
    documents = damaged_index(folder)
    with LocalStore.open(folder) as other:
        with pytest.raises(IndexBusyError):
            salvage(folder)
        assert other.document("00") == documents[0]
    assert "20 was removed" in " ".join(salvage(folder))


def test_repair_of_an_intact_index_only_rebuilds_caches(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(5))
        before = store.search_dense(unit(2), 9, ALL), store.search_lexical("storm", 9, ALL)
        assert store.repair() == ["The caches for searching were rebuilt."]
        assert (
            store.search_dense(unit(2), 9, ALL),
            store.search_lexical("storm", 9, ALL),
        ) == before
        assert store.generation == 5
