import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings import Tokens
from qa.reader.spans import LogitSpan, merge, normalise, window_spans
from qa.reader.windows import Window
from qa.types import Span


def window_of(inside: list[bool], widths: list[int] | None = None) -> Window:
    """A window whose token i, inside the context, covers the characters from 10 * i."""
    widths = [3] * len(inside) if widths is None else widths
    offsets = [
        [10 * i, 10 * i + w] if yes else [0, 0]
        for i, (yes, w) in enumerate(zip(inside, widths, strict=True))
    ]
    zeros = np.zeros(len(inside), dtype=np.int64)
    return Window(0, Tokens(zeros, zeros), np.array(inside), np.array(offsets, dtype=np.int64))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Window, np.ndarray, np.ndarray, int, int]:
    before = draw(st.integers(1, 4))
    widths = draw(st.lists(st.sampled_from([0, 1, 3]), max_size=9))
    inside = [False] * before + [True] * len(widths) + [False]
    # Few different values, so that ties are common.
    logits = st.lists(st.integers(-3, 3), min_size=len(inside) + 2, max_size=len(inside) + 2)
    start, end = (np.array(draw(logits), dtype=np.float32) for _ in range(2))
    window = window_of(inside, [0] * before + widths + [0])
    return window, start, end, draw(st.integers(1, 60)), draw(st.integers(1, 11))


@given(cases())
def test_spans_equal_an_exhaustive_search(
    case: tuple[Window, np.ndarray, np.ndarray, int, int],
) -> None:
    window, start, end, n_best, max_answer_tokens = case
    found = []
    for i in range(len(window)):
        for j in range(i, min(len(window), i + max_answer_tokens)):
            edges = [(window.in_context[k], window.offsets[k]) for k in (i, j)]
            if all(inside and offsets[1] > offsets[0] for inside, offsets in edges):
                margin = float(start[i] + end[j] - start[0] - end[0])
                found.append((-margin, i, j))
    expected = [
        LogitSpan(int(window.offsets[i, 0]), int(window.offsets[j, 1]), -negative)
        for negative, i, j in sorted(found)[:n_best]
    ]

    spans = window_spans(window, start, end, n_best=n_best, max_answer_tokens=max_answer_tokens)

    assert spans == expected


def test_margin_is_relative_to_the_first_token() -> None:
    window = window_of([False, False, True])
    start = np.array([1.5, 9, 4], dtype=np.float32)
    end = np.array([0.5, 9, 2], dtype=np.float32)
    assert window_spans(window, start, end, n_best=3, max_answer_tokens=5) == [
        LogitSpan(20, 23, 4.0)
    ]


def test_span_of_two_windows_is_kept_once_with_its_best_margin() -> None:
    first = [LogitSpan(0, 3, 2.0), LogitSpan(0, 9, 1.0)]
    second = [LogitSpan(0, 9, 3.0), LogitSpan(0, 3, -1.0), LogitSpan(12, 15, -2.0)]
    expected = [LogitSpan(0, 9, 3.0), LogitSpan(0, 3, 2.0), LogitSpan(12, 15, -2.0)]
    assert merge([first, second], 5) == expected
    assert merge([second, first], 2) == expected[:2]
    assert merge([], 5) == merge([[], []], 5) == []


def test_equal_margins_are_ordered_by_position() -> None:
    spans = [LogitSpan(4, 9, 1.0), LogitSpan(4, 6, 1.0), LogitSpan(2, 8, 1.0)]
    assert merge([spans], 3) == [spans[2], spans[1], spans[0]]


def test_softmax_covers_all_contexts_and_one_null() -> None:
    margins = [
        [LogitSpan(0, 3, math.log(3)), LogitSpan(4, 6, math.log(2))],
        [],
        [LogitSpan(1, 2, math.log(4))],
    ]
    first, second, third = normalise(margins)
    assert [(s.start, s.end) for s in first] == [(0, 3), (4, 6)]
    assert [s.score for s in first] == pytest.approx([3 / 10, 2 / 10])
    assert second == []
    assert third == [Span(1, 2, pytest.approx(4 / 10))]


def test_extreme_margins_do_not_overflow() -> None:
    ((high, low),) = normalise([[LogitSpan(0, 1, 5000.0), LogitSpan(0, 2, -5000.0)]])
    assert (high.score, low.score) == (1.0, 0.0)
    ((only,),) = normalise([[LogitSpan(0, 1, -5000.0)]])
    assert only.score == 0.0


def test_no_spans_normalise_to_no_spans() -> None:
    assert normalise([]) == []
    assert normalise([[], []]) == [[], []]
