"""Negation in questions and around answers."""

import re

AUXILIARY = (
    "do|does|did|is|are|was|were|has|have|had|can|could|will|would|may|might|must|should|shall"
)
_NEGATED_QUESTION = re.compile(
    r"(?:who|which|what|where|when|whose|how (?:many|much))\b"
    r"(?:(?!\b(?:if|when|that|because|although)\b)[^,;?])*?"
    rf"(?:\b(?:{AUXILIARY})(?:n['’]t|(?: [^\s,;?]+){{0,4}}? not)\b|\b(?:cannot|never)\b)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|except|exclud\w*|unlike|cannot"
    r"|refus\w+|declin\w+|fail\w*|lack\w*|reject\w*|forb\w+|prohibit\w*|un(?!der|it|til|i)\w{3,})\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_PARTICIPLE = (
    "\\w+ed|born|built|caught|found|given|held|hidden|kept|left|lost|made|met|paid|seen|sent|shown|sold|"
    "spoken|stolen|taken|taught|written"
)
DENIALS = r"not|never|no longer|cannot|\w+n['’]t|(?:rather|other) than|instead of|except(?: for)?"
DENIALS += "|excluding"
_SMALL_WORDS = r"\s+(?:(?:in|at|on|by|from|to|for|of|with|near|the|an?)\s+){0,3}$"
_DENIED_VERB = re.compile(
    rf"(?:\b(?:do|does|did)(?:n['’]t| not)\s+\w+|(?:n['’]t| not|\bnever)\s+(?:{_PARTICIPLE}))"
    rf"{_SMALL_WORDS}",
    re.IGNORECASE,
)
_DENIED_WORD = re.compile(
    r"(?:\b[Nn]ot|n['’]t|\b[Nn]ever|\bno longer) (?:(?:yet|been|be|ever) )*"
    r"(?!(?:all|any|for|have|many|more|only|that|the|this|wh\w+|with)\b)([a-z]{3,})"
)
_ASKS_TIME = re.compile(
    r"\W*(?:when|(?:(?:in|on) )?(?:which|what) (?:year|month|day|date))\b", re.I
)
_NEVER = re.compile(r"\bnever (?:(?:yet|been|be) )*([a-z]{4,})")
_UNTIL = re.compile(r"[^.!?\n]{0,80}\b(?:until|till|before|because)\b", re.IGNORECASE)
_DENIAL_BEFORE = re.compile(rf"\b(?:{DENIALS}|neither|nor){_SMALL_WORDS}", re.IGNORECASE)
_DENIED_SUBJECT = re.compile(
    r"\b(?:(?:nobody|no one|(?:none|neither)(?:\s+of(?:\s+[\w-]+){1,3}?)?)"
    rf"(?:\s+(?:{AUXILIARY}))?|no\s+(?:(?!doubt|longer|matter)[a-z-]+\s+){{1,2}}(?:{AUXILIARY}))"
    r"(?:\s+(?:been|be))?\s+$",
    re.IGNORECASE,
)
"""Words that deny the verb after them: "Nobody was" injured, "No passengers have been" rescued."""


def asks_for_negation(question: str) -> bool:
    """Return whether a question contains a negation: "Who does not teach?"."""
    return _NEGATED_QUESTION.match(question.strip()) is not None


def denies_verb(question: str, sentence: str) -> bool:
    """Return whether a sentence denies a verb of the question: "never rebuilt" for "rebuilt"."""
    denied = _DENIED_WORD.search(sentence)
    if denied is None or _UNTIL.match(sentence) or sentence.count(denied[1]) > 1:
        return False
    stem = denied[1][: max(3, len(denied[1]) - 2)]
    return re.search(rf"\b{stem}", question) is not None


def denies_event(question: str, text: str) -> bool:
    """Return whether a text says that what the question asks the time of never happened.

    The verb of the question must not be elsewhere in the text.
    """
    denied = _NEVER.search(text) if _ASKS_TIME.match(question) else None
    if denied is None:
        return False
    stem = denied[1][: max(4, len(denied[1]) - 2)]
    return re.search(rf"\b{stem}", question) is not None and text.casefold().count(stem) == 1


def is_negated(sentence: str) -> bool:
    """Return whether a sentence contains a negation, also a verb such as "refuse"."""
    return _NEGATION.search(sentence) is not None


def is_denied(text: str, start: int) -> bool:
    """Return whether the words before `start` deny what follows.

    Examples are "not in Libya", "not held in Libya" and "Nobody was injured".
    """
    first = max(0, start - 60)
    if _DENIAL_BEFORE.search(text, first, start):
        return True
    denied = _DENIED_VERB.search(text, first, start) or _DENIED_SUBJECT.search(text, first, start)
    return denied is not None and not _UNTIL.match(text, start)
