import base64
import datetime
import inspect
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.errors import DocumentError, EmptyDocumentError
from embeddings.files import SourceFile, read_file
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import Fields
from embeddings.formats.registry import FORMATS, is_known, parse
from tests.embeddings.formats.samples import opendocument, zipped

TEXT_FORMATS = [".txt", ".md", ".html", ".csv", ".json", ".jsonl", ".vtt"]
LEGACY = {suffix for suffix, form in FORMATS.items() if form.save_as}


def parse_one(path, **settings):
    (document,) = parse(path, ParseOptions(**settings))
    return document


def reason(path, **settings):
    with pytest.raises(DocumentError) as caught:
        list(
            read_file(
                SourceFile(path=path, id=path.name, root=path.parent), ParseOptions(**settings)
            )
        )
    return str(caught.value)


@pytest.mark.parametrize("suffix", sorted(FORMATS.keys() - LEGACY))
def test_parser_of_each_format_exists_and_takes_its_arguments(suffix):
    form = FORMATS[suffix]
    parameters = inspect.signature(form.load()).parameters
    assert suffix == suffix.lower()
    assert len(parameters) == 2


def test_registry_imports_neither_stores_nor_parsers():
    program = (
        "import sys, embeddings.formats.registry\n"
        "heavy = {'bs4', 'lxml', 'pypdf', 'python_calamine', 'sqlite3', 'embeddings.stores'}\n"
        "print(heavy & set(sys.modules))"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "set()\n"


def test_extension_in_capitals_is_known(tmp_path):
    path = tmp_path / "NEWS.JSONL"
    path.write_text('{"text": "They met."}')
    assert is_known("NEWS.JSONL")
    assert parse_one(path).id == "#1"


@pytest.mark.parametrize(("name", "kind"), [("a.xyz", ".xyz"), ("a", "no extension")])
def test_unknown_kind_raises_with_the_extension_and_known_formats(tmp_path, name, kind):
    path = tmp_path / name
    path.write_bytes(b"x")
    assert f"is of an unknown kind ({kind}): save it as PDF, HTML or text" in reason(path)


@pytest.mark.parametrize(("name", "format_"), [("a.doc", ".docx"), ("a.ppt", ".pptx")])
def test_old_office_file_is_refused_with_the_format_to_save_it_as(tmp_path, name, format_):
    path = tmp_path / name
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    assert f"save it as {format_}" in reason(path)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("content", [b"", b" \n\t\n"])
def test_file_without_text_raises_in_every_format(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert str(path) in reason(path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_file_without_bytes_raises_empty_document_error(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.touch()
    with pytest.raises(EmptyDocumentError, match="is empty"):
        list(parse(path, ParseOptions()))


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_binary_file_with_the_extension_of_a_text_format_is_called_binary(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"PK\3\4\0\0\0text")
    assert "is a binary file" in reason(path)


def test_file_of_the_largest_size_is_read_and_a_larger_one_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x" * 1000)
    assert len(parse_one(path, max_file_bytes=1000).text) == 1000
    path.write_text("x" * 1001)
    message = reason(path, max_file_bytes=1000)
    assert "1,001" in message
    assert "1,000" in message


def test_nested_archives_share_one_size_limit(tmp_path):
    inner = base64.encodebytes(zipped({"a.txt": "x" * 50_000}))
    disposition = b'Content-Disposition: attachment; filename="a.zip"'
    mail = disposition + b"\nContent-Transfer-Encoding: base64\n\n" + inner
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({f"{number}.eml": mail for number in range(10)}))
    assert len(list(parse(path, ParseOptions()))) == 10
    message = reason(path, max_file_bytes=200_000)
    assert re.search(r"expands to 2\d\d,\d{3} bytes, more than the 200,000 allowed", message)


def test_repeated_long_field_name_counts_towards_the_size_limit(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"text,{'n' * 1000}\n" + "They met.,1\n" * 1000)
    assert len(list(parse(path, ParseOptions()))) == 1000
    assert "expands to 200," in reason(path, max_file_bytes=200_000)


def test_table_may_expand_to_ten_times_its_size(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,notes\n" + "They met.,1\n" * 1000)
    assert len(list(parse(path, ParseOptions(max_file_bytes=path.stat().st_size)))) == 1000


def test_named_fields_reach_the_parser_of_rows(tmp_path):
    path = tmp_path / "news.json"
    path.write_text('{"lead": "They met.", "day": "2020-09-16"}')
    document = parse_one(path, fields=Fields(text="lead", date="day"))
    assert (document.text, document.date) == ("They met.", datetime.date(2020, 9, 16))


def test_date_in_the_document_counts_more_than_first_lines_and_file_name(tmp_path):
    path = tmp_path / "2020-09-16 talks.md"
    path.write_text("They met.")
    assert parse_one(path).date == datetime.date(2020, 9, 16)
    path.write_text("Date: 17 September 2020\n\nThey met.")
    assert parse_one(path).date == datetime.date(2020, 9, 17)
    path.write_text("---\ndate: 2019-01-02\n---\nThey met.")
    assert parse_one(path).date == datetime.date(2019, 1, 2)


def test_day_of_creation_counts_less_than_first_lines_and_file_name(tmp_path):
    for name, lines, day in (
        ("minutes", ["They met."], "2026-11-02"),
        ("2020-09-17 minutes", ["They met."], "2020-09-17"),
        ("2020-09-17 minutes", ["Date: 16 September 2020", "They met."], "2020-09-16"),
    ):
        meta = "<meta:creation-date>2026-11-02T08:00:00</meta:creation-date>"
        body = "".join(f"<text:p>{line}</text:p>" for line in lines)
        path = tmp_path / f"{name}.odt"
        path.write_bytes(opendocument("text", body, meta=meta))
        assert str(parse_one(path).date) == day


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("2020-09-16-messages.csv", "text,date\nThey met.,\nThey left.,2020-09-18\n"),
        ("2020-09-16.csv", "text,day,date\nThey met.,Monday,\nThey left.,Friday,2020-09-18\n"),
        ("2020-09-16.json", '["They met.", {"text": "They left.", "date": "2020-09-18"}]'),
        ("2020-09-16.jsonl", '"They met."\n{"text": "They left.", "date": "2020-09-18"}\n'),
    ],
)
def test_file_name_dates_rows_without_a_date(tmp_path, name, source):
    path = tmp_path / name
    path.write_text(source)
    days = [document.date for document in parse(path, ParseOptions())]
    assert days == [datetime.date(2020, 9, 16), datetime.date(2020, 9, 18)]


@pytest.fixture(scope="module")
def scratch():
    name = tempfile.mkdtemp()
    yield Path(name)
    shutil.rmtree(name)


NASTY = st.binary(max_size=200) | st.text(
    alphabet='<>&;"{}[]:,#-|\\\n\r\t aé\u0130\ufeff😀date2019', max_size=80
).map(str.encode)


@pytest.mark.parametrize(
    "suffix", [suffix for suffix, form in FORMATS.items() if not form.sandboxed] + [".md", ".html"]
)
@given(content=NASTY)
@settings(max_examples=30, deadline=None)
def test_any_bytes_in_a_text_format_give_documents_or_an_expected_error(scratch, suffix, content):
    path = scratch / f"a{suffix}"
    path.write_bytes(content)
    documents, message = [], ""
    try:
        documents.extend(read_file(SourceFile(path=path, id=path.name, root=scratch)))
    except DocumentError as error:
        message = str(error)
    assert documents or message
    assert "it is damaged" not in message  # the message for unexpected errors
    assert all(document.text.strip() for document in documents)
    assert all(document.text.encode() for document in documents)


@pytest.mark.parametrize(
    "suffix", sorted({".pdf", ".docx", ".xlsx", ".xls", ".ods", ".zip", ".msg"})
)
@given(content=NASTY)
@settings(max_examples=15, deadline=None)
def test_any_bytes_in_a_binary_format_raise(scratch, suffix, content):
    path = scratch / f"a{suffix}"
    path.write_bytes(content)
    assert str(path) in reason(path)
