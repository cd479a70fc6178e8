"""Evaluation of the retriever: ranks of chunks with the answer."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from embeddings import Chunk, Chunking, Document, Hit, Index, SettingsError
from qa.evaluation.metrics import holds_answer
from qa.evaluation.questions import Progress, Question, batches
from qa.evaluation.results import Evaluation, Outcome
from qa.evaluation.scores import Score, means

RANKINGS: Mapping[str, float | None] = {"lexical": 0.0, "dense": 1.0, "hybrid": None}
"""Rankings and the weight of the vectors in each; None for the default of the index."""

SWEEP: Mapping[str, float | None] = {f"dense weight {n / 10}": n / 10 for n in range(11)}
"""Rankings for choosing the weight."""

_DEPTHS = (1, 5, 10, 20)
_LOOKED_AT = 50
_BATCH_QUESTIONS = 64


@contextmanager
def context_index(
    questions: Sequence[Question],
    *,
    encoder: str | Path | None = None,
    chunking: Chunking | None = None,
    progress: Progress | None = None,
) -> Iterator[Path]:
    """Index the questions' contexts, each as a document without title and date.

    Yields the folder of the index, which is deleted when the context ends.
    """
    contexts = list(dict.fromkeys(q.context for q in questions if q.context is not None))
    if not contexts:
        raise SettingsError("The questions have no contexts to search: use --corpus.")

    def documents() -> Iterator[Document]:
        for number, text in enumerate(contexts):
            yield Document(id=f"context-{number}", text=text)
            if progress is not None:
                progress(number + 1, len(contexts))

    with tempfile.TemporaryDirectory(prefix="qa-evaluation-") as folder:
        location = Path(folder) / "index"
        with Index.open(location, create=True, encoder=encoder, chunking=chunking) as index:
            index.add(documents())
        yield location


def answers_from(chunk: Chunk, question: Question) -> bool | None:
    """Return whether a chunk has the answer to a question; None if unknown.

    A chunk from the question's context has the answer if it has the words of an answer. In other
    chunks, the words may occur by chance. If the context is a single chunk, it has the answer.
    """
    found = holds_answer(chunk.text, question.answers)
    if question.context is None:
        return found
    if chunk.text in question.context:
        return found or chunk.text == question.context.strip()
    return None if found else False


def evaluate_retriever(
    questions: Sequence[Question],
    index: str | Path,
    *,
    encoder: str | Path | None = None,
    rankings: Mapping[str, float | None] = RANKINGS,
    progress: Progress | None = None,
) -> Evaluation:
    """Search an index for every question with an answer.

    recall@k is the share of questions with the answer in the first k chunks (see `answers_from`).
    MRR is the mean of 1 / rank of the first such chunk, 0 beyond rank 50. An outcome is the first
    chunk of the last ranking, with 1 / rank. Questions with a date but no context search documents
    up to this date.

    `rankings` are names and weights of the vectors, 0 to 1, as in `RANKINGS`.
    """
    asked = [question for question in questions if question.answers]
    if not asked:
        raise SettingsError("No question has an answer to search for.")
    scores: list[Score] = []
    outcomes: list[Outcome] = []
    done = 0
    for name, weight in rankings.items():
        outcomes = []
        weights: dict[str, Any] = {} if weight is None else {"dense_weight": weight}
        with Index.open(index, encoder=encoder, **weights) as opened:
            for within, batch in batches(asked, _BATCH_QUESTIONS):
                found = opened.search_many([q.text for q in batch], _LOOKED_AT, within=within)
                for question, hits in zip(batch, found, strict=True):
                    ranked = [hit for hit in hits if _is_in_ranking(hit, weight)]
                    right = [hit for hit in ranked if answers_from(hit.chunk, question)]
                    outcomes.append(_outcome(question, ranked, right))
                done += len(batch)
                if progress is not None:
                    progress(done, len(asked) * len(rankings))
        ranks = np.array([outcome.value for outcome in outcomes])
        recalls = {f"{name} recall@{k}": ranks >= 1 / k for k in _DEPTHS}
        scores += means(recalls | {f"{name} MRR": ranks})
    return Evaluation("retriever", tuple(scores), tuple(outcomes))


def _is_in_ranking(hit: Hit, dense_weight: float | None) -> bool:
    """Return whether a hit is from a search with a weight above 0."""
    if dense_weight == 0.0:
        return hit.lexical is not None
    return dense_weight != 1.0 or hit.dense is not None


def _outcome(question: Question, ranked: Sequence[Hit], right: Sequence[Hit]) -> Outcome:
    given, score = (ranked[0].chunk.text, ranked[0].score) if ranked else ("", None)
    reciprocal_rank = 1 / (ranked.index(right[0]) + 1) if right else 0.0
    return Outcome(question, given, score=score, value=reciprocal_rank)
