"""Rows of tables and of JSON files to documents: which field holds what."""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeGuard

from embeddings.dates import parse_date
from embeddings.errors import DocumentError, EmptyDocumentError
from embeddings.types import Document, MetadataValue

__all__ = ["Fields", "day_of", "locate", "require", "row_documents", "scalars", "title_of"]

_NAMES_SHOWN = 20
_LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of a row's fields; upper and lower case are the same.

    A name left at its default is looked for under the usual other names too; any other name must
    be there.
    """

    text: str = "text"
    title: str = "title"
    date: str = "date"
    id: str = "id"


_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("content", "body", "article"),
    "title": ("headline", "name"),
    "date": ("published", "published_at", "created_at", "pub_date", "datetime"),
    "id": ("_id", "url", "guid"),
}


def locate(row: Mapping[str, object], fields: Fields) -> dict[str, str]:
    """Map each of "text", "title", "date" and "id" that the row has to the key that holds it."""
    keys: dict[str, str] = {}
    for key in row:
        keys.setdefault(key.strip().lower(), key)
    found: dict[str, str] = {}
    for role, others in _OTHER_NAMES.items():
        name = getattr(fields, role)
        names = (name, *others) if name == role else (name,)
        there = [keys[each.lower()] for each in names if each.lower() in keys]
        if there:
            found[role] = there[0]
    return found


def row_documents(
    rows: Iterable[tuple[int, Mapping[str, object]]], fields: Fields
) -> Iterator[Document]:
    """Turn numbered rows into documents whose id is the row's own, else its number.

    An id that came before gets the row's number behind it. A row without text is passed over.

    Raises:
        DocumentError: a field is missing, a text is not text, or no row has any text.
    """
    seen: set[str] = set()
    for number, row in rows:
        place = locate(row, fields)
        require(row, place, fields=fields, holder=f"row {number}")
        text = row[place["text"]]
        if isinstance(text, list | dict):
            raise DocumentError(
                f"row {number}: the field {place['text']!r} holds a list or an object, not text; "
                "name the field with the text"
            )
        if text is None or not str(text).strip():
            continue
        own_id = row.get(place.get("id", ""))
        key = str(own_id).strip() if isinstance(own_id, str | int | float) else ""
        key = key if key else str(number)
        while key in seen:
            key = f"{key}#{number}"
        seen.add(key)
        date = day_of(row.get(place.get("date", "")))
        # A date that nobody understood is kept as metadata.
        used = [name for role, name in place.items() if role != "date" or date]
        yield Document(
            id=key,
            text=str(text),
            title=title_of(row.get(place.get("title", ""))),
            date=date,
            metadata=scalars(row, leave_out=used),
        )
    if not seen:
        raise EmptyDocumentError("is empty: no row has any text")


def require(
    row: Mapping[str, object], place: Mapping[str, str], *, fields: Fields, holder: str
) -> None:
    """Refuse a row, or a header, that lacks its text or a field that the settings name.

    Raises:
        DocumentError: a field is missing; `holder` says where.
    """
    for role in _OTHER_NAMES:
        name = getattr(fields, role)
        if role not in place and (role == "text" or name != role):
            there = ", ".join(repr(key) for key in islice(row, _NAMES_SHOWN))
            more = " and more" if len(row) > _NAMES_SHOWN else ""
            raise DocumentError(
                f"{holder} has no field {name!r} for the {role}; the fields there are: "
                f"{there if there else 'none'}{more}; name one of them as the {role} field"
            )


def title_of(value: object) -> str:
    """Make a title of a field's value: one line, empty for what is not a scalar."""
    return " ".join(str(value).split()) if isinstance(value, str) or _is_number(value) else ""


def day_of(value: object) -> datetime.date | None:
    """Make a date of a field's value; None for what is not clearly one."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    stated = isinstance(value, str) or (isinstance(value, int) and _is_number(value))
    return parse_date(str(value)) if stated else None


def scalars(row: Mapping[str, object], *, leave_out: Collection[str]) -> dict[str, MetadataValue]:
    """Keep what can be metadata: strings that are not blank, numbers, truth values, days.

    Numbers that are not finite, or beyond 64 bits, are left out: no database takes them.
    """
    kept: dict[str, MetadataValue] = {}
    for key, value in row.items():
        if key in leave_out or not key.strip():
            continue
        if isinstance(value, datetime.date):
            kept[key.strip()] = value.isoformat()
        elif _is_number(value) or (isinstance(value, str) and value.strip()):
            kept[key.strip()] = value
    return kept


def _is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a number, or a truth value, that can be written down and stored."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) <= _LARGEST_INTEGER
