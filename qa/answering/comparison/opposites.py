"""Words and names that exclude each other: "rose" and "fell", "Chapter 4" and "Chapter 5"."""

import re
from collections.abc import Sequence
from itertools import dropwhile

from qa.answering.comparison.names import DISTINGUISHING

ANTONYMS = """
first last, earliest latest, largest smallest, biggest smallest, highest lowest, longest shortest,
oldest youngest, best worst, most least, more fewer, more less, before after, north south, east
west, northern southern, eastern western, above below, inside outside, increase decrease,
increased decreased, rise fall, rose fell, gain lose, gained lost, win lose, won lost, begin end,
began ended, start stop, started stopped, open close, opened closed, arrive leave, arrived left,
accept reject, accepted rejected, support oppose, supported opposed, allow forbid, allowed
forbade, allowed banned, include exclude, included excluded, buy sell, bought sold, major minor,
majority minority, maximum minimum, male female, men women, man woman, father mother, son
daughter, brother sister, husband wife, king queen, common rare, early late, public private,
positive negative, possible impossible, able unable, strong weak, rich poor, hot cold, warm cold,
new old, large small, big small, high low, long short, left right, good bad, always never, like
dislike, liked disliked, agree disagree, agreed disagreed, appear disappear, appeared disappeared,
enter leave, build destroy, built destroyed, create destroy, created destroyed, found lost, born
killed, ancient modern, internal external, import export, imports exports, upper lower, top
bottom, front back, add remove, added removed, strengthen weaken, cause prevent, caused prevented,
attack defend, attacked defended, teacher student, cheap expensive, cheaper costlier, faster
slower, easy difficult, true false
"""
"""Pairs of words with opposite meanings, separated by commas."""

_OTHERS = """
on off, yes no, for against, with without, in outside, all none, jr sr, junior senior, guilty
innocent, allowed forbidden, upstream downstream, profit loss, surplus deficit, required optional,
enabled disabled, permitted prohibited, permitted forbidden, allowed prohibited, alive dead, ad bc,
mandatory optional, compulsory optional, compulsory voluntary, valid expired, open closed, open
shut, full empty, wet dry, online offline, up down, present absent, safe dangerous, harmless
dangerous, injured unhurt, injured unharmed, approved rejected, passed rejected,
survived died, survived killed, carried rejected, carried defeated, adopted rejected, passed failed,
ratified rejected, approved vetoed, granted denied, granted refused, confirmed denied, convicted
acquitted, upheld overturned, arrested released, hired fired, appointed dismissed, success failure,
succeeded failed, raised lowered, raised cut, increased cut, increased reduced, expanded shrank,
widened narrowed, improved worsened, strengthened weakened, eastward westward, northward southward,
clockwise anticlockwise, clockwise counterclockwise, horizontal vertical, ascending descending,
domestic foreign, debit credit, buyer seller, landlord tenant, employer employee, plaintiff
defendant, winner loser, victory defeat, full part, includes excludes, including excluding, incl
excl, gross net, light dark, light heavy, indoor outdoor, indoors outdoors, manual automatic,
temporary permanent, urban rural, wholesale retail, primary secondary, odd even, tcp udp,
advance arrears, benign malignant, acute chronic, synchronous asynchronous
"""
_LABEL_PAIRS = """
brother sister, father mother, son daughter, husband wife, uncle aunt, nephew niece, king queen,
minimum maximum, lowest highest, smallest largest, smallest biggest, shortest longest, shortest
tallest, oldest youngest, slowest fastest, cheapest costliest, minimal maximal
"""
_OPPOSITE_LABELS = [pair.split() for pair in _LABEL_PAIRS.split(",")]
_UP_TO_ANSWER = r"\b(?:\s+(?!(?:of|to|than|with|and|or)\b)[\w-]+){0,2}[\s:|]*$"
"""Up to two words between a label and the answer after it: "maximum size:"."""
_EXCLUSIVE = {frozenset(pair.split()) for text in (ANTONYMS, _OTHERS) for pair in text.split(",")}
_GROUPS = """
monday tuesday wednesday thursday friday saturday sunday,
january february march april may june july august september october november december,
spring summer autumn winter, morning afternoon evening night,
black blue brown green grey orange pink purple red white yellow
"""
"""Groups of words that exclude each other: days, months, seasons, colours."""
_ONE_OF = [frozenset(words.split()) for words in _GROUPS.split(",")]
_NOT = frozenset({"no", "not", "never"})
_NEGATIVE = ("un", "in", "im", "il", "ir", "dis", "non")
IDENTIFIER = re.compile(r"[\d/_.:\\@#+]|^-")
_ORDINAL = re.compile(r"\d+th")
_AFTER_TITLES = frozenset({"elect", "designate", "emeritus"})


def are_exclusive(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two answers in words differ only in words that exclude each other.

    These are opposites, numbers, identifiers, and words that change a name.
    """
    few, many = sorted((list(one), list(other)), key=len)
    before = many[: -len(few)] if few == many[-len(few) :] else []
    if few == [word for word in many if word not in _NOT] != many or _NOT.intersection(before[-2:]):
        return True
    if len(few) == len(many):
        differing = [frozenset(pair) for pair in zip(few, many, strict=True) if len(set(pair)) > 1]
        if all(map(_is_exclusive, differing)):
            return bool(differing)
    if few and many[: len(few)] == few and _AFTER_TITLES.issuperset(many[len(few) :]):
        return True
    rest = _without_distinguishing(few)
    return bool(rest) and rest == _without_distinguishing(many)


def has_opposite_label(question: str, text: str, start: int, end: int) -> bool:
    """Return whether a text labels an answer with the opposite of the label in the question.

    "Her brother Bo" does not answer "Who is her sister?", and "maximum: 8" is not the minimum. The
    word is at the start of the answer, or up to two words before it.
    """
    asked = set(re.findall(r"\w+", question.casefold()))
    before, answer = text[max(0, start - 50) : start].casefold(), text[start:end].casefold()
    first = answer.split()[:2]
    return any(
        wanted in asked
        and other not in asked
        and (other in first or re.search(rf"\b{other}{_UP_TO_ANSWER}", before))
        for pair in _OPPOSITE_LABELS
        for wanted, other in (pair, pair[::-1])
    )


def _is_exclusive(pair: frozenset[str]) -> bool:
    short, long = sorted(pair, key=len)
    negated = len(short) > 3 and any(long == prefix + short for prefix in _NEGATIVE)
    numbered = any(map(IDENTIFIER.search, pair)) or len(long) == 1  # "Team A"
    if short.isalpha() and long.startswith(f"{short}."):
        return False  # "Node" and "Node.js"
    singular = {word.removesuffix("s") for word in pair}
    return pair in _EXCLUSIVE or negated or numbered or any(singular <= one for one in _ONE_OF)


def _without_distinguishing(words: Sequence[str]) -> Sequence[str]:
    return [*dropwhile(lambda word: word in DISTINGUISHING or _ORDINAL.match(word), words)]
