"""Noun phrases in questions and answers that a follow-up may refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from qa.followups import words
from qa.followups.tagging import NOUN_TAGS, Token, tag

__all__ = ["Phrase", "Question", "answer_phrase", "is_plural", "parse"]

Kind: TypeAlias = Literal["person", "group", "time", "quantity", "name", "thing"]
Role: TypeAlias = Literal["asked", "subject", "other"]

_YEAR = re.compile(r"(?:1\d|20)\d\ds?")
_MAX_ANSWER_WORDS = 10
_TIME_WORDS = frozenset("last next early late first end beginning of".split())
_UNSPECIFIC = words.DETERMINERS - frozenset("a an the my your our".split())
"""First words of phrases that do not introduce anything: "any album", "this article"."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase with its half-open character range and what it seems to name."""

    text: str
    start: int
    end: int
    kind: Kind
    """A "name" may be the name of anything."""
    plural: bool
    gender: Literal["male", "female"] | None
    """None if unknown."""
    head: str
    """The main noun in lower case: "council" in "the city council of Ormsay"."""
    named: bool
    """Whether it is a name without other nouns."""
    preposition: str
    """The preposition before it, in lower case; empty if there is none."""
    role: Role
    """Whether it is what the question asks for ("which town"), its subject, or neither."""

    @property
    def key(self) -> str:
        """The text for comparison: lower case, without an article."""
        return re.sub(r"^(?:the|an?)\s+", "", self.text.casefold())


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the token indexes of its parts; None for a part that it lacks."""

    text: str
    tokens: tuple[Token, ...]
    word: str
    """The question word in lower case; empty if there is none."""
    auxiliary: int | None
    """The auxiliary after the question phrase, or at the start of a yes/no question."""
    verb: int | None
    """The main verb, or the predicate of a form of be."""
    phrases: tuple[Phrase, ...]
    """In order; a phrase inside another one follows it."""

    def text_from(self, at: int) -> str:
        """Return the text from a token on, without final punctuation."""
        return self.text[self.tokens[at].start :].rstrip(" ?.!") if at < len(self.tokens) else ""

    @property
    def asked(self) -> Phrase | None:
        """The noun asked for: "towns" in "Which towns were flooded?"."""
        return next((phrase for phrase in self.phrases if phrase.role == "asked"), None)


def parse(text: str) -> Question:
    """Find the parts of a question (of the last one, if the text has several sentences)."""
    tokens = tag(text)
    start = _last_sentence(tokens)
    while start < len(tokens) and tokens[start].tag in ("conj", "adv", "punct"):
        start += 1
    first = start
    while start < len(tokens) and tokens[start].tag == "prep":
        start += 1
    word = tokens[start].lower if start < len(tokens) and tokens[start].tag == "wh" else ""
    start = start if word else first
    auxiliary = verb = None
    for at in range(start, len(tokens)):
        kind = tokens[at].tag
        if kind == "aux" and auxiliary is None and verb is None and (word or at == start):
            auxiliary = at
        elif kind in ("verb", "adj") and verb is None:
            verb = at
        elif at > start and kind in ("wh", "conj", "punct"):
            break
    asked = start + 1 if word in ("which", "what", "whose") else -1
    if word == "how" and start + 1 < len(tokens) and tokens[start + 1].lower in ("many", "much"):
        asked = start + 2
    found = list[Phrase]()
    for first, last in _spans(tokens):
        if last < start and tokens[last].tag == "punct" and not (first and tokens[first - 1].tag != "punct"):
            continue  # an exclamation: "Great!"
        role: Role = "other"
        if asked >= 0 and asked <= first and all(t.tag != "aux" for t in tokens[asked:last]):
            role = "asked" if verb is None or last <= verb else "other"
        elif auxiliary is not None and auxiliary < first and (verb is None or last <= verb):
            role = "subject"
        found.append(_phrase(text, tokens, first, last, role))
    return Question(text, tuple(tokens), word, auxiliary, verb, tuple(found))


def answer_phrase(answer: str) -> Phrase | None:
    """Return a short answer as a phrase; None if it is long or not a noun phrase."""
    answer = re.split(r",\s+(?:who|whose|whom|which|where)\b", answer[:200])[0].strip(" \t\n.,;:")
    tokens = tag(answer)
    first = 1 if tokens and tokens[0].tag == "prep" and tokens[0].lower != "to" else 0
    inside = tokens[first:]
    if not 0 < len(inside) <= _MAX_ANSWER_WORDS or inside[0].tag not in NOUN_TAGS:
        return None
    if any(t.tag not in (*NOUN_TAGS, "prep", "conj", "poss") for t in inside):
        return None  # a clause, a command line or a list
    known_verb = inside[0].tag == "noun" and inside[0].lower in words.VERBS
    participle = any(t.tag == "noun" and t.lower.endswith("ed") for t in (inside[0], inside[-1]))
    if known_verb or participle or inside[-1].tag not in ("name", "noun", "num"):
        return None
    return _phrase(answer, tokens, first, len(tokens), "other")


def is_plural(word: str) -> bool:
    """Return whether a noun in lower case looks like a plural."""
    return word in words.IRREGULAR_PLURALS or (
        len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    )


def _last_sentence(tokens: Sequence[Token]) -> int:
    """Return the index of the first token of the last sentence."""
    ends = [at for at, t in enumerate(tokens[:-1]) if t.tag == "punct" and t.text[0] in ".?!"]
    return next((at + 1 for at in reversed(ends) if tokens[at + 1].tag != "punct"), 0)


def _spans(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Find noun phrases and the phrases inside them ("PostgreSQL" in "the port of PostgreSQL")."""
    at = 0
    while at < len(tokens):
        end = at
        while end < len(tokens) and _belongs(tokens, at, end):
            end += 1
        if _introduces(tokens, at, end):
            yield at, end
            for inner in range(at + 1, end):
                if tokens[inner].tag == "poss":
                    yield at, inner
                elif tokens[inner].lower == "of" and _introduces(tokens, inner + 1, end):
                    yield inner + 1, end
        at = max(end, at + 1)


def _belongs(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Return whether a token starts a noun phrase or continues the one from `start`."""
    token = tokens[at]
    if at == start:
        return token.tag in NOUN_TAGS
    before, following = tokens[at - 1], tokens[at + 1].tag if at + 1 < len(tokens) else ""
    if token.tag == "adv":
        return before.tag == "det" and following in NOUN_TAGS
    if token.tag == "poss" or token.lower == "of":
        return following in NOUN_TAGS
    if token.lower == "and":
        return before.tag == "name" and following == "name"
    return token.tag in ("name", "noun", "num") or (token.tag == "det" and before.lower == "of")


def _introduces(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Return whether words form a noun phrase that a pronoun may refer to."""
    phrase = tokens[start:end]
    if not phrase or phrase[-1].tag in ("det", "adv", "prep"):
        return False
    lower = [token.lower for token in phrase]
    if lower[0] in _UNSPECIFIC or "other" in lower or words.ADJECTIVES.issuperset(lower):
        return False
    if lower[:2] == ["a", "lot"] or (end < len(tokens) and tokens[end].lower in ("one", "ones")):
        return False
    if lower[0].endswith("ing") and phrase[0].tag == "noun" and len(phrase) > 1:
        return False  # "having similar symptoms"
    if any(token.tag != "noun" for token in phrase) or is_plural(lower[-1]):
        return True
    # Only its position shows that a word without a determiner is a noun.
    before = tokens[start - 1] if start else None
    return before is None or before.tag in ("prep", "verb", "aux", "wh", "adv")


def _phrase(text: str, tokens: Sequence[Token], first: int, last: int, role: Role) -> Phrase:
    phrase = tokens[first:last]
    before = tokens[first - 1] if first else None
    core = [token for token in phrase if token.tag != "det"] or list(phrase)
    # "prime minister" is the main part of "Italy's prime minister in spring".
    main = core[: next((at for at, t in enumerate(core) if t.tag == "prep" and at), len(core))]
    owner = max((at for at, token in enumerate(main[:-1]) if token.tag == "poss"), default=-1)
    main = main[owner + 1 :]
    head = main[-1]
    joined = any(token.lower == "and" for token in core)
    named = all(token.tag == "name" or token.lower in ("and", "of") for token in core)
    kind = _kind(core, main, named=named)
    plural = head.tag == "noun" and kind not in ("time", "quantity")
    given = {token.lower for token in main}
    return Phrase(
        text=text[phrase[0].start : phrase[-1].end],
        start=phrase[0].start,
        end=phrase[-1].end,
        kind=kind,
        plural=joined or (plural and is_plural(head.lower)),
        gender="male" if given & words.MALE else "female" if given & words.FEMALE else None,
        head=head.lower,
        named=named,
        preposition=before.lower if before is not None and before.tag == "prep" else "",
        role=role,
    )


def _kind(core: Sequence[Token], main: Sequence[Token], *, named: bool) -> Kind:
    lower, head = [token.lower for token in core], main[-1].lower
    dated = [word for word in lower if word in words.TIMES or _YEAR.fullmatch(word)]
    others = {word for word in lower if word not in dated and not word[:1].isdigit()}
    if dated and others <= _TIME_WORDS:
        return "time"
    if core[0].tag == "num" and (head in words.UNITS or all(token.tag == "num" for token in core)):
        return "quantity"
    if head in words.GROUPS or (named and words.GROUPS.intersection(lower)):
        return "group"
    title = main[-1].tag == "name" and any(token.lower in words.TITLES for token in main)
    given_name = named and main[0].lower in words.MALE | words.FEMALE
    if title or given_name or {head, head.removesuffix("s")} & words.PERSONS:
        return "person"
    return "name" if named and all(token.text[0].isupper() for token in main) else "thing"
