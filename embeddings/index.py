"""The index: documents are added to it, updated and removed, and chunks are found in it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from embeddings.addition import Addition
from embeddings.chunking import Chunking
from embeddings.documents import Reading, SourceFile, find_files, read_file
from embeddings.encoder import open_encoder
from embeddings.errors import DocumentError, IndexMismatchError, IndexNotFoundError, SettingsError
from embeddings.fusion import fuse
from embeddings.stores.local import LocalStore
from embeddings.types import (
    Document,
    Encoder,
    Filter,
    Hit,
    IndexReport,
    MetadataValue,
    Store,
    StoredDocument,
)

__all__ = ["Index"]

DENSE_WEIGHT = 0.3
"""The dense part's share of a hit's score: fitted on 600 questions each of SQuAD 2.0, NewsQA and
Quoref, by `qa evaluate --part sweep`; anything from 0.2 to 0.4 is as good within a point."""

_CANDIDATES = 50
"""How many hits each search brings to the fusion, when no more are asked for."""


class Index:
    """A searchable collection of documents, kept in a store.

    Searching may go on in many threads and processes while one of them writes.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        *,
        chunking: Chunking,
        dense_weight: float = DENSE_WEIGHT,
    ) -> None:
        if not 0 <= dense_weight <= 1:
            raise SettingsError(f"dense_weight must lie between 0 and 1, not at {dense_weight}.")
        self._store = store
        self._encoder = encoder
        self._chunking = chunking
        self._dense_weight = dense_weight

    @staticmethod
    def is_at(location: str | Path) -> bool:
        """Tell whether there is an index at a place, sound or not."""
        return LocalStore.is_at(Path(location))

    @classmethod
    def open(
        cls,
        location: str | Path,
        *,
        create: bool = False,
        encoder: str | Path | None = None,
        chunking: Chunking | None = None,
        dense_weight: float = DENSE_WEIGHT,
    ) -> Index:
        """Open the index at a place, or make an empty one there.

        Args:
            location: a folder.
            create: make the index if there is none.
            encoder: a model as `open_encoder` takes it; None takes the one the index was made
                with, if it is on this machine, and the bundled one for a new index.
            chunking: how documents are cut; None takes the index's own way, and the default for a
                new index.
            dense_weight: the dense part's share of a hit's score, 0 to 1.

        Raises:
            IndexNotFoundError: there is no index and `create` is False.
            IndexMismatchError: the index was made with another encoder or other chunks.
            IndexDamagedError: the index cannot be read.
            IndexStorageError: a new index cannot be written there.
            ModelError: the encoder cannot be loaded.
        """
        folder = Path(location)
        try:
            store = LocalStore.open(folder)
        except IndexNotFoundError:
            if not create:
                raise
            made_with = open_encoder(encoder)
            cut = Chunking() if chunking is None else chunking
            settings: dict[str, MetadataValue] = {
                "encoder": made_with.name,
                "encoder_model": _found_anywhere(encoder),
                "chunk_words": cut.words,
                "overlap_words": cut.overlap_words,
            }
            store = LocalStore.create(folder, settings, made_with.dimensions)
            return cls(store, made_with, chunking=cut, dense_weight=dense_weight)
        settings = dict(store.settings)
        stored_model = str(settings["encoder_model"])
        model = (stored_model or None) if encoder is None else encoder
        stored_chunking = Chunking(
            words=int(str(settings["chunk_words"])),
            overlap_words=int(str(settings["overlap_words"])),
        )
        try:
            # What an index names is not fetched: it may come from anybody.
            opened = open_encoder(model, download=encoder is not None)
            _refuse_mismatch(folder, "encoder", str(settings["encoder"]), opened.name)
            if chunking is not None:
                _refuse_mismatch(
                    folder, "chunks", _described(stored_chunking), _described(chunking)
                )
        except BaseException:
            store.close()
            raise
        return cls(store, opened, chunking=stored_chunking, dense_weight=dense_weight)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release files and locks; the index is not used afterwards."""
        self._store.close()

    @property
    def generation(self) -> int:
        """Counts the changes of the contents; equal generations mean equal contents."""
        return self._store.generation

    @property
    def newest(self) -> datetime.date | None:
        """The date of the newest document; None when no document has one."""
        return self._store.newest

    def add_paths(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        reading: Reading | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> IndexReport:
        """Add or update the documents of files, folders and glob patterns.

        Documents whose content is unchanged cost no encoding. Documents that were indexed from one
        of the files or folders earlier and are no longer there are removed. Each document is
        stored for good as soon as it is done, so an interrupted call goes on where it was.

        Args:
            paths: files, folders or patterns such as `news/**/*.html`; one, or several.
            reading: limits and field names for reading files.
            progress: called with (files done, files in all).

        Raises:
            IndexBusyError: another process is writing to the index.
            IndexStorageError: the disk is full or read-only.
        """
        paths = [paths] if isinstance(paths, str | Path) else paths
        files: list[SourceFile] = []
        failed: list[tuple[str, str]] = []
        folders = []
        for path in paths:
            try:
                files += find_files(path)
                if Path(path).is_dir():
                    folders.append(Path(path).resolve())
            except DocumentError as error:
                failed.append((str(path), str(error)))
        unique = list({file.path: file for file in files}.values())
        with self._store.writing():
            run = Addition(self._store, self._encoder, self._chunking)
            for path, reason in failed:
                run.fail(path, reason)
            read_whole: set[str] = set()
            for done, file in enumerate(unique):
                if progress is not None:
                    progress(done, len(unique))
                try:
                    for document in read_file(file, Reading() if reading is None else reading):
                        run.take_file(document, file.root.name)
                    read_whole.add(str(file.path))
                except DocumentError as error:
                    run.fail(str(file.path), str(error))
            run.flush()
            run.remove_vanished(read_whole, {str(file.path) for file in unique}, folders)
            if progress is not None:
                progress(len(unique), len(unique))
            return run.report()

    def add(self, documents: Iterable[Document]) -> IndexReport:
        """Add or update documents; one without text is reported as failed.

        Raises:
            IndexBusyError: another process is writing to the index.
            IndexStorageError: the disk is full or read-only.
        """
        with self._store.writing():
            run = Addition(self._store, self._encoder, self._chunking)
            for document in documents:
                run.take(document)
            run.flush()
            return run.report()

    def remove(self, document_ids: Iterable[str]) -> tuple[str, ...]:
        """Remove documents; the ids of those that were there.

        Raises:
            IndexBusyError: another process is writing to the index.
        """
        with self._store.writing():
            return tuple(found for found in document_ids if self._store.remove(found))

    def document(self, document_id: str) -> Document | None:
        """Read one document whole, None when there is none with this id."""
        return self._store.document(document_id)

    def documents(self) -> Iterator[StoredDocument]:
        """List every document without its text, by id."""
        return self._store.documents()

    def search(self, question: str, k: int = 10, *, within: Filter | None = None) -> list[Hit]:
        """Find the chunks that fit a question best, by words and by meaning, best first.

        At most k; fewer only when the filter allows fewer.

        Raises:
            SettingsError: `k` is less than 1.
        """
        return self.search_many([question], k, within=within)[0]

    def search_many(
        self, questions: Sequence[str], k: int = 10, *, within: Filter | None = None
    ) -> list[list[Hit]]:
        """Search for several questions at once; one list of hits a question, in order.

        Raises:
            SettingsError: `k` is less than 1.
        """
        if k < 1:
            raise SettingsError(f"k must be 1 or more, not {k}.")
        allowed = Filter() if within is None else within
        wanted = max(k, _CANDIDATES)
        # Half a surrogate pair, which no tokenizer and no database takes, is searched as "?".
        questions = [question.encode("utf-8", "replace").decode() for question in questions]
        vectors = self._encoder.encode_questions(questions)
        dense = self._store.search_dense(vectors, wanted, allowed)
        found = []
        for question, nearest in zip(questions, dense, strict=True):
            lexical = self._store.search_lexical(question, wanted, allowed)
            ranked = fuse(lexical, nearest, dense_weight=self._dense_weight)
            chunks = self._store.chunks([fused.chunk_id for fused in ranked[: k + _CANDIDATES]])
            # A chunk that another process has just removed has no row any more.
            hits = [
                Hit(chunks[fused.chunk_id], fused.score, fused.lexical, fused.dense)
                for fused in ranked
                if fused.chunk_id in chunks
            ]
            found.append(hits[:k])
        return found

    def check(self) -> list[str]:
        """Compare all parts of the index; each fault as a sentence, none when all is well."""
        return self._store.check()

    @staticmethod
    def salvage(location: str | Path) -> list[str]:
        """Save what can be read of an index that cannot be opened; what was lost, as sentences.

        Raises:
            IndexNotFoundError: there is no index.
            IndexDamagedError: nothing can be read.
            IndexBusyError: another process is writing to the index.
        """
        return LocalStore.salvage(Path(location))

    def backup(self, location: str | Path) -> None:
        """Copy the index into a new or empty folder, as it is at this moment; writing may go on.

        The copy is an index of its own: it can be opened, and put back by `restore`.

        Raises:
            IndexStorageError: the folder holds something, or cannot be written to.
        """
        self._store.backup(Path(location))

    @staticmethod
    def restore(backup: str | Path, location: str | Path) -> Path | None:
        """Put a backup into a folder; an index that is there is moved aside, not lost.

        Who has the old index open, as a server has, goes on with it until it is opened again.

        Returns:
            Where the old index is now; None when there was none.

        Raises:
            IndexNotFoundError: the backup holds no index.
            IndexDamagedError: it cannot be read.
            IndexBusyError: another process is writing to the index that is there.
            IndexStorageError: the folder cannot be written to, or holds something else.
        """
        return LocalStore.restore(Path(backup), Path(location))

    def repair(self) -> list[str]:
        """Rebuild what can be rebuilt, drop what is lost; what was done, as sentences.

        Raises:
            IndexBusyError: another process is writing to the index.
        """
        return self._store.repair()


def _found_anywhere(encoder: str | Path | None) -> str:
    """Name an encoder so that it is found from every working directory; "" for the bundled one."""
    if encoder is None:
        return ""
    return str(Path(encoder).resolve()) if Path(encoder).is_dir() else str(encoder)


def _described(chunking: Chunking) -> str:
    return f"of {chunking.words} words ({chunking.overlap_words} shared)"


def _refuse_mismatch(folder: Path, what: str, stored: str, asked: str) -> None:
    if stored != asked:
        raise IndexMismatchError(
            f"The index at {folder} was made with {what} {stored}, not {asked}. Leave that "
            "setting out, or make a new index in another folder from the documents."
        )
