"""The text of a PDF, assembled from its lines."""

import re
from collections import Counter
from collections.abc import Sequence

from embeddings.formats.pdf.paragraphs import FlowLine, Kind

_HYPHENS = "-\u2010"
_HYPHEN = re.compile(rf"(?:([^\W\d_]+)|\d)[{_HYPHENS}]$")
_LETTERS = re.compile(r"[^\W\d_]+")
_WORD = re.compile(rf"[^\W\d_]+(?:[{_HYPHENS}][^\W\d_]+)*")
_CONJUNCTIONS = frozenset({"and", "or", "to", "und", "oder"})
_IDEOGRAPH = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_LISTED = (Kind.ITEM, Kind.ROW, Kind.CODE)


def assemble_text(
    letterhead: Sequence[str], pages: Sequence[Sequence[FlowLine]]
) -> tuple[str, list[int]]:
    """Join the lines below the letterhead, and set the start of each line of a page.

    A blank line separates paragraphs; list items, rows of tables and lines of code stand on lines
    of their own.

    Returns:
        The text and the start offset of each page. A page without text starts where the next one
        does.
    """
    words = _words(pages)
    parts = ["\n".join(letterhead) + "\n\n"] if letterhead else []
    starts: list[int] = []
    length = len("".join(parts))
    previous: FlowLine | None = None
    first: FlowLine | None = None  # first line of the paragraph
    for page in pages:
        starts.append(-1)
        for one in page:
            if previous is not None and first is not None:
                ending, separator = _between(first, previous, one, words)
                parts[-1] = parts[-1][: len(parts[-1]) - ending] + separator
                length += len(separator) - ending
            if not one.continues:
                first = one
            one.start = length
            if starts[-1] < 0:
                starts[-1] = length
            parts.append(one.line.text)
            length += len(one.line.text)
            previous = one
    for number in reversed(range(len(starts))):
        if starts[number] < 0:
            starts[number] = starts[number + 1] if number + 1 < len(starts) else length
    return "".join(parts).rstrip(), [0, *starts[1:]]


def _words(pages: Sequence[Sequence[FlowLine]]) -> Counter[str]:
    """Count words in lower case, except those broken at a line end."""
    words = Counter[str]()
    is_broken = False
    for page in pages:
        texts = []
        for one in page:
            text = one.line.text
            if is_broken and one.continues:
                text = text.partition(" ")[2]
            is_broken = one.line.text[-1] in _HYPHENS
            texts.append(text.rpartition(" ")[0] if is_broken else text)
        words.update(_WORD.findall("\n".join(texts).lower()))
    return words


def _between(
    first: FlowLine, previous: FlowLine, one: FlowLine, words: Counter[str]
) -> tuple[int, str]:
    """Return how many characters to cut off the line before, and the separator to add.

    Args:
        first: first line of the paragraph before.
        previous: the line before.
        one: the line that follows.
        words: counts of the words of the document.
    """
    if one.is_next_cell:
        return 0, "\t"
    if one.continues:
        return _within(previous.line.text, one.line.text, words)
    is_list = first.kind is one.kind and one.kind in _LISTED
    are_short = first is previous and previous.is_short and one.is_short
    is_close = 0 < previous.line.y - one.line.y < 1.8 * one.line.size
    if is_list or (are_short and is_close and not (previous.level or one.level)):
        return 0, "\n"
    return 0, "\n\n"


def _within(line: str, following: str, words: Counter[str]) -> tuple[int, str]:
    hyphen, second = _HYPHEN.search(line), _LETTERS.match(following)
    if hyphen is None:
        is_unspaced = _IDEOGRAPH.match(line[-1]) and _IDEOGRAPH.match(following)
        is_path = line.endswith("/") and line[-2:-1].isalnum()
        return 0, "" if is_unspaced or is_path else " "
    if second is None or hyphen[1] is None:
        return 0, "" if following[0].isalnum() else " "
    if second[0] in _CONJUNCTIONS:
        return 0, " "
    whole = _whole(hyphen[1], second[0], words)
    is_name = second[0][0].isupper() and not words[whole.lower()]  # as in Franco-German
    return (0, "") if "-" in whole or is_name else (1, "")


def _whole(first: str, second: str, words: Counter[str]) -> str:
    """Join the parts of a word, or keep the hyphen between two words."""
    joined, compound = first + second, f"{first}-{second}"
    counts = words[joined.lower()], words[compound.lower()]
    if any(counts):
        return joined if counts[0] >= counts[1] else compound
    return compound if words[first.lower()] and words[second.lower()] else joined
