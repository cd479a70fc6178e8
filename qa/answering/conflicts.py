"""Answers that contradict each other: "over 40" and 35, "in Libya" and "not in Libya"."""

from dataclasses import replace
from fractions import Fraction

from qa.answering.normalization import Value, agree
from qa.answering.opposites import are_exclusive
from qa.answering.units import CURRENCIES, is_measure

_ABOUT = 0.05
"""The share by which an amount may differ from "about" it, and a duration in another unit."""

_FAR = 2
"""How many times as much as 40 "over 40" may be: another answer of 400 contradicts it."""

_SECONDS = {"second": 1.0, "month": 2_629_746.0}

_ALL = frozenset({"all", "everybody", "everyone", "everything"})

_PERIODS = (1, 60, 3600, 86_400, 604_800, 12)
"""Periods of a rate: second to week in seconds; month (also 1) and year in months."""


def conflict(one: Value, other: Value) -> bool:
    """Tell whether two answers contradict each other, not just differ in words.

    So do different numbers, dates, times and versions, an answer and its denial, and words that
    differ by opposites, by numbers, or by a word such as "vice" or "Democratic".
    """
    if agree(one, other):
        return False
    if one.negated != other.negated:
        return agree(replace(one, negated=False), replace(other, negated=False))
    if one.kind != other.kind:
        keys = {one.key, other.key}
        return "0" in keys and not keys.isdisjoint(_ALL)
    if one.kind == "date" and one.bound == other.bound and one.key != other.key:
        return not (_is_within(one.key, other.key) or _is_within(other.key, one.key))
    if one.kind == "number":
        return _exclude(one, other)
    if {one.unit, other.unit} == {"", "time"}:  # "9 to 5" and "9 am to 5 pm"
        return False
    if one.kind != "words" or one.key == other.key:
        return True
    return are_exclusive(one.key.split(), other.key.split())


def _is_within(inner: str, outer: str) -> bool:
    """Tell whether a date or period lies in another one: a day in a month, a day in any year."""
    first, _, last = outer.partition("/")
    inner_first, _, inner_last = inner.partition("/")
    in_order = first <= inner_first and (inner_last or inner_first) <= (last or first) + "~"
    return in_order or (outer[:2] == "--" and inner.endswith(outer[1:]))


def _exclude(one: Value, other: Value) -> bool:
    """Tell whether two amounts cannot both be right: 40 and 51, but not "over 40" and 51.

    The same amount of passengers and of people may be meant, as may 45 days by "six weeks".
    Amounts of different kinds, such as dollars and per cent, do not exclude each other.
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
    return Fraction(value.key) / (Fraction(value.written) or 1)


def _limits(value: Value, rough: bool) -> tuple[tuple[float, int], tuple[float, int]]:
    """Give the least and the greatest amount, each with its order among limits of one amount."""
    amount = float(Fraction(value.key)) * _SECONDS.get(value.unit, 1)
    margin = _ABOUT * abs(amount) if rough or value.bound == "about" else 0.0
    least, most = (amount - abs(amount) * (1 - 1 / _FAR), 0), (amount + abs(amount) * (_FAR - 1), 0)
    limits = {
        "under": (least, (amount, -1)),
        "at most": (least, (amount, 0)),
        "at least": ((amount, 1), most),
        "over": ((amount, 2), most),
    }
    return limits.get(value.bound, ((amount - margin, 0), (amount + margin, 1)))
