"""Normal forms of answers: two answers in different words may give the same value."""

import datetime
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias

from qa.answering.comparison.changes import without_change
from qa.answering.comparison.clock import WEEKDAY, time_beside, time_of, times_of
from qa.answering.comparison.names import IDENTIFIED, LABELS, is_person, short_forms, without_titles
from qa.answering.comparison.negation import AUXILIARY, DENIALS, is_denied
from qa.answering.comparison.numbers import NUMBER_WORDS, roman
from qa.answering.comparison.opposites import IDENTIFIER
from qa.answering.comparison.quantities import DIRECTION, quantity_of, range_of, strip_bound
from qa.answering.comparison.spelling import spelling_key
from qa.answering.comparison.surroundings import DATE_BOUND, completed
from qa.dates import Period, date_of
from qa.dates.vocabulary import MONTHS, ORDINALS

_Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """The normal form of an answer."""

    kind: Literal["date", "time", "number", "range", "ordinal", "version", "words"]
    key: str
    """A date or time in ISO form ("--05-03", "14:00Z"), an exact number in its base unit, two
    numbers joined by "..", a version, or words in lower case without articles and titles."""
    unit: str = ""
    """The base unit or counted noun of a number, such as "metre" or "person"; "male" or "female" of
    a name whose title states it; "" if not stated."""
    bound: str = ""
    """For a number "under", "at most", "about", "at least" or "over"; for a date "before", "until"
    or "after"; "" for an exact value."""
    negated: bool = False
    """Whether the text denies the value: "not in Libya"."""
    qualifier: str = ""
    """For a change "up" or "down"; for a distance its direction; for a part of a period ("early
    2019") its days; for a day the time; "" if not stated."""
    written: str = field(default="", compare=False)
    """The number in the unit as written, "8.3" for 08:30, or the words in one spelling. Values
    without a unit are compared by this."""
    shorter: tuple[str, ...] = field(default=(), compare=False)
    """Short forms of a name ("H. Berg", "WHO"), or a time without its zone."""


_SPELLINGS = {name[:3]: name for name in MONTHS}
_SPELLINGS |= {"sept": "september", "st": "saint", "bce": "bc", "twice": "2 times"}
_SPELLINGS |= {"mt": "mount", "dept": "department", "univ": "university", "ft": "fort"}
_SPELLINGS |= {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
_STREETS = {"saint": "street", "rd": "road", "ave": "avenue"}
_EVERY = re.compile(r"\b(?:every|each|per) (?=(?:hour|day|week|month|year)\b)", re.IGNORECASE)
_OR_LATER = re.compile(r"(?<=\d)\s(?:or|and) (?:later|newer|higher|above|up)\b", re.IGNORECASE)
_TIMES_SIGN = re.compile(r"(?<=\d)\s?[x×]\s?(?=\d)")
_MONTH = "|".join(MONTHS)
_DAY = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]* )?"
    rf"(?:(?P<day>\d{{1,2}})(?:th)?(?: of)? (?P<month>{_MONTH})|"
    rf"(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:th)?)(?: (?P<year>\d{{4}}))?"
)
_VERSION = re.compile(
    r"(?:(?:version|release|ver|v)\b\.?\s*v?|v)(?P<named>\d+(?:\.\d+)*[\w.+-]*)|"
    r"(?P<bare>(?!\d{1,3}(?:\.\d{3}){2}$)\d+(?:\.\d+){2,}[\w.+-]*)",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"\d+\.\d+")
_AFTER_PRODUCT = re.compile(r"[^.!?\s]\s+[A-Z][\w+#-]*\s$")
_OF_VERSIONS = re.compile(r"later|newer|earlier", re.IGNORECASE)
_NEGATION = re.compile(
    rf"(?:(?:{AUXILIARY})\s+)?(?:{DENIALS}|non)[\s-]+"
    r"(?!only\b|just\b|until\b|than\b|(?:\w+ )?(?:less|more|\w+er) than\b|exceed)",
    re.IGNORECASE,
)
_DATE_BOUND = re.compile(rf"(?:{DATE_BOUND})\s", re.IGNORECASE)
_SHORT_LABELS = {"no": "number", "#": "number", "§": "section", "sec": "section", "s": "section"}
_SHORT_LABELS |= {"art": "article", "fig": "figure", "ch": "chapter", "vol": "volume", "p": "page"}
_LABEL = re.compile(r"(?:\bno\.?|[#§]|\b(?:sec|s|art|fig|ch|vol|p)\.)\s?(?=\d)", re.IGNORECASE)
_INITIAL = re.compile(r"\b[IVX]\.\s")
_WITH_ACRONYM = re.compile(r"(.+?)\s+\(([A-Z]{2,})\)\W*")
_SHORT_OPTION = re.compile(r"-[A-Za-z]")
_LEADING = frozenset("in at on by of is was are were as".split())
_AROUND = " \t\n\"'“”‘’()[],;:!?."
_ARTICLES = frozenset({"a", "an", "the"})
_ALIASES = {"united states of america": "united states", "usa": "united states"}


@lru_cache(maxsize=4096)
def value_at(
    context: str, start: int, end: int, *, published: datetime.date | None = None
) -> Value:
    """Normalise the answer at half-open characters of a context.

    Words next to the answer are included if they change it: a sign, a bound, a unit, "not", "vice".

    Args:
        context: the text that contains the answer.
        start: first character of the answer.
        end: the character after the answer.
        published: the date of the document, for "Tuesday" and other relative dates.
    """
    first, last = completed(context, start, end)
    text = context[first:last]
    if at_time := time_beside(text):
        time, day = at_time
        alone = context[:first] + day + context[last:]
        value = value_at(alone, first, first + len(day), published=published)
        if value.kind == "date" or WEEKDAY.fullmatch(value.key):
            return replace(value, qualifier=time)
    hints = context[max(0, first - 60) : first] + " " + context[last : last + 60]
    date = date_of(context, start, end, published=published)
    is_short = date is not None and date.precision in ("year", "half")
    if times_of(text) or (is_short and _is_counted(text, hints)):  # Monday to Friday, 2000 people
        date = None
    value = value_of(text, date, hints=hints)
    number = text.strip(_AROUND)
    if _DECIMAL.fullmatch(number) and _AFTER_PRODUCT.search(hints, 0, min(first, 60)):
        value = replace(value, kind="version", key=number)  # Python 3.10 is not Python 3.1
    return replace(value, negated=value.negated != is_denied(context, first))


def value_of(text: str, date: Period | None = None, *, hints: str = "") -> Value:
    """Normalise an answer.

    Args:
        text: the words of the answer.
        date: the days that they mean, if they name days.
        hints: the words around it, which distinguish metres from millions.
    """
    negated = False
    while (negation := _NEGATION.match(text)) is not None and negation.end() < len(text):
        text, negated = text[negation.end() :], not negated
    if date is not None:
        value = _date(text, date)
    else:
        value = _time(text) or _version(text) or _number(text, hints) or _from_words(text)
    return replace(value, negated=negated)


def agree(one: Value, other: Value) -> bool:
    """Return whether two answers are equal; see `equal_places`."""
    return equal_places((one, other))[1] == 0


def equal_places(values: Sequence[Value]) -> list[int]:
    """Return for each value the index of the first value that is equal to it.

    The groups do not depend on the order. "214" is equal to "214 passengers", unless there is also
    a value with another unit, such as "214 crew"; a year counts as a unit. In the same way, "4
    degrees" is equal to "4 °C", a value without a qualifier to one with it, and "H. Berg" to "Helen
    Berg". "About" is not compared.
    """
    keys = [_key(value) for value in values]
    full = _full_keys(values, keys)
    qualifiers: dict[_Key, set[str]] = defaultdict(set)
    for value, key in zip(values, keys, strict=True):
        qualifiers[full[key]] |= {value.qualifier} - {""}
    first: dict[_Key, int] = {}
    places = []
    for place, (value, key) in enumerate(zip(values, keys, strict=True)):
        stated = qualifiers[full[key]]
        qualifier = next(iter(stated)) if len(stated) == 1 else value.qualifier
        places.append(first.setdefault((*full[key], qualifier), place))
    return places


def _key(value: Value) -> _Key:
    bound = "" if value.bound == "about" else value.bound
    key = value.written if value.kind == "words" else value.key
    return value.kind, key, value.unit, bound, value.negated


def _full_keys(values: Sequence[Value], keys: Sequence[_Key]) -> dict[_Key, _Key]:
    """Map each key to its full form if there is exactly one, else to itself."""
    longer: dict[_Key, set[_Key]] = defaultdict(set)
    for value, key in zip(values, keys, strict=True):
        for short in _short_keys(value, key):
            longer[short] |= {key} - {short}
    full: dict[_Key, _Key] = {}
    for key in sorted(set(keys), key=lambda key: (-len(str(key[1])), key[2] == "")):
        known = {full.get(one, one) for one in longer[key]}
        full[key] = known.pop() if len(known) == 1 else key
    return full


def _short_keys(value: Value, key: _Key) -> Iterator[_Key]:
    """Yield the keys of a value's short forms: short names, a number without its unit."""
    for short in value.shorter:
        yield (key[0], short, *key[2:])
    kind = "number" if value.kind in ("date", "time", "version") else value.kind
    if value.written:
        yield (kind, value.written, "", *key[3:])
    if value.unit == "kelvin":
        yield (kind, value.written, "degree", *key[3:])


def _is_counted(text: str, hints: str) -> bool:
    """Return whether a text that looks like a date is an amount or a label: 2h05, flight 2000."""
    quantity = quantity_of(text, hints)
    is_amount = quantity is not None and quantity.unit is not None
    first = re.split(r"[\W\d_]", text, maxsplit=1)[0].casefold()
    return is_amount or first in LABELS


def _date(text: str, date: Period) -> Value:
    bound = _DATE_BOUND.match(text)
    days = f"{date.first}/{date.last}"
    whole = date.precision not in ("month", "year") or date == Period.around(
        date.first, date.precision
    )
    return Value(
        "date",
        date.iso,
        bound=bound.lastgroup or "" if bound else "",
        qualifier="" if whole else days,
        written=date.iso,
    )


def _time(text: str) -> Value | None:
    if found := time_of(text):
        time, key = found
        return Value("time", key, written=_with_point(time), shorter=(time,))
    times = times_of(text)
    if times is None:
        return None
    return Value("range", "..".join(times), "time", written="..".join(map(_with_point, times)))


def _with_point(time: str) -> str:
    """Return a time as a number, with a point instead of the colon: 8.3 for 08:30."""
    return _exact(Fraction(time.replace(":", "."))) if ":" in time else time


def _version(text: str) -> Value | None:
    bound, number = strip_bound(text.strip(_AROUND))
    if _OF_VERSIONS.search(text) and number[:1].isdigit():
        number = f"v{number}"
    match = _VERSION.fullmatch(number)
    if match is None:
        return None
    number = re.sub(r"(?:\.0)+$", "", match["named"] or match["bare"])
    is_older = text.endswith("older")  # at least 18 of people, at most 4.2 of versions
    bare = number if re.fullmatch(r"\d+(?:\.\d+)?", number) else ""  # 4.2 without "version"
    number = number.casefold()
    return Value("version", number, bound="at most" if is_older else bound, written=bare)


def _number(text: str, hints: str) -> Value | None:
    text, change = without_change(text)
    quantity = quantity_of(text, hints)
    if quantity is not None:
        unit = quantity.unit.base if quantity.unit else ""
        direction = DIRECTION.search(text)
        return Value(
            "number",
            _exact(quantity.base_amount),
            unit,
            quantity.bound,
            qualifier=change or (re.sub(r"\W", "", direction[0].casefold()) if direction else ""),
            written="" if unit == "fold" else _exact(quantity.amount),  # "threefold" is not 3
        )
    found = range_of(text, hints)
    if found is None:
        return None
    low, high = found
    return Value(
        "range",
        f"{_exact(low.base_amount)}..{_exact(high.base_amount)}",
        low.unit.base if low.unit else "",
        low.bound,
        written=f"{_exact(low.amount)}..{_exact(high.amount)}",
    )


def _exact(number: Fraction) -> str:
    """Spell a number in decimals if it has at most 28 digits, else as a fraction."""
    decimal = Decimal(number.numerator) / number.denominator
    return f"{decimal.normalize():f}" if Fraction(decimal) == number else str(number)


def _from_words(text: str) -> Value:
    """Normalise an answer that is not a quantity: a date, an ordinal, a name or other words."""
    if (both := _WITH_ACRONYM.fullmatch(text)) and both[2].casefold() in short_forms(
        " ".join(_normalized_words(both[1])), False
    ):
        text = both[1]  # International Monetary Fund (IMF)
    name, gender = without_titles(text)
    people = re.split(r",? and |, ", name)
    if " and " in name and all(is_person(one.split()) for one in people):
        name = " and ".join(sorted(people))
    words = _normalized_words(name)
    while len(words) > 1 and words[0] in _LEADING | _ARTICLES - {"a"}:  # "A. Berg"
        words = words[1:]
    if len(words) == 2 and words[0] in IDENTIFIED and IDENTIFIER.search(words[1]):
        words = words[1:]  # the option -r
    key = " ".join(words)
    bound = _DATE_BOUND.match(text)
    day = _DAY.fullmatch(key.removeprefix(bound[0].casefold()) if bound else key)
    if day is not None:
        month, number = MONTHS[day["month"] or day["month2"]], int(day["day"] or day["day2"])
        if 1 <= number <= 31:
            year = day["year"] or "-"
            limit = bound.lastgroup or "" if bound else ""
            return Value("date", f"{year}-{month:02}-{number:02}", bound=limit)
    ordinal = re.fullmatch(r"(\d+)th(?: place)?", key)
    if ordinal is not None:
        return Value("ordinal", ordinal[1])
    key = _ALIASES.get(key, key)
    of_person = is_person(name.split())
    shorter = [*short_forms(key, of_person)]
    place, _, around = name.strip(_AROUND).partition(", ")
    if re.fullmatch(r"[A-Z][^,]*", around):  # "Oslo, Norway" and "Berg, Ada"
        shorter += [" ".join(_normalized_words(one)) for one in (place, f"{around} {place}")]
    written, *others = (spelling_key(one, is_person=of_person) for one in (key, *shorter))
    return Value("words", key, gender, written=written, shorter=tuple(others))


def _normalized_words(text: str) -> list[str]:
    """Split into words without case, accents, articles and the punctuation around them."""
    raised = re.sub(r"[⁰¹²³⁴-⁹]+", lambda match: "^" + match[0], text)
    raised = re.sub(r"(?<=\d) (?=\(\w{1,3}\))", "", raised)  # clause 4.2 (b)
    raised = _LABEL.sub(lambda match: _SHORT_LABELS[match[0].lower().rstrip(". ")] + " ", raised)
    raised = _OR_LATER.sub("+", _EVERY.sub("", _TIMES_SIGN.sub(" x ", raised)))
    plain = unicodedata.normalize("NFKD", raised.replace("’", "'"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words: list[str] = []
    ends = ",;:!?" if _INITIAL.search(plain) else ",;:!?."
    for place, token in enumerate(plain.split()):
        is_article = token.casefold() in _ARTICLES and (token.islower() or place == 0)
        bare = token.rstrip(ends)
        numeral = roman(bare) if words else None
        if numeral is not None:
            words.append(str(numeral))
        elif not is_article:
            words += [bare] if _SHORT_OPTION.fullmatch(bare) else _spelled(token.casefold())
    if words[1:] and words[-1] in _STREETS:
        words[-1] = _STREETS[words[-1]]
    return words or plain.casefold().split()


def _spelled(token: str) -> list[str]:
    """Split a token into words in one spelling: "Vice-President's", "2,000", "U.S.", "second"."""
    if token.isalpha():
        return [_word(token)]
    bare = _stripped(token)
    if re.fullmatch(r"(?:\d+(?:st|nd|rd|th)|[^\W\d_]+)(?:-[^\W\d_]+)+", bare):
        return _parts(*bare.split("-"))
    if re.fullmatch(r"(?:[a-z]\.)+[a-z]", bare):
        bare = bare.replace(".", "")
    elif re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", bare):
        bare = bare.replace(",", "")
    elif re.fullmatch(r"v\d+(?:\.\d+)+", bare):
        bare = bare[1:]
    return [_word(bare)] if bare else []


def _stripped(token: str) -> str:
    """Strip the punctuation of the sentence, but not that of C#, .NET, O- or -v."""
    bare = token.strip("\"'“”‘’`()[]{}<>,;:!?*…–—")
    bare = re.sub(r"['’]s$|^https?://(?:www\.)?", "", bare.rstrip("."))
    bare = re.sub(r"(?<=\w\w\w)-+$|(?<=\w)/$|^-+(?![\w-])|^\.+(?!\w)", "", bare)
    if any(letter.isalnum() for letter in bare):
        return bare
    return {"&": "and"}.get(token, "")


def _parts(first: str, *others: str) -> list[str]:
    """Join "twenty", "one" to 21 and "twenty", "first" to 21st; unify the spelling of others."""
    if NUMBER_WORDS.get(first, 0) >= 20 and re.fullmatch(r"[1-9](?:th)?", _word(others[0])):
        return [str(NUMBER_WORDS[first])[0] + _word(others[0])]
    return [_word(word) for word in (first, *others)]


def _word(word: str) -> str:
    if word in NUMBER_WORDS:
        return str(NUMBER_WORDS[word])
    if word in ORDINALS:
        return f"{ORDINALS[word]}th"
    if ordinal := re.fullmatch(r"(\d+)(?:st|nd|rd|th)", word):
        return f"{int(ordinal[1])}th"
    return _SPELLINGS.get(word, word)
