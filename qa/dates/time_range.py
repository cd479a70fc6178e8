"""The time that a question asks about, as a wish for documents of certain days."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from embeddings import DateRange
from qa.dates.expressions import Expression, expressions

__all__ = ["Preference", "TimeRange", "parse_time_range", "recent"]

RECENT_HALF_LIFE = 14
"""In days: how soon documents lose half of their worth for a question about the present."""

LEAST_HALF_LIFE = 7
"""In days: what a single day brings about is in the news for a while."""


@dataclass(frozen=True, slots=True)
class Preference:
    """Days whose documents are preferred, the others the less the farther they are from them."""

    dates: DateRange
    half_life: int
    """After so many days before or after them a document is preferred half as much."""

    def nearness(self, day: datetime.date | None) -> float:
        """Say how much a document of a day is preferred: 1 within the days, 0 without a date."""
        if day is None:
            return 0.0
        after, before = self.dates.after, self.dates.before
        early = 0 if after is None else (after - day).days
        late = 0 if before is None else (day - before).days
        return math.pow(0.5, max(early, late, 0) / self.half_life)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The time that a phrase of a question names."""

    after: datetime.date | None
    """Its first day; None for an open side, as "before May" and "latest" have it."""
    before: datetime.date
    """Its last day, the day of asking at the latest."""
    start: int
    """Where the phrase begins in the question, as a character."""
    end: int
    """Where it ends (half-open)."""
    hard: bool
    """Only documents of these days are looked at; otherwise they are preferred to others."""

    @property
    def dates(self) -> DateRange:
        """Its days as a range."""
        return DateRange(self.after, self.before)

    @property
    def preference(self) -> Preference:
        """Prefer its days, and their last one where they have no first one."""
        if self.after is None:
            return recent(self.before)
        return Preference(self.dates, max((self.before - self.after).days + 1, LEAST_HALF_LIFE))

    def question_without_time(self, question: str) -> str:
        """Take the phrase out of the question, unless it says more than when."""
        phrase = question[self.start : self.end]
        left = f"{question[: self.start].rstrip()}{question[self.end :]}".strip(" ,")
        short = len(re.findall(r"\w+", left)) < _LEAST_WORDS
        return question if short or _MEANING.match(phrase) else left


_LEAST_WORDS = 2
_MEANING = re.compile(
    r"(?:since|after|later|following|before|earlier than|prior|ahead|until|till|up to|by|between|"
    r"from|through|to|around|about|latest|newest|most recent|recent|current|\d{4}$)",
    re.IGNORECASE,
)
"""How a phrase begins that a question needs: "How many died before May?"."""


def parse_time_range(question: str, as_of: datetime.date) -> TimeRange | None:
    """Understand the time that a question names, as asked on a day; None when it names none.

    Hard is a window that says when documents were published: one that hangs on a word for them
    ("news of last week", "articles from May 2021", "What was reported on 16 September?"), and "as
    of May 2021". Every other one is soft, because a document may tell of a day long after it, or
    before: "Who won in 1994?" is answered by what was written in 2020 as well, and "this week" by
    last Friday's paper. Words for the present ("now", "currently", "latest") make the newest
    documents the preferred ones.

    "In September" is the last September that has begun. Times after the day of asking are no
    window: documents do not come from there. Of several times counts the hard one, then a day, week
    or month that is named with its year ("this week" beside it is that week), then the shortest,
    then the latest.

    Args:
        question: in plain words.
        as_of: the day of asking: what "yesterday" counts from, and the last day of a window.
    """
    found = list(_windows(question, as_of))
    if found:
        return min(
            found,
            key=lambda one: (
                not one.hard,
                not _is_in_full(question, one),
                _length(one),
                -one.before.toordinal(),
            ),
        )
    now = _NOW.search(question)
    if now is None:
        return None
    return TimeRange(None, as_of, now.start(), now.end(), hard=False)


def _is_in_full(question: str, window: TimeRange) -> bool:
    said = question[window.start : window.end]
    return _length(window) <= _MONTH_DAYS and _WITH_YEAR.search(said) is not None


def recent(as_of: datetime.date) -> Preference:
    """Prefer the documents of a day and of those before it."""
    return Preference(DateRange(as_of, as_of), RECENT_HALF_LIFE)


_NOW = re.compile(
    r"(?<![\w-])(?:currently|current|at present|at the moment|right now|now|nowadays|these days|"
    r"latest|newest|most recent(?:ly)?|recent(?:ly)?|so far|to date|up to now|as of (?:now|today))"
    r"(?![\w-])",
    re.IGNORECASE,
)
_WITH_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_MONTH_DAYS = 31
_JOINED = re.compile(r"\s*(?:-|–|to|until|till|through|and)\s*(?:the\s+)?", re.IGNORECASE)
_LEADING = re.compile(
    r"\b(?P<word>as of|as at|since|after|later than|following|before|earlier than|prior to|ahead "
    r"of|until|till|up to|through|by|between|from|in|on|at|during|throughout|over|within|for|of|"
    r"around|about|to|and|or)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_ONWARDS = re.compile(r"\s+(?:on|onwards?)\b(?!\s+(?:the|a)\b)", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"(?:\b(?:news|articles?|stories|coverage|headlines?|dispatch(?:es)?|editorials?|published|"
    r"documents|texts)(?:\s+\w+){0,2}|\bwhat\s+(?:was|were|is|has\s+been|did\s+\w+)\s+"
    r"(?:reported|report|written|write)(?:\s+\w+){0,3})\s+$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\s+[A-Z]")
_END_OF = re.compile(r"(?:the\s+)?(?:end|close)\s+of\b", re.IGNORECASE)


def _windows(question: str, as_of: datetime.date) -> Iterator[TimeRange]:
    found = [one for one in expressions(question, as_of) if _is_time(question, one)]
    position = 0
    while position < len(found):
        first = last = found[position]
        position += 1
        if position < len(found) and _JOINED.fullmatch(question, last.end, found[position].start):
            lead = _LEADING.search(question, 0, first.start)
            word = "" if lead is None else lead["word"].lower()
            between = question[first.end : found[position].start].strip().lower()
            if word in ("between", "from") or between != "and":
                last = found[position]
                position += 1
        made = _window(question, first, last, as_of)
        if made is not None:
            yield made


def _is_time(question: str, found: Expression) -> bool:
    """Tell a time from a number or a name of the same looks."""
    lead = _LEADING.search(question, 0, found.start)
    if found.kind == "year":
        alone = re.fullmatch(r"\d{4}", question[found.start : found.end]) is not None
        ends_range = question[: found.start].endswith(("-", "–"))
        named = _NAMED.match(question, found.end) is not None
        return lead is not None or not alone or ends_range or named
    if found.kind == "weekday":
        alone = " " not in question[found.start : found.end]
        return lead is not None or not alone or found.start == 0
    return True


def _window(
    question: str, first: Expression, last: Expression, as_of: datetime.date
) -> TimeRange | None:
    lead = _LEADING.search(question, 0, first.start)
    word = "" if lead is None else lead["word"].lower()
    start, end = first.start if lead is None else lead.start(), last.end
    after: datetime.date | None
    before: datetime.date | None
    if first is not last:
        after, before = _joined(question, first, last)
    else:
        after, before = _bounds(question, first, word)
        onwards = _ONWARDS.match(question, first.end) if word == "from" else None
        if onwards is not None:
            before, end = None, onwards.end()
    if after is not None and after > as_of:
        return None
    until = as_of if before is None else min(before, as_of)
    published = word in ("as of", "as at") or _PUBLISHED.search(question, 0, start) is not None
    return TimeRange(after, until, start, end, hard=published)


def _bounds(
    question: str, found: Expression, word: str
) -> tuple[datetime.date | None, datetime.date | None]:
    """Give the first and the last day that a time has after a word; None where it has none."""
    day = datetime.timedelta(days=1)
    period = found.period
    match word:
        case "since":
            return period.first, None
        case "after" | "later than" | "following":
            return period.last + day, None
        case "before" | "earlier than" | "prior to" | "ahead of":
            if _END_OF.match(question, found.start):
                return None, period.last
            return None, period.first - day
        case "until" | "till" | "up to" | "through" | "by" | "as of" | "as at":
            return None, period.last
        case _:
            return period.first, period.last


def _joined(
    question: str, first: Expression, last: Expression
) -> tuple[datetime.date, datetime.date]:
    """Join "January" and "March 2021", or "1 May" and "June": one lends the other its year."""
    begin, end = first.period, last.period
    said, other = question[first.start : first.end], question[last.start : last.end]
    year = re.search(r"\b[12]\d{3}$", other)
    if year is not None and re.search(r"[12]\d{3}", said) is None:
        again = next(expressions(f"{said} {year[0]}", end.first), None)
        begin = begin if again is None else again.period
    elif end.last < begin.first:
        ahead = next(expressions(other, begin.first, direction="future"), None)
        end = end if ahead is None else ahead.period
    return min(begin.first, end.first), max(begin.last, end.last)


def _length(window: TimeRange) -> float:
    return math.inf if window.after is None else (window.before - window.after).days
