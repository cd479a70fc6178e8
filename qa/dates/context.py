"""Check with the words around a time expression whether it was parsed completely.

A time is read as a whole or not at all: "5th century BC", "the last week of the course" and "12
January Street" give no time.
"""

import re
from collections.abc import Sequence

from qa.dates.parser import Found, Parser
from qa.dates.tokens import Token
from qa.dates.vocabulary import NUMBERS, WORDS

JOINTS = frozenset({"to", "and", "or", "until", "till", "through", "-", "–", "/"})
"""Words and marks between two times that belong together."""

_ADVERBS = frozenset({"which_unit", "which_amount", "ago", "day_word"})
"""Kinds of times that need no preposition."""

_OPENING = frozenset("([{\"“«'—")
_CLOSING = frozenset(")]}\"”»'—,;:?!….")
_CLOCK = re.compile(r"[0-9]{1,2}[:.][0-9]{2}(?:[ap]m)?|[0-9]{1,2}[ap]m")
_ORDINAL = re.compile(r"[0-9]+(?:st|nd|rd|th)")
_YEAR = re.compile(r"[12][0-9]{3}|'[0-9]{2}")
_UNREAD = frozenset(
    """half bc bce b.c fy fiscal ago morning afternoon evening mornings afternoons evenings
    nights""".split()
)
_COUNTS = {word for word, number in NUMBERS.items() if number != 1} | WORDS["ordinal"].keys()
_OWNERS = frozenset("his her its their my our your".split())
_OTHER_YEAR = _OWNERS | frozenset("that the each every any some".split())
"""Words after "of" for a year that may not be the nearest one: "May of that year"."""

_SURE_LEADS = frozenset("in on during since until till throughout".split())
_NAMED_DAYS = frozenset(
    """ash black bloody cyber easter fat freaky giving good holy joe maundy palm ruby shrove super
    whit""".split()
)
_ADDRESS = frozenset(
    """street st road rd avenue ave square lane bridge stadium boulevard way place plaza drive
    station park court hall school hospital movement""".split()
)


def has_names(tokens: Sequence[Token]) -> bool:
    """Return whether capitals mark names in a text: they do not if all words begin with one."""
    return any(token.text.isalpha() and not token.capitalized for token in tokens)


def is_whole(parser: Parser, start: int, found: Found, joined: bool, names: bool) -> bool:
    """Return whether a match covers the whole time that the text names.

    Args:
        parser: the tokens.
        start: index of the match's first token, which may be "the".
        found: the match.
        joined: whether another time and a word of `JOINTS` are before it.
        names: see `has_names`.
    """
    tokens, end = parser.tokens, found.end
    dated = any(_YEAR.fullmatch(token.text) for token in tokens[start:end])
    if start and not joined and not _may_precede(parser, start, found.kind):
        return False
    if end < len(tokens) and not _may_follow(parser, end):
        return False
    if not dated and parser.word(end) == "of" and not is_adverb(parser, start, found.kind):
        calendar = found.kind in ("date", "month", "weekday")
        if not calendar or parser.word(end + 1) in _OTHER_YEAR:
            return False  # "the last week of the course"
    return not names or not _is_name(parser, start, found, dated)


def is_adverb(parser: Parser, start: int, kind: str) -> bool:
    """Return whether a time needs no preposition: "this week" in "since 2006 this week"."""
    return kind in _ADVERBS and parser.word(start) != "the"


def _may_precede(parser: Parser, start: int, kind: str) -> bool:
    before, first = parser.tokens[start - 1 : start + 1]
    if before.end == first.start:
        return before.text in _OPENING or parser.word(start - 2) in ("pre", "post")
    if before.text in _OWNERS and kind in _ADVERBS:
        return False  # "his last year"
    earlier = parser.word(start - 2)
    if before.text == "of" and kind == "ago" and earlier.rstrip("s") in WORDS["ordinal"]:
        return False  # "a third of a century ago"
    if before.text in JOINTS:  # "the 18th and early 19th centuries"
        return not _is_count(earlier)
    if kind == "weekday" and _is_count(before.text):
        return False  # "two Monday"
    if kind == "weekday" and before.text in WORDS["units"]:
        return earlier not in NUMBERS  # "a week last Monday"
    if before.text in _UNREAD or before.text in ("every", "each", "any"):
        return False  # "last year ago today"
    if first.text[0].isdigit():
        return not _is_count(before.text) and before.text not in ("number", "no", "nr")
    return kind not in ("month", "date", "season", "quarter") or not _has_digit(before.text)


def _may_follow(parser: Parser, end: int) -> bool:
    after = parser.tokens[end]
    touches = after.start == parser.tokens[end - 1].end
    if after.text in JOINTS:  # "from May to 45"
        is_time = parser.find("time", end + 1) is not None
        return is_time or (not touches and _may_be_number(parser, end + 1))
    if touches:  # but "December, 31 2018"
        return after.text in _CLOSING and (after.text != "," or _may_be_number(parser, end + 1))
    if after.text == "the" and _ORDINAL.fullmatch(parser.word(end + 1)):
        return False  # "Friday the 13th"
    unread = after.text in _UNREAD or after.text in WORDS["units"]
    return not unread and _may_be_number(parser, end)


def _may_be_number(parser: Parser, index: int) -> bool:
    """Return whether a token is a word, a time of day, or a number that counts the next word."""
    word = parser.word(index)
    counts = parser.word(index + 1).isalpha()  # "in May 500 people"
    return counts or not _has_digit(word) or _CLOCK.fullmatch(word) is not None


def _is_count(word: str) -> bool:
    return word in _COUNTS or _has_digit(word)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _is_name(parser: Parser, start: int, found: Found, dated: bool) -> bool:
    """Return whether capitals show that a time is part of a name."""
    tokens, end = parser.tokens, found.end
    first, after = tokens[start], tokens[end : end + 1]
    if start > 1 and first.text.isdigit() and tokens[start - 1].capitalized:
        return True  # "Windows 11 May"
    if dated:
        return False
    calendar = any(first.text in WORDS[name] for name in ("month", "any_weekday", "season"))
    numbered = any(_has_digit(token.text) for token in tokens[start:end])
    if first.capitalized and not (calendar or numbered or _begins(parser, start)):
        is_holiday = found.kind == "holiday" and first.text not in WORDS["which"]
        return not is_holiday and found.kind not in ("decade", "century")  # "USA Today"
    if first.text in WORDS["weekday"] and parser.word(start - 1) in _NAMED_DAYS:
        return True
    goes_on = (calendar or first.text == "the" or numbered) and parser.word(end - 1) != "'s"
    kinds = ("date", "month", "weekday", "season")
    if goes_on and found.kind in kinds and after and after[0].capitalized:
        is_led = parser.word(start - 1) in _SURE_LEADS and first.text != "the"
        is_address = after[0].text in _ADDRESS  # "12 January Street"
        return not is_led or is_address or found.kind == "season"
    return False


def _begins(parser: Parser, index: int) -> bool:
    """Return whether a token begins a sentence or a quotation."""
    return index == 0 or not parser.word(index - 1)[0].isalnum()
