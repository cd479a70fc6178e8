"""Split English text into words and tag them, with word lists and word order only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.followups import words

__all__ = ["NOUN_TAGS", "Token", "tag", "verb_base"]

NOUN_TAGS = ("det", "name", "noun", "num")
"""Tags of the words in a noun phrase."""

_TOKEN = re.compile(
    r"['’]s(?![\w'’])|(?:(?!['’]s(?![\w'’]))[^\s\"“”„(),;?!\[\]…—])+|\S", re.UNICODE
)
_ABBREVIATION = re.compile(r"(?:[a-z]\.)+|(?:mr|mrs|ms|dr|prof|st|gen|gov|sen|rep|capt|jr|sr)\.")
_LISTED = {
    **dict.fromkeys(words.ADVERBS, "adv"),
    **dict.fromkeys(words.CONJUNCTIONS, "conj"),
    **dict.fromkeys(words.PREPOSITIONS, "prep"),
    **dict.fromkeys(words.PRONOUNS, "pron"),
    **dict.fromkeys(words.DETERMINERS, "det"),
    **dict.fromkeys(words.BE | words.HAVE | words.DO | words.MODALS, "aux"),
    **dict.fromkeys(words.WH, "wh"),
}
_SUBJECT_PRONOUNS = frozenset("i we you they he she it one there this that".split())
_ADJECTIVE_ENDINGS = ("able", "ible", "ful", "ous", "less", "ish", "est")
_LY_NOUNS = frozenset("assembly family monopoly rally reply supply".split())
_CAUSATIVES = frozenset("make makes let lets help helps".split())


@dataclass(frozen=True, slots=True)
class Token:
    """A word or punctuation mark with its half-open character range in the text."""

    text: str
    lower: str
    """The word in lower case, without the full stop of an abbreviation."""
    start: int
    end: int
    tag: str
    """wh, aux, det, pron, prep, conj, adv, verb, adj (as a predicate), noun, name (capitalised, or
    a path, option or other identifier), num, poss ('s) or punct."""


def tag(text: str) -> list[Token]:
    """Split a text into tagged words and punctuation marks."""
    found = list[Token]()
    for match in _TOKEN.finditer(text):
        word, start = match[0], match.start()
        if not _ABBREVIATION.fullmatch(word.lower()):
            word = word.rstrip(".:'’") or word
        lower = word.lower().replace("’", "'").rstrip(".")
        kind = _word_tag(word, lower, found[-1].tag if found else "")
        found.append(Token(word, lower, start, start + len(word), kind))
        if rest := match[0][len(word) :]:
            found.append(Token(rest, rest, start + len(word), match.end(), "punct"))
    return _tag_verbs(found)


def verb_base(word: str) -> str | None:
    """Return the base form of a known verb, such as "list" for "lists"; None if unknown."""
    if word in words.VERBS:
        return word
    if base := words.IRREGULAR_VERBS.get(word):
        return base
    for ending, added in (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("d", ""), ("ied", "y")):
        if word.endswith(ending) and word[: -len(ending)] + added in words.VERBS:
            return word[: -len(ending)] + added
    doubled = re.fullmatch(r"(\w+(\w))\2ed", word)
    return doubled[1] if doubled and doubled[1] in words.VERBS else None


def _word_tag(word: str, lower: str, before: str) -> str:
    """Tag a word by itself; every verb and adjective is a noun until `_tag_verbs`."""
    if lower == "'s":
        return "aux" if before in ("wh", "pron") else "poss"
    if not any(character.isalnum() for character in word):
        return "punct"
    if word[0].isdigit():
        return "num"
    listed = _LISTED.get(lower)
    if word == "I" or lower.startswith("i'"):
        return "pron"
    inside = before not in ("", "punct")
    if (word[0].isupper() and inside) or (len(word) > 1 and word.isupper()):
        # "IT", "US" and "May" are names; "Who" in a title and "The" are not.
        return listed if listed in ("wh", "det") and word.capitalize() == word else "name"
    if listed is not None:
        return listed
    if re.search(r"[^\w'’-]|^-|[\d_]|\w[A-Z]", word) or (
        word[0].isupper() and lower not in words.VERBS
    ):
        return "name"
    return "adv" if lower.endswith("ly") and lower not in _LY_NOUNS else "noun"


def _tag_verbs(tokens: list[Token]) -> list[Token]:
    """Retag the nouns that are verbs or predicates in their place."""
    auxiliary: Token | None = None
    """The last auxiliary whose verb has not come yet."""
    asked = False
    """Whether the question asks for the subject, as in "Which command lists ...?"."""
    nouns = 0
    """Nouns since the auxiliary or question word."""
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else None
        if token.tag == "wh":
            auxiliary, asked, nouns = None, token.lower in ("who", "what", "which", "how"), 0
        elif token.lower in words.DO | words.HAVE and auxiliary is not None and nouns:
            tokens[at] = replace(token, tag="verb")
            auxiliary, asked = None, False
        elif token.tag == "aux":
            asked = asked and not nouns
            auxiliary, nouns = token, 0
        elif token.tag in ("name", "num", "pron"):
            nouns += 1
        elif token.tag == "noun":
            kind = _verb_tag(tokens, at, auxiliary, nouns, asked=asked)
            if kind is None:
                nouns += 1
            else:
                tokens[at] = replace(token, tag=kind)
                if before is None or before.lower != "to":
                    auxiliary, asked = None, False
    return tokens


def _verb_tag(
    tokens: Sequence[Token], at: int, auxiliary: Token | None, nouns: int, *, asked: bool
) -> str | None:
    """Return "verb" or "adj" for a word that is no noun in its place."""
    word = tokens[at].lower
    before = next((token for token in reversed(tokens[:at]) if token.tag != "adv"), None)
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    follows = following.tag if following else ""
    if word.endswith("er") and following is not None and following.lower == "than":
        return "adj"
    past = word in words.IRREGULAR_VERBS or (word.endswith("ed") and len(word) > 3 and word[-3] != "e")
    participle = past or (word.endswith("ing") and len(word) > 5)
    if before is None or before.tag == "punct":
        return "verb" if word in words.VERBS and follows else None
    if before.tag in ("det", "poss") or before.lower == "of":
        return None
    if before.lower == "to":
        return "verb" if word in words.VERBS or follows in ("det", "pron") else None
    copula = auxiliary is not None and auxiliary.lower in words.BE | words.HAVE | {"'s"}
    if copula:
        if _is_adjective(word):
            return None if follows in ("noun", "name", "num") else "adj"
        predicate = following is not None and follows == "noun" and _is_adjective(following.lower)
        if participle and (nouns or follows != "noun") and not predicate:
            return "verb"
    elif auxiliary is not None and asked and not nouns:
        return "verb"  # "What will happen?"
    elif auxiliary is not None and nouns:
        known = word in words.VERBS and not (following and following.lower in words.VERBS)
        # With no known verb, the last word before the object or the end is the verb.
        last = before.tag in ("noun", "name", "num") and follows not in (*NOUN_TAGS[1:], "aux", "poss")
        if before.lower in _SUBJECT_PRONOUNS or known or (last and not _verb_follows(tokens, at)):
            return "verb"
    elif before.lower in _SUBJECT_PRONOUNS:
        return "verb"
    elif asked and before.lower != "how":
        start = before.tag == "wh"
        if (start and before.lower == "who") or (
            (verb_base(word) or past)
            and not (start and before.lower == "which")
            and not (start and following and (follows == "aux" or verb_base(following.lower)))
        ):
            return "verb"
    if past and before.tag in ("noun", "name", "num", "wh"):
        return "verb"
    governs = follows in ("det", "pron", "name")
    if word.endswith("ing") and before.tag == "prep" and (governs or follows == "noun"):
        return "verb"
    caused = before.tag in ("noun", "name") and at > 1 and _caused(tokens, at)
    return "verb" if word in words.VERBS and before.tag in ("noun", "name") and (
        governs or caused
    ) else None


def _is_adjective(word: str) -> bool:
    return word in words.ADJECTIVES or (len(word) > 5 and word.endswith(_ADJECTIVE_ENDINGS))


def _verb_follows(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a known verb stands later: "does the file in the folder contain"."""
    return any(t.tag == "noun" and t.lower in words.VERBS for t in tokens[at + 1 :])


def _caused(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a verb such as "make" governs the phrase before: "make my phone charge"."""
    while at and tokens[at - 1].tag in NOUN_TAGS:
        at -= 1
    return at > 0 and tokens[at - 1].lower in _CAUSATIVES
