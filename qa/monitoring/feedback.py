"""What people say of answers, kept as labelled questions that `qa evaluate` reads."""

from __future__ import annotations

import datetime
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, TypeAlias

from filelock import FileLock

from embeddings import Document, SettingsError

__all__ = ["Feedback", "Judgement", "Verdict", "is_cited_truly"]

Verdict: TypeAlias = Literal["right", "wrong", "wrong passage"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person said of an answer: it is right, wrong, or not in the passage for it."""

    question: str
    """As it was understood: standing alone."""
    verdict: Verdict
    answer: str
    """The words given; empty when the documents were said not to answer."""
    document_id: str
    start: int
    """Where the words stand in the document: half-open characters of its text."""
    end: int
    context: str
    """The chunk that the words were read in."""
    at: datetime.datetime
    """When it was said, with its time zone."""


def is_cited_truly(judgement: Judgement, document: Document | None) -> bool:
    """Tell whether a judgement quotes its document: false ones would spoil the evaluation."""
    return (
        document is not None
        and document.id == judgement.document_id
        and judgement.context in document.text
        and judgement.answer in judgement.context
        and document.text[judgement.start : judgement.end] == judgement.answer
    )


class Feedback:
    """Judgements in a file, one JSON line each; any thread and process may add to it.

    A line is a question row of `qa evaluate FILE` as well: "right" gives a gold answer with its
    context, and what was judged otherwise is passed over there.
    """

    def __init__(self, file: Path) -> None:
        """Name the file; it is made when the first judgement comes."""
        self._file = file
        self._lock = FileLock(file.with_name(file.name + ".lock"))

    def add(self, judgement: Judgement) -> None:
        """Append a judgement, durably.

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
                # What a dying process left half written must not swallow this line.
                line = line if file.read() == b"\n" else "\n" + line
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[Judgement]:
        """Read every judgement, oldest first.

        Raises:
            SettingsError: a line is no judgement.
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
                        f"Line {number} of {self._file} is no judgement ({error!r}); remove it."
                    ) from error
        return judgements
