"""Pronouns and the like replaced by what they stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.followups import lexicon
from qa.followups.mentions import Mention, asked_noun, is_plural, mentions
from qa.followups.syntax import Syntax, Token, is_verb, parse

__all__ = ["resolve"]

_WORDS = {
    **dict.fromkeys(("he", "him", "his"), "he"),
    **dict.fromkeys(("she", "her"), "she"),
    **dict.fromkeys(("it", "its", "this", "that"), "it"),
    **dict.fromkeys(("they", "them", "their", "these", "those"), "they"),
    "there": "there",
    "then": "then",
}
_POSSESSIVES = ("his", "her", "its", "their")
_DEMONSTRATIVES = ("this", "that", "these", "those")
_QUOTES = ('"', "“", "”")
_PLACING = ("in", "at", "near", "on", "to", "from")
_AUXILIARIES = lexicon.BE | lexicon.DO | lexicon.HAVE | lexicon.MODALS
_EMPTY = frozenset("take takes took cost costs seem seems mean means".split())
"""Verbs with which "it" may stand for what follows: "How long does it take to sail there?"."""
_MOTION = frozenset(
    """go goes going went gone come comes coming came travel traveled travelled fly flew move moved
    return returned sail sailed send sent""".split()
)
_SURE, _POSSIBLE, _LAST_RESORT, _NO = 3, 2, 1, 0


@dataclass(frozen=True, slots=True)
class _Reference:
    """Words that stand for something said before: half-open tokens."""

    first: int
    last: int
    word: str
    """What they ask for: "he", "she", "it", "they", "there", "then", or the noun of "that year"."""


def resolve(question: str, earlier: Sequence[Sequence[Mention]]) -> str:
    """Replace what the question itself does not explain.

    Args:
        question: with a clause of its own.
        earlier: what was mentioned in each turn before, the latest turn first, and in each the
            likeliest to be spoken of again first.

    Returns:
        The question itself where there is nothing to replace, or nothing to replace it with.
    """
    clause = parse(question)
    own = mentions(clause)
    found = dict[str, Mention]()
    edits = list[tuple[_Reference, str]]()
    for at in range(len(clause.tokens)):
        reference = _reference(clause, at)
        # Once it is said who "he" is, "he" and "his" may follow.
        if reference is None or reference.word in found:
            continue
        if _is_explained(clause, own, reference):
            continue
        antecedent = _antecedent(reference.word, earlier, [*own, *found.values()])
        if antecedent is not None:
            found[reference.word] = antecedent
            edits.append((reference, _form(clause, reference, antecedent)))
    if not edits:
        return question
    for reference, words in reversed(edits):
        start, end = clause.tokens[reference.first].start, clause.tokens[reference.last - 1].end
        question = question[:start] + words + question[end:]
    question = re.sub(r"^\s*(?:and|but|so)\b,?\s+", "", question, flags=re.IGNORECASE)
    return question[0].upper() + question[1:]


def _antecedent(
    word: str, earlier: Sequence[Sequence[Mention]], taken: Sequence[Mention]
) -> Mention | None:
    """Find what a word stands for: in the latest turn that mentions something fitting."""
    names = {_undetermined(mention) for mention in taken}
    turns = [[m for m in turn if _undetermined(m) not in names] for turn in earlier]
    order = [(turn, level) for turn in turns for level in (_SURE, _POSSIBLE)]
    order += [(turn, _LAST_RESORT) for turn in turns]
    return next((m for turn, level in order for m in turn if _fit(m, word) == level), None)


def _fit(mention: Mention, word: str) -> int:
    """Tell how well a mention fits what a word asks for, in kind, number and gender."""
    kind = mention.kind
    if word in ("he", "she"):
        fits = not mention.plural and mention.gender != ("female" if word == "he" else "male")
        return {"person": _SURE, "name": _POSSIBLE}.get(kind, _NO) if fits else _NO
    if word == "it":
        levels = {"thing": _SURE, "group": _SURE, "place": _SURE, "name": _POSSIBLE}
        return _NO if mention.plural else levels.get(kind, _NO)
    if word == "they":
        anyone = _LAST_RESORT if mention.gender is None else _NO
        levels = {"group": _POSSIBLE, "person": anyone}
        return _SURE if mention.plural else levels.get(kind, _NO)
    if word == "there":
        placed = kind == "name" and mention.preposition in _PLACING
        return _SURE if kind == "place" else _POSSIBLE if placed else _NO
    if word == "then" or word in lexicon.TIMES:
        return _SURE if kind == "time" else _NO
    return _fit_noun(mention, word)


def _fit_noun(mention: Mention, noun: str) -> int:
    """Tell how well a mention fits "this treaty" or "that man"."""
    if mention.head == noun:
        return _SURE
    if noun in lexicon.PERSONS:
        fits = [_fit(mention, word) for word in ("he", "she")]
        return fits[0] if noun in lexicon.MALE else fits[noun in lexicon.FEMALE] or max(fits)
    kinds = {"place": lexicon.PLACES, "group": lexicon.GROUPS}
    return _SURE if mention.named and noun in kinds.get(mention.kind, ()) else _NO


def _reference(clause: Syntax, at: int) -> _Reference | None:
    """Recognise a word that may stand for something said before."""
    token, before, following = clause.tokens[at], _token(clause, at - 1), _token(clause, at + 1)
    word = _WORDS.get(token.lower)
    if word is None or token.tag not in ("pron", "det"):
        return None
    if sum(sign.text in _QUOTES for sign in clause.tokens[:at]) % 2:
        return None  # it stands in a quotation
    if token.lower in _DEMONSTRATIVES:
        # Behind a noun, "that" begins a clause: "the man that left".
        clausal = before is not None and before.tag in ("word", "name") and not is_verb(before)
        if clausal:
            return None
        if following is not None and following.tag == "word":
            deictic = token.lower == "this" and following.lower in lexicon.TIMES
            one = token.lower in ("this", "that")
            agrees = one != is_plural(following.lower)  # not so in "said that nurses"
            return _Reference(at, at + 2, following.lower) if agrees and not deictic else None
        final = following is None or following.tag == "punct"
        behind_verb = before is not None and (before.tag == "prep" or is_verb(before))
        return _Reference(at, at + 1, word) if final and behind_verb else None
    if word == "it" and token.lower != "its" and _is_empty_it(clause, at):
        return None
    if word == "there" and _is_existential(before, following):
        return None
    return _Reference(at, at + 1, word)


def _is_empty_it(clause: Syntax, at: int) -> bool:
    """Tell whether "it" stands for what comes after it: "Is it true that", "it takes to"."""
    later = [token.lower for token in clause.tokens[at + 1 :]]
    around = {token.lower for token in clause.tokens[max(at - 1, 0) : at + 3]}
    if not {"to", "that", "when", "if", "for", "like", "from"} & set(later):
        return False
    adjective = bool(set(later[:3]) & lexicon.ADJECTIVES)
    if around & _EMPTY or (around & {"make", "makes", "made"} and adjective):
        return True
    return bool(around & lexicon.BE) and (
        adjective or bool({"that", "when", "if", "from"} & set(later))
    )


def _is_existential(before: Token | None, following: Token | None) -> bool:
    """Tell "Are there ferries?" from "Who was there?"."""
    return before is None or "be" in {token.tag for token in (before, following) if token}


def _is_explained(clause: Syntax, own: Sequence[Mention], reference: _Reference) -> bool:
    """Tell whether a question says itself what a word of it stands for."""
    at, word = reference.first, reference.word
    token = clause.tokens[at]
    fitting = [m for m in own if _may_explain(m, word) and m.start != token.start]
    if word == "there":
        return any(m.end <= token.start and m.preposition in _PLACING for m in own)
    if word == "then":
        clauses = {"when", "if", "after", "before", "once", "and"}
        return bool(fitting) or any(t.lower in clauses for t in clause.tokens[:at])
    if clause.asked is None and clause.auxiliary is None:
        return bool(fitting)
    fitting = [m for m in fitting if m.end <= token.start]
    noun = asked_noun(clause)
    if clause.subject == (at, reference.last):
        return any(m != noun for m in fitting)
    personal = word in ("he", "she", "it", "they")
    if personal and not _is_possessive(clause, at) and token.lower not in ("he", "she", "they"):
        return any(not _is_apart(clause, m, at) for m in fitting)
    behind = clause.asked[1] if clause.asked else 0
    relative = any(t.tag == "wh" for t in clause.tokens[behind:at])
    if fitting or relative:
        return True
    return personal and _is_asked_for(clause, at, word, named=noun is not None)


def _is_asked_for(clause: Syntax, at: int, word: str, *, named: bool) -> bool:
    """Tell whether a word may stand for who or what is asked for.

    In "Who lost his seat?" and "What is named for its colour?" it does; in "Who is his wife?" and
    "What caused its fall?" it does not.
    """
    if clause.subject or at - 1 == clause.auxiliary:
        return False
    before = _token(clause, at - 1)
    behind = before is not None and before.tag == "prep"
    return clause.word == "who" or behind or (named and word in ("he", "she"))


def _may_explain(mention: Mention, word: str) -> bool:
    """Tell whether a word may stand for a mention in the same question; in doubt it may."""
    named = any(part[0].isupper() for part in mention.text.split())
    if word == "they":  # "Did Hyundai cut their prices?"
        return mention.plural or (named and mention.kind not in ("time", "quantity"))
    # What "Carter's aunt" is, its words do not tell, nor whether "Great Britain" is a person.
    unknown = mention.kind == "thing" or (mention.kind == "person" and word == "it")
    return _fit(mention, word) != _NO or (named and unknown and mention.gender is None)


def _is_apart(clause: Syntax, mention: Mention, at: int) -> bool:
    """Tell whether an object cannot be what a mention before it is.

    So it is with the subject of its own clause: in "What did Turkey say about it?", "it" is not
    Turkey.
    """
    noun = asked_noun(clause)
    part = clause.subject or clause.asked
    subjects = [noun.start] if noun else []
    subjects += [token.start for token in clause.of(clause.subject)[:1]]
    if part is None or mention.start not in subjects:
        return False
    between = clause.tokens[part[1] : at + 1]
    return not any(
        token.lower in lexicon.SUBORDINATORS - {"to"} | _AUXILIARIES
        or token.lower.endswith("ing")
        or (token.lower == "to" and following.tag == "word")
        for token, following in pairwise(between)
    )


def _is_possessive(clause: Syntax, at: int) -> bool:
    following = _token(clause, at + 1)
    if clause.tokens[at].lower != "her":
        return clause.tokens[at].lower in _POSSESSIVES
    return following is not None and (
        following.tag in ("word", "name", "num") or following.lower in ("first", "last", "next")
    )


def _form(clause: Syntax, reference: _Reference, antecedent: Mention) -> str:
    """Put the antecedent as its place in the question wants it."""
    words = antecedent.text
    first, _, rest = words.partition(" ")
    if first.lower() in ("a", "an"):
        words = f"the {rest}"
    elif antecedent.plural and (first[0].isdigit() or first.lower() in lexicon.NUMBERS):
        words = f"the {words}"
    if _is_possessive(clause, reference.first):
        return f"{words}'" if antecedent.plural and words.endswith("s") else f"{words}'s"
    before = _token(clause, reference.first - 1)
    if before is not None and before.tag == "prep":
        return words
    if reference.word == "there":
        moving = before is not None and before.lower in _MOTION
        placing = antecedent.preposition if antecedent.preposition in ("at", "on") else "in"
        return f"{'to' if moving else placing} {words}"
    if antecedent.kind == "time":
        return _at_time(antecedent, words)
    return words


def _at_time(antecedent: Mention, words: str) -> str:
    if antecedent.preposition in ("in", "on", "at", "during"):
        return f"{antecedent.preposition} {words}"
    parts = words.lower().replace(",", " ").split()
    if parts[0] in ("last", "next", "yesterday", "today", "tomorrow"):
        return words
    day = any((part.isdigit() and len(part) < 3) or part.endswith("day") for part in parts)
    return f"{'on' if day else 'in'} {words}"


def _token(clause: Syntax, at: int) -> Token | None:
    return clause.tokens[at] if 0 <= at < len(clause.tokens) else None


def _undetermined(mention: Mention) -> str:
    return re.sub(r"^(?:the|an?)\s+", "", mention.text.casefold())
