import datetime
import zipfile

import docx
import pytest
from docx.oxml import parse_xml

from embeddings.errors import DocumentError
from embeddings.files import ParseOptions, SourceFile, read_file
from embeddings.formats.word import read

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
LIMIT = 10_000_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.docx"


def add_xml(document, xml):
    element = parse_xml(xml.replace(">", f" {NAMESPACES}>", 1))
    document.element.body.insert_element_before(element, "w:sectPr")


def test_paragraphs_and_tables_come_in_the_order_of_the_document(path):
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
    assert read(path, LIMIT).text == "First.\nSide | Votes | Votes\nA and B x | y | 12\nLast."


def test_an_entity_brings_no_other_file_into_the_text(path, tmp_path):
    (tmp_path / "secret").write_text("A secret")
    document = docx.Document()
    document.add_paragraph("PLACE")
    document.save(tmp_path / "plain.docx")
    declared = f'<!DOCTYPE w [<!ENTITY e SYSTEM "{(tmp_path / "secret").as_uri()}">]><w:document '
    with zipfile.ZipFile(tmp_path / "plain.docx") as plain, zipfile.ZipFile(path, "w") as altered:
        for name in plain.namelist():
            part = plain.read(name)
            if name == "word/document.xml":
                part = part.replace(b"<w:document ", declared.encode(), 1)
                part = part.replace(b"PLACE", b"Seen &e;")
            altered.writestr(name, part)
    assert read(path, LIMIT).text.strip() == "Seen"


def test_the_text_that_readers_see_is_read_once(path):
    document = docx.Document()
    add_xml(
        document,
        "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom>"
        "<w:hyperlink><w:r><w:tab/><w:t>link</w:t><w:br/><w:t>below</w:t></w:r></w:hyperlink></w:p>",
    )
    add_xml(
        document,
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>control</w:t></w:r></w:p></w:sdtContent></w:sdt>",
    )
    box = "<w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent>"
    add_xml(
        document,
        "<w:p><w:r><w:t>anchor</w:t></w:r><w:r><mc:AlternateContent>"
        f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
        "<w:r><w:t>after</w:t></w:r></w:p>",
    )
    document.save(path)
    assert read(path, LIMIT).text == "new\tlink\nbelow\ncontrol\nanchor\nbox\nafter"


def test_the_properties_give_title_date_and_author(path):
    document = docx.Document()
    document.add_paragraph("They met.")
    document.core_properties.title = "Talks"
    document.core_properties.author = "A. Reporter"
    document.core_properties.created = datetime.datetime(2020, 9, 16, 23, 30)
    document.save(path)
    read_document = read(path, LIMIT)
    assert (read_document.title, read_document.date) == ("Talks", datetime.date(2020, 9, 16))
    assert read_document.metadata == {"author": "A. Reporter"}


def test_a_heading_is_the_title_and_the_templates_date_is_none(path):
    document = docx.Document()
    document.add_paragraph("Intro.")
    document.add_heading("Talks go on", 1)
    document.core_properties.author = ""
    document.save(path)
    read_document = read(path, LIMIT)
    assert (read_document.title, read_document.date) == ("Talks go on", None)
    assert read_document.metadata == {}


def test_an_ole_file_is_called_encrypted_or_old(path):
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    with pytest.raises(DocumentError, match="encrypted or an old Word file"):
        read(path, LIMIT)


def test_a_zip_bomb_is_not_expanded(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("word/document.xml", bytes(LIMIT + 1))
    assert path.stat().st_size < LIMIT // 100
    with pytest.raises(DocumentError, match="expands to 10,000,001 bytes"):
        read(path, LIMIT)


@pytest.mark.parametrize("keep", [40, 4000])
def test_a_broken_container_is_called_damaged(path, keep):
    docx.Document().save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DocumentError, match="damaged"):
        list(read_file(SourceFile(path=path, id="a.docx", root=path.parent), ParseOptions()))


def test_another_zip_file_is_called_damaged(path):
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("a.txt", "They met.")
    with pytest.raises(DocumentError, match="damaged, or not of the format"):
        list(read_file(SourceFile(path=path, id="a.docx", root=path.parent), ParseOptions()))
