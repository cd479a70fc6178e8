"""Tokens of questions and texts. Parts of longer words and numbers are not read as times.

"2.3.1", "24/7", "$2020" and "Mar-a-Lago" stay one token each. A word with hyphens, slashes or an
apostrophe is divided only if each of its parts may belong to a time: "mid-1990s", "Nov/Dec".
"""

import re
from typing import NamedTuple

from qa.dates.vocabulary import ABBREVIATIONS, VOCABULARY


class Token(NamedTuple):
    """A word, a number or a punctuation mark."""

    text: str
    """Text in lower case, with straight apostrophes, without the full stop of an abbreviation."""
    start: int
    end: int
    """End of the half-open range of characters in the text."""
    capitalized: bool


_MARKS = r",;:?!()\[\]{}\"“”«»…—"
# A comma or a colon between digits belongs to a number: 2,000 and 9001:2015.
_CHUNK = re.compile(rf"[^\s{_MARKS}]+(?:(?:,[0-9]{{3}}(?![0-9])|:[0-9])[^\s{_MARKS}]*)*|\S")
_TRAILING = ".'-–/*"
_SHORT_YEAR = re.compile(r"'[0-9]{2}s?(?![0-9])")
_DECADE = re.compile(r"[0-9]+0's")
_COMPOUND = re.compile(r"[a-z][0-9]?[-–/']|[-–/][a-z]")
_PART = re.compile(r"'?[0-9]+[a-z]*|[qh][1-4]|[a-z]+\.?|[-–/]")
_KNOWN_PART = re.compile(
    r"'?[0-9]{1,4}|[0-9]{1,2}(?:st|nd|rd|th)|'?[0-9]{1,3}0s|[qh][1-4]|[1-4][qh]|[-–/]"
)


def tokenize(text: str) -> list[Token]:
    """Split a text into tokens."""
    tokens = []
    for chunk in _CHUNK.finditer(text):
        start = chunk.start()
        for part in _parts(chunk[0]):
            end = start + len(part)
            word = part[:-1] if part[-1] == "." and len(part) > 1 else part
            tokens.append(Token(word, start, end, text[start].isupper()))
            start = end
    return tokens


def _parts(chunk: str) -> list[str]:
    word = chunk.lower().replace("’", "'").replace("‘", "'")
    if len(word) != len(chunk):  # "İ" is longer in lower case
        return [chunk]
    base = word if _SHORT_YEAR.match(word) else word.lstrip("'")
    leading, base = word[: len(word) - len(base)], base.rstrip(_TRAILING)
    trailing = word[len(leading) + len(base) :]
    if base.endswith("'s") and not _DECADE.fullmatch(base):
        return [*leading, *_split_compound(base[:-2]), "'s", *trailing]
    parts = _split_compound(base)
    if parts and parts[-1] in ABBREVIATIONS and trailing[:1] == ".":
        parts[-1], trailing = parts[-1] + ".", trailing[1:]
    return [*leading, *parts, *trailing]


def _split_compound(word: str) -> list[str]:
    """Split a compound if its parts are known words and numbers."""
    if word not in VOCABULARY and _COMPOUND.search(word):
        parts = _PART.findall(word)
        known = all(part.rstrip(".") in VOCABULARY or _KNOWN_PART.fullmatch(part) for part in parts)
        if known and "".join(parts) == word:
            return parts
    return [word] if word else []
