from __future__ import annotations

import datetime
import math
import os
import re
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from embeddings.errors import (
    DocumentError,
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexNotFoundError,
    IndexStorageError,
)
from embeddings.stores.catalog import Catalog
from embeddings.stores.local import LocalStore
from embeddings.types import Chunk, DateRange, Document, Filter, MetadataValue, Vectors

DIMENSIONS = 8
ALL = Filter()
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
FIRST_DAY = datetime.date(2021, 1, 1)
WORDS = ["river", "bridge", "harbour", "minister", "storm", "ferry", "market", "museum"]

WRITER_PROCESS = """
import sys
from pathlib import Path
import numpy as np
from embeddings.stores.catalog import Catalog
from embeddings.stores.local import LocalStore
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
from embeddings.stores.catalog import Catalog
from embeddings.stores.local import LocalStore
from embeddings.types import Filter

if os.getuid() == 0:  # to whom every folder is writable
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


def unit(rows: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((rows, DIMENSIONS)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def cut(document: Document, length: int = 40) -> list[Chunk]:
    return [
        Chunk(
            document.id,
            start,
            min(start + length, len(document.text)),
            document.text[start : start + length],
            document.title,
            document.date,
        )
        for start in range(0, len(document.text), length)
    ]


def put(store: LocalStore, *documents: Document, seed: int = 0) -> None:
    with store.writing():
        for number, document in enumerate(documents):
            chunks = cut(document)
            store.put(document, chunks, unit(len(chunks), seed + number))


def corpus(count: int = 40) -> list[Document]:
    rng = np.random.default_rng(3)
    documents = []
    for number in range(count):
        metadata: dict[str, MetadataValue] = {"desk": f"desk {number % 3}", "page": number % 5}
        documents.append(
            Document(
                f"news/{number:02}.txt",
                " ".join(rng.choice(WORDS, 20)),
                f"Report {number}",
                None if number % 7 == 0 else FIRST_DAY + datetime.timedelta(days=number),
                f"/corpus/news/{number:02}.txt",
                metadata,
            )
        )
    return documents


FILTERS = [
    ALL,
    Filter(DateRange(after=datetime.date(2021, 1, 20))),
    Filter(DateRange(before=datetime.date(2021, 1, 9))),
    Filter(DateRange(datetime.date(2021, 1, 5), datetime.date(2021, 1, 6))),
    Filter(documents=frozenset({"news/01.txt", "news/14.txt", "nowhere", "\ud800"})),
    Filter(documents=frozenset()),
    Filter(metadata={"desk": "desk 1"}),
    Filter(metadata={"desk": "desk 1", "page": 4.0}),
    Filter(metadata={"page": True}),
    Filter(metadata={"page": "1"}),
    Filter(metadata={"page": math.nan}),
    Filter(metadata={"nothing": 1}),
    Filter(DateRange(after=datetime.date(2021, 1, 9)), None, {"desk": "desk 0"}),
]


@pytest.fixture
def folder(memory: Path) -> Path:
    return memory / "index"


@pytest.fixture
def store(folder: Path) -> Iterator[LocalStore]:
    with LocalStore.create(folder, {"encoder": "fake", "chunk_tokens": 128}, DIMENSIONS) as store:
        yield store


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    folder = tmp_path_factory.mktemp("news") / "index"
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus())
        yield store


def vectors_by_chunk(store: LocalStore) -> dict[int, Vectors]:
    """Ask for each vector by its own: the corpus is put in order, so ids count from 1."""
    vectors = [unit(len(cut(document)), seed) for seed, document in enumerate(corpus())]
    return dict(enumerate(np.concatenate(vectors), start=1))


def nearest(
    vectors: dict[int, Vectors], question: Vectors, k: int, allowed: set[int]
) -> list[tuple[int, float]]:
    scored = [(id_, float(vector @ question)) for id_, vector in vectors.items() if id_ in allowed]
    return sorted(scored, key=lambda hit: (-hit[1], hit[0]))[:k]


def allowed_chunks(store: LocalStore, within: Filter) -> set[int]:
    by_id = {document.id: document for document in corpus()}
    chunks = store.chunks(range(1, 1000))
    return {id_ for id_, chunk in chunks.items() if within.allows(by_id[chunk.document_id])}


# What goes in comes out


def test_a_document_comes_back_as_it_was_put(store: LocalStore) -> None:
    document = Document(
        "a/ü\x00.txt",
        "Emoji \U0001f600 and\x00NUL and e\u0301 count as characters. " * 3,
        "A title",
        datetime.date(987, 6, 5),
        "https://example.org/a",
        {"text": "x", "yes": True, "one": 1, "half": 0.5, "big": 2**70, "inf": math.inf},
    )
    put(store, document)
    found = store.document(document.id)
    assert found == document
    assert [type(value) for value in found.metadata.values()] == [
        type(value) for value in document.metadata.values()
    ]
    assert list(store.chunks(range(10)).values()) == cut(document)
    (listed,) = store.documents()
    assert (listed.id, listed.title, listed.date) == (document.id, "A title", document.date)
    assert (listed.source, listed.metadata) == (document.source, document.metadata)
    assert (listed.digest, listed.characters) == (document.digest, len(document.text))
    assert listed.chunks == len(cut(document))
    assert store.check() == []


def test_a_document_without_chunks_is_kept(store: LocalStore) -> None:
    put(store, Document("empty", ""))
    assert store.document("empty") == Document("empty", "")
    assert store.search_dense(unit(1), 3, ALL) == [[]]
    assert store.check() == []


def test_documents_are_listed_by_id(news: LocalStore) -> None:
    assert [listed.id for listed in news.documents()] == sorted(d.id for d in corpus())


def test_what_is_not_there_is_none(store: LocalStore) -> None:
    assert store.document("nowhere") is None
    assert store.document("\udcff") is None
    assert store.chunks([1, 0, -1]) == {}
    with store.writing():
        assert store.remove("nowhere") is False
        assert store.remove("\udcff") is False
    assert store.generation == 0


def test_settings_and_contents_outlive_the_store(folder: Path) -> None:
    settings: dict[str, MetadataValue] = {"encoder": "fake", "chunk_tokens": 128}
    with LocalStore.create(folder, settings, DIMENSIONS) as store:
        put(store, *corpus(3))
    with LocalStore.open(folder) as store:
        assert store.settings == settings
        assert store.generation == 3
        assert [store.document(listed.id) for listed in store.documents()] == corpus(3)


def test_a_chunk_id_is_never_given_out_twice(store: LocalStore) -> None:
    first, second = Document("d", "The ferry left."), Document("d", "The ferry came.")
    put(store, first)
    with store.writing():
        store.remove("d")
    put(store, second)
    ((before, _),) = store.search_lexical("ferry", 1, ALL)
    assert before == 2
    assert store.chunks([1]) == {}


@pytest.mark.parametrize("name", ["id", "text", "title", "source"])
def test_what_cannot_be_encoded_is_refused(store: LocalStore, name: str) -> None:
    parts = {"id": "d", "text": "text", name: "half \ud83d"}
    document = Document(**parts)  # type: ignore[arg-type]
    with pytest.raises(DocumentError, match=f"its {name} holds halves"):
        put(store, document)
    assert list(store.documents()) == []


@pytest.mark.parametrize(
    ("chunk", "vectors"),
    [
        (Chunk("other", 0, 4, "text"), unit(1)),
        (Chunk("d", 0, 3, "text"), unit(1)),
        (Chunk("d", 0, 9, "text"), unit(1)),
        (Chunk("d", 0, 4, "text"), unit(2)),
        (Chunk("d", 0, 4, "text"), unit(1)[:, :7]),
        (Chunk("d", 0, 4, "text"), unit(1) * 2),
        (Chunk("d", 0, 4, "text"), unit(1) * np.nan),
    ],
)
def test_what_does_not_fit_is_refused(store: LocalStore, chunk: Chunk, vectors: Vectors) -> None:
    with store.writing(), pytest.raises(ValueError, match=r"^d: "):
        store.put(Document("d", "text"), [chunk], vectors)
    assert list(store.documents()) == []


# Searching


@pytest.mark.parametrize("within", FILTERS)
@pytest.mark.parametrize("k", [1, 7, 1000])
def test_dense_search_equals_brute_force(news: LocalStore, within: Filter, k: int) -> None:
    questions = unit(5, seed=99)
    vectors, allowed = vectors_by_chunk(news), allowed_chunks(news, within)
    for question, hits in zip(questions, news.search_dense(questions, k, within), strict=True):
        expected = nearest(vectors, question, k, allowed)
        assert [id_ for id_, _ in hits] == [id_ for id_, _ in expected]
        np.testing.assert_allclose(
            [score for _, score in hits], [score for _, score in expected], atol=1e-6
        )


@pytest.mark.parametrize("within", FILTERS)
def test_lexical_search_finds_the_chunks_that_hold_a_term(news: LocalStore, within: Filter) -> None:
    allowed = allowed_chunks(news, within)
    chunks = news.chunks(range(1, 1000))
    for word in ["storm", "museum", "17"]:
        hits = news.search_lexical(word, 1000, within)
        holding = {
            id_
            for id_, chunk in chunks.items()
            if word in re.findall(r"\w+", chunk.indexed_text.lower())
        }
        assert {id_ for id_, _ in hits} == holding & allowed
        assert all(score > 0 for _, score in hits)


@pytest.mark.parametrize("within", FILTERS)
def test_a_filter_leaves_lexical_scores_and_order_alone(news: LocalStore, within: Filter) -> None:
    question = "Which ferry crossed the river in the storm on 3 January 2021?"
    everything = news.search_lexical(question, 1000, ALL)
    allowed = allowed_chunks(news, within)
    expected = [hit for hit in everything if hit[0] in allowed]
    assert news.search_lexical(question, 1000, within) == expected
    assert news.search_lexical(question, 3, within) == expected[:3]


def test_ties_go_to_the_smaller_id(store: LocalStore) -> None:
    question, tied = np.eye(2, DIMENSIONS, dtype=np.float32)
    tied = 0.6 * question + 0.8 * tied
    with store.writing():
        for number in range(30):
            best = number in (15, 29)  # that come late and drive out some of the others
            document = Document(f"{number:02}", "The museum opened." + best * " The museum closed.")
            vector = question if best else tied
            store.put(document, cut(document), vector[None])
        store.remove("04")
    ids = [16, 30, 1, 2, 3, 4, 6]
    assert [[id_ for id_, _ in hits] for hits in store.search_dense(question[None], 7, ALL)] == [
        ids
    ]
    assert [id_ for id_, _ in store.search_lexical("museum", 7, ALL)] == ids


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Onal", "Professor Önal spoke."),
        ("O\u0308nal", "Professor \u00d6nal spoke."),
        ("office", "The o\ufb03ce closed."),
        ("crossing", "Nobody crosses the river."),
        ("What did the WHO say?", "The WHO warned of flu."),
        ("who", "The WHO warned of flu."),
        ("WHO IS THE MAYOR", "The mayor resigned."),
        ("What is that?", "To be or not to be: that is it."),
        ("हिन्दी", "हिन्दी दिवस"),
    ],
)
def test_a_question_finds_other_spellings(store: LocalStore, question: str, text: str) -> None:
    put(store, Document("right", text), Document("wrong", "Trams run on rails."))
    hits = store.search_lexical(question, 5, ALL)
    assert [store.chunks([id_])[id_].document_id for id_, _ in hits] == ["right"]


def test_stop_words_do_not_bring_up_chunks(store: LocalStore) -> None:
    put(store, Document("a", "The storm."), Document("b", "What is the use of it?"))
    hits = store.search_lexical("What was the storm?", 5, ALL)
    assert [id_ for id_, _ in hits] == [1]


@pytest.mark.parametrize(
    "question",
    ['"storm', "storm AND", "+storm -ferry (", "text:storm", "storm*", "st\\orm storm", "storm\x00",
     "storm \ud83d", "[storm TO", "storm^9 ~2", "a" * 70_000 + " storm"],
)  # fmt: skip
def test_no_character_is_an_operator(news: LocalStore, question: str) -> None:
    hits = news.search_lexical(question, 1000, ALL)
    assert {id_ for id_, _ in news.search_lexical("storm", 1000, ALL)} <= {id_ for id_, _ in hits}


@pytest.mark.parametrize("question", ["", " ", "?!", "\x00", "zzz"])
def test_a_question_without_known_words_finds_nothing(news: LocalStore, question: str) -> None:
    assert news.search_lexical(question, 5, ALL) == []


def test_title_and_date_are_searched(store: LocalStore) -> None:
    dated = Document("a", "It rained.", "Weather report", datetime.date(2021, 3, 4))
    put(store, dated, Document("b", "It rained."))
    assert [id_ for id_, _ in store.search_lexical("weather", 5, ALL)] == [1]
    assert [id_ for id_, _ in store.search_lexical("March 2021", 5, ALL)] == [1]


def test_equal_values_of_the_metadata_are_one(store: LocalStore) -> None:
    values: list[MetadataValue] = [1, 1.0, True, "1", 0, False, -0.0, 2**70, float(2**70), math.nan]
    put(store, *(Document(str(n), "storm", metadata={"v": v}) for n, v in enumerate(values)))
    for value in values:
        expected = [n for n, other in enumerate(values, start=1) if other == value]
        within = Filter(metadata={"v": value})
        assert sorted(id_ for id_, _ in store.search_lexical("storm", 99, within)) == expected
        assert sorted(id_ for id_, _ in store.search_dense(unit(1), 99, within)[0]) == expected


def test_searches_inside_of_writing_see_what_was_put(store: LocalStore) -> None:
    with store.writing():
        for number in range(3):
            document = Document(str(number), f"The ferry number{number}.")
            store.put(document, cut(document), unit(1, number))
            assert len(store.search_lexical("ferry", 9, ALL)) == number + 1
            assert len(store.search_dense(unit(1), 9, ALL)[0]) == number + 1
        store.remove("1")
        assert store.search_lexical("number1", 9, ALL) == []
        assert [id_ for id_, _ in store.search_dense(unit(1), 9, ALL)[0]] == [1, 3]


def test_no_hits_are_asked_for_none_are_given(news: LocalStore) -> None:
    assert news.search_dense(unit(2), 0, ALL) == [[], []]
    assert news.search_lexical("storm", 0, ALL) == []


# The right to write


def test_nothing_is_written_outside_of_writing(store: LocalStore) -> None:
    with pytest.raises(RuntimeError):
        store.put(Document("d", ""), [], unit(0))
    with pytest.raises(RuntimeError):
        store.remove("d")
    with store.writing():
        pass
    with pytest.raises(RuntimeError):
        store.remove("d")


def test_another_store_or_thread_cannot_write_at_the_same_time(
    store: LocalStore, folder: Path
) -> None:
    errors: list[Exception] = []

    def write() -> None:
        try:
            with store.writing():
                pass
        except IndexBusyError as error:
            errors.append(error)
        try:
            store.remove("d")
        except RuntimeError as error:
            errors.append(error)

    with store.writing():
        with LocalStore.open(folder) as other, pytest.raises(IndexBusyError), other.writing():
            pass
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        with pytest.raises(IndexBusyError), store.writing():
            pass
    assert [type(error) for error in errors] == [IndexBusyError, RuntimeError]
    with store.writing():
        pass


def test_a_reader_goes_on_while_another_process_writes(folder: Path) -> None:
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


def test_a_reader_follows_a_writer(store: LocalStore, folder: Path) -> None:
    put(store, *corpus(5))
    with LocalStore.open(folder) as reader:
        assert len(reader.search_dense(unit(1), 99, ALL)[0]) == len(reader.chunks(range(99)))
        for round_ in range(3):  # also past removals that the writer has forgotten
            with store.writing():
                store.remove(f"news/0{round_}.txt")
            put(store, Document(f"new {round_}", f"Comet number{round_}."), seed=round_)
            expected = sorted(store.chunks(range(99)))
            assert sorted(id_ for id_, _ in reader.search_dense(unit(1), 99, ALL)[0]) == expected
            assert len(reader.search_lexical(f"number{round_}", 9, ALL)) == 1
            assert reader.generation == store.generation
        assert reader.check() == []


def test_a_reader_finds_words_before_a_long_writing_ends(store: LocalStore, folder: Path) -> None:
    catalog = Catalog.open(folder / "catalog.sqlite")
    with LocalStore(folder, catalog, commit_seconds=0) as writer, writer.writing():
        for number in range(2):
            document = Document(str(number), f"Comet number{number}.")
            writer.put(document, cut(document), unit(1))
        assert [id_ for id_, _ in store.search_lexical("comet", 9, ALL)] == [1]
        assert [id_ for id_, _ in store.search_dense(unit(1), 9, ALL)[0]] == [1, 2]


def test_an_exception_leaves_what_was_put(store: LocalStore, folder: Path) -> None:
    document = Document("d", "The harbour froze.")
    with pytest.raises(KeyboardInterrupt), store.writing():  # noqa: PT012
        store.put(document, cut(document), unit(1))
        raise KeyboardInterrupt
    assert (folder / "vectors.faiss").exists()
    assert (folder / "words").exists()
    with LocalStore.open(folder) as other:
        assert len(other.search_lexical("harbour", 1, ALL)) == 1
        assert other.check() == []


def test_threads_search_while_one_writes(store: LocalStore) -> None:
    put(store, *corpus(5))
    stop = threading.Event()
    failures: list[BaseException] = []

    def search() -> None:
        try:
            while not stop.is_set():
                ids = [id_ for id_, _ in store.search_dense(unit(1), 9, ALL)[0]]
                ids += [id_ for id_, _ in store.search_lexical("storm", 9, ALL)]
                store.chunks(ids)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for document in corpus(20):
        put(store, document)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.check() == []


# Making and opening


def test_an_index_is_made_in_an_empty_folder_only(folder: Path) -> None:
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


def test_an_index_cannot_be_made_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        with pytest.raises(IndexStorageError):
            LocalStore.create(tmp_path / place, {}, DIMENSIONS)


def test_opening_no_index_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError, match=r"qa index FOLDER.*create=True"):
        LocalStore.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_index_of_a_newer_version_is_refused(folder: Path) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    change(folder, "UPDATE meta SET value = '99' WHERE key = 'format'")
    with pytest.raises(IndexMismatchError, match="99"):
        LocalStore.open(folder)


def test_a_read_only_index_is_searched() -> None:
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
    assert "cannot be written" in error


def test_a_full_disk_is_told_and_nothing_is_lost(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(3))
    program = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
import test_local
from embeddings.errors import IndexStorageError

store = test_local.LocalStore.open(Path({str(folder)!r}))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
kept = 3
try:
    with store.writing():
        for number in range(100):
            document = test_local.Document(f"long {{number}}", "storm " * 5000)
            store.put(document, [], test_local.unit(0))
            kept += 1
except IndexStorageError as error:
    print(kept, error)
"""
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    kept, message = output.stdout.split(" ", 1)
    assert "What was reported as added is kept" in message
    with LocalStore.open(folder) as store:
        assert 3 < len(list(store.documents())) == int(kept) < 100
        assert store.check() == []


@pytest.mark.parametrize("file_bytes", [1_000, 5_000])
def test_caches_are_caught_up_when_the_disk_has_room_again(
    store: LocalStore, file_bytes: int
) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    document = Document("d", " ".join(f"word{number}" for number in range(5000)))
    try:
        with pytest.raises(IndexStorageError, match="is kept"), store.writing():  # noqa: PT012
            store.put(document, cut(document, 1000), unit(len(cut(document, 1000))))
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, most))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert store.document("d") == document
    assert len(store.search_lexical("word77", 9, ALL)) == 1
    assert store.check() == []


def test_a_full_database_is_told(store: LocalStore) -> None:
    put(store, *corpus(3))
    store._catalog.connection.execute("PRAGMA max_page_count = 40")
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


@pytest.mark.parametrize("harm", ["truncated", "flipped", "missing", "empty", "of another index"])
def test_a_damaged_vector_file_is_made_anew(folder: Path, tmp_path: Path, harm: str) -> None:
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
def test_a_damaged_word_folder_is_made_anew(folder: Path, tmp_path: Path, harm: str) -> None:
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


def test_caches_of_an_older_copy_of_the_catalog_are_made_anew(folder: Path) -> None:
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
def test_a_damaged_document_is_named_and_dropped(folder: Path, statement: str, fault: str) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(3))
    change(folder, statement)
    with LocalStore.open(folder) as store:
        (sentence,) = store.check()
        assert sentence.startswith("news/01.txt")
        assert fault in sentence
        assert any("news/01.txt was dropped" in sentence for sentence in store.repair())
        assert [listed.id for listed in store.documents()] == ["news/00.txt", "news/02.txt"]
        assert store.check() == []
        assert len(store.search_dense(unit(1), 99, ALL)[0]) == len(store.chunks(range(99)))


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_an_unreadable_catalog_is_told(folder: Path, content: bytes) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    (folder / "catalog.sqlite").write_bytes(content)
    with pytest.raises(IndexDamagedError, match="qa check --repair"):
        LocalStore.open(folder)
    with pytest.raises(IndexDamagedError, match="nothing in it can be read"):
        LocalStore.salvage(folder)


def test_a_database_of_something_else_is_no_index(folder: Path) -> None:
    folder.mkdir()
    change(folder, "CREATE TABLE meta (key TEXT, value TEXT)")
    with pytest.raises(IndexDamagedError, match="no catalog"):
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
def test_a_catalog_that_would_run_something_is_refused(
    folder: Path, statements: list[str], named: str
) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    for statement in statements:
        change(folder, statement)
    for opened in (LocalStore.open, LocalStore.salvage):
        with pytest.raises(IndexDamagedError, match=f"holds {named}"):
            opened(folder)


def test_the_schema_of_a_catalog_calls_no_function_with_effects(folder: Path) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    with Catalog.open(folder / "catalog.sqlite").connection as connection:
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
def test_a_catalog_that_says_what_cannot_be_is_damaged(folder: Path, statement: str) -> None:
    LocalStore.create(folder, {}, DIMENSIONS).close()
    change(folder, statement)
    with pytest.raises(IndexDamagedError, match="is no catalog of an index"):
        LocalStore.open(folder)


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE documents SET metadata = '{DEEP}'",
        "UPDATE documents SET metadata = '[1]'",
        "UPDATE documents SET title = x'00ff'",
    ],
)
def test_a_document_that_cannot_be_is_damaged(folder: Path, statement: str) -> None:
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
def test_a_word_folder_that_names_other_files_is_made_anew(
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


def test_vectors_in_the_form_of_faiss_are_not_opened(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, Document("a", "The storm broke."))
    file = folder / "vectors.faiss"
    assert file.read_bytes()[:4] not in (b"IxM2", b"IxMp", b"IxFI")
    # Whole, of this index and this generation, but of another kind.
    stamped = file.read_bytes()[:-4].replace(b"vectors1", b"IxM2\0\0\0\0")
    file.write_bytes(stamped + zlib.crc32(stamped).to_bytes(4, "little"))
    altered = file.read_bytes()
    with LocalStore.open(folder) as store:
        assert store.check() == []
    assert file.read_bytes() != altered


def damaged_index(folder: Path) -> list[Document]:
    """Make an index and overwrite a page in the middle of its texts with nonsense."""
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
def test_intact_documents_are_saved_from_a_damaged_catalog(folder: Path, way: str) -> None:
    documents = damaged_index(folder)
    if way == "salvage":
        done = LocalStore.salvage(folder)
    else:
        with LocalStore.open(folder) as store:
            assert all(sentence.startswith("The catalog ") for sentence in store.check())
            assert store.check() != []
            with pytest.raises(IndexDamagedError):
                [store.document(document.id) for document in documents]
            done = store.repair()
            assert store.check() == []
    lost = {match[1] for match in map(re.compile(r"(\d\d) was dropped").match, done) if match}
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


def test_a_salvage_that_finds_the_disk_full_changes_nothing(folder: Path) -> None:
    damaged_index(folder)
    before = (folder / "catalog.sqlite").read_bytes()
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, most))
        with pytest.raises(IndexStorageError):
            LocalStore.salvage(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert len((folder / "catalog.sqlite").read_bytes()) == len(before)
    assert "20 was dropped" in " ".join(LocalStore.salvage(folder))
    with LocalStore.open(folder) as store:
        assert len(list(store.documents())) > 35


def test_a_catalog_that_others_have_open_is_not_replaced(folder: Path) -> None:
    documents = damaged_index(folder)
    with LocalStore.open(folder) as other:
        with pytest.raises(IndexBusyError):
            LocalStore.salvage(folder)
        assert other.document("00") == documents[0]
    assert "20 was dropped" in " ".join(LocalStore.salvage(folder))


def test_repair_of_a_sound_index_changes_nothing(folder: Path) -> None:
    with LocalStore.create(folder, {}, DIMENSIONS) as store:
        put(store, *corpus(5))
        before = store.search_dense(unit(2), 9, ALL), store.search_lexical("storm", 9, ALL)
        assert store.repair() == ["The caches for searching were made anew."]
        assert (
            store.search_dense(unit(2), 9, ALL),
            store.search_lexical("storm", 9, ALL),
        ) == before
        assert store.generation == 5
