"""Calendars (ics) and address books (vcf): a document for each event, task or contact."""

import datetime
import quopri
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from embeddings.dates import parse_date
from embeddings.errors import DocumentError
from embeddings.formats.encoding import declared_codec, read_text
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.text_builder import TextBuilder
from embeddings.types import Document

_ENTRIES = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VCARD"})
_TITLES = ("SUMMARY", "FN")
_DATES = ("DTSTART", "DUE")
_LABELS = {
    "SUMMARY": "",
    "DTSTART": "Start",
    "DTEND": "End",
    "DUE": "Due",
    "RRULE": "Repeats",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendee",
    "DESCRIPTION": "",
    "FN": "",
    "ORG": "Organization",
    "TITLE": "Title",
    "ROLE": "Role",
    "TEL": "Phone",
    "EMAIL": "Email",
    "ADR": "Address",
    "BDAY": "Birthday",
    "NOTE": "Note",
}
"""The label of each property that is shown; "" for a paragraph without a label."""

_PROPERTY = re.compile(
    r"(?:[\w-]++\.)?(?P<name>[\w-]++)(?P<parameters>(?:;(?:[^\":]|\"[^\"]*\")*+)?):(?P<value>.*)",
    re.DOTALL,
)
_FOLD = re.compile(r"\n[ \t]")
_QUOTED_PRINTABLE = re.compile(r"QUOTED-PRINTABLE", re.IGNORECASE)
_CODEC = re.compile(r"CHARSET=\"?([\w-]+)", re.IGNORECASE)
_NAME = re.compile(r";CN=(?:\"([^\"]*)\"|([^;:]*))", re.IGNORECASE)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?", re.ASCII)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PART_END = re.compile(r"(?<!\\);")


def read(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read a calendar or an address book; the id of an entry is its UID, else its number from 1."""
    seen: set[str] = set()
    for number, properties in enumerate(_entries(read_text(path)), start=1):
        options.check_pages(number, "entries")
        document = _document(properties)
        name = document.id if document.id else str(number)
        while name in seen:  # a repeated event with a changed date
            name = f"{name}#{number}"
        seen.add(name)
        yield replace(document, id=name)


def _entries(text: str) -> Iterator[list[re.Match[str]]]:
    """Find the properties of each entry, without those of parts inside it, such as alarms.

    Raises:
        DocumentError: the text has no such structure.
    """
    if text.strip() and not text.lstrip().upper().startswith("BEGIN:"):
        raise DocumentError("has no events or contacts: it is not a calendar or address book")
    open_parts: list[str] = []
    properties: list[re.Match[str]] = []
    lines = iter(_FOLD.sub("", text).split("\n"))
    for line in lines:
        found = _PROPERTY.fullmatch(line)
        if found and line.endswith("=") and _QUOTED_PRINTABLE.search(found["parameters"]):
            parts = [line]
            while parts[-1].endswith("="):
                parts.append(next(lines, ""))
            found = _PROPERTY.fullmatch("\n".join(parts))
        name = found["name"].upper() if found else ""
        if found and name == "BEGIN":
            open_parts.append(found["value"].strip().upper())
        elif name == "END" and open_parts:
            if open_parts.pop() in _ENTRIES:
                yield properties
                properties = []
        elif found and open_parts and open_parts[-1] in _ENTRIES:
            properties.append(found)


def _document(properties: list[re.Match[str]]) -> Document:
    builder = TextBuilder()
    title, name = "", ""
    date: datetime.date | None = None
    for found in properties:
        key, value = found["name"].upper(), _value(found)
        if key in _LABELS and value:
            builder.add(f"{_LABELS[key]}: {value}" if _LABELS[key] else value)
        title = title or (value if key in _TITLES else "")
        name = name or (value if key == "UID" else "")
        date = date or (parse_date(value[:10]) if key in _DATES else None)
    return builder.document(id=name, title=title, date=date)


def _value(found: re.Match[str]) -> str:
    name, parameters, value = found["name"].upper(), found["parameters"], found["value"].strip()
    if _QUOTED_PRINTABLE.search(parameters):
        codec = _CODEC.search(parameters)
        decoder = declared_codec(codec[1]) if codec else ""
        value = quopri.decodestring(value.encode()).decode(decoder or "utf-8", errors="replace")
    person = _NAME.search(parameters)
    if person is not None:
        return next(filter(None, person.groups()), "")
    time = _TIME.fullmatch(value)
    if time is not None:
        year, month, day, hour, minute, zone = time.groups()
        clock = f" {hour}:{minute}" + " UTC" * bool(zone) if hour else ""
        return f"{year}-{month}-{day}{clock}"
    if name == "RRULE":
        return value.lower().replace(";", ", ").replace("=", " ")
    if name in ("ADR", "ORG"):
        value = ", ".join(filter(None, map(str.strip, _PART_END.split(value))))
    value = _ESCAPE.sub(lambda sign: "\n" if sign[1] in "nN" else sign[1], value)
    return value.removeprefix("mailto:").removeprefix("MAILTO:").strip()
