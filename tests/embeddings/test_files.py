import json
import os
from pathlib import Path

import pytest

from embeddings.errors import DocumentError, EmptyDocumentError
from embeddings.files import INDEX_FILE, SourceFile, find_files, read_file
from embeddings.formats.parse_options import ParseOptions
from embeddings.stores.local.index_folder import CATALOG_FILE


@pytest.fixture
def folder(tmp_path):
    for name in (
        "b.txt",
        "a/z.md",
        "a/y.txt",
        "a-b.txt",
        ".hidden.txt",
        ".git/x.txt",
        "a/.h/x.txt",
    ):
        path = tmp_path / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"This is {name}.")
    return tmp_path / "corpus"


def ids(path):
    return [file.id for file in find_files(path).files]


def source(path):
    return SourceFile(path=path, id=path.name, root=path.parent)


def reason(path, **settings):
    with pytest.raises(DocumentError) as caught:
        list(read_file(source(path), ParseOptions(**settings)))
    return str(caught.value)


def test_folder_gives_its_files_in_order_of_ids_without_hidden_ones(folder):
    files = find_files(folder).files
    assert [file.id for file in files] == ["a-b.txt", "a/y.txt", "a/z.md", "b.txt"]
    assert {file.root for file in files} == {folder}
    assert [file.path for file in files] == [folder / file.id for file in files]


def test_empty_folder_gives_no_files(tmp_path):
    assert find_files(tmp_path).files == ()


def test_single_file_has_its_bare_name_as_id(folder):
    (file,) = find_files(str(folder / "a" / "z.md")).files
    assert file == SourceFile(path=folder / "a" / "z.md", id="z.md", root=folder / "a")


@pytest.mark.parametrize("name", [".hidden.txt", "~$notes.docx", "photo.jpg"])
def test_single_file_is_returned_even_if_hidden_or_unsupported(folder, name):
    (folder / name).touch()
    assert ids(folder / name) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "~$minutes.docx",
        ".~lock.minutes.odt#",
        "~WRL0001.tmp",
        "~WRD0003.doc",
        "minutes.txt~",
        "#minutes.txt#",
        "minutes.docx.part",
        "minutes.swp",
        "uv.lock",
        "Thumbs.db",
        "desktop.ini",
        "__MACOSX/._minutes.docx",
        "__MACOSX/minutes.docx",
    ],
)
def test_files_of_programs_are_skipped_and_not_counted(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"\5user")
    found = find_files(folder)
    assert len(found.files) == 4
    assert found.other_kinds == ()


def test_files_of_other_kinds_in_a_folder_are_counted(folder):
    for name in ("photo.jpg", "a/film.MP4", "Makefile"):
        (folder / name).touch()
    found = find_files(folder)
    assert len(found.files) == 4
    assert len(found.other_kinds) == 3
    assert [Path(path).name for path in find_files(f"{folder}/*.jpg").other_kinds] == ["photo.jpg"]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.txt", ["a-b.txt", "b.txt"]),
        ("**/*.md", ["a/z.md"]),
        ("**", ["a-b.txt", "a/y.txt", "a/z.md", "b.txt"]),
        ("[ab].txt", ["b.txt"]),
        ("a/?.md", ["z.md"]),
    ],
)
def test_pattern_has_its_fixed_part_as_root(folder, pattern, wanted):
    files = find_files(f"{folder}/{pattern}").files
    assert [file.id for file in files] == wanted
    assert {file.root for file in files} == {folder / "a" if pattern == "a/?.md" else folder}


def test_relative_path_gives_absolute_paths(folder, monkeypatch):
    monkeypatch.chdir(folder / "a")
    assert [file.path for file in find_files("../*.txt").files] == [
        folder / "a-b.txt",
        folder / "b.txt",
    ]
    assert [file.path for file in find_files("z.md").files] == [folder / "a" / "z.md"]


def test_file_name_with_pattern_characters_is_a_file(tmp_path):
    path = tmp_path / "report [1].txt"
    path.write_text("This is a report.")
    assert ids(path) == ["report [1].txt"]


def test_links_to_folders_and_out_of_the_root_are_skipped(folder):
    secret = folder.parent / "secret.txt"
    secret.write_text("This is outside.")
    (folder / "out.txt").symlink_to(secret)
    (folder / "within.txt").symlink_to(folder / "b.txt")
    (folder / "broken.txt").symlink_to(folder / "gone.txt")
    (folder / "up").symlink_to(folder.parent)
    (folder / "a" / "loop").symlink_to(folder)
    wanted = ["a-b.txt", "a/y.txt", "a/z.md", "b.txt", "within.txt"]
    assert ids(folder) == wanted
    assert ids(f"{folder}/**/*") == wanted


def test_index_folder_is_skipped(folder):
    assert INDEX_FILE == CATALOG_FILE
    (folder / "a" / CATALOG_FILE).touch()
    assert ids(folder) == ["a-b.txt", "b.txt"]


def test_named_pipe_is_not_a_document(folder):
    os.mkfifo(folder / "pipe.txt")
    assert "pipe.txt" not in ids(folder)
    with pytest.raises(DocumentError, match="neither a file nor a folder"):
        find_files(folder / "pipe.txt")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.txt", "does not exist"),
        ("*.pdf", r"matches no file.*\*\*"),
        ("a**/*.md", "cannot be listed"),
        ("x" * 5000, "cannot be listed"),
        ("a\0b", "does not exist|cannot be listed"),
    ],
)
def test_path_without_files_raises(folder, name, message):
    with pytest.raises(DocumentError, match=message):
        find_files(f"{folder}/{name}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_subfolder_is_reported_and_the_rest_found(folder):
    (folder / "b.txt").chmod(0)
    assert "permission is denied" in reason(folder / "b.txt")
    (folder / "a").chmod(0)
    try:
        found = find_files(folder)
        with pytest.raises(DocumentError, match="permission is denied"):
            find_files(folder / "a")
    finally:
        (folder / "a").chmod(0o700)
    assert [file.id for file in found.files] == ["a-b.txt", "b.txt"]
    ((path, message),) = found.unreadable
    assert path == folder / "a"
    assert "permission is denied" in message


def test_walk_error_of_a_subfolder_is_reported(folder, monkeypatch):
    walk = os.walk

    def deny(root, onerror):
        for place, folders, names in walk(root):
            if Path(place).name == "a":
                onerror(PermissionError(13, "Permission denied", place))
            else:
                yield place, folders, names

    monkeypatch.setattr(os, "walk", deny)
    found = find_files(folder)
    assert [file.id for file in found.files] == ["a-b.txt", "b.txt"]
    assert [path for path, _ in found.unreadable] == [folder / "a"]


def test_document_has_id_source_and_whole_text(folder):
    (folder / "b.txt").write_text("Talks go on\n\nThey met.\n")
    (document,) = read_file(source(folder / "b.txt"))
    assert document.id == "b.txt"
    assert document.source == str(folder / "b.txt")
    assert document.text == "Talks go on\n\nThey met.\n"
    assert document.title == "Talks go on"


def test_rows_have_the_id_of_their_file_and_their_own(tmp_path):
    path = tmp_path / "news.csv"
    path.write_text("id,text\nx,First.\n,Second.\n")
    documents = list(read_file(source(path)))
    assert [document.id for document in documents] == ["news.csv#x", "news.csv#2"]
    assert {document.source for document in documents} == {str(path)}


def test_missing_file_and_folder_raise_when_read(tmp_path):
    (tmp_path / "x.txt").mkdir()
    assert "is a directory" in reason(tmp_path / "x.txt")
    assert "no such file" in reason(tmp_path / "gone.txt")


def test_file_without_text_raises_empty_document_error(tmp_path):
    for name in ("a.txt", "a.html"):
        path = tmp_path / name
        path.write_text(" \n")
        with pytest.raises(EmptyDocumentError, match=f"{name} is empty"):
            list(read_file(source(path)))


def test_characters_that_cannot_be_stored_are_replaced_one_by_one(tmp_path):
    path = tmp_path / "a.json"
    row = {"id": "\ud800", "text": "a\0b\udfffc", "title": "\ud800", "k\0": "v\0", "smile": "😀"}
    path.write_text(json.dumps(row))
    (document,) = read_file(source(path))
    assert document.id == "a.json#\ufffd"
    assert document.text == "a\ufffdb\ufffdc"
    assert document.title == "\ufffd"
    assert document.metadata == {"k\ufffd": "v\ufffd", "smile": "😀"}


def test_non_unicode_file_name_gives_a_unicode_id(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("They met.")
    (file,) = find_files(tmp_path).files
    (document,) = read_file(file)
    assert document.id == file.id == "caf\ufffd.txt"
    assert document.source.encode()


def test_file_is_opened_when_the_first_document_is_requested(tmp_path):
    documents = read_file(source(tmp_path / "gone.txt"))
    with pytest.raises(DocumentError, match="no such file"):
        next(documents)
