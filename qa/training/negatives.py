"""Hard negatives: questions with contexts that come near to them and do not answer them."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from embeddings import Document, Index, sentences
from qa.evaluation.metrics import holds_answer
from qa.training.examples import Row
from qa.training.perturbations import Perturbations

__all__ = ["mine_negatives"]

_LOOKED_AT = 8
_BATCH_QUESTIONS = 256
_LEAST_WORDS = 40
"""A context with fewer words left than this is no near miss."""


def mine_negatives(
    rows: Sequence[Row],
    output: Path,
    *,
    seed: int = 1,
    dense_weight: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write rows without an answer, up to three for a question.

    One has a context that a search finds: all contexts are indexed; of the first chunks that are
    not from the question's own context and do not hold the words of an answer, one of the best four
    is drawn (Karpukhin et al. 2020 take the best of BM25). One has the question's own context
    without the sentences of its answers: right in everything but the answer. One has the context as
    it is, and the question altered so that the context answers it no longer.

    Args:
        rows: questions with answers.
        output: a file of gzipped JSON lines.
        seed: of the draws.
        dense_weight: the dense part's share of the ranking, as in `Index.open`.
        progress: called with (questions done, all).

    Returns:
        How many rows were written.
    """
    rng = random.Random(seed)
    perturbations = Perturbations([row.question for row in rows], rng)
    texts = list(dict.fromkeys(row.context for row in rows))
    written = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        Index.open(Path(folder) / "index", create=True, dense_weight=dense_weight) as index,
        gzip.open(output, "wt", encoding="utf-8") as lines,
    ):
        index.add(Document(id=str(n), text=text) for n, text in enumerate(texts))
        for begin in range(0, len(rows), _BATCH_QUESTIONS):
            batch = rows[begin : begin + _BATCH_QUESTIONS]
            found = index.search_many([row.question for row in batch], _LOOKED_AT)
            for row, hits in zip(batch, found, strict=True):
                golds = [row.context[start:end] for start, end in row.answers]
                wrong = [
                    hit.chunk.text
                    for hit in hits
                    if hit.chunk.text not in row.context and not holds_answer(hit.chunk.text, golds)
                ]
                made = [(row.question, rng.choice(wrong[:4]))] if wrong else []
                rest = _without_answers(row)
                if len(rest.split()) >= _LEAST_WORDS and not holds_answer(rest, golds):
                    made.append((row.question, rest))
                altered = perturbations.perturb(row.question, row.context)
                if altered is not None:
                    made.append((altered, row.context))
                for question, context in made:
                    negative = {
                        "question": question,
                        "context": context,
                        "answers": {"text": [], "answer_start": []},
                    }
                    lines.write(json.dumps(negative) + "\n")
                    written += 1
            if progress is not None:
                progress(begin + len(batch), len(rows))
    return written


def _without_answers(row: Row) -> str:
    """Leave out the sentences that an answer stands in."""
    return " ".join(
        row.context[begin:end]
        for begin, end in sentences(row.context)
        if not any(start < end and begin < stop for start, stop in row.answers)
    )
