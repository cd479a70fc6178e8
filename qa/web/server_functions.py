"""Functions that the page's script calls: JSON objects in, JSON objects out, some with HTML.

They use the service and the JSON of the HTTP API. The script calls the HTTP API itself to upload
files and for feedback, which need no HTML.
"""

import functools
import itertools
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from embeddings import (
    FORMATS,
    AssistantError,
    DateRange,
    DocumentError,
    SettingsError,
    StoredDocument,
    prepare_sandbox,
)
from qa.assistant import Assistant
from qa.config import MAX_ANSWERS, MAX_K, MAX_QUESTION_CHARACTERS, MAX_TURNS
from qa.followups import Turn
from qa.options import AskOptions, without_empty
from qa.serialization import timeline_json
from qa.server.service import Service
from qa.types import Reply
from qa.web import conversation_export
from qa.web.answers import confidence, exchange_html
from qa.web.demo import Demo
from qa.web.document_list import DocumentList
from qa.web.exchange import exchange_json
from qa.web.histogram import has_enough_dates, histogram
from qa.web.markup import one_line, percent
from qa.web.source import source_json
from qa.web.suggestions import Suggestions
from qa.web.tables import choices_html, folders_html, rows_html, summary
from qa.web.texts import in_language, text
from qa.web.timeline_drawing import values_over_time

_Row: TypeAlias = Mapping[str, Any]

_ROWS = 100
_CHOICES = 50
_FOLDER_CHOICES = 20
_LIMITS = {"k": MAX_K, "answers": MAX_ANSWERS}

# Raised if the page sends wrong fields or types.
_BAD_INPUT = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)

_log = logging.getLogger(__name__)


class ServerFunctions:
    """The functions: all public methods. Thread-safe; they keep no state of a visitor."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._config = service.config
        self._documents = DocumentList(service.assistant.index, service.writer.wait)
        self._demo = Demo(service.assistant)
        self._suggestions = Suggestions(service, self._documents)

    def begin(self, _: _Row) -> dict[str, Any]:
        """Return what an empty page shows, and the defaults and limits of the settings."""
        documents = self._documents.all()
        formats = dict.fromkeys(form.name for form in FORMATS.values() if not form.save_as)
        return {
            "summary": summary(documents),
            "documents": len(documents),
            "dated": has_enough_dates([stored.date for stored in documents]),
            "formats": list(formats),
            "suffixes": list(FORMATS),
            "changes": self.changes({})["changes"],
            "settings": {
                "k": self._config.k,
                "answers": self._config.answers,
                "min_score": self._service.assistant.min_score,
            },
            "limits": _LIMITS
            | {"question": MAX_QUESTION_CHARACTERS, "file_bytes": self._config.max_file_bytes},
        }

    def changes(self, _: _Row) -> dict[str, Any]:
        """Return the numbers of changes in the watched folder, and why files of it failed."""
        sync = self._service.sync
        if sync is None:
            return {"changes": None, "failures": []}
        return {"changes": sync.counts, "failures": list(sync.failures)}

    def suggestions(self, row: _Row) -> dict[str, Any]:
        """Return three questions that the chosen (or all) documents answer, or none."""
        if self._assistant(row) is not self._service.assistant:
            return {"questions": self._demo.questions}
        chosen = self._limits(without_empty(row["options"])).get("documents")
        within = None if chosen is None else frozenset(map(_text, chosen))
        return {"questions": self._suggestions.of(within)}

    def ask(self, row: _Row) -> dict[str, Any]:
        """Answer a question of a conversation."""
        options = self._options(row["options"])
        history = [
            Turn(_text(turn["question"]), None if turn["answer"] is None else _text(turn["answer"]))
            for turn in row["history"][-MAX_TURNS:]
        ]
        question, assistant = _text(row["question"]), self._assistant(row)
        limits = self._limits(options)
        reply = self._service.ask_now(lambda: assistant.ask(question, history=history, **limits))
        cited = reply.answers or reply.related
        if any(one.document.id.lower().endswith(".pdf") for one in cited):
            prepare_sandbox()  # it renders the page of the source
        exchange = exchange_json(reply, options)
        return {"exchange": exchange, "html": exchange_html(exchange), "spoken": _sentence(reply)}

    def _options(self, row: _Row) -> dict[str, Any]:
        """Return the options of a question with their defaults, in JSON types.

        They have the fields of `AskOptions` and `folder`, which adds its documents to `documents`.
        """
        given = without_empty(row)
        for name, most in _LIMITS.items():
            given[name] = check_range(name, given.get(name, getattr(self._config, name)), most)
        if "documents" in given:
            given["documents"] = [_text(document) for document in given["documents"]]
        given["min_score"] = float(given.get("min_score", self._service.assistant.min_score))
        if "folder" in given:
            given["folder"] = _text(given["folder"])
        options = AskOptions.of(self._limits(given))
        options.check()
        dates = options.dates
        given["after"], given["before"], given["as_of"] = (
            None if date is None else date.isoformat()
            for date in (dates.after, dates.before, options.reference_day)
        )
        return given

    def _limits(self, options: _Row) -> dict[str, Any]:
        """Replace the folder among the options by its documents."""
        limits = dict(options)
        folder = limits.pop("folder", None)
        if folder is not None:
            found = self._documents.find("", DateRange(), folder=folder)
            limits["documents"] = [*limits.get("documents", ()), *(stored.id for stored in found)]
        return limits

    def _assistant(self, row: _Row) -> Assistant:
        """Return the assistant to ask: that of the sample while the index has no document."""
        if row.get("demo") and not self._documents.all():
            return self._demo.assistant
        return self._service.assistant

    def timeline(self, row: _Row) -> dict[str, Any]:
        """Show how the answer to a question changed over time."""
        options = self._options(row["options"])
        known = self._limits(options)
        limits = {name: known.get(name) for name in ("after", "before", "as_of", "documents")}
        timeline = self._service.readers.wait(
            lambda: self._service.assistant.timeline(
                _text(row["question"]),
                slices=self._config.timeline_slices,
                min_score=self._config.timeline_min_score,
                k=self._config.k,
                **limits,
            )
        )
        return {"html": values_over_time(timeline_json(timeline))}

    def show(self, row: _Row) -> dict[str, Any]:
        """Show the exchanges of a conversation; null for each that cannot be read."""
        shown: list[str | None] = []
        for exchange in row["turns"]:
            try:
                shown.append(exchange_html(exchange))
            except _BAD_INPUT:
                _log.warning("an exchange of a conversation cannot be read")
                shown.append(None)
        return {"html": shown}

    def source(self, row: _Row) -> dict[str, Any]:
        """Return a document with marks, and the place of each mark."""
        index = self._assistant(row).index
        document = index.document(_text(row["document"]))
        if document is None:
            raise DocumentError(text("documents.gone"))
        marks = [(int(start), int(end)) for start, end in row["marks"]]
        original = self._service.readers.wait(
            lambda: index.original(document, self._config.parse_options)
        )
        return source_json(
            document,
            marks,
            find=_text(row["find"]),
            original=original,
            with_text=bool(row["text"]),
        )

    def documents(self, row: _Row) -> dict[str, Any]:
        """Return a page of the documents that match, from `offset`, and all of them over time."""
        found = self._found(row)
        first = max(0, int(row["offset"]))
        everything, folders = self._documents.all(), self._documents.folders()
        return {
            "summary": summary(everything),
            "folders": folders_html(_text(row["folder"]), folders),
            "collections": [folder for folder in folders if "/" not in folder],
            "rows": rows_html(found[first : first + _ROWS]),
            "found": len(found),
            "shown": min(first + _ROWS, len(found)),
            "histogram": histogram([stored.date for stored in everything]),
        }

    def _found(self, row: _Row) -> list[StoredDocument]:
        return self._documents.find(
            _text(row["words"]),
            DateRange.of(row["after"], row["before"]),
            folder=_text(row["folder"]),
            sort=_text(row["sort"]),
            reverse=bool(row["reverse"]),
        )

    def ids(self, row: _Row) -> dict[str, Any]:
        """Return the ids of all documents that match."""
        return {"ids": [stored.id for stored in self._found(row)]}

    def choices(self, row: _Row) -> dict[str, Any]:
        """Return folders and documents to choose from; without words, only outermost folders."""
        words = _text(row["words"])
        found = self._documents.find(words, DateRange())
        folders = {
            name: count
            for name, count in sorted(self._documents.folders().items())
            if all(word in name.casefold() for word in words.casefold().split())
            and (words or "/" not in name)
        }
        html = choices_html(
            found[:_CHOICES],
            frozenset(map(_text, row["chosen"])),
            dict(itertools.islice(folders.items(), _FOLDER_CHOICES)),
            row["folder"],
        )
        return {"html": html, "found": len(found)}

    def remove(self, row: _Row) -> dict[str, Any]:
        """Remove documents; the token restores them."""
        token = self._documents.remove([_text(document) for document in row["documents"]])
        if token is None:
            raise DocumentError(text("documents.gone"))
        return {"token": token}

    def restore(self, row: _Row) -> dict[str, Any]:
        """Restore removed documents."""
        restored = self._documents.restore(_text(row["token"]))
        if not restored:
            raise DocumentError(text("documents.not_restored"))
        return {"titles": [document.title or document.id for document in restored]}

    def uploaded(self, row: _Row) -> dict[str, Any]:
        """Return whether a file was added by an upload that began so many seconds ago."""
        path, began = _text(row["path"]), time.time() - float(row["seconds"])
        index = self._service.assistant.index
        added = any(
            not stored.source and (stored.file_mtime_ns or 0) >= began * 1e9
            for file_id in (path, f"uploads/{path}")
            for stored in index.documents_in(file_id)
        )
        return {"added": added}

    def export(self, row: _Row) -> dict[str, Any]:
        """Return a conversation as a file; exchanges that cannot be read are left out."""
        name, shown = _text(row["name"]), self.show(row)["html"]
        turns = [turn for turn, html in zip(row["turns"], shown, strict=True) if html is not None]
        write, suffix = {
            "markdown": (conversation_export.as_markdown, "md"),
            "json": (conversation_export.as_json, "json"),
        }[row["format"]]
        return {"text": write(name, turns), "file": conversation_export.file_name(name, suffix)}

    def all(self) -> list[Callable[[_Row], dict[str, Any]]]:
        """Return the other public methods; each returns failures as `{"error": message}`."""
        names = [name for name in vars(type(self)) if not name.startswith("_") and name != "all"]
        return [report_errors(getattr(self, name)) for name in names]


def report_errors(
    function: Callable[[_Row], dict[str, Any]],
) -> Callable[[_Row], dict[str, Any]]:
    """Make a function return its failures as `{"error": message}` for people to read."""

    @functools.wraps(function)
    def reporting(row: _Row) -> dict[str, Any]:
        try:
            with in_language(row.get("lang")):
                return function(row)
        except AssistantError as error:
            return {"error": str(error)}
        except _BAD_INPUT:
            _log.warning("bad input from the page to %s", function.__name__, exc_info=True)
            return {"error": text("errors.reload")}
        # The page must show a message for every failure.
        except Exception:
            _log.exception("%s failed", function.__name__)
            return {"error": text("errors.failed")}

    return reporting


def _text(value: object) -> str:
    """Return a text in which lone surrogates, which UTF-8 does not allow, are replaced by "?"."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value.encode("utf-8", "replace").decode()


def check_range(name: str, value: object, most: int) -> int:
    """Return a number from 1 to `most`.

    Raises:
        SettingsError: it is outside the range.
    """
    number = int(str(value))
    if not 1 <= number <= most:
        raise SettingsError(text("errors.range", name=name, most=most, value=number))
    return number


def _sentence(reply: Reply) -> str:
    """Return a reply as one sentence for screen readers."""
    if reply.answer is None:
        return text("spoken.related" if reply.related else "spoken.none")
    answer = reply.answer
    return text(
        "spoken.answer",
        answer=one_line(answer.text),
        confidence=confidence(answer.score),
        percent=percent(answer.score),
    )
