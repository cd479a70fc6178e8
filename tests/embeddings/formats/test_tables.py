import time

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.rows import Fields
from embeddings.formats.tables import read


@pytest.fixture
def read_table(tmp_path):
    def read_it(source):
        path = tmp_path / "a.csv"
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        return read(path, Fields())

    return read_it


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(read_table, delimiter):
    rows = [["id", "text", "place"], ["x", "a, b; c | d, e, f", "Ankara"]]
    rows = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in rows]
    (document,) = read_table("\n".join(delimiter.join(row) for row in rows))
    assert (document.id, document.text) == ("x", "a, b; c | d, e, f")
    assert document.metadata == {"place": "Ankara"}


def test_one_column_is_enough(read_table):
    assert [each.text for each in read_table("text\nFirst.\nSecond.\n")] == ["First.", "Second."]


def test_quoted_cells_may_hold_line_ends_and_quotes(read_table):
    (document,) = read_table('text,title\r\n"One\r\n""two""",Talks\r\n')
    assert document.text == 'One\n"two"'


def test_a_cell_may_be_longer_than_the_csv_modules_usual_limit(read_table):
    (document,) = read_table("text\n" + "x" * 200_000)
    assert len(document.text) == 200_000


def test_rows_may_be_shorter_or_longer_than_the_header_and_blank(read_table):
    found = list(read_table("text,place\nFirst.\n\nSecond.,Ankara,more\n"))
    assert [(each.id, dict(each.metadata)) for each in found] == [
        ("1", {}),
        ("2", {"place": "Ankara"}),
    ]


def test_a_table_as_spreadsheets_save_it_is_read(read_table):
    (document,) = read_table("text;place\r\nYağmur;İzmir\r\n".encode("utf-8-sig"))
    assert (document.text, document.metadata) == ("Yağmur", {"place": "İzmir"})
    (document,) = read_table("text\tplace\r\nYağmur\tİzmir\r\n".encode("utf-16"))
    assert (document.text, document.metadata) == ("Yağmur", {"place": "İzmir"})


def test_rows_are_read_one_by_one(read_table):
    rows = read_table("text,kind\nFirst.,a\nSecond.,b\n")
    assert next(rows).text == "First."


def test_a_table_without_a_text_column_is_an_error_that_lists_the_columns(read_table):
    with pytest.raises(DocumentError, match="'words', 'day'"):
        list(read_table("words,day\nThey met.,1\n"))


def test_a_header_alone_is_empty(read_table):
    with pytest.raises(DocumentError, match="is empty"):
        list(read_table("text,title\n"))


def test_a_table_of_many_columns_names_some_of_them(read_table):
    with pytest.raises(DocumentError, match=r"'c18', 'c19' and more; name one"):
        list(read_table(",".join(f"c{number}" for number in range(100_000)) + "\nx\n"))


def test_a_short_row_costs_no_more_than_its_length_under_a_long_header(read_table):
    header = ",".join(["text", *(f"c{number}" for number in range(10_000))])
    began = time.perf_counter()
    assert len(list(read_table(header + "\n" + "x\n" * 10_000))) == 10_000
    assert time.perf_counter() - began < 5


def test_a_row_may_end_before_its_text_and_its_date(read_table):
    (document,) = read_table("kind,text,date\na\nb,They met.\n")
    assert (document.id, document.text, document.date) == ("2", "They met.", None)
