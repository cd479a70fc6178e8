"""Results of an evaluation, as text and JSON."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from qa.evaluation.questions import Question
from qa.evaluation.scores import Score

_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one question."""

    question: Question
    given: str
    """Text of the answer or of the best chunk; empty without one."""
    score: float | None
    """Score on the part's own scale, higher is more certain; None without an answer."""
    value: float
    """Value of the main metric, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The results of measuring one part."""

    part: str
    scores: tuple[Score, ...]
    outcomes: tuple[Outcome, ...]
    firsts: tuple[tuple[float, bool], ...] = ()
    """Score of each first answer, given or not, and whether it is right."""


def worst(outcomes: Sequence[Outcome], n: int) -> list[Outcome]:
    """Return the n outcomes with the lowest values below 1; ties go to the highest score."""
    wrong = [one for one in outcomes if one.value < 1]
    return sorted(wrong, key=lambda one: (one.value, inf if one.score is None else -one.score))[:n]


def evaluation_json(evaluation: Evaluation, *, n_worst: int = 0) -> dict[str, object]:
    """Return the evaluation as an object for `json.dumps`, with the n worst questions."""
    return {
        "part": evaluation.part,
        "scores": [dataclasses.asdict(score) for score in evaluation.scores],
        "worst": [
            {
                "id": outcome.question.id,
                "question": outcome.question.text,
                "answers": list(outcome.question.answers),
                "given": outcome.given,
                "score": outcome.score,
                "value": outcome.value,
            }
            for outcome in worst(evaluation.outcomes, n_worst)
        ],
    }


def evaluation_text(evaluation: Evaluation, *, n_worst: int = 0) -> str:
    """Format the scores with their 95% intervals, and the n worst questions."""
    width = max(len(score.name) for score in evaluation.scores)
    lines = []
    for score in evaluation.scores:
        interval = "" if score.low is None else f"[{score.low:.1f}, {score.high:.1f}]"
        lines.append(f"{score.name:<{width}}  {score.value:6.1f}  {interval:>15}  n = {score.n}")
    for outcome in worst(evaluation.outcomes, n_worst):
        question = outcome.question
        expected = " | ".join(dict.fromkeys(question.answers or question.evidence))
        sure = "" if outcome.score is None else f"score {outcome.score:.2f}, "
        lines += [
            "",
            f"{question.text}  [{question.id}]",
            f"  expected: {_shown(expected)}",
            f"  given:    {_shown(outcome.given)}  ({sure}value {outcome.value:.2f})",
        ]
    return "\n".join(lines)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        return "(no answer)"
    return line if len(line) <= _SHOWN_CHARACTERS else line[: _SHOWN_CHARACTERS - 1] + "…"
