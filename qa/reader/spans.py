"""Convert logits to answer spans and sentence scores, with NumPy only.

`window_spans` finds the best spans of a window, `merge` combines the windows of a passage, and
`normalise` turns the margins of all passages of a question into probabilities. `sentence_logits`
scores the sentences of a window.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from qa.reader.windows import Window
from qa.types import Span


@dataclass(frozen=True, slots=True)
class LogitSpan:
    """A candidate answer before normalisation: a half-open character range of its passage."""

    start: int
    end: int
    margin: float
    """Start plus end logit minus those of the null answer at the window's first token: the log
    odds against "no answer in this window". Above 0 the model prefers the span."""


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of a passage: a half-open character range, and how likely it is evidence."""

    start: int
    end: int
    logit: float
    """Log odds that the sentence is evidence for the answer."""


def window_spans(
    window: Window,
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    *,
    n_best: int,
    max_answer_tokens: int,
) -> list[LogitSpan]:
    """Find the best spans of a window by joint search over start and end, best first.

    The logits have at least the window's length; padding is ignored. A span lies within the
    passage, ends no earlier than it starts and has at most `max_answer_tokens` tokens. Ties go to
    the earlier, then the shorter span. The null score is read at the first token (Devlin et al.
    2019, section 4.3). `n_best` and `max_answer_tokens` are at least 1. Where several tokens form
    one character, a span may occur more than once.
    """
    inside = np.flatnonzero(window.in_context & (window.offsets[:, 1] > window.offsets[:, 0]))
    if inside.size == 0:
        return []
    first, last = int(inside[0]), int(inside[-1]) + 1
    allowed = np.full(last - first, -np.inf, dtype=np.float64)
    allowed[inside - first] = 0.0
    start = start_logits[first:last].astype(np.float64) + allowed
    end = end_logits[first:last].astype(np.float64) + allowed
    null = float(start_logits[0]) + float(end_logits[0])

    width = min(max_answer_tokens, last - first)
    ends = np.concatenate([end, np.full(width - 1, -np.inf)])
    sums = (start[:, None] + np.lib.stride_tricks.sliding_window_view(ends, width)).ravel()
    wanted = min(n_best, sums.size)
    threshold = np.partition(sums, sums.size - wanted)[sums.size - wanted]
    kept = np.flatnonzero((sums >= threshold) & (sums > -np.inf))
    kept = kept[np.argsort(-sums[kept], kind="stable")][:wanted]
    begins, lengths = np.divmod(kept, width)
    return [
        LogitSpan(
            start=int(window.offsets[begin, 0]),
            end=int(window.offsets[begin + length, 1]),
            margin=float(total) - null,
        )
        for begin, length, total in zip(begins + first, lengths, sums[kept], strict=True)
    ]


def merge(windows: Iterable[Sequence[LogitSpan]], n_best: int) -> list[LogitSpan]:
    """Merge the spans of one passage's overlapping windows, best first.

    Equal spans are kept once, with their best margin; ties go to the earlier, then the shorter
    span. The null score of a window is about that window only, so the first margin is the log odds
    that the passage answers.
    """
    worst_first = sorted(chain.from_iterable(windows), key=lambda span: span.margin)
    best = {(span.start, span.end): span for span in worst_first}
    return sorted(best.values(), key=lambda span: (-span.margin, span.start, span.end))[:n_best]


def normalise(margins: Sequence[Sequence[LogitSpan]]) -> list[list[Span]]:
    """Turn the margins of all passages of one question into probabilities, in the order given.

    One softmax over all spans and one null answer. A margin is relative to its window's null, so
    the null has weight exp(0) = 1 and P(span) = exp(m) / (1 + sum of exp(m') over all spans). The
    remaining probability is that of no answer. Overlapping spans of a passage ("in Ankara",
    "Ankara") share its probability.
    """
    flat = np.array([0.0, *(span.margin for spans in margins for span in spans)])
    weights = np.exp(flat - flat.max())
    scores = iter((weights / weights.sum())[1:].tolist())
    return [[Span(span.start, span.end, next(scores)) for span in spans] for spans in margins]


def sentence_logits(
    window: Window, evidence_logits: NDArray[np.float32], sentences: Sequence[tuple[int, int]]
) -> Iterator[ScoredSentence]:
    """Score the sentences that lie within a window by the mean evidence logit of their tokens.

    `sentences` are half-open character ranges of the passage, in order.
    """
    starts, ends = window.offsets[:, 0], window.offsets[:, 1]
    usable = window.in_context & (ends > starts)
    for start, end in sentences:
        tokens = np.flatnonzero(usable & (starts >= start) & (ends <= end))
        if tokens.size:
            yield ScoredSentence(start, end, float(evidence_logits[tokens].mean()))
