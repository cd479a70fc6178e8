"""The documents of an index: list, search, sort, remove and restore them; their folders."""

import datetime
import functools
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

from embeddings import FORMATS, DateRange, Document, Index, StoredDocument
from qa.retry import retry_when_busy

_MAX_REMOVALS = 100
_UNDO_SECONDS = 60.0
"""Limits of the removals that can be undone. The page shows the undo button for 20 s."""


@dataclass(frozen=True, slots=True, eq=False)
class _Removal:
    """Removed documents, and their uploaded files."""

    documents: list[Document]
    originals: IO[bytes] | None
    """The result of `Originals.pack`: the files are deleted when this is closed."""
    until: float
    """End of the time to undo the removal, in seconds of `time.monotonic`."""

    def close(self) -> None:
        if self.originals is not None:
            self.originals.close()


def kind(stored: StoredDocument) -> str:
    """Return the file type of a document in capitals, such as "PDF"; "" if there is none."""
    file, _, _ = stored.id.partition("#")
    return PurePath(file).suffix.removeprefix(".").upper()[:8]


def folders_of(document_id: str) -> list[str]:
    """Return the folders of a document, outermost first: "a" and "a/b" for "a/b/mill.txt".

    The first is its collection. Files in an archive and attachments of a mail are in the folders
    of the archive and the mail.
    """
    names = document_id.split("/")[:-1]
    for place, name in enumerate(names):
        if PurePath(name.partition("#")[0]).suffix.lower() in FORMATS:
            names = names[:place]
            break
    return ["/".join(names[: place + 1]) for place in range(len(names))]


def _newest_first(stored: StoredDocument) -> tuple[bool, int, str]:
    return stored.date is None, -(stored.date or datetime.date.min).toordinal(), stored.id


SORTS: dict[str, Callable[[StoredDocument], tuple[object, ...]]] = {
    "date": _newest_first,
    "title": lambda stored: ((stored.title or stored.id).casefold(), stored.id),
    "kind": lambda stored: (kind(stored), *_newest_first(stored)),
}
"""Sort keys of the columns."""


class DocumentList:
    """The documents of an index. Thread-safe."""

    def __init__(self, index: Index, write: Callable[[Callable[[], object]], object]) -> None:
        """Set the index; `write` runs a function that changes it and returns its result."""
        self._index = index
        self._write = write
        self._removals: dict[str, _Removal] = {}
        self._lock = threading.Lock()
        self._read = functools.lru_cache(1)(self._newest_first)

    def all(self) -> tuple[StoredDocument, ...]:
        """Return every document, newest first and undated ones last."""
        self._drop_old_removals()
        return self._read(self._index.generation)

    def _newest_first(self, _generation: int) -> tuple[StoredDocument, ...]:
        return tuple(sorted(self._index.documents(), key=_newest_first))

    def find(
        self,
        words: str,
        dates: DateRange,
        *,
        folder: str = "",
        sort: str = "date",
        reverse: bool = False,
    ) -> list[StoredDocument]:
        """Return the documents of a date range with all the words in their id, title or kind.

        Words are separated by white space, and case is ignored. With a folder, only documents in it
        or below are returned. `sort` is a key of `SORTS`.
        """
        wanted = words.casefold().split()
        found = [
            stored
            for stored in self.all()
            if stored.date in dates
            and (not folder or stored.id.startswith(f"{folder}/"))
            and all(word in f"{stored.title}\n{stored.id}".casefold() for word in wanted)
        ]
        return (
            found
            if sort == "date" and not reverse
            else sorted(found, key=SORTS[sort], reverse=reverse)
        )

    def folders(self) -> Counter[str]:
        """Return the number of documents in each folder and below it."""
        return Counter(folder for stored in self.all() for folder in folders_of(stored.id))

    def remove(self, document_ids: list[str]) -> str | None:
        """Remove documents; return a token for `restore`, or None if none of them is there.

        Raises:
            IndexBusyError: another process keeps writing to the index.
        """
        documents = [self._index.document(document_id) for document_id in document_ids]
        there = [document for document in documents if document is not None]
        ids = [document.id for document in there]
        originals = self._index.originals
        removal = _Removal(
            there,
            None if originals is None else originals.pack(ids),
            time.monotonic() + _UNDO_SECONDS,
        )
        if not ids or not self._write(lambda: retry_when_busy(lambda: self._index.remove(ids))):
            removal.close()
            return None
        token = uuid.uuid4().hex
        with self._lock:
            self._removals[token] = removal
        self._drop_old_removals()
        return token

    def restore(self, token: str) -> list[Document]:
        """Add removed documents and their uploaded files again; return the documents.

        Documents that were added with the same id since then are not overwritten.

        Raises:
            IndexBusyError: another process keeps writing to the index. The removal can still be
                undone.
        """
        self._drop_old_removals()
        with self._lock:
            removal = self._removals.pop(token, None)
        if removal is None:
            return []
        missing = [one for one in removal.documents if self._index.document(one.id) is None]

        def add() -> None:
            retry_when_busy(lambda: self._index.add(missing))
            if self._index.originals is not None and removal.originals is not None:
                self._index.originals.unpack(removal.originals, [one.id for one in missing])

        try:
            self._write(add)
        except BaseException:
            with self._lock:
                self._removals[token] = removal
            raise
        removal.close()
        return missing

    def _drop_old_removals(self) -> None:
        with self._lock:
            for number, (token, removal) in enumerate(reversed(list(self._removals.items()))):
                if number >= _MAX_REMOVALS or time.monotonic() > removal.until:
                    self._removals.pop(token).close()
