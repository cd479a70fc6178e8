"""Files made to do harm, or damaged in ways that happen.

Each gives documents or an error with its path, within limits of time and memory.
"""

import codecs
import dataclasses
import io
import time
import tracemalloc
import zipfile
import zlib

import docx
import pytest

from embeddings.chunking import Chunking
from embeddings.errors import DocumentError
from embeddings.files import SourceFile, read_file
from embeddings.formats.parse_options import ParseOptions
from tests.embeddings.formats import samples

SECONDS = 120
"""A generous limit for a busy machine: on an idle one the slowest file takes a few seconds."""

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
PARAGRAPH = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"


def word(body: str, *, declared: str = "", also: dict[str, bytes] | None = None) -> bytes:
    """Make a Word file whose text is `body`, with more parts next to it."""
    stream, usual = io.BytesIO(), io.BytesIO()
    docx.Document().save(usual)
    text = f'<?xml version="1.0"?>{declared}<w:document {W}><w:body>{body}</w:body></w:document>'
    with (
        zipfile.ZipFile(usual) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in source.namelist():
            made.writestr(name, text if name == "word/document.xml" else source.read(name))
        for name, content in ({} if also is None else also).items():
            made.writestr(name, content)
    return stream.getvalue()


def overlapping(data: bytes, count: int) -> bytes:
    """Let many entries of a zip file's directory name the same bytes (Fifield 2019)."""
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        names, begin = container.namelist(), container.start_dir
    directory, end = data[begin:-22], data[-22:]
    entry = directory[: 46 + int.from_bytes(directory[28:30], "little") + len(names[0])]
    wide = directory + entry * count
    total = (len(names) + count).to_bytes(2, "little")
    return data[:begin] + wide + end[:8] + total * 2 + len(wide).to_bytes(4, "little") + end[16:]


def pdf(pages: int, content: bytes, *, kid: int = 5) -> bytes:
    """Make a PDF whose pages all show the same content."""
    packed = zlib.compress(content)
    kids = b" ".join(b"%d 0 R" % (kid + number) for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [ %s ] >>" % (pages, kids),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed),
    ]
    objects += [
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources << /Font << /F1 3 0 R >> >> >>"
    ] * pages
    made, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, begin = len(objects) + 1, len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return bytes(
        made + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, begin)
    )


SHOWN = b"BT /F1 12 Tf 50 700 Td (They met) Tj ET\n"
LAUGHS = "".join(
    f"{y}: &{y} [{','.join([f'*{x}'] * 9)}]\n" for x, y in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "".join(
    f"{y}: &{y}\n  <<: [{', '.join([f'*{x}'] * 9)}]\n"
    for x, y in zip("abcdefgh", "bcdefghi", strict=True)
)
ENTITIES = "".join(
    f'<!ENTITY {y} "{f"&{x};" * 10}">' for x, y in zip("abcdefgh", "bcdefghi", strict=True)
)

SHEET = (
    '<table:table table:name="A"><table:table-row table:number-{0}-repeated="{1}">'
    '<table:table-cell table:number-{0}-repeated="{1}" office:value-type="string">'
    "<text:p>x</text:p></table:table-cell></table:table-row></table:table>"
)
SPARSE = (
    f'<worksheet xmlns="{samples.OFFICE}/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
    '<row r="40000"><c r="XFD40000" t="inlineStr"><is><t>x</t></is></c></row>'
    "</sheetData></worksheet>"
)
FAR = SPARSE.replace("XFD40000", "A1048576").replace("40000", "1048576")
OUT_OF_MEMORY = "sparse.xlsx"
"""A file for which the library asks for more memory than there is, which ends the process."""

NASTY = {
    # Word: zip bombs and hostile XML.
    "bomb.docx": lambda: word(PARAGRAPH.format("x" * 20_000_000)),
    "bomb beside.docx": lambda: word(PARAGRAPH.format("x"), also={"a.bin": b"\0" * 200_000_000}),
    "bomb inside.docx": lambda: word(
        PARAGRAPH.format("They met."), also={"a.docx": word(PARAGRAPH.format("x" * 10_000_000))}
    ),
    "overlapping.docx": lambda: overlapping(word(PARAGRAPH.format("They met.")), 60_000),
    "deep.docx": lambda: word("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000),
    "laughs.docx": lambda: word(
        PARAGRAPH.format("&i;"), declared=f'<!DOCTYPE x [<!ENTITY a "ha">{ENTITIES}]>'
    ),
    "many runs.docx": lambda: word(f"<w:p>{'<w:r><w:t>x</w:t></w:r>' * 50_000}</w:p>"),
    # Other zipped files.
    "bomb.odt": lambda: samples.opendocument("text", f"<text:p>{'x' * 20_000_000}</text:p>"),
    "deep.odt": lambda: samples.opendocument("text", "<text:section>" * 50_000),
    "spaces.odt": lambda: samples.opendocument(
        "text", '<text:p>x<text:s text:c="999999999"/>x</text:p>' * 1000
    ),
    "negative.odt": lambda: samples.opendocument(
        "text", '<text:p>x<text:s text:c="-999999999"/>x</text:p>'
    ),
    "negative.ods": lambda: samples.opendocument("spreadsheet", SHEET.format("rows", -1)),
    "columns.ods": lambda: samples.opendocument(
        "spreadsheet", SHEET.format("columns", 2_000_000_000)
    ),
    "rows.ods": lambda: samples.opendocument("spreadsheet", SHEET.format("rows", 2_000_000_000)),
    "sparse.xlsx": lambda: samples.zipped(
        samples.unzipped(samples.xlsx({"A": [["x"]]}))
        | {"xl/sheet1.xml": SPARSE.encode(), "xl/sharedStrings.xml": b"<sst/>"}
    ),
    "far cell.xlsx": lambda: samples.zipped(
        samples.unzipped(samples.xlsx({"A": [["x"]]})) | {"xl/sheet1.xml": FAR.encode()}
    ),
    "rows.xlsx": lambda: samples.xlsx({"A": [["name", "day"], *[["x", "y"]] * 50_000]}),
    "columns.xlsx": lambda: samples.xlsx({"A": [[f"c{n}" for n in range(16_000)]] * 20}),
    "text.xlsx": lambda: samples.xlsx({"A": [["x " * 500_000]]}),
    "bomb.epub": lambda: samples.epub({"a.xhtml": f"<p>{'x' * 30_000_000}</p>"}),
    "chapters.epub": lambda: samples.epub({f"{n}.xhtml": "<p>x</p>" for n in range(1000)}),
    "same chapter.epub": lambda: samples.epub(
        {"a.xhtml": f"<p>{'x ' * 50_000}</p>"}, spine='<itemref idref="i0"/>' * 10_000
    ),
    "bomb.zip": lambda: samples.zipped({"a.txt": b"x" * 99_000_000}),
    "bomb inside.zip": lambda: samples.zipped({"a.docx": word(PARAGRAPH.format("x" * 10_000_000))}),
    "inside itself.zip": lambda: samples.zipped({"a.zip": samples.zipped({"a.zip": b"x"})}),
    "many.zip": lambda: samples.zipped({f"{n}.txt": "x" for n in range(1_000)}),
    "overlapping.zip": lambda: overlapping(samples.zipped({"a.txt": "They met."}), 60_000),
    "long name.zip": lambda: samples.zipped({f"{'x' * 5000}/{'y' * 5000}.txt": "They met."}),
    # Mails.
    "parts.eml": lambda: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 20_000,
    "same names.eml": lambda: (
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Disposition: attachment; filename=a.txt\n\nx\n" * 2_000
    ),
    "deep parts.eml": lambda: b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2_000)
    ),
    "deep mails.eml": lambda: b"Content-Type: message/rfc822\n\n" * 2_000 + b"Subject: x\n\nx",
    "headers.eml": lambda: b"".join(b"X-%d: y\n" % n for n in range(100_000)) + b"\nx",
    "long header.eml": lambda: b"To: " + b"a@b, " * 20_000 + b"\n\nx",
    "encoded header.eml": lambda: b"Subject: " + b"=?utf-8?q?x?= " * 5_000 + b"\n\nx",
    "parameters.eml": lambda: b"Content-Type: text/plain" + b"; a=b" * 1_000 + b"\n\nx",
    "mails.mbox": lambda: b"From a Wed Sep 16 23:30:00 2020\nSubject: x\n\nx\n\n" * 500,
    "line.mbox": lambda: b"From a Wed Sep 16 23:30:00 2020\n\n" + b"From " * 1_000_000,
    "parts.mhtml": lambda: b"Content-Type: multipart/related; boundary=b\n\n" + b"--b\n\n" * 20_000,
    "sectors.msg": lambda: samples.msg({0x37: "x"}, {f"{n}.txt": b"x" for n in range(5)})[:3000],
    # Calendars.
    "parts.ics": lambda: b"BEGIN:VEVENT\n" * 200_000,
    "words.ics": lambda: b"BEGIN:VCARD\n" + b"a" * 2_000_000 + b"\n" + b'A;B="' * 300_000,
    "folded.vcf": lambda: (
        b"BEGIN:VCARD\nFN;QUOTED-PRINTABLE:They=\n" + b"met=\n" * 200_000 + b"END:VCARD\nEND:VCARD"
    ),
    # XML.
    "deep.xml": lambda: b"<a>" * 100_000 + b"x" + b"</a>" * 100_000,
    "inside the limit.xml": lambda: b"<a>" * 2_000 + b"x" + b"</a>" * 2_000,
    "laughs.xml": lambda: (
        f'<!DOCTYPE x [<!ENTITY a "ha">{ENTITIES}]><x><para>They met &i;.</para></x>'.encode()
    ),
    "laughs in an attribute.xml": lambda: (
        f'<!DOCTYPE x [<!ENTITY a "ha">{ENTITIES}]><x y="&i;"><para>They met.</para></x>'.encode()
    ),
    "attributes.xml": lambda: (
        b"<x " + b" ".join(b"a%d='1'" % n for n in range(50_000)) + b">They met</x>"
    ),
    "records.xml": lambda: b"<l>" + b"<i><a>x</a><b>y</b></i>" * 50_000 + b"</l>",
    "mixed.xml": lambda: b"<p>" + b"x<q><r/></q>" * 50_000 + b"</p>",
    # RTF.
    "deep.rtf": lambda: b"{\\rtf1 " + b"{" * 500_000 + b"x",
    "links.rtf": lambda: b"{\\rtf1 " + b'{\\field{\\*\\fldinst{HYPERLINK "x"' * 1_000 + b"x}",
    "pictures.rtf": lambda: b"{\\rtf1 x" + b"{\\pict\\bin9 }" * 20_000 + b"}",
    "fonts.rtf": lambda: b"{\\rtf1{\\fonttbl" + b"{\\f0\\fcharset0 " * 50 + b"x}",
    "words.rtf": lambda: b"{\\rtf1 " + b"\\a" * 200_000 + b"x}",
    "title.rtf": lambda: b"{\\rtf1 " + b"{\\title " * 100_000 + b"x}",
    # Subtitles and notebooks.
    "cues.vtt": lambda: b"00:01.000 --> 00:02.000\nx\n\n" * 20_000,
    "line.vtt": lambda: b"00:01.000 --> 00:02.000\n" + b"<v " * 500_000,
    "times.srt": lambda: b"1:" * 1_000_000,
    "blank lines.srt": lambda: b"\n \n" * 500_000,
    "deep.ipynb": lambda: b'{"cells": ' + b"[" * 100_000,
    "cells.ipynb": lambda: (
        b'{"cells": [' + b'{"cell_type": "code", "source": "x"},' * 20_000 + b"0]}"
    ),
    # PDF.
    "bomb.pdf": lambda: pdf(1, b" " * 100_000_000 + SHOWN),
    "pages.pdf": lambda: pdf(10_001, SHOWN),
    "loop.pdf": lambda: pdf(1, SHOWN, kid=2),
    "count.pdf": lambda: pdf(1, SHOWN).replace(b"/Count 1 ", b"/Count 1000000000 "),
    "nested.pdf": lambda: pdf(1, b"[" * 100_000 + SHOWN),
    "cut.pdf": lambda: pdf(3, SHOWN)[:400],
    # HTML.
    "deep.html": lambda: b"<div>" * 50_000 + b"x",
    "deep tables.html": lambda: b"<table><tr><td>" * 30_000 + b"x",
    "headers.html": lambda: b"<article>" + b"<header>" * 9_000 + b"x",
    "attributes.html": lambda: b"<p " + b" ".join(b"a%d=1" % n for n in range(50_000)) + b">x",
    "open brackets.html": lambda: b"<" * 1_000_000,
    "comments.html": lambda: b"<!--" * 300_000 + b"x",
    "linked data.html": lambda: (
        b"<script type='application/ld+json'>" + b"[" * 100_000 + b"</script>x"
    ),
    "line.html": lambda: b"<p>" + b"x" * 2_000_000,
    "spaces.html": lambda: b"<pre>x" + b"\n " * 200_000 + b"x",
    # Markdown.
    "brackets.md": lambda: b"[" * 20_000,
    "quotations.md": lambda: b"> " * 10_000 + b"x",
    "stars.md": lambda: b"*a_ " * 5_000,
    "images.md": lambda: b"![[]()" * 3_500,
    "ticks.md": lambda: b" ".join(b"`" * n for n in range(200)),
    "laughs.md": lambda: f"---\na: &a [x,x,x]\n{LAUGHS}---\nThey met.".encode(),
    "merges.md": lambda: f"---\na: &a {{x: 1}}\n{MERGES}---\nThey met.".encode(),
    "deep front.md": lambda: b"---\n" + b"[" * 5_000 + b"\n---\nx",
    "sixties.md": lambda: b"---\na: 1" + b":59" * 6000 + b"\n---\nx",
    "long hexadecimal.md": lambda: b"---\na: 0x" + b"f" * 15_000 + b"\n---\nx",
    "line.md": lambda: b"x" * 2_000_000,
    # JSON.
    "deep.json": lambda: b"[" * 100_000 + b"]" * 100_000,
    "deep objects.json": lambda: b'{"a":' * 100_000,
    "lists.json": lambda: b"[" + b"[]," * 3_100_000 + b"0]",
    "numbers.json": lambda: b"[" + b"0," * 500_000 + b"0]",
    "nan.json": lambda: b'[{"text": NaN, "n": -Infinity}, {"text": "x", "n": 1e999999}]',
    "digits.json": lambda: b'{"text": "x", "n": ' + b"9" * 1_000_000 + b"}",
    "line.json": lambda: b'{"text": "' + b"x" * 5_000_000 + b'"}',
    "keys.json": lambda: (
        b'{"text": "x"' + b"".join(b', "k%d": 1' % n for n in range(100_000)) + b"}"
    ),
    "same ids.jsonl": lambda: b'{"id": "a", "text": "x"}\n' * 10_000,
    "deep line.jsonl": lambda: b'{"text": "x"}\n{"text": ' + b"[" * 100_000 + b"\n",
    # Tables.
    "cell.csv": lambda: b'text\n"' + (b"a" * 999 + b" ") * 50_000 + b'"\n',
    "columns.csv": lambda: (
        b",".join(b"c%d" % n for n in range(100_000)) + b",text\n" + b"," * 10**5
    ),
    "never closed.csv": lambda: b'text\n"' + b"a \n" * 15_000,
    "quotes.csv": lambda: b"text\n" + b'"' * 5_000_001,
    "line.csv": lambda: b"text\n" + b"x" * 2_000_000,
    # Text.
    "line.txt": lambda: b"x" * 10_000_000,
    "points.txt": lambda: b"." * 2_000_000,
    "spaces.txt": lambda: b"x" + b" " * 1_000_000 + b"x",
    "sentences.txt": lambda: b"x. " * 50_000,
    "null bytes.txt": lambda: b"They\0met.",
    "only null bytes.txt": lambda: b"\0" * 1_000_000,
    "broken utf-8.txt": lambda: (
        "Yağmur yağıyor. ".encode() * 1000 + b"\xc3\x28\xff\xfe\xed\xa0\x80"
    ),
    "cut utf-8.txt": lambda: "Yağmur".encode()[:3],
    "odd utf-16.txt": lambda: codecs.BOM_UTF16_LE + b"a\0\x00\xd8b",
    "marked thrice.txt": lambda: codecs.BOM_UTF8 * 3 + b"x",
    "latin.txt": lambda: ("é" * 1_000_000).encode("latin-1"),
    "right to left.txt": lambda: (
        "שלום עולם. مرحبا بالعالم! \u202egnihtyna\u202c ".encode() * 10_000
    ),
    "emoji.txt": lambda: "👨‍👩‍👧‍👦🇹🇷".encode() * 20_000,
    "combining marks.txt": lambda: ("e" + "\u0301" * 500_000).encode(),
    "capitals.txt": lambda: b"AB C" + b" " * 4_900 + b"x",
}


@pytest.mark.parametrize("name", NASTY)
def test_nasty_file_is_read_or_refused_within_limits_of_time_and_memory(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(NASTY[name]())
    file = SourceFile(path=path, id=name, root=tmp_path)
    documents, message = [], ""
    began = time.monotonic()
    tracemalloc.start()
    try:
        documents.extend(read_file(file, ParseOptions(max_file_seconds=SECONDS)))
    except DocumentError as error:
        message = str(error)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * path.stat().st_size + 50_000_000
    for document in documents:
        document = dataclasses.replace(document, text=document.text[:2_000_000])
        chunks = Chunking().split(document)
        assert chunks
        assert all(chunk.text == document.text[chunk.start : chunk.end] for chunk in chunks)
    assert time.monotonic() - began < SECONDS
    assert documents or message.startswith(str(path))
    assert "took longer" not in message
    if name != OUT_OF_MEMORY:
        assert "the process that read it ended" not in message
