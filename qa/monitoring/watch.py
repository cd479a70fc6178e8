"""Watched questions: ask questions again when documents have changed; report changed answers."""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from embeddings import AssistantError, SettingsError
from qa.answering.comparison.normalization import Value, agree, value_of
from qa.assistant import Assistant
from qa.monitoring.batch import BatchQuestion
from qa.types import Answer

STATE = "watch.json"
"""Name of the file with the last answers, in the index's folder."""


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer of an earlier run. Its document may no longer exist."""

    answer: str
    score: float
    document: str
    title: str
    date: str | None
    """Date of the document, YYYY-MM-DD."""
    source: str
    start: int
    end: int
    value: Value
    """The normal form of the answer."""
    day: str | None = None
    """The date that the answer names, in ISO form; None if it names none."""

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Create from an answer."""
        document = answer.document
        return cls(
            answer=answer.text,
            score=answer.score,
            document=document.id,
            title=document.title,
            date=document.date.isoformat() if document.date else None,
            source=document.source,
            start=answer.start,
            end=answer.end,
            value=answer.value,
            day=answer.date.iso if answer.date else None,
        )

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        """Read the result of `dataclasses.asdict`; rows of earlier versions have no value."""
        value = row.get("value")
        if value is None:
            day = row.get("day")
            value = asdict(Value("date", day) if day else value_of(row["answer"]))
        return cls(**row | {"value": Value(**value)})


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose answer changed."""

    question: str
    was: SavedAnswer | None
    """The earlier answer; None if there was none."""
    now: SavedAnswer | None
    at: str
    """Time of the new answer: UTC in ISO form."""


@dataclass(frozen=True, slots=True)
class WatchResult:
    """The result of a run."""

    changes: tuple[Change, ...]
    failed: tuple[tuple[str, str], ...]
    """(question, error message) of each question that failed. Its last answer stays saved, and the
    next run asks it again."""


def watch(
    asked: Sequence[BatchQuestion],
    assistant: Assistant,
    state: Path,
    *,
    k: int,
    progress: Callable[[int, int], None] | None = None,
    report: Callable[[Change], None] | None = None,
) -> WatchResult:
    """Ask the questions whose answers may have changed, and save the answers.

    A question is asked if it is new or if the index has changed since it was asked. An answer has
    changed if its value differs (see `agree`): "Tuesday" in an article of another week is a change,
    "200" instead of "two hundred" is not. The first answer to a question is not a change.

    The answers are saved in the file `state`, which is created if it does not exist; answers to
    other questions are deleted. All `k` passages are read. `report` is called with each change
    before the answers are saved: if it raises, the next run finds the changes again.

    Raises:
        SettingsError: the file does not contain saved answers.
    """
    generation = assistant.index.generation
    before = _load(state)
    after: dict[str, tuple[int, SavedAnswer | None]] = {}
    changes, failed = [], []
    for number, one in enumerate(asked, start=1):
        key = json.dumps([one.question, dict(sorted(one.options.items()))])
        if key in before and before[key][0] == generation:
            after[key] = before[key]
        else:
            try:
                reply = assistant.ask(one.question, k=k, min_read=k, answers=1, **one.options)
            except AssistantError as error:
                failed.append((one.question, str(error)))
                if key in before:
                    after[key] = before[key]
            else:
                now = None if reply.answer is None else SavedAnswer.of(reply.answer)
                after[key] = generation, now
                if key in before and not _same(before[key][1], now):
                    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
                    changes.append(Change(one.question, before[key][1], now, at))
        if progress is not None:
            progress(number, len(asked))
    if report is not None:
        for change in changes:
            report(change)
    _save(state, after)
    return WatchResult(tuple(changes), tuple(failed))


def _same(was: SavedAnswer | None, now: SavedAnswer | None) -> bool:
    if was is None or now is None:
        return was is now
    # Earlier versions saved other normal forms of times.
    is_other_form = was.value.kind != now.value.kind or now.value.kind == "time"
    is_repeated = replace(was, score=now.score, value=now.value) == now
    return agree(was.value, now.value) or (is_other_form and is_repeated)


def _load(state: Path) -> Mapping[str, tuple[int, SavedAnswer | None]]:
    if not state.exists():
        return {}
    try:
        rows = json.loads(state.read_text(encoding="utf-8"))
        return {
            key: (int(generation), None if saved is None else SavedAnswer.from_json(saved))
            for key, (generation, saved) in rows.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise SettingsError(
            f"{state} does not contain saved answers ({error!r}): remove it to start again."
        ) from error


def _save(state: Path, answers: Mapping[str, tuple[int, SavedAnswer | None]]) -> None:
    rows = {
        key: (generation, None if saved is None else asdict(saved))
        for key, (generation, saved) in answers.items()
    }
    # Replace the file in one step, so that an interrupted run does not damage it.
    written = state.with_name(state.name + ".new")
    written.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    written.replace(state)
