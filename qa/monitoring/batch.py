"""Questions from a file, and their answers as a table."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from embeddings import SettingsError
from qa.types import Reply

OPTIONS = ("after", "before", "as_of")
"""Columns that set options of `Assistant.ask` with the same names; empty cells set nothing."""

_SEPARATORS = {".csv": ",;\t", ".tsv": "\t"}
"""Possible separators of a file with this suffix."""

_COLUMNS = ("answer", "score", "reason", "title", "date", "document", "start", "end", "source")
_FORMULA = re.compile(
    r'^(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?=[ "\t\r\n]*[=+@\uff1d\uff0b\uff0d\uff20-])'
)
"""Where a spreadsheet may start a formula (OWASP, CSV injection): at the start of a cell, and after
characters that some programs treat as the end of a cell, even within quotation marks. Blank lines
within a cell start none."""

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*\s?%?")
"""Numbers such as "-3", which are not formulas and stay as they are."""


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """A question of a file."""

    question: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of `Assistant.ask` by name."""
    row: Mapping[str, str] = field(default_factory=dict)
    """All cells of the question's row by column."""


def delimiter(file: str) -> str:
    """Return the separator for a table that is written to this file."""
    return "\t" if Path(file).suffix.lower() == ".tsv" else ","


def is_table(file: str) -> bool:
    """Return whether a file name has the suffix of a table."""
    return Path(file).suffix.lower() in _SEPARATORS


def read_table(file: str) -> list[BatchQuestion]:
    """Read the questions of a table: one per row, in the column `question`.

    The columns in `OPTIONS` set options; other columns are copied to the answers. A row without a
    question is skipped.

    Raises:
        SettingsError: the file cannot be read or has no such column.
    """
    separators = _SEPARATORS[Path(file).suffix.lower()]
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The questions in {file} cannot be read: {error}") from error
    heading = text.partition("\n")[0]
    delimiter = max(separators, key=heading.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise SettingsError(f"The table {file} cannot be read: {error}") from error
    asked = []
    for given in rows:
        if None in given:
            raise SettingsError(f"A row of {file} has more cells than there are columns: {given!r}")
        row = {name.strip().lower(): (cell or "").strip() for name, cell in given.items()}
        if "question" not in row:
            raise SettingsError(f'The table {file} has no column "question".')
        if row["question"]:
            options = {name: row[name] for name in OPTIONS if row.get(name)}
            asked.append(BatchQuestion(row["question"], options, row))
    return asked


class AnswerTable:
    """Writer of a table of questions and answers that is safe to open in a spreadsheet.

    Documents are untrusted, so an apostrophe is inserted where a spreadsheet would start a formula.
    Such a cell is not the exact quotation; JSON lines and the offsets in the table are exact.
    """

    def __init__(
        self, stream: TextIO, asked: Sequence[BatchQuestion], *, delimiter: str = ","
    ) -> None:
        """Write the header: the columns of the questions, then those of the answers."""
        own = dict.fromkeys(name for one in asked for name in one.row)
        self._own = [name for name in own if name not in (*_COLUMNS, "error")]
        self._writer = csv.writer(stream, delimiter=delimiter)
        self._writer.writerow([*map(_plain, self._own), *_COLUMNS, "error"])

    def write(self, asked: BatchQuestion, reply: Reply | None, *, error: str = "") -> None:
        """Write the row of a question; `reply` is None if it could not be asked."""
        cells: list[str | float] = [_plain(asked.row.get(name, "")) for name in self._own]
        answer = None if reply is None else reply.answer
        if answer is not None:
            document = answer.document
            day = document.date.isoformat() if document.date else ""
            cells += [_plain(answer.text), round(answer.score, 4), "", _plain(document.title), day]
            cells += [_plain(document.id), answer.start, answer.end, _plain(document.source)]
        else:
            reason = "" if reply is None else str(reply.reason)
            cells += ["", "", reason, "", "", "", "", "", ""]
        self._writer.writerow([*cells, _plain(error)])


def _plain(text: str) -> str:
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub("'", text)
