"""English words of time expressions and their values."""

from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value", int, float, str)


def _count(names: str, first: int = 1, step: int = 1) -> dict[str, int]:
    return {name: first + step * place for place, name in enumerate(names.split())}


def _same(value: Value, *names: str) -> dict[str, Value]:
    return dict.fromkeys(names, value)


MONTHS = _count(
    "january february march april may june july august september october november december"
)
_WEEKDAYS = _count("monday tuesday wednesday thursday friday saturday sunday", 0)
_SHORT_MONTHS = {name[:3]: number for name, number in MONTHS.items() if name != "may"}
_SHORT_MONTHS["sept"] = 9
_SHORT_WEEKDAYS = {name[:3]: number for name, number in _WEEKDAYS.items()}
_SHORT_WEEKDAYS |= {"tues": 1, "thur": 3, "thurs": 3}

_ONES = _count("one two three four five six seven eight nine")
_TENS = _count("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
SMALL_NUMBERS = _ONES | _count(_TEENS, 10) | _TENS
ORDINALS = _count(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_DECADES = "twenties thirties forties fifties sixties seventies eighties nineties"
NUMBERS: dict[str, float] = {
    **SMALL_NUMBERS,
    **{f"{ten}-{one}": _TENS[ten] + _ONES[one] for ten in _TENS for one in _ONES},
    **{f"{one} hundred": 100 * _ONES[one] for one in _ONES},
    **_same(1, "a", "an"),
    **_same(2, "a couple", "couple", "a couple of", "couple of"),
    **_same(3, "a few", "few", "several", "some"),
    **_same(12, "a dozen", "dozen"),
    **_same(100, "a hundred", "hundred"),
    **_same(0.5, "half a", "half an"),
}
_UNIT = {
    "second": "second",
    "minute": "minute",
    **_same("hour", "hour", "hr"),
    **_same("day", "day", "night"),
    **_same("week", "week", "wk"),
    "fortnight": "fortnight",
    **_same("month", "month", "mo", "mth"),
    "quarter": "quarter",
    **_same("year", "year", "yr"),
    "decade": "decade",
    "century": "century",
}

WORDS: dict[str, Mapping[str, object]] = {
    "number": NUMBERS,
    "ordinal": ORDINALS | {f"twenty-{name}": 20 + n for name, n in ORDINALS.items() if n < 10},
    "final": _same(-1, "last", "final", "closing"),
    "opening": _same(1, "first", "opening"),
    "unit": _UNIT,
    "units": {
        **_UNIT,
        **{f"{name}s": unit for name, unit in _UNIT.items()},
        "centuries": "century",
    },
    "month": {**MONTHS, **_SHORT_MONTHS},
    "weekday": _WEEKDAYS,
    "any_weekday": {**_WEEKDAYS, **_SHORT_WEEKDAYS},
    "season": {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12},
    "which": {
        "last": "last",
        "previous": "previous",
        "preceding": "previous",
        **_same("past", "past", "this past", "this last"),
        **_same("this", "this", "current", "present"),
        **_same("next", "next", "coming", "following", "upcoming", "this coming"),
    },
    "business": _same(1, "fiscal", "financial", "tax", "school", "academic"),
    "which_year": {"last": -1, "previous": -1, "this": 0, "current": 0, "next": 1},
    "part": {name: name for name in ("early", "mid", "late", "earlier", "later")},
    "part_of": {
        **_same("start", "beginning", "start"),
        "middle": "mid",
        **_same("end", "end", "close"),
    },
    "quarter_number": {"1": 1, "2": 2, "3": 3, "4": 4, "one": 1, "two": 2, "three": 3, "four": 4},
    "decade": {
        **_count(f"{_DECADES} noughties", 1920, 10),
        **{
            f"{century}{joint}{name}": year
            for century, first in (("eighteen", 1820), ("nineteen", 1920))
            for joint in " -"
            for name, year in _count(_DECADES, first, 10).items()
        },
    },
    "day_word": {
        **_same(0, "today", "tonight", "this morning", "this afternoon", "this evening"),
        **_same(-1, "yesterday", "last night", "overnight"),
        "tomorrow": 1,
    },
    "about": _same(
        "about",
        *("about", "around", "roughly", "approximately", "almost", "nearly", "exactly", "just"),
        *("over", "well over", "more than", "at least", "under", "only", "some"),
    ),
    "holiday": {  # a month and a day (or the nth weekday), or how many days after Easter
        **dict.fromkeys(("new year", "new year 's", "new year 's day"), (1, 1)),
        "valentine 's day": (2, 14),
        "may day": (5, 1),
        **dict.fromkeys(("independence day", "fourth of july"), (7, 4)),
        **dict.fromkeys(("remembrance day", "veterans day"), (11, 11)),
        "st patrick 's day": (3, 17),
        **dict.fromkeys(("labor day", "labour day"), (9, 1, 0)),
        "memorial day": (5, -1, 0),
        "mother 's day": (5, 2, 6),
        "father 's day": (6, 3, 6),
        "epiphany": (1, 6),
        "bastille day": (7, 14),
        "all saints ' day": (11, 1),
        **dict.fromkeys(("martin luther king day", "martin luther king jr day"), (1, 3, 0)),
        **dict.fromkeys(("columbus day", "indigenous peoples ' day"), (10, 2, 0)),
        **dict.fromkeys(("thanksgiving", "thanksgiving day"), (11, 4, 3)),
        "ash wednesday": -46,
        "palm sunday": -7,
        "maundy thursday": -3,
        **_same(39, "ascension", "ascension day"),
        **_same(49, "whit sunday", "pentecost", "pentecost sunday"),
        **_same(50, "whit monday", "pentecost monday"),
        "halloween": (10, 31),
        "armistice day": (11, 11),
        "christmas eve": (12, 24),
        **dict.fromkeys(("christmas", "christmas day", "xmas"), (12, 25)),
        "boxing day": (12, 26),
        "new year 's eve": (12, 31),
        "good friday": -2,
        **_same(0, "easter", "easter sunday", "easter day"),
        "easter monday": 1,
    },
}
"""By class: expressions in lower case, with one space between their tokens, and their values."""

LONGEST = {name: max(len(words.split()) for words in values) for name, values in WORDS.items()}
"""By class: the number of tokens in its longest expression."""

VOCABULARY = frozenset(
    word for values in WORDS.values() for words in values for word in words.split()
) | {"and", "or", "to", "full", "pre", "post"}
"""Every word of a time expression."""

COUNTED = frozenset(
    """people men women children percent km m kg g t mm cm kw mw kwh mhz ghz hz mb gb tb rpm eur
    usd gbp km/h""".split()
)
"""Words that the number before them counts, in addition to plurals in "s"."""

NOT_COUNTED = frozenset(
    """was is does has this as its us his onwards afterwards towards besides always perhaps versus
    across sometimes""".split()
)
"""Words in "s" that are not plurals."""

ABBREVIATIONS = _SHORT_MONTHS.keys() | _SHORT_WEEKDAYS.keys()
"""Words that may end with a full stop."""
