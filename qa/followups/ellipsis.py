"""Complete questions without a verb ("Why?", "And in Libya?") from the question before."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from qa.followups.phrases import Phrase, Question, answer_phrase, parse
from qa.followups.tagging import tag, verb_base
from qa.followups.turns import Turn

__all__ = ["complete"]

_LEAD = r"(?:(?:and|but|so|or|ok|okay)\b,?\s+)?"
_BARE = re.compile(
    rf"{_LEAD}(why|when|where|how|since when|by whom|how many)(?:\s+exactly)?\s*[?.!]*",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    rf"(?:{_LEAD}(?:what|how)\s+about|and|but|or)\s+(.+?)(?:\s+(?:instead|too))?\s*[?.!]*",
    re.IGNORECASE,
)
_PLACED = re.compile(r"((?:in|on|at|during|since|for|from|to|with)\s.+?)\s*\?+", re.IGNORECASE)
_MAX_WORDS = 7
_REFERRING = frozenset("this that these those his her its their".split())
_PLACE_PREPOSITIONS = ("in", "on", "at")


def complete(question: str, last: Turn) -> str | None:
    """Complete a question that has no verb with the words of the question before.

    Args:
        question: "Why?", "And in Libya?", "What about Mr. Kalin?" and the like.
        last: The turn before.

    Returns:
        None if the question has its own verb or does not fit the one before.
    """
    # Collapsed spaces keep the patterns from backtracking over runs of spaces.
    question = " ".join(question.split())
    answer = last.answer
    if match := _BARE.fullmatch(question):
        return _ask_again(match[1].capitalize(), parse(last.question), answer)
    if match := _INSTEAD.fullmatch(question) or _PLACED.fullmatch(question):
        # "What about purge?" after an answer with "purge" asks about that word.
        known = answer is not None and match[1].lower() in answer.lower()
        return None if known else _substitute(match[1], parse(last.question))
    return None


def _ask_again(asking: str, earlier: Question, answer: str | None) -> str | None:
    """Ask for the reason, time, place or number instead."""
    asked, auxiliary, verb = earlier.asked, earlier.auxiliary, earlier.verb
    if asking == "How many":
        start = next((i for i, t in enumerate(earlier.tokens) if asked and t.start > asked.end), None)
        if asked is None or not asked.plural or start is None:
            return None
        return f"{asking} {asked.text} {earlier.text_from(start)}?"
    if asked is not None:
        return None
    if auxiliary is not None and earlier.word in ("", "when", "where", "how", "why"):
        subject = earlier.tokens[auxiliary + 1].lower if auxiliary + 1 < len(earlier.tokens) else ""
        if earlier.word and subject in ("i", "we", "you"):
            return None  # "Why?" after "How do I install it?" does not ask "Why do I install it?"
        rest = earlier.text_from(auxiliary)
        return f"{asking} {rest[0].lower()}{rest[1:]}?"
    said = answer_phrase(answer) if answer else None
    if said is None or said.kind in ("quantity", "time") or earlier.word not in ("who", "what"):
        return None
    if auxiliary is not None:
        if any(phrase.role == "subject" for phrase in earlier.phrases) and verb is not None:
            return f"{asking} {earlier.text_from(auxiliary)} {said.text}?"
        form = earlier.tokens[auxiliary].text
        return f"{asking} {form} {said.text} {earlier.text_from(auxiliary + 1)}?"
    # "Who headed the delegation?" becomes "When did Önal head the delegation?".
    form = earlier.tokens[verb].lower if verb is not None else ""
    base = verb_base(form)
    if base is None or verb is None:
        return None
    do = "does" if form.endswith("s") else "did" if form != base else "do"
    return f"{asking} {do} {said.text} {base} {earlier.text_from(verb + 1)}".rstrip() + "?"


def _substitute(phrase: str, earlier: Question) -> str | None:
    """Ask the same question about something else."""
    tokens = tag(phrase)
    new = answer_phrase(phrase)
    if new is None or len(tokens) > _MAX_WORDS or tokens[-1].lower in ("one", "else", "way"):
        return None
    if _REFERRING.intersection(token.lower for token in tokens):
        return None
    if earlier.auxiliary is None and earlier.verb is None:
        return None
    found = [p for p in earlier.phrases if p.kind != "quantity"]
    if tokens[0].tag == "prep":
        return _substitute_placed(phrase[0].lower() + phrase[1:], new, found, earlier)
    if verb_base(tokens[0].lower):
        return None  # "What about purge?" may be about an action
    owner = ("'", "’")
    candidates = [p for p in found if p.role != "asked" and earlier.text[p.end] not in owner]
    alike = [p for p in candidates if "time" not in (p.kind, new.kind)]
    old = (
        _first(candidates, lambda p: p.kind == "time" == new.kind)
        or _first(candidates, lambda p: p.head == new.head)
        or _first(alike, lambda p: (p.named, p.kind, p.plural) == (new.named, new.kind, new.plural))
        or _first(alike, lambda p: p.plural == new.plural)
        or (alike[0] if len(alike) == 1 and alike[0].role == "other" else None)
    )
    return None if old is None else earlier.text[: old.start] + phrase + earlier.text[old.end :]


def _substitute_placed(
    phrase: str, new: Phrase, found: Sequence[Phrase], earlier: Question
) -> str | None:
    """Replace "in Syria" by "in Libya", or add it at the end."""
    others = [p for p in found if p.kind != "time"]
    same = (
        _first(found, lambda p: p.kind == "time" == new.kind)
        or _first(others, lambda p: p.preposition == new.preposition)
        or _first(others, lambda p: {p.preposition, new.preposition} <= set(_PLACE_PREPOSITIONS))
    )
    if same is None:
        return f"{earlier.text.rstrip(' ?.!')} {phrase}?"
    start = earlier.text[: same.start].rstrip().rfind(" ") + 1 if same.preposition else same.start
    return f"{earlier.text[:start]}{phrase}{earlier.text[same.end :]}"


def _first(found: Sequence[Phrase], condition: Callable[[Phrase], bool]) -> Phrase | None:
    return next((phrase for phrase in found if condition(phrase)), None)
