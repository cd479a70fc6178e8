"""The words next to an answer that change it: a sign, a bound, a unit, "vice"."""

import re

from qa.answering.comparison.changes import characters_before, end_after
from qa.answering.comparison.names import DISTINGUISHING, LABELS
from qa.answering.comparison.numbers import NUMBER_WORDS
from qa.answering.comparison.quantities import BOUND_WORDS, quantity_of
from qa.answering.comparison.units import is_measure, singular
from qa.dates.vocabulary import MONTHS

_REACH = 60
"""Number of characters that are searched on either side of an answer."""

_TOKEN = re.compile(
    r"(?:[^\s\"'“”‘’`()\[\]{}<>;!?—–,:\-]|(?<=\w)['’](?=\w)|(?<=\d)[,:–](?=\d)|(?<=[A-Z\d])-(?=\d)|"
    r"(?<=\d)-(?=[A-Z\d])|(?<![^\s(\[])-?[-–](?=\w))+"
)
"""A word, number or identifier with its signs: -5, 1,234.50, XJ-4400/B, 5%."""

_BOUND = re.compile(rf"\b(?:{BOUND_WORDS})\s+(?=\S)", re.IGNORECASE)
_NUMBER = re.compile(rf"(?:(?:by|{BOUND_WORDS})\s+)*[^\w]*(\d|[^\W\d_]+)", re.IGNORECASE)
_LABEL = rf"\b(?:no\.|(?:{'|'.join(sorted(LABELS))}):?)\s+"
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
_LABEL_BEFORE = re.compile(f"{_LABEL}$", re.IGNORECASE)
_NUMBER_BEFORE = re.compile(
    rf"(?:(?:\b(?:{BOUND_WORDS}|minus|negative|USD|EUR|GBP)|[<>≤≥~≈])\s+|{_LABEL})(?:an?\s+)?$",
    re.IGNORECASE,
)
DATE_BOUND = (
    "(?P<before>before|prior to|ahead of)|(?P<until>until|till|through|by)|"
    "(?P<after>after|following|later than)"
)
_DATE_BEFORE = re.compile(rf"\b(?:{DATE_BOUND})\s+$", re.IGNORECASE)
_CALENDAR = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?)?"
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|"
    r"[12]\d{3}(?:-\d\d)*\W*$",
    re.IGNORECASE,
)
_REPUBLIC = re.compile(r"\b(?:(?:Democratic|People['’]s)\s+){0,2}Republic\s+of\s+(?:the\s+)?$")
_ROLE_BEFORE = re.compile(
    r"\b(?i:vice|deputy|former|acting|interim|assistant|associate|ex|co|non|anti)[\s-]+$"
)
_NAME_BEFORE = re.compile(rf"\b(?=[A-Z])(?i:{'|'.join(sorted(DISTINGUISHING))})[\s-]+$")
_YEAR_BEFORE = re.compile(
    r"\b(?:in|since|until|till|from|by|of|during|year|early|late|mid|before|after|to|and|"
    rf"{'|'.join(MONTHS)}|"
    r"[a-z]{3}\.?|\d{1,2},?)\s+$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"(?P<scale>(?:\s+(?:hundred|thousand|million|billion|trillion|dozen)\b)*)"
    r"(?P<unit>\s?%|\s+per cent\b|"
    r"[\s-]+(?!or\b)[^\W\d_]+(?:/[^\W\d_]+|\s+per\s+[^\W\d_]+|\s+squared)?)?"
    r"(?P<bound>\s+or (?:more|less|fewer|so)\b|\s+(?:above|below) (?:zero|sea level)\b)?",
)
_VERBS = frozenset("as does has his is its says this thus was yes".split())


def completed(context: str, start: int, end: int) -> tuple[int, int]:
    """Extend the half-open range of an answer over the words next to it that change its meaning."""
    first, last = max(0, start - _REACH), min(len(context), end + _REACH)
    for token in _TOKEN.finditer(context, first, last):
        if token.start() < start < token.end():
            start = token.start()
        if token.start() < end < token.end():
            end = token.end()
    for bound in _BOUND.finditer(context, first, last):
        if bound.start() < start < bound.end():  # "most 40" of "at most 40"
            start = bound.start()
    is_number = _is_number(context[start:end])
    if is_number:
        end = end_after(context, _with_unit(context, start, end))
    for _ in range(2):  # the former vice president
        before = context[max(0, start - _REACH) : start]
        start -= _before(before, context[start:end])
    if is_number:
        start -= characters_before(context[max(0, start - _REACH) : start])
    return start, end


def _is_number(text: str) -> bool:
    first = _NUMBER.match(text)
    return first is not None and (first[1].isdigit() or first[1].casefold() in NUMBER_WORDS)


def _before(before: str, text: str) -> int:
    """Return the number of characters before an answer that belong to it."""
    patterns = [_REPUBLIC, _ROLE_BEFORE]
    is_bare = _is_number(text) and not text.startswith("by ")
    patterns += [_NUMBER_BEFORE] * is_bare + [_NAME_BEFORE] * text[:1].isupper()
    patterns += [_BETWEEN] * (_is_number(text) and " and " in text)
    patterns += [_DATE_BEFORE] * (_CALENDAR.match(text) is not None)
    found = [match.start() for pattern in patterns if (match := pattern.search(before))]
    return len(before) - min(found, default=len(before))


def _with_unit(context: str, start: int, end: int) -> int:
    """Return the end of a number with its scale and its unit or counted noun."""
    text = context[start:end]
    quantity = quantity_of(text)
    if quantity is None or quantity.unit is not None:
        return end
    match = _COUNTED.match(context, end, end + _REACH)
    if match is None:
        return end
    word = (match["unit"] or "").strip(" -")
    before = context[max(0, start - _REACH) : start]
    is_year = (
        re.fullmatch(r"[12]\d{3}", text) is not None and _YEAR_BEFORE.search(before) is not None
    )
    is_name = is_year or _LABEL_BEFORE.search(before)  # "version 2.1 adds", "in 2020 cars"
    if word and (is_name or not _is_unit(word)):
        return match.end("scale")
    return match.end()


def _is_unit(word: str) -> bool:
    """Return whether the word after a number is a unit or a noun in the plural."""
    if is_measure(word) or "/" in word or " per " in word:
        return True
    return word.islower() and singular(word) != word and word not in _VERBS
