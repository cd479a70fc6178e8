"""Times of day and of the week as answers: "3 p.m.", "half past eight", "Mon-Fri"."""

import re

from qa.answering.comparison.numbers import Number

_CLOCK = re.compile(
    r"(?:at\s+)?(?P<hour>1[0-2]|0?[1-9])(?:[:.](?P<minute>[0-5]\d))?\s*(?P<half>[ap])\.?\s?m|"
    r"(?:at\s+)?(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d)(?:\s*(?:hrs|hours|h))?",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"(?:at\s+)?(?:(?:a\s+)?(?P<minutes>half|quarter|[\w-]+(?=\s+minutes|\s+past))(?:\s+minutes)?"
    r"\s+(?P<way>past|to)\s+)?(?P<hour>\w+)(?P<clock>\s+o['’]clock)?(?P<half>\s+[ap]\.?m)?",
    re.IGNORECASE,
)
_PART_OF_DAY = re.compile(
    r"\s+(?:in the (?P<am>morning)|in the (?:afternoon|evening)|at night)$", re.IGNORECASE
)
_NAMED_TIMES = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
_NAMED = re.compile(r"(?:at\s+)?(?:the\s+)?(?:12\s+)?(noon|midday|midnight)", re.IGNORECASE)
_ZONE = re.compile(r"\s*\b(?:UTC|GMT|(?:[CEMPW]|AE|JS|IS|B)[DES]?[ST])$|\s+local time$")
_OFFSETS = {"utc": 0, "gmt": 0, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "jst": 9}
_OFFSETS |= {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
"""Offset of each time zone from UTC in hours."""
_JOINT = re.compile(r"(?:from\s+)?(.+?)\s*(?:-|–|—|\b(?:to|through|until|till)\b)\s*(.+)", re.I)
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
WEEKDAY = re.compile(rf"(?:every |each )?(?:{'|'.join(_WEEKDAYS)})s?")
_HOUR = re.compile(r"1[0-2]|0?[1-9]")
_HALF = re.compile(r"([ap])\.?m\b", re.IGNORECASE)
_SHORT_TIME = (
    r"(?P<time>(?:\d{1,2}(?:[:.]\d\d)?(?:\s*[ap]\.?m\b\.?)?|noon|midnight)(?: [A-Z]{2,4})?)"
)
_TIME_AND_DAY = re.compile(rf"(?:at\s+)?{_SHORT_TIME}(?:,|\s+on)?\s+(?P<day>\S.*)")
_DAY_AND_TIME = re.compile(rf"(?P<day>.*?\S)(?:,|\s+at|,\s+at)?\s+{_SHORT_TIME}")
_TAIL = re.compile(r"\s+(?:sharp|daily|(?:every|each) day)$", re.IGNORECASE)
_AROUND = " \t\n\"'“”‘’()[],;:!?."


def time_of(text: str) -> tuple[str, str] | None:
    """Read a time of day and the same time in UTC ("15:00", "14:00Z"); None for other text.

    If the offset of the zone is unknown, the second time is the first with the name of the zone;
    without a zone, both are the same.
    """
    text = _TAIL.sub("", text.strip(_AROUND)).rstrip(".")
    zone = _ZONE.search(text)
    text = text[: zone.start()].rstrip(".") if zone else text
    text = _PART_OF_DAY.sub(lambda match: " am" if match["am"] else " pm", text)
    text = _in_digits(text)
    match, named = _CLOCK.fullmatch(text), _NAMED.fullmatch(text)
    if named is not None:
        time = _NAMED_TIMES[named[1].casefold()]
    elif match is None:
        return None
    elif match["hour24"]:
        time = f"{int(match['hour24']):02}:{match['minute24']}"
    else:
        hour = int(match["hour"]) % 12 + (12 if match["half"].casefold() == "p" else 0)
        time = f"{hour:02}:{match['minute'] or '00'}"
    name = zone[0].strip().casefold() if zone else ""
    if name not in _OFFSETS:
        return time, f"{time} {name}".strip()
    return time, f"{(int(time[:2]) - _OFFSETS[name]) % 24:02}{time[2:]}Z"


def time_beside(text: str) -> tuple[str, str] | None:
    """Split "11 May at 8 am" into the time of day and the rest, which is not checked.

    Returns:
        None for other text.
    """
    for pattern in (_TIME_AND_DAY, _DAY_AND_TIME):
        match = pattern.fullmatch(text.strip(_AROUND))
        if match is not None and (time := time_of(match["time"])):
            return time[0], match["day"]
    return None


def _in_digits(text: str) -> str:
    """Spell "half past eight" as "8:30" and "a quarter to ten pm" as "9:45 pm"."""
    match = _SPOKEN.fullmatch(text)
    if match is None or not (match["way"] or match["clock"] or match["half"]):
        return text
    hour, said = Number(match["hour"], 0), match["minutes"] or "0"
    number = Number("a quarter" if said.casefold() == "quarter" else said, 0)
    if not (hour.found and number.found):
        return text
    minutes = int(60 * number.amount if number.is_fraction else number.amount)
    time = 60 * int(hour.amount) + (-minutes if match["way"] == "to" else minutes)
    return f"{time // 60}:{time % 60:02}{match['half'] or ''}"


def times_of(text: str) -> tuple[str, str] | None:
    """Read the first and last time or weekday of a range; None for other text."""
    match = _JOINT.fullmatch(text.strip(_AROUND))
    if match is None:
        return None
    first, last = _time_or_weekday(match[1]), _time_or_weekday(match[2])
    if _HOUR.fullmatch(match[1]) and (half := _HALF.search(match[2])):  # from 9 to 5 pm
        other = "a" if half[1].casefold() == "p" else "p"
        first = _time_or_weekday(f"{match[1]} {half[1]}m")
        first = _time_or_weekday(f"{match[1]} {other}m") if first >= last else first
    return (first, last) if first and last else None


def _time_or_weekday(text: str) -> str:
    time, word = time_of(text), text.casefold().rstrip("s.")
    days = [day for day in _WEEKDAYS if len(word) > 2 and day.startswith(word)]
    return time[0] if time else "".join(days)
