"""Sentences that answer a yes-no question in opposite ways: "it is open", "it is closed"."""

import re

from embeddings import sentences
from qa.answering.comparison.negation import AUXILIARY

_SMALL = frozenset(
    f"""{AUXILIARY.replace("|", " ")} all also any anybody anyone anything been being for from her
    his into its not now our please still that the their them then there they this with yet you
    your""".split()
)
_PREDICATES = frozenset("allowed available necessary need needed permitted required".split())
"""Words of a question that a sentence can leave out: "Visitors need no visa"."""
_PAIRS = """
open closed, open shut, allowed forbidden, allowed prohibited, allowed banned, permitted forbidden,
permitted prohibited, required optional, mandatory optional, compulsory optional, safe dangerous,
enabled disabled, alive dead, valid expired, guilty innocent, included excluded, passed rejected,
passed failed, approved rejected, accepted rejected, succeed fail, survive died, win lost
"""
_OPPOSITES = [frozenset(pair.split()) for pair in _PAIRS.split(",")]
_NEGATIVE = "(?:un|in|im|il|ir|non-?)"
_DENIAL = re.compile(
    r"(?:\b(?:not?|never|cannot|nobody|none|without|no (?:longer|one))|n['’]t)"
    rf"(?:\s+(?:{AUXILIARY}|be|been|being|an?|the|to|yet|also|any|\w+ly))*\s+$",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:unless|except|without|if|only|other than|provided)\b", re.IGNORECASE)
_PRESENT = re.compile(r"\b(?:is|are|has|have|do|does|can|may|must)\b", re.IGNORECASE)
_PAST = re.compile(r"\b(?:was|were|had|did)\b", re.IGNORECASE)
_DETAIL = re.compile(
    r"\b(?:in|on|at|during|from|for|under|over|after|before|with|within|until|by|since|between)"
    r"\s+(?:(?:the|an?)\s+)?([^\W_]+)",
    re.IGNORECASE,
)


def answer_oppositely(question: str, one: str, other: str) -> bool:
    """Return whether two passages affirm and deny what a yes-no question asks.

    Each passage needs a sentence with all words of the question. The sentence denies them if the
    number of its negations and opposites is odd. Sentences with a condition are not compared. Two
    sentences are not compared if both add a detail: "open on Mondays in May" and "closed on Mondays
    in June". A sentence about the past does not answer a question about the present.
    """
    asked = [word for word in re.findall(r"[^\W_]{3,}", question.casefold()) if word not in _SMALL]
    is_present = _PRESENT.match(question.lstrip()) is not None
    found = [_answer(asked, passage, is_present) for passage in (one, other)]
    if None in found:
        return False
    (negative, sentence), (other_negative, other_sentence) = (answer for answer in found if answer)
    detailed = all(_has_detail(asked, text) for text in (sentence, other_sentence))
    return negative != other_negative and not detailed


def _answer(asked: list[str], passage: str, is_present: bool) -> tuple[bool, str] | None:
    """Return whether the first sentence with all words denies them, and the sentence."""
    for start, end in sentences(passage):
        sentence = passage[start:end]
        if is_present and _PAST.search(sentence) and not _PRESENT.search(sentence):
            continue
        denials = [_is_denied(word, sentence) for word in asked]
        required = [
            denied for word, denied in zip(asked, denials, strict=True) if word not in _PREDICATES
        ]
        if required and None not in required and not _CONDITION.search(sentence):
            return denials.count(True) % 2 == 1, sentence
    return None


def _is_denied(word: str, sentence: str) -> bool | None:
    """Return whether a sentence denies a word or has its opposite; None if it has neither."""
    stem = _stem(word)
    if match := re.search(rf"\b({_NEGATIVE})?{stem}", sentence, re.IGNORECASE):
        return (_DENIAL.search(sentence, 0, match.start()) is not None) != bool(match[1])
    for pair in _OPPOSITES:
        if any(one.startswith(stem) for one in pair):
            for one in pair:
                match = re.search(rf"\b{_stem(one)}", sentence, re.IGNORECASE)
                if match is not None:
                    return _DENIAL.search(sentence, 0, match.start()) is None
    return None


def _has_detail(asked: list[str], sentence: str) -> bool:
    stems = tuple(_stem(word) for word in asked)
    return any(not detail.casefold().startswith(stems) for detail in _DETAIL.findall(sentence))


def _stem(word: str) -> str:
    return word[: max(4, len(word) - 3)]
