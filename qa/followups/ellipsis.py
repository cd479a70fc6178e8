"""Questions of a few words ("Why?", "And in Libya?") filled up from the question before."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from qa.followups import lexicon
from qa.followups.mentions import Mention, asked_noun, mention_of, mentions, without_aside
from qa.followups.syntax import Syntax, parse, tokenise

__all__ = ["complete"]

_LEAD = r"\s*(?:(?:and|but|so|or)\b,?\s+)?"
_END = r"\s*[?.!]*\s*"
_BARE = re.compile(
    rf"{_LEAD}((?:(?:by|with|from|to|for|of|about|in|on|at|since|until|till|against)\s+)?"
    r"(?:why|when|where|who|whom|what|how(?:\s+(?!about\b|come\b)\w+)?|"
    rf"(?:which|what)\s+(?:day|month|year|city|country|place)))(?:\s+exactly)?{_END}",
    re.IGNORECASE,
)
_THAT = re.compile(
    rf"{_LEAD}(when|where|why|how)\s+(?:(?:is|was)\s+(?:that|this)|did\s+(?:that|this)\s+happen|"
    rf"did\s+(?:he|she|it|they)\s+do\s+(?:it|that|this|so)){_END}",
    re.IGNORECASE,
)
_ELSE = re.compile(rf"{_LEAD}(who|what|where)\s+else{_END}", re.IGNORECASE)
_COUNT = re.compile(
    rf"{_LEAD}(how (?:many|much))\s+((?:is|are|was|were|has|have|had)\s+\w+){_END}", re.IGNORECASE
)
_INSTEAD = re.compile(
    rf"\s*(?:(?:(?:and|but|so|or)\b,?\s+)?(?:what|how)\s+about|and|but|or)\s+(.+?){_END}",
    re.IGNORECASE,
)
_PLACED = re.compile(r"\s*((?:in|on|at|during|since|for|from|to)\s.+?)\s*\?+\s*", re.IGNORECASE)
_LONGEST_PHRASE = 8
"""Words; a longer phrase hardly takes the place of another one."""
_LONGEST_ANSWER = 30
"""Words; a longer answer is not said again."""


def complete(question: str, earlier: str, answer: str | None) -> str | None:
    """Fill up a question that lacks its clause with that of the question before.

    Args:
        question: "Why?", "By whom?", "When was that?", "Who else?", "How many were killed?", "And
            in Libya?", "What about Mr. Kalin?" and the like.
        earlier: the question before, standing alone.
        answer: what was said to it, if anything.

    Returns:
        None when the question has a clause of its own, or when the one before does not fit.
    """
    # One space between words: patterns that allow several would try each way to share them out.
    question = " ".join(question.split())
    clause = parse(earlier)
    if match := _BARE.fullmatch(question) or _THAT.fullmatch(question):
        return _ask_anew(_capitalised(match[1]), clause, answer)
    if match := _ELSE.fullmatch(question):
        return _ask_for_others(_capitalised(match[1]), clause, answer)
    if match := _COUNT.fullmatch(question):
        return _count(_capitalised(match[1]), match[2], clause)
    if match := _INSTEAD.fullmatch(question) or _PLACED.fullmatch(question):
        return _replace(match[1], clause)
    return None


def _ask_anew(asking: str, clause: Syntax, answer: str | None) -> str | None:
    """Ask something else about the same clause."""
    for_words = asking in ("Who", "Whom", "What")
    if clause.asked is None:
        whole = _rest(clause, 0)
        yes_or_no = clause.auxiliary == 0 and not for_words
        return f"{asking} {whole[0].lower()}{whole[1:]}?" if yes_or_no else None
    rest = _rest(clause, clause.asked[1])
    if asking in ("How many", "How much") and not clause.adverbial:
        counted = asked_noun(clause) or (mention_of(answer) if answer else None)
        return f"{asking} {counted.text} {rest}?" if counted and counted.plural else None
    if clause.adverbial or for_words:
        return f"{asking} {rest}?" if clause.adverbial != for_words else None
    said = _said(clause, answer)
    if clause.subject:
        return f"{asking} {rest} {said}?"
    if clause.auxiliary is not None:
        auxiliary = clause.tokens[clause.auxiliary].text
        return f"{asking} {auxiliary} {said} {_rest(clause, clause.auxiliary + 1)}?"
    # "Who dismissed it?" becomes "Why was it that Haftar dismissed it?": the verb keeps its form.
    verb = clause.tokens[clause.asked[1]].lower if clause.asked[1] < len(clause.tokens) else ""
    present = {verb, verb.removesuffix("s"), verb.removesuffix("es")} & lexicon.VERBS
    return f"{asking} {'is' if present else 'was'} it that {said} {rest}?"


def _ask_for_others(asking: str, clause: Syntax, answer: str | None) -> str | None:
    """Ask the same question for further answers."""
    if clause.asked is None or asking.lower() != clause.word:
        return _ask_anew(f"{asking} else", clause, answer) if asking == "Where" else None
    asked = clause.of(clause.asked)
    words = clause.text[asked[0].start : asked[-1].end]
    return f"{words} else {_rest(clause, clause.asked[1])}?"


def _count(asking: str, verb: str, clause: Syntax) -> str | None:
    """Count the same things, of which something else is said."""
    counted = asked_noun(clause)
    if counted is None or clause.asked is None or clause.subject:
        return None
    # What stands behind the verb, "in the earthquake", is the same.
    behind = clause.asked[1] + (1 if clause.auxiliary is None else 2)
    return f"{asking} {counted.text} {verb} {_rest(clause, behind)}".rstrip() + "?"


def _replace(phrase: str, clause: Syntax) -> str | None:
    """Ask the same question about something else."""
    wanted = re.sub(r"\sones?$", "", phrase)
    tokens = tokenise(wanted)
    verbs = lexicon.IRREGULAR_PAST | lexicon.BE | lexicon.DO | lexicon.HAVE | lexicon.MODALS
    own = {"my", "your", "our", "his", "her", "its", "their", "this", "that", "these", "those"}
    new = mention_of(wanted)
    if (
        new is None
        or len(tokens) > _LONGEST_PHRASE
        or any(token.tag in ("wh", "pron", "punct") for token in tokens)
        or any(token.lower in verbs | own or token.lower.endswith("ed") for token in tokens)
    ):
        return None
    found = [mention for mention in mentions(clause) if mention.kind != "quantity"]
    if wanted != phrase:
        old = next((m for m in found if not m.named and m.head in m.text.split()[1:]), None)
        # "the Russian one" takes the noun of "the Turkish delegation".
        return _with(clause, old, f"{wanted} {old.head}") if old else None
    if tokens[0].tag == "prep":
        return _replace_placed(phrase[0].lower() + phrase[1:], new, found, clause)
    subject = clause.of(clause.subject)
    # What is like it best comes first; of equals, the subject and then what stands earlier.
    found.sort(key=lambda m: not (subject and subject[0].start <= m.start < subject[-1].end))
    old = _first(
        found,
        lambda m: m.kind == "time" == new.kind,
        lambda m: not m.named and m.head == new.head,
        lambda m: m.named == new.named and m.kind == new.kind,
        lambda m: m.named == new.named and _may_be_alike(m, new),
        lambda m: m.kind == new.kind and m.plural == new.plural,
    )
    return _with(clause, old, phrase) if old else None


def _replace_placed(
    phrase: str, new: Mention, found: Sequence[Mention], clause: Syntax
) -> str | None:
    """Put "in Libya" where "in Syria" stood; at the end, where nothing of the kind did."""
    subject = clause.of(clause.subject)
    others = [m for m in found if not subject or not subject[0].start <= m.start < subject[-1].end]
    same_use = _first(
        others,
        lambda m: m.kind == "time" == new.kind,
        lambda m: m.preposition == new.preposition and "time" not in (m.kind, new.kind),
    )
    if same_use is not None:
        before = clause.text[: same_use.start].rstrip()
        start = len(before) - len(same_use.preposition)
        return f"{clause.text[:start].rstrip()} {phrase}{clause.text[same_use.end :]}"
    same_kind = _first(others, lambda m: m.kind == new.kind and m.named and new.named)
    if same_kind is not None:
        return _with(clause, same_kind, new.text)
    return f"{_rest(clause, 0)} {phrase}?"


def _first(found: Sequence[Mention], *conditions: Callable[[Mention], bool]) -> Mention | None:
    """Find the first mention that meets the earliest condition that any meets."""
    return next((m for condition in conditions for m in found if condition(m)), None)


def _may_be_alike(one: Mention, other: Mention) -> bool:
    kinds = {one.kind, other.kind}
    return "time" not in kinds and kinds != {"person", "place"} and one.plural == other.plural


def _with(clause: Syntax, old: Mention, new: str) -> str:
    return clause.text[: old.start] + new + clause.text[old.end :]


def _said(clause: Syntax, answer: str | None) -> str:
    """Give the words that stand for what was asked for: the answer, if there is one."""
    noun = asked_noun(clause)
    if answer is None or len(answer.split()) > _LONGEST_ANSWER:
        return noun.text if noun else "someone" if clause.word.startswith("who") else "something"
    words = without_aside(answer)
    counted = noun is not None and clause.word == "how" and noun.head not in words.lower()
    return f"{words} {noun.text}" if noun and counted else words


def _rest(clause: Syntax, at: int) -> str:
    """Give the text from a token on, without the sign at its end."""
    start = clause.tokens[at].start if at < len(clause.tokens) else len(clause.text)
    return clause.text[start:].rstrip(" \t\r\n?.!")


def _capitalised(words: str) -> str:
    return words[0].upper() + words[1:].lower()
