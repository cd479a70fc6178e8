"""The store, encoder and chunking of an open index, reopened when another index replaces it."""

import logging
import shlex
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from embeddings.chunking import Chunking
from embeddings.encoder import open_encoder
from embeddings.errors import AssistantError, IndexMismatchError, IndexOutdatedError
from embeddings.stores.factory import store_class
from embeddings.stores.local.index_folder import is_folder
from embeddings.stores.store import Store
from embeddings.types import Encoder, MetadataValue

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class IndexResources:
    """A store, and how its documents are chunked and encoded."""

    store: Store
    encoder: Encoder
    chunking: Chunking
    model: str | None = None
    """Argument of `open_encoder` for the encoder, valid in any working directory."""

    @classmethod
    def create(
        cls,
        location: str | Path,
        *,
        encoder: str | Path | None,
        chunking: Chunking | None,
        generation: int = 0,
    ) -> Self:
        """Create an empty index; see `Index.open` for arguments that are None."""
        opened = open_encoder(encoder)
        cut = Chunking() if chunking is None else chunking
        model = _absolute_model(encoder)
        settings: dict[str, MetadataValue] = {
            "encoder": opened.name,
            "encoder_model": model or "",
            "chunk_words": cut.words,
            "overlap_words": cut.overlap_words,
        }
        make = store_class(location).create
        store = make(location, settings, opened.dimensions, generation=generation)
        return cls(store, opened, cut, model)

    @classmethod
    def open(
        cls, location: str | Path, *, encoder: str | Path | None, chunking: Chunking | None
    ) -> Self:
        """Open an existing index; see `Index.open`."""
        store = store_class(location).open(location)
        try:
            cut = chunking_from_settings(store.settings)
            name = str(store.settings["encoder"])
            stored = str(store.settings["encoder_model"]) or None
            if chunking not in (None, cut):
                raise IndexMismatchError(
                    f"The index at {location} was made with chunks {cut}, not {chunking}. {_ADVICE}"
                )
            # A model that only the index names is not downloaded: the index may be untrusted.
            opened = open_encoder(
                stored if encoder is None else encoder, download=encoder is not None
            )
            if opened.name != name:
                made = f"The index at {location} was made with encoder {name},"
                if encoder is not None:
                    raise IndexMismatchError(f"{made} not {opened.name}. {_ADVICE}")
                advice = _reindex_advice(location, stored)
                raise IndexOutdatedError(
                    f"{made} which {opened.name} has replaced: {advice}", stored
                )
        except BaseException:
            store.close()
            raise
        return cls(store, opened, cut, stored if encoder is None else _absolute_model(encoder))

    def reopen(self, folder: Path) -> Self:
        """Open the index that replaced this one, with its own settings."""
        store = store_class(folder).open(folder)
        if store.settings["encoder"] == self.encoder.name:
            return replace(self, store=store, chunking=chunking_from_settings(store.settings))
        store.close()
        return self.open(folder, encoder=None, chunking=None)


_ADVICE = "Leave that setting out, or give it to `qa reindex`, which rebuilds the index with it."


class ReloadingHandle:
    """Access to the current resources of an index. Thread-safe."""

    def __init__(self, resources: IndexResources, folder: Path | None) -> None:
        """Create a handle; without a folder no other index can replace this one."""
        self._resources = resources
        self._folder = folder
        self._entry = threading.Lock()
        self._users = Counter[IndexResources]()
        self._failed: IndexResources | None = None

    def delegate(self, to: Callable[[Encoder, str | None], Encoder]) -> None:
        """Replace the encoder; see `Index.delegate`."""
        now = self._resources
        self._resources = replace(now, encoder=to(now.encoder, now.model))

    @contextmanager
    def use(self) -> Iterator[IndexResources]:
        """Return the resources; they stay open until the end of the `with` block."""
        with self._entry:
            if self._folder is not None and self._resources.store.is_replaced:
                self._reload(self._folder)
            resources = self._resources
            self._users[resources] += 1
        try:
            yield resources
        finally:
            with self._entry:
                self._users[resources] -= 1
                self._close_unused(resources)

    def close(self) -> None:
        """Close the store."""
        self._resources.store.close()

    def _reload(self, folder: Path) -> None:
        before = self._resources
        if before is self._failed:
            return
        try:
            self._resources = before.reopen(folder)
        except AssistantError as error:
            # The old index still answers. Trying again would delay every question.
            self._failed = before
            _log.warning(
                "the index was replaced by one that cannot be opened; the old one is used until "
                "this program is restarted",
                extra={"reason": str(error)},
            )
            return
        _log.info(
            "the index was replaced; the new one is open",
            extra={"encoder": self._resources.encoder.name},
        )
        self._close_unused(before)

    def _close_unused(self, resources: IndexResources) -> None:
        if not self._users[resources]:
            del self._users[resources]
            if resources is not self._resources:
                resources.store.close()


def chunking_from_settings(settings: Mapping[str, MetadataValue]) -> Chunking:
    """Read how the documents of an index were chunked."""
    return Chunking(int(str(settings["chunk_words"])), int(str(settings["overlap_words"])))


def _absolute_model(encoder: str | Path | None) -> str | None:
    """Return an `open_encoder` argument that is valid in any working directory."""
    if encoder is None:
        return None
    return str(Path(encoder).resolve()) if Path(encoder).is_dir() else str(encoder)


def _reindex_advice(location: str | Path, model: str | None) -> str:
    if not is_folder(location):
        return "index the documents again in another place."
    chosen = "" if model is None else f" --encoder {shlex.quote(model)}"
    command = f"qa reindex --index {shlex.quote(str(location))}{chosen}"
    return f"run `{command}` once, which rebuilds the index from its texts."
