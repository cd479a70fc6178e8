"""What an answer is worth.

Exact match and F1 are those of the official SQuAD scripts (Rajpurkar et al. 2016, 2018).
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["exact_match", "f1", "holds_answer", "is_right", "normalise"]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WORD = re.compile(r"\w+")


def normalise(text: str) -> str:
    """Lower the case, drop ASCII punctuation and English articles, and fold white space."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """Score 1.0 when the prediction equals one of the gold answers after normalising, else 0.0.

    No gold answer means that the empty prediction is right.
    """
    predicted = normalise(prediction)
    return float(any(predicted == gold for gold in _normalised(golds)))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Score the overlap of words with the best gold answer, 0.0 to 1.0.

    F1 = 2 · precision · recall / (precision + recall) over the bags of normalised words; where
    either side is empty, 1.0 if both are. No gold answer means that the empty prediction is right.
    """
    words = normalise(prediction).split()
    return max(_f1(words, gold.split()) for gold in _normalised(golds))


def holds_answer(text: str, golds: Sequence[str]) -> bool:
    """Tell whether a text has all words of a gold answer in a row, case and articles aside.

    Unlike `normalise`, this cuts at punctuation, as Karpukhin et al. 2020 (arXiv 2004.04906) do:
    the answer "Turkey" is found in "Turkey's army" and "oil" in "oil-rich".
    """
    return any(words in _words(text) for gold in golds if (words := _words(gold)).strip())


def is_right(prediction: str, golds: Sequence[str]) -> bool:
    """Tell whether a person would take a prediction for one of the gold answers.

    It is if it shares half of its words with one (F1 of 0.5), or one stands within the other:
    "Deputy Foreign Minister Sedat Önal" is right where "Önal" is wanted. Without a gold answer,
    nothing is right.
    """
    return bool(golds) and (
        f1(prediction, golds) >= 0.5
        or holds_answer(prediction, golds)
        or any(holds_answer(gold, [prediction]) for gold in golds)
    )


def _normalised(golds: Sequence[str]) -> list[str]:
    """Leave out gold answers that normalise to nothing, as the official script does."""
    return [words for gold in golds if (words := normalise(gold))] or [""]


def _f1(words: list[str], wanted: list[str]) -> float:
    if not words or not wanted:
        return float(words == wanted)
    shared = sum((Counter(words) & Counter(wanted)).values())
    return 2 * shared / (len(words) + len(wanted))


@lru_cache(maxsize=20_000)  # The same chunk is found for many questions.
def _words(text: str) -> str:
    """Give the words with a space around each, so that only whole words are found in them."""
    words = (word for word in _WORD.findall(text.lower()) if word not in ("a", "an", "the"))
    return f" {' '.join(words)} "
