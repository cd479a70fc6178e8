"""Fit the probabilities that answers are right (see `qa.answering.confidence`)."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings import Index, SettingsError
from qa.answering.confidence import SIGNALS, Confidence, signals_of
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

__all__ = ["calibrate", "fit"]

LEAST_CASES, LEAST_OF_A_KIND = 100, 20
_FOLDS = 5
_PENALTY = 3.0
"""Of squared weights, each in standard deviations of its signal: fewer labels, smaller weights."""
_STEPS = 50
_LEAST_GIVEN = 30
"""Fewer answers tell no precision."""


def calibrate(
    data: Sequence[Path],
    *,
    config: Config,
    stage: Stage,
    beside: Sequence[Path] = (),
    over: str | Path | None = None,
    limit: int | None = None,
) -> tuple[Confidence, list[Score]]:
    """Fit confidence for the reader of the settings.

    Args:
        data: files of questions with contexts and answers, or, with `over`, without contexts, or of
            judgements.
        config: encoder, reader, `k` and `min_read`.
        stage: shows progress.
        beside: files of questions whose contexts are searched as well.
        over: the folder of an index to ask; None to index contexts.
        limit: ask no more than so many questions, taken evenly; None for all.

    Raises:
        SettingsError: a file cannot be used, or there are too few labels.
        AssistantError: the index or a model cannot be used.
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
        exam = build_calibration_set(_load(data), _load(beside))
        questions = exam.questions if limit is None else sample(exam.questions, limit)
        asked = [labelled(question) for question in questions]
        with stage("Indexing") as progress, ExitStack() as stack:
            folder = stack.enter_context(
                context_index(exam.contexts, encoder=config.encoder, progress=progress)
            )
            index = stack.enter_context(Index.open(folder, encoder=config.encoder))
            with stage("Asking") as told:
                cases = ask(asked, index, progress=told)
    confidence, scores = fit(cases)
    fitted = {
        "reader": reader.name,
        "data": [file.name for file in data],
        "beside": [file.name for file in beside],
        "questions": len(cases),
        "first_right_by_the_reader": sum(case.right for case in cases),
        "k": config.k,
        "min_read": config.min_read,
        "day": datetime.date.today().isoformat(),
    }
    return replace(confidence, fitted=fitted), scores


def _load(files: Sequence[Path]) -> list[Question]:
    return [question for file in files for question in load_questions(file)]


def _asked_over(file: Path) -> list[tuple[Question, Label]]:
    """Take a file of judgements, or else of questions."""
    with file.open("rb") as stream:
        is_feedback = b'"verdict"' in stream.readline()
    if is_feedback:
        return judgements(Feedback(file).read())
    return [labelled(replace(question, context=None)) for question in load_questions(file)]


def fit(cases: Sequence[Case]) -> tuple[Confidence, list[Score]]:
    """Fit the model, and say how good its scores are on cases left out in turn.

    Raises:
        SettingsError: there are too few cases, or hardly any that are right, or wrong.
    """
    n_right = sum(case.right for case in cases)
    fewest = min(n_right, len(cases) - n_right)
    groups = sorted({case.group for case in cases})
    if len(cases) < LEAST_CASES or fewest < LEAST_OF_A_KIND or len(groups) < _FOLDS:
        raise SettingsError(
            f"{len(cases)} questions with labels, {n_right} of them answered rightly, are too "
            f"few to fit probabilities: {LEAST_CASES} are needed, {LEAST_OF_A_KIND} with a right "
            f"answer and {LEAST_OF_A_KIND} without."
        )
    random.Random(0).shuffle(groups)
    folds = {group: number % _FOLDS for number, group in enumerate(groups)}
    scores: list[float] = []
    right: list[bool] = []
    for fold in range(_FOLDS):
        fitted = _fit([case for case in cases if folds[case.group] != fold])
        for case in cases:
            if folds[case.group] == fold:
                scores.append(fitted.calibrate(case.aggregated)[0].span.score)
                right.append(case.right)
    fitted = replace(_fit(cases), precision=_precision(np.array(scores), np.array(right)))
    return fitted, reliability(scores, right)


def _fit(cases: Sequence[Case]) -> Confidence:
    rows = np.array([signals_of(case.aggregated) for case in cases])
    intercept, weights = _logistic(rows, np.array([case.right for case in cases]))
    return Confidence(
        intercept=intercept, weights=dict(zip(SIGNALS, weights.tolist(), strict=True))
    )


def _logistic(
    rows: NDArray[np.float64], right: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float64]]:
    """Fit a logistic regression by Newton's method: intercept and weights."""
    middle, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = np.column_stack([np.ones(len(rows)), (rows - middle) / scale])
    penalty = _PENALTY * np.eye(scaled.shape[1])
    penalty[0, 0] = 0.0
    weights = np.zeros(scaled.shape[1])
    for _ in range(_STEPS):
        chances = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (chances - right) + penalty @ weights
        curvature = (scaled * (chances * (1 - chances))[:, None]).T @ scaled + penalty
        step = np.linalg.solve(curvature, slope)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    plain = weights[1:] / scale
    return float(weights[0] - plain @ middle), plain


def _precision(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, ...]:
    """Tell how many answers are right of those with a score of 0.00, 0.01 ... or more."""
    found: list[float] = []
    for hundredths in range(100):
        given = scores >= hundredths / 100
        if given.sum() < _LEAST_GIVEN:
            break
        found.append(round(float(right[given].mean()), 4))
    return tuple(found)
