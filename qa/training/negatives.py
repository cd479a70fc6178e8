"""Hard negatives: questions with passages that are close to them but do not answer them."""

import gzip
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from embeddings import Document, Filter, Hit, Index, sentences
from qa.evaluation.metrics import holds_answer
from qa.training.perturbations import Perturbations
from qa.training.rows import Row, overlaps

_K = 8
_BATCH_QUESTIONS = 256
_MIN_WORDS = 40
"""Minimum number of words left in a context that is used as a hard negative."""
_CONTENTS_SHARE = 0.1
_CONTENTS_LINES = 12
_NO_ANSWER: Mapping[str, Any] = {"answers": {"text": [], "answer_start": []}}


def mine_negatives(
    rows: Sequence[Row],
    output: Path,
    *,
    seed: int = 1,
    dense_weight: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write rows without an answer, several for each question; return their number.

    - A passage found by search: one of the best four chunks that neither overlap the evidence nor
      have the words of an answer (Karpukhin et al. 2020 use the best of BM25). For explanations,
      only chunks of the same context, because another one may explain it as well.
    - For other questions, the same context without the sentences of the answers, and the same
      context with a changed question (see `Perturbations`).
    - For a tenth of the explanations, a table of contents with the row's title.

    Rows without answers and evidence are skipped. The output is a file of gzipped JSON lines, and
    `dense_weight` the weight of the vectors in the ranking, as in `Index.open`.
    """
    rng = random.Random(seed)
    rows = [row for row in rows if row.evidence]
    perturbations = Perturbations([row.question for row in rows], rng)
    titles = sorted({row.title for row in rows if row.title})
    contexts = list(dict.fromkeys(row.context for row in rows))
    numbers = {context: str(number) for number, context in enumerate(contexts)}
    written = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        Index.open(Path(folder) / "index", create=True, dense_weight=dense_weight) as index,
        gzip.open(output, "wt", encoding="utf-8") as lines,
    ):
        index.add(Document(id=number, text=context) for context, number in numbers.items())
        for begin in range(0, len(rows), _BATCH_QUESTIONS):
            batch = rows[begin : begin + _BATCH_QUESTIONS]
            for row, hits in zip(batch, _search(index, batch, numbers), strict=True):
                found = [
                    hit.chunk.text for hit in hits if _is_negative(hit, row, numbers[row.context])
                ]
                made = [(row.question, rng.choice(found[:4]))] if found else []
                if row.kind != "long":
                    rest = _without_answers(row)
                    changed = perturbations.perturb(row.question, row.context)
                    made += [(row.question, rest)] if rest is not None else []
                    made += [(changed, row.context)] if changed is not None else []
                elif row.title and rng.random() < _CONTENTS_SHARE:
                    made.append((row.question, _contents(row.title, titles, rng)))
                for question, context in made:
                    negative = {"question": question, "title": row.title, "context": context}
                    lines.write(json.dumps({**negative, **_NO_ANSWER}) + "\n")
                written += len(made)
            if progress is not None:
                progress(begin + len(batch), len(rows))
    return written


def _search(index: Index, rows: Sequence[Row], numbers: dict[str, str]) -> Iterator[Sequence[Hit]]:
    """Search all contexts for each row; for explanations only their own context."""
    found = iter(index.search_many([row.question for row in rows if row.kind != "long"], _K))
    for row in rows:
        if row.kind == "long":
            own = Filter(documents=frozenset({numbers[row.context]}))
            yield index.search(row.question, _K, within=own)
        else:
            yield next(found)


def _is_negative(hit: Hit, row: Row, number: str) -> bool:
    """Return whether a chunk does not answer a row, as far as its evidence and answers show."""
    chunk = hit.chunk
    if chunk.document_id == number and overlaps(chunk.start, chunk.end, row.evidence):
        return False
    short = [row.context[start:end] for start, end in row.answers] if row.kind != "long" else []
    return not holds_answer(chunk.text, short)


def _without_answers(row: Row) -> str | None:
    """Return the context without its answer sentences; None if too little or an answer is left."""
    rest = " ".join(
        row.context[start:end]
        for start, end in sentences(row.context)
        if not overlaps(start, end, (*row.answers, *row.evidence))
    )
    answers = [row.context[start:end] for start, end in row.answers]
    return None if len(rest.split()) < _MIN_WORDS or holds_answer(rest, answers) else rest


def _contents(title: str, titles: Sequence[str], rng: random.Random) -> str:
    """Make a table of contents: a passage with the words of a question but no answer."""
    lines = [title, *rng.sample(titles, min(_CONTENTS_LINES - 1, len(titles)))]
    rng.shuffle(lines)
    return "\n".join(f"{line} {'. ' * 10}{rng.randint(3, 400)}" for line in lines)
