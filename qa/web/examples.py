"""Example questions, made from sentences of the documents by rules, without a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from embeddings import Document, sentences

__all__ = ["example_questions"]

_CHARACTERS_READ = 6000
"""How much of a document's beginning is looked at."""

_MONTH = (
    r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)\w*\.?"  # with and without a point
)
_NAME = r"[A-Z][\w'’-]+(?: (?:[a-z]{2,3} )?[A-Z][\w'’-]+){1,2}"
_AUXILIARY = r"will|was|were|is|are|has|have|had"

_HEADED = re.compile(
    r"\b[Aa]n? ((?:[\w'’-]+ ){0,3}[\w'’-]+) "
    r"(headed|led|founded|written|built|chaired|organi[sz]ed|designed) by [A-Z]"
)
_WHEN = re.compile(
    rf"^((?:[\w'’-]+ ){{1,5}}?)({_AUXILIARY}) ((?:[\w'’-]+ ){{1,7}}?)"
    rf"(?:on|in|until) (?:{_MONTH} ?\d|\d{{1,2}} {_MONTH}|(?:1[6-9]|20)\d\d\b)"
)
_HOW_MANY = re.compile(
    r"^(?:At least |About |Some |Around |More than |Nearly )?"
    r"(?:\d[\d,]*|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en) "
    rf"([a-z]+s|people|men|women|children) ({_AUXILIARY}) ((?:[\w'’-]+ ){{1,8}}?[\w'’-]+)[.,;]"
)
_WHO_IS = re.compile(rf"({_NAME}), (?:an?|the) ((?:[\w'’-]+ ){{0,9}}[\w'’-]+),")

_NO_PERSON = re.compile(
    r"\b(?:city|town|village|capital|company|river|country|region|province|party|group|team|"
    r"newspaper|agency|ship|club|island|street|museum|bridge|airport)\b"
)
_NO_SUBJECT = frozenset(
    "he she it they we i you this that these those there who which its his her their our next last "
    "both others another said".split()
)
_NO_NAME = re.compile(r"\b(?:said|says?|Corp|Inc|Ltd|Co|Bank|University|Monday|Tuesday)\b")
_JOINTS = re.compile(r"\b(?:and|or|that|the|said|of|for|through|by|to|as)\b")


def example_questions(documents: Sequence[Document], wanted: int = 4) -> list[str]:
    """Make questions that the documents are likely to answer, of different kinds first.

    Where no rule fits, which holds for documents in other languages than English, the titles are
    asked for.
    """
    found: dict[str, str] = {}
    for rule in (_headed, _when, _how_many, _who_is):
        for document in documents:
            question = next(_questions(document, rule), None)
            if question is not None and question not in found:
                found[question] = document.id
    # One question a document as long as that gives enough, so that they show what there is.
    first, seen = [], set[str]()
    for question, document_id in found.items():
        if document_id not in seen:
            seen.add(document_id)
            first.append(question)
    chosen = [*first, *(question for question in found if question not in first)][:wanted]
    titles = [f"What is known about “{known.title}”?" for known in documents if known.title]
    return chosen if chosen else titles[:wanted]


def _questions(document: Document, rule: Callable[[str, str], str | None]) -> Iterator[str]:
    text = document.text[:_CHARACTERS_READ]
    for start, end in sentences(text):
        question = rule(" ".join(text[start:end].split()), text)
        if question is not None:
            yield question


def _headed(sentence: str, _text: str) -> str | None:
    match = _HEADED.search(sentence)
    return f"Who {match[2]} the {match[1]}?" if match and not _JOINTS.search(match[1]) else None


def _when(sentence: str, text: str) -> str | None:
    match = _WHEN.match(sentence)
    if match is None:
        return None
    subject, auxiliary, rest = match[1].strip(), match[2], match[3].strip()
    first, *others = subject.split()
    if first.lower() in _NO_SUBJECT or "said" in others or _JOINTS.fullmatch(rest.split()[-1]):
        return None
    # Only its place in the sentence gave a capital to a word that has none elsewhere.
    if re.search(rf"\b{re.escape(first.lower())}\b", text):
        subject = " ".join([first.lower(), *others])
    elif not others and first.endswith("s"):  # "Schools" may be a name, or not
        return None
    return f"When {auxiliary} {subject} {rest}?"


def _how_many(sentence: str, _text: str) -> str | None:
    match = _HOW_MANY.match(sentence)
    return f"How many {match[1]} {match[2]} {match[3]}?" if match else None


def _who_is(sentence: str, _text: str) -> str | None:
    match = _WHO_IS.search(sentence)
    if match is None or _NO_PERSON.search(match[2]) or _NO_NAME.search(match[1]):
        return None
    return f"Who is {match[1]}?"
