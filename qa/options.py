"""Options of a question, described once for the Python API, the CLI, HTTP, MCP and the web page."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from embeddings import DateRange, SettingsError
from qa.config import Config, check_ranges

_DEFAULTS = Config()


DESCRIPTIONS: Mapping[str, str] = {
    "k": "Retrieve at most this many passages.",
    "answers": "Give at most this many different answers.",
    "after": "Search only documents of this day or later (YYYY-MM-DD, YYYY-MM or YYYY).",
    "before": "Search only documents of this day or earlier (YYYY-MM-DD, YYYY-MM or YYYY).",
    "undated": "Search documents without a date as well when days restrict the search.",
    "documents": "Search only the documents with these ids.",
    "min_score": "Give no answer below this score, 0 to 1. Default: the assistant's setting.",
    "min_precision": "Required share of right answers, 0 to 1. Used instead of `min_score`.",
    "min_read": (
        "Read at least this many passages before stopping early. Use the value of `k` to read all. "
        "Default: the assistant's setting."
    ),
    "as_of": (
        "Ask as of this day: later documents are ignored, newer ones are preferred, and relative "
        'times such as "last week" count from it. Default: the day of the newest document; '
        "then no document is ignored."
    ),
    "window": "Use a time named in the question to restrict or rank documents.",
}
"""Description of each field of `AskOptions`. Names of other fields are in backticks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """Options of `Assistant.ask`, described in `DESCRIPTIONS`. None means "not set"."""

    k: int = _DEFAULTS.k
    answers: int = _DEFAULTS.answers
    after: datetime.date | str | None = None
    before: datetime.date | str | None = None
    undated: bool = False
    documents: Collection[str] | None = None
    min_score: float | None = None
    min_precision: float | None = None
    min_read: int | None = None
    as_of: datetime.date | str | None = None
    window: bool = True

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Create options from keyword arguments; None means "not set".

        Raises:
            TypeError: a name is not an option.
        """
        return cls(**{name: value for name, value in values.items() if value is not None})

    @property
    def dates(self) -> DateRange:
        """The range of `after` and `before`.

        Raises:
            SettingsError: a text is not a date, or the range is empty.
        """
        return DateRange.of(self.after, self.before)

    @property
    def reference_day(self) -> datetime.date | None:
        """`as_of` as a date; the last day of a month or year.

        Raises:
            SettingsError: it is not a date.
        """
        return DateRange.of(None, self.as_of).before

    @property
    def document_ids(self) -> frozenset[str] | None:
        """`documents` as a set.

        Raises:
            SettingsError: a single text was given instead of a collection of ids.
        """
        if isinstance(self.documents, str):
            raise SettingsError(f"documents must be a list of ids: use [{self.documents!r}].")
        return None if self.documents is None else frozenset(self.documents)

    def check(self) -> None:
        """Raise SettingsError if a number is out of range."""
        check_ranges(self, ("k", "answers", "min_read"), ("min_score", "min_precision"))


def without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """Drop None, blank texts and empty lists: web forms and other clients send them for "not set".

    Blank texts in lists are dropped as well.
    """

    def is_blank(value: object) -> bool:
        return isinstance(value, str) and not value.strip()

    lists = {
        name: [one for one in value if not is_blank(one)]
        for name, value in values.items()
        if isinstance(value, list | tuple)
    }
    given = {**values, **lists}
    return {
        name: value
        for name, value in given.items()
        if value not in (None, []) and not is_blank(value)
    }
