"""Ray: the machines of a cluster read, cut and encode documents, and this process stores them.

Files go out by name and come back as documents; documents go out by the batch and come back as
chunks and vectors. Both are functions without effects, so that Ray may run one again when the
machine that ran it is lost; what is stored is decided here alone, in the order of the files, as if
no other machine took part. Ray lets in whoever reaches its ports, unless `RAY_AUTH_MODE=token`
has it ask for a token: a cluster belongs in a network that is trusted.
"""

from __future__ import annotations

import io
import logging
import os
import platform
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cache
from typing import Any

from embeddings.chunking import Chunking
from embeddings.encoder import open_encoder
from embeddings.errors import ClusterError, DocumentError, ModelError, SettingsError
from embeddings.files import SourceFile, read_file
from embeddings.formats.parse_options import ParseOptions
from embeddings.ingest import PreparedDocument, chunk_and_encode
from embeddings.types import Document, Encoder

__all__ = ["RayPreparer", "join_cluster"]

LOCAL = "local"
"""The address of a cluster that consists of this machine, and is made for the occasion."""

JOINING_SECONDS = 5.0

STALLED_SECONDS = 600.0
"""How long nothing may come back before the cluster is given up: its machines may be just starting,
and a file may take its time."""

_BLOCK_CHARACTERS = 1_000_000
"""How much text of a file comes back at once."""


@contextmanager
def join_cluster(address: str) -> Iterator[None]:
    """Take part in a Ray cluster until the end; one that this process is in already will do.

    Args:
        address: `HOST:PORT`, or `auto` for the cluster that was started or joined on this machine
            by `ray start`; `local` makes one of this machine alone.

    Raises:
        SettingsError: Ray is not installed, or the address is of another kind.
        ClusterError: no such cluster answers, or none of its machines has a core to offer.
    """
    if address.startswith("ray://"):
        raise SettingsError(
            f"{address} is a Ray client's address; run this on a machine of the cluster, with "
            "--ray auto, or join the cluster first (`ray start --address HOST:6379`)."
        )
    # Ray sends usage figures to its makers unless told otherwise when it starts.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"--ray needs more packages ({error}): pip install 'document-qa-assistant[ray]'"
        ) from error
    # It writes its logs past everybody's.
    logging.getLogger("ray").handlers.clear()
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray").propagate = True
    if ray.is_initialized():
        yield
        return
    _require_answer(address)
    try:
        options = {"include_dashboard": False} if address == LOCAL else {}
        ray.init(address=address, log_to_driver=False, configure_logging=False, **options)
    except Exception as error:  # Ray raises many unrelated kinds
        raise ClusterError(
            f"The Ray cluster {address} cannot be joined: {error}. `ray status` says whether one "
            "runs here, `ray start` starts or joins one."
        ) from error
    with redirect_stdout(
        _StdoutToLog()
    ):  # to the end of the shutdown, which waits for its last words
        try:
            if not _cores():
                raise ClusterError(
                    f"No machine of the Ray cluster {address} has a core to offer: join some, `ray "
                    "start --address HOST:6379`."
                )
            yield
        finally:
            ray.shutdown()


class _StdoutToLog(io.TextIOBase):
    """Logs what Ray prints, of machines that died, which must not stand among what we put out."""

    def write(self, text: str) -> int:
        """Take what is printed."""
        for line in filter(str.strip, text.splitlines()):
            logging.getLogger("ray").error(line)
        return len(text)


def _require_answer(address: str) -> None:
    """Try the port, for Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=JOINING_SECONDS).close()
    except OSError as error:
        raise ClusterError(
            f"No Ray cluster answers at {address}: {error}. `ray start --head` starts one, and "
            "tells its address."
        ) from error


def _cores() -> int:
    """Count the cores that the machines offer now."""
    import ray

    return int(ray.cluster_resources().get("CPU", 0))


class RayPreparer:
    """The machines of the cluster that was joined prepare documents (the `Preparer` protocol).

    Each must have this package in this version, and see the same files under the same paths.
    """

    def __init__(self, encoder: str, chunking: Chunking, *, model: str | None) -> None:
        """Begin.

        Args:
            encoder: the name that the encoder has here, and must have everywhere.
            chunking: how documents are cut.
            model: what `open_encoder` takes for the encoder.
        """
        import ray

        self._made_with = (chunking, model, encoder)
        self._read = ray.remote(num_returns="streaming")(parse_blocks)
        self._prepare = ray.remote(prepare_batch)
        self._pending: deque[Any] = deque()

    def read(
        self, files: Sequence[SourceFile], options: ParseOptions
    ) -> Iterator[tuple[SourceFile, Iterable[Document]]]:
        """Have files read ahead, as many as keep every core busy."""
        coming = iter(files)
        ahead: deque[tuple[SourceFile, Any]] = deque()
        while True:
            for file in coming:
                ahead.append((file, self._read.remote(file, options)))
                if len(ahead) > _max_in_flight():
                    break
            if not ahead:
                return
            file, blocks = ahead.popleft()
            yield file, _documents(file, blocks)

    def prepare(self, documents: Sequence[Document]) -> Iterator[PreparedDocument]:
        """Have documents cut and encoded; those that were handed in first are given first."""
        self._pending.append(self._prepare.remote(documents, *self._made_with))
        while len(self._pending) > _max_in_flight():
            yield from self._first()

    def finish(self) -> Iterator[PreparedDocument]:
        """Wait for all that was handed in and not given yet."""
        while self._pending:
            yield from self._first()

    def _first(self) -> list[PreparedDocument]:
        from ray.exceptions import RayError

        reference = self._pending.popleft()
        _wait_for(reference)
        try:
            prepared = _get(reference)
        except RayError as error:
            raise ClusterError(
                f"The Ray cluster lost a batch of documents again and again: {error}. What is "
                "stored is kept; the same command goes on."
            ) from error
        if isinstance(prepared, ModelError):
            raise prepared
        return prepared  # type: ignore[no-any-return]


def _max_in_flight() -> int:
    """Say how much is handed out at once: what each core does, and what waits for it."""
    return 2 * _cores()


def _documents(file: SourceFile, blocks: Any) -> Iterator[Document]:
    """Go through what comes back of a file."""
    from ray.exceptions import RayError

    while True:
        _wait_for(blocks)
        try:
            block = _get(next(blocks))
        except StopIteration:
            return
        except RayError as error:
            raise DocumentError(
                f"{file.path} cannot be read: the processes that read it ended ({error})"
            ) from error
        if isinstance(block, DocumentError):
            raise block
        yield from block


def _wait_for(reference: Any) -> None:
    import ray

    ready, _ = ray.wait([reference], timeout=STALLED_SECONDS)
    if not ready:
        raise ClusterError(
            f"Nothing came back from the Ray cluster for {STALLED_SECONDS:g} s; see `ray status` "
            "for its machines. What is stored is kept; the same command goes on."
        )


def _get(reference: Any) -> Any:
    import ray

    return ray.get(reference)


def parse_blocks(
    file: SourceFile, options: ParseOptions
) -> Iterator[list[Document] | DocumentError]:
    """Read a file on this machine: documents, block by block, and last its fault, if it has one."""
    block: list[Document] = []
    characters = 0
    try:
        for document in read_file(file, options):
            block.append(document)
            characters += len(document.text)
            if characters >= _BLOCK_CHARACTERS:
                yield block
                block, characters = [], 0
    except DocumentError as error:
        yield block
        unseen = "" if file.path.exists() else f" (on {platform.node()}, which must see it too)"
        yield type(error)(f"{error}{unseen}")
    else:
        yield block


def prepare_batch(
    documents: Sequence[Document], chunking: Chunking, model: str | None, name: str
) -> list[PreparedDocument] | ModelError:
    """Cut and encode documents on this machine, on one core."""
    try:
        encoder = _encoder(model)
    except ModelError as error:
        return ModelError(f"On {platform.node()}: {error}")
    if encoder.name != name:
        return ModelError(
            f"{platform.node()} has the encoder {encoder.name}, and the index was made with {name}."
            " Install the same version on every machine."
        )
    return chunk_and_encode(documents, chunking, encoder)


@cache
def _encoder(model: str | None) -> Encoder:
    return open_encoder(model, threads=1)
