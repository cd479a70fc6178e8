"""Whatever bytes a file has, it gives sound documents, or an error that names it."""

import csv
import io
import json
import zipfile

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from embeddings.chunking import Chunking
from embeddings.documents import SourceFile, read_file
from embeddings.errors import DocumentError

FUZZ = settings(deadline=None)
FOREIGN = (".pdf", ".docx")
"""What their libraries raise on a damaged file is theirs to choose."""


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


def word_parts() -> dict[str, bytes]:
    stream = io.BytesIO()
    document = docx.Document()
    document.add_heading("Talks", 1)
    document.add_paragraph("They met in Ankara.")
    document.add_table(2, 2).cell(0, 0).text = "Side"
    document.save(stream)
    with zipfile.ZipFile(stream) as container:
        return {name: container.read(name) for name in container.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return stream.getvalue()


WORD = word_parts()
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
VALID = {
    ".txt": NEWS,
    ".md": MARKDOWN,
    ".html": HTML,
    ".pdf": pdf(),
    ".docx": packed(WORD),
    ".csv": TABLE,
    ".tsv": TABLE.replace(b",", b"\t"),
    ".json": ROWS,
    ".jsonl": LINES,
}
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
    """Read a file and look at all that comes of it."""
    path = folder / f"a{suffix}"
    path.write_bytes(content)
    documents, message = [], ""
    try:
        documents.extend(read_file(SourceFile(path=path, id=path.name, root=folder)))
    except DocumentError as error:
        message = str(error)
    assert documents or message.startswith(str(path))
    assert "took longer" not in message
    assert "the process that read it ended" not in message
    # So called where an exception was raised that no check foresaw.
    assert suffix in FOREIGN or "it is damaged" not in message
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
def test_the_files_that_are_damaged_below_are_sound(folder, suffix):
    path = folder / f"valid{suffix}"
    path.write_bytes(VALID[suffix])
    assert "met" in next(read_file(SourceFile(path=path, id=path.name, root=folder))).text


@pytest.mark.parametrize("suffix", VALID)
@FUZZ
@given(data=st.data())
def test_a_damaged_file_gives_documents_or_an_error_that_names_it(folder, suffix, data):
    check(folder, suffix, data.draw(mutations(VALID[suffix])))


@FUZZ
@given(data=st.data())
def test_damage_inside_a_word_file_does_no_more(folder, data):
    part = data.draw(st.sampled_from(sorted(WORD)))
    check(folder, ".docx", packed(WORD | {part: data.draw(mutations(WORD[part]))}))


@pytest.mark.parametrize("suffix", [suffix for suffix in VALID if suffix not in FOREIGN])
@FUZZ
@given(text=st.text() | st.lists(st.sampled_from(SPLICES)).map(b"".join))
def test_any_text_gives_documents_or_an_error_that_names_it(folder, suffix, text):
    head = b"text\n" if suffix in (".csv", ".tsv") else b""
    body = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    check(folder, suffix, head + body)


STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"))


@pytest.mark.parametrize("suffix", [".txt", ".md"])
@FUZZ
@given(text=STORABLE.filter(str.strip))
def test_the_text_of_a_plain_file_is_kept_to_the_letter(folder, suffix, text):
    path = folder / f"a{suffix}"
    path.write_text(text, encoding="utf-8", newline="")
    (document,) = read_file(SourceFile(path=path, id=path.name, root=folder))
    assert document.text == text


@FUZZ
@given(texts=st.lists(STORABLE.filter(str.strip), min_size=1, max_size=4), ascii=st.booleans())
def test_the_texts_of_rows_are_kept_to_the_letter(folder, texts, ascii):
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
