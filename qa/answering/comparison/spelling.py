"""One spelling for words that are written in several ways: "colour" and "color", "Ltd"."""

import re

from qa.answering.comparison.names import LABELS

_VARIANTS = """
aluminium aluminum, cheque check, co company, corp corporation, cosy cozy, grey gray, inc
incorporated, jewellery jewelry, kerb curb, ltd limited, mould mold, plough plow, programme program,
pyjamas pajamas, sceptic skeptic, storey story, sulphur sulfur, tyre tire, whisky whiskey, yoghurt
yogurt
"""
_ONE_SPELLING = dict(pair.split() for pair in _VARIANTS.split(","))
_VARIANT = re.compile(rf"\b(?:{'|'.join(_ONE_SPELLING)})(?=(?:s|d|ed|ing)?\b)")
_AMERICAN = [
    (re.compile(r"(?<=\w\w)our(?=(?:s|ed|ing|ite|ful|able|less)?\b)"), "or"),
    (re.compile(r"(?<=\w[bt])re(?=s?\b)"), "er"),
    (re.compile(r"(?<=\w[iy])s(?=(?:e|es|ed|er|ers|ing|ation|ations)\b)"), "z"),
    (re.compile(r"(?<=\wen)c(?=es?\b)"), "s"),
    (re.compile(r"(?<=og)ue(?=s?\b)"), ""),
    (re.compile(r"(?<=\w\w\wel)l(?=(?:ed|ing|ers?)\b)"), ""),
]
"""British and American endings: labour, centre, organise, defence, catalogue, travelled."""

_ORDERED = re.compile(rf"(\d+)th ((?:[a-z]+ )?war|{'|'.join(sorted(LABELS))})")
"""An ordinal that can also be written after its noun: "third floor", "Second World War"."""

_UMLAUT = re.compile(r"(?<=[aou])e(?=[a-z])")

_NUMBERED = re.compile(r"(?<=[a-z] )number (?=\d)|(?<=\d)th$")
"""Parts to remove, after normalisation, from "room no. 12" and "Elizabeth the Second"."""

_WEEKDAY = re.compile(r"\b(?:(?:every|each) )?((?:mon|tues|wednes|thurs|fri|satur|sun)day)s?\b")
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_]) (?=[^\W\d_])")
_NOT_DIGITS = re.compile(r"\b0\)|[^\d+]")
_PHONE = re.compile(r"(?=(?:\D*\d){7})\+?[\d ()/.-]+")


def spelling_key(words: str, *, is_person: bool) -> str:
    """Return a comparison key that is the same for different spellings of the same words.

    "e mail" and "email", "J R Berg" and "JR Berg", "labour" and "labor" and one telephone number
    written with hyphens and with spaces give the same key.

    Args:
        words: in lower case, with one space between them.
        is_person: whether they look like the name of a person: "Ada Grey" is not "Ada Gray".
    """
    if _PHONE.fullmatch(words):
        return _NOT_DIGITS.sub("", words)
    if is_person:
        words = _UMLAUT.sub("", words)  # Mueller and Müller
    else:
        words = _VARIANT.sub(lambda match: _ONE_SPELLING[match[0]], words)
        for british, american in _AMERICAN:
            words = british.sub(american, words)
    if ordered := _ORDERED.fullmatch(words):
        words = f"{ordered[2]} {ordered[1]}"
    words = _NUMBERED.sub("", words)
    words = _WEEKDAY.sub(r"\1", words)
    return _BETWEEN_LETTERS.sub("", words)
