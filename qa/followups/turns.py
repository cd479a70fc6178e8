"""Turns of a conversation and what a follow-up question may refer to in them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache

from qa.followups.phrases import Phrase, Question, answer_phrase, parse

__all__ = ["Turn", "mentioned"]


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question and its answer."""

    question: str
    """The question as it was understood."""
    answer: str | None
    """The words of the answer; None if the documents did not answer."""


@lru_cache(maxsize=256)
def mentioned(turn: Turn) -> tuple[Question, list[Phrase]]:
    """Return the question of a turn and its phrases, the most likely to be referred to first."""
    question = parse(turn.question)
    asked = question.asked
    found = [phrase for phrase in question.phrases if phrase.role != "asked"]
    answer = _answer(turn.answer, question) if turn.answer else None
    if turn.answer and asked is not None and question.word == "how":
        found = [asked, *found]  # "How many villages were flooded?"
    if answer is None:
        return question, found
    first = [phrase for phrase in found if phrase.role == "subject"]
    new = answer.text.lower().startswith(("a ", "an "))
    if new:
        answer = dataclasses.replace(answer, text=f"the {answer.text.split(' ', 1)[1]}")
    order = [answer, *first] if new else [*first, answer]
    return question, [*order, *(phrase for phrase in found if phrase not in first)]


def _answer(answer: str, question: Question) -> Phrase | None:
    """Return a short answer as a phrase of the kind that the question asks for."""
    phrase = answer_phrase(answer)
    if phrase is None or question.word in ("how", "why", ""):
        return None
    if question.word == "where":
        return dataclasses.replace(phrase, preposition=phrase.preposition or "in", role="asked")
    if question.word == "when":
        return dataclasses.replace(phrase, kind="time")
    if question.word in ("who", "whom") and phrase.kind == "name":
        return dataclasses.replace(phrase, kind="person")
    if question.asked is not None and phrase.kind in ("name", "quantity"):
        return dataclasses.replace(phrase, kind=question.asked.kind)
    return phrase
