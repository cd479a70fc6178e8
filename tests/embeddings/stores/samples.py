"""Documents, vectors and filters for the tests of all stores."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import numpy as np

from embeddings.date_range import DateRange
from embeddings.outline import Outline
from embeddings.stores.factory import store_class
from embeddings.stores.local.store import LocalStore
from embeddings.stores.store import Store
from embeddings.types import Chunk, Document, Filter, MetadataValue, Vectors

DIMENSIONS = 8
ALL = Filter()
FIRST_DAY = datetime.date(2021, 1, 1)
WORDS = ["river", "bridge", "harbour", "minister", "storm", "ferry", "market", "museum"]


class Place:
    """The location of a store of one kind.

    "clustered" is a local store with an IVF index for any number of vectors.
    """

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.location = (
            f"milvus:{folder / 'index.db'}" if kind == "milvus" else f"{folder / 'index'}"
        )

    def create(self, settings: dict[str, MetadataValue] | None = None) -> Store:
        return self._clustered(
            store_class(self.location).create(
                self.location, {} if settings is None else settings, DIMENSIONS
            )
        )

    def open(self) -> Store:
        return self._clustered(store_class(self.location).open(self.location))

    def _clustered(self, store: Store) -> Store:
        if self.kind != "clustered":
            return store
        store.close()
        folder = Path(self.location)
        return LocalStore(folder, max_flat=0)


def unit(rows: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((rows, DIMENSIONS)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def cut(document: Document, length: int = 40) -> list[Chunk]:
    outline = Outline(document)
    return [outline.cut(start, start + length) for start in range(0, len(document.text), length)]


def put(store: Store, *documents: Document, seed: int = 0) -> None:
    with store.writing():
        for number, document in enumerate(documents):
            chunks = cut(document)
            store.put(document, chunks, unit(len(chunks), seed + number))


def corpus(count: int = 40) -> list[Document]:
    rng = np.random.default_rng(3)
    documents = []
    for number in range(count):
        metadata: dict[str, MetadataValue] = {"desk": f"desk {number % 3}", "page": number % 5}
        documents.append(
            Document(
                f"news/{number:02}.txt",
                " ".join(rng.choice(WORDS, 20)),
                f"Report {number}",
                None if number % 7 == 0 else FIRST_DAY + datetime.timedelta(days=number),
                f"/corpus/news/{number:02}.txt",
                metadata,
            )
        )
    return documents


FILTERS = [
    ALL,
    Filter(DateRange(after=datetime.date(2021, 1, 20))),
    Filter(DateRange(before=datetime.date(2021, 1, 9))),
    Filter(DateRange(datetime.date(2021, 1, 5), datetime.date(2021, 1, 6))),
    Filter(DateRange(before=datetime.date(2021, 1, 9)), undated=True),
    Filter(documents=frozenset({"news/01.txt", "news/14.txt", "nowhere", "\ud800"})),
    Filter(documents=frozenset()),
    Filter(metadata={"desk": "desk 1"}),
    Filter(metadata={"desk": "desk 1", "page": 4.0}),
    Filter(metadata={"page": True}),
    Filter(metadata={"page": "1"}),
    Filter(metadata={"page": math.nan}),
    Filter(metadata={"nothing": 1}),
    Filter(DateRange(after=datetime.date(2021, 1, 9)), None, {"desk": "desk 0"}),
]


def is_allowed(document: Document, within: Filter) -> bool:
    return (
        (document.date in within.dates or (within.undated and document.date is None))
        and (within.documents is None or document.id in within.documents)
        and all(document.metadata.get(key) == value for key, value in within.metadata.items())
    )


def allowed_chunks(store: Store, within: Filter) -> set[int]:
    by_id = {document.id: document for document in corpus()}
    chunks = store.chunks(range(1, 1000))
    return {id_ for id_, chunk in chunks.items() if is_allowed(by_id[chunk.document_id], within)}
