"""Superscripts, accents, ligatures and symbols as plain Unicode text."""

import re
import unicodedata
from itertools import groupby

from embeddings.formats.pdf.glyphs import DROPPED, HYPHEN
from embeddings.formats.superscripts import SUPERSCRIPTS

_REPLACED = {
    HYPHEN: "-",
    "\u25efc": "©",  # TeX draws the sign as a c in a circle
    **dict.fromkeys((DROPPED, "\u00ad", "\ufeff"), ""),
    **dict(zip("\uf0b7\uf0a7\uf0d8\uf0fc\uf0e0", "•▪➢✓→", strict=True)),  # Word's symbol fonts
    **dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)),
}
_TO_REPLACE = re.compile("|".join(map(re.escape, _REPLACED)))

_ORDINAL = re.compile(r"st|nd|rd|th|[aeo]|er|re|TM|SM")
_FORMULA = re.compile(r"[A-Za-z]|[A-Za-z+−-]*\d[\dA-Za-z+−-]*")

# Accents that TeX draws as characters of their own, and the combining accents of Unicode.
_COMBINING = "\u0300\u0301\u0302\u0303\u0308\u0307\u0304\u0306\u030c\u030a\u030b\u0327"
_ACCENTS = dict(zip("`´ˆ˜¨˙¯˘ˇ˚˝¸", _COMBINING, strict=True))
_DOTLESS = {"ı": "i", "ȷ": "j"}
ACCENTED = re.compile(f"([{''.join(_ACCENTS)}])([^\\W\\d_])")
"""An accent and a letter that may be below it."""


def accented(accent: str, letter: str) -> str:
    """Combine an accent and a letter; two characters if Unicode has no such letter."""
    base = _DOTLESS.get(letter, letter)
    return unicodedata.normalize("NFC", base + _ACCENTS[accent])


def replace_special_characters(text: str) -> str:
    """Replace ligatures, marks and the characters of symbol fonts."""
    replaced = _TO_REPLACE.sub(lambda match: _REPLACED[match[0]], text)
    return unicodedata.normalize("NFC", replaced)


def with_superscripts(word: str, is_raised: list[bool]) -> str:
    """Write raised digits and signs as Unicode superscripts, other raised formulas behind `^`."""
    parts: list[str] = []
    for raised, group in groupby(range(len(word)), key=is_raised.__getitem__):
        indices = list(group)
        part = word[indices[0] : indices[-1] + 1]
        is_inside = word[indices[-1] + 1 : indices[-1] + 2].isalpha()  # as in the name "TeX"
        if raised and not _ORDINAL.fullmatch(part):
            if all(ord(sign) in SUPERSCRIPTS for sign in part):
                part = part.translate(SUPERSCRIPTS)
            elif parts and not is_inside and _FORMULA.fullmatch(part):
                part = f"^{part}"
        parts.append(part)
    return "".join(parts)
