import datetime

from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import parse
from tests.embeddings.formats.samples import msg

SUBJECT, BODY, HTML, HEADERS, SENDER, ADDRESS = 0x37, 0x1000, 0x1013, 0x7D, 0xC1A, 0xC1F


def parse_all(tmp_path, content):
    path = tmp_path / "a.msg"
    path.write_bytes(content)
    return list(parse(path, ParseOptions()))


def test_mail_and_attachments_are_documents(tmp_path):
    headers = (
        "From: Clara Voss <clara@example.org>\r\nDate: Wed, 16 Sep 2020 23:30:00 +0300\r\n\r\n"
    )
    texts = {SUBJECT: "Dam report", BODY: "It costs 90 marks.", HEADERS: headers}
    mail, attached = parse_all(tmp_path, msg(texts, {"gate.txt": b"The gate.", "a.jpg": b"x"}))
    assert mail.text == (
        "From: Clara Voss <clara@example.org>\n\nDate: Wed, 16 Sep 2020 23:30:00 +0300\n\n"
        "It costs 90 marks."
    )
    assert (mail.id, mail.title, mail.date) == ("", "Dam report", datetime.date(2020, 9, 16))
    assert mail.metadata["author"] == "Clara Voss"
    assert (attached.id, attached.text) == ("/gate.txt", "The gate.")
    assert attached.date == datetime.date(2020, 9, 16)


def test_html_body_is_read_where_there_is_no_plain_text(tmp_path):
    texts = {SENDER: "Clara Voss", ADDRESS: "clara@example.org", HTML: "<p>It is <b>oak</b>.</p>"}
    (mail,) = parse_all(tmp_path, msg(texts, {}))
    assert mail.text == 'From: "Clara Voss" <clara@example.org>\n\nIt is oak.'
