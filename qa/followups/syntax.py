"""The parts of an English question: its words, what it asks with, its auxiliary and subject.

No tagger and no model: closed lists and the fixed order of words in questions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.followups import lexicon

__all__ = ["NOMINAL", "Syntax", "Token", "is_verb", "parse", "tokenise"]

NOMINAL = ("det", "name", "word", "num")
"""Tags of what a noun phrase is made of."""

_TOKEN = re.compile(
    r"['’]s\b|(?:[A-Z]\.){2,}|[^\W_](?:(?!['’]s\b)['’&/.,-]?[^\W_])*|[^\w\s]", re.UNICODE
)
_TAGS = [
    (lexicon.WH, "wh"),
    (lexicon.BE, "be"),
    (lexicon.HAVE, "have"),
    (lexicon.DO, "do"),
    (lexicon.MODALS, "modal"),
    (lexicon.DETERMINERS, "det"),
    (lexicon.PRONOUNS, "pron"),
    (lexicon.PREPOSITIONS, "prep"),
    (lexicon.CONJUNCTIONS | {"if", "because", "while"}, "conj"),
    (lexicon.ADVERBS, "adv"),
    (lexicon.NUMBERS, "num"),
]
_TAGS_IN_TITLES = [(lexicon.WH, "wh"), (lexicon.DETERMINERS, "det")]
_AUXILIARIES = ("be", "have", "do", "modal")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign of a text: half-open characters, and the class of the word."""

    text: str
    start: int
    end: int
    tag: str

    @property
    def lower(self) -> str:
        """The word without capitals, and without the full stop of an abbreviation."""
        return self.text.lower().rstrip(".")


@dataclass(frozen=True, slots=True)
class Syntax:
    """A question taken apart, as far as it shows its parts: half-open ranges of tokens."""

    text: str
    tokens: tuple[Token, ...]
    asked: tuple[int, int] | None
    """The words asked with, "in which year" or "who"."""
    auxiliary: int | None
    """The auxiliary behind them, or at the beginning of a question for yes or no."""
    subject: tuple[int, int] | None
    """The subject behind the auxiliary; None when it is what is asked for."""

    @property
    def word(self) -> str:
        """The question word, in lower case; empty when none was recognised."""
        return next((token.lower for token in self.of(self.asked) if token.tag == "wh"), "")

    @property
    def adverbial(self) -> bool:
        """Whether a time, a place, a reason, a manner or a measure is asked for."""
        words = [token.lower for token in self.of(self.asked)]
        prepositional = self.asked is not None and self.tokens[self.asked[0]].tag == "prep"
        return prepositional or (
            self.word in ("when", "where", "why", "how") and not {"many", "much"} & set(words)
        )

    def of(self, part: tuple[int, int] | None) -> tuple[Token, ...]:
        """Give the tokens of a part."""
        return self.tokens[slice(*part)] if part else ()


def parse(text: str) -> Syntax:
    """Take a question apart."""
    tokens = tokenise(text)
    asked = _asked(tokens)
    at = asked[1] if asked else 0
    while at < len(tokens) and tokens[at].tag in ("adv", "conj"):
        at += 1
    auxiliary = at if at < len(tokens) and tokens[at].tag in _AUXILIARIES else None
    subject = None if auxiliary is None else _subject(tokens, auxiliary, asked)
    return Syntax(text, tuple(tokens), asked, auxiliary, subject)


def tokenise(text: str) -> list[Token]:
    """Split a text into words and signs, and tag each."""
    found = list[Token]()
    for match in _TOKEN.finditer(text):
        word, start, end = match[0], match.start(), match.end()
        if word == "." and found and found[-1].end == start:
            before = found[-1].text
            if before.lower() in lexicon.ABBREVIATED or re.fullmatch("[A-Z]", before):
                found[-1] = Token(f"{before}.", found[-1].start, end, "name")
                continue
        found.append(Token(word, start, end, _tag(word, first=not found)))
    return found


def is_verb(token: Token, *, participle: bool = False) -> bool:
    """Tell whether a word may be a verb; with `participle`, one as it stands behind "be"."""
    if token.tag != "word":
        return False
    word = token.lower
    if word in lexicon.IRREGULAR_PAST or (word.endswith("ed") and len(word) > 4):
        return True
    if participle:
        return word in lexicon.ADJECTIVES or (word.endswith("ing") and len(word) > 5)
    return bool({word, word.removesuffix("s"), word.removesuffix("es")} & lexicon.VERBS)


def _tag(word: str, *, first: bool) -> str:
    lower = word.lower().replace("’", "'")
    if lower == "'s":
        return "poss"
    if not word[0].isalnum():
        return "punct"
    if word[0].isdigit():
        return "num"
    # "US" and "IT" are names where "us" and "It" are none; so are "May" and "Will" in a text.
    name = word[0].isupper() and (not first or (len(word) > 1 and word.isupper()))
    if name:
        closed = {"wh": lexicon.WH, "det": lexicon.DETERMINERS}
        return next(
            (tag for tag, words in closed.items() if word.capitalize() == word and lower in words),
            "name",
        )
    known = next((tag for words, tag in _TAGS if lower in words), None)
    if known is not None:
        return known
    if word[0].isupper() and lower not in lexicon.VERBS:
        return "name"
    return "adv" if lower.endswith("ly") and lower not in lexicon.NOT_ADVERBS else "word"


def _asked(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Find the question word at the beginning, with its noun or adjective."""
    start = 0
    while start < len(tokens) and tokens[start].tag == "conj":
        start += 1
    tags = [token.tag for token in tokens[start : start + 2]]
    at = start + 1 if tags == ["prep", "wh"] else start
    if at >= len(tokens) or tokens[at].tag != "wh":
        return None
    word, end = tokens[at].lower, at + 1
    following = tokens[end] if end < len(tokens) else None
    if following is None or word in ("who", "whom"):
        return start, end
    if word in ("when", "where", "why"):
        # "When Ada left, who came?" begins with a clause of its own.
        return (start, end) if following.tag in (*_AUXILIARIES, "adv", "punct") else None
    if word == "how" and following.lower not in ("many", "much"):
        return start, end + (following.tag in ("word", "adv"))
    return start, _noun_end(tokens, end + (word == "how"), verbless=word != "what")


def _noun_end(tokens: Sequence[Token], start: int, *, verbless: bool) -> int:
    """Find the end of the noun asked for: "type of ship" in "Which type of ship sank?"."""
    at = start
    while at < len(tokens):
        of = tokens[at].lower == "of" or tokens[at - 1].lower == "of"
        if not of and tokens[at].tag not in ("word", "name", "num", "poss"):
            break
        # "Which show" has a noun at once, "What show" as well where a verb follows.
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        noun = following is not None and (is_verb(following) or following.tag in _AUXILIARIES)
        if is_verb(tokens[at]) and not (at == start and (verbless or noun)):
            break
        at += 1
    return at


def _subject(
    tokens: Sequence[Token], auxiliary: int, asked: tuple[int, int] | None
) -> tuple[int, int] | None:
    """Find the subject behind an auxiliary; None when it is what is asked for."""
    start = auxiliary + 1
    while start < len(tokens) and tokens[start].tag == "adv":
        start += 1
    if start >= len(tokens) or tokens[start].tag not in (*NOMINAL, "pron"):
        return None
    following = tokens[start + 1] if start + 1 < len(tokens) else None
    demonstrative = tokens[start].lower in ("this", "that", "these", "those")
    if tokens[start].tag == "pron" or (
        demonstrative and (following is None or following.tag not in NOMINAL or is_verb(following))
    ):
        return start, start + 1
    participle = tokens[auxiliary].tag in ("be", "have")
    free = asked is not None and tokens[asked[0]].lower not in ("when", "where", "why")
    word = tokens[start].tag == "word"
    governs = word and following is not None and following.tag in ("det", "pron", "name")
    if free and (governs or is_verb(tokens[start], participle=participle)):
        return None
    end = _subject_end(tokens, start, participle=participle)
    open_end = end >= len(tokens) or not is_verb(tokens[end], participle=True)
    copular = tokens[auxiliary].tag == "be" and open_end
    measured = asked is not None and tokens[asked[0]].lower == "how"
    # "Who is the mayor?" asks for a subject, "Where is the mayor?" has one.
    return None if free and copular and not measured else (start, end)


def _subject_end(tokens: Sequence[Token], start: int, *, participle: bool) -> int:
    """Find the verb, or the end, behind the subject that begins at `start`."""
    at, nouns = start, 0
    while at < len(tokens) and tokens[at].tag in (*NOMINAL, "adv", "prep", "conj", "poss"):
        token, before = tokens[at], tokens[at - 1].tag
        begins = token.tag == "det" and before not in ("prep", "conj")
        aside = token.tag == "adv" and before != "det"
        beyond = participle and token.tag == "prep" and token.lower != "of"
        if nouns and (begins or aside or beyond):
            break
        # "did the annual report say": of two words that may be the verb, the later one is.
        later = at + 1 < len(tokens) and tokens[at + 1].lower in lexicon.VERBS
        verb = is_verb(token, participle=participle) and (participle or not later)
        if nouns and verb and before != "prep":
            return at
        nouns += token.tag in ("word", "name", "num")
        at += 1
    if participle:
        return at
    # No verb is known: in "did the dog bark at Ada", it is the last word of the first stretch.
    end = start + 1
    while end < at and tokens[end].tag in ("word", "name", "num", "poss"):
        end += 1
    several = end - start - (tokens[start].tag == "det") > 1
    return end - 1 if several and tokens[end - 1].tag == "word" else end
