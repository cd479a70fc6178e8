import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings import DateRange, Document, Index
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
def documents(index: Index) -> DocumentList:
    return DocumentList(index, lambda change: change())


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
def test_find_sorts(documents: DocumentList, sort: str, reverse: bool, order: list[str]) -> None:
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


def test_only_the_last_removed_documents_can_be_restored(
    documents: DocumentList, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.web.document_list._MOST_RESTORABLE", 1)
    first, second = documents.remove(["b.pdf"]), documents.remove(["c"])
    assert documents.restore(first) == []
    assert ids(documents.restore(second)) == ["c"]


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
