"""The time that a question names, as a range of dates of documents."""

import datetime
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from embeddings import DateRange
from qa.dates.expressions import TimeExpression, find_time_expressions

RECENT_HALF_LIFE = 14
"""Age in days at which the preference is half as strong, for questions about the present."""

_MIN_HALF_LIFE = 7
"""Minimum half-life in days: documents report on a single day for some days more."""

_MONTH_DAYS = 31


@dataclass(frozen=True, slots=True)
class Preference:
    """Preferred days; the farther a document is from them, the less it is preferred."""

    dates: DateRange
    half_life: int
    """Distance in days from the preferred days at which the preference is half as strong."""

    def nearness(self, day: datetime.date | None) -> float:
        """Return the preference for a day, 0 to 1: 1 on the preferred days, 0 without a date."""
        if day is None:
            return 0.0
        after, before = self.dates.after, self.dates.before
        early = 0 if after is None else (after - day).days
        late = 0 if before is None else (day - before).days
        return math.pow(0.5, max(early, late, 0) / self.half_life)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The days that a phrase of a question names."""

    after: datetime.date | None
    """The first day; None if the range is open, as in "before May" and "latest"."""
    before: datetime.date
    """The last day, at most the day of asking."""
    start: int
    """The first character of the phrase in the question."""
    end: int
    """The character after the phrase."""
    hard: bool
    """True: search only documents of these days. False: prefer them."""

    @property
    def dates(self) -> DateRange:
        """The days as a range."""
        return DateRange(self.after, self.before)

    @property
    def preference(self) -> Preference:
        """The preference for these days, or for the last one if there is no first one."""
        if self.after is None:
            return recent(self.before)
        return Preference(self.dates, max((self.before - self.after).days + 1, _MIN_HALF_LIFE))

    def question_without_time(self, question: str) -> str:
        """Return the question without the phrase.

        The question is unchanged if the phrase means more than the time ("since May", "in 2018 and
        2019", "FY18"), or if the rest would be a fragment. The phrase must be an independent
        adverbial with its preposition, and the words around it must not need it.
        """
        phrase = question[self.start : self.end]
        before, after = question[: self.start].rstrip(), question[self.end :]
        if before.endswith(",") and after.startswith(","):
            after = after[1:]
        rest = f"{before}{after}".strip(" ,:;")
        relative = _RELATIVE.match(phrase) is not None
        led = _LED.match(phrase) is not None
        if not (relative or led) or _MEANING.search(phrase):
            return question
        needed = (_NEEDS_LED if led else _NEEDS).search(before)
        apart = _APART.match(after) or (relative and (_FREE if before else _CLAUSE).match(after))
        is_question = len(re.findall(r"\w+", rest)) > 1
        return rest if apart and not needed and is_question else question


def recent(as_of: datetime.date) -> Preference:
    """Return the preference for documents of a day and shortly before it."""
    return Preference(DateRange(as_of, as_of), RECENT_HALF_LIFE)


_PRESENT = (
    "currently|at present|at the moment|right now|now|nowadays|these days|so far|to date|"
    "up to now|as of (?:now|today)"
)
_LED = re.compile(
    r"(?:in|on|at|during|throughout|over|within|as of|as at|"
    r"for(?!\s+(?:the\s+)?(?:last|past|early|late)))\b",
    re.IGNORECASE,
)
"""Phrases with a preposition of their own."""
_RELATIVE = re.compile(
    r"(?:(?:in|on|at|during|over|within)\s+)?(?:the\s+)?(?:last|past|previous|this|same|next|"
    r"earlier|later|early|late|yesterday|today|tonight|tomorrow|overnight|"
    r"(?:day|night|week|month|year|weekend)\s(?:after|before)|"
    rf"(?:mon|tues|wednes|thurs|fri|satur|sun)day|{_PRESENT})\b|.*\s(?:ago|back)$",
    re.IGNORECASE | re.DOTALL,
)
"""Phrases that may precede any word: "this week", "on Monday"."""
_MEANING = re.compile(
    r"\b(?:and|or|to|through|fiscal|financial|tax|school|academic|season)\b|\bFY|(?<!0)['’]s$",
    re.IGNORECASE,
)
"""Parts of phrases that mean more than the time."""
_COMPARES = (
    r"\b(?:an?|the|than|as|compared with|like|versus|vs|and|or|not|but|except|both|even|only|just|"
    r"back|exactly|precisely|sometime|some time|early|late|is|was|are|were|be|did|does|do|has|have|"
    r"had|will)|[-–/(“]|(?<!\S)[\"'‘]"
)
_NEEDS_LED = re.compile(rf"(?:{_COMPARES})$", re.IGNORECASE)
"""Words before a phrase that need it, even if it has a preposition of its own."""
_NEEDS = re.compile(
    rf"(?:{_COMPARES}|\b(?:any|every|each|with|in|on|at|of|for|from|to|by|since|until|before|after|"
    r"about|between))$",
    re.IGNORECASE,
)
_APART = re.compile(
    r"\s*(?:$|[?.!;:–—]|,(?!\s*\d)|(?:about|after|against|as|at|because|before|by|due|during|for|from|"
    r"if|in|into|on|over|since|so|that|through|to|under|until|with|without|wh\w+|how|did|does?|"
    r"has|have|had|is|are|was|were|will)\b)",
    re.IGNORECASE,
)
"""Words and marks after a phrase that do not belong to it."""
_FREE = re.compile(r"\s+(?!(?:alone|only|itself|or|and|than|but|not|of)\b)[^\W\d]", re.IGNORECASE)
_CLAUSE = re.compile(r"\s+(?:(?i:the|an?|his|her|its|their|our|we|he|she|it|they)\b|[A-Z])")
"""Words after a phrase that begin a clause: "This week the mayor resigned"."""


def parse_time_range(question: str, as_of: datetime.date) -> TimeRange | None:
    """Return the time that a question names, as asked on a day; None if it names none.

    A range is hard if it says when documents were published: after a word for them ("news of last
    week", "articles from May 2021", "What was reported on 16 September?") and with "as of May
    2021". Every other range is soft, because a document may report on a day long after it, or
    before: "Who won in 1994?" is answered by what was written in 2020 as well. Words for the
    present ("now", "currently", "latest") prefer the newest documents, but not in a question about
    how to do something; nor do other times if they belong to what is done: "How do I list the files
    of last week?".

    "In September" is the last September that has begun. Times after the day of asking give no
    range. Of several times the hard one counts, then a day, week or month with its year, then the
    shortest, then the latest.

    Args:
        question: in plain words.
        as_of: the day of asking: "yesterday" counts from it, and no range ends after it.
    """
    how_to = _HOW_TO.search(question) is not None
    is_of_action = _HOW_TO_DO.match(question) is not None
    ranges = _time_ranges(question, as_of, how_to)
    found = [one for one in ranges if one.hard or not is_of_action]
    if found:
        return min(
            found,
            key=lambda one: (
                not one.hard,
                not _has_full_date(question, one),
                _length(one),
                -one.before.toordinal(),
            ),
        )
    now = None if how_to else _NOW.search(question)
    if now is None:
        return None
    return TimeRange(None, as_of, now.start(), now.end(), hard=False)


def _has_full_date(question: str, one: TimeRange) -> bool:
    phrase = question[one.start : one.end]
    return _length(one) <= _MONTH_DAYS and re.search(r"(?<!\d)[12]\d{3}(?!\d)", phrase) is not None


def _length(one: TimeRange) -> float:
    return math.inf if one.after is None else (one.before - one.after).days


_HOW_TO = re.compile(
    r"^\W*how\s+(?:do|does|can|could|should|would|must|to)\b|\b(?:I|you)\b|"
    r"\b(?:possible|necessary|required|need|have|has)\s+to\b|\bwhat\s+now\b",
    re.IGNORECASE,
)
_HOW_TO_DO = re.compile(
    r"\W*how\s+(?:(?:do|can|could|should|would|must)\s+(?:I|we|you|one)|to)\b", re.IGNORECASE
)
_NOW = re.compile(
    rf"(?<![\w-])(?:{_PRESENT}|latest|newest|most recent(?:ly)?|recent(?:ly)?|"
    r"current(?=\s+[a-z])(?!\s+(?:version|release|directory|"
    r"folder|path|user|shell|session|branch|page|line|value|setting|window|file|process|date|time|"
    r"working|selection|of|in|is|flows?|does|and|or)\b))(?![\w-])",
    re.IGNORECASE,
)
_SINCE = frozenset({"since", "on or after", "no earlier than", "not before"})
_AFTER = frozenset({"after", "later than", "following", "post-"})
_BEFORE = frozenset({"before", "earlier than", "prior to", "ahead of", "pre-"})
_UNTIL = frozenset(
    "until,up until,till,up to,up to and including,through,by,on or before,no later than".split(",")
)
_AS_OF = frozenset({"as of", "as at"})
_NO_YEAR = frozenset({"on", "at", "over", "within", "to", "and", "or"})
"""Words before numbers that are not years: "on 2018", "at 1500"."""
_IN = frozenset("between from in during throughout across for of around about circa ca. c.".split())
_LEADS = sorted(_SINCE | _AFTER | _BEFORE | _UNTIL | _AS_OF | _NO_YEAR | _IN, reverse=True)
_LEAD = re.compile(
    rf"(?<![\w-])(?:so far\s+)?({'|'.join(map(re.escape, _LEADS))})(?:\s+|(?<=-))"
    r"(?:(?:at least|at most|about|around|roughly|approximately|both|either)\s+)?(?:the\s+)?"
    r"(?:(?<!at\s)(?:noon|midnight|\d{1,2}(?:[:.]\d\d|\s?[ap]\.?m\b\.?))\s+(?:on\s+)?)?$",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"\s*(?:,\s*(?:and|or)?|-|–|/|to|until|till|through|and|or)\s*(?:(?:in|on|during|about|around)\s+)?"
    r"(?:the\s+)?",
    re.IGNORECASE,
)
_ONWARDS = re.compile(
    r"\s+(?:onwards?|(?:or|and)\s+(?:later|after)|"
    r"(?:to|until|till|through|and)\s+(?:the\s+)?(?:present|date|now))\b",
    re.IGNORECASE,
)
_FROM_ON = re.compile(r"\s+on\b(?!\s+(?:the|a)\b)", re.IGNORECASE)
_BACKWARDS = re.compile(r"\s+(?:or|and)\s+(?:earlier|before)\b", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"(?:\b(?:news|articles?(?!\s+\d)|stories|coverage|headlines?|dispatch(?:es)?|editorials?|published|"
    r"documents|texts)(?:\s+\w+){0,2}|\bwhat\s+(?:was|were|is|has\s+been|did\s+\w+)\s+"
    r"(?:reported|report|written|write)(?:\s+\w+){0,3})\s+$",
    re.IGNORECASE,
)
_BEFORE_CHARACTERS = 120
"""Number of characters before a time in which words that belong to it are searched."""
_END_OF = re.compile(r"(?:the\s+)?(?:end|close)\s+of\b", re.IGNORECASE)
_NAME = re.compile(r"\s+[A-Z]")
_YEAR = re.compile(r"(the\s+)?(year\s+)?(\d{4})", re.IGNORECASE)


def _time_ranges(question: str, as_of: datetime.date, how_to: bool) -> Iterator[TimeRange]:
    series: list[list[TimeExpression]] = []
    for one in find_time_expressions(question, as_of):
        joint = series and _JOINT.fullmatch(question, series[-1][-1].end, one.start)
        alike = series and one.kind.rstrip("s") == series[-1][-1].kind.rstrip("s")
        if joint and (alike or "," not in joint[0]):
            series[-1].append(one)
        else:
            series.append([one])
    for first, *others in series:
        today = how_to and question[first.start : first.end].lower().startswith("today")
        if not today and _is_time(question, first, as_of):
            made = _time_range(question, first, others[-1] if others else first, as_of)
            if made is not None:
                yield made


def _lead(question: str, start: int) -> tuple[str, int]:
    """Return the preposition before a time, "" for none, and where the phrase begins."""
    lead = _LEAD.search(question, max(0, start - _BEFORE_CHARACTERS), start)
    return ("", start) if lead is None else (lead[1].lower(), lead.start())


def _is_time(question: str, found: TimeExpression, as_of: datetime.date) -> bool:
    """Return whether a match is a time, not a number or a name that looks like one."""
    lead, _ = _lead(question, found.start)
    year = _YEAR.fullmatch(question, found.start, found.end)
    if year is not None:
        if lead != "" and lead not in _NO_YEAR:
            return True
        if year[2]:  # "the year 2019 was", but not "the year 2000 problem"
            return _APART.match(question, found.end) is not None
        recent_year = bool(year[1]) and 1900 < int(year[3]) <= as_of.year + 1
        is_bare = lead == "" or bool(year[1])  # but "at 1600 Pennsylvania Avenue"
        return recent_year or (is_bare and _NAME.match(question, found.end) is not None)
    words = question[found.start : found.end]
    alone = found.kind == "weekday" and re.search(r"\s|['’]s$", words) is None
    apart = found.start == 0 or _APART.match(question, found.end) is not None
    return not alone or lead != "" or apart


def _time_range(
    question: str, first: TimeExpression, last: TimeExpression, as_of: datetime.date
) -> TimeRange | None:
    (word, start), end = _lead(question, first.start), last.end
    after: datetime.date | None
    before: datetime.date | None
    if first is last:
        after, before = _bounds(question, first, word)
    else:
        after, before = _joined(question, first, last)
    if onwards := _ONWARDS.match(question, end) or (
        word == "from" and _FROM_ON.match(question, end)
    ):
        before, end = None, onwards.end()
    elif backwards := _BACKWARDS.match(question, end):
        after, end = None, backwards.end()
    if after is not None and after > as_of:
        return None
    until = as_of if before is None else min(before, as_of)
    published = _PUBLISHED.search(question, max(0, start - _BEFORE_CHARACTERS), start)
    return TimeRange(after, until, start, end, hard=word in _AS_OF or published is not None)


def _bounds(
    question: str, found: TimeExpression, word: str
) -> tuple[datetime.date | None, datetime.date | None]:
    """Return the first and the last day of a time after a preposition; None for an open side."""
    period, day = found.period, datetime.timedelta(days=1)
    if word in _SINCE:
        return period.first, None
    if word in _AFTER:
        return period.last + day, None
    if word in _BEFORE:
        return None, period.last if _END_OF.match(question, found.start) else period.first - day
    return None if word in _UNTIL | _AS_OF else period.first, period.last


def _joined(
    question: str, first: TimeExpression, last: TimeExpression
) -> tuple[datetime.date, datetime.date]:
    """Join "January" and "March 2021", or "1 May" and "June": one gets its year from the other."""
    begin, end = first.period, last.period
    words, other = question[first.start : first.end], question[last.start : last.end]
    year = re.search(r"\b[12]\d{3}$", other)
    if year is not None and re.search(r"[12]\d{3}", words) is None:
        for again in find_time_expressions(f"{words} {year[0]}", end.first)[:1]:
            begin = again.period
    elif end.last < begin.first:
        for ahead in find_time_expressions(other, begin.first, tense="future")[:1]:
            end = ahead.period
    both = begin.to(end)
    return both.first, both.last
