"""Questions with marked answers to batches of labelled windows."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from embeddings import SettingsError
from qa.evaluation.metrics import holds_answer
from qa.reader.windows import Window, WindowMaker
from qa.training.recipe import ReaderRecipe

__all__ = [
    "Example",
    "Group",
    "Row",
    "batches",
    "examples",
    "hold_out",
    "load_rows",
    "one_pass",
    "shares_text",
]

_NEIGHBOURS = 1600
"""How many examples are sorted by length together: batches of like length in random order."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question on a context; an answer is (start, end), half-open characters of the context."""

    question: str
    context: str
    answers: tuple[tuple[int, int], ...]
    """Alternatives; empty when the context does not answer."""
    rivals: tuple[str, ...] = ()
    """Other contexts, which do not answer, that the question is read with."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A window with the first and the last token of the answer; 0 and 0 when it holds none."""

    window: Window
    first: int
    last: int


Group: TypeAlias = list[Example]
"""Windows of one question, which are read together: at most one of them holds an answer."""


def load_rows(file: Path) -> list[Row]:
    """Read JSON lines, gzipped or not: `question`, `context`, `answers` as in SQuAD's rows.

    Raises:
        SettingsError: the file cannot be read, or an answer is not where its row says.
    """
    opened = gzip.open if file.suffix == ".gz" else open
    rows = []
    try:
        with opened(file, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                rows.append(_row(json.loads(line), f"{file}, line {number}"))
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{file} cannot be used for training: {error!r}") from error
    return rows


def _row(given: Mapping[str, object], place: str) -> Row:
    context, answers = str(given["context"]), given["answers"]
    if not isinstance(answers, dict):
        raise TypeError(f"{place}: answers must hold text and answer_start")
    marked = []
    for text, start in zip(answers["text"], answers["answer_start"], strict=True):
        if context[start : start + len(text)] != text:
            raise SettingsError(f"{place}: the answer {text!r} does not stand at {start}.")
        marked.append((start, start + len(text)))
    return Row(str(given["question"]), context, tuple(marked))


def hold_out(file: Path, *, one_in: int, held: Path, rest: Path) -> tuple[int, int]:
    """Split a file of rows so that one in so many contexts, with all its questions, is held out.

    Which ones, their SHA-1 decides, so that every file with a context holds it out or none.

    Args:
        file: JSON lines as `load_rows` takes them.
        one_in: 2 or more.
        held: where the rows held out go, gzipped; never to be trained on.
        rest: where the others go, gzipped.

    Returns:
        How many rows were held out, and how many not.

    Raises:
        SettingsError: the file cannot be read.
    """
    opened = gzip.open if file.suffix == ".gz" else open
    counts = [0, 0]
    try:
        with (
            opened(file, "rt", encoding="utf-8") as lines,
            gzip.open(held, "wt", encoding="utf-8") as first,
            gzip.open(rest, "wt", encoding="utf-8") as second,
        ):
            for line in lines:
                context = json.loads(line)["context"].encode()
                digest = hashlib.sha1(context, usedforsecurity=False).hexdigest()
                kept = int(int(digest, 16) % one_in != 0)
                (first, second)[kept].write(line)
                counts[kept] += 1
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{file} cannot be split: {error!r}") from error
    return counts[0], counts[1]


def one_pass(
    recipe: ReaderRecipe,
    data: Mapping[str, Sequence[Row]],
    negatives: Sequence[Row],
    rng: random.Random,
) -> list[Row]:
    """Draw the rows of one pass over the data, in random order.

    Each row of a data set is taken with the probability that the recipe gives it; so many of them
    as `joined_share` says are read with the context of a negative of their question in front or
    behind, so that the answer is also learnt against what else a long document holds. Each is read
    together with `rivals` contexts of negatives of its question, as far as there are so many.
    Negatives are added as rows of their own until they make up `negative_share` of all, or there
    are no more.
    """
    rows = [
        row for name, share in recipe.data.items() for row in data[name] if rng.random() < share
    ]
    others: dict[str, list[Row]] = {}
    for negative in negatives:
        others.setdefault(negative.question, []).append(negative)
    rows = [
        _joined(row, others.get(row.question, []), rng)
        if rng.random() < recipe.joined_share
        else row
        for row in rows
    ]
    if recipe.rivals:
        rows = [_contested(row, others.get(row.question, []), recipe.rivals, rng) for row in rows]
    wanted = int(len(rows) * recipe.negative_share / (1 - recipe.negative_share))
    rows += rng.sample(negatives, min(wanted, len(negatives)))
    rng.shuffle(rows)
    return rows


def _joined(row: Row, negatives: Sequence[Row], rng: random.Random) -> Row:
    answers = [row.context[start:end] for start, end in row.answers]
    foreign = [
        negative.context
        for negative in negatives
        if not shares_text(negative.context, row.context)
        and not holds_answer(negative.context, answers)
    ]
    if not foreign:
        return row
    other = rng.choice(foreign)
    if rng.random() < 0.5:
        return replace(row, context=f"{row.context} {other}")
    moved = len(other) + 1
    return Row(
        row.question,
        f"{other} {row.context}",
        tuple((start + moved, end + moved) for start, end in row.answers),
    )


def _contested(row: Row, negatives: Sequence[Row], count: int, rng: random.Random) -> Row:
    answers = [row.context[start:end] for start, end in row.answers]
    fit = [one.context for one in negatives if not holds_answer(one.context, answers)]
    return replace(row, rivals=tuple(rng.sample(fit, min(count, len(fit)))))


def shares_text(negative: str, context: str) -> bool:
    """Tell whether a negative is what was left of the context without its answers."""
    return negative[:40] in context or negative[-40:] in context


def examples(rows: Sequence[Row], maker: WindowMaker, rng: random.Random) -> Iterator[Group]:
    """Label the windows of rows, a group for each row.

    A row gives one window that holds an answer, where there is one, and now and then (one time in
    five) a window of the same context that does not; without an answer it gives one window. Each
    rival gives one.
    """
    for begin in range(0, len(rows), _NEIGHBOURS):
        part = rows[begin : begin + _NEIGHBOURS]
        # What the windows of a pair are labelled by, and the row they belong to.
        asked = [
            (replace(row, context=context, answers=() if number else row.answers), place)
            for place, row in enumerate(part)
            for number, context in enumerate((row.context, *row.rivals))
        ]
        labelled: list[list[Example]] = [[] for _ in asked]
        for window in maker.windows([(row.question, row.context) for row, _ in asked]):
            labelled[window.context].append(_label(window, asked[window.context][0]))
        groups: list[Group] = [[] for _ in part]
        for (row, place), found in zip(asked, labelled, strict=True):
            positive = [example for example in found if example.first]
            negative = [example for example in found if not example.first]
            if positive:
                groups[place].append(rng.choice(positive))
            if negative and (not row.answers or rng.random() < 0.2):
                groups[place].append(rng.choice(negative))
        yield from filter(None, groups)


def _label(window: Window, row: Row) -> Example:
    starts, ends = window.offsets[:, 0], window.offsets[:, 1]
    for start, end in row.answers:
        first = np.flatnonzero(window.in_context & (starts <= start) & (ends > start))
        last = np.flatnonzero(window.in_context & (starts < end) & (ends >= end))
        if first.size and last.size and last[0] >= first[0]:
            return Example(window, int(first[0]), int(last[0]))
    return Example(window, 0, 0)


def batches(given: Sequence[Group], *, batch_tokens: int, rng: random.Random) -> list[list[Group]]:
    """Put groups of like length together, at most `batch_tokens` with padding, in random order.

    A single group may be longer.
    """
    shuffled = list(given)
    rng.shuffle(shuffled)
    made = []
    for begin in range(0, len(shuffled), _NEIGHBOURS):
        current: list[Group] = []
        windows = 0
        for group in sorted(shuffled[begin : begin + _NEIGHBOURS], key=_length):
            if current and (windows + len(group)) * _length(group) > batch_tokens:
                made.append(current)
                current, windows = [], 0
            current.append(group)
            windows += len(group)
        made.append(current)  # shuffled is cut into parts that are not empty
    rng.shuffle(made)
    return made


def _length(group: Group) -> int:
    return max(len(example.window) for example in group)
