"""Feedback on answers, saved as labelled questions for `qa evaluate`."""

import datetime
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, TypeAlias

from filelock import FileLock

from embeddings import Document, SettingsError

Verdict: TypeAlias = Literal["right", "wrong", "wrong passage"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A person's verdict on an answer: right, wrong, or right words in the wrong passage."""

    question: str
    """The question that was searched, with follow-ups rewritten."""
    verdict: Verdict
    answer: str
    """Text of the answer; empty if there was none."""
    document_id: str
    start: int
    """Start of the half-open character range of the answer in the document's text."""
    end: int
    context: str
    """Text of the chunk that contains the answer."""
    at: datetime.datetime
    """Time of the feedback, with time zone."""


def is_cited_correctly(judgement: Judgement, document: Document | None) -> bool:
    """Return whether answer and context of a judgement are in its document."""
    return (
        document is not None
        and document.id == judgement.document_id
        and judgement.context in document.text
        and judgement.answer in judgement.context
        and document.text[judgement.start : judgement.end] == judgement.answer
    )


class Feedback:
    """File of judgements in JSON lines. Any thread and process may add to it.

    Each line is also a question row for `qa evaluate FILE`: "right" gives a gold answer with its
    context; other verdicts are skipped there.
    """

    def __init__(self, file: Path) -> None:
        """Set the file; it is created with the first judgement."""
        self._file = file
        self._lock = FileLock(file.with_name(file.name + ".lock"))

    def add(self, judgement: Judgement) -> None:
        """Append a judgement and write it to disk.

        Raises:
            OSError: the file cannot be written.
        """
        row = asdict(judgement) | {
            "answers": [judgement.answer] if judgement.answer else [],
            "at": judgement.at.isoformat(),
        }
        line = json.dumps(row, ensure_ascii=True) + "\n"
        with self._lock, self._file.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                # If an earlier write was interrupted, start a new line.
                line = line if file.read() == b"\n" else "\n" + line
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[Judgement]:
        """Return all judgements, oldest first.

        Raises:
            SettingsError: a line is not a judgement.
        """
        if not self._file.exists():
            return []
        judgements = []
        names = [field.name for field in fields(Judgement)]
        lines = self._file.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(lines, start=1):
            if line:
                try:
                    row = json.loads(line)
                    values = {name: row[name] for name in names}
                    values["at"] = datetime.datetime.fromisoformat(values["at"])
                    judgements.append(Judgement(**values))
                except (ValueError, TypeError, KeyError) as error:
                    raise SettingsError(
                        f"Line {number} of {self._file} is not a judgement ({error!r}): remove it."
                    ) from error
        return judgements
