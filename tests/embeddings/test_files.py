import datetime
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.files import SUFFIXES, Fields, ParseOptions, SourceFile, find_files, read_file
from embeddings.errors import DocumentError


@pytest.fixture
def folder(tmp_path):
    for name in (
        "b.txt",
        "a/z.md",
        "a/y.bin",
        "a-b.txt",
        ".hidden.txt",
        ".git/x.txt",
        "a/.h/x.txt",
    ):
        path = tmp_path / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"This is {name}.")
    return tmp_path / "corpus"


def read_one(path, **settings):
    (file,) = find_files(path)
    (document,) = read_file(file, ParseOptions(**settings))
    return document


def reason(path, **settings):
    with pytest.raises(DocumentError) as caught:
        list(
            read_file(
                SourceFile(path=path, id=path.name, root=path.parent), ParseOptions(**settings)
            )
        )
    return str(caught.value)


def test_a_folder_is_walked_in_the_order_of_ids_without_hidden_names(folder):
    files = find_files(folder)
    assert [file.id for file in files] == ["a-b.txt", "a/y.bin", "a/z.md", "b.txt"]
    assert {file.root for file in files} == {folder}
    assert [file.path for file in files] == [folder / file.id for file in files]


def test_an_empty_folder_holds_no_files(tmp_path):
    assert find_files(tmp_path) == []


def test_a_file_is_named_by_its_name_alone(folder):
    (file,) = find_files(str(folder / "a" / "z.md"))
    assert file == SourceFile(path=folder / "a" / "z.md", id="z.md", root=folder / "a")


def test_a_hidden_file_that_is_named_is_taken(folder):
    assert [file.id for file in find_files(folder / ".hidden.txt")] == [".hidden.txt"]


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("*.txt", ["a-b.txt", "b.txt"]),
        ("**/*.md", ["a/z.md"]),
        ("**", ["a-b.txt", "a/y.bin", "a/z.md", "b.txt"]),
        ("[ab].txt", ["b.txt"]),
        ("a/?.md", ["z.md"]),
    ],
)
def test_a_pattern_is_rooted_in_its_fixed_part(folder, pattern, ids):
    files = find_files(f"{folder}/{pattern}")
    assert [file.id for file in files] == ids
    assert {file.root for file in files} == {folder / "a" if pattern == "a/?.md" else folder}


def test_paths_are_absolute_when_the_folder_named_is_not(folder, monkeypatch):
    monkeypatch.chdir(folder / "a")
    assert [file.path for file in find_files("../*.txt")] == [folder / "a-b.txt", folder / "b.txt"]
    assert [file.path for file in find_files("z.md")] == [folder / "a" / "z.md"]


def test_a_name_with_the_signs_of_a_pattern_is_still_a_file(tmp_path):
    path = tmp_path / "report [1].txt"
    path.write_text("This is a report.")
    assert [file.id for file in find_files(path)] == ["report [1].txt"]


def test_links_out_of_the_folder_and_links_to_folders_are_passed_over(folder):
    secret = folder.parent / "secret.txt"
    secret.write_text("This is outside.")
    (folder / "out.txt").symlink_to(secret)
    (folder / "within.txt").symlink_to(folder / "b.txt")
    (folder / "broken.txt").symlink_to(folder / "gone.txt")
    (folder / "up").symlink_to(folder.parent)
    (folder / "a" / "loop").symlink_to(folder)
    ids = ["a-b.txt", "a/y.bin", "a/z.md", "b.txt", "within.txt"]
    assert [file.id for file in find_files(folder)] == ids
    assert [file.id for file in find_files(f"{folder}/**/*")] == ids


def test_special_files_are_no_files(folder):
    os.mkfifo(folder / "pipe.txt")
    assert "pipe.txt" not in {file.id for file in find_files(folder)}
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
def test_naming_nothing_is_an_error_that_says_so(folder, name, message):
    with pytest.raises(DocumentError, match=message):
        find_files(f"{folder}/{name}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_an_error(folder):
    (folder / "b.txt").chmod(0)
    assert "permission is denied" in reason(folder / "b.txt")
    (folder / "a").chmod(0)
    try:
        with pytest.raises(DocumentError, match="permission is denied"):
            find_files(folder)
    finally:
        (folder / "a").chmod(0o700)


def test_a_document_carries_its_id_source_and_whole_text(folder):
    (folder / "b.txt").write_text("Talks go on\n\nThey met.\n")
    file = next(file for file in find_files(folder) if file.id == "b.txt")
    (document,) = read_file(file)
    assert document.id == "b.txt"
    assert document.source == str(folder / "b.txt")
    assert document.text == "Talks go on\n\nThey met.\n"
    assert document.title == "Talks go on"


def test_rows_are_named_after_their_file(tmp_path):
    path = tmp_path / "news.csv"
    path.write_text("id,text\nx,First.\n,Second.\n")
    (file,) = find_files(path)
    documents = list(read_file(file))
    assert [document.id for document in documents] == ["news.csv#x", "news.csv#2"]
    assert {document.source for document in documents} == {str(path)}


def test_the_fields_named_in_the_settings_are_used(tmp_path):
    path = tmp_path / "news.json"
    path.write_text('{"lead": "They met.", "day": "2020-09-16"}')
    document = read_one(path, fields=Fields(text="lead", date="day"))
    assert (document.text, document.date) == ("They met.", datetime.date(2020, 9, 16))


def test_a_file_name_dates_a_document_without_a_date(tmp_path):
    path = tmp_path / "2020-09-16 talks.md"
    path.write_text("They met.")
    assert read_one(path).date == datetime.date(2020, 9, 16)
    path.write_text("---\ndate: 2019-01-02\n---\nThey met.")
    assert read_one(path).date == datetime.date(2019, 1, 2)


def test_endings_are_known_in_capitals_too(tmp_path):
    path = tmp_path / "NEWS.JSONL"
    path.write_text('{"text": "They met."}')
    assert read_one(path).id == "NEWS.JSONL#1"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b" \n\t\n"])
def test_a_file_without_text_is_an_error_in_every_format(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert str(path) in reason(path)


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".csv", ".pdf", ".docx"])
def test_an_empty_file_is_called_empty(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.touch()
    assert "is empty" in reason(path)


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".csv", ".json", ".jsonl"])
def test_a_binary_file_under_a_text_ending_is_called_binary(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"PK\3\4\0\0\0text")
    assert "is a binary file" in reason(path)


def test_an_unknown_kind_is_told_the_known_ones(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"x")
    message = reason(path)
    assert "unknown kind" in message
    assert all(suffix in message for suffix in SUFFIXES)


def test_a_file_of_the_largest_size_is_read_and_a_larger_one_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x" * 1000)
    assert len(read_one(path, max_file_bytes=1000).text) == 1000
    path.write_text("x" * 1001)
    message = reason(path, max_file_bytes=1000)
    assert "1,001" in message
    assert "1,000" in message


def test_a_folder_and_a_file_that_is_gone_are_errors_when_read(tmp_path):
    (tmp_path / "x.txt").mkdir()
    assert "is a directory" in reason(tmp_path / "x.txt")
    assert "no such file" in reason(tmp_path / "gone.txt")


def test_signs_that_cannot_be_stored_are_replaced_one_for_one(tmp_path):
    path = tmp_path / "a.json"
    row = {"id": "\ud800", "text": "a\0b\udfffc", "title": "\ud800", "k\0": "v\0", "smile": "😀"}
    path.write_text(json.dumps(row))
    document = read_one(path)
    assert document.id == "a.json#\ufffd"
    assert document.text == "a\ufffdb\ufffdc"
    assert document.title == "\ufffd"
    assert document.metadata == {"k\ufffd": "v\ufffd", "smile": "😀"}


def test_a_file_name_that_is_not_unicode_gives_an_id_that_is(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("They met.")
    (file,) = find_files(tmp_path)
    (document,) = read_file(file)
    assert document.id == file.id == "caf\ufffd.txt"
    assert document.source.encode()


def test_nothing_is_read_before_the_first_document_is_asked_for(tmp_path):
    path = tmp_path / "gone.txt"
    documents = read_file(SourceFile(path=path, id="gone.txt", root=tmp_path))
    with pytest.raises(DocumentError, match="no such file"):
        next(documents)


@pytest.fixture(scope="module")
def scratch():
    name = tempfile.mkdtemp()
    yield Path(name)
    shutil.rmtree(name)


NASTY = st.binary(max_size=200) | st.text(
    alphabet='<>&;"{}[]:,#-|\\\n\r\t aé\u0130\ufeff😀date2019', max_size=80
).map(str.encode)


@pytest.mark.parametrize("suffix", [name for name in SUFFIXES if name not in {".pdf", ".docx"}])
@given(content=NASTY)
@settings(max_examples=30, deadline=None)
def test_any_bytes_give_documents_or_the_error_meant_for_them(scratch, suffix, content):
    path = scratch / f"a{suffix}"
    path.write_bytes(content)
    documents, message = [], ""
    try:
        documents.extend(read_file(SourceFile(path=path, id=path.name, root=scratch)))
    except DocumentError as error:
        message = str(error)
    assert documents or message
    assert "it is damaged" not in message  # so called where no check foresaw the exception
    assert all(document.text.strip() for document in documents)
    assert all(document.text.encode() for document in documents)


@pytest.mark.parametrize("suffix", [".pdf", ".docx"])
@given(content=NASTY)
@settings(max_examples=15, deadline=None)
def test_any_bytes_under_a_binary_ending_are_an_error(scratch, suffix, content):
    path = scratch / f"a{suffix}"
    path.write_bytes(content)
    assert str(path) in reason(path)
