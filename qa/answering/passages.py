"""Choose the sentences of each passage that answer a question as a quotation."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from embeddings import Hit
from qa.reader.reader import PassageReading
from qa.reader.spans import ScoredSentence

EVIDENCE_WEIGHT = 0.5
"""Weight of the best sentence's log odds next to the passage's relevance. On development questions
of ten data sets, 0.3 to 0.5 ranked the right passage first most often."""

NEIGHBOUR_LOGIT = -1.0
NEIGHBOUR_MARGIN = 2.0
"""A sentence next to the evidence is quoted with it if its log odds are higher than
`NEIGHBOUR_LOGIT`, and at most `NEIGHBOUR_MARGIN` below those of the best sentence. Chosen among ten
pairs on 362 questions of seven development sets: the words quoted have an F1 of 55.3 over the
evidence, and 54.4 with all neighbours whose log odds are positive."""

_LABEL_WORDS = 3
"""Maximum number of words of a sentence that only announces the next one."""

_INTRODUCTION = re.compile(r"(?s:.*):[^\S\n]*(?=\n|$)")
"""The text up to the last line that ends with a colon."""
_BLANK = re.compile(r"\s*\n")
_CODE = r"\t| {2}|[^\S\n]*(?:```|~~~)"
_ITEM = r"[^\S\n]*(?:[-*•‣·–—]|\(?(?:\d{1,3}|[A-Za-z])[.)])\s"
_IS_ITEM, _IS_CODE = re.compile(_ITEM), re.compile(_CODE)
_BLOCK_END = re.compile(rf"\n(?:[^\S\n]*\n)++(?!{_CODE})")
_LIST_END = re.compile(rf"\n(?:[^\S\n]*\n)++(?!{_CODE}|{_ITEM})")


@dataclass(frozen=True, slots=True)
class EvidencePassage:
    """The best sentences of a chunk, as a quotation that may answer the question."""

    hit: Hit
    reading: PassageReading
    start: int
    """Half-open range of the sentences in the hit's chunk."""
    end: int
    best: ScoredSentence
    """The sentence that is most likely evidence."""

    @property
    def logit(self) -> float:
        """Ranking score: log odds of relevance plus the weighted log odds of the best sentence."""
        return self.reading.relevance + EVIDENCE_WEIGHT * self.best.logit


def evidence_passages(
    hits: Sequence[Hit], readings: Sequence[PassageReading], *, max_sentences: int
) -> list[EvidencePassage]:
    """Return the evidence of each hit, best first: its best sentence and likely ones next to it."""
    found = [
        _evidence(hit, reading, max_sentences)
        for hit, reading in zip(hits, readings, strict=True)
        if reading.sentences
    ]
    return sorted(found, key=lambda passage: -passage.logit)


def _is_label(text: str) -> bool:
    """Return whether a sentence only announces the next one: "Caution", "Note:", "For example:"."""
    return len(text.split()) <= _LABEL_WORDS and not text.rstrip().endswith((".", "!", "?"))


def _skip_labels(text: str, sentences: Sequence[ScoredSentence], last: int) -> int:
    """Return the index of the first sentence that is not a label, from a sentence on.

    Labels up to the end of the passage announce nothing: it is a list of words, such as an index.
    """
    for place in range(last, len(sentences)):
        if not _is_label(text[sentences[place].start : sentences[place].end]):
            return place
    return last


def _end_of_announced(text: str, start: int, end: int) -> int:
    """Return the end of the list or the command that a passage announces with a colon.

    A paragraph counts only if the passage contains none of it. Otherwise, its other sentences have
    already been rejected as evidence.
    """
    introduction = _INTRODUCTION.match(text, start, end)
    blank = introduction and _BLANK.match(text, introduction.end())
    if not blank:
        return end
    first = blank.end()
    is_list = _IS_ITEM.match(text, first)
    if end > first and not is_list and not _IS_CODE.match(text, first):
        return end
    block_end = (_LIST_END if is_list else _BLOCK_END).search(text, first)
    return block_end.start() if block_end else len(text)


def _evidence(hit: Hit, reading: PassageReading, max_sentences: int) -> EvidencePassage:
    sentences = reading.sentences
    first = last = max(range(len(sentences)), key=lambda place: sentences[place].logit)
    best = sentences[first]
    least = max(NEIGHBOUR_LOGIT, best.logit - NEIGHBOUR_MARGIN)
    while last - first + 1 < max_sentences:
        before = sentences[first - 1].logit if first > 0 else -math.inf
        after = sentences[last + 1].logit if last + 1 < len(sentences) else -math.inf
        if max(before, after) <= least:
            break
        if after >= before:
            last += 1
        else:
            first -= 1
    text = hit.chunk.text
    last = _skip_labels(text, sentences, last)
    announced = _end_of_announced(text, sentences[first].start, sentences[last].end)
    while last + 1 < len(sentences) and sentences[last + 1].end <= announced:
        last += 1
    return EvidencePassage(hit, reading, sentences[first].start, sentences[last].end, best)
