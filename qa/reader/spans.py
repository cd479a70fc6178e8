"""Start and end logits to answer spans, in NumPy alone: serving, evaluation and training share it.

The steps: `window_spans` finds the best spans of a window, `merge` those of a context from its
windows, `normalise` turns the margins of all contexts of a question into probabilities.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.reader.windows import Window
from qa.types import Span

__all__ = ["LogitSpan", "merge", "normalise", "window_spans"]


@dataclass(frozen=True, slots=True)
class LogitSpan:
    """A candidate answer before normalisation: half-open characters of its context."""

    start: int
    end: int
    margin: float
    """Start plus end logit, less those of the null at the window's first token: log odds against no
    answer in this window; above 0 the model prefers the span."""


def window_spans(
    window: Window,
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    *,
    n_best: int,
    max_answer_tokens: int,
) -> list[LogitSpan]:
    """Find the best spans of a window, start and end searched jointly, best first.

    The logits have the window's length or more (padding is ignored). A span lies within the
    context, ends no earlier than it starts and has at most `max_answer_tokens` tokens. Ties go to
    the earlier and then the shorter span. The null is read at the first token (Devlin et al. 2019,
    section 4.3). `n_best` and `max_answer_tokens` are at least 1. Where several tokens make up one
    character, the same characters may come more than once.
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
    """Join the spans of one context's overlapping windows, best first.

    The same characters are kept once, at their best margin; ties go to the earlier and then the
    shorter span. A window that lacks the answer says no answer and means itself, so the log odds
    that the context answers are the best of its windows': the first margin here.
    """
    best: dict[tuple[int, int], LogitSpan] = {}
    for spans in windows:
        for span in spans:
            place = span.start, span.end
            if place not in best or span.margin > best[place].margin:
                best[place] = span
    return sorted(best.values(), key=lambda span: (-span.margin, span.start, span.end))[:n_best]


def normalise(margins: Sequence[Sequence[LogitSpan]]) -> list[list[Span]]:
    """Turn the margins of all contexts of one question into probabilities, in the order given.

    One softmax over every span given and one null: a margin is relative to its own window's null,
    so the null weighs exp(0) = 1 and P(span) = exp(m) / (1 + sum of exp(m') over all spans). What
    is missing from 1 is the probability that no context answers. A context's spans overlap ("in
    Ankara", "Ankara") and share what is theirs: more spans a context lower the first one's score.
    """
    flat = np.array([0.0, *(span.margin for spans in margins for span in spans)])
    weights = np.exp(flat - flat.max())
    scores = iter((weights / weights.sum())[1:].tolist())
    return [[Span(span.start, span.end, next(scores)) for span in spans] for spans in margins]
