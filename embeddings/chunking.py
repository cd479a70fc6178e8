"""Splitting a document into chunks: whole sentences, about a hundred words, exact offsets.

About 100 words suit extractive readers (Wang et al. 2019, "Multi-passage BERT", arXiv 1908.08167).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import NamedTuple

from embeddings.errors import SettingsError
from embeddings.outline import NO_SECTION, Outline
from embeddings.sentences import iter_sentences
from embeddings.types import Chunk, Document

MAX_HEADING_LINES = 4

_WORD = re.compile(r"\S{1,20}")
"""Twenty characters without a space count as a word, so that text without spaces is split too."""
_RULE = re.compile(r"[-+=|: ]*[-=][-+=|: ]*")  # a line between the rows of a table


class _Block(NamedTuple):
    """The text of one section up to the next section of any level."""

    start: int
    body: int
    """Offset of the text after the heading; `start` if the text has no heading."""
    end: int


class _Piece(NamedTuple):
    """A sentence, or a part of a very long one."""

    start: int
    end: int
    words: int
    is_heading: bool


@dataclass(frozen=True, slots=True)
class Chunking:
    """How documents are split.

    `words` is the target size of a chunk. A chunk that ends with a long sentence, or with the rest
    of the document, can be up to 50% larger. A chunk repeats the last sentences of the previous
    chunk if they have at most `overlap_words` words.

    A chunk can continue into the next section. On questions over manuals, chunks that ended with
    their section did not find more answers, and the reader chose worse among shorter passages (68%
    instead of 77% of the answers in the right passage). A chunk never ends with a heading.
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
        """Split a document into chunks that together contain all of its text except white space."""
        text = document.text
        outline = Outline(document)
        spans = list(self._spans(text, _blocks(outline)))
        headers = _table_headers(text, [start for start, _ in spans])
        # The header row is left out if it is longer than half a chunk.
        most = self.words // 2
        short = {at: row for at, row in headers.items() if len(_WORD.findall(row)) <= most}
        with_headers = Outline(document, short)
        return [with_headers.cut(start, end) for start, end in spans]

    def _spans(self, text: str, blocks: Iterable[_Block]) -> Iterator[tuple[int, int]]:
        """Yield the chunks as half-open offsets."""
        pieces = (piece for block in blocks for piece in self._pieces(text, block))
        # Every piece has at least one word, so this many pieces suffice for the next chunk.
        waiting: list[_Piece] = []
        while waiting := [*waiting, *islice(pieces, 3 * self.words - len(waiting))]:
            last = self._last(waiting)
            yield waiting[0].start, waiting[last].end
            if last + 1 == len(waiting):
                break
            waiting = waiting[self._next_first(waiting, last) :]

    def _pieces(self, text: str, block: _Block) -> Iterator[_Piece]:
        for begin, stop in ((block.start, block.body), (block.body, block.end)):
            for start, end in iter_sentences(text[begin:stop]):
                for part_start, part_end, words in self._parts(text, begin + start, begin + end):
                    yield _Piece(part_start, part_end, words, is_heading=begin != block.body)

    def _parts(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield a sentence as (start, end, words), in several parts if it is very long."""
        longest = self.words * 3 // 2
        if end - start <= 2 * longest:  # a word and the space after it have at least two characters
            yield start, end, len(_WORD.findall(text, start, end))
            return
        words = _WORD.finditer(text, start, end)
        first = list(islice(words, longest + 1))
        size = self.words if len(first) > longest else longest
        words = chain(first, words)
        while part := list(islice(words, size)):
            yield part[0].start(), part[-1].end(), len(part)

    def _last(self, pieces: list[_Piece]) -> int:
        """Return the index of the last piece of the chunk that begins with the first piece."""
        last, size = 0, pieces[0].words
        while last + 1 < len(pieces) and (
            size + pieces[last + 1].words / 2 <= self.words
            or (pieces[last].is_heading and size <= self.words * 3 // 2)
        ):
            last += 1
            size += pieces[last].words
        # A short remainder joins this chunk, unless the chunk would be too long.
        rest = sum(piece.words for piece in pieces[last + 1 : last + 1 + self.words])
        if rest <= self.words // 3 and size + rest <= self.words * 3 // 2:
            return len(pieces) - 1
        return last

    def _next_first(self, pieces: list[_Piece], last: int) -> int:
        shared = 0
        following = last + 1
        while following > 1 and shared + pieces[following - 1].words <= self.overlap_words:
            following -= 1
            shared += pieces[following].words
        return following


def _blocks(outline: Outline) -> Iterator[_Block]:
    """Yield the texts of the sections, and the text before the first section."""
    text = outline.document.text
    starts = [0, *(section.start for section in outline.document.sections), len(text)]
    for section, (start, end) in enumerate(pairwise(starts), NO_SECTION):
        body = start
        position = start
        for _ in range(MAX_HEADING_LINES if section != NO_SECTION else 0):
            position = text.find("\n", position + 1, end)
            position = end if position < 0 else position
            line = text[start:position]
            if line.strip() and outline.is_only_heading(section, line):
                body = position
                break
        if text[start:end].strip():
            yield _Block(start, body, end)


def _table_headers(text: str, starts: Sequence[int]) -> dict[int, str]:
    r"""Map offsets inside tables to the header rows of these tables.

    A table consists of neighbouring lines with the same number of cells, separated by "|" or "\t",
    perhaps with single lines without cells between them. Its first line with " | " or a tab is the
    header. `starts` are ascending offsets; offsets outside tables and in headers are left out.
    """
    found: dict[int, str] = {}
    if " | " not in text and "\t" not in text:
        return found
    headers: dict[tuple[bool, int], str] = {}
    waiting = iter(starts)
    start = next(waiting, None)
    begin = plain = 0
    while start is not None:
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        line = text[begin:end].strip()
        by_tab = "\t" in line
        cells = text.count("\t" if by_tab else "|", begin, end)
        plain = 0 if cells or _RULE.fullmatch(line) else plain + 1
        if plain > 1 or not line:
            headers.clear()
        header = headers.get((by_tab, cells), "")
        while start is not None and start <= end:
            if header:
                found[start] = header
            start = next(waiting, None)
        if by_tab or " | " in line:
            headers.setdefault((by_tab, cells), line)
        begin = end + 1
    return found
