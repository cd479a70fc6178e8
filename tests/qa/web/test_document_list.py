import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings import DateRange, Document, Index, IndexBusyError, ParseOptions
from qa.server.uploads import add_upload
from qa.web.document_list import DocumentList, folders_of


def document(name: str, day: int | None, title: str = "") -> Document:
    date = None if day is None else datetime.date(2020, 1, day)
    return Document(id=name, text=f"Mara Holt, a diver, found {name}.", title=title, date=date)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as opened:
        opened.add([document("b.pdf", 1), document("a.txt", None), document("c", 2, "Ship found")])
        yield opened


@pytest.fixture
def documents(index: Index) -> Iterator[DocumentList]:
    documents = DocumentList(index, lambda change: change())
    yield documents
    for removal in documents._removals.values():
        removal.close()


def ids(found) -> list[str]:
    return [stored.id for stored in found]


def test_newest_documents_come_first_and_undated_last(documents: DocumentList) -> None:
    assert ids(documents.all()) == ["c", "b.pdf", "a.txt"]


def test_list_follows_the_index(documents: DocumentList, index: Index) -> None:
    documents.all()
    index.add([document("d", 3)])
    assert ids(documents.all()) == ["d", "c", "b.pdf", "a.txt"]


def test_find_uses_words_of_title_and_name_and_days(documents: DocumentList) -> None:
    assert ids(documents.find("SHIP fou", DateRange())) == ["c"]
    assert ids(documents.find("ship nothing", DateRange())) == []
    assert ids(documents.find("", DateRange.of("2020-01-01", "2020-01-01"))) == ["b.pdf"]


@pytest.mark.parametrize(
    ("sort", "reverse", "order"),
    [
        ("title", False, ["a.txt", "b.pdf", "c"]),
        ("title", True, ["c", "b.pdf", "a.txt"]),
        ("kind", False, ["c", "b.pdf", "a.txt"]),
        ("date", True, ["a.txt", "b.pdf", "c"]),
    ],
)
def test_find_sorts_by_title_kind_or_date(
    documents: DocumentList, sort: str, reverse: bool, order: list[str]
) -> None:
    assert ids(documents.find("", DateRange(), sort=sort, reverse=reverse)) == order


def test_removed_documents_are_restored_unchanged(documents: DocumentList, index: Index) -> None:
    before = [index.document("b.pdf"), index.document("c")]
    token = documents.remove(["b.pdf", "c"])
    assert ids(documents.all()) == ["a.txt"]
    assert documents.restore(token) == before
    assert [index.document("b.pdf"), index.document("c")] == before
    assert documents.restore(token) == []


def test_remove_of_unknown_document_returns_none(documents: DocumentList) -> None:
    assert documents.remove(["z"]) is None


def test_restore_does_not_overwrite_a_newer_document(documents: DocumentList, index: Index) -> None:
    token = documents.remove(["c"])
    newer = document("c", 9)
    index.add([newer])
    assert documents.restore(token) == []
    assert index.document("c") == newer


def test_only_the_last_removals_can_be_undone(
    documents: DocumentList, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.web.document_list._MAX_REMOVALS", 1)
    first, second = documents.remove(["b.pdf"]), documents.remove(["c"])
    assert documents.restore(first) == []
    assert ids(documents.restore(second)) == ["c"]


def test_removal_can_be_undone_after_the_index_was_busy(
    documents: DocumentList, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = documents.remove(["c"])

    def refuse(_: object) -> None:
        raise IndexBusyError("another process is writing")

    with monkeypatch.context() as busy:
        busy.setattr("qa.web.document_list.retry_when_busy", refuse)
        with pytest.raises(IndexBusyError):
            documents.restore(token)
    assert ids(documents.restore(token)) == ["c"]


# Uploaded files


@pytest.fixture
def table(index: Index, tmp_path: Path) -> bytes:
    """The content of an uploaded table with two rows."""
    path = tmp_path / "table.csv"
    path.write_text("id,text\n7,The mill burnt down.\n8,The fair was held.\n")
    add_upload(index, "table.csv", path, options=ParseOptions(), keep_original=True)
    content = path.read_bytes()
    path.unlink()
    return content


def original(index: Index, document_id: str) -> bytes | None:
    stored = index.document(document_id)
    assert stored is not None
    found = index.original(stored)
    return None if found is None else found.path.read_bytes()


def kept(index: Index) -> int:
    assert index.originals is not None
    return len([*index.originals.folder.iterdir()])


def test_restored_upload_has_its_file_again(
    documents: DocumentList, index: Index, table: bytes
) -> None:
    token = documents.remove(["table.csv#7", "table.csv#8"])
    assert kept(index) == 0
    assert ids(documents.restore(token)) == ["table.csv#7", "table.csv#8"]
    assert original(index, "table.csv#7") == original(index, "table.csv#8") == table
    index.remove(["table.csv#7", "table.csv#8"])
    assert kept(index) == 0


def test_restoring_one_row_keeps_the_file_of_the_others(
    documents: DocumentList, index: Index, table: bytes
) -> None:
    token = documents.remove(["table.csv#7"])
    assert original(index, "table.csv#8") == table
    documents.restore(token)
    assert original(index, "table.csv#7") == table


def test_file_of_a_removed_upload_does_not_return_with_a_newer_document(
    documents: DocumentList, index: Index, table: bytes
) -> None:
    token = documents.remove(["table.csv#7", "table.csv#8"])
    index.add([Document("table.csv#7", "A text."), Document("table.csv#8", "Another text.")])
    assert documents.restore(token) == []
    assert kept(index) == 0


def test_file_of_a_removed_upload_leaves_no_file_on_disk(
    documents: DocumentList, index: Index, table: bytes, tmp_path: Path
) -> None:
    documents.remove(["table.csv#7", "table.csv#8"])
    content = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"mill burnt down" in one and one.startswith(b"PK") for one in content)
    Index.backup(tmp_path / "index", tmp_path / "backup")
    assert [*(tmp_path / "backup").rglob("originals/*")] == []


def test_removal_is_forgotten_after_the_undo_time(
    documents: DocumentList, index: Index, table: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.web.document_list._UNDO_SECONDS", -1.0)
    token = documents.remove(["table.csv#7", "table.csv#8"])
    assert documents.restore(token) == []
    assert kept(index) == 0


@pytest.mark.parametrize(
    ("document_id", "folders"),
    [
        ("mill.txt", []),
        ("a/mill.txt", ["a"]),
        ("a/b/table.csv#1/2", ["a", "a/b"]),
        ("a/letters.zip/b/mill.txt", ["a"]),
        ("C#/mill.txt", ["C#"]),
    ],
)
def test_folders_are_those_before_the_file(document_id: str, folders: list[str]) -> None:
    assert folders_of(document_id) == folders


def test_folders_are_counted_and_searched_with_what_is_below(
    documents: DocumentList, index: Index
) -> None:
    index.add([document("x/1", 4), document("x/y/2", 5), document("xy/3", 6)])
    assert documents.folders() == {"x": 2, "x/y": 1, "xy": 1}
    assert ids(documents.find("", DateRange(), folder="x")) == ["x/y/2", "x/1"]
