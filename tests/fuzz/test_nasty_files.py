"""Files made to do harm, or damaged in the ways that happen, each made here in a moment.

Each gives documents or an error that names it, within bounds of time and memory.
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
from embeddings.files import ParseOptions, SourceFile, read_file

SECONDS = 60
"""A generous bound; on an idle machine the slowest takes a tenth of it."""

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
PARAGRAPH = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"


def word(body: str, *, declared: str = "", also: dict[str, bytes] | None = None) -> bytes:
    """Make a Word file whose text is `body`, with more parts beside it."""
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

NASTY = {
    # Word: zip bombs, and what XML can be made to do.
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
    "never closed.csv": lambda: b'text\n"' + b"a \n" * 50_000,
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
def test_a_nasty_file_is_read_or_named_in_bounds_of_time_and_memory(tmp_path, name):
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
        document = dataclasses.replace(document, text=document.text[:10_000_000])
        chunks = Chunking().split(document)
        assert chunks
        assert all(chunk.text == document.text[chunk.start : chunk.end] for chunk in chunks)
    assert time.monotonic() - began < SECONDS
    assert documents or message.startswith(str(path))
    assert "took longer" not in message
    assert "the process that read it ended" not in message


def test_no_document_reads_another_file(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("The password is swordfish.")
    declared = f'<!DOCTYPE x [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    for name, content in {
        "a.docx": word(PARAGRAPH.format("They met &x;."), declared=declared),
        "a.xhtml": f"{declared}<html><body>They met &x;.</body></html>".encode(),
        "a.md": b"---\na: !!python/object/apply:os.system ['x']\n---\nThey met.",
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        file = SourceFile(path=path, id=name, root=tmp_path)
        (document,) = read_file(file)
        assert "They met" in document.text
        assert "swordfish" not in document.text
