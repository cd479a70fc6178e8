"""What the page asks of the server: JSON objects in, JSON objects with ready HTML out."""

from __future__ import annotations

import datetime
import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar, get_args

from embeddings import AssistantError, DateRange, DocumentError, SettingsError
from qa.assistant import Assistant
from qa.config import MAX_ANSWERS, MAX_K, MAX_QUESTION_CHARACTERS, MAX_TURNS, Config
from qa.followups import Turn
from qa.monitoring.feedback import Feedback, Judgement, Verdict, is_cited_truly
from qa.types import Reply
from qa.web import export
from qa.web.corpus import Corpus
from qa.web.exchange import Asking, Exchange
from qa.web.markup import one_line, percent
from qa.web.plots import histogram
from qa.web.tables import choices_html, rows_html, summary
from qa.web.views import exchange_html, how_sure, source_html, timeline_html

__all__ = ["Calls", "Work", "told", "within"]

_T = TypeVar("_T")


class Work(Protocol):
    """Has work done when its turn comes, and waits for that.

    Each method raises an AssistantError when too much is waiting already.
    """

    def ask_now(self, ask: Callable[[], Reply], /) -> Reply:
        """Answer a question."""

    def read_now(self, look: Callable[[], _T], /) -> _T:
        """Look something up."""

    def write_now(self, change: Callable[[], _T], /) -> _T:
        """Change the index."""


_Row: TypeAlias = Mapping[str, Any]

_ROWS = 100
_CHOICES = 50

_log = logging.getLogger(__name__)


class Calls:
    """Answers what the page asks. Keeps nothing of those who ask; any thread may use it."""

    def __init__(
        self, assistant: Assistant, *, config: Config, feedback: Feedback, work: Work
    ) -> None:
        """Join the parts.

        Args:
            assistant: what answers.
            config: the defaults of the settings.
            feedback: where judgements go.
            work: runs the reader, and changes the index.
        """
        self._assistant = assistant
        self._config = config
        self._feedback = feedback
        self._work = work
        self._corpus = Corpus(assistant.index, work.write_now)

    def begin(self, _: _Row) -> dict[str, Any]:
        """Give what an empty page shows, the defaults of its settings, and the limits."""
        return {
            "summary": summary(self._corpus.documents()),
            "examples": self._corpus.examples(),
            "settings": {
                "k": self._config.k,
                "answers": self._config.answers,
                "min_score": self._assistant.min_score,
            },
            "limits": {
                "k": MAX_K,
                "answers": MAX_ANSWERS,
                "question": MAX_QUESTION_CHARACTERS,
                "file_bytes": self._config.max_file_bytes,
            },
        }

    def ask(self, row: _Row) -> dict[str, Any]:
        """Answer a question of a conversation."""
        limits = DateRange.of(row["after"], row["before"])
        documents = None if row["documents"] is None else tuple(map(_text, row["documents"]))
        chosen = row["settings"]
        asking = Asking(
            limits.after,
            limits.before,
            documents,
            min_score=float(chosen.get("min_score", self._config.min_score)),
            as_of=DateRange.of(row["as_of"], None).after,
            window=bool(row["window"]),
        )
        k = within("k", chosen["k"], MAX_K) if "k" in chosen else self._config.k
        answers = self._config.answers
        if "answers" in chosen:
            answers = within("answers", chosen["answers"], MAX_ANSWERS)
        history = [
            Turn(_text(turn["question"]), None if turn["answer"] is None else _text(turn["answer"]))
            for turn in row["history"][-MAX_TURNS:]
        ]
        reply = self._work.ask_now(
            lambda: self._assistant.ask(
                _text(row["question"]),
                k=k,
                answers=answers,
                after=asking.after,
                before=asking.before,
                documents=asking.documents,
                min_score=asking.min_score,
                as_of=asking.as_of,
                window=asking.window,
                history=history,
            )
        )
        now = datetime.datetime.now(datetime.UTC)
        exchange = Exchange(reply, asking, now)
        return {
            "exchange": exchange.to_json(),
            "html": exchange_html(exchange),
            "spoken": _spoken(reply),
        }

    def timeline(self, row: _Row) -> dict[str, Any]:
        """Show how the answer to a question changed over time."""
        documents = None if row["documents"] is None else tuple(map(_text, row["documents"]))
        shown = self._work.read_now(
            lambda: self._assistant.timeline(
                _text(row["question"]),
                k=self._config.k,
                slices=self._config.timeline_slices,
                after=row["after"],
                before=row["before"],
                as_of=row["as_of"],
                documents=documents,
                min_score=self._config.timeline_min_score,
            )
        )
        return {"html": timeline_html(shown)}

    def show(self, row: _Row) -> dict[str, Any]:
        """Show the exchanges of a conversation again; null for each that is none."""
        shown: list[str | None] = []
        for turn in row["turns"]:
            try:
                shown.append(exchange_html(Exchange.from_json(turn)))
            except ValueError:
                shown.append(None)
        return {"html": shown}

    def source(self, row: _Row) -> dict[str, Any]:
        """Show a document whole, the given characters marked."""
        start, end = int(row["start"]), int(row["end"])
        document = self._assistant.index.document(_text(row["document"]))
        if document is None:
            raise DocumentError("This document is no longer in the index.")
        if not 0 <= start <= end <= len(document.text):
            start = end = 0  # the document has changed since
        return {"html": source_html(document, start, end)}

    def documents(self, row: _Row) -> dict[str, Any]:
        """List documents that match, a page of them from `offset`, and draw all over time."""
        dates = DateRange.of(row["after"], row["before"])
        found = self._corpus.matching(_text(row["words"]), dates)
        first = max(0, int(row["offset"]))
        everything = self._corpus.documents()
        return {
            "summary": summary(everything),
            "rows": rows_html(found[first : first + _ROWS]),
            "found": len(found),
            "shown": min(first + _ROWS, len(found)),
            "histogram": histogram([known.date for known in everything]),
        }

    def choices(self, row: _Row) -> dict[str, Any]:
        """Offer documents to choose from."""
        found = self._corpus.matching(_text(row["words"]), DateRange())
        chosen = frozenset(map(_text, row["chosen"]))
        return {"html": choices_html(found[:_CHOICES], chosen), "found": len(found)}

    def remove(self, row: _Row) -> dict[str, Any]:
        """Remove a document; the token brings it back."""
        removed = self._corpus.remove(_text(row["document"]))
        if removed is None:
            raise DocumentError("This document is no longer in the index.")
        token, document = removed
        return {"token": token, "title": document.title if document.title else document.id}

    def restore(self, row: _Row) -> dict[str, Any]:
        """Bring a removed document back."""
        document = self._corpus.restore(_text(row["token"]))
        if document is None:
            raise DocumentError("It cannot be brought back any more; add its file again.")
        return {"title": document.title if document.title else document.id}

    def judge(self, row: _Row) -> dict[str, Any]:
        """Keep what a person said of an answer, by its place, or of there being none."""
        verdict: Verdict = row["verdict"]
        if verdict not in get_args(Verdict):
            raise ValueError(f"{verdict!r} is no verdict")
        reply = Exchange.from_json(row["exchange"]).reply
        at = datetime.datetime.now(datetime.UTC)
        if reply.answers:
            answer = reply.answers[int(row["place"])]
            judgement = Judgement(
                question=reply.understood,
                verdict=verdict,
                answer=answer.text,
                document_id=answer.document.id,
                start=answer.start,
                end=answer.end,
                context=answer.context,
                at=at,
            )
        else:
            chunk = reply.hits[0].chunk
            judgement = Judgement(
                question=reply.understood,
                verdict=verdict,
                answer="",
                document_id=chunk.document_id,
                start=chunk.start,
                end=chunk.start,
                context=chunk.text,
                at=at,
            )
        document = self._assistant.index.document(judgement.document_id)
        if not is_cited_truly(judgement, document):
            raise DocumentError("The document has changed since, so this cannot be kept.")
        self._feedback.add(judgement)
        return {"kept": True}

    def export(self, row: _Row) -> dict[str, Any]:
        """Write a conversation as a file; turns that cannot be read are left out."""
        name = _text(row["name"])
        turns = []
        for turn in row["turns"]:
            try:
                turns.append(Exchange.from_json(turn))
            except ValueError:
                _log.warning("a turn of an exported conversation cannot be read")
        write, suffix = {
            "markdown": (export.as_markdown, "md"),
            "json": (export.as_json, "json"),
        }[row["format"]]
        return {"text": write(name, turns), "file": export.file_name(name, suffix)}

    def all(self) -> list[Callable[[_Row], dict[str, Any]]]:
        """List the calls, each a function of its own that tells failures as `{"error": ...}`."""
        return [
            told(call)
            for call in (
                self.begin,
                self.ask,
                self.timeline,
                self.show,
                self.source,
                self.documents,
                self.choices,
                self.remove,
                self.restore,
                self.judge,
                self.export,
            )
        ]


def told(call: Callable[[_Row], dict[str, Any]]) -> Callable[[_Row], dict[str, Any]]:
    """Have a call tell its failures, in words for people."""

    @functools.wraps(call)
    def telling(row: _Row) -> dict[str, Any]:
        try:
            return call(row)
        except AssistantError as error:
            return {"error": str(error)}
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
            _log.warning("the page sent what cannot be used to %s", call.__name__, exc_info=True)
            return {"error": "The page and the server do not understand each other: reload it."}
        # The page must say something whatever happens; what it was, the log keeps.
        except Exception:
            _log.exception("%s failed", call.__name__)
            return {"error": "The server failed; its log says why."}

    return telling


def _text(value: object) -> str:
    """Take a text; half a surrogate pair, which no JSON carries back, becomes "?"."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value.encode("utf-8", "replace").decode()


def within(name: str, value: object, most: int) -> int:
    """Take a number from 1 to `most`.

    Raises:
        SettingsError: it is another.
    """
    number = int(str(value))
    if not 1 <= number <= most:
        raise SettingsError(f"{name} must lie between 1 and {most}, not at {number}.")
    return number


def _spoken(reply: Reply) -> str:
    """Say a reply in one sentence, for those who hear the page."""
    if reply.answer is None:
        return "No answer in these documents."
    answer = reply.answer
    sure = f"{how_sure(answer.score)}, {percent(answer.score)}"
    return f"Answer: {one_line(answer.text)}. {sure}."
