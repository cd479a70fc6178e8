"""Turns of a conversation and the phrases that a follow-up question may refer to."""

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
    found = [phrase for phrase in question.phrases if phrase.role != "asked"]
    counted = question.asked
    if question.word == "how" and counted is not None and turn.answer:
        # "How many villages were flooded?"
        found = [dataclasses.replace(counted, text=f"the {counted.text}"), *found]
    answer = _answer(turn.answer, question) if turn.answer else None
    if answer is None:
        return question, found
    subjects = [phrase for phrase in found if phrase.role == "subject"]
    others = [phrase for phrase in found if phrase.role != "subject"]
    defined = question.verb is None and question.auxiliary is not None  # "What is a VPN?"
    if answer.text.lower().startswith(("a ", "an ")) and not defined:
        # What an answer introduces is referred to first.
        answer = dataclasses.replace(answer, text=f"the {answer.text.split(' ', 1)[1]}")
        return question, [answer, *subjects, *others]
    return question, [*subjects, answer, *others]


def _answer(answer: str, question: Question) -> Phrase | None:
    """Return a short answer as a phrase of the kind that the question asks for."""
    phrase = answer_phrase(answer)
    if phrase is None or question.word in ("how", "why", ""):
        return None
    if question.word == "when":
        return dataclasses.replace(phrase, kind="time")
    if question.word in ("who", "whom") and phrase.kind == "name":
        return dataclasses.replace(phrase, kind="person")
    if question.asked is not None and phrase.kind == "name":
        return dataclasses.replace(phrase, kind=question.asked.kind)
    return phrase
