import pytest

from embeddings.errors import DocumentError
from embeddings.formats.opendocument import read
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Section
from tests.embeddings.formats.samples import opendocument, unzipped, zipped


def read_body(tmp_path, body, kind="text", **parts):
    path = tmp_path / "a.odt"
    path.write_bytes(opendocument(kind, body, **parts))
    return read(path, ParseOptions())


def test_paragraphs_headings_and_tables_keep_their_order(tmp_path):
    found = read_body(
        tmp_path,
        '<text:h text:outline-level="1">History</text:h>'
        "<text:p>Built<text:tab/>by<text:s text:c='2'/>Clara<text:line-break/>Voss.</text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>Part</text:p></table:table-cell>"
        "<table:table-cell><text:p>Price</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell><text:p>Gate</text:p></table:table-cell>"
        "<table:table-cell><text:p>40</text:p></table:table-cell></table:table-row></table:table>"
        '<text:section><text:h text:outline-level="2">Flood</text:h></text:section>',
    )
    assert found.text == ("History\n\nBuilt\tby  Clara\nVoss.\n\nPart | Price\nGate | 40\n\nFlood")
    assert found.sections == (
        Section("History", 1, 0),
        Section("Flood", 2, found.text.index("Flood")),
    )


def test_note_follows_its_paragraph_and_deleted_text_is_left_out(tmp_path):
    found = read_body(
        tmp_path,
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>Gone.</text:p>"
        "</text:deletion></text:changed-region></text:tracked-changes>"
        "<text:p>Sold<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>For 90 marks.</text:p></text:note-body></text:note> to Orr."
        "<office:annotation><text:p>Really?</text:p></office:annotation></text:p>",
    )
    assert found.text == "Sold to Orr.\n\nFor 90 marks."


def test_list_items_have_the_numbers_that_are_shown(tmp_path):
    item = "<text:list-item><text:p>{}</text:p>{}</text:list-item>"
    inner = f"<text:list>{item.format('inner', '')}{item.format('inner', '')}</text:list>"
    style = (
        '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" '
        'style:num-format="I" style:num-suffix="."/><text:list-level-style-number text:level="2" '
        'style:num-format="a" style:num-suffix=")" text:display-levels="2"/></text:list-style>'
        '<text:list-style style:name="L2"><text:list-level-style-bullet text:level="1"/>'
        "</text:list-style>"
    )
    items = item.format("one", inner) + item.format("two", "")
    found = read_body(
        tmp_path,
        f'<text:list text:style-name="L1">{items}</text:list>'
        f'<text:list text:style-name="L2">{item.format("bullet", "")}</text:list>'
        f'<text:list text:style-name="L1" text:continue-numbering="true">'
        f"{item.format('three', '')}</text:list>"
        f'<text:list text:style-name="L1">{item.format("new", "")}</text:list>',
        styles=style,
    )
    assert found.text.split("\n\n") == [
        *("I. one", "I.a) inner", "I.b) inner", "II. two", "bullet", "III. three", "I. new"),
    ]


def test_spaces_are_limited(tmp_path):
    body = '<text:p>10<text:s text:c="999999999"/>20<text:s text:c="-5"/>30</text:p>'
    assert read_body(tmp_path, body).text == f"10{' ' * 100}2030"


def test_superscript_number_is_marked(tmp_path):
    style = (
        '<style:style style:name="T1"><style:text-properties style:text-position="super 58%"/>'
        "</style:style>"
    )
    body = '<text:p>10<text:span text:style-name="T1">6</text:span> litres</text:p>'
    assert read_body(tmp_path, body, styles=style).text == "10^6 litres"


def test_each_slide_is_a_page_and_a_section(tmp_path):
    slide = (
        '<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>{}</text:p>'
        "</draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>{}</text:p>"
        "</draw:text-box></draw:frame></draw:page>"
    )
    number = "<text:page-number>&lt;number&gt;</text:page-number>"
    body = slide.format("Costs", "The gate: 40.") + slide.format("", f"Thanks.{number}")
    found = read_body(tmp_path, body, kind="presentation")
    assert found.text == "Costs\n\nThe gate: 40.\n\nThanks."
    second = found.text.index("Thanks")
    assert found.pages == (0, second)
    assert found.sections == (Section("Costs", 1, 0), Section("Slide 2", 1, second))


def test_properties_give_title_author_and_day_of_creation(tmp_path):
    found = read_body(
        tmp_path,
        "<text:p>x</text:p>",
        meta="<dc:title>Dams</dc:title><meta:initial-creator>Clara Voss</meta:initial-creator>"
        "<meta:creation-date>2020-09-16T10:00:00</meta:creation-date>",
    )
    assert found.title == "Dams"
    assert found.metadata == {"author": "Clara Voss", "created": "2020-09-16"}


def test_encrypted_file_is_refused(tmp_path):
    path = tmp_path / "a.odt"
    path.write_bytes(
        zipped({"META-INF/manifest.xml": "<m><encryption-data/></m>", "content.xml": "\x8f\x01"})
    )
    with pytest.raises(DocumentError, match="is encrypted"):
        read(path, ParseOptions())


def test_zip_without_content_is_called_damaged(tmp_path):
    path = tmp_path / "a.odt"
    path.write_bytes(zipped({"a": "x"}))
    with pytest.raises(DocumentError, match="damaged, or not an OpenDocument file"):
        read(path, ParseOptions())


@pytest.mark.parametrize("position", ["super 58%", "33% 58%"])
def test_inherited_style_makes_a_number_superscript(tmp_path, position):
    found = read_body(
        tmp_path,
        '<text:p>10<text:span text:style-name="T2">6</text:span> litres</text:p>',
        styles='<style:style style:name="T2" style:parent-style-name="T1"/>'
        '<style:style style:name="T1"><style:text-properties style:text-position='
        f'"{position}"/></style:style>',
    )
    assert found.text == "10^6 litres"


def test_hidden_text_is_left_out(tmp_path):
    found = read_body(
        tmp_path,
        '<text:p>Seen<text:span text:style-name="T1"> HIDDEN</text:span></text:p>'
        '<text:section text:display="none"><text:p>HIDDEN</text:p></text:section>',
        styles='<style:style style:name="T1"><style:text-properties text:display="none"/>'
        "</style:style>",
    )
    assert found.text == "Seen"


def test_cell_over_several_rows_is_repeated_in_each(tmp_path):
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
    first = cell.format(' table:number-rows-spanned="2"', "York") + cell.format("", "1852")
    second = "<table:covered-table-cell/>" + cell.format("", "1853")
    third = cell.format("", "Ely") + cell.format("", "1860")
    rows = "".join(f"<table:table-row>{row}</table:table-row>" for row in (first, second, third))
    found = read_body(tmp_path, f"<table:table>{rows}</table:table>")
    assert found.text == "York | 1852\nYork | 1853\nEly | 1860"


@pytest.mark.parametrize(
    ("formula", "text"), [("<mi>v</mi><mo>=</mo><mn>25</mn>", "Speed v=25."), ("", "Speed .")]
)
def test_embedded_formula_is_read(tmp_path, formula, text):
    body = (
        '<text:p>Speed <draw:frame><draw:object xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xlink:href="./Object 1"/></draw:frame>.</text:p>'
    )
    math = f'<math xmlns="http://www.w3.org/1998/Math/MathML">{formula}</math>'
    parts = {**unzipped(opendocument("text", body)), "Object 1/content.xml": math}
    path = tmp_path / "a.odt"
    path.write_bytes(zipped(parts))
    assert read(path, ParseOptions()).text == text


def test_paragraph_in_the_style_of_titles_is_the_title(tmp_path):
    style = (
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
    )
    body = (
        '<text:p text:style-name="P1">Minutes</text:p><text:p text:style-name="Title">More</text:p>'
        '<text:h text:outline-level="1">Apologies</text:h>'
    )
    assert read_body(tmp_path, body, styles=style).title == "Minutes"
