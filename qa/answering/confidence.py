"""How likely an answer is right: a small model over what search and reader say of it.

A logistic regression over `SIGNALS` of the answer that the reader puts first (Platt 1999; for
answers to questions, Kamath et al. 2020, arXiv 2006.09462). `qa calibrate` fits it; answering needs
its few weights and no library but NumPy.

The signals are few. The odds of an answer against none and its odds against its rivals, as two
signals, lost what agreement says: over dated news the surest answers were wrong more often than by
the reader's own probability (area under risk-coverage 12.6 for 10.8, on 613 quiz questions). How
long an answer is, words and names shared with the question, the kind of answer that its question
word asks for, and how many documents agree (which is in the odds already, see
`qa/answering/aggregation.py`) gained nothing on questions of the kind fitted on; putting another
answer first by the cosine and the place of its passage lost on others. Without these two twice as
many questions get an answer that the documents say nothing about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings import ModelError, SettingsError
from qa.answering.aggregation import AggregatedAnswers, Candidate

__all__ = ["SIGNALS", "Confidence", "signals_of"]

FILE = "confidence.json"
NONE = "none"
BUNDLED = Path(__file__).parents[1] / "weights" / FILE

SIGNALS = ("odds", "cosine", "rank")
"""Of the first answer, all that are equal to it together: its log odds against no answer and all
others; the cosine with the question of the nearest of its passages; the logarithm of the place in
the search, from 1, of the first of its passages."""

_TIE = 0.5
"""A rival at least this times as likely as the first is about as likely."""

_LEAST_SCORE = 1e-300
"""What a reader that is certain of no answer leaves for others may be 0, which has no odds."""

_LARGEST_ODDS = 15.0
"""Beyond, log odds say no more: e^15 to 1."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """Fitted weights; see the module."""

    intercept: float
    weights: Mapping[str, float]
    """A weight for each of `SIGNALS`."""
    precision: Sequence[float] = ()
    """At place n, the share right of the first answers with a score of n/100 or more: measured on
    questions that were left out of the fitting in turn."""
    fitted: Mapping[str, object] = field(default_factory=dict)
    """What it was fitted on, for people."""

    @classmethod
    def open(
        cls, file: str | Path | None = None, *, reader: str | Path | None = None
    ) -> Confidence | None:
        """Load the weights that belong to a reader.

        Args:
            file: written by `qa calibrate`; None takes what lies beside the reader, and "none"
                nothing.
            reader: as `Reader.open` takes it; None for the bundled one.

        Returns:
            None when nothing was fitted for this reader: its own probabilities are all there is.

        Raises:
            SettingsError: the file cannot be read.
        """
        if file == NONE:
            return None
        if file is not None:
            return cls.load(Path(file))
        if reader is None:
            return cls.load(BUNDLED)
        beside = Path(reader) / FILE
        return cls.load(beside) if beside.is_file() else None

    @classmethod
    def load(cls, file: Path) -> Confidence:
        """Read a file of weights.

        Raises:
            SettingsError: it cannot be read, or was not written by `qa calibrate`.
        """
        try:
            row = json.loads(file.read_text(encoding="utf-8"))
            return cls(
                intercept=float(row["intercept"]),
                weights={name: float(row["weights"][name]) for name in SIGNALS},
                precision=tuple(float(share) for share in row["precision"]),
                fitted=dict(row["fitted"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"{file} holds no fitted probabilities of this version ({error!r}): `qa calibrate` "
                "writes them, `--confidence none` does without."
            ) from error

    def save(self, file: Path) -> None:
        """Write the weights.

        Raises:
            ModelError: the file cannot be written.
        """
        row = {
            "intercept": self.intercept,
            "weights": dict(self.weights),
            "precision": list(self.precision),
            "fitted": dict(self.fitted),
        }
        try:
            file.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise ModelError(f"{file} cannot be written: {error.strerror}.") from error

    def calibrate(self, aggregated: AggregatedAnswers) -> list[Candidate]:
        """Give the answers fitted probabilities as their spans' scores, best first.

        The others share what the first leaves, by their odds against it: the probabilities of all
        add up to 1 at most. Of answers that are about as likely to the reader, the first is no
        likelier than its share: documents that contradict each other are rare in what is fitted on.
        """
        if not aggregated.answers:
            return []
        weights = np.array([self.weights[name] for name in SIGNALS])
        right = 1 / (1 + np.exp(-(self.intercept + float(signals_of(aggregated) @ weights))))
        shares = np.array([max(one.span.score, _LEAST_SCORE) for one in aggregated.answers])
        shares /= shares.sum()
        if len(shares) > 1 and shares[1] >= _TIE * shares[0]:
            right = min(right, shares[0])
        rest = 1 - shares[0]
        scores = shares * (min(right / shares[0], (1 - right) / rest) if rest > 0 else 0)
        scores[0] = right
        return [
            replace(one, span=replace(one.span, score=float(score)))
            for one, score in zip(aggregated.answers, scores, strict=True)
        ]

    def score_for_precision(self, min_precision: float) -> float:
        """Give the score from which on answers were right at least this often, 0 to 1.

        Raises:
            SettingsError: they never were.
        """
        for hundredths, share in enumerate(self.precision):
            if share >= min_precision:
                return hundredths / 100
        best = max(self.precision, default=0.0)
        raise SettingsError(
            f"min_precision {min_precision} was not reached by any score when this was fitted; "
            f"{best:.2f} was."
        )


def signals_of(aggregated: AggregatedAnswers) -> NDArray[np.float64]:
    """Describe the first of the answers, of which there is one or more: shape (len(SIGNALS),)."""
    first, *others = aggregated.answers
    cited = [first.hit, *(hit for hit, _ in first.also)]
    places = (n for n, hit in enumerate(aggregated.hits, 1) if any(hit is one for one in cited))
    # A passage that only the words brought up is farther than the farthest of the others.
    farthest = min((hit.dense for hit in aggregated.hits if hit.dense is not None), default=0.0)
    cosines = [farthest if hit.dense is None else hit.dense for hit in cited]
    return np.array(
        [
            _log_odds(first.span.score, aggregated.null + sum(one.span.score for one in others)),
            max(cosines),
            np.log(next(places)),
        ]
    )


def _log_odds(one: float, other: float) -> float:
    odds = np.log(max(one, 1e-12)) - np.log(max(other, 1e-12))
    return float(np.clip(odds, -_LARGEST_ODDS, _LARGEST_ODDS))
