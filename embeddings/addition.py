"""Adding documents to a store: what is new or changed is cut, encoded and stored."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from embeddings.errors import DocumentError, EmptyDocumentError
from embeddings.files import SourceFile, find_files
from embeddings.formats.parse_options import ParseOptions
from embeddings.preparation import Preparation, Prepared
from embeddings.types import Document, IndexReport, Store, StoredDocument

__all__ = ["Addition"]

_BATCH_DOCUMENTS = 128
_BATCH_CHARACTERS = 40_000
"""How much is encoded together, about 65 chunks: enough to keep every core busy, few to lose."""


class Addition:
    """Documents on their way into a store: what is waiting to be encoded, and what was done."""

    def __init__(self, store: Store, preparation: Preparation) -> None:
        self._store = store
        self._preparation = preparation
        self._stored = {known.id: known for known in store.documents()}
        self._seen: set[str] = set()
        self._waiting: list[Document] = []
        self._waiting_characters = 0
        self._added: list[str] = []
        self._updated: list[str] = []
        self._unchanged: list[str] = []
        self._removed: list[str] = []
        self._failed: list[tuple[str, str]] = []

    def fail(self, path: str, reason: str) -> None:
        """Note that nothing could be read at a path."""
        self._failed.append((path, reason))

    def take_paths(
        self,
        paths: Sequence[str | Path],
        *,
        reading: ParseOptions,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Add the documents of files, folders and patterns; see `Index.add_paths`."""
        files, folders, unreadable = self._find(paths)
        unique = list({file.path: file for file in files}.values())
        read_whole: set[str] = set()
        for done, (file, documents) in enumerate(self._preparation.read(unique, reading)):
            if progress is not None:
                progress(done, len(unique))
            try:
                for document in documents:
                    self.take_file(document, file.root.name)
                read_whole.add(str(file.path))
            except EmptyDocumentError as error:
                self.fail(str(file.path), str(error))
                read_whole.add(str(file.path))
            except DocumentError as error:
                self.fail(str(file.path), str(error))
        self.flush()
        self.remove_vanished(read_whole, {str(file.path) for file in unique}, folders, unreadable)
        if progress is not None:
            progress(len(unique), len(unique))

    def _find(self, paths: Sequence[str | Path]) -> tuple[list[SourceFile], list[Path], list[Path]]:
        """Return the files, the folders among the paths, and the subfolders that are unreadable."""
        files: list[SourceFile] = []
        folders: list[Path] = []
        unreadable: list[Path] = []
        for path in paths:
            try:
                found = find_files(path)
            except DocumentError as error:
                self.fail(str(path), str(error))
                continue
            files += found.files
            for folder, reason in found.unreadable:
                self.fail(str(folder), f"{folder} cannot be listed: {reason}")
                unreadable.append(folder)
            if Path(path).is_dir():
                folders.append(Path(path).resolve())
        return files, folders, unreadable

    def take_file(self, document: Document, root_name: str) -> None:
        """Queue a document that was read from a file below the folder `root_name`.

        Two folders can hold files of the same name: the second one's folder tells them apart.
        """
        known = self._stored.get(document.id)
        taken = document.id in self._seen or (
            known is not None
            and known.source != document.source
            and bool(known.source)
            and Path(known.source).exists()
        )
        if taken:
            document = dataclasses.replace(document, id=f"{root_name}/{document.id}")
        self.take(document)

    def take(self, document: Document) -> None:
        """Queue a document if it is new or changed; encode and store when enough are waiting."""
        if not document.id:
            self.fail(document.source, "a document without an id cannot be told from others")
            return
        if document.id in self._seen:
            reason = (
                f"{document.source or document.id}: a document called {document.id} came before "
                "it; rename one of them"
            )
            self.fail(document.source or document.id, reason)
            return
        self._seen.add(document.id)
        try:
            json.dumps(
                [document.id, document.title, document.text, dict(document.metadata)],
                ensure_ascii=False,
            ).encode()
        except UnicodeEncodeError:
            reason = f"{document.source or document.id!r} holds half a surrogate pair; replace it"
            self.fail(document.source or document.id, reason)
            return
        known = self._stored.get(document.id)
        if known is not None and (known.digest, known.source) == (
            document.digest,
            document.source,
        ):
            self._unchanged.append(document.id)
            return
        if not document.text.strip():
            place = document.source or document.id
            self.fail(place, f"{place} holds no text")
            return
        self._waiting.append(document)
        self._waiting_characters += len(document.text)
        if len(self._waiting) >= _BATCH_DOCUMENTS or self._waiting_characters >= _BATCH_CHARACTERS:
            self._hand_in()

    def take_over(self, known: StoredDocument, source: Store) -> None:
        """Queue a document of another store, unless it is in this one already."""
        mine = self._stored.get(known.id)
        if mine is not None and (mine.digest, mine.source) == (known.digest, known.source):
            self._seen.add(known.id)
            self._unchanged.append(known.id)
            return
        document = source.document(known.id)
        if document is not None:  # else it has just been removed
            self.take(document)

    def remove_others(self) -> None:
        """Remove what was not taken."""
        for document_id in self._stored.keys() - self._seen:
            if self._store.remove(document_id):
                self._removed.append(document_id)

    def flush(self) -> None:
        """Have what is waiting encoded, and store all that is not stored yet."""
        self._hand_in()
        self._put(self._preparation.rest())

    def _hand_in(self) -> None:
        """Have what is waiting encoded, and store what is done."""
        documents, self._waiting, self._waiting_characters = self._waiting, [], 0
        self._put(self._preparation.prepare(documents))

    def _put(self, prepared: Iterable[Prepared]) -> None:
        for one in prepared:
            known = one.document.id in self._stored
            (self._updated if known else self._added).append(one.document.id)
            self._store.put(one.document, one.chunks, one.vectors)

    def remove_vanished(
        self,
        read_whole: set[str],
        present: set[str],
        folders: Sequence[Path],
        unreadable: Sequence[Path],
    ) -> None:
        """Remove documents whose file, or whose row in a file that was read whole, is gone.

        Documents below a folder that cannot be read are kept.
        """
        for known in self._stored.values():
            if known.id in self._seen or not known.source:
                continue
            source = Path(known.source)
            gone = (
                known.source not in present
                and any(source.is_relative_to(folder) for folder in folders)
                and not any(source.is_relative_to(folder) for folder in unreadable)
            )
            if (gone or known.source in read_whole) and self._store.remove(known.id):
                self._removed.append(known.id)

    def report(self) -> IndexReport:
        """Sum up."""
        return IndexReport(
            added=tuple(self._added),
            updated=tuple(self._updated),
            unchanged=tuple(self._unchanged),
            removed=tuple(self._removed),
            failed=tuple(self._failed),
        )
