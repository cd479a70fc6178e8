"""What the words of answers come to: two that differ in words may give the same number or day."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import Literal

from qa.dates import Period

__all__ = ["Value", "agree", "value_of"]


@dataclass(frozen=True, slots=True)
class Value:
    """The normal form of an answer."""

    kind: Literal["date", "number", "words"]
    key: str
    """A date in ISO form, a number in digits, or words in lower case without articles."""
    unit: str = ""
    """What a number counts; empty when the words do not say."""


_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SHORT_SCALES = {"k": 1000, "m": 10**6, "mn": 10**6, "bn": 10**9, "b": 10**9, "tn": 10**12}
_SMALL = dict(
    zip(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen""".split(),
        range(20),
        strict=True,
    )
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL |= {word: 10 * number for number, word in enumerate(_TENS, start=2)}
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "us$": "dollar"}
_NUMBER = re.compile(
    r"(?P<currency>US\$|[$€£])?\s?(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)(?P<short>k|mn?|bn|b|tn)?"
    r"(?![\w.,]*\d)(?P<percent>\s?%)?",
    re.IGNORECASE,
)
_HEDGES = frozenset(
    """a about almost an around approximately at exactly just least more nearly of only over roughly
    some than the to under up""".split()
)
_UNITS = {"percent": "%", "per cent": "%", "people": "person"}
_TITLES = frozenset(
    """captain capt col colonel deputy director dr foreign former gen general gov governor judge
    king lady lord major mayor minister mr mrs ms president prime prince princess professor prof
    queen rep secretary sen senator sergeant sir speaker vice chairman chancellor""".split()
)


def value_of(text: str, date: Period | None = None) -> Value:
    """Bring an answer into its normal form.

    Args:
        text: its words.
        date: the days that they mean, where they name days.
    """
    if date is not None:
        return Value("date", date.iso)
    words = bare_words(text)
    return _number(text, words) or Value("words", " ".join(words))


def agree(one: Value, other: Value) -> bool:
    """Tell whether two answers say the same.

    So do numbers when one of them has no unit, and names when one ends in the other: "Ewa
    Lindqvist" and "Captain Ewa Lindqvist".
    """
    if one.kind != other.kind:
        return False
    if one.kind == "number":
        return one.key == other.key and (one.unit == other.unit or not one.unit or not other.unit)
    if one.key == other.key:
        return True
    return one.kind == "words" and _is_name_in(*sorted((one.key, other.key), key=len))


def _is_name_in(short: str, long: str) -> bool:
    few, many = short.split(), long.split()
    if not few or many[-len(few) :] != few:
        return False
    before = many[: -len(few)]
    return len(few) > 1 or all(word in _TITLES for word in before)


def bare_words(text: str) -> list[str]:
    """Give the words without case, articles and punctuation around them."""
    words = text.casefold().split()
    bare = (re.sub(r"['’]s$", "", word).strip(string.punctuation + "“”‘’–—") for word in words)
    return [word for word in bare if word and word not in ("a", "an", "the")]


def _number(text: str, words: list[str]) -> Value | None:
    """Read a number with its scale and unit; None when there is none, or more than one."""
    matches = list(_NUMBER.finditer(text))
    if len(matches) > 1:
        return None
    read = _in_digits(text, matches[0]) if matches else _in_words(words)
    if read is None:
        return None
    amount, after, unit = read
    while after and after[0].rstrip("s") in _SCALES:
        amount, after = amount * _SCALES[after[0].rstrip("s")], after[1:]
    if any(word in _SMALL for word in after):
        return None  # three to five
    said = " ".join(word for word in after if word not in _HEDGES)
    unit = unit or _UNITS.get(said, said).removesuffix("s")
    return Value("number", f"{amount:.6g}" if amount % 1 else f"{amount:.0f}", unit)


def _in_digits(text: str, match: re.Match[str]) -> tuple[float, list[str], str] | None:
    """Read the number, the words behind it, and the unit that a sign gives it."""
    if not set(bare_words(text[: match.start()])) <= _HEDGES:
        return None
    amount = float(match["digits"].replace(",", ""))
    if match["short"]:
        amount *= _SHORT_SCALES[match["short"].lower()]
    unit = _CURRENCIES[match["currency"].lower()] if match["currency"] else ""
    return amount, bare_words(text[match.end() :]), "%" if match["percent"] else unit


def _in_words(words: list[str]) -> tuple[float, list[str], str] | None:
    rest = [part for word in words for part in word.split("-")]
    while rest and rest[0] in _HEDGES:
        del rest[0]
    if not rest or rest[0] not in _SMALL:
        return None
    amount = 0.0
    while rest and rest[0] in _SMALL:
        amount += _SMALL[rest.pop(0)]
    return amount, rest, ""
