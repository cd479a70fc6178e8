"""The days that words in a document mean: "Sept. 16", "Tuesday", "two days later"."""

import datetime
import re
from functools import lru_cache

from qa.dates.expressions import TimeExpression, find_time_expressions
from qa.dates.period import Period, shifted
from qa.dates.vocabulary import NUMBERS

_SENTENCE_CHARACTERS = 300
"""Number of characters on either side of the words in which their sentence is searched."""

_DAYS_AHEAD = 60
"""Days that a date without a year may lie ahead in a sentence that is not about the future."""

_FUTURE_DAYS_AHEAD = 366

_FUTURE = re.compile(
    r"\b(?:will|won't|shall|would|could|is to|are to|scheduled|set (?:to|for)|due|planned|plans?|"
    r"expected|upcoming|going to|next|deadline|ahead of|begins?|starts?|opens?|takes? place)\b",
    re.IGNORECASE,
)
_CLUE = re.compile(
    r"\d{4}|\d0s|\d/\d|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|"
    r"fri|satur|sun|today|tonight|tomorrow|yesterday|day|week|fortnight|month|quarter|half|year|"
    r"decade|century|spring|summer|autumn|fall|winter|christmas|easter|morning|afternoon|evening|"
    r"night|overnight|[a-z]+ties|[QH][1-4]|[1-4][QH])",
    re.IGNORECASE,
)
"""A part that every time contains: most answers have none, which makes this test fast."""

_SENTENCE_END = re.compile(r"(?<=[.!?][\s”\"’'])\s*(?=[A-Z“\"‘])|\n")
_SMALL_WORDS = frozenset(
    """a about after afternoon around as at before between by during early evening following for
    friday from in last late later local mid monday morning night of on or over saturday since
    sunday that the this throughout thursday time to tuesday until wednesday""".split()
)
"""Words that an answer may have in addition to the time."""

_STEP = re.compile(
    r"\b(?:the\s+)?(?:(?P<count>\d{1,3}|[a-z]+(?:-[a-z]+|\s+few|\s+couple\s+of)?)\s+"
    r"(?P<unit>day|week|month|year)s?\s+(?P<way>later|earlier|before|after|afterwards)|"
    r"(?P<next>following|next|previous|same)\s+(?P<next_unit>day|week|month|year))\b",
    re.IGNORECASE,
)
_NEXT = {"following": 1, "next": 1, "previous": -1, "same": 0}
_ANY_DAY = datetime.date(1804, 2, 29), datetime.date(2196, 12, 31)
"""Two days of publication: words that mean the same days for both do not depend on the day."""


def date_of(text: str, start: int, end: int, *, published: datetime.date | None) -> Period | None:
    """Return the days that some words of a document mean.

    "On Tuesday" is the last Tuesday up to the day of publication, or the next one in a sentence
    about the future; "Sept. 16" is the nearest one; "two days later" counts from the time before it
    in the text. Without a day of publication, only times with their year are read.

    Args:
        text: the document, or the passage around the words.
        start: the first character of the words.
        end: the character after them.
        published: the day of publication; None if unknown.

    Returns:
        None if the words are not a time, or have other words in addition to it.
    """
    if _CLUE.search(text, start, end) is None:
        return None
    first, last = _sentence(text, start, end)
    before = text[max(0, start - 2 * _SENTENCE_CHARACTERS) : start]
    days = _ANY_DAY if published is None else (published,)
    try:
        read = [_read(text[first:last], start - first, end - first, before, day) for day in days]
    except (OverflowError, ValueError):  # outside the calendar
        return None
    return read[0] if read[0] == read[-1] else None


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    before = text[max(0, start - _SENTENCE_CHARACTERS) : start]
    breaks = [match.end() for match in _SENTENCE_END.finditer(before)]
    after = _SENTENCE_END.search(text, end, end + _SENTENCE_CHARACTERS)
    first = start - len(before) + (breaks[-1] if breaks else 0)
    return first, min(len(text), end + _SENTENCE_CHARACTERS) if after is None else after.start()


def _read(
    sentence: str, start: int, end: int, before: str, published: datetime.date
) -> Period | None:
    step = _STEP.search(sentence[start:end])
    if step is not None and _only_small_words(sentence[start:end], *step.span()):
        named = _times(before, published)
        return _apply_step(step, named[-1].period.first if named else published)
    times = [one for one in _times(sentence, published) if one.start < end and start < one.end]
    if not times:
        return None
    if not _only_small_words(sentence[start:end], times[0].start - start, times[-1].end - start):
        return None
    return times[0].period if len(times) == 1 else times[0].period.to(times[-1].period)


@lru_cache(maxsize=256)  # several answers to a question come from one sentence
def _times(sentence: str, published: datetime.date) -> list[TimeExpression]:
    if _FUTURE.search(sentence) is None:
        return find_time_expressions(sentence, published, days_ahead=_DAYS_AHEAD)
    return find_time_expressions(sentence, published, tense="future", days_ahead=_FUTURE_DAYS_AHEAD)


def _only_small_words(words: str, start: int, end: int) -> bool:
    """Return whether all words outside a range of characters are small words."""
    rest = words[: max(start, 0)] + " " + words[max(end, 0) :]
    return all(word in _SMALL_WORDS for word in re.findall(r"\w+", rest.casefold()))


def _apply_step(step: re.Match[str], day: datetime.date) -> Period | None:
    """Return the period of "two days later" or "the following week" from a day on."""
    if step["next"]:
        unit, count = step["next_unit"].lower(), _NEXT[step["next"].lower()]
    else:
        words = " ".join(step["count"].lower().split())
        number = float(words) if words.isdigit() else NUMBERS.get(words)
        if number is None:
            return None
        unit, count = step["unit"].lower(), int(number)
        count = -count if step["way"].lower() in ("earlier", "before") else count
    return Period.around(shifted(day, unit, count), unit)
