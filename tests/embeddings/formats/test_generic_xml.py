import datetime

import pytest
from lxml import etree

from embeddings.formats.generic_xml import read
from embeddings.formats.parse_options import ParseOptions


def read_xml(tmp_path, text):
    path = tmp_path / "a.xml"
    path.write_text(text, encoding="utf-8")
    (document,) = read(path, ParseOptions())
    return document


def test_blank_lines_before_the_declaration_are_skipped(tmp_path):
    found = read_xml(tmp_path, '\n\n<?xml version="1.0"?><doc><p>Built.</p></doc>')
    assert found.text == "Built."


def headings(document):
    return [(one.heading, one.level, document.text[one.start :][:4]) for one in document.sections]


def test_docbook_titles_are_sections(tmp_path):
    found = read_xml(
        tmp_path,
        '<article xmlns="http://docbook.org/ns/docbook"><title>Dams</title>'
        "<section><title>History</title><para>Built in\n <emphasis>oak</emphasis>.</para>"
        "<section><title>Flood</title><para>It broke.</para></section></section>"
        "<section><title>Costs</title><para>90 marks.</para></section></article>",
    )
    assert found.text == (
        "Dams\n\nHistory\n\nBuilt in oak.\n\nFlood\n\nIt broke.\n\nCosts\n\n90 marks."
    )
    assert headings(found) == [
        *(("Dams", 1, "Dams"), ("History", 2, "Hist"), ("Flood", 3, "Floo"), ("Costs", 2, "Cost"))
    ]
    assert found.title == "Dams"


def test_lists_code_tables_and_notes_are_paragraphs_of_their_own(tmp_path):
    found = read_xml(
        tmp_path,
        "<article><para>Parts<footnote><para>In 1903.</para></footnote>:"
        "<itemizedlist><listitem><para>gate</para></listitem><listitem><para>wall</para></listitem>"
        "</itemizedlist></para><programlisting>if a:\n  b</programlisting>"
        "<table><row><entry>Gate</entry><entry>40</entry></row>"
        "<row><entry>Wall</entry><entry>50</entry></row></table></article>",
    )
    assert found.text == "Parts:\n\ngate\n\nwall\n\nIn 1903.\n\nif a:\n  b\n\nGate | 40\nWall | 50"


def test_author_and_date_of_a_document_are_read(tmp_path):
    found = read_xml(
        tmp_path,
        "<article><info><author><firstname>Clara</firstname> <surname>Voss</surname></author>"
        "<pubdate>16 September 2020</pubdate></info><para>Built.</para></article>",
    )
    assert found.date == datetime.date(2020, 9, 16)
    assert found.metadata == {"author": "Clara Voss"}


def test_records_of_data_are_lines(tmp_path):
    found = read_xml(
        tmp_path,
        '<list><item id="7"><name>Lamp</name><price>12</price><note/></item>'
        '<item name="Bulb" price="2"/>'
        "<item><name>Gate</name><note>"
        "&lt;p&gt;Oak &amp;amp; &lt;b&gt;iron&lt;/b&gt;&lt;/p&gt;</note></item></list>",
    )
    assert found.text == (
        "id: 7; name: Lamp; price: 12\n\nname: Bulb; price: 2\n\nname: Gate; note: Oak & iron"
    )
    assert found.date is None


def test_xhtml_is_read_as_html(tmp_path):
    text = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>Built of <b>oak</b>.</p></body></html>'
    )
    assert read_xml(tmp_path, text).text == "Built of oak."


def test_entities_are_not_loaded_and_those_inside_entities_are_not_expanded(tmp_path):
    (tmp_path / "secret").write_text("swordfish")
    uri = (tmp_path / "secret").as_uri()
    found = read_xml(
        tmp_path,
        f'<!DOCTYPE a SYSTEM "{uri}" [<!ENTITY e SYSTEM "{uri}"><!ENTITY prod "Gate 3">'
        f'<!ENTITY twice "&prod;&prod;"><!ENTITY long "{"x" * 999}">]>'
        "<a><para>Seen &e; so &mdash; &prod; &twice; &long; &lt;ok&gt;.</para></a>",
    )
    assert found.text == "Seen &e; so — Gate 3 &prod;&prod; &long; <ok>."


def test_each_entry_of_a_feed_is_a_document(tmp_path):
    path = tmp_path / "a.atom"
    path.write_text(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Log</title>'
        "<entry><title>Gate</title><updated>2020-09-16T10:00:00Z</updated>"
        '<content type="html">&lt;p&gt;It is &lt;b&gt;shut&lt;/b&gt;.&lt;/p&gt;</content></entry>'
        '<entry><title>Dam</title><content type="xhtml"><div><p>It broke.</p><p>A flood.</p></div>'
        "</content></entry><entry><title>Quay</title></entry></feed>"
    )
    found = [(each.id, each.title, each.text) for each in read(path, ParseOptions())]
    assert found == [
        ("1", "Gate", "It is shut."),
        ("2", "Dam", "It broke.\n\nA flood."),
        ("3", "Quay", "Quay"),
    ]
    assert next(iter(read(path, ParseOptions()))).date == datetime.date(2020, 9, 16)


def test_xml_that_is_not_well_formed_raises(tmp_path):
    with pytest.raises(etree.XMLSyntaxError):
        read_xml(tmp_path, "<a><b></a>")


def test_article_of_a_journal_has_its_own_title_and_date(tmp_path):
    found = read_xml(
        tmp_path,
        "<article><front><article-meta><title-group><article-title>Eels</article-title>"
        "</title-group><pub-date><day>4</day><month>5</month><year>2018</year></pub-date>"
        "</article-meta></front><body><sec><title>Traps</title><p>They are oak.</p></sec></body>"
        "</article>",
    )
    assert (found.title, found.date) == ("Eels", datetime.date(2018, 5, 4))


def test_html_in_attributes_of_a_record_is_shown_as_text(tmp_path):
    found = read_xml(
        tmp_path,
        '<posts><row Id="1" Body="&lt;p&gt;Use &lt;em&gt;oil&lt;/em&gt;.&lt;/p&gt;"/></posts>',
    )
    assert found.text == "Id: 1; Body: Use oil."


def test_rdf_file_that_is_not_a_feed_is_read(tmp_path):
    found = read_xml(
        tmp_path,
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Article><title>Peat</title>'
        "<abstract>It shrinks.</abstract></Article></r:RDF>",
    )
    assert "It shrinks." in found.text
