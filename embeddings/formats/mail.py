"""Mails (eml), mailboxes (mbox) and web archives (mhtml)."""

import datetime
import email
import email.policy
import mimetypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.utils import parseaddr, parsedate
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from embeddings.errors import DocumentError, failure
from embeddings.formats.encoding import declared_codec
from embeddings.formats.nested_files import Members, parse_page, raise_failures
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.text_builder import TextBuilder
from embeddings.types import Document

_SHOWN_HEADERS = ("From", "To", "Cc", "Date")
_SEPARATOR = re.compile(rb"From .*\d\d:\d\d.*\d{4}")
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)

_EXPUNGED = frozenset("89abcdefABCDEF")
"""Last digits of the status of a mail that Thunderbird has deleted but not yet removed."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in any file format."""

    headers: dict[str, str]
    """Values of From, To, Cc, Date and Subject; empty or left out where missing."""
    body: list[str | bytes]
    """The parts of the body: plain text, or HTML as bytes in UTF-8."""
    attachments: list[tuple[str, Callable[[], bytes]]] = field(default_factory=list)
    """The name of each attached file, and a function that returns its content."""


def mail_documents(mail: Mail, options: ParseOptions) -> Iterator[Document]:
    """Make a document from a mail, which starts with the headers, and from each attached file.

    Raises:
        IncompleteFileError: at the end, if attached files cannot be read.
    """
    builder = TextBuilder()
    for name in _SHOWN_HEADERS:
        if mail.headers.get(name):
            builder.add(f"{name}: {mail.headers[name]}")
    for part in mail.body:
        if isinstance(part, str):
            builder.add(part)
        else:
            builder.add_document(parse_page(part, options))
    sender = mail.headers.get("From", "")
    name, address = parseaddr(sender)
    document = builder.document(
        title=mail.headers.get("Subject", ""),
        date=_day(mail.headers.get("Date", "")),
        metadata={
            "author": name if name else address,
            "from": sender,
            "to": mail.headers.get("To", ""),
        },
    )
    yield document
    failures: list[str] = []
    members = Members(options, failures)
    for attached, content in mail.attachments:
        for each in members.parse(attached, content):
            yield replace(each, date=each.date if each.date is not None else document.date)
    raise_failures(failures)


def _day(sent: str) -> datetime.date | None:
    """Return the day of a Date header in the time zone of the sender."""
    parts = parsedate(sent)
    try:
        return datetime.date(*parts[:3]) if parts is not None else None
    except ValueError:
        return None


def read_mail(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a mail, and the files attached to it as documents of their own."""
    return mail_documents(_mail(_message(path.read_bytes())), options)


def read_mailbox(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read the mails of a mailbox; the id of each is its Message-ID, else its number from 1."""
    failures: list[str] = []
    seen: set[str] = set()
    for number, content in enumerate(_split(path), start=1):
        options.check_pages(number, "mails")
        message = _message(content)
        if _header(message, "X-Mozilla-Status")[3:] in _EXPUNGED:
            continue
        name = _header(message, "Message-ID").strip("<> ") or str(number)
        while name in seen:
            name = f"{name}#{number}"
        seen.add(name)
        try:
            for document in mail_documents(_mail(message), options):
                yield replace(document, id=f"{name}/{document.id}" if document.id else name)
        except Exception as error:
            failures.append(f"the mail {name} {failure(error)}")
    raise_failures(failures)


def _split(path: Path) -> Iterator[bytes]:
    """Split a mailbox into mails.

    Raises:
        DocumentError: it does not start like a mailbox.
    """
    lines: list[bytes] = []
    is_first = follows_blank = True
    with path.open("rb") as stream:
        for line in stream:
            if follows_blank and _SEPARATOR.match(line):
                if not is_first:
                    yield _ESCAPED.sub(rb"\1", b"".join(lines))
                lines = [line]
                is_first = False
            elif is_first and line.strip():
                raise DocumentError("cannot be read: it is damaged, or not a mailbox (mbox)")
            else:
                lines.append(line)
            follows_blank = not line.strip()
    yield _ESCAPED.sub(rb"\1", b"".join(lines))


def read_web_archive(path: Path, options: ParseOptions) -> Document:
    """Read the page of a web archive (MHTML)."""
    message = _message(path.read_bytes())
    page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
    if page is None:
        raise DocumentError("cannot be read: there is no HTML page in it")
    document = parse_page(_html(page), options)
    address = _header(message, "Snapshot-Content-Location") or _header(page, "Content-Location")
    return replace(
        document,
        title=document.title if document.title else _header(message, "Subject"),
        metadata={**document.metadata, **({"url": address} if address else {})},
    )


def _message(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data.lstrip(), policy=email.policy.default)


def _mail(message: EmailMessage) -> Mail:
    files = list(_files(message))
    headers = {name: _header(message, name) for name in (*_SHOWN_HEADERS, "Subject")}
    # Without a Date header, the day of arrival counts: that of the mailbox separator or a header.
    arrived = " ".join((message.get_unixfrom() or "").split()[2:])
    dates = (headers["Date"], arrived, _header(message, "Received").rpartition(";")[2].strip())
    return Mail(
        headers=headers | {"Date": next(filter(_day, dates), headers["Date"])},
        body=_body(message),
        attachments=[
            (_file_name(part, number), partial(_content, part))
            for number, part in enumerate(files, start=1)
        ],
    )


def _header(message: Any, name: str) -> str:
    """Return the value of a header in one line, decoded where possible."""
    try:
        value = message.get(name)
    except Exception:  # the parser raises many errors on headers that break the rules
        items = ((key.lower(), raw) for key, raw in message.raw_items())
        value = next((raw for key, raw in items if key == name.lower()), None)
    return " ".join(str(value).split()) if value is not None else ""


def _is_file(part: Any) -> bool:
    return (
        part.get_content_type() == "message/rfc822"
        or part.get_content_disposition() == "attachment"
        or part.get_filename() is not None
    )


def _files(part: Any) -> Iterator[Any]:
    """Find the attached files and mails, without those inside attached mails."""
    if _is_file(part):
        yield part
    elif part.is_multipart():
        for each in part.iter_parts():
            yield from _files(each)


def _body(part: Any) -> list[str | bytes]:
    """Collect the text that a mail program shows; of alternatives, the plain text."""
    kind = part.get_content_type()
    if _is_file(part):
        return []
    if kind == "multipart/alternative":
        choices = [body for body in map(_body, part.iter_parts()) if any(body)]
        plain = (body for body in choices if all(isinstance(each, str) for each in body))
        return next(plain, choices[-1] if choices else [])
    if part.is_multipart():
        return [each for inner in part.iter_parts() for each in _body(inner)]
    if kind == "text/html":
        return [_html(part)]
    return [_decoded(part)] if kind == "text/plain" else []


def _content(part: Any) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return bytes(inner[0]) if isinstance(inner, list) and inner else b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _decoded(part: Any) -> str:
    content = _content(part)
    codecs = [declared_codec(part.get_content_charset("")), "utf-8"]
    # Some encodings use the bytes of ASCII only; text in others is hardly ever valid UTF-8.
    for codec in codecs if content.isascii() else reversed(codecs):
        try:
            return content.decode(codec).replace("\r\n", "\n")
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", errors="replace").replace("\r\n", "\n")


def _html(part: Any) -> bytes:
    return _decoded(part).encode("utf-8-sig", errors="replace")  # the mark names the encoding


def _file_name(part: Any, number: int) -> str:
    name = part.get_filename() or f"attachment {number}"
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        subject = _header(inner[0], "Subject") if isinstance(inner, list) and inner else ""
        return f"{subject.replace('/', '-') if subject else name}.eml"
    extension = mimetypes.guess_extension(part.get_content_type())
    return name if PurePosixPath(name).suffix or extension is None else f"{name}{extension}"
