"""Amounts in words and digits: "about 5,400 visitors", "-5 °C", "two and a half million"."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from qa.answering.comparison.numbers import NUMBER_WORDS, Number
from qa.answering.comparison.units import CURRENCY_CODES, CURRENCY_SIGNS, Unit, is_measure, unit_of
from qa.dates.vocabulary import ORDINALS

Bound: TypeAlias = Literal["", "under", "at most", "about", "at least", "over"]

_SHORT_SCALES = {"k": 1000, "m": 10**6, "mn": 10**6, "mln": 10**6}
_SHORT_SCALES |= {"b": 10**9, "bn": 10**9, "bln": 10**9, "tn": 10**12}
_SHORT_SCALE = re.compile(r"(bl?n|tn|ml?n|[kmb])(?![\w/²³])", re.IGNORECASE)
_WORDS = {"once": "1 time", "twice": "2 times", "thrice": "3 times"}
_WORDS |= {"halved": "0.5 fold", "doubled": "2 fold", "tripled": "3 fold", "quadrupled": "4 fold"}
_WORDS |= {"biweekly": "every 2 weeks", "bimonthly": "every 2 months"}
_WORDS |= {"hourly": "every hour", "daily": "every day", "weekly": "every week"}
_WORDS |= {"fortnightly": "every 2 weeks", "monthly": "every month", "yearly": "every year"}
_WORDS |= {"quarterly": "every 3 months", "annually": "every year"}
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_SHORT_FORMS = [
    (re.compile(r"(\d)\s?['’′]\s?(\d\d?)(?:[\"”″]|['’′]{2})?$"), r"\1 ft \2 in"),
    (re.compile(r"(\d)\s?h\s?0?(\d\d?)(?:\s?m)?$"), r"\1 h \2 min"),
    (re.compile(r"^(\d+):0?([0-5]?\d)\.(\d+)$"), r"\1 min \2.\3 s"),
    (re.compile(r"^(\d+):0?([0-5]?\d):0?([0-5]?\d)$"), r"\1 h \2 min \3 s"),
    (re.compile(r"(?<=[a-z\d])-?fold$"), " fold"),
    (re.compile(r"\s+above (?:zero|sea level)$"), ""),
    (re.compile(r"^(?:([$€£¥])\(|\(([$€£¥]))(\d[\d.,]*)\)$"), r"-\1\2\3"),  # in accounts
    (re.compile(r"\s+p\.?a\.?$"), " per year"),
    (re.compile(r"\s+(?:pcm|per calendar month)$"), " per month"),
    (re.compile(r"\s+pw$"), " per week"),
    (re.compile(r"^(?:nobody|no one)\b", re.IGNORECASE), "0 people"),
    (re.compile(r"^(?:none|nil|nothing|(?:for )?free of charge)$", re.IGNORECASE), "0"),
    (re.compile(r"^none of (?:the )?(?=\w)", re.IGNORECASE), "0 "),
    (
        re.compile(r"^no\s+(?!less\b)(?=[a-z]+s\b|(?:children|men|people|women)\b)", re.IGNORECASE),
        "0 ",
    ),
]
_FREQUENCY = re.compile(
    r"(?P<times>.*?\btimes?\s+)?(?:every|each)\s+(?P<number>.*\s)??(?:an?\s+)?"
    r"(?P<unit>second|minute|hour|day|week|fortnight|month|year)s?",
    re.IGNORECASE,
)
_EVERY_OTHER = re.compile(r"(?:other|second)\s+", re.IGNORECASE)

_BOUNDS: list[tuple[Bound, str]] = [
    ("at least", r"at least|(?:a )?minimum(?: of)?|as (?:few|little) as"),
    ("at least", r"(?:no|not) (?:less|fewer|lower|smaller|shorter|younger) than"),
    ("at most", r"at most|up to|(?:a )?maximum(?: of)?|as many as|not exceed(?:ing)?"),
    ("at most", r"(?:no|not(?: \w+)?) (?:more|greater|higher|larger|longer|older) than"),
    ("over", r"(?:more|greater|higher|larger|longer|older) than|over|above|exceeding|beyond"),
    ("over", r"upwards of|in excess of"),
    ("under", r"(?:less|fewer|lower|smaller|shorter|younger) than|under|below"),
    ("about", r"about|around|approximately|approx\.?|roughly|nearly|almost|close to|circa|ca\.?"),
    ("about", r"some|an estimated|estimated"),
]
_BOUND_SIGNS: list[tuple[Bound, str]] = [
    ("at least", "≥|>="), ("at most", "≤|<="), ("over", ">"), ("under", "<"), ("about", "[~≈]"),
]  # fmt: skip
BOUND_WORDS = "|".join(words for _, words in _BOUNDS)
"""A regular expression of the words that bound the number after them."""
_BOUND_BEFORE = [
    (bound, re.compile(rf"(?:just |well |slightly |a little |far )?(?:{words})(?!\w)\s*", re.I))
    for bound, words in _BOUNDS
] + [(bound, re.compile(rf"(?:{signs})\s*")) for bound, signs in _BOUND_SIGNS]
_BOUND_AFTER: list[tuple[Bound, re.Pattern[str]]] = [
    ("at least", re.compile(r"\s*\+(?!\w)|\s+(?:(?:or|and) (?:more|over|above|up|older|"
                            r"later|newer|higher)|plus|at least|minimum)\b", re.I)),
    ("at most", re.compile(r"\s+(?:(?:or|and) (?:less|fewer|under|below|younger|earlier|lower)|"
                           r"at most|maximum)\b", re.I)),
    ("about", re.compile(r"\s+(?:or so|approximately)\b", re.I)),
]  # fmt: skip
_LEAD = re.compile(
    r"^(?:(?:exactly|just|only|precisely|even|a total of|total|the|of|by|at(?! least| most)|for|"
    r"in(?! excess)|on|aged|is|was|were|within|are|all|its|their|an?(?=\s+[$€£¥\d]))\s+)+",
    re.IGNORECASE,
)
_SIGN = re.compile(r"[-−–](?=[\d.$€£½¼¾])|\+(?=[\d.])|(?:minus|negative)\s+", re.IGNORECASE)
_BELOW_ZERO = re.compile(r"\s+below (?:zero|sea level)\b", re.IGNORECASE)
_AND_A_PART = re.compile(r"and a (?:half|(?P<quarter>quarter))\b\s*", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\s*\(([^()]+)\)")
_SHARE = re.compile(r"(\d{1,3}|[a-z]+) (?:in|out of) (\d{1,3}|[a-z]+)", re.IGNORECASE)
_CURRENCY = re.compile(
    r"(?P<sign>(?:US|A|C|NZ|HK)?\$|[€£¥₹])\s?|"
    rf"(?P<code>(?:{'|'.join(code for code in CURRENCY_CODES if len(code) < 4)})\.?)\s?(?=\d)",
    re.I,
)
_PREPOSITIONS = frozenset(
    """after are as at before by came died during for from had has have in is of on since than that
    to was were when where which who with""".split()
)

_ORDINAL_ENDINGS = ORDINALS.keys() | {"st", "nd", "rd", "th"}
_EXTENTS = frozenset("across away deep high long old tall thick wide".split())
DIRECTION = re.compile(r"\b(?:north|south|east|west)(?:[- ]?(?:east|west))?\b", re.IGNORECASE)
_UNIT_ENDS = _PREPOSITIONS | _EXTENTS | NUMBER_WORDS.keys() | {"and", "or", ""}

_LENGTH_HINTS = re.compile(
    r"\b(?:wide|width|long|length|high|height|tall|deep|depth|thick\w*|away|altitude|elevation|"
    r"distance|radius|diameter|sprint|dash|swim|hurdles|dive\w*|jump\w*|metres?|meters?|km|cm|"
    r"wall|tower|mast|fence|bridge|pool|trench|river|upstream|downstream|offshore)\b",
    re.IGNORECASE,
)
_MASS_HINTS = re.compile(
    r"\b(?:weigh\w*|weight|heav\w*|ounces?|mass|kg|kilo\w*|lifted|load|cargo)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount with its unit."""

    amount: Fraction
    """Amount in the unit as written, with its sign."""
    unit: Unit | None
    """None if none is stated."""
    bound: Bound = ""
    scale: Fraction = Fraction(1)
    """Scale that `amount` includes: 1,000,000 for "5 million"."""

    @property
    def base_amount(self) -> Fraction:
        """The amount in the base unit."""
        unit = self.unit or Unit("")
        return self.amount * unit.factor + unit.offset


_AROUND = " \t\n\"'“”‘’,;:!?"
LONGEST = 200
"""Maximum length, in characters, of a text that is parsed as a quantity."""


def quantity_of(text: str, hints: str = "") -> Quantity | None:
    """Read an answer that is one quantity; None if it is something else.

    `hints`, the words around the answer, distinguish metres from millions and money from mass.
    """
    if len(text) > LONGEST:
        return None
    text = _WORD.sub(lambda match: _WORDS[match[0].casefold()], text.strip(_AROUND).rstrip("."))
    for pattern, long_form in _SHORT_FORMS:
        text = pattern.sub(long_form, text)
    if often := _FREQUENCY.fullmatch(text):
        return _frequency(often)
    if brackets := _IN_BRACKETS.search(text):  # "thirty (30) days" and "8 km (5 miles)"
        said, other = quantity_of(_IN_BRACKETS.sub("", text), hints), quantity_of(brackets[1])
        if said is None or other is None:
            return None
        in_other_unit = other.unit and _base(other) in (_base(said), "ratio")
        return said if in_other_unit or said.amount == other.amount else None
    bound, text = strip_bound(text)
    text, below = _BELOW_ZERO.subn("", text)
    sign = _SIGN.match(text)
    read = _share(text) or _read(text[sign.end() :] if sign else text, hints)
    if read is None:
        return None
    is_negative = bool(below) or (sign is not None and sign[0] != "+")
    return replace(read, amount=-read.amount if is_negative else read.amount, bound=bound)


def _frequency(often: re.Match[str]) -> Quantity | None:
    """Read "twice every 3 weeks" as 2/3 times a week."""
    period = _EVERY_OTHER.sub("2", often["number"] or "1").strip()
    number = Number(period, 0)
    times = quantity_of(f"{often['times'] or '1 time'} per {often['unit']}")
    if times is None or not number.amount or number.end < len(period):
        return None
    return replace(times, amount=times.amount / number.amount)


def range_of(text: str, hints: str = "") -> tuple[Quantity, Quantity] | None:
    """Read an answer such as "3 to 5 days" or "between $3m and $5m"; None if it is not a range."""
    if len(text) > LONGEST:
        return None
    match = re.fullmatch(
        r"(?:(?P<between>between)\s+|from\s+)?(?P<low>.+?)"
        r"(?P<by>\s*[-–—:]\s*|\s+(?:to|or|and)\s+)(?P<high>.+)",
        text.strip(_AROUND + "."),
        re.IGNORECASE,
    )
    if match is None or (match["by"].strip().casefold() == "and") != bool(match["between"]):
        return None
    low, high = quantity_of(match["low"], hints), quantity_of(match["high"], hints)
    if low is None or high is None:
        return None
    if low.scale == 1 and high.scale > 1 and not (low.unit and high.unit):
        low = replace(low, amount=low.amount * high.scale, scale=high.scale)
    low, high = replace(low, unit=low.unit or high.unit), replace(high, unit=high.unit or low.unit)
    return (low, high) if _base(low) == _base(high) else None


def _base(quantity: Quantity) -> str:
    return quantity.unit.base if quantity.unit else ""


def strip_bound(text: str) -> tuple[Bound, str]:
    """Separate a bound such as "at least", before or after the number, from the rest."""
    found: Bound = ""
    text = _LEAD.sub("", text)
    for bound, pattern in _BOUND_BEFORE:
        if match := pattern.match(text):
            found, text = bound, text[match.end() :]
            break
    text = _LEAD.sub("", text)
    for bound, pattern in _BOUND_AFTER:
        text, count = pattern.subn("", text, count=1)
        found = bound if count else found
    return found, text


def _share(text: str) -> Quantity | None:
    """Read "one in four"."""
    match = _SHARE.fullmatch(text)
    part, whole = (Number(match[1], 0), Number(match[2], 0)) if match else (None, None)
    if not (part and whole and part.found and 0 < part.amount < whole.amount):
        return None
    return Quantity(part.amount / whole.amount, Unit("ratio"))


def _read(text: str, hints: str) -> Quantity | None:
    """Read a currency, a number, a scale and a unit; add further parts such as "30 minutes"."""
    currency = _CURRENCY.match(text)
    number = Number(text, currency.end() if currency else 0)
    if not number.found:
        return None
    rest = text[number.end :]
    amount, scale = number.amount, number.scale
    short = _SHORT_SCALE.match(rest.lstrip() if currency else rest)
    if short and (currency or not _means_metres(short, rest, f"{hints} {text}")):
        scale = Fraction(_SHORT_SCALES[short[1].casefold()])
        amount, rest = amount * scale, rest.lstrip()[short.end() :]
    if number.is_fraction and scale == 1:  # half an hour
        rest = re.sub(r"^\s+(?:of\s+)?an?(?=\s)", "", rest, flags=re.IGNORECASE)
    phrase, tail = _phrase(rest)
    if currency:
        code = currency[0].strip(" .").casefold()
        priced = _price_unit(CURRENCY_SIGNS.get(code) or CURRENCY_CODES[code], phrase)
        if priced is None:
            return None
        phrase = priced
    elif phrase[:1].isupper() and not is_measure(phrase):
        return None  # a name: Seven Samurai
    unit = unit_of(phrase) if phrase else None
    first = phrase.split(" ")[0].casefold()
    is_second = first == "second" and (amount == 1 or number.is_fraction)
    is_ordinal = first in _ORDINAL_ENDINGS and not is_second
    if phrase and (unit is None or is_ordinal):
        return None
    if unit == Unit("pound") and not currency and _MASS_HINTS.search(f"{hints} {text}"):
        unit = unit_of("lb")
    if number.is_fraction and unit is None and scale == 1:
        unit = Unit("ratio")
    return _with_tail(Quantity(amount, unit, scale=scale), tail, hints)


def _means_metres(short: re.Match[str], rest: str, around: str) -> bool:
    counts = re.match(r"m\s+(?:[a-z]+s|people)\b", rest)
    return short[1] == "m" and not counts and _LENGTH_HINTS.search(around) is not None


def _price_unit(currency: str, phrase: str) -> str | None:
    """Return the unit of a price: a currency, perhaps per unit ("a day"); None for "$5 loss"."""
    price = re.match(r"(?P<name>.*?)\s*(?P<per>(?:\b(?:per|an?|every|each)\s|/).*)?$", phrase)
    name, per = (price["name"], price["per"] or "") if price else (phrase, "")
    if name and unit_of(name) != unit_of(currency):
        return None
    return f"{currency} {per}".strip()


def _with_tail(quantity: Quantity, tail: str, hints: str) -> Quantity | None:
    """Add "30 minutes" to "2 hours"; accept other words only after a preposition."""
    if quantity.unit and (part := _AND_A_PART.match(tail)):  # an hour and a half
        share = Fraction(1, 4 if part["quarter"] else 2)
        quantity, tail = replace(quantity, amount=quantity.amount + share), tail[part.end() :]
    more = re.match(r"(?:,\s*|and\s+|,\s*and\s+)?(?=[\w½¼¾])", tail, re.IGNORECASE)
    added = _read(tail[more.end() :], hints) if more else None
    if added and added.unit and quantity.unit and added.unit.base == quantity.unit.base:
        amount = quantity.amount + added.base_amount / quantity.unit.factor
        return replace(quantity, amount=amount) if added.unit != quantity.unit else None
    words = re.findall(r"[^\W_]+", tail.casefold())
    has_number = any(word in NUMBER_WORDS or not word.isalpha() for word in words)
    follows = words and (words[0] in _PREPOSITIONS | _EXTENTS or DIRECTION.match(tail))
    allowed = not tail or (follows and not has_number)
    return quantity if allowed else None


def _phrase(rest: str) -> tuple[str, str]:
    """Cut the words of a unit from what follows: a preposition, punctuation or a number."""
    kept: list[str] = []
    pieces = re.split(r"[\s-]+", rest.lstrip(" -").rstrip())
    for place, piece in enumerate(pieces):
        bare = piece.rstrip(',;:)]"”')
        is_unit = not re.search(r"\d", bare) or re.fullmatch(r"\w?m\^?[23]", bare)
        is_inch = bare == "in" and place == len(pieces) - 1
        is_end = bare.casefold() in _UNIT_ENDS or (kept and DIRECTION.match(bare))
        if not is_unit or (is_end and not is_inch):
            break
        kept.append(bare)
        if bare != piece:
            break
    return " ".join(kept), " ".join(pieces[len(kept) :])
