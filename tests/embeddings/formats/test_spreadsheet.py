import datetime

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import Fields
from embeddings.formats.registry import parse
from embeddings.formats.spreadsheet import read
from embeddings.types import Section
from tests.embeddings.formats.samples import ole, opendocument, unzipped, xls, xlsx, zipped

PRICES = [["name", "price"], ["Lamp", 12.5], ["Bulb", 3.0]]
LINES = "name | price\n\nname: Lamp; price: 12.5\n\nname: Bulb; price: 3"


def read_all(tmp_path, content, name="a.xlsx", **settings):
    path = tmp_path / name
    path.write_bytes(content)
    return [document for document in read(path, ParseOptions(**settings)) if document.text]


@pytest.mark.parametrize("strict", [False, True])
def test_row_is_a_line_with_column_names(tmp_path, strict):
    (document,) = read_all(tmp_path, xlsx({"Sheet1": PRICES}, strict=strict))
    assert (document.id, document.text, document.sections) == ("", LINES, ())


def test_formula_has_its_saved_value_and_is_not_computed(tmp_path):
    parts = unzipped(xlsx({"Sheet1": [["name", "price"], ["Lamp", 2.0], ["Bulb", 3.0]]}))
    content = parts["xl/sheet1.xml"]
    content = content.replace(b"<f>2.0+0</f><v>2.0</v>", b"<f>1+1</f><v>7</v>")
    parts["xl/sheet1.xml"] = content.replace(b"<f>3.0+0</f><v>3.0</v>", b"<f>1+1</f>")
    (document,) = read_all(tmp_path, zipped(parts))
    assert document.text == "name | price\n\nname: Lamp; price: 7\n\nname: Bulb"


def test_old_workbook_is_read(tmp_path):
    (document,) = read_all(tmp_path, xls(PRICES), "a.xls")
    assert document.text == LINES


def test_opendocument_sheet_is_read_with_dates_and_properties(tmp_path):
    body = (
        '<table:table table:name="Visits"><table:table-row>'
        '<table:table-cell office:value-type="string"><text:p>who</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string"><text:p>day</text:p></table:table-cell>'
        '</table:table-row><table:table-row table:number-rows-repeated="2">'
        '<table:table-cell office:value-type="string"><text:p>Clara</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2020-09-16"/>'
        "</table:table-row></table:table>"
    )
    content = opendocument("spreadsheet", body, meta="<dc:title>Visits of 2020</dc:title>")
    (document,) = read_all(tmp_path, content, "a.ods")
    line = "who: Clara; day: 2020-09-16"
    assert document.text == f"who | day\n\n{line}\n\n{line}"
    assert document.sections == (Section("Visits", 1, 0),)
    assert document.title == "Visits of 2020"


def test_each_sheet_is_a_section(tmp_path):
    (document,) = read_all(tmp_path, xlsx({"Prices": PRICES, "Notes": [["Ask Orr."]]}))
    assert document.text == f"{LINES}\n\nAsk Orr."
    assert document.sections == (
        Section("Prices", 1, 0),
        Section("Notes", 1, document.text.index("Ask")),
    )


@pytest.mark.parametrize(("name", "headings"), [("Tabelle1", []), ("Prices2020", ["Prices2020"])])
def test_single_sheet_is_a_section_unless_it_has_a_default_name(tmp_path, name, headings):
    (document,) = read_all(tmp_path, xlsx({name: PRICES}))
    assert [section.heading for section in document.sections] == headings


def test_rows_above_the_header_are_lines_of_their_own(tmp_path):
    (document,) = read_all(tmp_path, xlsx({"Sheet1": [["Prices of 2020"], *PRICES]}))
    assert document.text == f"Prices of 2020\n\n{LINES}"


def test_sheet_without_a_header_joins_its_cells(tmp_path):
    rows = [["Rent", 900.0], ["Water", 30.0]]
    (document,) = read_all(tmp_path, xlsx({"Sheet1": rows}))
    assert document.text == "Rent | 900\n\nWater | 30"


def test_sheet_with_a_text_column_gives_a_document_for_each_row(tmp_path):
    news = [["id", "text", "date"], ["x", "They met.", "2020-09-16"], ["", "They left.", ""]]
    documents = read_all(tmp_path, xlsx({"Sheet1": news}))
    assert [(document.id, document.text) for document in documents] == [
        ("x", "They met."),
        ("2", "They left."),
    ]
    assert documents[0].date == datetime.date(2020, 9, 16)


def test_rows_of_several_sheets_have_the_sheet_in_their_id(tmp_path):
    news = [["id", "lead"], ["x", "They met."]]
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx({"News": news, "Prices": PRICES}))
    options = ParseOptions(fields=Fields(text="lead"))
    documents = list(parse(path, options))
    assert [document.id for document in documents] == ["#News/x", ""]
    assert documents[1].text == LINES


def test_encrypted_workbook_is_refused(tmp_path):
    content = ole({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"x" * 100})
    with pytest.raises(DocumentError, match="is encrypted; save a copy without the password"):
        read_all(tmp_path, content)


def test_workbook_that_makes_the_library_panic_is_called_damaged(tmp_path):
    content = bytearray(xls(PRICES))
    content[76:80] = (10).to_bytes(4, "little")  # the place of the allocation table
    with pytest.raises(DocumentError, match="cannot be read: it is damaged"):
        read_all(tmp_path, bytes(content), "a.xls")


def test_workbook_that_expands_too_much_is_refused(tmp_path):
    content = xlsx({"Sheet1": [["x" * 2000]]})
    with pytest.raises(DocumentError, match="expands to"):
        read_all(tmp_path, content, max_file_bytes=2000)


def test_table_cut_to_its_header_is_empty(tmp_path):
    assert read_all(tmp_path, xlsx({"Sheet1": [["id", "text"]]})) == []
    (document,) = read_all(tmp_path, xlsx({"Sheet1": [["name", "price"]]}))
    assert document.text == "name | price"


def test_consecutive_years_are_column_names(tmp_path):
    rows = [["", 2019.0, 2020.0], ["Income", 5.0, 7.0]]
    (document,) = read_all(tmp_path, xlsx({"Sheet1": rows}))
    assert document.text == "2019 | 2020\n\nIncome; 2019: 5; 2020: 7"
    (document,) = read_all(tmp_path, xlsx({"Sheet1": [["Orr", 1911.0], ["Voss", 1942.0]]}))
    assert document.text == "Orr | 1911\n\nVoss | 1942"


def test_table_below_a_blank_row_has_its_own_header(tmp_path):
    rows = [*PRICES, [""], ["Lamp", "oak"], ["Bulb", "glass"], [""], ["town", "people", "area"]]
    rows.append(["York", 4200.0, 3.0])
    (document,) = read_all(tmp_path, xlsx({"Sheet1": rows}))
    assert document.text == (
        f"{LINES}\n\nname: Lamp; price: oak\n\nname: Bulb; price: glass\n\n"
        "town | people | area\n\ntown: York; people: 4200; area: 3"
    )


def test_table_below_a_blank_row_can_have_a_title(tmp_path):
    rows = [*PRICES, [""], ["Keepers"], ["name", "gate", "since"], ["Ada", "upper", "May"]]
    rows += [[""], ["Night shift"], ["Cy", "lower", "June"]]
    (document,) = read_all(tmp_path, xlsx({"Sheet1": rows}))
    assert document.text == (
        f"{LINES}\n\nKeepers\n\nname | gate | since\n\nname: Ada; gate: upper; since: May\n\n"
        "Night shift\n\nname: Cy; gate: lower; since: June"
    )


def test_label_with_a_colon_is_no_column_name(tmp_path):
    form = [["Visit"], ["Client:", "Ada Orr"], ["Date:", "2020-09-16"], [""], *PRICES]
    (document,) = read_all(tmp_path, xlsx({"Sheet1": form}))
    assert document.text == f"Visit\n\nClient: Ada Orr\n\nDate: 2020-09-16\n\n{LINES}"


def test_cell_over_several_rows_is_repeated_in_each(tmp_path):
    rows = [["town", "year"], ["York", 1852.0], ["", 1853.0]]
    parts = unzipped(xlsx({"Sheet1": rows}))
    merged = b'</sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells>'
    parts["xl/sheet1.xml"] = parts["xl/sheet1.xml"].replace(b"</sheetData>", merged)
    (document,) = read_all(tmp_path, zipped(parts))
    assert document.text == "town | year\n\ntown: York; year: 1852\n\ntown: York; year: 1853"


def test_header_of_two_rows_with_merged_cells_names_each_column(tmp_path):
    rows = [["pool", "summer", "", "winter"], ["", "from", "to", "from"], ["Elm", 7.0, 21.0, 10.0]]
    parts = unzipped(xlsx({"Sheet1": rows}))
    merged = (
        b'</sheetData><mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/></mergeCells>'
    )
    parts["xl/sheet1.xml"] = parts["xl/sheet1.xml"].replace(b"</sheetData>", merged)
    (document,) = read_all(tmp_path, zipped(parts))
    assert document.text == (
        "pool | summer from | summer to | winter from\n\n"
        "pool: Elm; summer from: 7; summer to: 21; winter from: 10"
    )


def test_cell_over_several_rows_of_opendocument_is_repeated_in_each(tmp_path):
    def row(*cells):
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    def cell(text, more=""):
        string = 'office:value-type="string"'
        return f"<table:table-cell {string} {more}><text:p>{text}</text:p></table:table-cell>"

    rows = [
        row(cell("depot"), cell("driver")),
        row(cell("North", 'table:number-rows-spanned="2"'), cell("Ada")),
        row("<table:covered-table-cell/>", cell("Clara")),
    ]
    body = f'<table:table table:name="Sheet1">{"".join(rows)}</table:table>'
    (document,) = read_all(tmp_path, opendocument("spreadsheet", body), "a.ods")
    assert document.text == (
        "depot | driver\n\ndepot: North; driver: Ada\n\ndepot: North; driver: Clara"
    )


@pytest.mark.parametrize(
    ("form", "shown"), [("9", "12.5%"), ("170", "12.5%"), ("171", "0.125"), ("46", "3:00")]
)
def test_percentages_and_durations_are_read_as_shown(tmp_path, form, shown):
    parts = unzipped(xlsx({"Sheet1": [["mill", "share"], ["Upper", 0.125]]}))
    content = parts["xl/sheet1.xml"].replace(b"<c><f>0.125+0</f>", b'<c r="B2" s="1">')
    parts["xl/sheet1.xml"] = content
    parts["xl/styles.xml"] = (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts>'
        '<numFmt numFmtId="170" formatCode="[Red]0.0%"/>'
        '<numFmt numFmtId="171" formatCode=\'0.0"%"\'/></numFmts>'
        f'<cellXfs><xf numFmtId="0"/><xf numFmtId="{form}"/></cellXfs></styleSheet>'
    ).encode()
    (document,) = read_all(tmp_path, zipped(parts))
    assert document.text == f"mill | share\n\nmill: Upper; share: {shown}"


def test_percentages_of_opendocument_are_read_as_shown(tmp_path):
    names = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in ("mill", "share", "rest")
    )
    cells = (
        '<table:table-cell office:value-type="string"><text:p>Upper</text:p></table:table-cell>'
        '<table:table-cell table:number-columns-repeated="2" office:value-type="percentage" '
        'office:value="0.07"/>'
    )
    rows = f"<table:table-row>{names}</table:table-row><table:table-row>{cells}</table:table-row>"
    body = f'<table:table table:name="Sheet1">{rows}</table:table>'
    (document,) = read_all(tmp_path, opendocument("spreadsheet", body), "a.ods")
    assert document.text == "mill | share | rest\n\nmill: Upper; share: 7%; rest: 7%"


@pytest.mark.parametrize(
    ("value", "shown"), [("PT31H45M00S", "31:45"), ("PT26H05M09S", "26:05:09")]
)
def test_duration_of_more_than_a_day_in_opendocument_is_read_as_hours(tmp_path, value, shown):
    cells = (
        '<table:table-cell office:value-type="string"><text:p>Repair</text:p></table:table-cell>'
        f'<table:table-cell office:value-type="time" office:time-value="{value}"/>'
    )
    body = (
        f'<table:table table:name="Sheet1"><table:table-row>{cells}</table:table-row></table:table>'
    )
    (document,) = read_all(tmp_path, opendocument("spreadsheet", body), "a.ods")
    assert document.text == f"Repair | {shown}"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"tree\theight\nAsh\t30\n", "tree: Ash; height: 30"),
        ("tree\theight\nAsh\t30\n".encode("utf-16"), "tree: Ash; height: 30"),
        (
            b"\xef\xbb\xbf<html><body><table><tr><th>tree<th>height<tr><td>Ash<td>30</table>",
            "tree | height\nAsh | 30",
        ),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
            b"<Table><Row><Cell><Data>tree</Data></Cell><Cell><Data>height</Data></Cell></Row>"
            b"<Row><Cell><Data>Ash</Data></Cell><Cell><Data>30</Data></Cell></Row></Table></Workbook>",
            "tree | height\nAsh | 30",
        ),
    ],
)
def test_text_html_or_xml_with_the_name_of_an_old_workbook_is_read(tmp_path, content, text):
    (document,) = read_all(tmp_path, content, "a.xls")
    assert document.text == text


def test_label_value_pairs_have_no_header(tmp_path):
    rows = [["Mill", "Lower Ash"], ["Built", 1742.0], ["Owner", "Ada Orr"], ["Wheels", 3.0]]
    (document,) = read_all(tmp_path, xlsx({"Sheet1": rows}))
    assert document.text == "Mill: Lower Ash\n\nBuilt: 1742\n\nOwner: Ada Orr\n\nWheels: 3"


def test_consecutive_days_are_column_names(tmp_path):
    days = ["2021-01-01", "2021-02-01", "2021-03-01"]
    (document,) = read_all(tmp_path, xlsx({"Sheet1": [["depot", *days], ["North", 4.0, 5.0, 6.0]]}))
    assert document.text.endswith("depot: North; 2021-01-01: 4; 2021-02-01: 5; 2021-03-01: 6")
