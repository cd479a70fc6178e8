"""`qa index` is killed at random steps until it completes.

`pytest tests/end_to_end/test_killed_indexing.py --kills 200` is the long run.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embeddings import Index

ROOT = Path(__file__).parents[2]
FILES = 120
QUESTIONS = ["Which ship carried the 17th cargo?", "What did harbour 63 receive?", "Who paid?"]


def write_corpus(folder: Path, *, cargo: str, files: range) -> dict[str, str]:
    """Write the files of a version and remove all others; return the texts by name."""
    folder.mkdir(exist_ok=True)
    texts = {
        f"{number:03}.txt": " ".join(
            f"Harbour {number} received the {part}th cargo of {cargo} from ship {number * part}."
            for part in range(1, 16)
        )
        for number in files
    }
    for path in folder.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text)
    return texts


# `qa` that waits for a line after each document that it has stored or removed.
STEPWISE = """
import sys
from embeddings.stores.local.store import LocalStore
from qa.cli.main import main

def stepwise(change):
    def change_and_wait(*given):
        result = change(*given)
        print(flush=True)
        sys.stdin.readline()
        return result
    return change_and_wait

LocalStore.put, LocalStore.remove = stepwise(LocalStore.put), stepwise(LocalStore.remove)
main()
"""


def run_stepwise(*arguments: str) -> subprocess.Popen[str]:
    """Start `qa` so that it waits for a line after each document that it has changed."""
    command = [sys.executable, "-c", STEPWISE, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=pipe)


def change_documents(process: subprocess.Popen[str], count: int) -> None:
    """Let a process of `run_stepwise` change some documents and begin with the next one."""
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(count):
        if process.stdout.readline() != "\n":
            return
        process.stdin.write("\n")
        process.stdin.flush()


def indexed(corpus: Path, place: Path, kill_after: tuple[int, float] = (10**6, 0)) -> bool:
    """Run `qa index`; return whether it completed before it was killed.

    It is killed after a number of documents and a number of seconds.
    """
    documents, seconds = kill_after
    process = run_stepwise("index", str(corpus), "--index", str(place))
    change_documents(process, documents)
    if documents < FILES:
        time.sleep(seconds)
        process.kill()
    _, errors = process.communicate()
    assert process.returncode in (0, -9), errors
    return process.returncode == 0


def texts_in(place: Path) -> dict[str, str]:
    """Check an index and return its texts by id."""
    with Index.open(place) as index:
        assert index.check() == []
        found = {known.id: index.document(known.id) for known in index.documents()}
    return {name: document.text for name, document in found.items() if document is not None}


def results(place: Path) -> list[list[tuple[str, int, float | None]]]:
    with Index.open(place) as index:
        found = index.search_many(QUESTIONS, 20)
    return [[(hit.chunk.document_id, hit.chunk.start, hit.dense) for hit in hits] for hits in found]


def test_repeatedly_killed_indexing_ends_like_an_undisturbed_one(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = request.config.getoption("--kills")
    rng = random.Random(kills)
    corpus, place, other = tmp_path / "corpus", tmp_path / "index", tmp_path / "other"
    # Three quarters of the files change, a quarter is removed, a quarter is new.
    versions = [
        {"cargo": "grain", "files": range(FILES)},
        {"cargo": "timber", "files": range(FILES // 4, FILES + FILES // 4)},
    ]
    before: dict[str, str] = {}
    turn = killed = 0
    partial = 0  # kills after which only some documents of a version were stored
    while killed < kills:
        texts = write_corpus(corpus, **versions[turn % 2])
        # Before the first document, it is starting.
        documents = rng.choice([0, *range(FILES)])
        seconds = rng.uniform(0, 0.02 if documents else 3)
        if indexed(corpus, place, (documents, seconds)):
            assert texts_in(place) == texts
            before = texts
            turn += 1
            continue
        killed += 1
        if not Index.is_at(place):
            assert not before
            continue
        there = texts_in(place)
        assert all(text in (before.get(name), texts.get(name)) for name, text in there.items())
        kept = {name for name in before if before[name] == texts.get(name)}
        assert kept <= there.keys()
        done = [there.get(name) == text for name, text in texts.items()]
        partial += any(done) and not all(done)
    texts = write_corpus(corpus, **versions[turn % 2])
    assert indexed(corpus, place)
    assert indexed(corpus, other)
    assert texts_in(place) == texts_in(other) == texts
    assert results(place) == results(other)
    assert partial >= kills // 6
