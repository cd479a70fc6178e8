"""A crash at any step leaves each document complete, and loses nothing that was reported.

Run as a program, this file changes copies of an index and crashes at another step in each copy. The
sample of the default tests crashes at each third step of long operations.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Collection
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from embeddings.stores.local.store import LocalStore
from embeddings.stores.local.vectors import MAX_FLAT
from embeddings.types import Chunk, Document, Filter

OLD = Document("a", "The storm broke. The ferry waited.", "Old", metadata={"page": 1})
NEW = Document("a", "The storm passed. The ferry left. The river fell.", "New")
OTHER = Document("b", "The harbour reopened.")
THIRD = Document("c", "The museum closed. The market moved.")

STEPS_OF_SAVING = {
    "add_document", "commit", "delete_documents_by_term", "fsync", "mkdir", "open",
    "replacement_add_with_ids", "replacement_train", "to_bytes", "wait_merging_threads", "write",
    "writer",
}  # fmt: skip
REPAIR_STEPS = STEPS_OF_SAVING | {"execute", "executemany", "replace", "rmtree", "unlink"}
DIED = 9


def put(store: LocalStore, document: Document) -> None:
    chunks, start = [], 0
    for sentence in document.text.split(". "):
        end = start + len(sentence)
        text = document.text[start:end]
        chunks.append(Chunk(document.id, start, end, text, document.title, document.date))
        start = end + 2
    store.put(document, chunks, np.eye(len(chunks), 8, dtype=np.float32))


OPERATIONS: dict[str, tuple[Callable[[LocalStore], object], dict[str, Document | None]]] = {
    "put": (lambda store: put(store, THIRD), {"c": THIRD}),
    "update": (lambda store: put(store, NEW), {"a": NEW}),
    "remove": (lambda store: store.remove("a"), {"a": None}),
}


class Crash:
    """Ends the process at a step without cleaning up."""

    def __init__(self, step: int, functions: Collection[str] = STEPS_OF_SAVING) -> None:
        self.left = step
        self.functions = functions

    def __call__(self, *_: object) -> None:
        self.left -= 1
        if self.left < 0:
            os._exit(DIED)

    def on_call(self, frame: object, event: str, function: object) -> None:
        if event in ("call", "c_call"):
            name = frame.f_code.co_name if event == "call" else function.__name__  # type: ignore[attr-defined]
            if name in self.functions:
                self()


def write_and_crash(folder: Path, operation: str, phase: str, crash: Crash) -> None:
    """Run an operation in this process, then create the file `reported` in the folder."""
    connections: list[sqlite3.Connection] = []
    sys.addaudithook(
        lambda event, arguments: (
            connections.append(arguments[0]) if event == "sqlite3.connect/handle" else None
        )
    )
    # In the phase "clustering" there is one vector too many for a flat index.
    max_flat = 0 if phase == "clustering" else MAX_FLAT
    store = LocalStore(folder, max_flat=max_flat)
    with store.writing():
        if phase == "transaction":
            connections[-1].set_trace_callback(crash)
        OPERATIONS[operation][0](store)
        (folder / "reported").touch()
        if phase != "transaction":
            connections[-1].set_trace_callback(crash)
            sys.setprofile(crash.on_call)
    sys.setprofile(None)
    store.close()


def repair_and_crash(folder: Path, step: int) -> None:
    """Repair an index in this process."""
    sys.setprofile(Crash(step, REPAIR_STEPS).on_call)
    with LocalStore.open(folder) as store:
        store.repair()
    sys.setprofile(None)


def die_at_steps(base: Path, copies: Path, operation: str, phase: str, stride: int) -> None:
    step = 0
    finished = False
    while not finished:
        folder = Path(shutil.copytree(base, copies / f"{step:03}"))
        child = os.fork()
        if child == 0:
            if operation == "repair":
                repair_and_crash(folder, step)
            else:
                write_and_crash(folder, operation, phase, Crash(step))
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, DIED), status
        finished = status == 0
        step += stride


def run_crashes(base: Path, copies: Path, operation: str, phase: str, stride: int) -> None:
    """Run the crashes in forks of a process that runs nothing else."""
    subprocess.run(
        [sys.executable, __file__, str(base), str(copies), operation, phase, str(stride)],
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


SAMPLE = [("update", "transaction", 1), ("put", "saving", 3), ("update", "clustering", 3)]
ALL = [*product(OPERATIONS, ["transaction", "saving"], [1]), ("update", "clustering", 1)]
DAMAGES = ["page", "document"]


@pytest.mark.parametrize(
    ("operation", "phase", "stride"),
    [*SAMPLE, *(pytest.param(*case, marks=pytest.mark.long) for case in ALL if case not in SAMPLE)],
)
def test_killed_writer_leaves_each_document_old_or_new(
    memory: Path, operation: str, phase: str, stride: int
) -> None:
    base, copies = memory / "base", memory / "copies"
    with LocalStore.create(base, {}, 8) as store, store.writing():
        put(store, OLD)
        put(store, OTHER)
    run_crashes(base, copies, operation, phase, stride)
    before: dict[str, Document | None] = {"a": OLD, "b": OTHER, "c": None}
    after = before | OPERATIONS[operation][1]
    outcomes = []
    for folder in sorted(copies.iterdir()):
        with LocalStore.open(folder) as store:
            contents = {id_: store.document(id_) for id_ in before}
            reported = (folder / "reported").exists()
            outcomes.append((contents == after, reported))
            assert contents == after if reported else contents in (before, after)
            storms = store.search_lexical("storm", 9, Filter())
            texts = [chunk.text for chunk in store.chunks([id_ for id_, _ in storms]).values()]
            expected = contents["a"]
            assert texts == ([] if expected is None else [expected.text.split(". ")[0]])
            assert store.check() == []
            if len(outcomes) % 8 == 0:  # the index still works
                with store.writing():
                    put(store, NEW)
                assert store.check() == []
    # Crashes at the first step, at several others, and no crash were all tried.
    assert outcomes[-1] == (True, True)
    if phase == "transaction":
        assert outcomes[0] == (False, False)
        assert len(outcomes) > 6
    else:
        assert set(outcomes) == {(True, True)}
        assert stride * len(outcomes) > (25 if phase == "clustering" else 15)
        last = (folder / "vectors.faiss").read_bytes()
        assert (b"vectors2" in last) == (phase == "clustering")


@pytest.mark.parametrize(
    ("damage", "stride"),
    [("page", 3), *(pytest.param(damage, 1, marks=pytest.mark.long) for damage in DAMAGES)],
)
def test_killed_repair_loses_no_intact_document(memory: Path, damage: str, stride: int) -> None:
    base, copies = memory / "base", memory / "copies"
    intact = [Document(name, f"The storm broke over {name}. " + "rain " * 1500) for name in "ab"]
    with LocalStore.create(base, {}, 8) as store, store.writing():
        for document in (*intact, Document("c", "sun " * 2500 + "The harbour reopened.")):
            put(store, document)
    file = base / "catalog.sqlite"
    if damage == "page":
        content = bytearray(file.read_bytes())
        page = (content.rindex(b"harbour reopened.") // 4096) * 4096
        content[page : page + 4096] = b"\xa5" * 4096
        file.write_bytes(content)
    else:
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE texts SET text = 'The harbour' WHERE generation = 3")
        connection.close()
    run_crashes(base, copies, "repair", damage, stride)
    found_sound = []
    for folder in sorted(copies.iterdir()):
        with LocalStore.open(folder) as store:
            found_sound.append(store.check() == [])
            if not found_sound[-1]:
                store.repair()
            assert store.check() == []
            assert [store.document(known.id) for known in store.documents()] == intact
            assert len(store.search_lexical("storm", 999, Filter())) == 2
    assert not found_sound[0]
    assert found_sound[-1]
    assert stride * len(found_sound) > 20


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir()
    die_at_steps(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]))
