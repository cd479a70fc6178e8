"""Time expressions of English questions and news, and the days that they mean.

The grammar is our own. General date parsers return one instant and read parts of versions and
names as dates; the ones with ranges are slow, and neither leaves a doubtful expression alone, which
matters most here.

An expression is read as a whole or not at all. It is left alone if it touches a character that may
belong to it, or if the words around it show that a part of it was not understood.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from qa.dates.grammar import RULES
from qa.dates.meanings import LEADS
from qa.dates.parser import Found, Parser, Tense
from qa.dates.period import UNCLEAR, Period
from qa.dates.tokens import Token, tokenize
from qa.dates.vocabulary import VOCABULARY, WORDS

__all__ = ["TimeExpression", "find_time_expressions"]


@dataclass(frozen=True, slots=True)
class TimeExpression:
    """Words for a time: half-open characters of their text."""

    start: int
    end: int
    period: Period
    kind: str
    """The name of its rule in `qa.dates.meanings`: "date", "month", "year", "weekday", ..."""


def find_time_expressions(
    text: str, anchor: datetime.date, *, tense: Tense = "past", days_ahead: int = 0
) -> list[TimeExpression]:
    """Find the times that a text names, in order; none overlap.

    Args:
        text: a question, or some sentences of a document.
        anchor: the day on which it was asked or written.
        tense: which of the times of an incomplete date or name is meant.
        days_ahead: how many days after the anchor a date without a year may lie; 0 leaves it to
            the tense.
    """
    parser = Parser(tokenize(text), RULES, anchor, tense, days_ahead)
    tokens = parser.tokens
    has_names = any(map(_is_lower_word, tokens))
    series: list[list[TimeExpression | None]] = []  # of times joined by "to", "and", ...
    index = end = 0
    while index < len(tokens):
        found = _match(parser, index)
        if found is None:
            index += 1
            continue
        joined = bool(series) and index == end + 1 and parser.word(end) in _JOINTS
        expression = None
        if found.value is not UNCLEAR and _is_whole(parser, index, found, joined, has_names):
            characters = tokens[index].start, tokens[found.end - 1].end
            expression = TimeExpression(*characters, found.value, found.kind)
        if joined:
            series[-1].append(expression)
        elif series and index == end and found.kind not in _ADVERBS:  # parts of another time
            series[-1].append(None)
        else:
            series.append([expression])
        index = end = found.end
    return [one for times in series if None not in times for one in times if one is not None]


def _match(parser: Parser, index: int) -> Found | None:
    """Match a time with its suffixes at a token."""
    found = parser.find("time", index + 1 if parser.word(index) == "the" else index)
    while found is not None and found.value is not UNCLEAR:
        longer = parser.longest(RULES["suffix"], found.end, container=found.value)
        if longer is None:
            break
        found = Found(longer.value, longer.end, found.kind)
    return found


# Whether an expression is all of the time that its text names

_ADVERBS = frozenset({"which_unit", "which_amount", "ago", "day_word"})
_JOINTS = frozenset({"to", "and", "or", "until", "till", "through", "-", "–", "/"})
_OPENING = frozenset("([{\"“«'—")
_CLOSING = frozenset(")]}\"”»'—,;:?!….")
_UNREAD = frozenset({"half", "bc", "bce", "b.c", "fy", "fiscal", "ago"})
_UNREAD_BEFORE = frozenset(
    word for name in ("number", "ordinal", "part", "part_of", "units") for word in WORDS[name]
)
_CLOCK = re.compile(r"[0-9]{1,2}[:.][0-9]{2}(?:[ap]m)?|[0-9]{1,2}[ap]m")
_YEAR = re.compile(r"[12][0-9]{3}|'[0-9]{2}")
_SURE_LEADS = frozenset("in on during since until till throughout".split())
_ADDRESS = frozenset(
    """street st road rd avenue ave square lane bridge stadium boulevard way place plaza drive
    station park court hall school hospital movement""".split()
)
_TITLE_WORDS = frozenset(
    "a an the of in on at to by for and or as from with into over than that but up".split()
)
"""Words in lower case in titles."""


def _is_lower_word(token: Token) -> bool:
    """Tell whether a word shows that capitals are for names alone: not as in a title."""
    return token.text.isalpha() and not token.capitalized and token.text not in _TITLE_WORDS


def _is_whole(parser: Parser, start: int, found: Found, joined: bool, has_names: bool) -> bool:
    tokens, end = parser.tokens, found.end
    dated = any(_YEAR.fullmatch(token.text) for token in tokens[start:end])
    if start and not joined and not _may_precede(parser, start, found.kind):
        return False
    if end < len(tokens) and not _may_follow(parser, end):
        return False
    if parser.word(end) == "of" and not dated and found.kind not in ("day_word", "ago"):
        return False  # "the last week of the course"
    if not has_names:
        return True
    numbered = start > 1 and tokens[start].text[0].isdigit()
    if numbered and _is_capitalized_name(parser, start - 1):  # "Windows 11 May"
        return False
    return dated or not _is_name(parser, start, end, found.kind)


def _may_precede(parser: Parser, start: int, kind: str) -> bool:
    before, first = parser.tokens[start - 1 : start + 1]
    if before.end == first.start:
        return before.text in _OPENING
    earlier = parser.word(start - 2)
    if before.text in _JOINTS or before.text in WORDS["units"]:
        return not _is_unread(earlier)  # "the 18th and early 19th centuries", "two weeks last May"
    if before.text in _UNREAD or before.text in ("every", "each", "any"):
        return False
    if kind in ("ago", "weekday") and _is_unread(before.text):
        return False
    absolute = first.text[0].isdigit() or kind in ("month", "date", "season", "quarter")
    return not (absolute and _has_digit(before.text) and not _CLOCK.fullmatch(before.text))


def _may_follow(parser: Parser, end: int) -> bool:
    after = parser.tokens[end]
    if after.text in _JOINTS:  # "from May to 45"
        glued = after.start == parser.tokens[end - 1].end
        is_time = parser.find("time", end + 1) is not None
        return is_time or (not glued and _may_be_number(parser, end + 1))
    if after.start == parser.tokens[end - 1].end:
        return after.text in _CLOSING
    unread = after.text in _UNREAD or after.text in WORDS["units"]
    return not unread and _may_be_number(parser, end)


def _may_be_number(parser: Parser, index: int) -> bool:
    """Tell whether a token is a word, a time of day or a number of something."""
    word = parser.word(index)
    return (
        not _has_digit(word)
        or _CLOCK.fullmatch(word) is not None
        or parser.word(index + 1).isalpha()  # "in May 500 people"
    )


def _is_unread(word: str) -> bool:
    return word in _UNREAD_BEFORE or _has_digit(word)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _is_name(parser: Parser, start: int, end: int, kind: str) -> bool:
    """Tell whether capitals show that a time without a year is a part of a name."""
    first, after = parser.tokens[start], parser.tokens[end : end + 1]
    named = any(first.text in WORDS[name] for name in ("month", "any_weekday", "season", "holiday"))
    numbered = any(_has_digit(token.text) for token in parser.tokens[start:end])
    if not (named or numbered or _begins(parser, start)) and first.capitalized:
        return kind not in ("decade", "century")  # "USA Today", but "the Nineties"
    if kind == "weekday" and _is_capitalized_name(parser, start - 1):
        return True  # "Black Friday"
    if kind in ("date", "month", "weekday", "season") and after and after[0].capitalized:
        is_led = parser.word(start - 1) in _SURE_LEADS and first.text != "the" and kind != "season"
        return not is_led or after[0].text in _ADDRESS  # "12 January Street"
    return False


def _is_capitalized_name(parser: Parser, index: int) -> bool:
    token = parser.tokens[max(index, 0)]
    known = token.text in VOCABULARY or token.text in LEADS or not token.text.isalpha()
    return index >= 0 and token.capitalized and not known


def _begins(parser: Parser, index: int) -> bool:
    """Tell whether a sentence or a quotation begins at a token."""
    return index == 0 or not parser.word(index - 1)[0].isalnum()
