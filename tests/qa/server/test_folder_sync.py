import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embeddings import Index, ParseOptions
from qa.server.folder_sync import FolderSync
from qa.server.workers import Workers


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    (made / "mill.txt").write_text("The mill was sold.")
    return made


@pytest.fixture
def sync(index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FolderSync]:
    monkeypatch.setattr("qa.server.folder_sync.POLL_SECONDS", 0.02)
    writer = Workers("test-write", threads=1, queue_size=5)
    index.add_paths(folder)
    running = FolderSync(index, writer, str(folder), options=ParseOptions())
    until(lambda: running._failed is not None)  # the end of the first comparison
    yield running
    running.stop()
    writer.close()


def save(path: Path, content: bytes) -> None:
    """Write a file that appears in its folder with its whole content."""
    outside = path.parents[1] / path.name
    outside.write_bytes(content)
    outside.replace(path)


def until(is_true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.01)


def ids(index: Index) -> list[str]:
    return [stored.id for stored in index.documents()]


def test_new_changed_and_removed_files_are_indexed(
    sync: FolderSync, index: Index, folder: Path
) -> None:
    save(folder / "fair.txt", b"The fair opened.")
    until(lambda: ids(index) == ["fair.txt", "mill.txt"])
    save(folder / "fair.txt", b"The fair was opened by Rosa Pell.")
    until(lambda: index.document("fair.txt").text == "The fair was opened by Rosa Pell.")
    (folder / "mill.txt").unlink()
    until(lambda: ids(index) == ["fair.txt"])
    until(lambda: sync.counts == {"added": 1, "updated": 1, "removed": 1, "failed": 0})


def test_document_removed_by_hand_stays_removed_until_its_file_changes(
    sync: FolderSync, index: Index, folder: Path
) -> None:
    index.remove(["mill.txt"])
    save(folder / "fair.txt", b"The fair opened.")
    until(lambda: "fair.txt" in ids(index))
    assert ids(index) == ["fair.txt"]
    save(folder / "mill.txt", b"The mill was sold to Ines Varga.")
    until(lambda: ids(index) == ["fair.txt", "mill.txt"])


def test_unchanged_folder_is_not_indexed_again(
    sync: FolderSync, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    add_paths = index.add_paths

    def counted(*given, **options):
        calls.append(given)
        return add_paths(*given, **options)

    monkeypatch.setattr(index, "add_paths", counted)
    time.sleep(0.5)
    assert calls == []
    assert sync.counts == {"added": 0, "updated": 0, "removed": 0, "failed": 0}


def test_vanished_or_empty_folder_removes_nothing(
    sync: FolderSync, index: Index, folder: Path
) -> None:
    folder.rename(folder.with_name("elsewhere"))
    time.sleep(0.3)
    folder.mkdir()
    time.sleep(0.3)
    assert ids(index) == ["mill.txt"]
    save(folder / "fair.txt", b"The fair opened.")
    until(lambda: "fair.txt" in ids(index))
    assert sync.counts["failed"] == 0


def test_file_that_cannot_be_read_is_counted_once(
    sync: FolderSync, index: Index, folder: Path
) -> None:
    save(folder / "broken.pdf", b"%PDF-1.4 broken")
    until(lambda: sync.counts["failed"] == 1)
    save(folder / "fair.txt", b"The fair opened.")
    until(lambda: sync.counts["added"] == 1)
    assert sync.counts["failed"] == 1
    (reason,) = sync.failures
    assert "broken.pdf" in reason
    assert "damaged" in reason


def test_change_waits_for_a_running_write_and_stop_drops_it(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.server.folder_sync.POLL_SECONDS", 0.02)
    writer = Workers("test-write", threads=1, queue_size=5)
    release = threading.Event()
    busy = writer.submit(lambda: release.wait(60))
    running = FolderSync(index, writer, str(folder), options=ParseOptions())
    until(lambda: writer.pending == 2)
    assert ids(index) == []
    running.stop()
    writer.stop()
    release.set()
    assert busy.result()
    writer.close()
    assert ids(index) == []
