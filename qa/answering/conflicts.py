"""Answers that contradict each other: "over 40" and 35, "in Libya" and "not in Libya"."""

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher
from fractions import Fraction

from qa.answering.comparison.contradictions import are_other_people
from qa.answering.comparison.names import is_person, without_titles
from qa.answering.comparison.normalization import Value, agree
from qa.answering.comparison.opposites import are_exclusive
from qa.answering.comparison.units import CURRENCIES, is_measure, singular
from qa.answering.question_kind import question_kind

_ABOUT = 0.05
"""Relative tolerance for "about" an amount, and between durations in different units."""

_FAR = 2
""""Over 40" means at most 40 times this: an answer of 400 contradicts it."""

_SECONDS = {"second": 1.0, "month": 2_629_746.0}

_ALL = frozenset({"all", "everybody", "everyone", "everything"})

_PERIODS = (1, 60, 3600, 86_400, 604_800, 12)
"""Periods of a rate: second to week in seconds; month (also 1) and year in months."""

_ASKS_ONE_NAME = re.compile(
    r"\W*(?:(?P<who>whom?)\s+(?!(?:are|were|all|else)\b)|where\b|"
    r"what\s+(?:is|was)\s+(?:the|its|his|her|their|our)\b|(?:\w+\s+)?(?:which|what)\s+"
    r"(?!(?:is|are|was|were|do|does|did|has|have|had|will|can)\b)(?P<noun>[\w-]+))",
    re.IGNORECASE,
)
"""The start of a question for one name: "Who is", "In which city", "What is the name", "Where"."""
_WORD = re.compile(r"\b(?!(?:the|an?|of|in|at|on|and)\b)[^\W_]+")


def exclude_each_other(question: str, one: str, other: str, contexts: Iterable[str]) -> bool:
    """Return whether two answers are different names where a question asks for one name.

    An example is "Oslo" and "Bergen" for "In which city is it?", unless a context has "Oslo,
    Bergen". On 307 news quiz questions this marks 35 more answers; 15 of these are wrong.
    """
    match = _ASKS_ONE_NAME.match(question)
    noun = ((match and match["noun"]) or "").casefold()
    if not match or singular(noun) != noun or question_kind(question) != "fact":
        return False
    if are_other_people(one, other):
        return True
    words = [_WORD.findall(without_titles(name)[0].casefold()) for name in (one, other)]
    starts, other_starts = ({word[:4] for word in name} for name in words)
    return (
        one[:1].isupper() == other[:1].isupper()
        and all(len(name) <= 4 and "".join(name).isalpha() for name in words)
        and not (match["who"] and is_person(one.split()) != is_person(other.split()))
        and starts.isdisjoint(other_starts)
        and not any(f"{one}, {other}" in text or f"{other}, {one}" in text for text in contexts)
    )


def replaces_word_of(question: str, one: str, other: str) -> bool:
    """Return whether two sentences are alike, but for a word of the question.

    "The lift is checked every month" is not about the boiler of "The boiler is checked every year".
    Answers are left out of the sentences.
    """
    words, others = (re.findall(r"\w+|…", text.casefold()) for text in (one, other))
    asked = set(re.findall(r"\b(?!wh)\w{3,}", question.casefold())) - set(others)
    return any(
        kind == "replace" and end - start == 1 == to - begin and words[start] in asked
        for kind, start, end, begin, to in SequenceMatcher(None, words, others).get_opcodes()
    )


def counts_another_noun(question: str, one: Value, other: Value) -> bool:
    """Return whether a question names the noun that the first value counts, not the second's."""
    asked = {singular(word) for word in re.findall(r"\w+", question.casefold())}
    is_other = not is_measure(other.unit) and other.unit not in {"", "person", *asked}
    return one.kind == "number" and one.unit in asked and is_other


def conflict(one: Value, other: Value) -> bool:
    """Return whether two answers contradict each other, and do not only differ in words.

    Answers that contradict each other are different numbers, dates, times and versions, an answer
    and its denial, and words that differ by opposites, numbers or a word such as "vice".
    """
    if agree(one, other):
        return False
    if one.negated != other.negated:
        affirmed = [replace(value, negated=False) for value in (one, other)]
        return agree(*affirmed) or _stem(one.key) == _stem(other.key)  # "passed", "did not pass"
    if one.kind != other.kind:
        keys = {one.key, other.key}
        if {one.kind, other.kind} == {"number", "version"} and not one.unit + other.unit:
            return True
        amounts = {one.kind, other.kind} == {"number", "range"} and one.unit == other.unit
        return _exclude(one, other) if amounts else "0" in keys and not keys.isdisjoint(_ALL)
    if one.kind == "date" and one.bound == other.bound and one.key != other.key:
        return not (_is_within(one.key, other.key) or _is_within(other.key, one.key))
    if one.kind == "number":
        return _exclude(one, other)
    if {one.unit, other.unit} == {"", "time"}:  # "9 to 5" and "9 am to 5 pm"
        return False
    if one.kind != "words" or one.key == other.key:
        return True
    return are_exclusive(one.key.split(), other.key.split())


def _stem(words: str) -> str:
    """Return words without the ending of the first one: "pass the bill" for "passed the bill"."""
    return re.sub(r"^(\w{3,}?)(?:e[ds]|ing|(?<!s)s|[de])?(?= |$)", r"\1", words)


def _is_within(inner: str, outer: str) -> bool:
    """Return whether a date or period lies in another one: a day in a month, a day in any year."""
    first, _, last = outer.partition("/")
    inner_first, _, inner_last = inner.partition("/")
    in_order = first <= inner_first and (inner_last or inner_first) <= (last or first) + "~"
    return in_order or (outer[:2] == "--" and inner.endswith(outer[1:]))


def _exclude(one: Value, other: Value) -> bool:
    """Return whether two amounts cannot both be right: 40 and 51, but not "over 40" and 51.

    "30 to 60" and 51 can both be right, as can the same number of passengers and of people, "six
    weeks" and 45 days, and amounts of different kinds, such as dollars and per cent.
    """
    durations = one.unit in _SECONDS and other.unit in _SECONDS
    if one.unit != other.unit and not durations:
        if is_measure(one.unit) and is_measure(other.unit):
            heads = {unit.partition("/")[0] for unit in (one.unit, other.unit)}
            if len(heads) == 1 and heads & {one.unit, other.unit}:
                less, more = sorted(abs(Fraction(value.key)) for value in (one, other))
                return more not in [less * period for period in _PERIODS]  # 40 mg, and 40 mg a day
            return one.written == other.written or len(heads) == 1 or heads <= CURRENCIES
        return one.key != other.key
    rough = durations and _scale(one) != _scale(other)
    (low, high), (other_low, other_high) = _limits(one, rough), _limits(other, rough)
    return one.qualifier != other.qualifier or low > other_high or other_low > high


def _scale(value: Value) -> Fraction:
    """Return how many base units a unit as written has."""
    return _ends(value.key)[1] / (_ends(value.written)[1] or 1)


def _ends(amount: str) -> tuple[Fraction, Fraction]:
    low, _, high = amount.partition("..")
    return Fraction(low), Fraction(high or low)


def _limits(value: Value, rough: bool) -> tuple[tuple[float, int], tuple[float, int]]:
    """Return the lower and upper limit, each with a rank that orders limits at the same amount."""
    low, amount = (float(end) * _SECONDS.get(value.unit, 1) for end in _ends(value.key))
    margin = _ABOUT * abs(amount) if rough or value.bound == "about" else 0.0
    least, most = (amount - abs(amount) * (1 - 1 / _FAR), 0), (amount + abs(amount) * (_FAR - 1), 0)
    limits = {
        "under": (least, (amount, -1)),
        "at most": (least, (amount, 0)),
        "at least": ((amount, 1), most),
        "over": ((amount, 2), most),
    }
    return limits.get(value.bound, ((low - margin, 0), (amount + margin, 1)))
