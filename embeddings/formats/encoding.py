"""The character encoding of text files, and their decoded text."""

import codecs
import re
from collections import Counter
from pathlib import Path
from typing import Final, TextIO

import charset_normalizer

from embeddings.errors import DocumentError

# Only lines with bytes outside ASCII help to guess, and guessing is slow on long input.
_SAMPLE_BYTES = 1 << 16

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_TERMINAL = re.compile(r"[^\n]\x08|\x1b\[[\d;]*[A-Za-z]")
"""Bold and underlined text of manual pages (overstruck characters), and colours of terminals."""

_UTF16_BYTES = 1_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""Control characters that occur in binary files, but not in texts."""
_MIN_NULS = 0.25
"""Smallest share of NUL among the high bytes of UTF-16 text: ASCII characters have NUL there."""

# The supersets that browsers read instead of these encodings: WHATWG Encoding Standard, 4.2.
_AS_BROWSERS_READ: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}

# Letters outside ASCII of languages in the Latin alphabet, by the code page they are written in.
# The first encoding wins a tie. ISO 8859-1 text is read as its superset, Windows-1252.
_CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ćčđšž", "âăîşţ")
_LATIN_ALPHABETS = {
    "cp1252": (
        *("àâæçéèêëîïôœùûüÿ", "äöüß", "áéíóúüñªº", "àáâãçéêíóôõúü", "àèéìíîòóùú", "äåæéöø"),
        "áæéíðóöúýþ",
    ),
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1254": ("âçîöûüğış",),
    "cp1257": ("ąčėęįšūųž", "āčēģīķļņšūž", "äõöüšž"),
}
_LATIN_SHARE = 0.25
"""At most this share of the letters of a text in the Latin alphabet is outside ASCII."""

_LATIN_SIGNS = "¡¢£¥²³¹¼½¾¿"
"""Signs of Windows-1252 whose bytes are letters in another code page."""

# Bytes of quotation marks, dashes and other signs that are the same in all these code pages.
_LATIN_9 = re.compile(rb"[a-z]\xbd[a-z]|\xa4")
"""The letter œ and the sign € of ISO 8859-15; they are ½ and ¤ in Windows-1252."""
_PUNCTUATION = "€‚„…†‡‰‹‘’“”•–—™›\xa0§©«¬®°±µ¶·»×÷".encode("cp1252")

_ASCII = bytes(range(128))
_NO_LETTERS = bytes(byte for byte in _ASCII if not chr(byte).isalpha()) + _PUNCTUATION
_GOOD_FIT = 0.9
_MIN_MISPLACED = 0.15
"""Smallest share of misplaced characters in text of DOS and old Macs read as Windows-1252."""
_SIGNS_IN_WORDS = "’‘–—…·´\xa0\xad"
_NEVER_AFTER_LETTERS = "‚„¶±\ufffd"

_OTHER_ENCODINGS = (
    "gb18030 big5 cp932 euc_jp cp949 cp1251 koi8_r koi8_u cp866 iso8859_5 cp1253 cp1255 cp1256 "
    "cp874"
).split()


def marked_encoding(data: bytes) -> str | None:
    """Return the encoding that the bytes declare, or UTF-16 without a mark; None if unknown.

    Decoding drops the mark.
    """
    name = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if name is None and b"\x1b$B" in data and data.isascii():  # as in Japanese mail
        name = "iso2022_jp"
    if name is not None:
        return name
    start = data[:_UTF16_BYTES]
    nuls = [start[half::2].count(0) for half in (0, 1)]
    if min(nuls) > 0 or max(nuls) <= _MIN_NULS * len(start) / 2:
        return None
    name = "utf-16-le" if nuls[1] else "utf-16-be"
    text = start[: len(start) // 2 * 2].decode(name, errors="replace")
    return None if _CONTROL.search(text) else name


def declared_codec(name: str) -> str:
    """Return the name of the codec for text that declares an encoding; "" if it is unknown."""
    try:
        codec = codecs.lookup(name).name
        "".encode(codec)  # some codecs are not character encodings
    except (LookupError, ValueError):
        return ""
    return _AS_BROWSERS_READ.get(codec, codec)


def encoding_of(path: Path) -> str:
    """Return a text file's encoding: by its byte order mark, else UTF-8 if it fits, else a guess.

    A file whose characters outside ASCII are mostly valid UTF-8 counts as UTF-8: a cut character or
    a line pasted from elsewhere does not change the encoding of the rest.

    Raises:
        DocumentError: The bytes are not text.
    """
    foreign = b""
    valid = invalid = 0
    with path.open("rb") as stream:
        marked = marked_encoding(stream.read(_UTF16_BYTES))
        if marked is not None:
            return marked
        stream.seek(0)
        for line in stream:
            if b"\0" in line:
                raise DocumentError("is a binary file, not text; give it the suffix of its format")
            if not line.isascii():
                decoded = line.decode(errors="replace")
                bad = decoded.count("\ufffd") - line.count("\ufffd".encode())
                valid += len(decoded) - len(decoded.encode("ascii", "ignore")) - bad
                invalid += bad
                if bad and len(foreign) < _SAMPLE_BYTES:
                    foreign += line
    if valid >= invalid:
        return "utf-8"
    guess = _guessed_encoding(foreign[:_SAMPLE_BYTES])
    return "iso8859_15" if guess == "cp1252" and _LATIN_9.search(foreign) else guess


def _guessed_encoding(sample: bytes) -> str:
    if _misplaced(sample, "cp1252") >= _MIN_MISPLACED * len(sample.translate(None, _ASCII)):
        for name in ("mac_roman", "cp850"):
            if not _misplaced(sample, name):
                return name
    outside = sample.translate(None, _ASCII + _PUNCTUATION)
    if not outside:
        return "cp1252"
    fits = {name: _fit(outside, name) for name in _LATIN_ALPHABETS}
    best = max(fits, key=lambda name: (fits[name], -_misplaced(sample, name)))
    if len(outside) <= _LATIN_SHARE * len(sample.translate(None, _NO_LETTERS)):
        return best if fits[best] >= _GOOD_FIT else "cp1252"
    if fits[best] >= _GOOD_FIT:
        return best
    match = charset_normalizer.from_bytes(sample, cp_isolation=_OTHER_ENCODINGS).best()
    if match is None:
        raise DocumentError("is not text in any known encoding; save it as UTF-8")
    return match.encoding


def _misplaced(sample: bytes, encoding: str) -> int:
    """Count the capitals outside ASCII after a small letter from a to z, and signs inside words."""
    text = sample.decode(encoding, errors="replace")
    return sum(
        "a" <= last <= "z"
        and not sign.isascii()
        and (
            sign.isupper()
            or sign in _NEVER_AFTER_LETTERS
            or "─" <= sign <= "▓"  # box-drawing characters of DOS
            or (following.isalpha() and not sign.isalpha() and sign not in _SIGNS_IN_WORDS)
        )
        for last, sign, following in zip(text, text[1:], f"{text[2:]} ", strict=False)
    )


def _fit(outside: bytes, encoding: str) -> float:
    """Return the share of characters that are letters of one language, for the best language."""
    letters = Counter(outside.decode(encoding, errors="replace").lower())
    signs = _LATIN_SIGNS if encoding == "cp1252" else ""
    fitting = (
        sum(letters[letter] for letter in alphabet + signs)
        for alphabet in _LATIN_ALPHABETS[encoding]
    )
    return max(fitting) / letters.total()


def open_text(path: Path) -> TextIO:
    r"""Open a text file for reading line by line; line ends become "\n".

    Bytes that are not valid in the file's encoding become U+FFFD.

    Raises:
        DocumentError: The bytes are not text.
    """
    return path.open(encoding=encoding_of(path), errors="replace")


def read_text(path: Path) -> str:
    r"""Read a whole text file without byte order mark, soft hyphens and codes for bold text.

    Line ends become "\n".

    Raises:
        DocumentError: The bytes are not text.
    """
    with open_text(path) as stream:
        return without_soft_hyphens(_TERMINAL.sub("", stream.read()))


def without_soft_hyphens(text: str) -> str:
    """Remove soft hyphens and zero-width spaces, the invisible marks of possible line breaks."""
    return text.replace("\u00ad", "").replace("\u200b", "")
