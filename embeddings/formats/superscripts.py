"""Superscripts and subscripts in plain text: 10^6 instead of 106, and their own characters."""

import re
from typing import Literal

Script = Literal["", "^", "_"]
"""The mark of a superscript and of a subscript; empty for text on the line."""

SUPERSCRIPTS = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")

_RAISED = re.compile(r"\s*[-+−–]?(?:\d[\d.,]*|[nxk])\s*")
_LOWERED = re.compile(r"\s*\d+\s*")


def join_scripts(pieces: list[tuple[str, Script]]) -> str:
    """Join pieces of text; mark superscript and subscript numbers where the text needs it.

    "^" precedes an exponent. "_" precedes a subscript after a digit (101_2), but not after a letter
    (H2O). Other raised text, as in 1st, is kept as it is.
    """
    merged: list[tuple[str, Script]] = []
    for text, script in pieces:
        if merged and merged[-1][1] == script:
            merged[-1] = (merged[-1][0] + text, script)
        else:
            merged.append((text, script))
    parts: list[str] = []
    before = ""
    for text, script in merged:
        follows = bool(before) and not before.isspace()
        if script == "^" and follows and _RAISED.fullmatch(text):
            parts.append("^" + text.lstrip())
        elif script == "_" and before.isdigit() and _LOWERED.fullmatch(text):
            parts.append("_" + text.lstrip())
        else:
            parts.append(text)
        before = parts[-1][-1:] or before
    return "".join(parts)
