"""The days that words of an article mean: "Sept. 16", "Tuesday", "two days later"."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

from qa.dates.expressions import Expression, expressions
from qa.dates.periods import Period, shifted
from qa.dates.readings import NUMBERS

__all__ = ["date_of"]

_SENTENCE_CHARACTERS = 300
"""How far the sentence around the words is looked at, on either side."""

_SOON_DAYS = 60
"""How far ahead a day of the calendar may lie in a sentence that does not sound of the future."""

_FUTURE = re.compile(
    r"\b(?:will|won't|shall|would|could|is to|are to|scheduled|set (?:to|for)|due|planned|plans?|"
    r"expected|upcoming|going to|next|deadline|ahead of|begins?|starts?|opens?|takes? place)\b",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    r"\d{4}|\d0s|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|fri|"
    r"satur|sun|today|tonight|tomorrow|yesterday|day|week|month|quarter|half|year|decade|"
    r"century|spring|summer|autumn|fall|winter|morning|afternoon|evening|night|overnight|"
    r"[a-z]+ties|nineties|Q[1-4])",
    re.IGNORECASE,
)
"""What any time has in it: most answers are none, and are not looked at for longer."""

_SENTENCE_END = re.compile(r"(?<=[.!?][\s”\"’'])\s*(?=[A-Z“\"‘])|\n")
_AROUND = frozenset(
    """a about after afternoon around as at before between by during early evening following for
    friday from in last late later local mid monday morning night of on or saturday since sunday
    that the this throughout thursday time to tuesday until wednesday""".split()
)
"""Words that may stand in an answer beside the time that it is."""

_CALENDAR_DAYS = frozenset({"day month", "month day", "days month", "month days"})
_STEP = re.compile(
    rf"\b(?:the\s+)?(?:(?P<count>\d{{1,3}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\s+"
    r"(?P<unit>day|week|month|year)s?\s+(?P<way>later|earlier|before|after|afterwards)|"
    r"(?P<next>following|next|previous|same)\s+(?P<next_unit>day|week|month|year))\b",
    re.IGNORECASE,
)


def date_of(text: str, start: int, end: int, *, published: datetime.date | None) -> Period | None:
    """Tell which days some words of an article are; None when they name no time, or it is unclear.

    "On Tuesday" is the last Tuesday up to the day of publication, or the next one in a sentence
    about the future; "Sept. 16" the nearest one; "two days later" counts from the time named
    before. Without a day of publication only what names its year is told.

    Args:
        text: the article, or the passage around the words.
        start: where the words begin.
        end: where they end (half-open).
        published: the day of publication.
    """
    if _LOOKS.search(text, start, end) is None:
        return None
    first, last = _sentence(text, start, end)
    # What is the same from whichever day it is said is said in full.
    said_in_full = (datetime.date(1804, 2, 29), datetime.date(2196, 12, 31))
    days = said_in_full if published is None else (published,)
    try:
        read = [_read(text, start, end, first, last, day) for day in days]
    except OverflowError:  # beyond the calendar
        return None
    return read[0] if read[0] == read[-1] else None


def _read(
    text: str, start: int, end: int, first: int, last: int, published: datetime.date
) -> Period | None:
    sentence = text[first:last]
    inside = slice(start - first, end - first)
    step = _STEP.search(sentence[inside])
    if step is not None and _is_all(sentence[inside], step.start(), step.end()):
        return _stepped(step, _focus(text, start, published))
    named = [
        one
        for one in _times(sentence, published)
        if one.start < inside.stop and inside.start < one.end
    ]
    if not named or not _is_all(
        sentence[inside], named[0].start - inside.start, named[-1].end - inside.start
    ):
        return None
    if len(named) == 1:
        return named[0].period
    days = [day for one in named for day in (one.period.first, one.period.last)]
    return Period(min(days), max(days), "days")


@lru_cache(maxsize=256)  # several answers of a question stand in one sentence
def _times(sentence: str, published: datetime.date) -> tuple[Expression, ...]:
    coming = _FUTURE.search(sentence) is not None
    usual = tuple(expressions(sentence, published, direction="future" if coming else "past"))
    if not any(one.kind in _CALENDAR_DAYS for one in usual):
        return usual
    nearest = {
        (near.start, near.end): near
        for near in expressions(sentence, published, direction="near")
        if near.kind in _CALENDAR_DAYS
        and (coming or (near.period.first - published).days <= _SOON_DAYS)
    }
    return tuple(nearest.get((one.start, one.end), one) for one in usual)


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    before = text[max(0, start - _SENTENCE_CHARACTERS) : start]
    breaks = [match.end() for match in _SENTENCE_END.finditer(before)]
    after = _SENTENCE_END.search(text, end, end + _SENTENCE_CHARACTERS)
    first = start - len(before) + (breaks[-1] if breaks else 0)
    return first, min(len(text), end + _SENTENCE_CHARACTERS) if after is None else after.start()


def _is_all(words: str, start: int, end: int) -> bool:
    """Tell whether the characters from start to end are all there is, but for small words."""
    rest = words[: max(start, 0)] + " " + words[max(end, 0) :]
    return all(word in _AROUND for word in re.findall(r"\w+", rest.casefold()))


def _focus(text: str, start: int, published: datetime.date) -> datetime.date:
    before = text[max(0, start - 2 * _SENTENCE_CHARACTERS) : start]
    named = _times(before, published)
    return named[-1].period.first if named else published


def _stepped(match: re.Match[str], focus: datetime.date) -> Period:
    if match["next"]:
        steps = {"following": 1, "next": 1, "previous": -1, "same": 0}
        unit, count = match["next_unit"].lower(), steps[match["next"].lower()]
    else:
        said = " ".join(match["count"].lower().split())
        unit, count = match["unit"].lower(), int(said) if said.isdigit() else NUMBERS[said]
        count = -count if match["way"].lower() in ("earlier", "before") else count
    return Period.around(shifted(focus, unit, count), unit)
