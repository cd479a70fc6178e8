import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings import Document, Index, IndexBusyError, ParseOptions
from qa.retry import retry_when_busy
from qa.server.uploads import add_upload


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as opened:
        yield opened


def given(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_upload_has_its_file_name_as_id_and_no_source(index: Index, tmp_path: Path) -> None:
    path = given(tmp_path, "mill.txt", "The old mill was sold to Ines Varga.")
    report = add_upload(index, "mill.txt", path, options=ParseOptions())
    assert report.added == ("mill.txt",)
    path.unlink()
    stored = index.document("mill.txt")
    assert stored is not None
    assert (stored.text, stored.source) == ("The old mill was sold to Ines Varga.", "")


def test_new_version_of_table_removes_missing_rows(index: Index, tmp_path: Path) -> None:
    path = given(tmp_path, "table.csv", "id,text\n1,The mill was sold.\n2,The fair was held.\n")
    index.add([Document(id="table.csv.txt", text="Another document of a similar name.")])
    seen: list[tuple[int, int]] = []
    add_upload(
        index,
        "table.csv",
        path,
        options=ParseOptions(),
        progress=lambda done, whole: seen.append((done, whole)),
    )
    assert seen == [(0, 2), (1, 2), (2, 2)]
    given(tmp_path, "table.csv", "id,text\n2,The fair was held again.\n")
    report = add_upload(index, "table.csv", path, options=ParseOptions())
    assert (report.updated, report.removed) == (("table.csv#2",), ("table.csv#1",))
    assert [known.id for known in index.documents()] == ["table.csv#2", "table.csv.txt"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../mill.txt", "is not a file name"),
        ("C:\\mill.txt", "is not a file name"),
        ("/etc/mill.txt", "is not a file name"),
        ("..", "is not a file name"),
        ("", "is not a file name"),
        ("mill\0.txt", "is not a file name"),
        ("mill\x1b[31m.txt", "is not a file name"),
        ("mill\u202etxt.exe", "is not a file name"),
        ("mill\ud800.txt", "is not a file name"),
        ("m" * 300 + ".txt", "at most 255 bytes"),
        ("m" * 300 + "/mill.txt", "at most 255 bytes"),
        ("letters/../mill.txt", "is not a file name"),
        ("letters//mill.txt", "is not a file name"),
        ("letters/", "is not a file name"),
        ("a/" * 21 + "mill.txt", "at most 20 names of folders"),
    ],
)
def test_invalid_file_name_is_refused(index: Index, tmp_path: Path, name: str, reason: str) -> None:
    path = given(tmp_path, "kept.txt", "The old mill was sold.")
    report = add_upload(index, name, path, options=ParseOptions())
    [(failed, message)] = report.failed
    assert failed == name
    assert reason in message
    assert list(index.documents()) == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("mill.exe", "MZ", "mill.exe is of an unknown kind"),
        ("mill.txt", "", "mill.txt is empty"),
        ("mill.txt", "The mill. " * 30, "mill.txt has 300 bytes, more than the 200 allowed"),
        ("mill.pdf", "no PDF", "mill.pdf"),
        ("mill.jsonl", '{"text": "The mill was', "mill.jsonl"),
    ],
)
def test_unreadable_file_is_reported_and_changes_nothing(
    index: Index, tmp_path: Path, name: str, content: str, reason: str
) -> None:
    path = given(tmp_path, name, content)
    report = add_upload(index, name, path, options=ParseOptions(max_file_bytes=200))
    [(_, message)] = report.failed
    assert message.startswith(reason)
    assert str(tmp_path) not in message
    assert list(index.documents()) == []


def test_unreadable_row_is_reported_and_the_others_are_added(index: Index, tmp_path: Path) -> None:
    rows = '{"id": "1", "text": "The mill was sold."}\n{"id": "2", "text": "The fair."}\n'
    path = given(tmp_path, "news.jsonl", rows)
    add_upload(index, "news.jsonl", path, options=ParseOptions())
    given(tmp_path, "news.jsonl", '{"id": "1", "text": "The mill burnt down."}\n{"id": "2", "te')
    report = add_upload(index, "news.jsonl", path, options=ParseOptions())
    assert report.updated == ("news.jsonl#1",)
    assert report.failed == ()
    [(name, reason)] = report.warnings
    assert name == "news.jsonl"
    assert reason.startswith("news.jsonl has 1 ")
    # Row 2 may be the one that cannot be read, so it is kept.
    assert [known.id for known in index.documents()] == ["news.jsonl#1", "news.jsonl#2"]


def test_retry_waits_for_another_writer_until_its_limit(index: Index) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow() -> Iterator[Document]:
        entered.set()
        leave.wait(60)
        yield Document(id="slow.txt", text="The slow one.")

    writer = threading.Thread(target=index.add, args=(slow(),))
    writer.start()
    entered.wait(60)
    quick = [Document(id="quick.txt", text="The quick one.")]
    with pytest.raises(IndexBusyError):
        retry_when_busy(lambda: index.add(quick), seconds=0.1)
    threading.Timer(0.1, leave.set).start()
    assert retry_when_busy(lambda: index.add(quick), seconds=60).added == ("quick.txt",)
    writer.join()
    assert [known.id for known in index.documents()] == ["quick.txt", "slow.txt"]


def test_uploading_and_removing_lists_no_documents(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = given(tmp_path, "table.csv", "id,text\n1,The mill was sold.\n2,The fair was held.\n")

    def refuse(_: object) -> None:
        raise AssertionError("all documents were listed")

    monkeypatch.setattr("embeddings.stores.local.catalog.Catalog.documents", refuse)
    add_upload(index, "table.csv", path, options=ParseOptions(), keep_original=True)
    given(tmp_path, "table.csv", "id,text\n2,The fair was held again.\n")
    report = add_upload(index, "table.csv", path, options=ParseOptions(), keep_original=True)
    assert report.removed == ("table.csv#1",)
    index.remove(["table.csv#2"])
    assert index.originals is not None
    assert [*index.originals.folder.iterdir()] == []
