import datetime
import zipfile

import docx
import docx.enum.style
import pytest
from docx.oxml import parse_xml

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import parse
from embeddings.formats.word import read
from embeddings.sentences import sentences
from embeddings.types import Section

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
LIMIT = 10_000_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.docx"


def read_one(path):
    return read(path, ParseOptions(max_file_bytes=LIMIT))


def add_xml(document, xml):
    element = parse_xml(xml.replace(">", f" {NAMESPACES}>", 1))
    document.element.body.insert_element_before(element, "w:sectPr")


def text_of(path, *paragraphs):
    """Save paragraphs, given as XML, and read the text of the file."""
    document = docx.Document()
    for xml in paragraphs:
        add_xml(document, xml)
    document.save(path)
    return read_one(path).text


def change_parts(path, change, **added):
    """Rewrite a file: each part goes through `change(name, content)`; more parts are added."""
    with zipfile.ZipFile(path) as container:
        parts = {name: container.read(name) for name in container.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, change(name, content))
        for name, content in added.items():
            container.writestr(f"word/{name}.xml", content)


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def test_paragraphs_and_tables_keep_the_order_of_the_document(path):
    document = docx.Document()
    document.add_paragraph("First.")
    table = document.add_table(2, 3)
    for cell, text in zip(table.rows[0].cells, ("Side", "Votes", "Votes"), strict=True):
        cell.text = text
    table.cell(1, 0).text = "A\nand B"
    table.cell(1, 1).merge(table.cell(1, 2)).text = "12"
    inner = table.cell(1, 0).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "x", "y"
    document.add_paragraph("Last.")
    document.save(path)
    assert read_one(path).text == "First.\n\nSide | Votes | Votes\nA and B x | y | 12\n\nLast."


def test_headings_and_list_items_are_sentences_and_headings_sections(path):
    document = docx.Document()
    document.add_heading("History", 1)
    document.add_paragraph("The dam was built by Clara Voss")
    document.add_paragraph("Jo Ray, chair", style="List Bullet")
    document.add_paragraph("Al Orr, clerk", style="List Bullet")
    document.add_heading("Flood", 2)
    document.add_paragraph("It broke in 1903.")
    document.save(path)
    found = read_one(path)
    assert [found.text[start:end] for start, end in sentences(found.text)] == [
        "History",
        "The dam was built by Clara Voss",
        "Jo Ray, chair",
        "Al Orr, clerk",
        "Flood",
        "It broke in 1903.",
    ]
    assert found.sections == (
        Section("History", 1, 0),
        Section("Flood", 2, found.text.index("Flood")),
    )


def test_table_of_one_cell_is_read_as_paragraphs(path):
    document = docx.Document()
    cell = document.add_table(1, 1).cell(0, 0)
    cell.paragraphs[0].text = "Note"
    cell.add_paragraph("Mind the step.")
    document.save(path)
    assert read_one(path).text == "Note\n\nMind the step."


def test_entity_does_not_bring_another_file_into_the_text(path, tmp_path):
    (tmp_path / "secret").write_text("A secret")
    text_of(path, "<w:p><w:r><w:t>PLACE</w:t></w:r></w:p>")
    declared = f'<!DOCTYPE w [<!ENTITY e SYSTEM "{(tmp_path / "secret").as_uri()}">]><w:document '

    def change(name, content):
        if name != "word/document.xml":
            return content
        content = content.replace(b"<w:document ", declared.encode(), 1)
        return content.replace(b"PLACE", b"Seen &e;")

    change_parts(path, change)
    assert read_one(path).text == "Seen"


def test_deleted_and_moved_text_is_left_out_and_inserted_text_read(path):
    text = text_of(
        path,
        "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom>"
        "<w:hyperlink><w:r><w:tab/><w:t>link</w:t><w:br/><w:t>below</w:t></w:r></w:hyperlink></w:p>",
        "<w:tbl><w:tr><w:trPr><w:del w:id='1'/></w:trPr><w:tc><w:p><w:r><w:t>gone</w:t></w:r></w:p>"
        "</w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>"
        "<w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>control</w:t></w:r></w:p></w:sdtContent></w:sdt>",
    )
    assert text == "new\tlink\nbelow\n\na | b\n\ncontrol"


@pytest.mark.parametrize("mark", ["del", "moveFrom"])
def test_paragraphs_join_where_the_break_between_them_was_deleted(path, mark):
    text = text_of(
        path,
        f"<w:p><w:pPr><w:rPr><w:{mark} w:id='1'/></w:rPr></w:pPr>{run('One ')}</w:p>",
        f"<w:p>{run('two.')}</w:p>",
    )
    assert text == "One two."


def test_text_box_follows_its_paragraph_and_is_read_once(path):
    box = f"<w:txbxContent><w:p>{run('box')}</w:p></w:txbxContent>"
    text = text_of(
        path,
        f"<w:p>{run('before ')}<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>{run('after')}</w:p>",
    )
    assert text == "before after\n\nbox"


def test_first_alternative_with_text_is_read(path):
    forms = (
        "<mc:AlternateContent><mc:Choice><w:unknown w:char='1F600'/></mc:Choice>"
        "<mc:Fallback><w:t>😀</w:t></mc:Fallback></mc:AlternateContent>"
    )
    blocks = (
        f"<mc:AlternateContent><mc:Choice><w:p>{run('new')}</w:p></mc:Choice>"
        f"<mc:Fallback><w:p>{run('old')}</w:p></mc:Fallback></mc:AlternateContent>"
    )
    text = text_of(path, f"<w:p>{run('Hello ')}<w:r>{forms}</w:r></w:p>", blocks)
    assert text == "Hello 😀\n\nnew"


def test_special_characters_are_read_and_hidden_text_left_out(path):
    text = text_of(
        path,
        "<w:p><w:r><w:t>Name</w:t><w:ptab/><w:t>Day</w:t></w:r></w:p>",
        "<w:p><w:r><w:t>temp</w:t><w:softHyphen/><w:t>era</w:t><w:noBreakHyphen/><w:t>ture</w:t>"
        "<w:t> </w:t><w:sym w:font='Wingdings' w:char='F0FE'/>"
        "<w:sym w:font='Symbol' w:char='F06D'/></w:r>"
        + run("HIDDEN", "<w:vanish/>")
        + run(" seen", "<w:vanish w:val='0'/>")
        + "</w:p>",
    )
    assert text == "Name\tDay\n\ntempera-ture ☑μ seen"


@pytest.mark.parametrize(
    ("before", "position", "raised", "wanted"),
    [
        ("10", "superscript", "6", "10^6"),
        ("10", "superscript", "-3", "10^-3"),
        ("45 km", "superscript", "2", "45 km^2"),
        ("21", "superscript", "st", "21st"),
        ("H", "subscript", "2", "H2"),
        ("101", "subscript", "2", "101_2"),
    ],
)
def test_superscript_numbers_are_marked(path, before, position, raised, wanted):
    runs = run(before) + run(raised, f"<w:vertAlign w:val='{position}'/>") + run(" end")
    assert text_of(path, f"<w:p>{runs}</w:p>") == f"{wanted} end"


def test_character_style_makes_text_superscript_or_hidden(path):
    document = docx.Document()
    for name, properties in (
        ("Power", "<w:vertAlign w:val='superscript'/>"),
        ("Secret", "<w:vanish/>"),
    ):
        style = document.styles.add_style(name, docx.enum.style.WD_STYLE_TYPE.CHARACTER)
        style.element.append(parse_xml(f"<w:rPr {NAMESPACES}>{properties}</w:rPr>"))
    power, secret = (f"<w:rStyle w:val='{name}'/>" for name in ("Power", "Secret"))
    shown = run("!", secret + "<w:vanish w:val='0'/>")
    add_xml(document, f"<w:p>{run('10')}{run('6', power)}{run('HIDDEN', secret)}{shown}</w:p>")
    document.save(path)
    assert read_one(path).text == "10^6!"


def test_form_fields_give_their_value_and_no_placeholder(path):
    prompt = (
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
        f"<w:sdtContent>{run('Click here')}</w:sdtContent></w:sdt>"
    )
    filled = f"<w:sdt><w:sdtPr/><w:sdtContent>{run('Ada')}</w:sdtContent></w:sdt>"
    choice = (
        "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:ddList><w:result w:val='1'/>"
        "<w:listEntry w:val='red'/><w:listEntry w:val='blue'/></w:ddList></w:ffData></w:fldChar>"
        "<w:instrText>FORMDROPDOWN</w:instrText><w:fldChar w:fldCharType='end'/></w:r>"
    )
    text = text_of(path, f"<w:p>{run('Name: ')}{prompt}{filled}{run(', ')}{choice}</w:p>")
    assert text == "Name: Ada, blue"


def test_cell_over_several_rows_is_repeated_in_each(path):
    document = docx.Document()
    rows = (("Group", "", "Year"), ("A", "old", "1852"), ("", "new", "1853"), ("B", "", "1860"))
    table = document.add_table(4, 3)
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(1, 0).merge(table.cell(2, 0))
    document.save(path)
    assert read_one(path).text == "Group | Year\nA | old | 1852\nA | new | 1853\nB |  | 1860"


def test_deleted_part_of_an_equation_is_left_out(path):
    old = "<w:del w:id='1' w:author='a'><m:r><m:t>9</m:t></m:r></w:del>"
    text = text_of(path, f"<w:p><m:oMath><m:r><m:t>v=5</m:t></m:r>{old}</m:oMath></w:p>")
    assert text == "v=5"


def test_style_based_on_a_heading_is_a_heading(path):
    document = docx.Document()
    style = document.styles.add_style("House title", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 2"]
    for outline in list(document.styles.element.iter(f"{{{W}}}outlineLvl")):
        outline.getparent().remove(outline)
    document.add_paragraph("The dam", style="House title")
    document.add_paragraph("It broke.")
    document.save(path)
    assert read_one(path).sections == (Section("The dam", 2, 0),)


def test_equation_is_read_in_one_line(path):
    power = "<m:sSup><m:e>{0}c</m:t></m:r></m:e><m:sup>{0}2</m:t></m:r></m:sup></m:sSup>"
    math = f"<m:oMath><m:r><m:t>E=m</m:t></m:r>{power.format('<m:r><m:t>')}</m:oMath>"
    text = text_of(path, f"<w:p>{run('So ')}{math}{run(' holds.')}</w:p>")
    assert text == "So E=mc^2 holds."


NOTES = (
    f'<w:{{0}}s xmlns:w="{W}"><w:{{0}} w:type="separator" w:id="0"><w:p/></w:{{0}}>'
    '<w:{0} w:id="2"><w:p><w:r><w:t> It cost 90 marks.</w:t></w:r></w:p></w:{0}></w:{0}s>'
)


def save_with_part(path, kind, content, *paragraphs):
    """Save a file with one more part, related to the document."""
    text_of(path, *paragraphs)

    def change(name, part):
        if name != "word/_rels/document.xml.rels":
            return part
        related = f'<Relationship Id="r9" Type="{R}/{kind}" Target="{kind}.xml"/></Relationships>'
        return part.replace(b"</Relationships>", related.encode())

    change_parts(path, change, **{kind: content})


@pytest.mark.parametrize("kind", ["footnote", "endnote"])
def test_note_follows_the_paragraph_with_its_reference(path, kind):
    save_with_part(
        path,
        f"{kind}s",
        NOTES.format(kind),
        f"<w:p>{run('Sold')}<w:r><w:{kind}Reference w:id='2'/></w:r>{run(' to Orr.')}</w:p>",
        f"<w:p>{run('End.')}</w:p>",
    )
    assert read_one(path).text == "Sold to Orr.\n\nIt cost 90 marks.\n\nEnd."


def test_note_of_a_table_follows_the_table(path):
    reference = "<w:r><w:footnoteReference w:id='2'/></w:r>"
    cell = "<w:tc><w:p>{}</w:p></w:tc>"
    rows = [
        f"<w:tr>{cell.format(run('Price') + reference)}{cell.format(run('Year'))}</w:tr>",
        f"<w:tr>{cell.format(run('9'))}{cell.format(run('1903'))}</w:tr>",
    ]
    save_with_part(
        path,
        "footnotes",
        NOTES.format("footnote"),
        f"<w:tbl>{''.join(rows)}</w:tbl>",
        f"<w:p>{run('End.')}</w:p>",
    )
    assert read_one(path).text == "Price | Year\n9 | 1903\n\nIt cost 90 marks.\n\nEnd."


def test_numbered_style_numbers_its_paragraphs(path):
    document = docx.Document()
    for clause in ("Terms", "Payment"):
        document.add_paragraph(clause, style="List Number")
        document.add_paragraph("It is binding.")
    document.save(path)
    assert read_one(path).text == ("1. Terms\n\nIt is binding.\n\n2. Payment\n\nIt is binding.")


def test_header_and_footer_of_the_first_page_are_read_without_page_numbers(path):
    document = docx.Document()
    document.add_paragraph("Dear Ms Voss,")
    section = document.sections[0]
    section.header.paragraphs[0].text = "Orr & Sons, 4 Mill Lane"
    section.footer.paragraphs[0].text = "Registered in York"
    section.footer.add_paragraph()._p.append(
        parse_xml(f"<w:fldSimple {NAMESPACES} w:instr=' PAGE '>{run('1')}</w:fldSimple>")
    )
    page = section.footer.add_paragraph()._p
    for part in (
        "<w:fldChar w:fldCharType='begin'/>",
        "<w:instrText> NUMPAGES </w:instrText>",
        "<w:fldChar w:fldCharType='separate'/>",
        "<w:t>12</w:t>",
        "<w:fldChar w:fldCharType='end'/>",
    ):
        page.append(parse_xml(f"<w:r {NAMESPACES}>{part}</w:r>"))
    page.insert(0, parse_xml(f"<w:r {NAMESPACES}><w:t>Page of</w:t></w:r>"))
    document.save(path)
    assert read_one(path).text == ("Orr & Sons, 4 Mill Lane\n\nDear Ms Voss,\n\nRegistered in York")
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = "Letterhead"
    document.save(path)
    assert read_one(path).text == "Letterhead\n\nDear Ms Voss,"


def test_table_of_contents_is_left_out(path):
    document = docx.Document()
    document.styles.add_style("toc 1", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("History\t4", style="toc 1")
    document.add_heading("History", 1)
    document.save(path)
    assert read_one(path).text == "History"


def test_strict_open_xml_is_read(path):
    document = docx.Document()
    document.add_heading("History", 1)
    document.save(path)

    def change(name, content):
        for kind in (b"wordprocessingml", b"officeDocument"):
            content = content.replace(
                b"http://schemas.openxmlformats.org/" + kind + b"/2006/",
                b"http://purl.oclc.org/ooxml/" + kind + b"/",
            )
        return content

    change_parts(path, change)
    found = read_one(path)
    assert (found.text, found.title) == ("History", "History")
    assert [section.heading for section in found.sections] == ["History"]


@pytest.mark.parametrize("target", ["NULL", "#_top", "../media/gone.png", "", "%ZZ"])
def test_relationship_to_a_missing_part_is_ignored(path, target):
    text_of(path, f"<w:p>{run('They met.')}</w:p>")
    related = (
        f'<Relationship Id="r8" Type="{R}/image" Target="{target}"/>'
        f'<Relationship Id="r9" Type="{R}/footnotes" Target="{target}"/></Relationships>'
    ).encode()
    change_parts(
        path,
        lambda name, part: (
            part.replace(b"</Relationships>", related) if name.endswith(".rels") else part
        ),
    )
    assert read_one(path).text == "They met."


@pytest.mark.parametrize(
    ("parts", "text", "warning"),
    [
        ({"c1.html": "<h1>Eels</h1><p>Nine a day.</p>"}, "Talks\n\nEels\n\nNine a day.\n\nEnd", ""),
        ({"c1.html": "<!-- -->"}, "Talks\n\nEnd", ""),
        ({}, "Talks\n\nEnd", "word/c1.html is incomplete: its part /word/c1.html is missing"),
    ],
)
def test_part_in_another_format_is_read_at_its_place(path, parts, text, warning):
    document = docx.Document()
    add_xml(document, f"<w:p>{run('Talks')}</w:p>")
    add_xml(document, '<w:altChunk r:id="c1"></w:altChunk>')
    add_xml(document, f"<w:p>{run('End')}</w:p>")
    document.save(path)
    link = f'<Relationship Id="c1" Type="{R}/aFChunk" Target="c1.html"/></Relationships>'
    change_parts(path, lambda name, data: data.replace(b"</Relationships>", link.encode()))
    with zipfile.ZipFile(path, "a") as container:
        for name, content in parts.items():
            container.writestr(f"word/{name}", content)
    found = read_one(path)
    assert (found.text, found.metadata.get("warning", "")) == (text, warning)


def test_part_names_with_backslashes_are_found(path):
    text_of(path, f"<w:p>{run('They met.')}</w:p>")
    with zipfile.ZipFile(path) as container:
        parts = {name: container.read(name) for name in container.namelist()}
    with zipfile.ZipFile(path, "w") as container:
        for name, content in parts.items():
            container.writestr(zipfile.ZipInfo(name.replace("/", "\\")), content)
    assert read_one(path).text == "They met."


def test_properties_give_title_author_and_day_of_creation(path):
    document = docx.Document()
    document.add_paragraph("They met.")
    document.core_properties.title = "Talks"
    document.core_properties.author = "A. Reporter"
    document.core_properties.created = datetime.datetime(2020, 9, 16, 23, 30)
    document.save(path)
    found = read_one(path)
    assert found.title == "Talks"
    assert found.metadata == {"author": "A. Reporter", "created": "2020-09-16"}
    (parsed,) = parse(path, ParseOptions())
    assert parsed.date == datetime.date(2020, 9, 16)


def test_date_in_first_lines_counts_more_than_the_day_of_creation(path):
    document = docx.Document()
    document.add_paragraph("Date: 17 September 2020")
    document.add_paragraph("They met.")
    document.core_properties.created = datetime.datetime(2026, 1, 2)
    document.save(path)
    (parsed,) = parse(path, ParseOptions())
    assert parsed.date == datetime.date(2020, 9, 17)


@pytest.mark.parametrize("stated", ["Microsoft Word - Document1", "Talks v2.docx"])
def test_title_that_a_program_wrote_is_no_title(path, stated):
    document = docx.Document()
    document.add_heading("Talks go on", 1)
    document.core_properties.title = stated
    document.save(path)
    assert read_one(path).title == "Talks go on"


def test_heading_is_the_title_and_the_date_of_the_template_is_ignored(path):
    document = docx.Document()
    document.add_paragraph("Intro.")
    document.add_heading("Talks go on", 1)
    document.core_properties.author = ""
    document.save(path)
    found = read_one(path)
    assert (found.title, found.date) == ("Talks go on", None)
    assert found.metadata == {}


def test_zip_that_is_not_an_office_file_is_called_damaged(path):
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("a.txt", "They met.")
    with pytest.raises(DocumentError, match="damaged, or not an Office file"):
        read_one(path)


def add_bold(document, bold, rest=""):
    paragraph = document.add_paragraph()
    paragraph.add_run(bold).bold = True
    paragraph.add_run(rest)


def test_short_bold_lines_are_headings_if_no_style_makes_one(path):
    document = docx.Document()
    add_bold(document, "Opening of the gate")
    document.add_paragraph("It is opened at six.")
    add_bold(document, "Never", " open it in frost.")
    add_bold(document, "Shut it before noon.")
    add_xml(document, "<w:p><m:oMath><m:r><m:t>x=2</m:t></m:r></m:oMath></w:p>")
    document.add_paragraph("It is shut at nine.")
    document.save(path)
    found = read_one(path)
    assert found.sections == (Section("Opening of the gate", 1, 0),)
    document.add_paragraph("Keepers", style="Heading 1")
    document.save(path)
    assert [one.heading for one in read_one(path).sections] == ["Keepers"]
