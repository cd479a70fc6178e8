import datetime
from email.message import EmailMessage

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import parse

HEADERS = {
    "From": "Clara Voss <clara@example.org>",
    "To": "Al Orr <al@example.org>",
    "Date": "Wed, 16 Sep 2020 23:30:00 +0300",
    "Subject": "Dam réport",
}
HEAD = (
    "From: Clara Voss <clara@example.org>\n\nTo: Al Orr <al@example.org>\n\n"
    "Date: Wed, 16 Sep 2020 23:30:00 +0300\n\n"
)
DAY = datetime.date(2020, 9, 16)


def mail(plain="", html="", headers=None):
    message = EmailMessage()
    for name, value in (HEADERS if headers is None else headers).items():
        message[name] = value
    if plain:
        message.set_content(plain)
    if html and plain:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message


def attach(message, name, content, kind="application/octet-stream"):
    main, _, sub = kind.partition("/")
    message.add_attachment(content, maintype=main, subtype=sub, filename=name)


def parse_all(tmp_path, content, name="a.eml"):
    """Parse a file; return its documents and the message of the error at the end."""
    path = tmp_path / name
    path.write_bytes(bytes(content))
    documents = []
    try:
        for document in parse(path, ParseOptions()):
            documents.append(document)
    except DocumentError as error:
        return documents, str(error)
    return documents, ""


def test_mail_has_its_headers_in_text_title_date_and_metadata(tmp_path):
    (document,), _ = parse_all(tmp_path, mail("It costs 90 marks.\n"))
    assert document.id == ""
    assert document.text == f"{HEAD}It costs 90 marks."
    assert (document.title, document.date) == ("Dam réport", DAY)
    assert document.metadata == {
        "author": "Clara Voss",
        "from": "Clara Voss <clara@example.org>",
        "to": "Al Orr <al@example.org>",
    }


def test_plain_text_is_preferred_to_html(tmp_path):
    (document,), _ = parse_all(tmp_path, mail("As plain text.", "<p>As HTML.</p>"))
    assert document.text == f"{HEAD}As plain text."


def test_html_body_is_read_as_html(tmp_path):
    (document,), _ = parse_all(tmp_path, mail(html="<p>It costs <b>90</b> märks.</p>"))
    assert document.text == f"{HEAD}It costs 90 märks."


def test_body_in_several_parts_is_read_whole(tmp_path):
    message = mail("Before.")
    message.make_mixed()
    footer = EmailMessage()
    footer.set_content("After.")
    del footer["MIME-Version"]
    message.attach(footer)
    (document,), _ = parse_all(tmp_path, message)
    assert document.text == f"{HEAD}Before.\n\nAfter."


def test_attachments_are_documents_with_the_date_of_the_mail(tmp_path):
    message = mail("See below.")
    attach(message, "gate.txt", b"The gate is of oak.", "text/plain")
    attach(message, "news.csv", b"text,date\nThey met.,2019-01-02\n", "text/csv")
    attach(message, "gate.jpg", b"\xff\xd8", "image/jpeg")
    attach(message, None, b"<p>No name.</p>", "text/html")
    inner = mail("Forwarded.", headers={"Subject": "Old / new"})
    message.add_attachment(inner)
    documents, error = parse_all(tmp_path, message)
    assert [(document.id, document.text) for document in documents[1:]] == [
        ("/gate.txt", "The gate is of oak."),
        ("/news.csv#1", "They met."),
        ("/attachment 4.html", "No name."),
        ("/Old - new.eml", "Forwarded."),
    ]
    assert [document.date for document in documents[:3]] == [DAY, DAY, datetime.date(2019, 1, 2)]
    assert error == ""


def test_damaged_attachment_is_reported_after_all_others(tmp_path):
    message = mail("See below.")
    attach(message, "a.docx", b"x")
    attach(message, "b.txt", b"Fine.", "text/plain")
    documents, error = parse_all(tmp_path, message)
    assert [document.id for document in documents] == ["", "/b.txt"]
    assert "contains a file that cannot be read: a.docx cannot be read: it is damaged" in error


@pytest.mark.parametrize(
    ("charset", "body", "wanted"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        ("no-such-charset", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("cp1252"), "Grüße"),
        ("iso-8859-1", "It’s “5 €”".encode("cp1252"), "It’s “5 €”"),
        ("iso-8859-1", "It’s “5 €”".encode(), "It’s “5 €”"),
        ("gb2312", "朱镕基".encode("gbk"), "朱镕基"),
        ("utf-7", "Grüße".encode("utf-7"), "Grüße"),
        ("iso-2022-jp", "水車小屋".encode("iso-2022-jp"), "水車小屋"),
    ],
)
def test_body_is_decoded_by_its_charset_or_a_guess(tmp_path, charset, body, wanted):
    head = f"Subject: x\nContent-Type: text/plain; charset={charset}\n\n".encode()
    (document,), _ = parse_all(tmp_path, head + body)
    assert document.text == wanted


def test_blank_lines_before_the_headers_are_skipped(tmp_path):
    (document,), _ = parse_all(tmp_path, b"\n\nSubject: Weir\n\nIt leaks.\n")
    assert (document.title, document.text) == ("Weir", "It leaks.")


@pytest.mark.parametrize(
    "header",
    [
        "From: =?utf-8?q?=",
        "To: <<<>>;,:@[",
        "Date: 99 Xyz 20",
        "Content-Type: ;;=;",
        "Subject: \xff",
    ],
)
def test_broken_header_does_not_stop_the_mail(tmp_path, header):
    (document,), _ = parse_all(tmp_path, f"{header}\n\nThey met.".encode("latin-1"))
    assert "They met." in document.text


MAILBOX = (
    b"From clara Wed Sep 16 23:30:00 2020\nMessage-ID: <1@example.org>\nSubject: One\n\n"
    b"First mail.\n\n>From now on it is escaped.\n\nFrom here it is not a new mail.\n\n"
    b"From al Thu Sep 17 08:00:00 2020\nSubject: Two\n\nSecond mail.\n"
)


def test_mails_of_a_mailbox_are_documents(tmp_path):
    documents, _ = parse_all(tmp_path, MAILBOX, "a.mbox")
    assert [(document.id, document.title, document.text) for document in documents] == [
        (
            "#1@example.org",
            "One",
            "Date: Wed Sep 16 23:30:00 2020\n\n"
            "First mail.\n\nFrom now on it is escaped.\n\nFrom here it is not a new mail.",
        ),
        ("#2", "Two", "Date: Thu Sep 17 08:00:00 2020\n\nSecond mail."),
    ]
    assert [document.date for document in documents] == [DAY, datetime.date(2020, 9, 17)]


@pytest.mark.parametrize("date", ["", "Date: yesterday\n"])
def test_mail_without_a_date_has_its_arrival_date(tmp_path, date):
    received = "Received: from a by b; Wed, 16 Sep 2020 23:30:05 +0300\nReceived: by a\n"
    content = f"{received}{date}Subject: Gate\n\nIt opens.\n"
    (document,), _ = parse_all(tmp_path, content.encode())
    assert document.date == DAY


def test_mails_of_one_message_id_have_different_ids(tmp_path):
    first = MAILBOX[: MAILBOX.index(b"From al")]
    documents, _ = parse_all(tmp_path, first + first, "a.mbox")
    assert [document.id for document in documents] == ["#1@example.org", "#1@example.org#2"]


def test_attachments_in_a_mailbox_follow_the_id_of_their_mail(tmp_path):
    message = mail("See below.", headers={"Message-ID": "<7@x>", "Subject": "x"})
    attach(message, "gate.txt", b"Oak.", "text/plain")
    content = b"From a Wed Sep 16 23:30:00 2020\n" + bytes(message)
    documents, _ = parse_all(tmp_path, content, "a.mbox")
    assert [document.id for document in documents] == ["#7@x", "#7@x/gate.txt"]


def test_mailbox_with_too_many_mails_is_read_up_to_the_limit(tmp_path):
    path = tmp_path / "a.mbox"
    path.write_bytes(MAILBOX)
    documents = parse(path, ParseOptions(max_file_pages=1))
    assert next(documents).title == "One"
    with pytest.raises(
        DocumentError, match="has 2 mails, more than the 1 allowed; raise max_file_pages"
    ):
        next(documents)


def test_mail_that_cannot_be_read_does_not_stop_the_mailbox(tmp_path):
    deep = b"Content-Type: text/html\n\n" + b"<div>" * 11_000 + b"x\n\n"
    first = b"From a Wed Sep 16 23:30:00 2020\n" + deep
    documents, error = parse_all(tmp_path, first + MAILBOX, "a.mbox")
    assert [document.title for document in documents] == ["One", "Two"]
    assert "a file that cannot be read: the mail 1 is nested too deeply" in error


def test_other_text_is_not_a_mailbox(tmp_path):
    assert "damaged, or not a mailbox" in parse_all(tmp_path, b"They met.", "a.mbox")[1]


def test_page_of_a_web_archive_is_read(tmp_path):
    content = (
        b"From: <Saved by a browser>\r\nSnapshot-Content-Location: https://example.org/dam\r\n"
        b"Subject: Dams\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"<p>Built in =E2=80=9Coak=E2=80=9D.</p>\r\n--b\r\nContent-Type: text/css\r\n\r\np{}\r\n"
        b"--b--\r\n"
    )
    (document,), _ = parse_all(tmp_path, content, "a.mhtml")
    assert (document.text, document.title) == ("Built in “oak”.", "Dams")
    assert document.metadata["url"] == "https://example.org/dam"


def test_web_archive_without_a_page_raises(tmp_path):
    assert "there is no HTML page" in parse_all(tmp_path, b"Subject: x\n\nThey met.", "a.mht")[1]


def test_mail_that_was_deleted_in_thunderbird_is_left_out(tmp_path):
    mails = (
        f"From - Sat Mar 14 10:11:12 2020\nX-Mozilla-Status: {status}\nSubject: {status}\n\nHi.\n\n"
        for status in ("0001", "0009", "000b", "1000")
    )
    documents, _ = parse_all(tmp_path, "".join(mails).encode(), "a.mbox")
    assert [document.title for document in documents] == ["0001", "1000"]
