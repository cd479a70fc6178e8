"""`qa index` is killed at random moments until it completes.

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


def indexed(corpus: Path, place: Path, *, kill_after: float | None = None) -> bool:
    """Run `qa index`; return whether it completed before it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "qa", "index", str(corpus), "--index", str(place)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        process.wait(kill_after)
    except subprocess.TimeoutExpired:
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
    began = time.monotonic()
    write_corpus(corpus, **versions[0])
    assert indexed(corpus, other)
    seconds = time.monotonic() - began  # of a complete run
    before: dict[str, str] = {}
    turn = killed = 0
    partial = 0  # kills after which only some documents of a version were stored
    while killed < kills:
        texts = write_corpus(corpus, **versions[turn % 2])
        if indexed(corpus, place, kill_after=rng.uniform(0.1, 1.1) * seconds):
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
