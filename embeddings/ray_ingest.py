"""Parse, chunk and encode documents on the machines of a Ray cluster; this process stores them.

Workers get paths of files and return documents; they get batches of documents and return chunks and
vectors. Both tasks have no side effects, so Ray can repeat them when a machine is lost. This
process decides what is stored, in the order of the files, so the index is the same as without Ray.
Ray accepts every connection to its ports unless `RAY_AUTH_MODE=token` is set: run a cluster in a
trusted network only.
"""

import logging
import os
import platform
import socket
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cache
from typing import Any

from embeddings.chunking import Chunking
from embeddings.encoder import open_encoder
from embeddings.errors import (
    ClusterError,
    DocumentError,
    FileAccessError,
    ModelError,
    SettingsError,
)
from embeddings.files import SourceFile, read_file
from embeddings.formats.parse_options import ParseOptions
from embeddings.ingest import PreparedDocument, Preparer, chunk_and_encode
from embeddings.types import Document, Encoder

LOCAL = "local"
"""The address of a cluster that is started on this machine and stopped at the end."""

JOINING_SECONDS = 5.0

STALLED_SECONDS = 600.0
"""Fail after this time without a result: machines may be starting, or a file may take long."""

_BLOCK_CHARACTERS = 1_000_000
"""A worker returns the documents of a file in blocks of about this many characters."""


@contextmanager
def join_cluster(address: str) -> Iterator[None]:
    """Join a Ray cluster until the end of the `with` block, unless this process is in one already.

    The address is `HOST:PORT`, `auto` for the cluster that `ray start` started or joined on this
    machine, or `local` to start one on this machine.

    Raises:
        SettingsError: Ray is not installed, or the address is invalid.
        ClusterError: the cluster does not respond, or has no cores.
    """
    if address.startswith("ray://"):
        raise SettingsError(
            f"{address} is the address of a Ray client. Run this on a machine of the cluster, with "
            "--ray auto, or join the cluster first (`ray start --address HOST:6379`)."
        )
    # By default, Ray sends usage statistics to its developers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"--ray needs more packages ({error}): pip install 'document-qa-assistant[ray]'"
        ) from error
    # Ray installs handlers of its own; use those of this program.
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
            f"The Ray cluster {address} cannot be joined: {error}. `ray status` shows whether one "
            "runs here; `ray start` starts or joins one."
        ) from error
    with redirect_stdout(sys.stderr):  # Ray prints messages, also during its shutdown
        try:
            if not _cores():
                raise ClusterError(
                    f"The Ray cluster {address} has no cores: add machines with `ray start "
                    "--address HOST:6379`."
                )
            yield
        finally:
            ray.shutdown()


def _require_answer(address: str) -> None:
    """Raise ClusterError if the port does not answer: Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=JOINING_SECONDS).close()
    except OSError as error:
        raise ClusterError(
            f"No Ray cluster answers at {address}: {error}. `ray start --head` starts one "
            "and prints its address."
        ) from error


def _cores() -> int:
    import ray

    return int(ray.cluster_resources().get("CPU", 0))


class RayPreparer(Preparer):
    """Prepares documents on the machines of the joined cluster.

    Each machine needs this version of the package and the same paths of files.
    """

    def __init__(self, encoder: Encoder, chunking: Chunking, *, model: str | None) -> None:
        """Create a preparer; `model` is the argument of `open_encoder` for the encoder."""
        import ray

        super().__init__(encoder, chunking)
        self._made_with = (chunking, model, encoder.name)
        self._read = ray.remote(num_returns="streaming")(parse_blocks)
        self._prepare = ray.remote(prepare_batch)

    def read(
        self, files: Sequence[SourceFile], options: ParseOptions
    ) -> Iterator[tuple[SourceFile, Iterable[Document]]]:
        """Read files ahead, as many as keep all cores busy."""
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

    def prepare(self, batches: Iterable[Sequence[Document]]) -> Iterator[PreparedDocument]:
        """Chunk and encode batches of documents, in their order."""
        pending: deque[Any] = deque()
        for documents in batches:
            pending.append(self._prepare.remote(documents, *self._made_with))
            while len(pending) > _max_in_flight():
                yield from _prepared(pending.popleft())
        while pending:
            yield from _prepared(pending.popleft())


def _prepared(reference: Any) -> list[PreparedDocument]:
    """Wait for a batch of documents."""
    import ray
    from ray.exceptions import RayError

    _wait_for(reference)
    try:
        prepared = ray.get(reference)
    except RayError as error:
        raise ClusterError(
            f"The Ray cluster lost a batch of documents repeatedly: {error}. Run the same "
            "command again to continue."
        ) from error
    if isinstance(prepared, ModelError):
        raise prepared
    return prepared  # type: ignore[no-any-return]


def _max_in_flight() -> int:
    """Return how many tasks to submit at once: one that runs and one that waits for each core."""
    return 2 * _cores()


def _documents(file: SourceFile, blocks: Any) -> Iterator[Document]:
    """Yield the documents of a file from the blocks that a worker returns."""
    import ray
    from ray.exceptions import RayError

    while True:
        _wait_for(blocks)
        try:
            block = ray.get(next(blocks))
        except StopIteration:
            return
        except RayError as error:
            raise FileAccessError(
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
            f"The Ray cluster returned nothing for {STALLED_SECONDS:g} s. Check its machines with "
            "`ray status`, then run the same command again to continue."
        )


def parse_blocks(
    file: SourceFile, options: ParseOptions
) -> Iterator[list[Document] | DocumentError]:
    """Read a file on this machine; yield its documents in blocks, then the error, if any."""
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
        unseen = "" if file.path.exists() else f" (on {platform.node()}, which needs the file too)"
        yield type(error)(f"{error}{unseen}")
    else:
        yield block


def prepare_batch(
    documents: Sequence[Document], chunking: Chunking, model: str | None, name: str
) -> list[PreparedDocument] | ModelError:
    """Chunk and encode documents on one core of this machine."""
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
