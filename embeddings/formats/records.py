"""Records (rows of tables, JSON objects) as documents: which field is the text, title, date, id."""

import datetime
import html
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import chain, islice
from typing import TypeAlias, TypeGuard, TypeVar

from embeddings.dates import parse_date
from embeddings.errors import DocumentError, EmptyDocumentError, IncompleteFileError
from embeddings.formats.encoding import without_soft_hyphens
from embeddings.types import Document, MetadataValue

_DIGITS = re.compile(r"[\d.,]+")
_NUMBER = re.compile(r"\d+")
_NAMES_SHOWN = 20
_BAD_ROWS_SHOWN = 5
_HEAD_ROWS = 100
_PARTS_DEPTH = 6
_LARGEST_INTEGER = 2**63 - 1

_HTML = re.compile(
    r"</(?:p|div|a|b|strong|i|em|span|ul|ol|h[1-6]|blockquote|table)>|<br ?/?>|\A<\w+ ?/>\Z", re.I
)
_BLOCK_TAG = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr|/blockquote)\b[^<>]*>", re.I)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.I)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}\d?|#\d{1,7}|#x[\da-f]{1,6});", re.I)

# Unix times from 2001 to 2096, and day numbers of spreadsheets.
_UNIX_TIME = re.compile(r"([1-3]\d{9})(?:\d{3}|\d{6}|\d{9})?(?:\.\d*)?", re.ASCII)
_SPREADSHEET_DAY = re.compile(r"([3-5]\d{4})(?:\.\d*)?", re.ASCII)
_SPREADSHEET_EPOCH = datetime.date(1899, 12, 30)
_NUMERIC_DAY = re.compile(r"(\d\d?)([/.-])(\d\d?)\2(\d\d|\d{4})(?:[ T,].*)?", re.ASCII)
_TITLE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of a row's fields; case, spaces and punctuation are ignored.

    For a name left at its default, other usual names are tried too. Any other name must exist.
    """

    text: str = "text"
    title: str = "title"
    date: str = "date"
    id: str = "id"


_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "text": (
        *("content", "body", "article", "message", "full_text", "selftext", "content_text"),
        "content_html",
    ),
    "title": ("headline", "name", "subject", "summary", "question", "term"),
    "date": (
        *("published", "published_at", "pub_date", "date_published", "publish_date"),
        *("published_date", "posted", "posted_at", "post_date", "created_at", "created"),
        *("created_utc", "created_date", "created_date_time", "date_created", "datetime"),
        *("created_on", "created_time", "create_time", "creation_date", "publication_date"),
        *("timestamp", "timestamp_ms", "time", "ts", "sent_at", "sent", "sent_date_time"),
        *("updated", "updated_at", "modified", "modified_at", "last_modified", "last_updated"),
        *("datum", "dato", "fecha", "sent_on", "origin_server_ts", "issued", "start_date"),
        *(
            "created_timestamp_usec",
            "user_edited_timestamp_usec",
            "opened",
            "opened_at",
            "received",
        ),
        *("received_at", "reported_at", "submitted_at", "create_at"),
    ),
    "id": ("_id", "url", "guid"),
}

_PART_NAMES = (
    *("text", "plain_text", "content", "body", "parts", "elements", "value", "description"),
    *("rendered", "fallback", "url"),
)
"""The fields of a message's part that can hold its words; the first one present counts."""

_ATTACHED_NAMES = ("blocks", "attachments", "embeds")
"""The fields with the words of a message whose text is blank, such as a message of a bot."""

_PERSON_NAMES = ("name", "username", "display_name", "displayName", "real_name")
"""The fields of an object such as {"author": {"id": 1, "name": "Ann"}} that name it."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used."""

    reason: str
    """A clause that names the row, as in "line 2 is not a JSON object"."""
    ends_file: bool = False
    """Whether the rest of the file cannot be read either."""


Row: TypeAlias = Mapping[str, object]


def locate(row: Row, fields: Fields) -> dict[str, list[str]]:
    """Find the keys of a row that can hold the text, title, date and id, most likely one first."""
    keys: dict[str, str] = {}
    for key in row:
        keys.setdefault(_normalized(key), key)
    found = {}
    for role, others in _OTHER_NAMES.items():
        name = getattr(fields, role)
        names = (name, *others) if name == role else (name,)
        there = [keys[each] for each in map(_normalized, names) if each in keys]
        if there:
            found[role] = there
    return found


@lru_cache(maxsize=4096)
def _normalized(name: str) -> str:
    letters = re.sub(r"[\W_]+", "", name).lower()
    return letters if letters else name.strip()


def unique_names(names: Iterable[str]) -> list[str]:
    """Write the names of columns in one line each; the second "price" becomes "price (2)"."""
    counts = Counter[str]()
    unique = []
    for name in (" ".join(name.split()) for name in names):
        counts[name] += 1
        # Columns without a name differ in the number of spaces.
        repeated = f"{name} ({counts[name]})" if name else " " * counts[name]
        unique.append(name if counts[name] == 1 else repeated)
    return unique


def has_labels(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether each row is a label and its value: some values are names, some are numbers.

    A column of prices contains few names, but words such as "on request". In a list of values,
    numbers of one form ("0 kg", or "0-0-0" for days) are not more frequent than names.
    """
    pairs = [[cell for cell in row if cell] for row in rows if any(row)]
    names = {pair[-1] for pair in pairs if pair[-1][0].isalpha() and not pair[-1][0].islower()}
    values = [pair[-1] for pair in pairs if pair[-1] not in names]
    numbers = Counter(_DIGITS.sub("0", value) for value in values if any(map(str.isdigit, value)))
    most = max(numbers.values(), default=0)
    is_mixed = len(names) > 1 and len(names) >= most and numbers.total() >= len(pairs) / 4
    return is_mixed and all(len(pair) == 2 for pair in pairs)


def row_documents(
    rows: Iterable[tuple[int, Row | BadRow]],
    fields: Fields,
) -> Iterator[Document]:
    """Turn numbered rows into documents whose id is the row's own, else its number.

    A repeated id gets the row's number appended. Rows without text are skipped. If none of the
    first 100 rows has a field for the text, and the settings do not name one, a row's text is all
    it holds: "name: Lamp; price: 12".

    Raises:
        DocumentError: A field that the settings name is missing, or no row gives a document.
        IncompleteFileError: After the last document, if there were unusable rows.
    """
    rows = iter(rows)
    head = list(islice(rows, _HEAD_ROWS))
    usable = [row for _, row in head if not isinstance(row, BadRow)]
    _check_fields(usable, fields)
    facts = not any("text" in locate(row, fields) for row in usable)
    day = partial(day_of, day_first=_is_day_first(usable, fields))
    seen: set[str] = set()
    skipped: list[str] = []  # reasons of the first skipped rows
    bad = 0
    for number, row in chain(head, rows):
        document = (
            row if isinstance(row, BadRow) else _document(number, row, fields, day, facts=facts)
        )
        if document is None:
            continue
        if isinstance(document, BadRow):
            bad += 1
            skipped += [document.reason] if bad <= _BAD_ROWS_SHOWN else []
            continue
        key = document.id
        while key in seen:
            key = f"{key}#{number}"
        seen.add(key)
        yield replace(document, id=key)
    if bad:
        reasons = "; ".join(skipped)
        more = f"; and {bad - _BAD_ROWS_SHOWN:,} more" * (bad > _BAD_ROWS_SHOWN)
        if not seen:
            raise DocumentError(f"has no usable row: {reasons}{more}")
        if isinstance(row, BadRow) and row.ends_file:
            raise DocumentError(f"cannot be read to its end: {reasons}{more}")
        count = "1 row that was" if bad == 1 else f"{bad:,} rows that were"
        raise IncompleteFileError(f"has {count} left out: {reasons}{more}")
    if not seen:
        raise EmptyDocumentError("is empty: no row has any text")


def _check_fields(rows: Sequence[Row], fields: Fields) -> None:
    """Raise an error if a field that the settings name is in no row."""
    for role in _OTHER_NAMES:
        name = getattr(fields, role)
        if name == role or not rows or any(role in locate(row, fields) for row in rows):
            continue
        longest = max(rows, key=len)
        there = ", ".join(repr(key) for key in islice(longest, _NAMES_SHOWN))
        more = " and more" if len(longest) > _NAMES_SHOWN else ""
        raise DocumentError(
            f"has no field {name!r} for the {role}; its fields are "
            f"{there if there else 'none'}{more}; name one of them as the {role} field"
        )


def _is_day_first(rows: Iterable[Row], fields: Fields) -> bool | None:
    """Return whether dates begin with the day, by numbers above 12; None if that is not clear."""
    values = (row[key] for row in rows for key in locate(row, fields).get("date", ())[:1])
    dates = (_NUMERIC_DAY.fullmatch(one.strip()) for one in values if isinstance(one, str))
    found = {int(day[1]) > 12 for day in dates if day and max(int(day[1]), int(day[3])) > 12}
    return found.pop() if len(found) == 1 else None


def _document(
    number: int, row: Row, fields: Fields, day: Callable[..., datetime.date | None], *, facts: bool
) -> Document | BadRow | None:
    """Make a document from a row; None if the row has no text."""
    there = locate(row, fields)
    text = first_value(row, there.get("text", ()), _words)
    if text is None and "text" in there:
        attached = [name for name in _ATTACHED_NAMES if name in row]
        text = first_value(row, attached, _attached_words)
    title = first_value(row, there.get("title", ()), title_of)
    date = first_value(row, there.get("date", ()), day)
    own_id = first_value(row, there.get("id", ()), _id_of)
    words = text[1] if text else _facts(row) if facts else ""
    if not words:
        for key in there.get("text", ())[:1]:
            value = row[key]
            has_part = isinstance(value, dict) and any(map(value.get, _PART_NAMES))
            if isinstance(value, list | dict) and value and not has_part:
                return BadRow(f"row {number} has no text in its field {key!r}")
        return None
    return Document(
        id=own_id[1] if own_id else str(number),
        text=words,
        title=title[1] if title else "",
        date=date[1] if date else None,
        metadata=scalars(row, leave_out=[one[0] for one in (text, title, date, own_id) if one]),
    )


_T = TypeVar("_T")


def first_value(
    row: Row, keys: Iterable[str], convert: Callable[[object], _T]
) -> tuple[str, _T] | None:
    """Return the first of some keys whose converted value is not empty, and that value."""
    for key in keys:
        value = convert(row[key])
        if value:
            return key, value
    return None


def _words(value: object, depth: int = 0) -> str:
    """Return a field's text; the parts of a message are joined, "" if there is none."""
    if value is None or depth > _PARTS_DEPTH:
        return ""
    if isinstance(value, list):
        runs = any(isinstance(part, dict) and isinstance(part.get("text"), str) for part in value)
        words = ("" if runs else "\n").join(_words(part, depth + 1) for part in value)
    elif isinstance(value, dict):
        held = next((value[name] for name in _PART_NAMES if value.get(name)), None)
        words = _words(held, depth + 1)
    else:
        words = without_tags(without_soft_hyphens(str(value)))
    return words if words.strip() or depth else ""


def _attached_words(value: object) -> str:
    """Return the text of attachments; "" for files, which have an address only."""
    words = _words(value)
    return "" if all("://" in word for word in words.split()) else words


def _facts(row: Row) -> str:
    """Write a row as "name: Lamp; price: 12"; empty fields are left out."""
    return "; ".join(_pairs(row))


def _pairs(row: Row, depth: int = 0) -> Iterator[str]:
    for key, value in row.items():
        name, fact = " ".join(key.split()), _fact(value, depth)
        if fact:
            yield f"{name}: {fact}" if name else fact


def _fact(value: object, depth: int) -> str:
    if value is None or depth > _PARTS_DEPTH:
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, (_fact(each, depth + 1) for each in value)))
    if isinstance(value, dict):
        return ", ".join(_pairs(value, depth + 1))
    return without_tags(without_soft_hyphens(" ".join(str(value).split())))


def without_tags(text: str) -> str:
    """Remove tags and escapes from a text that is HTML, as in feeds and exports of blogs."""
    if _HTML.search(text):
        text = _TAG.sub("", _BLOCK_TAG.sub("\n", text)).strip()
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]).replace("\xa0", " "), text)
    return text


def _id_of(value: object) -> str:
    if isinstance(value, dict):  # as MongoDB writes values
        value = value.get("$oid")
    return str(value).strip() if isinstance(value, str | int | float) else ""


def title_of(value: object) -> str:
    """Return a field's value as a title: one line, empty if it is long or not a scalar."""
    if isinstance(value, dict):  # as WordPress writes titles
        value = value.get("rendered")
    if not isinstance(value, str) and not _is_number(value):
        return ""
    title = without_soft_hyphens(" ".join(str(value).split()))
    title = without_tags(title) if "&" in title or "<" in title else title
    return title if len(title) <= _TITLE_CHARACTERS else ""


def day_of(value: object, *, day_first: bool | None = None) -> datetime.date | None:
    """Parse a field's value as a date; None if it is not clearly a date.

    Accepts written dates, Unix time in seconds, milli-, micro- or nanoseconds (the day in UTC), the
    day numbers of spreadsheets in text cells, and {"$date": ...}. Dates such as 3/4/22 require
    `day_first`: whether the day or the month comes first.
    """
    if isinstance(value, dict) and "date-parts" in value:  # as Zotero writes dates
        numbers = _NUMBER.findall(str(value["date-parts"]))
        return parse_date("-".join(number.zfill(2) for number in numbers))
    if isinstance(value, dict):  # as MongoDB writes values
        value = value.get("$date", value.get("$numberLong"))
        return None if isinstance(value, dict) and "$date" in value else day_of(value)
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, bool) or not (isinstance(value, str) or _is_number(value)):
        return None
    stated = str(value).strip()
    unix_time = _UNIX_TIME.fullmatch(stated)
    if unix_time is not None:
        return datetime.datetime.fromtimestamp(int(unix_time[1]), datetime.UTC).date()
    if isinstance(value, str) and (days := _SPREADSHEET_DAY.fullmatch(stated)) is not None:
        return _SPREADSHEET_EPOCH + datetime.timedelta(days=int(days[1]))
    numeric = _NUMERIC_DAY.fullmatch(stated) if day_first is not None else None
    if numeric is not None:
        day, month = numeric.group(1, 3) if day_first else numeric.group(3, 1)
        century = "" if numeric[4][2:] else "20" if numeric[4] < "70" else "19"
        return parse_date(f"{century}{numeric[4]}-{month}-{day}")
    return None if isinstance(value, float) else parse_date(stated)


def scalars(row: Row, *, leave_out: Collection[str]) -> dict[str, MetadataValue]:
    """Keep what can be metadata: strings that are not blank, numbers, booleans, days.

    An object with a name, such as an author, counts as that name. Numbers that are not finite, or
    beyond 64 bits, are left out: no database takes them.
    """
    kept: dict[str, MetadataValue] = {}
    for key, value in row.items():
        if key in leave_out or not key.strip():
            continue
        if isinstance(value, dict):
            one = value["user"] if isinstance(value.get("user"), dict) else value
            value = next((one[name] for name in _PERSON_NAMES if one.get(name)), None)
        if isinstance(value, datetime.date):
            kept[key.strip()] = value.isoformat()
        elif _is_number(value) or (isinstance(value, str) and value.strip()):
            kept[key.strip()] = value
    return kept


def _is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a boolean or a number that databases can store."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) <= _LARGEST_INTEGER
