"""Units of measure and how they convert exactly."""

import re
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: an amount of it is `amount * factor + offset` of its base unit."""

    base: str
    """"metre" or "metre/second", for example; a counted noun in the singular; "" if not stated."""
    factor: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)


_PREFIXES = {"kilo": 3, "mega": 6, "giga": 9, "tera": 12, "hecto": 2, "centi": -2, "milli": -3}
_PREFIXES |= {"deci": -1, "micro": -6, "nano": -9}
_PREFIX_SIGNS = {"k": 3, "M": 6, "G": 9, "T": 12, "h": 2, "c": -2, "m": -3, "µ": -6, "μ": -6}
_PREFIX_SIGNS |= {"d": -1, "n": -9}
_METRIC = {"m": "metre", "g": "gram", "l": "litre", "L": "litre", "W": "watt", "Hz": "hertz"}
_METRIC |= {"B": "byte", "V": "volt", "A": "ampere", "J": "joule", "Wh": "watt hour"}
_METRIC |= {"N": "newton", "Pa": "pascal", "bit": "bit", "s": "second", "Nm": "newton metre"}
_METRIC |= {"Ω": "ohm", "Ah": "ampere hour", "cal": "calorie", "eV": "electronvolt", "lm": "lumen"}
_SPELLINGS = {"metre": "meter", "litre": "liter", "gram": "gramme"}

_NAMES = {
    "inch foot yard mile": ("metre", "0.0254 0.3048 0.9144 1609.344"),
    "nautical_mile": ("metre", "1852"),
    "tonne metric_ton kilo ounce stone lb": (
        "gram",
        "1e6 1e6 1000 28.349523125 6350.29318 453.59237",
    ),
    "minute hour day week fortnight": ("second", "60 3600 86400 604800 1209600"),
    "year annum decade century": ("month", "12 12 120 1200"),
    "hectare acre": ("square metre", "10000 4046.8564224"),
    "percent per_cent pct permille": ("ratio", "0.01 0.01 0.01 0.001"),
    "bar millibar": ("pascal", "1e5 100"),
    "basis_point percentage_point": ("percentage point", "0.01 1"),
    "cent": ("dollar", "0.01"),
    "penny pence": ("pound", "0.01 0.01"),
    "knot": ("metre/second", "463/900"),
    "kibibyte mebibyte gibibyte tebibyte": ("byte", "1024 1048576 1073741824 1099511627776"),
    "teaspoon tablespoon": ("litre", "0.005 0.015"),
}
_SIGNS = {
    "%": "percent", "‰": "permille", "mbar": "millibar",
    "in": "inch", "ft": "foot", "yd": "yard", "mi": "mile", "ha": "hectare",
    "t": "tonne", "oz": "ounce", "lbs": "lb", "min": "minute", "mins": "minute", "h": "hour",
    "hr": "hour", "hrs": "hour", "sec": "second", "secs": "second", "yr": "year", "yrs": "year",
    "°C": "celsius", "°F": "fahrenheit", "K": "kelvin", "KiB": "kibibyte", "MiB": "mebibyte",
    "GiB": "gibibyte", "KB": "kB", "KM": "km", "Km": "km", "KG": "kg", "Kg": "kg",
    "p": "penny", "pc": "percent", "mph": "mile/hour",
    "mcg": "microgram", "¢": "cent", "kbps": "kbit/s", "Mbps": "Mbit/s", "Gbps": "Gbit/s",
    "rpm": "revolution/minute", "kph": "kilometre/hour", "TiB": "tebibyte", "bps": "basis point",
    "kmh": "kilometre/hour", "kmph": "kilometre/hour", "°": "degree", "pp": "percentage point",
    "cc": "millilitre", "dB": "decibel", "tsp": "teaspoon", "tbsp": "tablespoon",
}  # fmt: skip
CURRENCY_SIGNS = {"$": "dollar", "us$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
CURRENCY_SIGNS |= {"a$": "australian dollar", "c$": "canadian dollar", "₹": "rupee"}
CURRENCY_SIGNS |= {"nz$": "new zealand dollar", "hk$": "hong kong dollar"}
CURRENCY_CODES = {"usd": "dollar", "eur": "euro", "gbp": "pound", "jpy": "yen", "inr": "rupee"}
CURRENCY_CODES |= {"us dollar": "dollar", "pound sterling": "pound", "chf": "franc", "rs": "rupee"}
CURRENCY_CODES |= {"swiss franc": "franc", "cad": "canadian dollar", "aud": "australian dollar"}
CURRENCY_CODES |= {"nok": "norwegian krone", "sek": "swedish krona", "dkk": "danish krone"}
CURRENCY_CODES |= {"nzd": "new zealand dollar", "hkd": "hong kong dollar", "cny": "yuan"}
CURRENCY_CODES |= {"pln": "zloty", "czk": "czech koruna", "huf": "forint", "rub": "rouble"}
CURRENCY_CODES |= {"ruble": "rouble", "zar": "rand", "sgd": "singapore dollar", "ils": "shekel"}
CURRENCIES = {*CURRENCY_SIGNS.values(), *CURRENCY_CODES.values()}

_IRREGULAR = {"people": "person", "men": "man", "women": "woman", "children": "child"}
_IRREGULAR |= {"feet": "foot", "lives": "life", "halves": "half", "centuries": "century"}
_IRREGULAR |= {"kroner": "krone", "kronor": "krona"}
_PER = re.compile(r"\s*/\s*|\s+(?:per|an?|every|each)\s+")


def _table() -> dict[str, Unit]:
    spelled = {base: {base, _SPELLINGS.get(base, base)} for base in _METRIC.values()}
    known = {name: Unit(base) for base, names in spelled.items() for name in names}
    bases = "kelvin month ratio degree dollar euro pound yen rupee franc"
    known |= {name: Unit(name) for name in bases.split()}
    for names, (base, factors) in _NAMES.items():
        for name, factor in zip(names.split(), factors.split(), strict=True):
            known[name.replace("_", " ")] = Unit(base, Fraction(factor))
    for name in ("degree celsius", "celsius", "degree c", "degree centigrade", "centigrade"):
        known[name] = Unit("kelvin", Fraction(1), Fraction("273.15"))
    for name in ("degree fahrenheit", "fahrenheit", "degree f"):
        known[name] = Unit("kelvin", Fraction(5, 9), Fraction("459.67") * Fraction(5, 9))
    known |= {"bit": Unit("byte", Fraction(1, 8)), "watt hour": Unit("joule", Fraction(3600))}
    for prefix, power in _PREFIXES.items():
        for base, spellings in spelled.items():
            scaled = Unit(known[base].base, known[base].factor * Fraction(10) ** power)
            known |= {prefix + name: scaled for name in spellings}
    for code, currency in CURRENCY_CODES.items():
        known[code] = known[currency] = Unit(currency)
    return known


_KNOWN = _table()


def unit_of(words: str) -> Unit | None:
    """Read the words after a number; None if they are neither a unit nor a noun.

    Examples are "km/h", "dollars a day", "square metres" and "young children".
    """
    parts = [_simple(part.strip()) for part in _PER.split(words.strip())]
    if not parts or any(part is None for part in parts):
        return None
    first, *others = (part for part in parts if part is not None)
    for other in others:
        first = Unit(f"{first.base}/{other.base}", first.factor / other.factor)
    return first


def is_measure(words: str) -> bool:
    """Return whether words or a sign are a known unit or begin with one: "km", "Mbit/s"."""
    return _measure(_PER.split(words)[0]) is not None


def _simple(words: str) -> Unit | None:
    measure = _measure(words)
    if measure is not None:
        return measure
    if not re.fullmatch(r"[^\W\d_]+(?:[-'’ ][^\W\d_]+){0,3}", words):
        return None
    *before, last = words.casefold().split()
    return Unit(" ".join([*before, singular(last)]))


def _measure(words: str) -> Unit | None:
    words = words.replace(".", "").strip()
    power = re.fullmatch(
        r"(?:sq|square|cu|cubic)\s+(.+)|(.+?)(?:\s?\^?([23])|([²³])| squared)", words
    )
    if power is not None:
        base = _measure(power[1] or power[2])
        cubic = words.startswith("cu") or (power[3] or power[4]) in ("3", "³")
        if base is None or base.base != "metre":
            return None
        if cubic:
            return Unit("litre", base.factor**3 * 1000)
        return Unit("square metre", base.factor**2)
    if words in _SIGNS:
        return unit_of(_SIGNS[words])
    if words in _METRIC:
        return _KNOWN[_METRIC[words]]
    if len(words) > 1 and words[0] in _PREFIX_SIGNS and words[1:] in _METRIC:
        base = _KNOWN[_METRIC[words[1:]]]
        return Unit(base.base, base.factor * Fraction(10) ** _PREFIX_SIGNS[words[0]])
    *before, last = words.casefold().split() or [""]
    for name in (" ".join([*before, last]), " ".join([*map(singular, before), singular(last)])):
        if name in _KNOWN:
            return _KNOWN[name]
    return None


def singular(noun: str) -> str:
    """Return the singular of a noun in lower case."""
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("ches", "shes", "sses", "xes", "zes")):
        return noun[:-2]
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")):
        return noun[:-1]
    return noun
