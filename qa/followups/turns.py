"""Turns of a conversation and the phrases that a follow-up question may refer to."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from qa.dates.vocabulary import NUMBERS
from qa.followups.phrases import Phrase, Question, answer_phrase, parse
from qa.followups.words import PLACES


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question and its answer."""

    question: str
    """The question, with follow-ups rewritten."""
    answer: str | None
    """The text of the answer; None if there was no answer."""


@lru_cache(maxsize=256)
def mentioned(turn: Turn) -> tuple[Question, tuple[Phrase, ...]]:
    """Return the question of a turn and the phrases of the turn, most likely antecedents first."""
    question = parse(turn.question)
    found = [phrase for phrase in question.phrases if phrase.role != "asked"]
    subjects = [phrase for phrase in found if phrase.role == "subject"]
    others = [phrase for phrase in found if phrase.role != "subject"]
    defined = question.verb is None  # "What is a VPN?"
    if defined and question.word == "who":
        # "Who is Ada Berg?", "Who is the chair of the council?"
        subjects = [
            replace(p, kind="person")
            if (p.named and not p.preposition) or (p is subjects[0] and " of " in p.text)
            else p
            for p in subjects
        ]
    asked, answer = question.asked, _answer(turn.answer, question)
    if question.word == "how" and asked is not None:
        # "How many villages were flooded?"
        return question, (replace(asked, text=f"the {asked.text}"), *found)
    if answer is None:
        return question, (*subjects, *others)
    # "What does the council plan?" - "a bridge", or "Who is the architect?" - "Jonas Okafor".
    new = answer.text.lower().startswith(("a ", "an ")) and not (defined or answer.preposition)
    relative = any(  # "Ada's father", but not "the CEO of Ayton"
        not p.text.startswith("the ") and (p.named or re.search("['’]", p.text))
        for p in subjects[:1]
    )
    named = question.word == "who" and not relative
    if new:
        answer = replace(answer, text=f"the {answer.text.split(' ', 1)[1]}")
    if new or named:
        return question, (answer, *subjects, *others)
    after = 1 if relative else len(subjects)
    first = [*subjects[:after], answer, *subjects[after:]]
    return question, (*first, *others)


def _answer(answer: str | None, question: Question) -> Phrase | None:
    """Return a short answer as a phrase of the kind that the question asks for."""
    phrase = answer_phrase(answer or "")
    if phrase is None or question.word in ("how", "why", ""):
        return None
    if phrase.text[0].isdigit() or phrase.head in NUMBERS:  # "8 GB of RAM"
        return None
    if question.word in ("who", "whom"):
        return replace(phrase, kind="person")
    heads = {one.head for one in question.phrases}
    if question.word == "where" or not heads.isdisjoint(PLACES):
        place = "in" if phrase.preposition in ("", "to") else phrase.preposition
        phrase = replace(phrase, preposition=place)
    if question.asked is not None:
        return replace(phrase, kind=question.asked.kind)
    return phrase
