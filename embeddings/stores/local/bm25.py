"""A cache of the catalog for the lexical search: a Tantivy index in a folder."""

import json
import math
import os
import shutil
import uuid
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import tantivy
from tantivy import Index, Occur, Query, Schema, Searcher

from embeddings.stores.local.analyzer import (
    VERSION,
    query_terms,
    related_forms,
    spellings,
    split_compound,
    terms,
)
from embeddings.stores.local.catalog import Catalog, State
from embeddings.stores.validation import label, labels
from embeddings.types import Filter

WRITER_BYTES = 50_000_000
COMMITS = 1000
"""Number of commits after which the index is reopened: an open index keeps 1 KiB per commit."""
FUZZY_LETTERS = (5, 6)
"""Minimum letters of a word that is not indexed to match words at edit distance 1, and 2."""
RELATED_WEIGHT = 0.3
"""Weight of a related word form in BM25. On six sets of questions 0.3 changed recall@10 by 0.1 or
less, and 1.0 lost up to 2.5 of recall@1."""
STATE_CHUNK = 0
"""The chunk id of the entry that holds the state; those of chunks are positive."""
FOOTER_END_BYTES = 8
"""Each file of a segment ends with a JSON footer, its length and a magic number, 4 bytes each."""


class BM25Index:
    """BM25 over the chunks' words. `catch_up` requires the write lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index: Index | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._copy: TemporaryDirectory[str] | None = None
        self._commits = 0
        self.state = State()

    def reload(self) -> None:
        """Open what is on disk now; a folder that cannot be read counts as an empty cache."""
        try:
            if self._index is None:
                self._index = self._open()
                self._commits = 0
            else:
                self._index.reload()
            self.state = self._read_state(self._index)
        # Tantivy raises ValueError; files that Tantivy did not write can cause the other errors.
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self._index = None
            self.state = State()

    def catch_up(self, catalog: Catalog) -> None:
        """Commit to disk what changed since this cache's state, or everything.

        Raises:
            OSError: the folder cannot be written to.
        """
        with catalog.snapshot():
            now = catalog.state
            if self.state != now:
                self.reload()
            if self.state == now:
                return
            try:
                if self._index is None or not catalog.can_update(self.state):
                    self._index = self._create()
                self._write(self._index, catalog, now)
            except ValueError as error:
                self._writer = None  # drops changes that are not committed
                raise OSError(f"the BM25 index cannot be written: {error}") from error
            except BaseException:
                self._writer = None
                raise
        self._commits += 1
        if self._commits < COMMITS:
            self._index.reload()
            self.state = now
        else:
            self.finish()
            self._index = None
            self.reload()

    def _write(self, index: Index, catalog: Catalog, now: State) -> None:
        if self._writer is None:
            self._writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
        for chunk_id in catalog.removed_since(self.state.generation).tolist():
            self._writer.delete_documents_by_term("chunk", chunk_id)
        for document, chunks in catalog.contents_since(self.state.generation):
            for chunk_id, chunk in chunks.items():
                entry = tantivy.Document(
                    chunk=chunk_id, text=" ".join(terms(chunk.indexed_text)), document=document.id
                )
                if document.date is not None:
                    entry.add_integer("day", document.date.toordinal())
                for text in labels(document.metadata):
                    entry.add_text("labels", text)
                self._writer.add_document(entry)
        # The binding cannot attach data to a commit, so an entry of its own holds the state.
        self._writer.delete_documents_by_term("chunk", STATE_CHUNK)
        self._writer.add_document(
            tantivy.Document(
                chunk=STATE_CHUNK, state=json.dumps([now.index, now.generation, VERSION])
            )
        )
        self._writer.commit()

    def finish(self) -> None:
        """Wait for merges, and release Tantivy's own write lock."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with suppress(ValueError):  # a merge that failed leaves the segments as they were
                writer.wait_merging_threads()
            # Tantivy makes some files readable for their owner only: use the folder's mode.
            readers = self._folder.stat().st_mode & 0o066
            for path in self._folder.iterdir():
                path.chmod(0o600 | readers)

    def close(self) -> None:
        """Release the files; the cache is not used afterwards."""
        self.finish()
        self._index = None
        if self._copy is not None:
            self._copy.cleanup()

    def invalidate(self) -> None:
        """Rebuild everything in the next `catch_up`."""
        self.finish()
        self._index = None
        self.state = State()
        if self._folder.is_file():
            self._folder.unlink()
        shutil.rmtree(self._folder, ignore_errors=True)

    def search(self, question: str, k: int, within: Filter) -> list[tuple[int, float]]:
        """Find the k best chunks by BM25; equal scores unordered. Needs a usable state."""
        assert self._index is not None
        schema = self._index.schema
        searcher = self._index.searcher()
        found = [_matches(schema, searcher, term) for term in query_terms(question)]
        queries = [query for queries in found for query in queries]
        limit = min(k, searcher.num_docs)
        if not queries or limit < 1:
            return []
        parts = [(Occur.Must, Query.boolean_query([(Occur.Should, query) for query in queries]))]
        for query in _conditions(schema, within):
            parts.append((Occur.Must, Query.const_score_query(query, 0.0)))  # has no score
        hits = searcher.search(Query.boolean_query(parts), limit, count=False).hits
        scores = [score for score, _ in hits]
        return list(zip(_chunk_ids(searcher, hits), scores, strict=True))

    def chunk_ids(self) -> list[int]:
        """List the ids of all chunks, ascending."""
        assert self._index is not None
        searcher = self._index.searcher()
        hits = searcher.search(Query.all_query(), max(1, searcher.num_docs), count=False).hits
        return sorted(id_ for id_ in _chunk_ids(searcher, hits) if id_ != STATE_CHUNK)

    def _create(self) -> Index:
        self.invalidate()
        # A reader's lock file may have been written while the folder was removed.
        self._folder.mkdir(exist_ok=True)
        index = Index(_schema(), path=str(self._folder), reuse=False)
        index.config_reader("manual")  # no thread that watches the folder
        return index

    def _open(self) -> Index:
        folder = self._folder
        if folder.exists() and not os.access(folder, os.W_OK):
            # Tantivy takes a lock in the folder even to read it, so it gets a copy.
            self._copy = TemporaryDirectory(prefix="words-")
            folder = Path(self._copy.name)
            for path in self._folder.iterdir():
                shutil.copyfile(path, folder / path.name)
        _verify(folder)
        index = Index.open(str(folder))
        index.config_reader("manual")
        index.reload()
        return index

    def _read_state(self, index: Index) -> State:
        searcher = index.searcher()
        query = Query.term_query(index.schema, "chunk", STATE_CHUNK)
        hits = searcher.search(query, limit=1).hits
        if not hits:
            return State()
        index_id, generation, *version = json.loads(searcher.doc(hits[0][1])["state"][0])
        # Generation -1: a cache with the terms of another version is rebuilt before it is used,
        # but can still be searched where nothing can be written.
        return State(index_id, generation if version == [VERSION] else -1)


def _matches(schema: Schema, searcher: Searcher, term: str) -> Iterator[Query]:
    """Yield queries for a term, its spellings and related forms; fuzzy ones for unknown terms."""

    def is_indexed(words: str) -> bool:
        return all(searcher.doc_freq("text", word) for word in words.split())

    known = [one for one in (term, *spellings(term), *related_forms(term)) if is_indexed(one)]
    same = [term] if term in known else [one for one in known if one in spellings(term)]
    if not known:
        known = same = [one for one in split_compound(term) if is_indexed(one)][:1]
    for one in dict.fromkeys(known):
        words = [(Occur.Must, Query.term_query(schema, "text", w, "freq")) for w in one.split()]
        query = Query.boolean_query(words) if words[1:] else words[0][1]
        yield query if one in same else Query.boost_query(query, RELATED_WEIGHT)
    if not same and (fuzzy := _fuzzy(schema, searcher, term)) is not None:
        yield fuzzy


def _fuzzy(schema: Schema, searcher: Searcher, term: str) -> Query | None:
    """Match the words that a term may misspell; None if there are none."""
    if not term.isalpha():
        return None
    for edits, letters in enumerate(FUZZY_LETTERS, start=1):
        if len(term) < letters:
            break
        fuzzy = Query.fuzzy_term_query(schema, "text", term, edits)
        count: int = searcher.search(fuzzy, 1).count  # type: ignore[attr-defined]
        if count:
            # Tantivy scores each fuzzy match 1. BM25 scores a word by its idf.
            idf = math.log(1 + (searcher.num_docs - count + 0.5) / (count + 0.5))
            return Query.const_score_query(fuzzy, idf)
    return None


def _chunk_ids(searcher: Searcher, hits: Sequence[tuple[float, tantivy.DocAddress]]) -> list[int]:
    values = searcher.fast_field_values("chunk", [address for _, address in hits])
    return [int(value) for value in values if value is not None]


def _schema() -> Schema:
    return (
        tantivy.SchemaBuilder()
        .add_integer_field("chunk", indexed=True, fast=True)
        .add_text_field("text", tokenizer_name="whitespace", index_option="freq")
        .add_integer_field("day", indexed=True, fast=True)
        .add_text_field("document", tokenizer_name="raw", index_option="basic")
        .add_text_field("labels", tokenizer_name="raw", index_option="basic")
        .add_text_field("state", stored=True, tokenizer_name="raw", index_option="basic")
        .build()
    )


def _conditions(schema: Schema, within: Filter) -> list[Query]:
    """Translate a filter into queries that must all match."""
    queries = [
        Query.term_query(schema, "labels", label(key, value), "basic")
        for key, value in within.metadata.items()
    ]
    after, before = within.dates.after, within.dates.before
    if after is not None or before is not None:
        first = None if after is None else after.toordinal()
        last = None if before is None else before.toordinal()
        days = Query.range_query(schema, "day", tantivy.FieldType.Integer, first, last)
        queries.append(_or_undated(schema, days) if within.undated else days)
    if within.documents is not None:
        ids = [id_.encode("utf-8", "replace").decode() for id_ in within.documents]
        queries.append(Query.term_set_query(schema, "document", ids))
    return queries


def _or_undated(schema: Schema, days: Query) -> Query:
    """Match the given days and documents without a day."""
    dated = Query.range_query(schema, "day", tantivy.FieldType.Integer, 1, None)
    undated = Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, dated)])
    return Query.boolean_query([(Occur.Should, days), (Occur.Should, undated)])


def _verify(folder: Path) -> None:
    """Compare the committed files with their checksums, which Tantivy itself does not do.

    Raises:
        ValueError: a file was cut off or altered.
        OSError: there is no index.
    """
    meta = json.loads((folder / "meta.json").read_bytes())
    for segment in meta["segments"]:
        name = uuid.UUID(segment["segment_id"]).hex  # not a path or pattern
        files = {path for path in folder.glob(f"{name}.*") if path.suffix != ".del"}
        if segment["deletes"] is not None:
            files.add(folder / f"{name}.{int(segment['deletes']['opstamp'])}.del")
        for path in files:
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue  # a writer has just merged it into another; if not, Tantivy notices
            end = len(data) - FOOTER_END_BYTES
            body = end - int.from_bytes(data[end : end + 4], "little")
            if body < 0 or zlib.crc32(data[:body]) != json.loads(data[body:end])["crc"]:
                raise ValueError(f"{path} is damaged")
