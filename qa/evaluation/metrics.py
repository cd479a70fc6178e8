"""Metrics of a single answer.

Exact match and F1 are those of the official SQuAD scripts (Rajpurkar et al. 2016, 2018).
"""

import re
import string
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from embeddings import sentences

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WORD = re.compile(r"\w+")


def normalise(text: str) -> str:
    """Lower the case, remove ASCII punctuation and English articles, and collapse white space."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """Return 1.0 if the prediction equals a gold answer after `normalise`, else 0.0.

    Without a gold answer, the empty prediction is right.
    """
    predicted = normalise(prediction)
    return float(any(predicted == gold for gold in _normalised(golds)))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Return the word overlap with the best gold answer, 0.0 to 1.0.

    F1 = 2 * precision * recall / (precision + recall) over bags of normalised words. If one side is
    empty, it is 1.0 if both are. Without a gold answer, the empty prediction is right.
    """
    words = normalise(prediction).split()
    return max(_f1(words, gold.split()) for gold in _normalised(golds))


def holds_answer(text: str, golds: Sequence[str]) -> bool:
    """Return whether a text has all words of a gold answer in a row, ignoring case and articles.

    Words end at punctuation, as in Karpukhin et al. 2020 (arXiv 2004.04906): the answer "Turkey" is
    found in "Turkey's army" and "oil" in "oil-rich".
    """
    return any(words in _words(text) for gold in golds if (words := _words(gold)).strip())


def is_right(prediction: str, golds: Sequence[str]) -> bool:
    """Return whether a prediction is close enough to a gold answer to count as right.

    Its F1 is at least 0.5, or one contains the other: "Deputy Foreign Minister Sedat Önal" is right
    if "Önal" is expected. Without a gold answer, no prediction is right.
    """
    return bool(golds) and (
        f1(prediction, golds) >= 0.5
        or holds_answer(prediction, golds)
        or any(holds_answer(gold, [prediction]) for gold in golds)
    )


def spans_f1(predictions: Sequence[str], golds: Sequence[str]) -> float:
    """Compare the items of a list with all gold items, 0.0 to 1.0.

    F1 = 2 * n(both) / (n(predictions) + n(golds)), where n counts different normalised items and
    "both" those in both lists: exact-match F1 of MultiSpanQA (Li et al. 2022).
    """
    given, wanted = ({normalise(item) for item in items} - {""} for items in (predictions, golds))
    return 2 * len(given & wanted) / (len(given) + len(wanted)) if given or wanted else 1.0


def evidence_f1(prediction: str, evidence: Sequence[str]) -> float:
    """Return the word F1 of a quotation and all evidence sentences together, 0.0 to 1.0.

    The bag-of-words F1 of SQuAD with the joined sentences as the gold answer.
    """
    return f1(prediction, [" ".join(evidence)])


def starts_with_evidence(prediction: str, evidence: Sequence[str]) -> bool:
    """Return whether the first sentence of a quotation is evidence.

    It is if one of the two contains all words of the other in a row (see `holds_answer`): precision
    at 1 of sentence retrieval. A first sentence of one word, such as the number of a list item, is
    skipped.
    """
    found = [prediction[start:end] for start, end in sentences(prediction)]
    first = next((text for text in found if len(_WORD.findall(text)) > 1), prediction)
    return holds_answer(first, evidence) or any(holds_answer(text, [first]) for text in evidence)


def _normalised(golds: Sequence[str]) -> list[str]:
    """Normalise gold answers without empty ones, as the official script does."""
    return [words for gold in golds if (words := normalise(gold))] or [""]


def _f1(words: list[str], wanted: list[str]) -> float:
    if not words or not wanted:
        return float(words == wanted)
    shared = sum((Counter(words) & Counter(wanted)).values())
    return 2 * shared / (len(words) + len(wanted))


@lru_cache(maxsize=20_000)  # the same chunk is found for many questions
def _words(text: str) -> str:
    """Return the words with spaces around them, so that only whole words are found."""
    words = (word for word in _WORD.findall(text.lower()) if word not in ("a", "an", "the"))
    return f" {' '.join(words)} "
