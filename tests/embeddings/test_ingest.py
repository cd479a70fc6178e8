import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings import document_ids
from embeddings.chunking import Chunking
from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import Fields
from embeddings.handle import IndexResources
from embeddings.index import Index
from embeddings.ingest import Preparer, chunk_and_encode
from embeddings.stores.local.store import LocalStore
from embeddings.types import Document


@pytest.fixture
def index(memory: Path, encoder) -> Iterator[Index]:
    store = LocalStore.create(memory / "index", {}, encoder.dimensions)
    with Index(IndexResources(store, encoder, Chunking(words=10))) as made:
        yield made


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def texts(index: Index) -> dict[str, str]:
    documents = (index.document(known.id) for known in index.documents())
    return {document.id: document.text for document in documents if document is not None}


def sources(index: Index) -> dict[str, str]:
    return {known.id: known.source for known in index.documents()}


@pytest.fixture
def read_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from now on."""
    names: list[str] = []
    read = Preparer.read

    def note(self, files, options):
        names.extend(file.path.name for file in files)
        return read(self, files, options)

    monkeypatch.setattr(Preparer, "read", note)
    return names


def test_each_document_has_its_own_chunks_and_their_vectors(encoder) -> None:
    texts = ["The storm broke. " * 60, "The ferry left.", "Nobody came. " * 90]
    documents = [Document(id=str(n), text=text) for n, text in enumerate(texts)]
    prepared = chunk_and_encode(documents, Chunking(), encoder)
    assert [one.document for one in prepared] == documents
    for one in prepared:
        assert list(one.chunks) == Chunking().split(one.document)
        wanted = encoder.encode_documents([chunk.indexed_text for chunk in one.chunks])
        assert one.vectors.tolist() == wanted.tolist()
    assert [len(one.chunks) > 1 for one in prepared] == [True, False, True]


@pytest.mark.parametrize("together", [True, False])
def test_folders_and_files_of_one_name_are_all_kept(
    index: Index, tmp_path: Path, together: bool
) -> None:
    folders = [tmp_path / town / "minutes" for town in ("ayton", "beeford", "cayton")]
    for folder in folders:
        write(folder / "may.txt", f"The council of {folder.parent.name} met in May.")
    wanted = ("may.txt", "minutes/may.txt", "cayton/minutes/may.txt")
    if together:
        assert index.add_paths(folders).added == wanted
    else:
        assert tuple(index.add_paths(folder).added[0] for folder in folders) == wanted
    for folder in (*folders, folders[1]):
        report = index.add_paths(folder, verify=True)
        assert (len(report.unchanged), report.added, report.updated) == (1, (), ())
    assert texts(index)["minutes/may.txt"] == "The council of beeford met in May."


@pytest.mark.parametrize("folder_first", [True, False])
def test_upload_and_file_of_one_id_are_both_kept(
    index: Index, tmp_path: Path, folder_first: bool
) -> None:
    write(tmp_path / "club" / "rules.txt", "Members pay in June.")
    upload = Document("rules.txt", "Guests sign the book.")
    steps = [lambda: index.add_paths(tmp_path / "club"), lambda: index.add([upload])]
    for step in steps if folder_first else reversed(steps):
        assert len(step().added) == 1
    for step in (*steps, *steps):
        assert len(step().unchanged) == 1
    ids = ["rules.txt", "uploads/rules.txt" if folder_first else "club/rules.txt"]
    assert sorted(texts(index)) == sorted(ids)
    assert sorted(texts(index).values()) == ["Guests sign the book.", "Members pay in June."]


def test_document_given_again_with_another_source_is_updated(index: Index) -> None:
    index.add([Document("a", "The mill was sold.", source="https://one.example/a")])
    report = index.add([Document("a", "The mill burnt.", source="https://two.example/a")])
    assert (report.updated, texts(index)) == (("a",), {"a": "The mill burnt."})


def test_file_keeps_its_id_when_a_parent_folder_is_added(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "all" / "news" / "a.txt", "The ferry left.")
    assert index.add_paths(tmp_path / "all" / "news").added == ("a.txt",)
    assert index.add_paths(tmp_path / "all").unchanged == ("a.txt",)
    write(tmp_path / "all" / "news" / "a.txt", "The ferry came back.")
    assert index.add_paths(tmp_path / "all").updated == ("a.txt",)
    assert texts(index) == {"a.txt": "The ferry came back."}


def test_renamed_file_is_moved_without_encoding(index: Index, tmp_path: Path, encoder) -> None:
    write(tmp_path / "keep.txt", "The school stayed open.")
    old = write(tmp_path / "draft.txt", "The harbour was closed by a storm.")
    index.add_paths(tmp_path)
    encoded = len(encoder.encoded)
    new = tmp_path / "final" / "report.txt"
    new.parent.mkdir()
    old.rename(new)
    report = index.add_paths(tmp_path)
    assert (report.moved, report.added, report.removed) == (("final/report.txt",), (), ())
    assert len(encoder.encoded) == encoded
    assert sources(index)["final/report.txt"] == str(new)
    assert [hit.chunk.document_id for hit in index.search("harbour storm", 1)] == [
        "final/report.txt"
    ]
    assert index.add_paths(tmp_path).unchanged == ("final/report.txt", "keep.txt")
    assert index.check() == []


def test_file_moved_to_another_folder_is_found_by_its_name(
    index: Index, tmp_path: Path, encoder
) -> None:
    old = write(tmp_path / "inbox" / "a.txt", "The ferry left at noon.")
    write(tmp_path / "inbox" / "b.txt", "The mill was sold.")
    index.add_paths(tmp_path / "inbox")
    encoded = len(encoder.encoded)
    (tmp_path / "done").mkdir()
    old.rename(tmp_path / "done" / "a.txt")
    assert index.add_paths(tmp_path / "done").moved == ("a.txt",)
    assert len(encoder.encoded) == encoded
    assert index.add_paths(tmp_path / "inbox").unchanged == ("b.txt",)
    assert sorted(texts(index)) == ["a.txt", "b.txt"]


def test_copied_file_is_added_and_the_first_one_stays(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "The ferry left at noon.")
    index.add_paths(tmp_path)
    shutil.copy(tmp_path / "a.txt", tmp_path / "copy.txt")
    report = index.add_paths(tmp_path)
    assert (report.added, report.moved, report.unchanged) == (("copy.txt",), (), ("a.txt",))


def test_moved_table_keeps_its_rows_without_encoding(index: Index, tmp_path: Path, encoder) -> None:
    table = write(tmp_path / "in" / "log.csv", "text\nThe pump failed.\nThe pump was mended.\n")
    write(tmp_path / "in" / "a.txt", "The log is in a table.")
    index.add_paths(tmp_path / "in")
    encoded = len(encoder.encoded)
    table.rename(tmp_path / "in" / "2021.csv")
    report = index.add_paths(tmp_path / "in")
    assert report.moved == ("2021.csv#1", "2021.csv#2")
    assert (report.removed, len(encoder.encoded)) == ((), encoded)
    assert index.add_paths(tmp_path / "in").unchanged == ("2021.csv#1", "2021.csv#2", "a.txt")


def test_equal_row_does_not_take_over_a_table_on_an_unmounted_disk(
    index: Index, tmp_path: Path
) -> None:
    write(tmp_path / "disk" / "log.csv", "text\nAll quiet.\nThe pump failed.\n")
    index.add_paths(tmp_path / "disk")
    (tmp_path / "disk").rename(tmp_path / "unmounted")
    write(tmp_path / "other" / "log.csv", "text\nAll quiet.\nThe roof leaks.\n")
    index.add_paths(tmp_path / "other")
    assert "The pump failed." in texts(index).values()
    assert "The roof leaks." in texts(index).values()


def test_unchanged_files_are_not_read(index: Index, tmp_path: Path, read_names: list[str]) -> None:
    write(tmp_path / "a.txt", "The ferry left.")
    write(tmp_path / "log.csv", "text\nThe pump failed.\nThe pump was mended.\n")
    index.add_paths(tmp_path)
    assert read_names == ["a.txt", "log.csv"]
    read_names.clear()
    assert index.add_paths(tmp_path).unchanged == ("a.txt", "log.csv#1", "log.csv#2")
    assert read_names == []
    assert len(index.add_paths(tmp_path, verify=True).unchanged) == 3
    assert read_names == ["a.txt", "log.csv"]


def test_verify_finds_a_change_of_equal_size_and_time(index: Index, tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "The fair is in June.")
    index.add_paths(tmp_path)
    time = path.stat().st_mtime_ns
    write(path, "The fair is in July.")
    os.utime(path, ns=(time, time))
    assert index.add_paths(tmp_path).unchanged == ("a.txt",)
    assert index.add_paths(tmp_path, verify=True).updated == ("a.txt",)
    assert texts(index) == {"a.txt": "The fair is in July."}


def test_touched_file_is_read_once_and_not_encoded(
    index: Index, tmp_path: Path, encoder, read_names: list[str]
) -> None:
    path = write(tmp_path / "a.txt", "The fair is in June.")
    table = write(tmp_path / "b.csv", "text\nThe pump failed.\nThe pump was mended.\n")
    index.add_paths(tmp_path)
    encoded, generation = len(encoder.encoded), index.generation
    for changed in (path, table):
        os.utime(changed, ns=(1, 1))
    read_names.clear()
    for _ in range(2):
        assert len(index.add_paths(tmp_path).unchanged) == 3
    assert read_names == ["a.txt", "b.csv"]
    assert (len(encoder.encoded), index.generation) == (encoded, generation)


def test_table_is_read_again_when_fields_are_named(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "log.csv", "text,note\nThe pump failed.,It was old.\n")
    index.add_paths(tmp_path)
    options = ParseOptions(fields=Fields(text="note"))
    assert index.add_paths(tmp_path, options=options).updated == ("log.csv#1",)
    assert texts(index) == {"log.csv#1": "It was old."}


def test_file_of_an_interrupted_run_is_read_again(
    index: Index, tmp_path: Path, encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"The pump number {n} failed.\n" for n in range(300))
    write(tmp_path / "log.csv", f"text\n{rows}")
    encode = encoder.encode_documents

    def interrupt(some: list[str]) -> object:
        if len(encoder.encoded) > 100:
            raise KeyboardInterrupt
        return encode(some)

    monkeypatch.setattr(encoder, "encode_documents", interrupt)
    with pytest.raises(KeyboardInterrupt):
        index.add_paths(tmp_path)
    monkeypatch.undo()
    assert 0 < index.document_count < 300
    report = index.add_paths(tmp_path)
    assert len(report.added) + len(report.unchanged) == index.document_count == 300


def test_emptied_file_and_table_cut_to_its_header_lose_their_documents(
    index: Index, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.md", "keep.txt"):
        write(tmp_path / name, f"The secret of {name}.")
    write(tmp_path / "c.csv", "id,text\n7,The pump failed.\n8,It was mended.\n")
    write(tmp_path / "d.jsonl", '{"text": "The roof leaks."}\n')
    index.add_paths(tmp_path)
    for name, text in {"a.txt": "", "b.md": " \n", "c.csv": "id,text\n", "d.jsonl": "\n"}.items():
        write(tmp_path / name, text)
    report = index.add_paths(tmp_path)
    assert set(report.removed) == {"a.txt", "b.md", "c.csv#7", "c.csv#8", "d.jsonl#1"}
    assert list(texts(index)) == ["keep.txt"]


def test_deleted_row_is_removed_and_bad_row_is_a_warning(index: Index, tmp_path: Path) -> None:
    table = tmp_path / "log.jsonl"
    write(table, '{"id": "1", "text": "One."}\n{"id": "2", "text": "Two."}\n')
    index.add_paths(tmp_path)
    write(table, '{"id": "2", "text": "Two."}\nno JSON\n{"id": "3", "text": "Three."}\n')
    for _ in range(2):  # the warning is repeated
        report = index.add_paths(tmp_path)
        assert texts(index) == {"log.jsonl#2": "Two.", "log.jsonl#3": "Three."}
        assert report.failed == ()
        ((path, reason),) = report.warnings
        assert (path, "line 2" in reason) == (str(table), True)


@pytest.mark.parametrize("left", ["nothing", "a picture", "no folder"])
def test_folder_without_files_keeps_its_documents_until_allowed(
    index: Index, tmp_path: Path, left: str
) -> None:
    write(tmp_path / "other" / "c.txt", "The mill was sold.")
    disk = tmp_path / "disk"
    for name in ("a.txt", "b.txt"):
        write(disk / name, f"This is {name}.")
    index.add_paths([disk, tmp_path / "other"])
    shutil.rmtree(disk)
    if left != "no folder":
        disk.mkdir()
    if left == "a picture":
        (disk / "photo.png").touch()
    report = index.add_paths([disk, tmp_path / "other"])
    assert (report.removed, report.unchanged) == ((), ("c.txt",))
    ((path, reason),) = report.failed
    assert path == str(disk)
    assert "2 documents" in reason
    assert "--yes" in reason
    assert index.add_paths(disk, allow_empty=True).removed == ("a.txt", "b.txt")
    assert list(texts(index)) == ["c.txt"]


def test_unreadable_subfolder_keeps_its_documents_and_others_are_added(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "sub" / "a.txt", "The ferry left.")
    write(tmp_path / "b.txt", "The mill was sold.")
    write(tmp_path / "c.txt", "The roof leaks.")
    index.add_paths(tmp_path)
    (tmp_path / "c.txt").unlink()
    write(tmp_path / "d.txt", "The fair is in June.")
    is_file = Path.is_file

    def refuse(path: Path) -> bool:
        if path.parent.name == "sub":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refuse)
    report = index.add_paths(tmp_path)
    assert (report.added, report.removed) == (("d.txt",), ("c.txt",))
    ((path, reason),) = report.failed
    assert path == str(tmp_path / "sub")
    assert "permission is denied" in reason
    assert sorted(texts(index)) == ["b.txt", "d.txt", "sub/a.txt"]


def test_file_that_fails_keeps_its_document_and_is_reported(index: Index, tmp_path: Path) -> None:
    path = write(tmp_path / "a.md", "The ferry left.")
    index.add_paths(tmp_path)
    write(path, "The ferry came back, much later than it had been announced.")
    report = index.add_paths(tmp_path, options=ParseOptions(max_file_bytes=20))
    assert [name for name, _ in report.failed] == [str(path)]
    assert texts(index) == {"a.md": "The ferry left."}


BROKEN = '{"text": "One."}\nno JSON\n'


def test_failed_or_empty_file_is_reported_again_and_read_again_only_when_it_changes(
    index: Index, tmp_path: Path, read_names: list[str]
) -> None:
    path = write(tmp_path / "a.json", '{"text": ')
    write(tmp_path / "empty.txt", "")
    write(tmp_path / "b.txt", "The ferry left.")
    first = index.add_paths(tmp_path)
    failed, empty = first.failed, first.warnings
    assert [Path(name).name for name, _ in (*failed, *empty)] == ["a.json", "empty.txt"]
    read_names.clear()
    report = index.add_paths(tmp_path)
    assert (report.failed, report.warnings, report.unchanged) == (failed, empty, ("b.txt",))
    assert read_names == []
    assert index.add_paths(tmp_path, verify=True).failed == failed
    assert read_names == ["a.json", "b.txt", "empty.txt"]
    read_names.clear()
    write(path, '{"text": "The mill was sold."}')
    report = index.add_paths(tmp_path)
    assert (report.failed, report.warnings, read_names) == ((), empty, ["a.json"])
    assert report.added == ("a.json#1",)
    read_names.clear()
    assert index.add_paths(tmp_path).warnings == empty
    assert read_names == []


def test_failed_file_is_read_again_with_other_limits(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "The ferry came back, much later than it had been announced.")
    for _ in range(2):
        report = index.add_paths(tmp_path, options=ParseOptions(max_file_bytes=20))
        assert len(report.failed) == 1
    assert index.add_paths(tmp_path).added == ("a.txt",)


def test_failed_file_keeps_the_document_of_its_earlier_version(
    index: Index, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.txt", "The ferry left.")
    index.add_paths(tmp_path)
    write(path, "The ferry came back, much later than it had been announced.")
    for _ in range(3):
        report = index.add_paths(tmp_path, options=ParseOptions(max_file_bytes=20))
        assert (len(report.failed), report.unchanged, report.removed) == (1, (), ())
        assert texts(index) == {"a.txt": "The ferry left."}


def test_file_with_a_bad_row_is_read_again_only_when_it_changes(
    index: Index, tmp_path: Path, read_names: list[str]
) -> None:
    path = write(tmp_path / "log.jsonl", BROKEN)
    warnings = index.add_paths(tmp_path).warnings
    read_names.clear()
    report = index.add_paths(tmp_path)
    assert (report.warnings, report.unchanged) == (warnings, ("log.jsonl#1",))
    assert read_names == []
    index.remove(["log.jsonl#1"])
    report = index.add_paths(tmp_path)
    assert (report.added, report.warnings, report.excluded) == ((), (), (str(path),))
    assert index.add_paths(tmp_path, verify=True).added == ("log.jsonl#1",)
    assert index.add_paths(tmp_path).warnings == warnings
    write(path, '{"text": "One."}\n')
    assert index.add_paths(tmp_path).warnings == ()


def test_removed_document_stays_removed_until_its_file_changes(
    index: Index, tmp_path: Path
) -> None:
    path = write(tmp_path / "mill.txt", "The mill was sold.")
    write(tmp_path / "fair.txt", "The fair opened.")
    index.add_paths(tmp_path)
    removed = index.document("mill.txt")
    index.remove(["mill.txt"])
    for _ in range(2):
        report = index.add_paths(tmp_path)
        assert (report.added, report.failed, report.excluded) == ((), (), (str(path),))
    write(path, "The mill was sold to Ada Finch.")
    report = index.add_paths(tmp_path)
    assert (report.added, report.excluded) == (("mill.txt",), ())
    index.remove(["mill.txt"])
    assert index.add_paths(path).added == ("mill.txt",)  # it is named
    index.remove(["mill.txt"])
    index.add([removed])
    assert index.add_paths(tmp_path).excluded == ()


@pytest.mark.parametrize("row", ["1", "2", "3"])
def test_removed_row_stays_removed_until_its_file_changes(
    index: Index, tmp_path: Path, row: str
) -> None:
    table = "id,text\n1,The mill was sold.\n2,The ferry left.\n3,The fair opened.\n"
    path = write(tmp_path / "news.csv", table)
    index.add_paths(tmp_path)
    index.remove([f"news.csv#{row}"])
    report = index.add_paths(tmp_path)
    assert (report.added, len(report.unchanged)) == ((), 2)
    write(path, table + "4,The storm broke.\n")
    assert set(index.add_paths(tmp_path).added) == {f"news.csv#{row}", "news.csv#4"}


def test_file_that_could_not_be_opened_is_tried_again(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.txt", "The ferry left.")

    open_file = Path.open

    def refuse(path: Path, *how: str) -> object:
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, *how)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        ((_, reason),) = index.add_paths(tmp_path).failed
    assert "permission is denied" in reason
    assert index.add_paths(tmp_path).added == ("a.txt",)


def test_problems_of_deleted_files_are_forgotten(index: Index, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name / "log.jsonl", BROKEN)
    write(tmp_path / "a" / "c.txt", "The ferry left.")
    for name in ("a", "b"):
        index.add_paths(tmp_path / name)
    (tmp_path / "a" / "log.jsonl").unlink()
    index.add_paths(tmp_path / "a")
    with index._use_store() as store, store.writing():
        assert list(store.problems()) == [str(tmp_path / "b" / "log.jsonl")]


def test_adding_and_removing_do_not_list_all_documents(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add([Document("old", "The mill was sold.")])

    def refuse(_: LocalStore) -> None:
        raise AssertionError("all documents were listed")

    monkeypatch.setattr(LocalStore, "documents", refuse)
    assert index.add([Document("new", "The ferry left.")]).added == ("new",)
    assert index.add_paths(write(tmp_path / "a.txt", "The fair.")).added == ("a.txt",)
    assert index.remove(["new"]) == ("new",)


def test_document_that_the_store_refuses_does_not_stop_the_others(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = LocalStore.put

    def refuse_long_titles(self, document, chunks, vectors):
        if len(document.title) > 100:
            raise DocumentError(f"{document.id}: the title is too long")
        put(self, document, chunks, vectors)

    monkeypatch.setattr(LocalStore, "put", refuse_long_titles)
    documents = [Document("a", "One.", title="x" * 200), Document("b", "Two.")]
    report = index.add(documents)
    assert (report.added, report.failed) == (("b",), (("a", "a: the title is too long"),))


def test_documents_without_file_info_are_found_again(index: Index, tmp_path: Path) -> None:
    """An index of an older version has ids like these, and neither sizes nor times."""
    for folder in ("east", "west"):
        path = write(tmp_path / folder / "notes.txt", f"Notes from the {folder}.")
        document_id = "notes.txt" if folder == "east" else "west/notes.txt"
        index.add([Document(document_id, f"Notes from the {folder}.", source=str(path))])
    folders = [tmp_path / "west", tmp_path / "east"]
    assert index.add_paths(folders).unchanged == ("west/notes.txt", "notes.txt")
    assert {known.file_size for known in index.documents()} == {20}


def test_rows_with_new_numbers_are_not_encoded_again(index: Index, tmp_path: Path, encoder) -> None:
    lines = [f"Boat {number} is built of oak.\n" for number in range(10, 30)]
    table = write(tmp_path / "a.csv", "text\n" + "".join(lines))
    index.add_paths(tmp_path)
    encoded = len(encoder.encoded)
    del lines[3]
    write(table, "text\n" + "".join(lines))
    report = index.add_paths(tmp_path)
    assert report.unchanged == ("a.csv#1", "a.csv#2", "a.csv#3")
    assert report.moved == tuple(f"a.csv#{number}" for number in range(4, 20))
    assert len(encoder.encoded) == encoded
    assert texts(index) == {f"a.csv#{n}": line.strip() for n, line in enumerate(lines, start=1)}
    assert len(index.add_paths(tmp_path).unchanged) == 19
    assert index.check() == []


@pytest.mark.parametrize("shift", [0, 50])
def test_rows_of_a_moved_table_are_compared_with_few_others(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shift: int
) -> None:
    def table(start: int) -> str:
        return "text\n" + "".join(f"Boat {number} left.\n" for number in range(start, start + 300))

    write(tmp_path / "a.csv", table(1000))
    index.add_paths(tmp_path)
    (tmp_path / "a.csv").unlink()
    write(tmp_path / "b.csv", table(1000 + shift))
    compared = []
    is_equal = document_ids._is_equal
    monkeypatch.setattr(
        document_ids, "_is_equal", lambda *two: compared.append(1) or is_equal(*two)
    )
    report = index.add_paths(tmp_path)
    assert (len(report.moved), len(report.added)) == (300 - shift, shift)
    assert len(compared) < 60 * 300
