"""A document to chunks: whole sentences, about a hundred words, exact offsets.

Passages of about 100 words read best (Wang et al. 2019, "Multi-passage BERT", arXiv 1908.08167).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from embeddings.errors import SettingsError
from embeddings.types import Chunk, Document

__all__ = ["Chunking", "sentences"]

_WORD = re.compile(r"\S{1,20}")
"""Twenty characters without a space count as a word, so that text without spaces is cut as well."""

_NEVER_LAST = frozenset(
    "adm apr art aug bros brig capt cf col comdr cpl dec dept dr e.g esq feb fig figs fr gen gov "
    "hon i.e jan jul jun lt maj messrs mr mrs ms mt nos nov oct p pp ph.d pres prof pvt rep reps "
    "rev sec sen sens sep sept sgt st supt viz vol vs".split()
)
"""Abbreviations that something always follows: a point after them ends no sentence."""

_MAYBE_LAST = frozenset(
    "a.m p.m a.d b.c co corp etc inc jr ltd sr no u.s u.k u.n e.u d.c al approx est ave blvd "
    "rd sq ft cent".split()
)
"""Abbreviations that may end a sentence: they do when a usual opening word follows."""

_OPENERS = frozenset(
    "a about after all although among an and another as at because before both but by despite "
    "during each earlier even every few for from he her his how however i if in instead it its "
    "last later many meanwhile more most my nearly neither no nobody none not nothing now on once "
    "one only or our police she since so some still such that the their then there these they "
    "this those though three to two under until we what when where while who why with yet you "
    "your".split()
)
"""Words that open English sentences and rarely begin a name."""

_END = re.compile(r"(?<![.!?…。！？])[.!?…。！？]++[\"'”’»)\]]*+(?=\s)|[。！？]++[”’»」』）]*")
_FIRST_WORD = re.compile(r"\s*[\"'“‘«(\[]*([^\W_]+|\S)")
_LAST_WORD = re.compile(r"[^\s\"“‘'(\[]*$")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_OWN_LINE = re.compile(
    r"[^\S\n]*+(?:[-*•‣·–—]\s|\(?\d{1,3}[.)]\s|#{1,6}\s|\||>|([-=*_~])\1{2,}+\s*$)|.*[|\t]"
)
"""A line that stands for itself: a list item, a heading, a quotation, a row of a table, a rule."""


def sentences(text: str) -> list[tuple[int, int]]:
    """Find the sentences of a text as half-open offsets, without the white space around them.

    A blank line always ends a sentence, a line end does where the line ends like a sentence or
    stands for itself (a list item, a heading, a row of a table, a rule such as `---`); a
    hard-wrapped line goes on.
    """
    return list(_sentences(text))


# One by one: a text of nothing but short lines has too many to hold them all at once.
def _sentences(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for end in _borders(text):
        piece = text[begin:end]
        if stripped := piece.strip():
            start = begin + piece.index(stripped[0])
            yield start, start + len(stripped)
        begin = end


def _borders(text: str) -> Iterator[int]:
    begin = 0
    for blank in _BLANK_LINE.finditer(text):
        yield from _borders_of_paragraph(text, begin, blank.start())
        yield blank.start()
        begin = text.rindex("\n", blank.start(), blank.end())  # what indents the next line counts
    yield from _borders_of_paragraph(text, begin, len(text))
    yield len(text)


def _borders_of_paragraph(text: str, begin: int, end: int) -> Iterator[int]:
    line_begin = begin
    while line_begin < end:
        line_end = text.find("\n", line_begin + 1, end)
        line_end = end if line_end < 0 else line_end
        for match in _END.finditer(text, line_begin, min(line_end + 1, len(text))):
            if match.end() < line_end and _ends_sentence(text, match, line_begin):
                yield match.end()
        line = text[line_begin:line_end].strip("\n")
        following = text[line_end + 1 : min(line_end + 80, end)].split("\n", 1)[0]
        if (
            re.search(r"[.!?…:;。！？][\"'”’»)\]]*\s*$", line[-20:])
            or _OWN_LINE.match(line)
            or _OWN_LINE.match(following)
        ):
            yield line_end
        line_begin = line_end


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
    if initial or plain in _MAYBE_LAST or re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", word):
        return first.lower() in _OPENERS
    return True


@dataclass(frozen=True, slots=True)
class Chunking:
    """How documents are cut.

    `words` is what a chunk aims at; a chunk has up to half as many more where its sentences want
    it. The next chunk begins with the last sentences of the one before, `overlap_words` at most.
    """

    words: int = 100
    overlap_words: int = 0

    def __post_init__(self) -> None:
        if self.words < 1:
            raise SettingsError(f"A chunk needs at least 1 word, not {self.words}.")
        if not 0 <= self.overlap_words <= self.words // 2:
            raise SettingsError(
                f"Chunks of {self.words} words can share 0 to {self.words // 2} words, "
                f"not {self.overlap_words}."
            )

    def __str__(self) -> str:
        return f"of {self.words} words ({self.overlap_words} shared)"

    def split(self, document: Document) -> list[Chunk]:
        """Cut a document; its chunks follow each other and leave out nothing but white space."""
        pieces = (
            piece
            for sentence in _sentences(document.text)
            for piece in self._pieces(document, sentence)
        )
        chunks: list[Chunk] = []
        # A piece has a word at least, so that a chunk and what is looked at behind it are in these.
        waiting: list[tuple[int, int, int]] = []
        while waiting := [*waiting, *islice(pieces, 3 * self.words - len(waiting))]:
            last = self._last(waiting)
            start, end = waiting[0][0], waiting[last][1]
            chunks.append(
                Chunk(
                    document_id=document.id,
                    start=start,
                    end=end,
                    text=document.text[start:end],
                    title=document.title,
                    date=document.date,
                )
            )
            if last + 1 == len(waiting):
                break
            waiting = waiting[self._next_first(waiting, last) :]
        return chunks

    def _pieces(
        self, document: Document, sentence: tuple[int, int]
    ) -> Iterator[tuple[int, int, int]]:
        """Give a sentence as (start, end, words), in several parts when it is very long."""
        longest = self.words * 3 // 2
        words = _WORD.finditer(document.text, *sentence)
        first = list(islice(words, longest + 1))
        size = self.words if len(first) > longest else longest
        words = chain(first, words)
        while part := list(islice(words, size)):
            yield part[0].start(), part[-1].end(), len(part)

    def _last(self, pieces: list[tuple[int, int, int]]) -> int:
        """Choose the last piece of the chunk that begins with the first."""
        last, size = 0, pieces[0][2]
        while last + 1 < len(pieces) and size + pieces[last + 1][2] / 2 <= self.words:
            last += 1
            size += pieces[last][2]
        # A short rest makes a poor chunk of its own: it joins this one if that stays readable.
        rest = sum(words for _, _, words in pieces[last + 1 : last + 1 + self.words])
        if rest <= self.words // 3 and size + rest <= self.words * 3 // 2:
            return len(pieces) - 1
        return last

    def _next_first(self, pieces: list[tuple[int, int, int]], last: int) -> int:
        shared = 0
        following = last + 1
        while following > 1 and shared + pieces[following - 1][2] <= self.overlap_words:
            following -= 1
            shared += pieces[following][2]
        return following
