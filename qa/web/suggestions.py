"""Suggested questions, made from sentences of the documents and checked with the reader."""

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from embeddings import Document, sentences
from qa.server.service import Service
from qa.web.document_list import DocumentList

WANTED = 3
"""Number of suggested questions."""

_SAMPLED = 24
"""Number of documents, evenly spread over the list, that questions are made from."""

_MAX_CHECKED = 8
"""Number of candidates that are asked."""

_MIN_SCORE = 0.5
"""Lowest score of the answer to a suggested question."""

_CHARACTERS_READ = 6000
"""Length of the beginning of a document that is used."""

_CACHED = 8
"""Number of document selections whose questions are cached."""

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)\w*\.?"
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

_NOT_A_PERSON = re.compile(
    r"\b(?:city|town|village|capital|company|river|country|region|province|party|group|team|"
    r"newspaper|agency|ship|club|island|street|museum|bridge|airport)\b"
)
_NOT_A_SUBJECT = frozenset(
    "he she it they we i you this that these those there who which its his her their our next last "
    "both others another said".split()
)
_NOT_A_NAME = re.compile(r"\b(?:said|says?|Corp|Inc|Ltd|Co|Bank|University|Monday|Tuesday)\b")
_CONJUNCTIONS = re.compile(r"\b(?:and|or|that|the|said|of|for|through|by|to|as)\b")


class Suggestions:
    """Suggested questions of the service's index. Thread-safe."""

    def __init__(self, service: Service, documents: DocumentList) -> None:
        self._service = service
        self._documents = documents
        self._made = functools.lru_cache(_CACHED)(self._make)

    def of(self, within: frozenset[str] | None) -> list[str]:
        """Return `WANTED` questions that the documents with these ids answer, or none.

        None stands for all documents. The questions stay the same until the index changes.
        """
        return self._made(self._service.assistant.index.generation, within)

    def _make(self, _generation: int, within: frozenset[str] | None) -> list[str]:
        ids = [one.id for one in self._documents.all() if within is None or one.id in within]
        chosen = None if within is None else ids
        step = max(1, len(ids) / _SAMPLED)
        sampled = [
            self._service.assistant.index.document(ids[int(place * step)])
            for place in range(min(_SAMPLED, len(ids)))
        ]
        candidates = candidate_questions([document for document in sampled if document])
        answered = (one for one in candidates[:_MAX_CHECKED] if self._is_answered(one, chosen))
        good = list(itertools.islice(answered, WANTED))
        return good if len(good) == WANTED else []

    def _is_answered(self, question: str, ids: Sequence[str] | None) -> bool:
        """Return whether the best passage answers a question with a short span."""
        options: dict[str, Any] = {"k": 1, "answers": 1, "min_score": _MIN_SCORE}
        ask = functools.partial(self._service.assistant.ask, question, documents=ids, **options)
        answer = self._service.readers.wait(ask).answer
        return answer is not None and answer.kind == "span"


def candidate_questions(documents: Sequence[Document]) -> list[str]:
    """Make questions from English sentences, of different kinds and documents first."""
    found: dict[str, str] = {}
    for rule in (_headed, _when, _how_many, _who_is):
        for document in documents:
            question = next(_questions(document, rule), None)
            if question is not None and question not in found:
                found[question] = document.id
    first, seen = [], set[str]()
    for question, document_id in found.items():
        if document_id not in seen:
            seen.add(document_id)
            first.append(question)
    return [*first, *(question for question in found if question not in first)]


def _questions(document: Document, rule: Callable[[str, str], str | None]) -> Iterator[str]:
    text = document.text[:_CHARACTERS_READ]
    for start, end in sentences(text):
        question = rule(" ".join(text[start:end].split()), text)
        if question is not None:
            yield question


def _headed(sentence: str, _text: str) -> str | None:
    match = _HEADED.search(sentence)
    return (
        f"Who {match[2]} the {match[1]}?" if match and not _CONJUNCTIONS.search(match[1]) else None
    )


def _when(sentence: str, text: str) -> str | None:
    match = _WHEN.match(sentence)
    if match is None:
        return None
    subject, auxiliary, rest = match[1].strip(), match[2], match[3].strip()
    first, *others = subject.split()
    if (
        first.lower() in _NOT_A_SUBJECT
        or "said" in others
        or _CONJUNCTIONS.fullmatch(rest.split()[-1])
    ):
        return None
    # The first word of a sentence has a capital; it is a name unless it occurs without one.
    if re.search(rf"\b{re.escape(first.lower())}\b", text):
        subject = " ".join([first.lower(), *others])
    elif not others and first.endswith("s"):  # "Schools" may be a name or not
        return None
    return f"When {auxiliary} {subject} {rest}?"


def _how_many(sentence: str, _text: str) -> str | None:
    match = _HOW_MANY.match(sentence)
    return f"How many {match[1]} {match[2]} {match[3]}?" if match else None


def _who_is(sentence: str, _text: str) -> str | None:
    match = _WHO_IS.search(sentence)
    if match is None or _NOT_A_PERSON.search(match[2]) or _NOT_A_NAME.search(match[1]):
        return None
    return f"Who is {match[1]}?"
