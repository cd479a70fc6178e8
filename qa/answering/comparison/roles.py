"""Subject and object: answers whose role in the text differs from the role that is asked for."""

import re

_NAME = r"(?:the\s+)?(?P<full>(?P<name>[A-Z][\w&'’-]*)(?:\s[A-Z][\w.&'’-]*)*)"
_BE = r"(?:is|are|was|were|been)"
_VERB = rf"(?!{_BE}\b|(?:and|as|at|for|in|of|on|or|to|with)\b)(?P<verb>[a-z]+)"
_ASKS_WHOM = re.compile(rf"\b(?:did|does|do)\s+{_NAME}\s+{_VERB}")
_ASKS_WHO = re.compile(
    rf"\W*(?:[Ww]ho|(?:[Ww]hich|[Ww]hat)(?:\s+[\w-]+){{1,2}}?)\s+{_VERB}\s+{_NAME}"
)
_MUTUAL = re.compile(
    "accompan|all(?:y|ied)|border|debat|divorc|fac|fight|fought|join|marr|m[ae]e?t|play"
)


def has_swapped_roles(question: str, text: str, start: int) -> bool:
    """Return whether an answer is the object and the question asks for the subject, or vice versa.

    "Holm beat Berg" does not answer "Whom did Berg beat?" with Holm or with Berg. Verbs are
    compared by their first letter: "buy" and "bought".
    """
    whom = _ASKS_WHOM.search(question)
    who = None if whom else _ASKS_WHO.match(question)
    asked = whom or who
    if asked is None or _MUTUAL.match(asked["verb"]):
        return False
    name = rf"(?:the\s+)?{re.escape(asked['name'])}(?:\s[A-Z]\S*)*"
    verb = rf"(?:\w+ly\s+)?{asked['verb'][0]}[a-z]+"
    active, passive = rf"\s+{verb}\s+", rf"\s+(?:\w+\s)?{_BE}\s+{verb}\s+by\s+"
    after, before = (active, passive) if whom else (passive, active)
    if who and (led := re.match(rf"{verb}\s+", text[start : start + 90])):  # "beat Ostra"
        start += led.end()
    return (
        (who and re.match(rf"(?:[^\s.]+\s+){{0,4}}?{name}{active}", text[start : start + 150]))
        or re.match(rf"{re.escape(asked['full'])}\b(?!\s[A-Z])", text[start:])
        or re.match(rf"(?:[^\s.]+\s+){{0,4}}?\S+{after}{name}\b", text[start : start + 150])
        or re.search(
            rf"\b{name}{before}(?:the\s+)?(?:[A-Z]\S*\s+){{0,3}}$", text[max(0, start - 90) : start]
        )
    ) is not None
