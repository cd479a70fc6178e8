"""What a measurement gives, and how it is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from qa.evaluation.questions import Question
from qa.evaluation.scores import Score

__all__ = ["Evaluation", "Outcome", "evaluation_json", "evaluation_text", "worst"]

_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question came to."""

    question: Question
    given: str
    """What the part gave: an answer's words, or a chunk's; empty when it abstained."""
    score: float | None
    """How sure the part was, on its own scale, higher is surer; None when it gave nothing."""
    value: float
    """What that was worth, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What measuring one part gave."""

    part: str
    scores: tuple[Score, ...]
    outcomes: tuple[Outcome, ...]
    firsts: tuple[tuple[float, bool], ...] = ()
    """Of the first answers, given or held back: score, and whether it is right."""


def worst(outcomes: Sequence[Outcome], n: int) -> list[Outcome]:
    """Pick the n outcomes worth least, of those worth the same the surest; none worth all."""

    def rank(outcome: Outcome) -> tuple[float, float]:
        return outcome.value, inf if outcome.score is None else -outcome.score

    faulty = [outcome for outcome in outcomes if outcome.value < 1]
    return sorted(faulty, key=rank)[:n]


def evaluation_json(evaluation: Evaluation, *, n_worst: int = 0) -> dict[str, object]:
    """Make an object for `json.dumps`, with the n worst questions."""
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
    """Make a table of the scores with their 95% intervals, and list the n worst questions."""
    width = max(len(score.name) for score in evaluation.scores)
    lines = [
        f"{score.name:<{width}}  {score.value:6.1f}  {_interval(score):>15}  n = {score.n}"
        for score in evaluation.scores
    ]
    for outcome in worst(evaluation.outcomes, n_worst):
        wanted = " | ".join(dict.fromkeys(outcome.question.answers))
        lines += [
            "",
            f"{outcome.question.text}  [{outcome.question.id}]",
            f"  wanted: {_shown(wanted)}",
            f"  given:  {_shown(outcome.given)}{_worth(outcome)}",
        ]
    return "\n".join(lines)


def _interval(score: Score) -> str:
    if score.low is None or score.high is None:
        return ""
    return f"[{score.low:.1f}, {score.high:.1f}]"


def _worth(outcome: Outcome) -> str:
    score = "" if outcome.score is None else f"score {outcome.score:.2f}, "
    return f"  ({score}worth {outcome.value:.2f})"


def _shown(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        return "(no answer)"
    return line if len(line) <= _SHOWN_CHARACTERS else line[: _SHOWN_CHARACTERS - 1] + "…"
