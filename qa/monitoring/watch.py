"""Standing questions: asked again when the documents have changed, to tell what is new."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from embeddings import QuestionError, SettingsError
from qa.answering.normalization import Value, agree, value_of
from qa.assistant import Assistant
from qa.monitoring.batch import BatchQuestion
from qa.types import Answer

__all__ = ["STATE", "Change", "SavedAnswer", "watch"]

STATE = "watch.json"
"""The file of what was answered last, in the index's folder."""


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer as it is remembered; its document may be gone by now."""

    answer: str
    score: float
    document: str
    title: str
    date: str | None
    """YYYY-MM-DD."""
    source: str
    start: int
    end: int
    day: str | None = None
    """The days that the words name, in ISO form; None when they do not."""

    @classmethod
    def of(cls, answer: Answer) -> SavedAnswer:
        """Remember an answer."""
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
            day=answer.date.iso if answer.date else None,
        )

    @property
    def value(self) -> Value:
        """What the words come to."""
        return Value("date", self.day) if self.day else value_of(self.answer)


@dataclass(frozen=True, slots=True)
class Change:
    """A question that is answered otherwise than it was."""

    question: str
    was: SavedAnswer | None
    """None: the documents did not answer."""
    now: SavedAnswer | None
    at: str
    """When it was asked this time, in UTC, ISO."""


def watch(
    asked: Sequence[BatchQuestion],
    assistant: Assistant,
    state: Path,
    *,
    k: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Change]:
    """Ask the questions whose answer may have changed, and remember the answers.

    A question is asked when it never was, or when the index has another generation than it had
    then. An answer has changed when it no longer says the same (see `agree`): "Tuesday" in an
    article of another week is a change, "200" for "two hundred" is none. What is asked for the
    first time has not changed.

    Args:
        asked: the standing questions; those remembered that are not among them are forgotten.
        assistant: asked, over its index.
        state: the file in which answers are remembered; made when it is not there.
        k: how many chunks are read.
        progress: counts the questions.

    Raises:
        SettingsError: the file holds something else, or an option of a question cannot be used.
        QuestionError: a question cannot be asked.
    """
    generation = assistant.index.generation
    before = _load(state)
    after: dict[str, tuple[int, SavedAnswer | None]] = {}
    changes = []
    for number, one in enumerate(asked, start=1):
        key = json.dumps([one.question, dict(sorted(one.options.items()))])
        if key in before and before[key][0] == generation:
            after[key] = before[key]
        else:
            try:
                reply = assistant.ask(one.question, k=k, min_read=k, answers=1, **one.options)
            except QuestionError as error:
                raise QuestionError(f"{one.question!r}: {error}") from error
            now = None if reply.answer is None else SavedAnswer.of(reply.answer)
            after[key] = generation, now
            if key in before and not _same(before[key][1], now):
                at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
                changes.append(Change(one.question, before[key][1], now, at))
        if progress is not None:
            progress(number, len(asked))
    _save(state, after)
    return changes


def _same(was: SavedAnswer | None, now: SavedAnswer | None) -> bool:
    if was is None or now is None:
        return was is now
    return agree(was.value, now.value)


def _load(state: Path) -> Mapping[str, tuple[int, SavedAnswer | None]]:
    if not state.exists():
        return {}
    try:
        rows = json.loads(state.read_text(encoding="utf-8"))
        return {
            key: (int(generation), None if known is None else SavedAnswer(**known))
            for key, (generation, known) in rows.items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"{state} does not hold remembered answers ({error!r}); remove it to begin anew."
        ) from error


def _save(state: Path, answers: Mapping[str, tuple[int, SavedAnswer | None]]) -> None:
    rows = {
        key: (generation, None if known is None else asdict(known))
        for key, (generation, known) in answers.items()
    }
    # Moved into place whole: who is killed here has forgotten nothing.
    written = state.with_name(state.name + ".new")
    written.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    written.replace(state)
