"""Amounts that are a rise or a fall: "rose by 5%", "a loss of $3m", "a 5% drop"."""

import re
from typing import Literal

_ROSE = "rose|risen|rises|grew|grown|gained|climbed|jumped|up|added|raised|increased"
_FELL = (
    "fell|fallen|falls|dropped|declined|lost|shrank|slid|sank|plunged|down|reduced|cut|decreased"
)
_RISE = "rise|increase|gain|growth|profit|surplus|jump"
_FALL = "fall|drop|decline|decrease|loss|deficit|reduction|cut"
_BEFORE = (
    rf"\b(?:(?P<up>(?:{_ROSE})(?!\s+to\b)|(?:{_RISE})\s+of)|"
    rf"(?P<down>(?:{_FELL})(?!\s+to\b)|(?:{_FALL})\s+of))\s+(?:by\s+)?"
)
_STARTS_BEFORE = re.compile(rf"(?:an?\s+)?(?:{_BEFORE})", re.IGNORECASE)
_ENDS_BEFORE = re.compile(rf"{_BEFORE}$", re.IGNORECASE)
_AFTER = re.compile(rf"\s+(?:(?P<up>{_RISE}|higher)|(?P<down>{_FALL}|lower))\b", re.IGNORECASE)


def without_change(text: str) -> tuple[str, Literal["", "up", "down"]]:
    """Remove the words for a rise or a fall; return the rest and "up", "down" or "" (neither)."""
    text = text.rstrip(" .,;:!?")
    before, after = _STARTS_BEFORE.match(text), _AFTER.search(text)
    if before is not None:
        return text[before.end() :], "up" if before["up"] else "down"
    if after is not None and after.end() == len(text):
        return text[: after.start()], "up" if after["up"] else "down"
    return text, ""


def characters_before(before: str) -> int:
    """Return the length of the words for a rise or a fall at the end of a text before an amount."""
    match = _ENDS_BEFORE.search(before)
    return len(before) - match.start() if match else 0


def end_after(text: str, end: int) -> int:
    """Return the end of an amount, including a word such as "loss" after it."""
    match = _AFTER.match(text, end)
    return match.end() if match else end
