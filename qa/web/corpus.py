"""The documents of an index as the page lists them, and those just removed, to be brought back."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence

from embeddings import DateRange, Document, Index, StoredDocument
from qa.retry import retry_when_busy
from qa.web.examples import example_questions

__all__ = ["Corpus"]

_KEPT = 20
"""How many removed documents can be brought back: the last ones."""

_ASKED = 24
"""How many documents, evenly over the list, are read for example questions."""


class Corpus:
    """The documents of an index. Any thread may use it."""

    def __init__(self, index: Index, write: Callable[[Callable[[], object]], object]) -> None:
        """Take an index, and what has it changed when its turn comes."""
        self.index = index
        self._write = write
        self._removed: OrderedDict[str, Document] = OrderedDict()
        self._lock = threading.Lock()
        self._listed: tuple[int, tuple[StoredDocument, ...]] | None = None
        self._examples: tuple[int, list[str]] | None = None

    def documents(self) -> tuple[StoredDocument, ...]:
        """List every document, the newest first and the undated last."""
        generation = self.index.generation
        listed = self._listed
        if listed is None or listed[0] != generation:
            documents = sorted(self.index.documents(), key=_newest_first)
            listed = self._listed = generation, tuple(documents)
        return listed[1]

    def matching(self, words: str, dates: DateRange) -> list[StoredDocument]:
        """List the documents of a range of days whose id or title has all the words in it."""
        wanted = words.casefold().split()
        return [
            known
            for known in self.documents()
            if known.date in dates
            and all(word in f"{known.title}\n{known.id}".casefold() for word in wanted)
        ]

    def examples(self) -> list[str]:
        """Make example questions; the same ones until the documents change."""
        generation = self.index.generation
        made = self._examples
        if made is None or made[0] != generation:
            read = [self.index.document(known.id) for known in _spread(self.documents())]
            questions = example_questions([document for document in read if document])
            made = self._examples = generation, questions
        return made[1]

    def remove(self, document_id: str) -> tuple[str, Document] | None:
        """Remove a document; what brings it back, and itself. None when there is none.

        Raises:
            IndexBusyError: another process keeps writing to the index.
        """
        document = self.index.document(document_id)
        if document is None:
            return None
        if not self._write(lambda: retry_when_busy(lambda: self.index.remove([document_id]))):
            return None
        token = uuid.uuid4().hex
        with self._lock:
            self._removed[token] = document
            while len(self._removed) > _KEPT:
                self._removed.popitem(last=False)
        return token, document

    def restore(self, token: str) -> Document | None:
        """Bring a removed document back; None when it is too late, or it is there again.

        Raises:
            IndexBusyError: another process keeps writing to the index.
        """
        with self._lock:
            document = self._removed.get(token)
        # What has come under the same name since then is not overwritten.
        if document is None or self.index.document(document.id) is not None:
            return None
        self._write(lambda: retry_when_busy(lambda: self.index.add([document])))
        with self._lock:
            self._removed.pop(token, None)
        return document


def _newest_first(known: StoredDocument) -> tuple[bool, int, str]:
    day = known.date
    return day is None, -(day or datetime.date.min).toordinal(), known.id


def _spread(documents: Sequence[StoredDocument]) -> list[StoredDocument]:
    """Choose some documents evenly, so that examples come from all times."""
    step = max(1, len(documents) / _ASKED)
    return [documents[int(place * step)] for place in range(min(_ASKED, len(documents)))]
