"""Training examples of the reader: rows to passages, passages to labelled windows, to batches."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from embeddings import Chunking, Document, sentences
from qa.reader.windows import ReaderInput, Window, WindowMaker
from qa.training.recipe import ReaderRecipe
from qa.training.rows import Row, overlaps

_BLOCK = 1600
"""Examples that are sorted by length together: batches of similar length in random order."""
_WHOLE_WORDS = 170
"""Contexts up to this many words are mostly read whole, like the chunks of an index."""
_CHUNK_WORDS = (80, 100, 100, 100, 130, 160)
_MIN_EVIDENCE = 25
"""A chunk needs at least this many characters of an evidence range, or all of a shorter one."""
_SHORT, _SHORT_ITEM = 120, 200
"""Longest exact answer and list item, in characters."""
_MAX_QUESTION_TOKENS = 64
_MAX_HEADING = 100

_STOP_WORDS = frozenset(
    "a an and are as at be by can could did do does for from had has have how i if in is it its my "
    "not of on or that the there this to was were what when where which who why will with would "
    "you your".split()
)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A window and its targets."""

    window: Window
    starts: NDArray[np.float32]
    """Shape (length,): target distribution of the answer's first token. All weight on the first
    token of the window means "no short answer"."""
    ends: NDArray[np.float32]
    """Shape (length,): target distribution of the answer's last token."""
    span_weight: float
    """Weight of the span loss, 0 to 1."""
    sentence_of: NDArray[np.int64]
    """Shape (length,): number of each token's sentence; -1 outside of sentences."""
    evidence: NDArray[np.float32]
    """Shape (sentences,): 1 for evidence, 0 for other sentences of the window."""
    relevance: float
    """1 if the window has evidence, else 0."""

    def __len__(self) -> int:
        return len(self.window)

    @property
    def n_evidence_tokens(self) -> int:
        """Number of tokens in evidence sentences."""
        return int(self.evidence[self.sentence_of[self.sentence_of >= 0]].sum())


def draw_rows(
    recipe: ReaderRecipe,
    data: Mapping[str, Sequence[Row]],
    negatives: Sequence[Row],
    rng: random.Random,
) -> list[Row]:
    """Draw the rows of one pass over the data, in random order.

    A share above 1 repeats rows: 1.5 takes each row once and half of them a second time. Negatives
    are added until they are `negative_share` of all rows, or all are used.
    """
    rows = [
        row
        for name, share in recipe.data.items()
        for row in data[name]
        for _ in range(int(share) + (rng.random() < share % 1))
    ]
    wanted = int(len(rows) * recipe.negative_share / (1 - recipe.negative_share))
    rows += rng.sample(negatives, min(wanted, len(negatives)))
    rng.shuffle(rows)
    return rows


def make_examples(
    rows: Sequence[Row], recipe: ReaderRecipe, maker: WindowMaker, rng: random.Random
) -> Iterator[Example]:
    """Make one example of each row: a passage, perhaps with its title as heading.

    Of a passage with several windows, the one with most of the evidence is used.
    """
    for begin in range(0, len(rows), _BLOCK):
        passages = [cut_passage(row, rng) for row in rows[begin : begin + _BLOCK]]
        inputs = [
            ReaderInput(
                maker.shorten_question(
                    _vary_question(row.question, recipe, rng), _MAX_QUESTION_TOKENS
                ),
                row.context,
                row.title[:_MAX_HEADING] if rng.random() < recipe.heading_share else "",
            )
            for row in passages
        ]
        for place, windows in groupby(maker.windows(inputs), key=lambda window: window.context):
            labelled = [label(window, passages[place], recipe) for window in windows]
            yield max(labelled, key=lambda one: one.n_evidence_tokens)


def cut_passage(row: Row, rng: random.Random) -> Row:
    """Cut the context of a row to a passage that an index could have as a chunk.

    If the row has evidence, so has the passage. Mostly it is the first chunk with an answer, or
    else with evidence; sometimes it is another chunk with evidence.
    """
    if len(row.context.split()) <= _WHOLE_WORDS and rng.random() < 0.8:
        return row
    chunks = Chunking(words=rng.choice(_CHUNK_WORDS)).split(
        Document(id="context", text=row.context)
    )
    found = [_within(row, chunk.start, chunk.end) for chunk in chunks] or [row]
    if not row.evidence:
        return rng.choice(found)
    with_evidence = [one for one in found if one.evidence] or [row]
    with_answer = [one for one in with_evidence if one.answers]
    best = with_answer or with_evidence
    return best[0] if rng.random() < 0.6 else rng.choice(best)


def _within(row: Row, start: int, end: int) -> Row:
    """Return the row with only a part of its context."""
    return replace(
        row,
        context=row.context[start:end],
        answers=tuple((a - start, b - start) for a, b in row.answers if start <= a and b <= end),
        evidence=tuple(
            (max(a, start) - start, min(b, end) - start)
            for a, b in row.evidence
            if min(b, end) - max(a, start) >= min(_MIN_EVIDENCE, b - a)
        ),
    )


def _vary_question(question: str, recipe: ReaderRecipe, rng: random.Random) -> str:
    """Sometimes change a question to a form that users type: keywords, or no question mark."""
    chance = rng.random()
    if chance < recipe.keyword_share:
        words = re.findall(r"[\w'-]+", question)
        keywords = [word for word in words if word.lower() not in _STOP_WORDS]
        return " ".join(keywords) if len(keywords) > 1 else question
    if chance < recipe.keyword_share + recipe.informal_share:
        bare = question.rstrip("? ")
        return bare[:1].lower() + bare[1:] if bare else question
    return question


def label(window: Window, row: Row, recipe: ReaderRecipe) -> Example:
    """Label a window of a row's context.

    Span targets: the first exact answer, or all items of a list. "No short answer" for rows without
    evidence, for yes-no questions, and with the weight `long_answer_weight` for explanations. Other
    rows whose answer is not in the window have no span loss.
    """
    starts, ends = window.offsets[:, 0], window.offsets[:, 1]
    usable = window.in_context & (ends > starts)
    sentence_of = np.full(len(window), -1, dtype=np.int64)
    evidence: list[float] = []
    for start, end in sentences(row.context):
        tokens = np.flatnonzero(usable & (starts >= start) & (ends <= end))
        if tokens.size:
            sentence_of[tokens] = len(evidence)
            evidence.append(float(overlaps(start, end, row.evidence)))
    first, last = (np.zeros(len(window), dtype=np.float32) for _ in range(2))
    spans = _token_spans(row, usable, starts, ends)
    for begin, stop in spans:
        first[begin] += 1 / len(spans)
        last[stop] += 1 / len(spans)
    weight = 1.0
    if not spans:
        first[0] = last[0] = 1
        if any(evidence) and row.kind != "yesno":
            weight = recipe.long_answer_weight if row.kind == "long" else 0.0
    return Example(
        window,
        first,
        last,
        weight,
        sentence_of,
        np.array(evidence, dtype=np.float32),
        relevance=float(any(evidence)),
    )


def _token_spans(
    row: Row, usable: NDArray[np.bool_], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Return first and last token of the answers that are span targets."""
    if row.kind not in ("factoid", "list"):
        return []
    longest = _SHORT_ITEM if row.kind == "list" else _SHORT
    found = []
    for start, end in row.answers:
        first = np.flatnonzero(usable & (starts <= start) & (ends > start))
        last = np.flatnonzero(usable & (starts < end) & (ends >= end))
        if end - start <= longest and first.size and last.size and first[0] <= last[0]:
            found.append((int(first[0]), int(last[0])))
    return found if (row.kind, row.mode) == ("list", "all") else found[:1]


def batches(
    examples: Sequence[Example], *, batch_tokens: int, rng: random.Random
) -> list[list[Example]]:
    """Group examples of similar length, in random order.

    A batch has at most `batch_tokens` tokens with padding; a single example may be longer.
    """
    shuffled = list(examples)
    rng.shuffle(shuffled)
    made: list[list[Example]] = []
    for begin in range(0, len(shuffled), _BLOCK):
        current: list[Example] = []
        for example in sorted(shuffled[begin : begin + _BLOCK], key=len):
            if current and (len(current) + 1) * len(example) > batch_tokens:
                made.append(current)
                current = []
            current.append(example)
        made.append(current)
    rng.shuffle(made)
    return made
