"""Reindexing while the index is searched and written to.

Run as a program, this file reindexes the given folder with the bundled encoder and waits for a line
after each document.
"""

import datetime
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings.chunking import Chunking
from embeddings.encoder import BUNDLED
from embeddings.errors import IndexBusyError, IndexNotFoundError
from embeddings.index import Index
from embeddings.index_catalog import IndexCatalog
from embeddings.runtimes.model_folder import ModelFolder
from embeddings.stores.local.index_folder import lock_folder
from embeddings.stores.local.store import LocalStore
from embeddings.types import Document

PLACES = "Ayton Beeford Cayton Dunmore Eston Flixton Ganton Hunmanby Irton Kilham".split()
DOCUMENTS = [
    Document(
        id=f"{number:03}.txt",
        title=f"{place} reports",
        date=datetime.date(2020, 1, 1) + datetime.timedelta(days=number),
        source=f"/letters/{number:03}.txt",
        metadata={"page": number, "dateline": place.upper()},
        text=" ".join(
            f"The harbour of {place} was closed for {day} days by storm number {number}."
            for day in range(2, 10)
        ),
    )
    for number, place in enumerate(PLACES * 10)
]
QUESTIONS = ["Which harbour was closed for five days?", "storm number 7", "Dunmore", "rain"]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled encoder under another name and limited to 8 tokens."""
    folder = tmp_path_factory.mktemp("encoder") / "other"
    shutil.copytree(BUNDLED, folder)
    settings = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(settings | {"name": "other", "max_tokens": 8}))
    ModelFolder.write_sums(folder)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, other: Path) -> Path:
    place = tmp_path_factory.mktemp("made") / "index"
    with Index.open(place, create=True, encoder=other, chunking=Chunking(words=40)) as index:
        index.add(DOCUMENTS)
    (place / "feedback.jsonl").write_text("{}\n")
    return place


@pytest.fixture
def old(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "index"))


Found = list[set[tuple[str, int, int, float | None, bool]]]


def searched(index: Index) -> Found:
    """Return all hits of the questions, without BM25 scores: those count deleted chunks too."""
    return [
        {
            (hit.chunk.document_id, hit.chunk.start, hit.chunk.end, hit.dense, hit.lexical is None)
            for hit in hits
        }
        for hits in index.search_many(QUESTIONS, 1000)
    ]


@pytest.fixture(scope="module")
def new_hits(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The hits of a new index with the bundled encoder."""
    place = tmp_path_factory.mktemp("new") / "index"
    with Index.open(place, create=True, chunking=Chunking(words=40)) as index:
        index.add(DOCUMENTS)
        return searched(index)


def stored(place: Path) -> list[tuple[Document | None, int]]:
    with IndexCatalog.open(place) as index:
        assert index.check() == []
        return [(index.document(known.id), known.chunks) for known in index.documents()]


def test_reindexed_index_equals_a_new_one(old: Path, new_hits: Found) -> None:
    before = stored(old)
    with Index.open(old) as index:
        assert searched(index) != new_hits
        generation = index.generation
    seen: list[tuple[int, int]] = []
    report, replaced = Index.reindex(old, progress=lambda done, whole: seen.append((done, whole)))
    assert report.added == tuple(document.id for document in DOCUMENTS)
    assert (report.unchanged, report.failed) == ((), ())
    assert seen[:2] == [(0, 100), (1, 100)]
    assert seen[-1] == (100, 100)
    assert stored(old) == before
    with Index.open(old) as index:
        assert searched(index) == new_hits
        assert index.generation > generation
    assert (old / "feedback.jsonl").read_text() == "{}\n"
    assert replaced == old.with_name("index.replaced-1")
    assert stored(replaced) == before
    assert sorted(path.name for path in old.parent.iterdir()) == ["index", "index.replaced-1"]


def test_reindexed_index_excludes_removed_documents(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "letters" / "mill.txt"
    path.parent.mkdir()
    path.write_text("The mill was sold.")
    with Index.open(old) as index:
        index.add_paths(path.parent)
        index.remove(["mill.txt"])
    Index.reindex(old)
    with Index.open(old) as index:
        assert index.add_paths(path.parent).excluded == (str(path),)


def test_reindexing_uses_the_given_chunking(old: Path) -> None:
    before, cut = stored(old), Chunking(words=60, overlap_words=20)
    Index.reindex(old, chunking=cut)
    assert stored(old) == [(document, len(cut.split(document))) for document in DOCUMENTS]
    assert stored(old) != before
    with Index.open(old, chunking=cut) as index:
        assert index.search("Dunmore", 1)[0].chunk.title == "Dunmore reports"


def test_changes_during_reindexing_are_in_the_new_index(old: Path, other: Path) -> None:
    changed = Document("000.txt", "The ferry of Ayton waited.")
    new = Document("new.txt", "The museum of Ayton reopened.")

    def meanwhile(done: int, _: int) -> None:
        if done == 30:
            with Index.open(old, encoder=other) as index:
                if index.document("new.txt") is None:
                    index.add([changed, new])
                    index.remove(["001.txt", "099.txt"])

    report, _ = Index.reindex(old, progress=meanwhile)
    assert len(report.added) == 101  # 099.txt was removed in time; 000.txt was encoded twice
    documents = {document.id: document for document, _ in stored(old) if document}
    assert documents["000.txt"] == changed
    assert documents["new.txt"] == new
    assert len(documents) == 99
    assert "001.txt" not in documents


def interrupt_at(count: int) -> Callable[[int, int], None]:
    def progress(done: int, _: int) -> None:
        if done == count:
            raise KeyboardInterrupt

    return progress


def test_interrupted_reindexing_continues_where_it_stopped(old: Path, new_hits: Found) -> None:
    with pytest.raises(KeyboardInterrupt):
        Index.reindex(old, progress=interrupt_at(99))
    with Index.open(old) as index:
        assert index.search("Dunmore", 1)[0].chunk.title == "Dunmore reports"
    report, _ = Index.reindex(old)
    assert len(report.unchanged) + len(report.added) == 100
    assert 60 < len(report.unchanged) < 100
    with Index.open(old) as index:
        assert searched(index) == new_hits


def test_interrupted_reindexing_with_other_chunking_is_discarded(
    old: Path, new_hits: Found
) -> None:
    with pytest.raises(KeyboardInterrupt):
        Index.reindex(old, chunking=Chunking(words=20), progress=interrupt_at(99))
    report, _ = Index.reindex(old)
    assert report.unchanged == ()
    with Index.open(old) as index:
        assert searched(index) == new_hits


def test_second_reindexing_or_a_running_writer_raises_busy_error(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again(done: int, _: int) -> None:
        if done == 1:
            with pytest.raises(IndexBusyError):
                Index.reindex(old)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Index.reindex(old, progress=again)
    monkeypatch.setattr("embeddings.maintenance.WAIT_SECONDS", 0.0)
    with lock_folder(old), pytest.raises(IndexBusyError):
        Index.reindex(old)
    assert not old.with_name("index.replaced-1").exists()
    report, _ = Index.reindex(old)
    assert len(report.unchanged) == 100


def test_reindexing_a_missing_index_raises_index_not_found_error(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError):
        Index.reindex(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_killed_reindexing_continues_while_the_old_index_is_searched(
    old: Path, new_hits: Found
) -> None:
    chance = random.Random(7)
    command = [sys.executable, __file__, str(old)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    kills = 0
    with Index.open(old) as index:
        before = searched(index)
        while True:
            pipe = subprocess.PIPE
            process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
            assert process.stdin is not None
            assert process.stdout is not None
            with process:
                if kills < 5:
                    # The program waits for a line after each document, so it cannot finish early.
                    for _ in range(1 + chance.randrange(1 + 24 * kills)):
                        assert process.stdout.readline()
                        assert searched(index) in (before, new_hits)
                        print(file=process.stdin, flush=True)
                    time.sleep(chance.random() / 50)
                    process.kill()
                    kills += 1
                else:
                    process.communicate("\n" * 200)
            if process.returncode == 0:
                break
            assert process.returncode == -9
            assert len(stored(old)) == len(DOCUMENTS)
        assert kills == 5
        assert searched(index) == new_hits  # the open index has switched to the new one
        assert index.check() == []
    with Index.open(old) as index:
        assert searched(index) == new_hits
        assert index.document("000.txt") == DOCUMENTS[0]


STEPS = {"rename", "mkdir", "unlink", "rmtree", "copy2", "fsync", "copy", "raise_generation"}
"""Calls that may change files once the old index is locked."""


def test_reindexing_killed_during_the_swap_loses_nothing(memory: Path, other: Path) -> None:
    whole = memory / "index"
    with Index.open(whole, create=True, encoder=other) as index:
        index.add(DOCUMENTS[:2])
    (whole / "feedback.jsonl").write_text("{}\n")
    with pytest.MonkeyPatch.context() as patched, lock_folder(whole):
        patched.setattr("embeddings.maintenance.WAIT_SECONDS", 0.0)
        with pytest.raises(IndexBusyError):
            Index.reindex(whole)
    # Only the swap is left to do.
    expected, outcomes, finished, step = stored(whole), [], False, 0
    while not finished:
        copy = Path(shutil.copytree(memory, memory.parent / f"{memory.name}-{step}"))
        child = os.fork()
        if child == 0:
            die_at(step)
            Index.reindex(copy / "index")
            os._exit(0)
        finished = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert stored(copy / "index") == expected
        with LocalStore.open(copy / "index") as store:
            outcomes.append(str(store.settings["encoder"]).partition("@")[0])
        assert (copy / "index" / "feedback.jsonl").read_text() == "{}\n"
        Index.reindex(copy / "index")
        assert stored(copy / "index") == expected
        shutil.rmtree(copy)
        step += 1
    assert (outcomes[0], outcomes[-1]) == ("other", "minilm-l6-encoder")
    assert outcomes == sorted(outcomes, reverse=True)
    assert len(outcomes) > 8


def die_at(step: int) -> None:
    """End the process at a step without cleaning up."""
    left = step

    def on_call(frame: object, event: str, function: object) -> None:
        nonlocal left
        if event in ("call", "c_call"):
            name = frame.f_code.co_name if event == "call" else function.__name__  # type: ignore[attr-defined]
            if name in STEPS:
                left -= 1
                if left < 0:
                    os._exit(9)

    sys.setprofile(on_call)


if __name__ == "__main__":

    def step(done: int, whole: int) -> None:
        print(done, whole, flush=True)  # noqa: T201
        sys.stdin.readline()

    Index.reindex(sys.argv[1], progress=step)
