import codecs

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.encoding import encoding_of, read_text

TURKISH = (
    "Türkiye'nin başkenti Ankara'da bugün yağmur yağıyor, İstanbul güneşli. Meteoroloji Genel "
    "Müdürlüğü, yağışların hafta sonuna kadar süreceğini açıkladı. Sürücülerin dikkatli olması ve "
    "kış lastiği kullanması istendi.\n"
)
FRENCH = "Le président a déclaré mardi que la réforme serait présentée à l'été prochain.\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.txt"


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ],
)
def test_a_byte_order_mark_decides_and_is_no_part_of_the_text(path, encoding, mark):
    path.write_bytes(mark + TURKISH.encode(encoding))
    assert read_text(path) == TURKISH


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("latin-1", FRENCH),
        ("latin-1", "The café re-opened.\n"),
        ("cp1252", "\u201cWe won\u2019t,\u201d said the café\u2019s owner \u2014 and left.\n"),
        ("cp1254", TURKISH),
        ("cp1251", "Президент выступил в Москве с заявлением.\n"),
    ],
)
def test_text_in_an_older_encoding_is_recognised(path, encoding, text):
    path.write_bytes(text.encode(encoding))
    assert read_text(path) == text


def test_every_line_end_becomes_a_newline_and_nothing_else_changes(path):
    path.write_bytes("a\r\nb\rc\n\x0cd\u2028e \t\n\n".encode())
    assert read_text(path) == "a\nb\nc\n\x0cd\u2028e \t\n\n"


def test_an_older_encoding_is_recognised_far_down_in_a_file(path):
    text = "plain line\n" * 20_000 + TURKISH * 20
    path.write_bytes(text.encode("cp1254"))
    assert read_text(path) == text


def test_nul_bytes_far_down_make_a_file_binary(path):
    path.write_bytes("é".encode("latin-1") * 100_000 + b"\0")
    with pytest.raises(DocumentError, match="binary"):
        encoding_of(path)
