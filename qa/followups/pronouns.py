"""Replace pronouns in a follow-up question with the noun phrases they refer to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from qa.followups import words
from qa.followups.phrases import Phrase, Question, parse
from qa.followups.tagging import Token, tag
from qa.followups.turns import Turn, mentioned

__all__ = ["replace_pronouns"]

_PRONOUNS = {
    **dict.fromkeys(("he", "him", "his"), "he"),
    **dict.fromkeys(("she", "her"), "she"),
    **dict.fromkeys(("it", "its"), "it"),
    **dict.fromkeys(("they", "them", "their"), "they"),
}
_POSSESSIVES = ("his", "her", "its", "their")
_EMPTY_PREDICATES = frozenset(
    """true possible correct ok okay raining snowing cold dark late early time like worth going
    called""".split()
)
_EMPTY_VERBS = frozenset("""take takes took matter matters happen happens seem seems feel hurt look looks sound
    sounds""".split())
_CLAUSE_STARTS = frozenset("to that when if whether".split())
_MAX_WORDS = 9

_SURE, _POSSIBLE, _NO = 2, 1, 0


def replace_pronouns(question: str, history: Sequence[Turn]) -> str | None:
    """Replace each pronoun that the question itself does not explain.

    Args:
        question: A question with its own verb.
        history: Earlier turns, oldest first.

    Returns:
        None if there is nothing to replace or no phrase fits.
    """
    parsed = parse(question.lower() if question.isupper() else question)
    found = dict[str, Phrase]()
    edits = list[tuple[int, int, str]]()
    for at, word in _references(parsed):
        phrase = None if word in found else _antecedent(word, history, found.values(), parsed, at)
        if phrase is not None:
            found[word] = phrase
            edits.append(_edit(parsed, at, phrase))
    text = parsed.text
    for start, end, replacement in reversed(edits):
        text = text[:start] + replacement + text[end:]
    return text if edits else None


def _references(question: Question) -> Iterator[tuple[int, str]]:
    """Find the tokens that refer to something outside the question, and what each refers to."""
    for at in range(len(question.tokens)):
        word = _referring_word(question, at)
        if word is not None and not _explained(question, at, word):
            yield at, word


def _referring_word(question: Question, at: int) -> str | None:
    """Return the subject form of a pronoun that may refer to an earlier turn; else None."""
    token = question.tokens[at]
    if sum(t.text in ('"', "“", "”") for t in question.tokens[:at]) % 2:
        return None  # inside quotation marks
    word = _PRONOUNS.get(token.lower)
    if word is None or token.tag not in ("pron", "det"):
        return None
    if word == "it" and token.lower != "its" and _is_empty_it(question, at):
        return None
    return word


def _is_empty_it(question: Question, at: int) -> bool:
    """Return whether "it" refers to nothing: "Is it true?", "How long does it take to boot?"."""
    later = [token.lower for token in question.tokens[at + 1 :]]
    near = {token.lower for token in question.tokens[max(at - 1, 0) : at + 3]}
    be = bool(near & words.BE)
    if near & _EMPTY_VERBS or (be and near & _EMPTY_PREDICATES):
        return True
    described = words.ADJECTIVES.intersection(later[:3]) or near & {"cost", "costs", "mean", "means"}
    return bool(_CLAUSE_STARTS.intersection(later) and described) or (be and "that" in later)


def _explained(question: Question, at: int, word: str) -> bool:
    """Return whether the question itself contains what a pronoun refers to."""
    token, following = question.tokens[at], _at(question, at + 1)
    own = [p for p in question.phrases if p.end <= token.start and _may_explain(p, word)]
    if _is_possessive(question, at):
        # "Who lost his seat?", but not "Who is his wife?".
        return bool(own) or (question.word == "who" and question.auxiliary is None and word != "it")
    # Within one clause, an object pronoun does not refer to the subject.
    embedded = at != (question.auxiliary or 0) + 1 and following is not None and (
        following.tag in ("aux", "verb")
    )
    return any(embedded or _clause_between(question, phrase, at) for phrase in own)


def _clause_between(question: Question, phrase: Phrase, at: int) -> bool:
    """Return whether another clause starts between a phrase and a token."""
    return any(
        token.tag in ("punct", "conj", "wh")
        or token.lower in ("before", "after", "that", "since", "until")
        or (token.tag == "verb" and token.lower.endswith("ing"))
        for token in question.tokens[:at]
        if token.start >= phrase.end
    )


def _may_explain(phrase: Phrase, word: str) -> bool:
    return _fit(phrase, word) != _NO or (phrase.named and phrase.kind not in ("time", "quantity"))


def _antecedent(
    word: str, history: Sequence[Turn], taken: Iterable[Phrase], question: Question, at: int
) -> Phrase | None:
    """Return the phrase of the latest turn that fits a pronoun."""
    excluded = {phrase.key for phrase in [*taken, *question.phrases]}
    for position in reversed(range(len(history))):
        asked, candidates = mentioned(history[position])
        if any(reference == word for _, reference in _references(asked)):
            return None  # the same pronoun could not be replaced in that question
        known = {p.key for p in mentioned(history[position - 1])[1]} if position else set()
        candidates = [p for p in candidates if p.key not in excluded and _is_plain(p)]
        # After "What is a VPN?" and "What is the purpose of a VPN?", "it" is the VPN.
        candidates.sort(key=lambda p: p.key not in known and any(p.key.endswith(k) for k in known))
        if _is_possessive(question, at):
            candidates = [p for p in candidates if not re.search("['’]", p.text)]
        for level in (_SURE, _POSSIBLE):
            for phrase in candidates:
                if _fit(phrase, word) == level and _agrees(phrase, word, question, at):
                    return phrase
    return None


def _is_plain(phrase: Phrase) -> bool:
    """Return whether a phrase is short and has no verb or pronoun."""
    tokens = tag(phrase.text)
    return len(tokens) <= _MAX_WORDS and not {"pron", "wh", "aux", "verb", "punct"}.intersection(
        token.tag for token in tokens
    )


def _agrees(phrase: Phrase, word: str, question: Question, at: int) -> bool:
    """Return whether verb forms allow the phrase: not "How much do a nurse earn?"."""
    if word != "they" or phrase.plural or question.tokens[at].lower != "they":
        return True
    near = [_at(question, at - 1), _at(question, at + 1)]
    return not {"do", "don't", "are", "were", "have", "aren't"} & {t.lower for t in near if t}


def _fit(phrase: Phrase, word: str) -> int:
    """Return how well a phrase fits a pronoun."""
    kind, subject = phrase.kind, phrase.role == "subject"
    definite = phrase.text.lower().startswith("the ")
    if word in ("he", "she"):
        if phrase.plural or phrase.gender == ("female" if word == "he" else "male"):
            return _NO
        if kind == "person" and (phrase.named or definite):
            return _SURE
        personal = kind == "name" and subject and not phrase.preposition and not definite
        return _POSSIBLE if personal and not phrase.text.isupper() else _NO
    if word == "it":
        levels = {"thing": _SURE, "group": _SURE, "name": _SURE if subject else _POSSIBLE}
        return _NO if phrase.plural else levels.get(kind, _NO)
    if phrase.plural:
        return _SURE
    if phrase.gender or not (subject or kind == "group") or not (phrase.named or definite):
        return _NO
    return _SURE if kind in ("group", "name", "person") else _NO


def _edit(question: Question, at: int, phrase: Phrase) -> tuple[int, int, str]:
    """Return the character range to replace and its replacement."""
    start, end, text = question.tokens[at].start, question.tokens[at].end, phrase.text
    if text.startswith(("The ", "A ", "An ", "My ", "Our ", "Your ")):
        text = text[0].lower() + text[1:]
    if not _is_possessive(question, at):
        return start, end, text
    owned = _owned(question, at)
    if owned is not None and re.search(r"\s(?:of|in|on|for|with)\s", text):
        return start, owned.end, f"the {question.text[end : owned.end].strip()} of {text}"
    return start, end, f"{text}'" if phrase.plural and text.endswith("s") else f"{text}'s"


def _is_possessive(question: Question, at: int) -> bool:
    following = _at(question, at + 1)
    if question.tokens[at].lower != "her":
        return question.tokens[at].lower in _POSSESSIVES
    return following is not None and following.tag in ("noun", "name", "num")


def _owned(question: Question, at: int) -> Token | None:
    """Return the last token of the noun phrase after a possessive pronoun."""
    last = None
    for token in question.tokens[at + 1 :]:
        if token.tag not in ("noun", "name", "num"):
            break
        last = token
    return last


def _at(question: Question, at: int) -> Token | None:
    return question.tokens[at] if 0 <= at < len(question.tokens) else None
