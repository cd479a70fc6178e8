"""Characters of the symbol fonts of Office as Unicode."""

from __future__ import annotations

__all__ = ["symbol"]

_PRIVATE_USE = 0xF000
_GREEK = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "αβχδεφγηιϕκλμνοπθρστυϖωξψζΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ",
        strict=True,
    )
)
_SYMBOL = {
    0xA3: "≤",
    0xA5: "∞",
    0xAE: "→",
    0xB0: "°",
    0xB1: "±",
    0xB3: "≥",
    0xB4: "×",
    0xB7: "•",
} | {
    0xB9: "≠",
    0xBB: "≈",
    0xD6: "√",
    0xE5: "∑",
    0xF2: "∫",
}
_WINGDINGS = {0x6C: "●", 0x6E: "■", 0x6F: "☐", 0xA7: "▪", 0xA8: "☐", 0xE0: "→", 0xFB: "✗"} | {
    0xFC: "✓",
    0xFD: "☒",
    0xFE: "☑",
}


def symbol(font: str | None, char: str | None) -> str:
    """Return the Unicode character for a character of a symbol font; "" if it is not known.

    Args:
        font: the name of the font, such as "Wingdings".
        char: the code in hexadecimal digits, such as "F0FE".
    """
    try:
        code = int(char or "", 16)
    except ValueError:
        return ""
    if _PRIVATE_USE <= code <= _PRIVATE_USE + 0xFF:
        code -= _PRIVATE_USE
    match (font or "").lower():
        case "symbol":
            return _SYMBOL.get(code, _GREEK.get(chr(code), chr(code)) if code < 0x80 else "")
        case "wingdings":
            return _WINGDINGS.get(code, "")
        case name if name.startswith(("wingdings", "webdings")):
            return ""
    return chr(code) if 0x20 <= code < 0xD800 else ""
