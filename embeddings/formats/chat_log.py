"""Chats that messengers such as WhatsApp export as text."""

import datetime
import re
from collections.abc import Iterator
from itertools import groupby

from embeddings.types import Document

# "[16.09.20, 10:00:00] Ann: Hello", "9/16/20, 10:00 AM - Ann: Hello" or "[2020-09-16 10:00] <ann>".
_MESSAGE = re.compile(
    r"^\u200e?\[?(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})"
    r"(?:,|(?=[^\]\n]{,12}\] [<*]|[^-\n]{,12} - [^:\n]{1,40}: )) "
    r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?"
    r"(?:[\s\u202f]?[ap]\.?[\s\u202f]?m\.?)?(?:\]| -) ",
    re.MULTILINE | re.IGNORECASE | re.ASCII,
)
_ORDERS = ((2, 1, 0), (2, 0, 1), (0, 1, 2))
"""Positions of year, month and day in a date. Dates with dots have the first order. A year in the
first position has four digits."""
_MIN_MESSAGES = 2
_MIN_SHARE = 0.25


def chat_days(text: str) -> list[Document]:
    """Split an exported chat into one document per day.

    Messages are sorted by time, which shows whether the day or the month is written first.

    Returns:
        The documents; empty if the text is not a chat or its dates are ambiguous.
    """
    if not _MESSAGE.match(text):
        return []
    found = list(_MESSAGE.finditer(text))
    if len(found) < max(_MIN_MESSAGES, _MIN_SHARE * (text.count("\n") + 1)):
        return []
    dates = [match.group(1, 3, 4) for match in found]
    orders = _ORDERS[:1] if found[0][2] == "." else _ORDERS
    readings = [days for order in orders if (days := _days(dates, order))]
    if not readings or any(days != readings[0] for days in readings):
        return []
    return list(_documents(text, readings[0], [match.start() for match in found]))


def _days(dates: list[tuple[str, ...]], order: tuple[int, int, int]) -> list[datetime.date] | None:
    """Read the dates in an order of their parts; None if they are not valid or not sorted."""
    try:
        parts = [[date[place] for place in order] for date in dates]
        days = [
            datetime.date(int(year) + 2000 * (len(year) == 2), int(month), int(day))
            for year, month, day in parts
            if len(year) == 4 or (len(year) == 2 and order[0])
        ]
    except ValueError:
        return None
    return days if len(days) == len(dates) and days == sorted(days) else None


def _documents(text: str, days: list[datetime.date], starts: list[int]) -> Iterator[Document]:
    ends = [*starts[1:], len(text)]
    for day, messages in groupby(zip(days, starts, ends, strict=True), key=lambda one: one[0]):
        spans = [(start, end) for _, start, end in messages]
        yield Document(id=day.isoformat(), text=text[spans[0][0] : spans[-1][1]].strip(), date=day)
