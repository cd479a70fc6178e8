"""The index: add, update and remove documents, and search their chunks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Self

from embeddings.chunking import Chunking
from embeddings.errors import IndexNotFoundError, SettingsError
from embeddings.file_ingest import FileIngest
from embeddings.formats.parse_options import ParseOptions
from embeddings.fusion import fuse
from embeddings.handle import IndexResources, ReloadingHandle
from embeddings.index_catalog import IndexCatalog, log_changes, originals_of
from embeddings.ingest import Ingest, Preparer
from embeddings.maintenance import reindex
from embeddings.ray_ingest import RayPreparer, join_cluster
from embeddings.stores.factory import store_class
from embeddings.stores.local.integrity import salvage
from embeddings.stores.local.swap import back_up, restore
from embeddings.stores.store import Store
from embeddings.stores.validation import Hits
from embeddings.types import Document, Encoder, Filter, Hit, IndexReport

DENSE_WEIGHT = 0.3
"""Weight of the dense ranking in a hit's score: fitted on 600 questions each of SQuAD 2.0, NewsQA
and Quoref with `qa evaluate --part sweep`. From 0.2 to 0.4 results differ by less than a point."""

_CANDIDATES = 50
"""Minimum number of hits of each search to fuse; more if more are requested."""


class Index(IndexCatalog):
    """A searchable collection of documents in a store.

    Many threads and processes can search while one of them writes.
    """

    def __init__(
        self,
        resources: IndexResources,
        *,
        dense_weight: float = DENSE_WEIGHT,
        folder: Path | None = None,
    ) -> None:
        """Create an index object for an open store and its folder. Use `Index.open` instead."""
        if not 0 <= dense_weight <= 1:
            raise SettingsError(f"dense_weight must be between 0 and 1, not {dense_weight}.")
        self._handle = ReloadingHandle(resources, folder)
        self.originals = originals_of(folder)
        self._dense_weight = dense_weight

    salvage = staticmethod(salvage)
    backup = staticmethod(back_up)
    restore = staticmethod(restore)
    reindex = staticmethod(reindex)

    @staticmethod
    def is_at(location: str | Path) -> bool:
        """Return whether there is an index at a location, damaged or not."""
        return store_class(location).is_at(location)

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
        """Open the index at a location, or create an empty one.

        If `restore` or `reindex` replaces the index later, this object reopens it.

        Args:
            location: a folder; `milvus:FILE.db`, which one process can open at a time; or the URL
                of a Milvus cluster with the database as its path (`https://host:19530/news`),
                whose token is read from the environment variable `MILVUS_TOKEN`.
            create: create the index if it does not exist.
            encoder: a model as in `open_encoder`. By default the index's own, which must be on
                this machine; for a new index the bundled one.
            chunking: how to split documents. By default as the index was made.
            dense_weight: weight of the dense ranking in a hit's score, 0 to 1.

        Raises:
            IndexNotFoundError: there is no index and `create` is False.
            IndexOutdatedError: the encoder it was made with has changed since then.
            IndexMismatchError: it was made with another encoder or chunking than those given.
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
        return cls(resources, dense_weight=dense_weight, folder=cls.folder_of(location))

    def close(self) -> None:
        """Release files and locks. The index cannot be used afterwards."""
        self._handle.close()

    @contextmanager
    def _use_store(self) -> Iterator[Store]:
        with self._handle.use() as now:
            yield now.store

    def delegate(self, to: Callable[[Encoder, str | None], Encoder]) -> None:
        """Replace the encoder by one that makes the same vectors elsewhere. Call before searching.

        `to` takes the current encoder and its argument of `open_encoder`. If another index with
        another model replaces this one, its encoder runs in this process.
        """
        self._handle.delegate(to)

    def add_paths(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        options: ParseOptions | None = None,
        progress: Callable[[int, int], None] | None = None,
        ray: str | None = None,
        verify: bool = False,
        allow_empty: bool = False,
    ) -> IndexReport:
        """Add or update the documents of files, folders and glob patterns.

        A file with the size and modification time of the last call is not read again. Documents
        that were indexed from these files or folders and are gone are removed; a file with equal
        contents at a new path keeps its vectors. Each document is stored as soon as it is encoded,
        so calling this again after an interruption continues the work.

        A file whose documents were all removed with `remove` is not read again until it changes,
        unless it is given by its own path, or with `verify`.

        The id of a document is the path of its file from the given folder on. If a document from
        elsewhere has that id, the names of parent folders are put in front. An id stays the same
        until the file is moved.

        Args:
            paths: one or several files, folders or patterns such as `news/**/*.html`.
            options: limits and field names for reading files.
            progress: called with (files done, number of files).
            ray: address of a Ray cluster as in `join_cluster`, whose machines parse, split and
                encode; this process stores the results.
            verify: read the files whose size and modification time did not change as well, and
                those whose documents were removed.
            allow_empty: remove the documents of a given folder or file even if it has no file any
                more. By default they are kept and the path is reported as failed, because its disk
                may not be mounted.

        Raises:
            IndexBusyError: another process is writing to the index.
            IndexStorageError: the disk is full or read-only.
            ClusterError: the cluster cannot be joined, or stopped working.
        """
        given = [paths] if isinstance(paths, str | Path) else paths
        with (
            self._handle.use() as now,
            nullcontext() if ray is None else join_cluster(ray),
            now.store.writing(),
        ):
            preparer = (
                Preparer(now.encoder, now.chunking)
                if ray is None
                else RayPreparer(now.encoder, now.chunking, model=now.model)
            )
            run = FileIngest(now.store, preparer, ParseOptions() if options is None else options)
            run.add_paths(
                given,
                progress=progress or (lambda _done, _files: None),
                verify=verify,
                allow_empty=allow_empty,
            )
        report = run.report()
        log_changes(report)
        return report

    def add(self, documents: Iterable[Document]) -> IndexReport:
        """Add or update documents. A document without text is reported as failed.

        A document replaces the one with its id that has the same file as its source, or that was
        given without a file as well. If a document from elsewhere has the id, the new document
        gets another one, such as `uploads/ID`; the report has the ids.

        Raises:
            IndexBusyError: another process is writing to the index.
            IndexStorageError: the disk is full or read-only.
        """
        with self._handle.use() as now, now.store.writing():
            run = Ingest(now.store, Preparer(now.encoder, now.chunking))
            run.store(run.given(documents))
            run.store_file_info()
            report = run.report()
            if self.originals is not None:
                self.originals.remove_unused(report.updated, now.store)
        log_changes(report)
        return report

    def search(self, question: str, k: int = 10, *, within: Filter | None = None) -> list[Hit]:
        """Return the k best chunks for a question by a lexical and a dense search, best first.

        Fewer than k only if the filter allows fewer.

        Raises:
            SettingsError: `k` is less than 1.
        """
        return self.search_many([question], k, within=within)[0]

    def search_many(
        self, questions: Sequence[str], k: int = 10, *, within: Filter | None = None
    ) -> list[list[Hit]]:
        """Search for several questions; return what `search` returns for each, in order.

        Raises:
            SettingsError: `k` is less than 1.
        """
        if k < 1:
            raise SettingsError(f"k must be 1 or more, not {k}.")
        allowed = Filter() if within is None else within
        wanted = max(k, _CANDIDATES)
        # Tokenizers and databases do not accept lone surrogates: "?" replaces them.
        questions = [question.encode("utf-8", "replace").decode() for question in questions]
        with self._handle.use() as now:
            vectors = now.encoder.encode_questions(questions)
            dense = now.store.search_dense(vectors, wanted, allowed)
            lexical = [now.store.search_lexical(one, wanted, allowed) for one in questions]
            return [
                self._best_hits(now.store, *rankings, k)
                for rankings in zip(lexical, dense, strict=True)
            ]

    def _best_hits(self, store: Store, lexical: Hits, dense: Hits, k: int) -> list[Hit]:
        ranked = fuse(lexical, dense, dense_weight=self._dense_weight)
        hits: list[Hit] = []
        # Reading a chunk costs reading its document, so only k are read. If another process has
        # just removed one of them, the next ones take its place.
        while ranked and len(hits) < k:
            best, ranked = ranked[: k - len(hits)], ranked[k - len(hits) :]
            chunks = store.chunks([fused.chunk_id for fused in best])
            hits += [
                Hit(chunks[fused.chunk_id], fused.score, fused.lexical, fused.dense)
                for fused in best
                if fused.chunk_id in chunks
            ]
        return hits
