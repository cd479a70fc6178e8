import pytest

from embeddings.errors import DocumentError, IncompleteFileError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import parse
from tests.embeddings.formats.samples import zipped


def parse_all(tmp_path, content, **settings):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    documents = []
    try:
        for document in parse(path, ParseOptions(**settings)):
            documents.append(document)
    except DocumentError as error:
        return documents, str(error)
    return documents, ""


def test_files_are_documents_named_after_their_path(tmp_path):
    content = zipped(
        {
            "notes/2020-09-16.txt": "They met.",
            "notes\\old.md": "# Old\n\nThey left.",
            "rows.csv": "id,text\nx,One.\ny,Two.\n",
            "empty.txt": "",
            "photo.jpg": b"\xff",
            "__MACOSX/notes/._a.txt": "x",
            "~$a.docx": "x",
            ".hidden/a.txt": "x",
        }
    )
    documents, error = parse_all(tmp_path, content)
    assert [document.id for document in documents] == [
        *("/notes/2020-09-16.txt", "/notes/old.md", "/rows.csv#x", "/rows.csv#y")
    ]
    assert [str(document.date) for document in documents[:2]] == ["2020-09-16", "None"]
    assert error == ""


@pytest.mark.parametrize("name", ["../../b.txt", "/b.txt", "C:\\b.txt", "./b.txt", "a/../b.txt"])
def test_path_out_of_the_archive_is_cut_and_nothing_written(tmp_path, name):
    (document,), _ = parse_all(tmp_path, zipped({name: "They met."}))
    assert document.id in ("/b.txt", "/a/b.txt")
    assert [path.name for path in tmp_path.rglob("*")] == ["a.zip"]


def test_files_of_one_name_have_different_ids(tmp_path):
    documents, _ = parse_all(tmp_path, zipped({"b.txt": "One.", "./b.txt": "Two."}))
    assert [document.id for document in documents] == ["/b.txt", "/b (2).txt"]


def test_unreadable_files_are_reported_after_all_others(tmp_path):
    inner = zipped({"c.docx": "x"})
    content = zipped({"in.zip": inner, "a.docx": "x", "b.txt": "They met.", "c.doc": "x"})
    documents, error = parse_all(tmp_path, content)
    assert [document.id for document in documents] == ["/b.txt"]
    assert "contains 3 files that cannot be read: in.zip contains a file" in error
    assert "c.docx is" in error or "c.docx cannot be read" in error
    assert "c.doc is in the old Word format: save it as .docx" in error


def test_unreadable_file_raises_incomplete_file_error(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.docx": "x"}))
    with pytest.raises(IncompleteFileError, match=r"contains a file that cannot be read: a\.docx"):
        list(parse(path, ParseOptions()))


def test_encrypted_file_is_reported(tmp_path):
    content = bytearray(zipped({"a.txt": "x", "b.txt": "They met."}))
    content[content.index(b"PK\1\2") + 8] |= 1
    documents, error = parse_all(tmp_path, bytes(content))
    assert [document.id for document in documents] == ["/b.txt"]
    assert "a.txt is encrypted" in error


def test_archive_beyond_the_limits_is_refused(tmp_path):
    content = zipped({"a.txt": "x" * 2000})
    assert "expands to 2,000 bytes" in parse_all(tmp_path, content, max_file_bytes=1000)[1]
    content = zipped({f"{number}.txt": "x" for number in range(4)})
    assert "has 4 files" in parse_all(tmp_path, content, max_file_pages=3)[1]


def test_file_with_a_wrong_checksum_is_reported(tmp_path):
    content = bytearray(zipped({"a.txt": "They met.", "b.txt": "They left."}))
    place = content.index(b"PK\1\2") + 16
    content[place] ^= 1
    documents, error = parse_all(tmp_path, bytes(content))
    assert [document.id for document in documents] == ["/b.txt"]
    assert "a.txt cannot be read: it is damaged" in error


def test_archive_in_an_archive_is_read(tmp_path):
    content = zipped({"in.zip": zipped({"deep/c.txt": "The cellar floods."})})
    documents, error = parse_all(tmp_path, content)
    assert [(one.id, one.text) for one in documents] == [
        ("/in.zip/deep/c.txt", "The cellar floods.")
    ]
    assert error == ""


def test_archives_nested_too_deeply_are_reported(tmp_path):
    content = zipped({"a.txt": "x"})
    for _ in range(400):
        content = zipped({"in.zip": content})
    documents, error = parse_all(tmp_path, content)
    assert documents == []
    assert "contains a file that cannot be read: in.zip" in error
