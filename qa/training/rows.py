"""Training rows: questions on contexts with answers and evidence, read from JSON lines."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from embeddings import SettingsError, sentences

Range: TypeAlias = tuple[int, int]
"""Half-open range of characters."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question on a context. Ranges are characters of the context."""

    question: str
    context: str
    answers: tuple[Range, ...] = ()
    """Exact answers: alternatives, or with mode "all" the items of a list."""
    evidence: tuple[Range, ...] = ()
    """Sentences that answer the question; empty if the context does not answer it."""
    title: str = ""
    kind: str = "factoid"
    """"factoid", "list", "yesno", "long" (explanations), or another name."""
    mode: str = "any"
    """"any": each answer is right alone. "all": the answers together are right."""


def overlaps(start: int, end: int, ranges: Sequence[Range]) -> bool:
    """Return whether a range shares a character with one of several."""
    return any(start < other_end and other_start < end for other_start, other_end in ranges)


def load_rows(file: Path) -> list[Row]:
    """Read JSON lines, gzipped or not.

    A line is an object with `question`, `context`, `answers` (`text` and `answer_start`, as in
    SQuAD) and optionally `title`, `evidence` (pairs of start and end), `kind` and `mode`. If there
    are answers but no evidence, the sentences of the answers are the evidence. A row with neither
    is unanswerable.
    """
    with _opened(file) as lines:
        return [_row(json.loads(line), f"{file}, line {n}") for n, line in enumerate(lines, 1)]


@contextmanager
def _opened(file: Path) -> Iterator[Iterable[str]]:
    """Open a file of rows; raise errors of reading and using it as SettingsError."""
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8") as lines:
            yield lines
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{file} cannot be used for training: {error!r}") from error


def _row(given: Mapping[str, Any], place: str) -> Row:
    context, answers = str(given["context"]), given["answers"]
    if not isinstance(answers, dict):
        raise TypeError(f"{place}: answers must have text and answer_start")
    spans = []
    for text, start in zip(answers["text"], answers["answer_start"], strict=True):
        if context[start : start + len(text)] != text:
            raise SettingsError(f"{place}: the answer {text!r} is not at {start}.")
        spans.append((start, start + len(text)))
    evidence = [(int(start), int(end)) for start, end in given.get("evidence") or ()]
    for start, end in evidence:
        if not 0 <= start < end <= len(context):
            raise SettingsError(f"{place}: the evidence [{start}, {end}] is outside the context.")
    if not evidence:
        evidence = [bounds for bounds in sentences(context) if overlaps(*bounds, spans)]
    return Row(
        str(given["question"]),
        context,
        tuple(spans),
        tuple(evidence),
        title=str(given.get("title") or ""),
        kind=str(given.get("kind") or "factoid"),
        mode=str(given.get("mode") or "any"),
    )


def hold_out(file: Path, *, one_in: int, held: Path, rest: Path) -> tuple[int, int]:
    """Split a file of rows: one in `one_in` contexts is held out, with all its questions.

    The SHA-1 of a context decides, so that a context in several files is always in the same part.
    The rows to measure on are written to `held`, the others to `rest`, both as gzipped JSON lines.
    Returns the numbers of rows in both.
    """
    counts = [0, 0]
    with (
        _opened(file) as lines,
        gzip.open(held, "wt", encoding="utf-8") as first,
        gzip.open(rest, "wt", encoding="utf-8") as second,
    ):
        for line in lines:
            context = json.loads(line)["context"].encode()
            digest = hashlib.sha1(context, usedforsecurity=False).hexdigest()
            part = int(int(digest, 16) % one_in != 0)
            (first, second)[part].write(line)
            counts[part] += 1
    return counts[0], counts[1]
