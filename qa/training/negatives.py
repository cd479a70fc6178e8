"""Hard negatives: contexts that a search brings up for a question and that do not answer it."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from embeddings import Document, Index
from qa.evaluation.metrics import holds_answer
from qa.training.examples import Row

__all__ = ["mine_negatives"]

_LOOKED_AT = 8
_BATCH_QUESTIONS = 256


def mine_negatives(
    rows: Sequence[Row],
    output: Path,
    *,
    seed: int = 1,
    dense_weight: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write a row without an answer for every question that a wrong context comes near to.

    All contexts are indexed; of the first chunks that are not from the question's own context and
    do not hold the words of an answer, one of the best four is drawn (Karpukhin et al. 2020 take
    the best of BM25).

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
    contexts = list(dict.fromkeys(row.context for row in rows))
    written = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        Index.open(Path(folder) / "index", create=True, dense_weight=dense_weight) as index,
        gzip.open(output, "wt", encoding="utf-8") as lines,
    ):
        index.add(Document(id=str(n), text=text) for n, text in enumerate(contexts))
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
                if wrong:
                    negative = {
                        "question": row.question,
                        "context": rng.choice(wrong[:4]),
                        "answers": {"text": [], "answer_start": []},
                    }
                    lines.write(json.dumps(negative) + "\n")
                    written += 1
            if progress is not None:
                progress(begin + len(batch), len(rows))
    return written
