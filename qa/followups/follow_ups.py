"""Follow-up questions made to stand alone, from what was asked and answered before.

No language model, three rules:

1. A question without a clause of its own ("Why?", "And in Libya?") takes that of the question
   before it: ellipsis.py.
2. A pronoun, "there", "then" or "that year" which nothing in the question itself explains stands
   for the latest mention that fits it in kind, number and gender: anaphora.py. Within a turn
   the subject comes first, which is the answer where "who" or "which" asks for the subject; then
   the answer; then the rest in order. What an answer brings in as new ("a bridge") precedes even
   the subject.
3. Every other question stays as it is, character by character, and so does each word for which
   nothing fits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from qa.followups.anaphora import resolve
from qa.followups.ellipsis import complete
from qa.followups.mentions import Kind, Mention, asked_noun, mention_of, mentions
from qa.followups.syntax import Syntax, parse

__all__ = ["Turn", "standalone"]


_MEMORY = 10
"""Turns; what was said longer ago is not referred to."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question asked earlier, and what was said to it."""

    question: str
    """As it was understood: standing alone."""
    answer: str | None
    """The words given; None when the documents did not answer."""


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Say a follow-up question so that it can be understood without the conversation.

    Args:
        question: the question as it was asked.
        history: what was asked and answered before, oldest first.

    Returns:
        The question itself where it stands alone already, or where nothing in the history helps.
    """
    if not history:
        return question
    completed = complete(question, history[-1].question, history[-1].answer)
    if completed is not None:
        return completed
    return resolve(question, [_salient(turn) for turn in reversed(history[-_MEMORY:])])


def _salient(turn: Turn) -> list[Mention]:
    """List what a turn mentions, the likeliest to be spoken of next first."""
    clause = parse(turn.question)
    found = mentions(clause)
    described = _described(clause, found)
    first = list[Mention]()
    if clause.subject:
        start, end = clause.of(clause.subject)[0].start, clause.of(clause.subject)[-1].end
        first = [mention for mention in found if start <= mention.start and mention.end <= end]
    elif described is not None and described.named:
        first = [described]
    answer = None if turn.answer is None else _answer(turn.answer, clause, described)
    if answer is not None:
        new = answer.text.lower().startswith(("a ", "an "))
        first = [answer, *first] if new else [*first, answer]
    return [*first, *(mention for mention in found if mention not in first)]


def _described(clause: Syntax, found: Sequence[Mention]) -> Mention | None:
    """Find whom or what "Who is the mayor?" and "Who is Ada Berg?" ask about."""
    if clause.auxiliary is None or clause.subject or clause.word not in ("who", "what"):
        return None
    end = clause.tokens[clause.auxiliary].end
    behind = [mention for mention in found if mention.start == end + 1]
    return behind[0] if behind else None


def _answer(answer: str, clause: Syntax, described: Mention | None) -> Mention | None:
    """Describe an answer by its own words and by what was asked for."""
    mention = mention_of(answer)
    kinds: dict[str, Kind] = {"where": "place", "when": "time"}
    if mention is None or clause.word in ("how", "why"):
        return None
    like = asked_noun(clause) or described
    kind = kinds.get(clause.word, mention.kind)
    if clause.word in ("who", "whom") and mention.named and mention.kind in ("name", "thing"):
        kind = "person"
    elif like is not None and mention.kind not in ("place", "group") and not like.named:
        # The capital of Kenya is a place, and so is Nairobi; "the name of" something tells nothing.
        kind = mention.kind if like.kind == "thing" and not mention.named else like.kind
    return dataclasses.replace(mention, kind=kind)
