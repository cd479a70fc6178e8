"""Change questions so that their context does not answer them any more.

The unanswerable questions of SQuAD 2.0 have negations, antonyms, and names and numbers that are not
in the text (Rajpurkar et al. 2018, table 2). Rules do the same here.
"""

import random
import re
from collections.abc import Callable, Sequence

from qa.answering.comparison.opposites import ANTONYMS

_NEGATED_SHARE = 0.3
_VERBS = "is are was were does do did could has have had would should".split()
_NEGATED = {verb: f"{verb}n't" for verb in _VERBS} | {"can": "can't"}

_WORD = re.compile(r"[A-Za-z]+")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?![\w%])")
_NAME = re.compile(r"(?<![\w'-])([a-z]+) ([A-Z][\w'-]+(?: (?:of |the |de )?[A-Z][\w'-]+)*)")
"""A name and the word before it, which separates places from persons: "in Rome", "did Anna"."""


class Perturbations:
    """Changes questions; other names are taken from the questions given."""

    def __init__(self, questions: Sequence[str], rng: random.Random) -> None:
        self._rng = rng
        names: dict[str, set[str]] = {}
        for text in questions:
            for before, name in _NAME.findall(text):
                names.setdefault(before, set()).add(name)
        self._names = {before: sorted(given) for before, given in names.items()}
        self._ways: Sequence[Callable[[str, str], str | None]] = (
            self._with_antonym,
            self._with_other_number,
            self._with_other_name,
        )

    def perturb(self, question: str, context: str) -> str | None:
        """Change one of the questions given; None if no change is possible.

        A negation is used rarely, and only if no other change is possible: with many negations, the
        model would learn that negated questions have no answer.
        """
        for way in self._rng.sample(self._ways, len(self._ways)):
            changed = way(question, context)
            if changed is not None:
                return changed
        return self._negated(question) if self._rng.random() < _NEGATED_SHARE else None

    def _with_antonym(self, question: str, context: str) -> str | None:
        words = [match for match in _WORD.finditer(question) if match[0] in _OPPOSITES]
        if not words:
            return None
        word = self._rng.choice(words)
        other = self._rng.choice(_OPPOSITES[word[0]])
        return None if _stands_in(other, context) else _put(question, word, other)

    def _with_other_number(self, question: str, context: str) -> str | None:
        numbers = [match for match in _NUMBER.finditer(question) if _stands_in(match[0], context)]
        if not numbers:
            return None
        number = self._rng.choice(numbers)
        value = int(number[0].replace(",", ""))
        # A year stays close, and a count keeps its size.
        reach = 30 if 1000 <= value < 2100 and "," not in number[0] else max(3, value // 2)
        other = value + self._rng.choice((-1, 1)) * self._rng.randint(1, reach)
        text = f"{abs(other):,}" if "," in number[0] else str(abs(other))
        return None if _stands_in(text, context) else _put(question, number, text)

    def _with_other_name(self, question: str, context: str) -> str | None:
        names = [match for match in _NAME.finditer(question) if _stands_in(match[2], context)]
        if not names:
            return None
        name = self._rng.choice(names)
        other = self._rng.choice(self._names[name[1]])
        return None if _stands_in(other, context) else _put(question, name, other, group=2)

    def _negated(self, question: str) -> str | None:
        verb = next((match for match in _WORD.finditer(question) if match[0] in _NEGATED), None)
        return None if verb is None else _put(question, verb, _NEGATED[verb[0]])


_OPPOSITES: dict[str, list[str]] = {}
for _pair in ANTONYMS.split(","):
    _one, _other = _pair.split()
    _OPPOSITES.setdefault(_one, []).append(_other)
    _OPPOSITES.setdefault(_other, []).append(_one)


def _stands_in(words: str, context: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", context, re.IGNORECASE) is not None


def _put(question: str, match: re.Match[str], other: str, *, group: int = 0) -> str:
    return question[: match.start(group)] + other + question[match.end(group) :]
