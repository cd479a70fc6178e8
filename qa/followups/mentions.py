"""The people, places, times and things that a question or an answer mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from qa.followups import lexicon
from qa.followups.syntax import NOMINAL, Syntax, Token, is_verb, tokenise

__all__ = ["Kind", "Mention", "asked_noun", "is_plural", "mention_of", "mentions", "without_aside"]

Kind: TypeAlias = Literal["person", "group", "place", "time", "thing", "name", "quantity"]
Gender: TypeAlias = Literal["male", "female"]

_YEAR = re.compile(r"1\d{3}s?|20\d\ds?")
_LONGEST = 12
"""Words; a longer answer is a sentence rather than a mention."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A noun phrase: half-open characters of its text, and what it seems to stand for."""

    text: str
    start: int
    end: int
    kind: Kind
    """A "name" may be that of anything."""
    plural: bool
    gender: Gender | None
    """None where its words do not tell."""
    head: str
    """Its main noun, in lower case: "council" of "the city council of Ormsay"."""
    named: bool
    """Whether it is a name and nothing else."""
    preposition: str
    """The one in front of it, in lower case; empty without."""


def mentions(syntax: Syntax) -> list[Mention]:
    """Find the noun phrases of a question, in order; one within another comes behind it."""
    tokens = syntax.tokens
    spans = list[tuple[int, int]]()
    rest = 0
    if syntax.asked:
        rest = syntax.asked[1]
        spans += _spans(tokens, _noun(syntax), rest, bare=True)
    if syntax.auxiliary is not None:
        rest = syntax.auxiliary + 1
    if syntax.subject:
        first, rest = syntax.subject
        inside = list(_spans(tokens, first, rest, bare=True))
        joined = any(token.tag == "conj" for token in tokens[first:rest])
        # "the factory in Turin" is one subject, with others in it.
        if inside and not joined and inside[0] != (first, rest):
            spans.append((first, rest))
        spans += inside
    while rest < len(tokens) and tokens[rest].tag == "adv":
        rest += 1
    if rest < len(tokens) and is_verb(tokens[rest]):
        rest += 1
    spans += _spans(tokens, rest, len(tokens), bare=False)
    return [_mention(syntax.text, tokens, *span) for span in spans]


def asked_noun(syntax: Syntax) -> Mention | None:
    """Find what is asked for by name: "villages" in "Which villages were flooded?"."""
    asked = syntax.of(syntax.asked)
    found = mentions(syntax)
    return found[0] if asked and found and found[0].end <= asked[-1].end else None


def mention_of(answer: str) -> Mention | None:
    """Describe an answer as a mention; None when it is no noun phrase, or too long for one."""
    tokens = tokenise(without_aside(answer))
    first = 1 if tokens and tokens[0].tag == "prep" else 0
    last = len(tokens)
    while last > first and tokens[last - 1].tag in ("punct", "poss"):
        last -= 1
    inside = tokens[first:last]
    if first and tokens[0].lower == "to" and inside and inside[0].tag == "word":
        return None  # "to wait"
    clause = any(token.tag in ("pron", "wh", "be", "have", "do", "modal") for token in inside)
    if clause or not 0 < len(inside) <= _LONGEST or inside[0].tag not in (*NOMINAL, "adv"):
        return None
    if inside[0].lower.endswith("ed") and inside[0].tag == "word":
        return None
    return _mention(answer, tokens, first, last)


def without_aside(answer: str) -> str:
    """Cut an answer before what is only said by the way: "Haftar, who is also supported"."""
    return re.split(r",\s+(?:who|whose|whom|which|where)\b", answer)[0].strip().rstrip(",;:.")


def _noun(syntax: Syntax) -> int:
    """Find where the noun of the words asked with begins: behind "which" and "how many"."""
    start, end = syntax.asked or (0, 0)
    while start < end and syntax.tokens[start].tag != "wh":
        start += 1
    if start < end and syntax.tokens[start].lower == "how":
        counted = start + 1 < end and syntax.tokens[start + 1].lower in ("many", "much")
        return start + 2 if counted else end
    return start + 1


def _spans(
    tokens: Sequence[Token], start: int, end: int, *, bare: bool
) -> Iterator[tuple[int, int]]:
    """Find noun phrases, and those in them; with `bare` also a noun that nothing marks as one."""
    at = start
    while at < end:
        if tokens[at].lower == "that" and at + 1 < end and tokens[at + 1].tag == "name":
            at += 1  # "Why was it that Haftar left?"
        stop = _phrase_end(tokens, at, end)
        phrase = tokens[at:stop]
        marked = any(token.tag != "word" for token in phrase)
        if phrase and phrase[-1].tag != "det" and (bare or marked or is_plural(phrase[-1].lower)):
            yield at, stop
            for inner in range(at + 1, stop):
                if tokens[inner].tag == "poss":
                    yield at, inner
                elif tokens[inner].lower == "of" and inner + 1 < stop:
                    yield inner + 1, stop
        at = max(stop, at + 1)


def _phrase_end(tokens: Sequence[Token], start: int, end: int) -> int:
    """Find the end of the noun phrase that begins at `start`; `start` itself when none does."""
    if tokens[start].tag not in NOMINAL:
        return start
    at = start + 1
    while at < end:
        following = tokens[at + 1].tag if at + 1 < end else ""
        if not _belongs(tokens[at], tokens[at - 1], following):
            break
        at += 1
    return at


def _belongs(token: Token, before: Token, following: str) -> bool:
    """Tell whether a word goes on with a noun phrase."""
    if token.tag == "word":
        past = token.lower in lexicon.IRREGULAR_PAST or token.lower.endswith("ed")
        return before.tag == "det" or before.lower == "of" or not past
    if token.tag == "adv":
        return before.tag == "det"  # "the first ferry"
    if token.tag == "poss" or token.lower == "of":
        return following in NOMINAL
    if token.lower == "and":
        return (before.tag, following) == ("name", "name")
    return token.tag in ("name", "num") or (token.tag == "det" and before.lower == "of")


def _mention(text: str, tokens: Sequence[Token], first: int, last: int) -> Mention:
    phrase = tokens[first:last]
    before = tokens[first - 1] if first else None
    preposition = before.lower if before is not None and before.tag == "prep" else ""
    core = [token for token in phrase if token.tag != "det"] or list(phrase)
    owner = max((at for at, token in enumerate(core) if token.tag == "poss"), default=-1)
    own = core[owner + 1 :] or core
    end = next((at for at, token in enumerate(own) if token.tag == "prep" and at), len(own))
    main, head = own[:end], own[end - 1]
    joining = lexicon.PARTICLES | {"and", "of"}
    named = all(token.tag == "name" or token.lower in joining for token in core)
    several = any(token.lower == "and" for token in core)
    kind = _kind(core, main)
    if kind is None:
        definite = phrase[0].tag == "det"
        kind = _kind_of_name(core, definite, preposition) if named else "thing"
    plural = several or (
        kind not in ("time", "quantity")
        and not head.text[0].isupper()
        and (is_plural(head.lower) or (core[0].tag == "num" and len(core) > 1))
    )
    return Mention(
        text=text[phrase[0].start : phrase[-1].end],
        start=phrase[0].start,
        end=phrase[-1].end,
        kind=kind,
        plural=plural,
        gender=None if several or kind not in ("person", "name") else _gender(main),
        head=head.lower,
        named=named,
        preposition=preposition,
    )


def _kind(core: Sequence[Token], main: Sequence[Token]) -> Kind | None:
    """Tell what a phrase stands for from its words; None when they do not tell.

    Its main part is "prime minister" of "Italy's prime minister in 1994".
    """
    words, head = [token.lower for token in core], main[-1].lower
    dated = [word for word in words if word in lexicon.TIMES or _YEAR.fullmatch(word)]
    others = {word for word in words if word not in dated and not word[:1].isdigit()}
    if dated and others <= {"last", "next", "early", "late", "first", "end", "beginning", "of"}:
        return "time"
    if core[0].tag == "num" and (head in lexicon.UNITS or all(t.tag == "num" for t in core)):
        return "quantity"
    if words[0] in lexicon.COUNTRIES and core[-1].tag == "name":
        return "place"
    if head in lexicon.PLACES:
        return "place"
    if head in lexicon.GROUPS:
        return "group"
    title = main[-1].tag == "name" and any(token.lower in lexicon.PERSONS for token in main)
    people = {"men", "women", "people", "children", "police"}
    if title or {head, head.removesuffix("s")} & (lexicon.PERSONS | people):
        return "person"
    return None


def _kind_of_name(core: Sequence[Token], definite: bool, preposition: str) -> Kind:
    words = [token.lower for token in core]
    if definite or set(words) & lexicon.GROUPS:
        return "group"
    if preposition in ("in", "at", "near"):
        return "place"
    if words[0] in lexicon.MALE | lexicon.FEMALE:
        return "person"
    if "of" in words:
        return "thing"
    return "person" if 2 <= len(words) <= 4 else "name"


def _gender(core: Sequence[Token]) -> Gender | None:
    for token in core:
        if token.lower in lexicon.MALE:
            return "male"
        if token.lower in lexicon.FEMALE:
            return "female"
    return None


def is_plural(word: str) -> bool:
    """Tell whether a noun in lower case looks like a plural."""
    return word in lexicon.IRREGULAR_PLURAL or (
        len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "ics"))
    )
