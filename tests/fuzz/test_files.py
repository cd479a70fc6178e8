"""Whatever bytes a file has, it gives valid documents, or an error with its path."""

import csv
import io
import json

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx import Presentation
from reportlab.pdfgen.canvas import Canvas

from embeddings.chunking import Chunking
from embeddings.errors import DocumentError
from embeddings.files import SourceFile, read_file
from tests.embeddings.formats import samples

FUZZ = settings(deadline=None)
TEXT = (".txt", ".md", ".html", ".csv", ".tsv", ".json", ".jsonl", ".ipynb", ".vtt", ".srt", ".ics")
"""Formats in which any text is a valid file. In the others a damaged file may be called so."""
CRASHES = (".xls", ".xlsx", ".ods")
"""Formats whose library ends the process when a damaged file makes it run out of memory."""


def pdf() -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pageCompression=0)
    for number, page in enumerate(("Talks go on in Ankara.", "They met on 16 September 2020.")):
        canvas.bookmarkPage(str(number))
        canvas.addOutlineEntry(page, str(number))
        canvas.drawString(72, 700, page)
        for row in range(5):
            canvas.drawString(72, 600 - 14 * row, "and talked of it for two days")
            canvas.drawString(320, 600 - 14 * row, "until the other side had left")
        canvas.acroForm.textfield(name="Side", value="Ankara", x=72, y=400)
        canvas.drawString(72, 30, f"Page {number + 1} of 2")
        canvas.showPage()
    canvas.setTitle("Talks")
    canvas.save()
    return stream.getvalue()


def slides() -> bytes:
    stream = io.BytesIO()
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Talks", "They met."
    slide.notes_slide.notes_text_frame.text = "In Ankara."
    presentation.save(stream)
    return stream.getvalue()


def word() -> bytes:
    stream = io.BytesIO()
    document = docx.Document()
    document.add_heading("Talks", 1)
    document.add_paragraph("They met in Ankara.")
    document.add_table(2, 2).cell(0, 0).text = "Side"
    document.save(stream)
    return stream.getvalue()


HTML = b"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Talks</title>
<meta property="article:published_time" content="2020-09-16T23:30:00+03:00">
<script type="application/ld+json">{"datePublished": "2020-09-16"}</script></head><body>
<nav>Home</nav><main><article><header><h1>Talks</h1></header><p>They met &amp; spoke.<br>Twice.</p>
<table><tr><td>A<td>B</table><pre>x\n y</pre><!-- no --><p hidden>no</p></article></main></body>"""
MARKDOWN = b"""---
title: Talks
date: 2020-09-16
tags: [a, b]
more: &a {x: 0x1F, y: 1:30, <<: {z: .inf}}
---
# Talks *go* on `a` [b](c "d")

> They met.
- one
  1. two
| a | b |
|---|---|
```
code
```
"""
TABLE = b'id,text,title,date,n\nx,"They met, twice.",Talks,2020-09-16,1\ny,Again.,,16 Sept 2020,\n'
ROWS = b'[{"id": "x", "text": "They met.", "date": "2020-09-16", "n": 1.5e3}, {"text": "Again."}]'
LINES = b'{"text": "They met.", "title": "Talks"}\n\n{"text": "Again.", "ok": [true, null]}\n'
NEWS = " date 2020-09-16 Talks go on\n\nANKARA (Reuters) - They met. “Enough,” he said.\n".encode()
NOTEBOOK = b"""{"cells": [{"cell_type": "markdown", "source": ["# Talks\\n", "They met."]},
{"cell_type": "code", "source": "x = 1", "outputs": []}], "metadata": {"title": "Talks"}}"""
SUBTITLES = b"""WEBVTT

00:00:01.000 --> 00:00:04.000 align:start
<v Ada>They met

00:01:04.000 --> 00:01:06.500
in <i>Ankara</i>.
"""
EVENTS = b"""BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Istanbul:20200916T233000
SUMMARY;ENCODING=QUOTED-PRINTABLE:They met=
 in =E2=80=9CAnkara=E2=80=9D
ATTENDEE;CN="Ada, B":mailto:ada@example.org
DESCRIPTION:Again\\, and
  again.
END:VEVENT
END:VCALENDAR
"""
MAIL = b"""From: Ada <ada@example.org>
To: =?utf-8?q?B=C3=B6b?= <bob@example.org>
Date: Wed, 16 Sep 2020 23:30:00 +0300
Subject: Talks
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: multipart/alternative; boundary="c"

--c
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

They met in =E2=80=9CAnkara=E2=80=9D.
--c
Content-Type: text/html

<p>They met.</p>
--c--
--b
Content-Type: text/csv; name="a.csv"
Content-Disposition: attachment; filename="a.csv"
Content-Transfer-Encoding: base64

dGV4dApUaGV5IG1ldC4K
--b
Content-Type: message/rfc822

Subject: Again

They met again.
--b--
"""
XML = b"""<?xml version="1.0"?><!DOCTYPE article [<!ENTITY e "x">]>
<article xmlns="http://docbook.org/ns/docbook"><info><title>Talks</title><date>2020-09-16</date>
</info><section><title>One</title><para>They met<footnote><para>Twice.</para></footnote> &e; in
<emphasis>Ankara</emphasis>.</para><screen>x
 y</screen><table><row><entry>A</entry><entry>B</entry></row></table></section></article>"""
RTF = rb"""{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}}{\info{\title Talks}
{\author Ada}{\creatim\yr2020\mo9\dy16}}\f0 They met in \'93Ankara\'94 \u8364?.\par
\trowd A\cell B\cell\row{\*\generator x}\pard {\field{\*\fldinst{HYPERLINK "x"}}{\fldrslt y}}}"""
ROWS_OF_CELLS = [["name", "day"], ["They met.", 44090.0]]
BODY = """<text:h text:outline-level="1">Talks</text:h><text:list text:style-name="L1">
<text:list-item><text:p>They met<text:s text:c="3"/><text:note><text:note-body><text:p>Twice.
</text:p></text:note-body></text:note>.</text:p></text:list-item></text:list><table:table>
<table:table-row><table:table-cell><text:p>A</text:p></table:table-cell></table:table-row>
</table:table>"""
SHEET = """<table:table table:name="A"><table:table-row table:number-rows-repeated="2">
<table:table-cell office:value-type="string"><text:p>They met.</text:p></table:table-cell>
</table:table-row></table:table>"""
STYLES = """<text:list-style style:name="L1"><text:list-level-style-number text:level="1"
style:num-format="i" style:num-suffix="."/></text:list-style>"""
VALID = {
    ".txt": NEWS,
    ".md": MARKDOWN,
    ".html": HTML,
    ".pdf": pdf(),
    ".docx": word(),
    ".csv": TABLE,
    ".tsv": TABLE.replace(b",", b"\t"),
    ".json": ROWS,
    ".jsonl": LINES,
    ".ipynb": NOTEBOOK,
    ".vtt": SUBTITLES,
    ".srt": SUBTITLES.replace(b".", b","),
    ".ics": EVENTS,
    ".eml": MAIL,
    ".mbox": b"From ada Wed Sep 16 23:30:00 2020\n" + MAIL,
    ".mhtml": MAIL,
    ".msg": samples.msg({0x37: "Talks", 0x1000: "They met."}, {"a.txt": b"They met."}),
    ".xml": XML,
    ".rtf": RTF,
    ".pptx": slides(),
    ".xlsx": samples.xlsx({"A": ROWS_OF_CELLS, "B": [["They met."]]}),
    ".xls": samples.xls(ROWS_OF_CELLS),
    ".ods": samples.opendocument("spreadsheet", SHEET.replace("\n", "")),
    ".odt": samples.opendocument("text", BODY, styles=STYLES),
    ".epub": samples.epub({"a.xhtml": "<h1>Talks</h1><p>They met.</p>"}),
    ".zip": samples.zipped({"a/b.txt": "They met.", "c.csv": TABLE, "d.eml": MAIL}),
}
ZIPPED = (".docx", ".pptx", ".xlsx", ".ods", ".odt", ".epub", ".zip")
SPLICES = [
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\x80\x81", b"\r", b"\x1f"),
    *(b"<", b">", b"&#0;", b"&#xD800;", b"<!--", b"]]>", b"<p", b'"', b"'", b"{", b"[", b"\\u"),
    *(b"---\n", b"`", b"|", b",", b"\t", b"\n\n", b" " * 50, b"9" * 50, b"NaN", b"1e999"),
    *("שלום".encode(), "👨‍👩‍👧".encode(), "e\u0301\u0301".encode(), "\u202e".encode()),
    *(b"obj", b"endstream", b"/Kids", b"<<", b"(", b"0 R", b"date: ", b"2020-02-30"),
]


@st.composite
def mutations(draw, valid):
    """Take a valid file and damage it: bits, cuts, repetitions, and pieces from elsewhere."""
    data = bytearray(valid)
    for _ in range(draw(st.integers(1, 6))):
        at, other = (draw(st.integers(0, len(data))) for _ in range(2))
        first, last = sorted((at, other))
        match draw(st.sampled_from(["flip", "cut", "end", "repeat", "splice", "swap"])):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[first : min(last, first + 40)]
            case "end":
                del data[max(last, len(data) // 2) :]
            case "repeat":
                data[at:at] = data[first:last] * draw(st.integers(1, 3))
            case "splice":
                data[at:at] = draw(st.sampled_from(SPLICES) | st.binary(max_size=8))
            case "swap":
                data[first:last] = draw(st.sampled_from(sorted(VALID.values())))[:200]
        del data[20_000:]
    return bytes(data)


def check(folder, suffix, content):
    """Read a file and check its documents and its error."""
    path = folder / f"a{suffix}"
    path.write_bytes(content)
    documents, message = [], ""
    try:
        documents.extend(read_file(SourceFile(path=path, id=path.name, root=folder)))
    except DocumentError as error:
        message = str(error)
    assert documents or message.startswith(str(path))
    assert "took longer" not in message
    assert suffix in CRASHES or "the process that read it ended" not in message
    # The message for unexpected errors.
    assert suffix not in TEXT or "it is damaged" not in message
    assert len({document.id for document in documents}) == len(documents)
    for document in documents:
        assert document.text.strip()
        assert document.title == document.title.strip()
        assert "\n" not in document.title
        assert document.date is None or 1 <= document.date.year <= 9999
        stored = [document.id, document.text, document.title, dict(document.metadata)]
        assert json.loads(json.dumps(stored, allow_nan=False, ensure_ascii=False).encode())
        assert all(
            -(2**63) <= value < 2**63 for value in document.metadata.values() if type(value) is int
        )
        assert list(document.pages) == sorted(document.pages)
        starts = [*document.pages, *(section.start for section in document.sections)]
        assert all(0 <= start <= len(document.text) for start in starts)
        for chunk in Chunking().split(document):
            assert chunk.text == document.text[chunk.start : chunk.end] == chunk.text.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("suffix", VALID)
def test_undamaged_file_is_read(folder, suffix):
    path = folder / f"valid{suffix}"
    path.write_bytes(VALID[suffix])
    document, *_ = read_file(SourceFile(path=path, id=path.name, root=folder))
    assert "met" in document.text


@pytest.mark.parametrize("suffix", VALID)
@FUZZ
@given(data=st.data())
def test_damaged_file_gives_documents_or_an_error_with_its_path(folder, suffix, data):
    check(folder, suffix, data.draw(mutations(VALID[suffix])))


@pytest.mark.parametrize("suffix", ZIPPED)
@FUZZ
@given(data=st.data())
def test_damaged_part_of_a_zipped_file_gives_documents_or_an_error(folder, suffix, data):
    parts = samples.unzipped(VALID[suffix])
    part = data.draw(st.sampled_from(sorted(parts)))
    damaged = data.draw(mutations(parts[part]))
    check(folder, suffix, samples.zipped(parts | {part: damaged}))


@pytest.mark.parametrize("suffix", TEXT)
@FUZZ
@given(text=st.text() | st.lists(st.sampled_from(SPLICES)).map(b"".join))
def test_any_text_gives_documents_or_an_error_with_its_path(folder, suffix, text):
    head = b"text\n" if suffix in (".csv", ".tsv") else b""
    body = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    check(folder, suffix, head + body)


# Soft hyphens, zero-width spaces and codes of terminals are removed when a file is read.
STORABLE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff\u00ad\u200b\b\x1b")
)


@pytest.mark.parametrize("suffix", [".txt", ".md"])
@FUZZ
@given(text=STORABLE.filter(str.strip))
def test_plain_text_is_kept_unchanged(folder, suffix, text):
    path = folder / f"a{suffix}"
    path.write_text(text, encoding="utf-8", newline="")
    (document,) = read_file(SourceFile(path=path, id=path.name, root=folder))
    assert document.text == text


@FUZZ
@given(texts=st.lists(STORABLE.filter(str.strip), min_size=1, max_size=4), ascii=st.booleans())
def test_texts_of_rows_are_kept_unchanged(folder, texts, ascii):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["text", "n"], *([text, 1] for text in texts)])
    rows = [{"text": text} for text in texts]
    for suffix, source in (
        (".csv", stream.getvalue()),
        (".json", json.dumps(rows, ensure_ascii=ascii)),
        (".jsonl", "\n".join(json.dumps(row, ensure_ascii=ascii) for row in rows)),
    ):
        path = folder / f"a{suffix}"
        path.write_text(source, encoding="utf-8", newline="")
        documents = read_file(SourceFile(path=path, id=path.name, root=folder))
        assert [document.text for document in documents] == texts
