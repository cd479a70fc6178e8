"""The index: documents are added to it, updated and removed, and chunks are found in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Self

from embeddings.chunking import Chunking
from embeddings.errors import IndexNotFoundError, SettingsError
from embeddings.formats.parse_options import ParseOptions
from embeddings.fusion import fuse
from embeddings.handle import IndexResources, ReloadingHandle
from embeddings.index_catalog import IndexCatalog, log_changes
from embeddings.ingest import Ingest, LocalPreparer, Preparer
from embeddings.maintenance import reindex
from embeddings.ray_ingest import RayPreparer, join_cluster
from embeddings.stores.factory import folder_of, is_folder, is_store_at
from embeddings.stores.local.backup import back_up, restore
from embeddings.stores.local.store import LocalStore
from embeddings.types import Document, Encoder, Filter, Hit, IndexReport, Store

__all__ = ["Index"]

DENSE_WEIGHT = 0.3
"""The dense part's share of a hit's score: fitted on 600 questions each of SQuAD 2.0, NewsQA and
Quoref, by `qa evaluate --part sweep`; anything from 0.2 to 0.4 is as good within a point."""

_CANDIDATES = 50
"""How many hits each search brings to the fusion, when no more are asked for."""


class Index(IndexCatalog):
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
        folder: Path | None = None,
    ) -> None:
        """Join the parts.

        Args:
            store: where the documents are.
            encoder: what the store's vectors were made with.
            chunking: how documents are cut.
            dense_weight: the dense part's share of a hit's score, 0 to 1.
            folder: the store's; when another index takes its place, this object goes over to it.
        """
        if not 0 <= dense_weight <= 1:
            raise SettingsError(f"dense_weight must lie between 0 and 1, not at {dense_weight}.")
        self._handle = ReloadingHandle(IndexResources(store, encoder, chunking), folder)
        self._dense_weight = dense_weight

    @staticmethod
    def is_at(location: str | Path) -> bool:
        """Tell whether there is an index at a place, sound or not."""
        return is_store_at(location)

    @staticmethod
    def folder_of(location: str | Path) -> Path | None:
        """Name the folder that an index at a place lies in; None for one in Milvus."""
        return Path(location) if is_folder(location) else None

    @classmethod
    def open(
        cls,
        location: str | Path,
        *,
        create: bool = False,
        encoder: str | Path | None = None,
        chunking: Chunking | None = None,
        dense_weight: float = DENSE_WEIGHT,
    ) -> Self:
        """Open the index at a place, or make an empty one there.

        When another index takes its place, by `restore` or `reindex`, this object goes over to it.

        Args:
            location: a folder; `milvus:FILE.db`, which this process alone has open; or the URL of
                a Milvus cluster, with the database as its path (`https://host:19530/news`). The
                token for it is taken from `MILVUS_TOKEN` in the environment.
            create: make the index if there is none.
            encoder: a model as `open_encoder` takes it; None takes the one the index was made
                with, if it is on this machine, and the bundled one for a new index.
            chunking: how documents are cut; None takes the index's own way, and the default for a
                new index.
            dense_weight: the dense part's share of a hit's score, 0 to 1.

        Raises:
            IndexNotFoundError: there is no index and `create` is False.
            IndexOutdatedError: the encoder that it was made with is not the same any more.
            IndexMismatchError: it was made with another encoder or other chunks than those given.
            IndexDamagedError: the index cannot be read.
            IndexStorageError: a new index cannot be written there.
            ModelError: the encoder cannot be loaded.
        """
        try:
            resources = IndexResources.open(location, encoder=encoder, chunking=chunking)
        except IndexNotFoundError:
            if not create:
                raise
            resources = IndexResources.create(location, encoder=encoder, chunking=chunking)
        return cls(
            resources.store,
            resources.encoder,
            chunking=resources.chunking,
            dense_weight=dense_weight,
            folder=cls.folder_of(location),
        )

    def close(self) -> None:
        """Release files and locks; the index is not used afterwards."""
        self._handle.close()

    @contextmanager
    def _use_store(self) -> Iterator[Store]:
        with self._handle.use() as now:
            yield now.store

    def delegate(self, to: Callable[[Encoder, str | None], Encoder]) -> None:
        """Have another encode in the encoder's place, before anything is searched.

        An index that takes this one's place is searched with an encoder of this process again,
        where it was made with another model.

        Args:
            to: given the encoder and what `open_encoder` takes for it; gives one that makes the
                same vectors.
        """
        self._handle.delegate(to)

    def add_paths(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        options: ParseOptions | None = None,
        progress: Callable[[int, int], None] | None = None,
        ray: str | None = None,
    ) -> IndexReport:
        """Add or update the documents of files, folders and glob patterns.

        Documents whose content is unchanged cost no encoding. Documents that were indexed from one
        of the files or folders earlier and are no longer there are removed. Each document is
        stored for good as soon as it is done, so an interrupted call goes on where it was.

        Args:
            paths: files, folders or patterns such as `news/**/*.html`; one, or several.
            options: limits and field names for reading files.
            progress: called with (files done, files in all).
            ray: the address of a Ray cluster, as `join_cluster` takes it, whose machines read the
                files and cut and encode the documents; this process stores them. The result is the
                same.

        Raises:
            IndexBusyError: another process is writing to the index.
            IndexStorageError: the disk is full or read-only.
            ClusterError: the cluster cannot be joined, or does nothing any more.
        """
        given = [paths] if isinstance(paths, str | Path) else paths
        parse_options = ParseOptions() if options is None else options
        with (
            self._handle.use() as now,
            nullcontext() if ray is None else join_cluster(ray),
            now.store.writing(),
        ):
            preparer: Preparer = LocalPreparer(now.encoder, now.chunking)
            if ray is not None:
                preparer = RayPreparer(now.encoder.name, now.chunking, model=now.model)
            run = Ingest(now.store, preparer)
            run.add_paths(given, options=parse_options, progress=progress)
        report = run.report()
        log_changes(report)
        return report

    def add(self, documents: Iterable[Document]) -> IndexReport:
        """Add or update documents; one without text is reported as failed.

        Raises:
            IndexBusyError: another process is writing to the index.
            IndexStorageError: the disk is full or read-only.
        """
        with self._handle.use() as now, now.store.writing():
            run = Ingest(now.store, LocalPreparer(now.encoder, now.chunking))
            for document in documents:
                run.add(document)
            run.flush()
        report = run.report()
        log_changes(report)
        return report

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
        with self._handle.use() as now:
            vectors = now.encoder.encode_questions(questions)
            dense = now.store.search_dense(vectors, wanted, allowed)
            return [
                self._fused(now.store, question, nearest, k, allowed)
                for question, nearest in zip(questions, dense, strict=True)
            ]

    def _fused(
        self,
        store: Store,
        question: str,
        nearest: Sequence[tuple[int, float]],
        k: int,
        allowed: Filter,
    ) -> list[Hit]:
        """Search by words too, and join both."""
        lexical = store.search_lexical(question, max(k, _CANDIDATES), allowed)
        ranked = fuse(lexical, nearest, dense_weight=self._dense_weight)
        hits: list[Hit] = []
        # A chunk that another process has just removed has no row any more; the next takes its
        # place. Each costs reading its document.
        while ranked and len(hits) < k:
            tried, ranked = ranked[: k - len(hits)], ranked[k - len(hits) :]
            chunks = store.chunks([fused.chunk_id for fused in tried])
            hits += [
                Hit(chunks[fused.chunk_id], fused.score, fused.lexical, fused.dense)
                for fused in tried
                if fused.chunk_id in chunks
            ]
        return hits

    @staticmethod
    def salvage(location: str | Path) -> list[str]:
        """Save what can be read of an index that cannot be opened; what was lost, as sentences.

        Raises:
            IndexNotFoundError: there is no index.
            IndexDamagedError: nothing can be read.
            IndexBusyError: another process is writing to the index.
        """
        return LocalStore.salvage(folder_of(location))

    @staticmethod
    def backup(location: str | Path, target: str | Path) -> None:
        """Copy an index into a new or empty folder, as it is now; others may write to it meanwhile.

        The copy is an index: it can be opened, and put back by `restore`.

        Args:
            location: folder of the index.
            target: folder for the copy.

        Raises:
            IndexNotFoundError: there is no index.
            IndexDamagedError: it cannot be read.
            IndexStorageError: the target is not empty or cannot be written to.
        """
        back_up(folder_of(location), Path(target))

    @staticmethod
    def restore(backup: str | Path, location: str | Path) -> Path | None:
        """Put a backup into a folder; an index that is there is moved aside, not lost.

        Who has the old index open, as a server has, goes over to the new one.

        Returns:
            Where the old index is now; None when there was none.

        Raises:
            IndexNotFoundError: the backup holds no index.
            IndexDamagedError: it cannot be read.
            IndexBusyError: another process is writing to the index that is there.
            IndexStorageError: the folder cannot be written to, or holds something else.
        """
        return restore(Path(backup), folder_of(location))

    @staticmethod
    def reindex(
        location: str | Path,
        *,
        encoder: str | Path | None = None,
        chunking: Chunking | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[IndexReport, Path | None]:
        """Make an index anew from the texts in it, with another encoder or other chunks.

        The old one is searched, and may be written to, until the new one is whole and takes its
        place; who has it open goes over to the new one. An interrupted call goes on where it was.

        Args:
            location: the folder of the index.
            encoder: a model as `open_encoder` takes it; None takes the bundled one.
            chunking: how documents are cut; None takes the index's own way.
            progress: called with (documents done, documents in all).

        Returns:
            What was encoded by this call (`added`) or an interrupted one before it (`unchanged`),
            and where the old index is now.

        Raises:
            IndexNotFoundError: there is no index.
            IndexDamagedError: it cannot be read.
            IndexBusyError: another process is reindexing it, or goes on writing to it.
            IndexStorageError: the disk is full or read-only.
            ModelError: the encoder cannot be loaded.
        """
        return reindex(folder_of(location), encoder=encoder, chunking=chunking, progress=progress)
