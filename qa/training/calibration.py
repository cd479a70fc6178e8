"""Fit the probabilities that answers are right (see `qa.answering.confidence`)."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings import Index, SettingsError
from qa.answering.confidence import (
    PASSAGE_SIGNALS,
    SPAN_SIGNALS,
    Confidence,
    LogisticModel,
    passage_signals,
    span_signals,
)
from qa.answering.passages import evidence_passages
from qa.config import Config
from qa.evaluation.questions import Question, load_questions, sample
from qa.evaluation.reliability import reliability
from qa.evaluation.retrieval import context_index
from qa.evaluation.run import Stage
from qa.evaluation.scores import Score
from qa.monitoring.feedback import Feedback
from qa.reader.reader import Reader
from qa.training.calibration_data import (
    Case,
    Label,
    build_calibration_set,
    collect_cases,
    judgements,
    labelled,
)

MIN_CASES, MIN_PER_CLASS = 100, 20
_FOLDS = 5
_PENALTY = 3.0
"""L2 penalty on the weights of standardised signals."""
_MIN_GIVEN = 30
"""Smallest number of answers for a precision."""


def calibrate(
    data: Sequence[Path],
    *,
    config: Config,
    stage: Stage,
    distractors: Sequence[Path] = (),
    over: str | Path | None = None,
    limit: int | None = None,
) -> tuple[Confidence, list[Score]]:
    """Fit confidence for the reader of the settings.

    Arguments are those of `qa calibrate`. With `over`, questions need no contexts, and files of
    feedback are possible.
    """
    reader = Reader.open(config.reader)
    ask = partial(collect_cases, reader=reader, k=config.k, min_read=config.min_read)
    if over is not None:
        asked = [one for file in data for one in _asked_over(file)]
        if limit is not None:
            asked = sample(asked, limit)
        with Index.open(over, encoder=config.encoder) as index, stage("Asking") as progress:
            cases = ask(asked, index, progress=progress)
    else:
        questions, contexts = build_calibration_set(_load(data), _load(distractors))
        asked = [
            labelled(one) for one in (questions if limit is None else sample(questions, limit))
        ]
        with (
            stage("Indexing") as progress,
            context_index(contexts, encoder=config.encoder, progress=progress) as folder,
            Index.open(folder, encoder=config.encoder) as index,
            stage("Asking") as progress,
        ):
            cases = ask(asked, index, progress=progress)
    confidence, scores = fit(cases)
    fitted = {
        "reader": reader.name,
        "data": [file.name for file in data],
        "distractors": [file.name for file in distractors],
        "questions": len(cases),
        "first_right_by_the_reader": sum(bool(case.right) for case in cases),
        "k": config.k,
        "min_read": config.min_read,
        "day": datetime.date.today().isoformat(),
    }
    return replace(confidence, fitted=fitted), scores


def _load(files: Sequence[Path]) -> list[Question]:
    return [question for file in files for question in load_questions(file)]


def _asked_over(file: Path) -> list[tuple[Question, Label]]:
    """Read a file of feedback or of questions."""
    with file.open("rb") as stream:
        is_feedback = b'"verdict"' in stream.readline()
    if is_feedback:
        return judgements(Feedback(file).read())
    return [labelled(replace(question, context=None)) for question in load_questions(file)]


def fit(cases: Sequence[Case]) -> tuple[Confidence, list[Score]]:
    """Fit both models, and measure the span scores by cross-validation."""
    # scikit-learn takes a second to import, and answering does not need it.
    from sklearn.model_selection import GroupKFold

    n_right = sum(bool(case.right) for case in cases)
    fewest = min(n_right, len(cases) - n_right)
    n_groups = len({case.group for case in cases})
    if len(cases) < MIN_CASES or fewest < MIN_PER_CLASS or n_groups < _FOLDS:
        raise SettingsError(
            f"{len(cases)} labelled questions, {n_right} of them with a right answer, are too few "
            f"to fit a calibration: {MIN_CASES} are needed, with at least {MIN_PER_CLASS} "
            f"right and {MIN_PER_CLASS} wrong answers."
        )
    scores: list[float] = []
    right: list[bool] = []
    folds = GroupKFold(_FOLDS, shuffle=True, random_state=0)
    for others, held in folds.split(cases, groups=[case.group for case in cases]):
        fitted = _fit([cases[number] for number in others])
        for case in (cases[number] for number in held):
            scores.append(fitted.calibrate(case.aggregated)[0].score)
            right.append(bool(case.right))
    fitted = replace(_fit(cases), precision=_precision(np.array(scores), np.array(right)))
    return fitted, reliability(scores, right)


def _fit(cases: Sequence[Case]) -> Confidence:
    passages = [
        (passage_signals(case.aggregated, passage), right)
        for case in cases
        for passage, right in zip(
            evidence_passages(case.aggregated.hits, case.aggregated.readings, max_sentences=2),
            case.passages_right,
            strict=False,
        )
        if right is not None
    ]
    return Confidence(
        span=_logistic(
            [(span_signals(case.aggregated), bool(case.right)) for case in cases], SPAN_SIGNALS
        ),
        passage=_logistic(passages, PASSAGE_SIGNALS),
    )


def _logistic(
    rows: Sequence[tuple[NDArray[np.float64], bool]], names: Sequence[str]
) -> LogisticModel:
    """Fit a regularised logistic regression over standardised signals."""
    # scikit-learn takes a second to import, and answering does not need it.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    signals = np.array([row for row, _ in rows])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / _PENALTY))
    model.fit(signals, [right for _, right in rows])
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    intercept = float(regression.intercept_[0] - weights @ scaler.mean_)
    return LogisticModel(intercept, dict(zip(names, weights.tolist(), strict=True)))


def _precision(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, ...]:
    """Return the share of right answers among those with a score of at least 0.00, 0.01, ..."""
    found: list[float] = []
    for hundredths in range(100):
        given = scores >= hundredths / 100
        if given.sum() < _MIN_GIVEN:
            break
        found.append(round(float(right[given].mean()), 4))
    return tuple(found)
