"""Calibrated probability that an answer is right.

Two logistic regressions (Platt 1999; for answers to questions, Kamath et al. 2020, arXiv
2006.09462): one for the best span, one for evidence passages. `qa calibrate` fits them; applying
them needs NumPy only.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from embeddings import Hit, ModelError, SettingsError
from qa.answering.aggregation import AggregatedAnswers, Candidate
from qa.answering.passages import EvidencePassage

FILE = "confidence.json"
NONE = "none"
BUNDLED = Path(__file__).parents[1] / "weights" / FILE

SPAN_SIGNALS = ("odds", "relevance", "cosine", "rank")
"""Signals of the best span, with all equal spans: log odds against no answer and all other answers;
highest relevance of its passages; highest cosine of its passages with the question; logarithm of
its best rank in the search, from 1."""

PASSAGE_SIGNALS = ("relevance", "evidence", "cosine", "rank")
"""Signals of an evidence passage: relevance; evidence logit of its best sentence; cosine with the
question; logarithm of its rank in the search, from 1."""

_TIE = 0.5
"""A second answer with at least this share of the best one's probability ties with it."""

_MIN_PROBABILITY = 1e-300
"""Lower bound for probabilities, so that odds are finite."""

_MAX_LOG_ODDS = 15.0
"""Log odds are clipped to plus or minus this value."""


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """A logistic regression over named signals."""

    intercept: float
    weights: Mapping[str, float]

    def probability(self, signals: NDArray[np.float64], names: Sequence[str]) -> float:
        """Return the probability for signals of shape (len(names),)."""
        weights = np.array([self.weights[name] for name in names])
        return float(1 / (1 + np.exp(-(self.intercept + signals @ weights))))


@dataclass(frozen=True, slots=True)
class Confidence:
    """Calibration of the scores of spans and passages."""

    span: LogisticModel | None = None
    """None keeps the reader's own probabilities."""
    passage: LogisticModel | None = None
    """None uses the reader's relevance without calibration."""
    precision: Sequence[float] = ()
    """At position n: share of right answers among those with a score of at least n/100, measured
    by cross-validation."""
    fitted: Mapping[str, object] = field(default_factory=dict)
    """Data and settings of the fit, for information."""

    @classmethod
    def open(
        cls, file: str | Path | None = None, *, reader: str | Path | None = None
    ) -> Self | None:
        """Load the calibration of a reader.

        Args:
            file: written by `qa calibrate`; None for the file next to the reader; "none" for no
                calibration.
            reader: as `Reader.open` takes it; None for the bundled reader.

        Returns:
            None if there is no calibration for this reader.

        Raises:
            SettingsError: the file cannot be read.
        """
        if file == NONE:
            return None
        if file is not None:
            return cls.load(Path(file))
        if reader is None:
            return cls.load(BUNDLED)
        sibling = Path(reader) / FILE
        return cls.load(sibling) if sibling.is_file() else None

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a calibration file.

        Raises:
            SettingsError: the file cannot be read, or has another format.
        """
        try:
            content = file.read_bytes()
        except OSError as error:
            raise SettingsError(f"{file} cannot be read: {error.strerror}.") from error
        try:
            row = json.loads(content)
            return cls(
                span=_model(row["span"], SPAN_SIGNALS),
                passage=_model(row["passage"], PASSAGE_SIGNALS),
                precision=tuple(float(share) for share in row["precision"]),
                fitted=dict(row["fitted"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"{file} is not a calibration file of this version ({error!r}). Create it with "
                "`qa calibrate`, or use `--confidence none`."
            ) from error

    def save(self, file: Path) -> None:
        """Write a calibration file.

        Raises:
            ModelError: the file cannot be written.
        """
        row = {name: value for name, value in asdict(self).items() if value is not None}
        try:
            file.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise ModelError(f"Cannot write {file}: {error.strerror}.") from error

    def calibrate(self, aggregated: AggregatedAnswers) -> list[Candidate]:
        """Return the span answers with their scores, best first.

        The other answers share the remaining probability by their odds, so that all scores add up
        to at most 1. If the second answer is about as likely as the first, the first keeps at most
        its own share.
        """
        if self.span is None or not aggregated.answers:
            return [replace(one, score=one.probability) for one in aggregated.answers]
        right = self.span.probability(span_signals(aggregated), SPAN_SIGNALS)
        shares = np.array([max(one.probability, _MIN_PROBABILITY) for one in aggregated.answers])
        shares /= shares.sum()
        if len(shares) > 1 and shares[1] >= _TIE * shares[0]:
            right = min(right, shares[0])
        rest = 1 - shares[0]
        scores = shares * (min(right / shares[0], (1 - right) / rest) if rest > 0 else 0)
        scores[0] = right
        return [
            replace(one, score=float(score))
            for one, score in zip(aggregated.answers, scores, strict=True)
        ]

    def passage_scores(
        self, aggregated: AggregatedAnswers, passages: Sequence[EvidencePassage]
    ) -> list[float]:
        """Return for each passage the probability that it answers the question, 0 to 1."""
        if self.passage is None:
            return [1 / (1 + float(np.exp(-one.reading.relevance))) for one in passages]
        return [
            self.passage.probability(passage_signals(aggregated, one), PASSAGE_SIGNALS)
            for one in passages
        ]

    def score_for_precision(self, min_precision: float) -> float:
        """Return the lowest score threshold with at least this precision, 0 to 1.

        Raises:
            SettingsError: no threshold reached this precision.
        """
        for hundredths, share in enumerate(self.precision):
            if share >= min_precision:
                return hundredths / 100
        best = max(self.precision, default=0.0)
        raise SettingsError(
            f"No score reached min_precision {min_precision} in the calibration data; the highest "
            f"precision was {best:.2f}."
        )


def span_signals(aggregated: AggregatedAnswers) -> NDArray[np.float64]:
    """Compute `SPAN_SIGNALS` of the best answer (there must be one): shape (4,)."""
    first, *others = aggregated.answers
    cited = [first.hit, *(hit for hit, *_ in first.also)]
    places = [n for n, hit in enumerate(aggregated.hits) if any(hit is one for one in cited)]
    return np.array(
        [
            _log_odds(first.probability, aggregated.null + sum(one.probability for one in others)),
            _clip(max(aggregated.readings[place].relevance for place in places)),
            max(_cosine(aggregated, hit) for hit in cited),
            np.log(places[0] + 1),
        ]
    )


def passage_signals(aggregated: AggregatedAnswers, passage: EvidencePassage) -> NDArray[np.float64]:
    """Compute `PASSAGE_SIGNALS` of a passage: shape (4,)."""
    place = next(n for n, hit in enumerate(aggregated.hits) if hit is passage.hit)
    return np.array(
        [
            _clip(passage.reading.relevance),
            _clip(passage.best.logit),
            _cosine(aggregated, passage.hit),
            np.log(place + 1),
        ]
    )


def _cosine(aggregated: AggregatedAnswers, hit: Hit) -> float:
    """Return the cosine of a hit; a hit without one gets the lowest cosine of the others."""
    if hit.dense is not None:
        return hit.dense
    return min((one.dense for one in aggregated.hits if one.dense is not None), default=0.0)


def _log_odds(one: float, other: float) -> float:
    return _clip(np.log(max(one, 1e-12)) - np.log(max(other, 1e-12)))


def _clip(log_odds: float) -> float:
    return float(np.clip(log_odds, -_MAX_LOG_ODDS, _MAX_LOG_ODDS))


def _model(row: Mapping[str, Any], names: Sequence[str]) -> LogisticModel:
    weights = {name: float(row["weights"][name]) for name in names}
    return LogisticModel(float(row["intercept"]), weights)
