"""The ids of documents, and which stored document a new one replaces.

A document of a file is identified by the path of the file and by its place there. Its id is the
readable form: the path from the given folder on. If a document from elsewhere has that id already,
the id gets the names of more parent folders in front. A document that was given directly is
identified by its id alone.
"""

import os
import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePath

from embeddings.errors import DocumentError, FileAccessError
from embeddings.files import SourceFile, storable
from embeddings.stores.store import Store
from embeddings.types import Document, StoredDocument

_UPLOADS = PurePath("uploads")
"""Stands for the folder of documents that were given directly."""

_MAX_COMPARED = 100
"""Maximum number of documents of the same length to compare with one that may have been moved."""

_MAX_IDS = 3
"""Maximum number of ids to try for a document that was given directly."""


class DocumentIds:
    """Assigns ids to the documents of one run, and finds their stored versions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.assigned: set[str] = set()
        """The ids of this run."""
        self._stored: dict[str, list[StoredDocument]] = {}
        self._missing: dict[tuple[object, ...], deque[StoredDocument]] = defaultdict(deque)
        self._moved: dict[str, str] = {}
        self._moved_ids: set[str] = set()
        self._path_lengths: dict[str, int] = {}

    @property
    def moved_from(self) -> Collection[str]:
        """The earlier paths of files that were moved with all their documents."""
        return self._moved.values()

    def load(self, path: Path) -> list[StoredDocument]:
        """Load the stored documents of a file or folder; `stored_from` returns them later."""
        found = list(self._store.documents_under(storable(str(path))))
        by_source: dict[str, list[StoredDocument]] = defaultdict(list)
        for known in found:
            by_source[known.source].append(known)
        self._stored |= by_source
        return found

    def find_missing(self, present: Collection[str]) -> None:
        """Record the loaded documents whose file is gone (not `present`), perhaps moved."""
        for source, documents in self._stored.items():
            if source not in present and is_gone(source):
                self._add_missing(documents)

    def stored_from(self, source: str) -> list[StoredDocument]:
        """Return the loaded documents of a file."""
        return self._stored.get(source, [])

    def unassigned(self) -> Iterator[StoredDocument]:
        """Yield the loaded documents whose ids were not assigned in this run."""
        for documents in self._stored.values():
            yield from (known for known in documents if not self._is_used(known))

    def of_file(
        self, document: Document, file: SourceFile, size: int | None
    ) -> tuple[Document, StoredDocument | None]:
        """Assign an id to a document that `read_file` yields from a file; `size` is in bytes.

        The stored documents of the file must be loaded. Returns the document with its id, and the
        stored document that it replaces: the earlier version, or an equal document that was moved
        from a path that no longer exists. Raises FileAccessError if others have all possible ids.
        """
        source, inner = document.source, document.id.removeprefix(file.id)
        shortest = self._path_length(file)
        moved = self._find_moved(document)
        parts = PurePath(source).parts
        for length in range(shortest, len(parts)):
            candidate = replace(document, id="/".join(parts[-length:]) + inner)
            if candidate.id in self.assigned:
                continue
            known = self._store.known([candidate.id]).get(candidate.id)
            if moved is None and known is not None and self._is_moved(known, candidate):
                self.load(Path(known.source))
                self._add_missing(self.stored_from(known.source))
                moved = known
            if moved is not None and moved.source not in (source, self._moved.get(source)):
                sizes = {one.file_size for one in self.stored_from(moved.source)} - {None}
                if size in sizes:
                    self._moved[source] = moved.source
            if known is not None and not (
                known == moved or known.source in (source, self._moved.get(source))
            ):
                continue
            self._path_lengths[source] = length
            self.assigned.add(candidate.id)
            if moved is not None:
                self._moved_ids.add(moved.id)
            return candidate, moved if moved is not None else known
        raise FileAccessError(f"{source}: other documents have all its ids. Rename the file.")

    def given(self, document: Document) -> tuple[Document, StoredDocument | None]:
        """Assign an id to a document that was given directly; otherwise as `of_file`.

        Raises DocumentError also if the id was assigned before.
        """
        origin = _origin(document.source)
        folder = PurePath(origin).parent if origin else _UPLOADS
        ids = list(islice(_longer_ids(document.id, folder), _MAX_IDS))
        known = self._store.known(ids)
        own = (id_ for id_ in ids if id_ in known and _owner(known[id_]) in ("", document.source))
        free = (id_ for id_ in ids if id_ not in known)
        chosen = next(own, next(free, None))
        if chosen is None or chosen in self.assigned:
            raise DocumentError(
                f"{document.source or document.id}: another document has the id {document.id}. "
                "Rename one of them."
            )
        self.assigned.add(chosen)
        return replace(document, id=chosen), known.get(chosen)

    def _path_length(self, file: SourceFile) -> int:
        """Return how many parts of a file's path are in the ids of its documents."""
        if file.source not in self._path_lengths:
            parts, stored = PurePath(file.source).parts, self.stored_from(file.source)
            for known in sorted(stored, key=_place):  # rows get other numbers if one is removed
                self._missing[known.source, *_content_key(known)].append(known)
            lengths = range(len(parts) - 1 if stored else 0, 0, -1)
            tails = ((length, "/".join(parts[-length:])) for length in lengths)
            self._path_lengths[file.source] = next(
                (length for length, tail in tails if _all_below(tail, stored)),
                file.id.count("/") + 1,
            )
        return self._path_lengths[file.source]

    def _find_moved(self, document: Document) -> StoredDocument | None:
        """Find an equal document of the same file, or whose file is gone.

        A document from the same earlier file as the last match is preferred. Only the next few in
        file order are compared, because thousands of rows can have the same length.
        """
        key, source = _content_key(document), document.source
        own = bool(self.stored_from(source))
        for place in [(source, *key)] if own else [(self._moved.get(source), *key), key]:
            places = self._missing[place]
            while places and self._is_used(places[0]):
                places.popleft()
            for number, known in enumerate(islice(places, _MAX_COMPARED)):
                if not self._is_used(known) and _is_equal(document, known):
                    del places[number]
                    return known
        return None

    def _is_moved(self, known: StoredDocument, document: Document) -> bool:
        return (
            not self._is_used(known)
            and _origin(known.source) not in ("", document.source)
            and _is_equal(document, known)
            and is_gone(known.source)
        )

    def _is_used(self, known: StoredDocument) -> bool:
        """Return whether a stored document was kept, replaced or moved in this run."""
        return known.id in self.assigned or known.id in self._moved_ids

    def _add_missing(self, documents: Collection[StoredDocument]) -> None:
        for known in sorted(documents, key=_place):
            self._missing[_content_key(known)].append(known)
            self._missing[known.source, *_content_key(known)].append(known)


def _origin(source: str) -> str:
    """Return the path of a document's file; empty if the document was given directly."""
    return source if Path(source).is_absolute() else ""


def _owner(known: StoredDocument) -> str:
    """Return the path of a document's file; empty if there was probably never a file."""
    never = known.file_size is None and is_gone(known.source)
    return "" if never else _origin(known.source)


def _longer_ids(document_id: str, folder: PurePath) -> Iterator[str]:
    """Yield an id, then the id with the names of more and more folders in front."""
    yield document_id
    for name in reversed(folder.parts[1:] if folder.is_absolute() else folder.parts):
        document_id = f"{name}/{document_id}"
        yield document_id


def _all_below(path: str, documents: Collection[StoredDocument]) -> bool:
    """Return whether all ids are a path, or continue it with the id of a row or an inner file."""
    return all(
        known.id.startswith(path) and known.id[len(path) : len(path) + 1] in ("", "#", "/")
        for known in documents
    )


def _place(known: StoredDocument) -> list[str | int]:
    """Return a sort key that puts row 2 of a file before row 10."""
    parts = re.split("([0-9]+)", f"{known.source}#{known.id}")
    return [int(part) if number % 2 else part for number, part in enumerate(parts)]


def _content_key(document: Document | StoredDocument) -> tuple[object, ...]:
    """Return what equal documents have in common and a store lists."""
    length = len(document.text) if isinstance(document, Document) else document.characters
    return document.title, document.date, length


def _is_equal(document: Document, known: StoredDocument) -> bool:
    """Return whether a stored document has the same contents, under any id."""
    return replace(document, id=known.id).digest == known.digest


def is_gone(path: str) -> bool:
    """Return whether nothing exists at a path; False if that cannot be known."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False
