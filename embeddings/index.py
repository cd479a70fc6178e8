"""The index: documents are added to it, updated and removed, and chunks are found in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from embeddings.chunking import Chunking
from embeddings.documents import Reading, SourceFile, find_files, read_file
from embeddings.encoder import open_encoder
from embeddings.errors import DocumentError, IndexMismatchError, IndexNotFoundError
from embeddings.fusion import fuse
from embeddings.stores.local import LocalStore
from embeddings.types import (
    Chunk,
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

_BATCH_CHUNKS = 512
"""How many chunks are encoded together: enough for batches of like length, few for memory."""


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
                with, and the bundled one for a new index.
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
                "encoder_model": "" if encoder is None else str(encoder),
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
            opened = open_encoder(model)
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

    def add_paths(
        self,
        paths: Sequence[str | Path],
        *,
        reading: Reading | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> IndexReport:
        """Add or update the documents of files, folders and glob patterns.

        Documents whose content is unchanged cost no encoding. Documents that were indexed from one
        of the files or folders earlier and are no longer there are removed. Each document is
        stored for good as soon as it is done, so an interrupted call goes on where it was.

        Args:
            paths: files, folders or patterns such as `news/**/*.html`.
            reading: limits and field names for reading files.
            progress: called with (files done, files in all).

        Raises:
            IndexBusyError: another process is writing to the index.
            IndexStorageError: the disk is full or read-only.
        """
        files: list[SourceFile] = []
        failed: list[tuple[str, str]] = []
        for path in paths:
            try:
                files += find_files(path)
            except DocumentError as error:
                failed.append((str(path), str(error)))
        unique = list({file.path: file for file in files}.values())
        folders = [Path(path).resolve() for path in paths if Path(path).is_dir()]
        with self._store.writing():
            run = _Addition(self, failed=failed)
            read_whole: set[str] = set()
            for done, file in enumerate(unique):
                if progress is not None:
                    progress(done, len(unique))
                try:
                    for document in read_file(file, Reading() if reading is None else reading):
                        run.take_file(document, file.root.name)
                    read_whole.add(str(file.path))
                except DocumentError as error:
                    failed.append((str(file.path), str(error)))
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
            run = _Addition(self, failed=[])
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

        At most k; fewer only when the filter allows fewer or no word and no vector comes near.
        """
        return self.search_many([question], k, within=within)[0]

    def search_many(
        self, questions: Sequence[str], k: int = 10, *, within: Filter | None = None
    ) -> list[list[Hit]]:
        """Search for several questions at once; one list of hits a question, in order."""
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

    def repair(self) -> list[str]:
        """Rebuild what can be rebuilt, drop what is lost; what was done, as sentences.

        Raises:
            IndexBusyError: another process is writing to the index.
        """
        return self._store.repair()


class _Addition:
    """One call of `add_paths` or `add`: what is waiting to be encoded, and what was done."""

    def __init__(self, index: Index, *, failed: list[tuple[str, str]]) -> None:
        self._store = index._store
        self._encoder = index._encoder
        self._chunking = index._chunking
        self._failed = failed
        self._stored = {known.id: known for known in index.documents()}
        self._seen: dict[str, str] = {}
        self._waiting: list[tuple[Document, list[Chunk]]] = []
        self._waiting_chunks = 0
        self._added: list[str] = []
        self._updated: list[str] = []
        self._unchanged: list[str] = []
        self._removed: list[str] = []

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
        if document.id in self._seen:
            reason = (
                f"{document.source or document.id}: a document called {document.id} came before "
                "it; rename one of them"
            )
            self._failed.append((document.source or document.id, reason))
            return
        self._seen[document.id] = document.source
        try:
            f"{document.id}{document.title}{document.text}".encode()
        except UnicodeEncodeError:
            reason = f"{document.source or document.id!r} holds half a surrogate pair; replace it"
            self._failed.append((document.source or document.id, reason))
            return
        known = self._stored.get(document.id)
        if known is not None and (known.digest, known.source) == (
            document.digest,
            document.source,
        ):
            self._unchanged.append(document.id)
            return
        chunks = self._chunking.split(document)
        if not chunks:
            self._failed.append(
                (document.source or document.id, f"{document.source or document.id} holds no text")
            )
            return
        (self._added if known is None else self._updated).append(document.id)
        self._waiting.append((document, chunks))
        self._waiting_chunks += len(chunks)
        if self._waiting_chunks >= _BATCH_CHUNKS:
            self.flush()

    def flush(self) -> None:
        """Encode and store what is waiting."""
        texts = [chunk.indexed_text for _, chunks in self._waiting for chunk in chunks]
        vectors = self._encoder.encode_documents(texts)
        begin = 0
        for document, chunks in self._waiting:
            self._store.put(document, chunks, vectors[begin : begin + len(chunks)])
            begin += len(chunks)
        self._waiting.clear()
        self._waiting_chunks = 0

    def remove_vanished(
        self, read_whole: set[str], present: set[str], folders: Sequence[Path]
    ) -> None:
        """Remove documents whose file, or whose row in a file that was read whole, is gone."""
        for known in self._stored.values():
            if known.id in self._seen or not known.source:
                continue
            source = Path(known.source)
            gone = known.source not in present and any(
                source.is_relative_to(folder) for folder in folders
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


def _described(chunking: Chunking) -> str:
    return f"of {chunking.words} words ({chunking.overlap_words} shared)"


def _refuse_mismatch(folder: Path, what: str, stored: str, asked: str) -> None:
    if stored != asked:
        raise IndexMismatchError(
            f"The index at {folder} was made with {what} {stored}, not {asked}. Leave that "
            "setting out, or make a new index in another folder from the documents."
        )
