"""Sentence splitting by rules: punctuation, abbreviations, line ends and blank lines."""

import re
from collections.abc import Iterator

_NEVER_LAST = frozenset(
    "adm apr art aug bros brig capt cf col comdr cpl dec dept dr e.g esq feb fig figs fr gen gov "
    "hon i.e jan jul jun lt maj messrs mr mrs ms mt nos nov oct p pp ph.d pres prof pvt rep reps "
    "rev sec sen sens sep sept sgt st supt viz vol vs".split()
)
"""Abbreviations that are always followed by something: their period ends no sentence."""

_MAYBE_LAST = frozenset(
    "a.m p.m a.d b.c co corp etc inc jr ltd sr no u.s u.k u.n e.u d.c al approx est ave blvd "
    "rd sq ft cent".split()
)
"""Abbreviations whose period ends a sentence only if the next word is one of `_OPENERS`."""

_OPENERS = frozenset(
    "a about after all although among an and another as at because before both but by despite "
    "during each earlier even every few for from he her his how however i if in instead it its "
    "last later many meanwhile more most my nearly neither no nobody none not nothing now on once "
    "one only or our police she since so some still such that the their then there these they "
    "this those though three to two under until we what when where while who why with yet you "
    "your".split()
)
"""Words that often start an English sentence and rarely start a name."""

_END = re.compile(r"(?<![.!?…。！？])[.!?…。！？]++[\"'”’»)\]]*+(?=\s)|[。！？]++[”’»」』）]*")
_LINE_END = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*\s*$")
_FIRST_WORD = re.compile(r"\s*[\"'“‘«(\[]*([^\W_]+|\S)")
_LAST_WORD = re.compile(r"[^\s\"“‘'(\[]*$")
_ABBREVIATION = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_OWN_LINE = re.compile(
    r"[^\S\n]*+(?:[-*•‣·–—]\s|\(?\d{1,3}[.)]\s|#{1,6}\s|\||>|([-=*_~])\1{2,}+\s*$"
    r"|\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d|\[\d\d?:\d\d|\d\d:\d\d:\d\d)|.*[|\t]"
)
"""A line that is a unit of its own: list item, Markdown heading, quotation, table row, rule or
entry of a log."""
_ITEM = re.compile(r"[^\S\n]*+(?:[-*•‣·–—]|\(?\d{1,3}[.)])(?=[^\S\n]+\S)")
_SPACES = re.compile(r"[^\S\n]*")


def sentences(text: str) -> list[tuple[int, int]]:
    """Split a text into sentences, as half-open offsets without surrounding white space.

    A blank line ends a sentence. So does the end of a line that ends with punctuation or is a unit
    of its own (list item, Markdown heading, table row, rule such as `---`). Other line ends are
    taken as hard wraps.
    """
    return list(iter_sentences(text))


def iter_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield what `sentences` returns, one by one: a long text of short lines has very many."""
    begin = 0
    for end in _boundaries(text):
        piece = text[begin:end]
        if stripped := piece.strip():
            start = begin + piece.index(stripped[0])
            yield start, start + len(stripped)
        begin = end


def _boundaries(text: str) -> Iterator[int]:
    begin = 0
    for blank in _BLANK_LINE.finditer(text):
        yield from _boundaries_in_paragraph(text, begin, blank.start())
        yield blank.start()
        begin = text.rindex("\n", blank.start(), blank.end())  # the next line's indent counts
    yield from _boundaries_in_paragraph(text, begin, len(text))
    yield len(text)


def _boundaries_in_paragraph(text: str, begin: int, end: int) -> Iterator[int]:
    line_begin, line_end = begin, _line_end(text, begin, end)
    while line_begin < end:
        for match in _END.finditer(text, line_begin, min(line_end + 1, len(text))):
            if match.end() < line_end and _ends_sentence(text, match, line_begin):
                yield match.end()
        if line_end == end:  # the end of the paragraph is a boundary anyway
            return
        following_end = _line_end(text, line_end, end)
        line_start = line_begin + (text[line_begin] == "\n")
        if (
            _LINE_END.search(text, max(line_begin, line_end - 20), line_end)
            or _OWN_LINE.match(text, line_end + 1, min(line_end + 80, following_end))
            or (
                _OWN_LINE.match(text, line_start, line_end)
                and not _continues_item(text, line_start, line_end, following_end)
            )
        ):
            yield line_end
        line_begin, line_end = line_end, following_end


def _continues_item(text: str, start: int, end: int, following_end: int) -> bool:
    """Return whether the line below a list item is indented like the text of the item."""
    item = _ITEM.match(text, start, end)
    if item is None:
        return False
    first, spaces = (
        _SPACES.match(text, item.end(), end),
        _SPACES.match(text, end + 1, following_end),
    )
    column = (first.end() if first else item.end()) - start
    indent = spaces.end() - spaces.start() if spaces else 0
    return indent > 0 and abs(indent - column) <= 1


def _line_end(text: str, begin: int, end: int) -> int:
    """Return the end of the line that starts at an offset, or after a newline there."""
    found = text.find("\n", begin + 1, end)
    return end if found < 0 else found


def _ends_sentence(text: str, end: re.Match[str], begin: int) -> bool:
    following = _FIRST_WORD.match(text, end.end())
    if following is None:
        return True
    first = following[1]
    if first[0].islower():
        return False
    if not end[0].startswith(".") or end[0].startswith(".."):
        return True
    before = _LAST_WORD.search(text, max(begin, end.start() - 30), end.start())
    word = before[0] if before else ""
    plain = word.lower()
    if plain in _NEVER_LAST:
        return False
    if plain == "no":
        return not first[0].isdigit()
    initial = len(word) == 1 and word.isalpha() and word.isupper()
    if initial or plain in _MAYBE_LAST or _ABBREVIATION.fullmatch(word):
        return first.lower() in _OPENERS
    return True
