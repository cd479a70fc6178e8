"""Characters of the symbol fonts of Office as Unicode."""

_PRIVATE_USE = 0xF000
_GREEK = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "αβχδεφγηιϕκλμνοπθρστυϖωξψζΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ",
        strict=True,
    )
)
_SYMBOL = dict(
    zip(b"\xa3\xa5\xae\xb0\xb1\xb3\xb4\xb7\xb9\xbb\xd6\xe5\xf2", "≤∞→°±≥×•≠≈√∑∫", strict=True)
)
_WINGDINGS = dict(zip(b"lno\xa7\xa8\xe0\xfb\xfc\xfd\xfe", "●■☐▪☐→✗✓☒☑", strict=True))


def symbol(font: str | None, char: str | None) -> str:
    """Return the Unicode character for a character such as "F0FE" of a font; "" if unknown."""
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
