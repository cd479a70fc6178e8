"""Mails that Outlook saved (msg)."""

from collections.abc import Iterator
from email.header import decode_header, make_header
from email.utils import format_datetime
from functools import partial
from pathlib import Path

from oxmsg import Message
from oxmsg.attachment import Attachment

from embeddings.formats.mail import Mail, mail_documents
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document


def read(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a mail, and the files attached to it as documents of their own."""
    message = Message.load(str(path))
    body = message.body or ""
    html = message.html_body or "" if not body.strip() else ""
    mail = Mail(
        headers=_headers(message),
        body=[html.encode("utf-8-sig", errors="replace")] if html.strip() else [body],
        attachments=[
            (each.file_name or f"attachment {number}", partial(_content, each))
            for number, each in enumerate(message.attachments, start=1)
        ],
    )
    return mail_documents(mail, options)


def _content(attachment: Attachment) -> bytes:
    return attachment.file_bytes or b""


def _headers(message: Message) -> dict[str, str]:
    sent = message.sent_date
    recipients = [
        f"{each.name} <{each.email_address}>" if each.email_address != each.name else each.name
        for each in message.recipients
    ]
    return {
        "From": str(make_header(decode_header(message.sender or ""))),
        "To": ", ".join(recipients),
        # The day in the header is that of the sender; the property is in UTC.
        "Date": message.message_headers.get("Date", format_datetime(sent) if sent else ""),
        "Subject": " ".join(message.subject.split()),
    }
