import codecs
import struct

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.encoding import encoding_of, open_text, read_text

TURKISH = (
    "Türkiye'nin başkenti Ankara'da bugün yağmur yağıyor, İstanbul güneşli. Meteoroloji Genel "
    "Müdürlüğü, yağışların hafta sonuna kadar süreceğini açıkladı. Sürücülerin dikkatli olması ve "
    "kış lastiği kullanması istendi.\n"
)
FRENCH = "Le président a déclaré mardi que la réforme serait présentée à l'été prochain.\n"
ENGLISH = "The engineers came to the dam on Tuesday to look at the wall and the basin.\n"


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
def test_byte_order_mark_decides_and_is_not_part_of_the_text(path, encoding, mark):
    path.write_bytes(mark + TURKISH.encode(encoding))
    assert read_text(path) == TURKISH


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("latin-1", FRENCH),
        ("iso2022_jp", "ダムは1931年に建設された。\n"),
        ("latin-1", "The café re-opened.\n"),
        ("latin-1", "Café\n"),
        ("cp1252", "\u201cWe won\u2019t,\u201d said the café\u2019s owner \u2014 and left.\n"),
        ("cp1252", "She said “yes”.\n"),
        ("cp1252", "It’s the owner’s dam – it costs €5 or £4 a day at 30°C.\n"),
        ("cp1252", "The café’s résumé” – or “fiancée”…\n"),
        ("mac_roman", "The café’s “résumé” – 5° colder in Zürich.\n"),
        ("mac_roman", "À côté de l’église, où naît le fleuve… Ça va ?\n"),
        ("cp850", "Le musée est fermé à cause des travaux. L'entrée coûte 12 francs.\n"),
        ("cp850", "Größere Schäden an der Brücke. Die Straße ist für alle geöffnet.\n"),
        ("cp850", "El año próximo abrirá una fábrica en Málaga. Según el señor Núñez.\n"),
        ("cp850", "Não há condições para a construção. A reunião será na terça.\n"),
        ("cp850", "The café is open.\n"),
        ("cp1252", "Er sagte: „Nein“ – und ging… L’été, ‚vielleicht‘†.\n"),
        (
            "cp1252",
            "Göteborg ligger på västkusten. Über Öl aß er. Señor Núñez. São João. Ça va ?\n",
        ),
        ("cp1252", ENGLISH * 40 + "It costs €5.\n" + ENGLISH * 40),
        ("iso8859_15", "L’œuvre coûte 12 € ; le cœur du chêne.\n".replace("’", "'")),
        ("cp1252", "Un demi-litre : ½ ou 1½ à la fois, déjà ¼.\n"),
        ("cp1250", "Příští zasedání zastupitelstva se koná ve čtvrtek večer v budově školy.\n"),
        ("cp1250", "Wójt gminy zapowiedział, że łączna długość drogi będzie większa.\n"),
        ("cp1250", "A község polgármestere elmondta, hogy az új híd jövőre készül el.\n"),
        ("iso8859_2", "Wójt zapowiedział, że do gminy wchodzą nowe drogi. Też źle.\n"),
        ("iso8859_2", "Příští zasedání se koná ve čtvrtek večer v budově školy, řekl šéf.\n"),
        ("cp1254", TURKISH),
        ("cp1257", "Lietuvos sostinėje šiandien prasidėjo naujų rūmų statyba, sakė žmonės.\n"),
        ("cp1251", "Президент выступил в Москве с заявлением.\n"),
        ("iso8859_5", "Заседание совета состоялось в среду. Решено построить новый причал.\n"),
        ("cp1253", "Η επιτροπή συνεδρίασε το βράδυ στο σχολείο για να ακούσει την έκθεση.\n"),
        ("gb18030", "委员会星期二晚上在学校开会，听取工程师的报告。\n"),
    ],
)
def test_text_in_an_older_encoding_is_recognised(path, encoding, text):
    path.write_bytes(text.encode(encoding))
    assert read_text(path) == text


@pytest.mark.parametrize(
    ("content", "end"),
    [
        (
            "Größe und Straße.\n".encode() * 20 + "Nachtrag aus Köln\n".encode("cp1252"),
            "K\ufffdln\n",
        ),
        ("Größe und Straße.\n".encode() * 20 + "Zürich".encode()[:2], "Z\ufffd"),
        ("会議は東京で開かれた。\n".encode() * 5 + "Café\n".encode("cp1252"), "Caf\ufffd\n"),
    ],
)
def test_utf8_with_a_few_invalid_bytes_stays_utf8(path, content, end):
    path.write_bytes(content)
    assert encoding_of(path) == "utf-8"
    text = read_text(path)
    assert text.startswith(("Größe und Straße.\n", "会議は東京で開かれた。\n"))
    assert text.endswith(end)
    with open_text(path) as stream:
        assert stream.read() == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [ENGLISH, "Ä\n", TURKISH * 40])
def test_utf16_without_a_byte_order_mark_is_recognised(path, encoding, text):
    path.write_bytes(text.encode(encoding))
    assert read_text(path) == text


def test_replacement_characters_of_an_earlier_conversion_are_valid_utf8(path):
    path.write_text("caf\ufffd\n")
    assert read_text(path) == "caf\ufffd\n"


def test_bytes_in_no_encoding_are_an_error(path):
    path.write_bytes(bytes(range(0x80, 0xA0)) * 3 + b"\xff")
    with pytest.raises(DocumentError, match="not text in any known encoding"):
        read_text(path)


def test_every_line_end_becomes_a_newline_and_nothing_else_changes(path):
    path.write_bytes("a\r\nb\rc\n\x0cd\u2028e \t\n\n".encode())
    assert read_text(path) == "a\nb\nc\n\x0cd\u2028e \t\n\n"


def test_soft_hyphens_and_zero_width_spaces_are_removed(path):
    path.write_text("head\u00adquarters of the manage\u200bment, 👨‍👩‍👧\n")
    assert read_text(path) == "headquarters of the management, 👨‍👩‍👧\n"


def test_overstruck_type_and_colours_of_a_terminal_are_removed(path):
    path.write_bytes(
        b"N\bNA\bAM\bME\bE\n\x08 see _\bc_\ba_\bt(1)\n\x1b[1;31mfailed\x1b[0m: 3 of 4\n"
    )
    assert read_text(path) == "NAME\n\x08 see cat(1)\nfailed: 3 of 4\n"


def test_older_encoding_is_recognised_far_down_in_a_file(path):
    text = "plain line\n" * 20_000 + TURKISH * 20
    path.write_bytes(text.encode("cp1254"))
    assert read_text(path) == text


@pytest.mark.parametrize("data", [b"\0\1\2", struct.pack("<200H", *range(200))])
def test_two_byte_numbers_are_not_utf_16(path, data):
    path.write_bytes(data)
    with pytest.raises(DocumentError, match="binary"):
        encoding_of(path)


def test_nul_bytes_far_down_make_a_file_binary(path):
    path.write_bytes("é".encode("latin-1") * 100_000 + b"\0")
    with pytest.raises(DocumentError, match="binary"):
        encoding_of(path)
