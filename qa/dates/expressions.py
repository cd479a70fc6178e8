"""Words for times, as English news and questions write them, and the days they stand for.

A grammar of our own, of regular expressions: see the tests' list of phrases for what it knows.
Seasons are those of the northern hemisphere, weeks begin on Monday.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from qa.dates.periods import Period
from qa.dates.readings import DECADES, READINGS, Direction

__all__ = ["Expression", "expressions"]

_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_DAY_TO = r"(?P<day_to>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_TO = r"\s*(?:-|–|to|and|until|till|through)\s*"
_MONTH = (
    r"(?P<month>January|Jan\.?|February|Feb\.?|March|Mar\.?|April|Apr\.?|May|June|Jun\.?|July|"
    r"Jul\.?|August|Aug\.?|September|Sept?\.?|October|Oct\.?|November|Nov\.?|December|Dec\.?)\b\.?(?!-[a-z])"
)
_YEAR = r"(?P<year>1\d{3}|20\d\d)(?![\d%]|[.,]\d|-?year)"
_OF_YEAR = rf"(?:(?:\s*,\s*|\s+of\s+|\s+in\s+|\s+){_YEAR})?"
_LAST_YEAR = r"(?:(?:\s+of)?\s+(?P<which_year>last|this|next)\s+year\b)?"
_WEEKDAY = (
    r"(?P<weekday>Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|"
    r"Mon\.?|Tues?\.?|Wed\.?|Thurs?\.?|Fri\.?|Sat\.?|Sun\.?)"
)
_PART = (
    r"(?:the\s+)?(?P<part>early|beginning\s+of|start\s+of|mid|middle\s+of|late|end\s+of|"
    r"close\s+of)(?:\s+in)?[\s-]+"
)
_UNIT = r"(?P<unit>day|week|month|quarter|year|decade)s?"
_COUNT = (
    r"(?P<count>\d{1,3}|a couple of|couple of|a few|few|several|one|two|three|four|five|six|"
    r"seven|eight|nine|ten|eleven|twelve|an?)"
)
_SEASON = r"(?P<season>spring|summer|autumn|fall|winter)"


@dataclass(frozen=True, slots=True)
class Expression:
    """Words for a time: half-open characters of their text."""

    start: int
    end: int
    period: Period
    kind: str
    """Which rule of the grammar it is."""


def expressions(
    text: str, anchor: datetime.date, *, direction: Direction = "past"
) -> Iterator[Expression]:
    """Find the times that a text names, in their order; none overlap.

    Args:
        text: a question, or the sentences of an article.
        anchor: the day on which it was said.
        direction: which of the times of an incomplete date or name is meant.
    """
    found = []
    for kind, pattern in _RULES.items():
        for match in pattern.finditer(text):
            try:
                period = READINGS[kind](match, anchor, direction)
            except (OverflowError, ValueError):  # beyond the calendar
                continue
            if period is not None:
                found.append(Expression(match.start(), match.end(), period, kind))
    found.sort(key=lambda one: (one.start, -one.end))
    end = 0
    for one in found:
        if one.start >= end:
            yield one
            end = one.end


def _rule(pattern: str, *, case: bool = False) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$€£#.])(?:{pattern})(?!\w)", 0 if case else re.I)


_D_MONTH = rf"(?:the\s+)?{_DAY}(?:\s+of)?\s+{_MONTH}{_OF_YEAR}{_LAST_YEAR}"
_MONTH_D = rf"{_MONTH}\s+(?:the\s+)?{_DAY}(?!\d){_OF_YEAR}{_LAST_YEAR}"
_WEEKDAY_BEFORE = rf"(?:{_WEEKDAY}(?:\s*,)?\s+(?:the\s+)?)?"
_IN_YEAR = r"(?P<of_the_year>\s+(?:of|in)\s+(?:the|this|the\s+current)\s+year\b)?" + _OF_YEAR
_WHICH = r"(?P<which>last|past|previous|this|current|next|coming|following)"
_IN_THE = "|".join(rf"(?<={word} the )" for word in ("in", "during", "since", "until", "by", "of"))

# Of several that begin at the same place, the longest counts.
_RULES: dict[str, re.Pattern[str]] = {
    "iso": _rule(r"(?P<year>[12]\d{3})-(?P<number>0\d|1[0-2])(?:-(?P<day>[0-3]\d))?"),
    "numbers": _rule(r"(?P<one>\d\d?)[./](?P<other>\d\d?)[./](?P<year>[12]\d{3})"),
    "day month": _rule(_WEEKDAY_BEFORE + _D_MONTH),
    "month day": _rule(_WEEKDAY_BEFORE + _MONTH_D),
    "days month": _rule(
        rf"(?:the\s+)?{_DAY}{_TO}(?:the\s+)?{_DAY_TO}(?:\s+of)?\s+{_MONTH}{_OF_YEAR}"
    ),
    "month days": _rule(rf"{_MONTH}\s+{_DAY}{_TO}{_DAY_TO}(?!\d){_OF_YEAR}"),
    # "may" and "march" are other words as well: the names of months are told by their capitals.
    "month": _rule(rf"(?:(?i:{_PART}))?{_MONTH}(?i:{_OF_YEAR}{_LAST_YEAR})", case=True),
    "small month": _rule(
        rf"(?:{_PART})?(?P<month>january|february|april|june|july|august|september|october|"
        rf"november|december|(?:may|march)(?=,?\s+(?:of\s+)?[12]\d\d\d)){_OF_YEAR}",
        case=True,
    ),
    "which month": _rule(rf"(?P<which>last|past|previous|this|next|coming)\s+{_MONTH}(?!\s+\d)"),
    "year": _rule(rf"(?:{_PART})?(?:the\s+year\s+)?{_YEAR}"),
    "quarter": _rule(
        r"(?:the\s+)?(?:Q(?P<q>[1-4])|(?P<ordinal>first|second|third|fourth|1st|2nd|3rd|4th|"
        rf"(?:last|final)(?=\s+quarter\s+of))\s+quarter){_IN_YEAR}{_LAST_YEAR}",
    ),
    "half": _rule(
        rf"(?:the\s+)?(?P<ordinal>first|second|1st|2nd)\s+half(?=\s+(?:of|in|[12]\d)){_IN_YEAR}"
        rf"{_LAST_YEAR}",
    ),
    "season": _rule(
        rf"(?:{_PART})?(?:the\s+)?{_SEASON}(?=\s+(?:of\s+)?(?:[12]\d{{3}}|last|this|next)\b)"
        rf"{_OF_YEAR}{_LAST_YEAR}",
    ),
    "the season": _rule(rf"(?:{_IN_THE}){_SEASON}(?!\s+of)"),
    "which season": _rule(
        rf"(?:{_PART})?(?P<which>last|past|previous|this|next|coming)\s+{_SEASON}"
    ),
    "decade": _rule(
        rf"(?:{_PART})?(?:the\s+)?(?:(?P<decade>1\d{{2}}0|20\d0|[2-9]0)(?:'s|’s|s)|"
        rf"(?<=the )(?P<name>{'|'.join(DECADES)}))",
    ),
    "century": _rule(rf"(?:{_PART})?(?:the\s+)?(?P<century>\d\d?)(?:st|nd|rd|th)[\s-]century"),
    "which unit": _rule(
        r"(?:(?:the\s+)?(?P<part>earlier|later|early|mid|late|beginning\s+of|start\s+of|"
        r"middle\s+of|end\s+of)[\s-]+)?(?P<the>the\s+)?"
        rf"{_WHICH}\s+(?P<unit>week|month|quarter|year|decade)",
    ),
    "the unit": _rule(
        r"(?:the\s+)?(?P<part>beginning|start|middle|end)\s+of\s+the\s+(?P<unit>month|year)",
    ),
    "week in": _rule(
        rf"(?:the\s+)?(?P<ordinal>first|second|third|fourth|last)\s+week\s+(?:of|in)\s+{_MONTH}"
        rf"{_OF_YEAR}",
    ),
    "last units": _rule(rf"(?:the\s+)?{_WHICH}\s+{_COUNT}\s+{_UNIT}"),
    "ago": _rule(rf"{_COUNT}\s+{_UNIT}\s+(?P<back>ago|back|from\s+now|from\s+today)"),
    "day": _rule(
        r"(?:the\s+)?(?P<said>day\s+before\s+yesterday|yesterday|today|tonight|this\s+morning|"
        r"this\s+afternoon|this\s+evening|last\s+night|overnight|day\s+after\s+tomorrow|tomorrow)"
        r"(?:\s+(?:morning|afternoon|evening|night))?",
    ),
    "weekend": _rule(
        r"(?:(?P<which>last|past|previous|this|next|coming)|the|at\s+the|over\s+the)\s+weekend",
    ),
    "weekday": _rule(
        r"(?:(?P<which>last|past|this|next|coming)\s+)?(?P<weekday>Monday|Tuesday|Wednesday|"
        r"Thursday|Friday|Saturday|Sunday)(?:\s+(?:of\s+)?(?P<last_week>last|this|next)\s+week)?",
    ),
    "week of": _rule(
        r"(?:the\s+)?week\s+(?P<how>of|beginning|starting|commencing|ending|from|around|that\s+"
        rf"included)\s+(?:{_WEEKDAY_BEFORE})(?:{_D_MONTH})",
    ),
    "week of month day": _rule(
        r"(?:the\s+)?week\s+(?P<how>of|beginning|starting|commencing|ending|from|around|that\s+"
        rf"included)\s+(?:{_WEEKDAY_BEFORE})(?:{_MONTH_D})",
    ),
}
