import time

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.delimited import read
from embeddings.formats.parse_options import ParseOptions


@pytest.fixture
def read_table(tmp_path):
    def read_it(source, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        return read(path, ParseOptions())

    return read_it


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_in_the_header(read_table, delimiter):
    rows = [["id", "text", "place"], ["x", "a, b; c | d, e, f", "Ankara"]]
    rows = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in rows]
    (document,) = read_table("\n".join(delimiter.join(row) for row in rows))
    assert (document.id, document.text) == ("x", "a, b; c | d, e, f")
    assert document.metadata == {"place": "Ankara"}


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;  "])
def test_separator_line_of_spreadsheets_names_the_delimiter(read_table, line):
    (document,) = read_table(f"{line}\r\nid;text\r\nx;a, b, c\r\n")
    assert (document.id, document.text) == ("x", "a, b, c")


def test_header_cells_may_hold_line_ends(read_table):
    (document,) = read_table('"Unit\nprice";text\n5;They met.\n')
    assert (document.text, document.metadata) == ("They met.", {"Unit price": "5"})


def test_commas_in_the_last_cell_stay_in_its_text(read_table):
    (document,) = read_table("id,text\n7,They met, and left, in May.\n")
    assert (document.id, document.text) == ("7", "They met, and left, in May.")


@pytest.mark.parametrize(
    "above",
    [
        *("Minutes of the board,,\n,,\n", "# exported on Monday\n", "Minutes\nAll years\n\n"),
        "# exported, on Monday\n# units: km\n",
    ],
)
def test_titles_above_the_header_are_skipped(read_table, above):
    found = list(read_table(f"{above}id,text,place\n7,They met.,Ankara\n8,They left.,Izmir\n"))
    assert [(each.id, each.text, each.metadata) for each in found] == [
        ("7", "They met.", {"place": "Ankara"}),
        ("8", "They left.", {"place": "Izmir"}),
    ]


def test_first_row_of_values_is_not_a_header(read_table):
    found = list(read_table("Ash,412,14.5\nElm,98,12\n"))
    assert [(one.text, one.metadata) for one in found] == [
        ("Ash; 412; 14.5", {}),
        ("Elm; 98; 12", {}),
    ]


@pytest.mark.parametrize(
    ("above", "title"),
    [
        ("Owner;Ada Orr\nFrom;1.2.2020\n\n", "Owner: Ada Orr; From: 1.2.2020"),
        ("Sum of Sales;Column Labels;;\n", "Sum of Sales: Column Labels"),
        ("Sales of the year\n", "Sales of the year"),
    ],
)
def test_titles_of_one_or_two_cells_above_a_table_of_facts_are_a_row_of_their_own(
    read_table, above, title
):
    found = list(read_table(f"{above}Tree;North;South;Sum\nAsh;4;5;9\nElm;9;2;11\n"))
    assert [(one.id, one.text) for one in found] == [
        ("0", title),
        ("1", "Tree: Ash; North: 4; South: 5; Sum: 9"),
        ("2", "Tree: Elm; North: 9; South: 2; Sum: 11"),
    ]


def test_header_with_blank_names_is_no_title(read_table):
    (first, second) = read_table("tree,place,\nAsh,north,tall\nElm,south,low\n")
    assert (first.text, second.text) == (
        "tree: Ash; place: north; tall",
        "tree: Elm; place: south; low",
    )


def test_number_next_to_a_usual_name_is_a_name(read_table):
    assert [one.text for one in read_table("Product,30\nRope,12\nTar,9\n")] == [
        *("Product: Rope; 30: 12", "Product: Tar; 30: 9")
    ]


@pytest.mark.parametrize("header", ["shoe,38,39", "town,2020,"])
def test_years_and_sizes_are_column_names(read_table, header):
    (found,) = read_table(f"{header}\nAsh,4,5\n")
    assert found.text.startswith(f"{header.split(',')[0]}: Ash; {header.split(',')[1]}: 4")


@pytest.mark.parametrize("mark", ["#", "# "])
def test_header_that_begins_with_a_number_sign_is_kept(read_table, mark):
    found = list(read_table(f"{mark}gate;height\nNorth;3\nSouth;4\n"))
    assert [one.text for one in found] == [
        f"{mark}gate: North; height: 3",
        f"{mark}gate: South; height: 4",
    ]


@pytest.mark.parametrize("source", ["text\nThey met, twice.\nOld, but new.\n", "a\nb, c\nd, e\n"])
def test_single_column_with_commas_keeps_its_header(read_table, source):
    assert len(list(read_table(source))) == 2


def test_delimiter_without_following_space_wins_a_tie(read_table):
    (document,) = read_table("Surname, name;Fee\nVoss, Clara;12\n")
    assert document.text == "Surname, name: Voss, Clara; Fee: 12"


def test_columns_of_one_name_and_without_a_name_are_all_read(read_table):
    (document,) = read_table(',item,price,price,\n1,Lamp,12,15,"oak, old"\n')
    assert document.text == "1; item: Lamp; price: 12; price (2): 15; oak, old"


def test_space_before_a_quoted_cell_is_not_part_of_it(read_table):
    (document,) = read_table('id, text, place\n7, "They met, twice.", "Ankara"\n')
    assert (document.text, document.metadata) == ("They met, twice.", {"place": "Ankara"})


def test_single_column_is_read(read_table):
    assert [each.text for each in read_table("text\nFirst.\nSecond.\n")] == ["First.", "Second."]


def test_quoted_cells_may_hold_line_ends_and_quotes(read_table):
    (document,) = read_table('text,title\r\n"One\r\n""two""",Talks\r\n')
    assert document.text == 'One\n"two"'


def test_quotation_marks_in_cells_of_tab_separated_tables_are_ordinary(read_table):
    rows = '1\t"Hello\n2\tA "short" word\n3\t"Hi" she said\n4\t"quoted"\n5\t5" pipe\n'
    found = read_table(f"id\ttext\n{rows}")
    assert [(each.id, each.text) for each in found] == [
        ("1", '"Hello'),
        ("2", 'A "short" word'),
        ("3", '"Hi" she said'),
        ("4", "quoted"),
        ("5", '5" pipe'),
    ]


def test_unclosed_quotation_mark_loses_no_other_row(read_table):
    rows = "".join(f"Row {number}.\n" for number in range(3000))
    found = list(read_table(f'text\n"Open.\n{rows}"Open too.\n"Last\none."\n'))
    assert [each.text for each in found[:2]] == ['"Open.', "Row 0."]
    assert len(found) == 3004


def test_cell_longer_than_the_default_limit_of_csv_is_read(read_table):
    (document,) = read_table("text\n" + "x" * 200_000)
    assert len(document.text) == 200_000


def test_rows_may_be_shorter_or_longer_than_the_header_and_blank(read_table):
    found = list(read_table("text,place\nFirst.\n\nSecond.,Ankara,more\n"))
    assert [(each.id, dict(each.metadata)) for each in found] == [
        ("1", {}),
        ("2", {"place": "Ankara,more"}),
    ]


def test_table_saved_by_a_spreadsheet_is_read(read_table):
    (document,) = read_table("text;place\r\nYağmur;İzmir\r\n".encode("utf-8-sig"))
    assert (document.text, document.metadata) == ("Yağmur", {"place": "İzmir"})
    (document,) = read_table("text\tplace\r\nYağmur\tİzmir\r\n".encode("utf-16"))
    assert (document.text, document.metadata) == ("Yağmur", {"place": "İzmir"})


def test_table_without_text_column_gives_one_document_per_row(read_table):
    found = list(read_table("name,price,colour\nLamp,12,red\nChair,,blue\n"))
    assert [(each.id, each.title, each.text) for each in found] == [
        ("1", "Lamp", "name: Lamp; price: 12; colour: red"),
        ("2", "Chair", "name: Chair; colour: blue"),
    ]


def test_header_alone_is_empty(read_table):
    with pytest.raises(DocumentError, match="is empty"):
        list(read_table("text,title\n"))


def test_short_rows_under_a_long_header_are_read_fast(read_table):
    header = ",".join(["text", *(f"c{number}" for number in range(10_000))])
    began = time.process_time()
    assert len(list(read_table(header + "\n" + "x\n" * 10_000))) == 10_000
    assert time.process_time() - began < 5


def test_row_may_end_before_its_text_and_its_date(read_table):
    (document,) = read_table("kind,text,date\na\nb,They met.\n")
    assert (document.id, document.text, document.date) == ("2", "They met.", None)


def test_label_value_pairs_are_one_document(read_table):
    (document,) = read_table("Mill;Lower Ash\nBuilt;1742\nOwner;Ada Orr\nWheels;3\n", "a.csv")
    assert document.text == "Mill: Lower Ash; Built: 1742; Owner: Ada Orr; Wheels: 3"
    facts = "Name;Tern\nBuilt;1912\nLength;14.2 m\nOwner;Ada Orr\nSurvey;2022-03-14\n"
    (boat,) = read_table(facts)
    assert boat.text.endswith("Built: 1912; Length: 14.2 m; Owner: Ada Orr; Survey: 2022-03-14")
    prices = "Plank,Price\nOak,12\nAsh,on request\nElm,14\nFir,9\nYew,by weight\n"
    assert [document.text for document in read_table(prices)][1] == "Plank: Ash; Price: on request"
    pairs = "".join(f"gate {number},{number if number % 2 else 'shut'}\n" for number in range(200))
    assert len(list(read_table(f"name,width\n{pairs}"))) == 200


def test_other_delimiter_inside_a_quoted_cell_is_ignored(read_table):
    (first, second) = read_table('id,text\n1,"Saw | plane | oil"\n2,Shut\n')
    assert (first.text, second.text) == ("Saw | plane | oil", "Shut")
