"""Whether an amount is a rise or a fall: "rose by 5%", "a loss of $3m", "a 5% drop"."""

import re
from typing import Literal

_VERBS = {
    "up": "rose risen rises grew grown gained climbed jumped up added raised increased",
    "down": """fell fallen falls dropped declined lost shrank slid sank plunged down reduced cut
    decreased""",
}
_NOUNS = {
    "up": "rise increase gain growth profit surplus jump",
    "down": "fall drop decline decrease loss deficit reduction cut",
}


def _any_of(words: str) -> str:
    return "|".join(words.split())


_BEFORE = re.compile(
    rf"\b(?:(?P<up>(?:{_any_of(_VERBS['up'])})(?!\s+to\b)|(?:{_any_of(_NOUNS['up'])})\s+of)|"
    rf"(?P<down>(?:{_any_of(_VERBS['down'])})(?!\s+to\b)|(?:{_any_of(_NOUNS['down'])})\s+of))"
    r"\s+(?:by\s+)?",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"\s+(?:(?P<up>{_any_of(_NOUNS['up'])}|higher)|(?P<down>{_any_of(_NOUNS['down'])}|lower))\b",
    re.IGNORECASE,
)
_ENDS_BEFORE = re.compile(_BEFORE.pattern + "$", re.IGNORECASE)


def without_change(text: str) -> tuple[str, Literal["", "up", "down"]]:
    """Separate the words for a rise or a fall from an amount; "" if there are none."""
    text = text.rstrip(" .,;:!?")
    before = re.match(rf"(?:an?\s+)?(?:{_BEFORE.pattern})", text, re.IGNORECASE)
    after = _AFTER.search(text)
    match = before or (after if after and after.end() == len(text) else None)
    if match is None:
        return text, ""
    rest = text[match.end() :] if match is before else text[: match.start()]
    return rest, "up" if match["up"] else "down"


def characters_before(before: str) -> int:
    """Count the characters at the end of a text that call the amount after it a rise or a fall."""
    match = _ENDS_BEFORE.search(before)
    return len(before) - match.start() if match else 0


def end_after(text: str, end: int) -> int:
    """Give the end of an amount with a word such as "loss" after it."""
    match = _AFTER.match(text, end)
    return match.end() if match else end
