"""The parts of an open index, and how they change when another index takes its place."""

from __future__ import annotations

import logging
import shlex
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.chunking import Chunking
from embeddings.encoder import open_encoder
from embeddings.errors import AssistantError, IndexMismatchError, IndexOutdatedError
from embeddings.stores.factory import create_store, is_folder, open_store
from embeddings.types import Encoder, MetadataValue, Store

__all__ = ["IndexResources", "ReloadingHandle"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class IndexResources:
    """A store, and what its documents are cut and encoded with."""

    store: Store
    encoder: Encoder
    chunking: Chunking
    model: str | None = None
    """What `open_encoder` takes for the encoder, from any working directory."""

    @classmethod
    def create(
        cls,
        location: str | Path,
        *,
        encoder: str | Path | None,
        chunking: Chunking | None,
        generation: int = 0,
    ) -> IndexResources:
        """Make an empty index; see `Index.open` for what is None."""
        opened_encoder = open_encoder(encoder)
        cut = Chunking() if chunking is None else chunking
        model = _absolute_model(encoder)
        settings: dict[str, MetadataValue] = {
            "encoder": opened_encoder.name,
            "encoder_model": "" if model is None else model,
            "chunk_words": cut.words,
            "overlap_words": cut.overlap_words,
        }
        store = create_store(location, settings, opened_encoder.dimensions, generation=generation)
        return cls(store, opened_encoder, cut, model)

    @classmethod
    def open(
        cls,
        location: str | Path,
        *,
        encoder: str | Path | None,
        chunking: Chunking | None,
    ) -> IndexResources:
        """Open what is there; see `Index.open`."""
        store = open_store(location)
        try:
            cut = chunking_from_settings(store.settings)
            name = str(store.settings["encoder"])
            stored = str(store.settings["encoder_model"]) or None
            if chunking not in (None, cut):
                raise IndexMismatchError(
                    f"The index at {location} was made with chunks {cut}, not {chunking}. {_ADVICE}"
                )
            # What an index names is not fetched: it may come from anybody.
            opened = open_encoder(
                stored if encoder is None else encoder, download=encoder is not None
            )
            if opened.name != name and encoder is None:
                raise IndexOutdatedError(
                    f"The index at {location} was made with encoder {name}, which has given way to "
                    f"{opened.name}: {_reindex_advice(location, stored)}",
                    stored,
                )
            if opened.name != name:
                raise IndexMismatchError(
                    f"The index at {location} was made with encoder {name}, not {opened.name}. "
                    f"{_ADVICE}"
                )
        except BaseException:
            store.close()
            raise
        return cls(store, opened, cut, stored if encoder is None else _absolute_model(encoder))

    def reopen(self, folder: Path) -> IndexResources:
        """Open the index that has taken this one's place, in its own way."""
        store = open_store(folder)
        if store.settings["encoder"] == self.encoder.name:
            return IndexResources(
                store, self.encoder, chunking_from_settings(store.settings), self.model
            )
        store.close()
        return IndexResources.open(folder, encoder=None, chunking=None)


_ADVICE = "Leave that setting out, or give it to `qa reindex`, which makes the index anew with it."


class ReloadingHandle:
    """The parts of an index as they are now. Any thread may use them."""

    def __init__(self, resources: IndexResources, folder: Path | None) -> None:
        """Begin with these.

        Args:
            resources: what is open.
            folder: where another index may take this one's place; None for nowhere.
        """
        self._resources = resources
        self._folder = folder
        self._entry = threading.Lock()
        self._users = Counter[IndexResources]()
        self._failed: IndexResources | None = None

    def delegate(self, to: Callable[[Encoder, str | None], Encoder]) -> None:
        """Have another encode in the encoder's place; see `Index.delegate`."""
        self._resources = replace(
            self._resources, encoder=to(self._resources.encoder, self._resources.model)
        )

    @contextmanager
    def use(self) -> Iterator[IndexResources]:
        """Give the parts, which stay open until the end."""
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
            # Its answers are better than none. Another try would cost every question some time.
            self._failed = before
            _log.warning(
                "the index was replaced by one that cannot be opened; the old one goes on until "
                "this program is started again",
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
    """Read how the documents of an index were cut."""
    return Chunking(
        words=int(str(settings["chunk_words"])),
        overlap_words=int(str(settings["overlap_words"])),
    )


def _absolute_model(encoder: str | Path | None) -> str | None:
    """Name an encoder so that it is found from every working directory; None is the bundled one."""
    if encoder is None:
        return None
    return str(Path(encoder).resolve()) if Path(encoder).is_dir() else str(encoder)


def _reindex_advice(location: str | Path, model: str | None) -> str:
    if not is_folder(location):
        return "index the documents again, at another place."
    chosen = "" if model is None else f" --encoder {shlex.quote(model)}"
    command = f"qa reindex --index {shlex.quote(str(location))}{chosen}"
    return f"run `{command}` once, which makes the index anew from the texts in it."
