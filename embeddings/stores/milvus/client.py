"""A connection to Milvus: retries calls and translates errors."""

from __future__ import annotations

import json
import logging
import os
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from embeddings.errors import IndexBusyError, IndexDamagedError, IndexStorageError, SettingsError
from embeddings.stores.validation import Hits

EMBEDDED = "milvus:"
# Name of an environment variable.
TOKEN = "MILVUS_TOKEN"  # nosec B105
TIMEOUT_SECONDS = 20.0
"""Time limit of one attempt of a call."""
LOADING_SECONDS = 300.0
PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Time to wait before each retry, varied at random by up to a half."""
BATCH_ROWS = 500
"""Rows have at most 65,535 bytes of text, so a batch is half of the server's limit of 64 MiB."""
PAGE = 1000
"""Number of documents, chunks or pieces of text to read in one call."""
MAX_HITS = 16_384
"""Milvus' limit for one search."""
TRANSIENT = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "RATE_LIMIT", "8"}
"""Codes of errors to retry: gRPC's, and Milvus' own for too many calls, which is number 8."""
REFUSED = {"UNAUTHENTICATED", "PERMISSION_DENIED"}

Row = dict[str, Any]


@dataclass(slots=True, eq=False)
class _OpenFile:
    """A database file that this process has open, with the locks that its users share."""

    users: int = 0
    write_lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while documents are written."""
    call_lock: threading.Lock = field(default_factory=threading.Lock)
    """Held during each call: while Milvus Lite flushes rows, other calls do not find them."""


_open_files: defaultdict[Path, _OpenFile] = defaultdict(_OpenFile)
_open_files_lock = threading.Lock()
_cluster_write_locks: dict[str, threading.Lock] = {}


def _leave(path: Path) -> None:
    """Remove a user of a file; the last one releases it for other processes."""
    from milvus_lite.server_manager import server_manager_instance

    with _open_files_lock:
        _open_files[path].users -= 1
        if not _open_files[path].users:
            del _open_files[path]
            server_manager_instance.release_server(str(path))


@dataclass(slots=True, eq=False)
class Connection:
    """A connection to one Milvus by a `MilvusClient`. Thread-safe."""

    client: Any
    place: str
    """Its name in error messages."""
    write_lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while documents are written; shared by all users in this process."""
    call_lock: threading.Lock | None = None
    """Held during each call to an embedded Milvus; None for a cluster."""
    leave: Callable[[], None] | None = None
    """Called once, after the client is closed."""
    sleep: Callable[[float], object] = time.sleep

    def close(self) -> None:
        """Close the connection."""
        self.client.close()
        if self.leave is not None:
            self.leave()
            self.leave = None

    def call(self, name: str, *arguments: object, **named: object) -> Any:
        """Call a method of the client; retry it after transient errors.

        A retried call may have succeeded before, so calls must be idempotent. Raises
        IndexStorageError if the call is refused, or if all attempts failed.
        """
        run = getattr(self.client, name)
        for pause in (*PAUSES_SECONDS, None):
            try:
                with self.call_lock or nullcontext():
                    return run(*arguments, **{"timeout": TIMEOUT_SECONDS} | named)
            except _milvus_errors() as error:
                is_transient = _code(error) in TRANSIENT or getattr(error, "retriable", False)
                if pause is None or not is_transient:
                    _refuse(self.place, error)
            self.sleep(pause * random.uniform(0.5, 1.5))
        raise AssertionError

    def load(self, collection: str) -> None:
        """Load a collection for searching; takes a while if it is not loaded yet."""
        self.call("load_collection", collection, timeout=LOADING_SECONDS)

    def has(self, collection: str) -> bool:
        """Return whether a collection exists."""
        return bool(self.call("has_collection", collection))

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Insert rows, or replace those with the same keys, in batches."""
        for begin in range(0, len(rows), BATCH_ROWS):
            self.call("upsert", collection, list(rows[begin : begin + BATCH_ROWS]))

    def delete(self, collection: str, condition: str) -> None:
        """Delete the rows that meet a condition."""
        self.call("delete", collection, filter=condition)

    def query(
        self, collection: str, condition: str, fields: Sequence[str], **named: int
    ) -> list[Row]:
        """Read the rows that meet a condition, in any order; `limit` is their largest number."""
        return list(
            self.call(
                "query",
                collection,
                filter=condition,
                output_fields=list(fields),
                consistency_level="Strong",
                **named,
            )
        )

    def query_in(
        self,
        collection: str,
        field: str,
        values: Collection[int | str],
        fields: Sequence[str],
        condition: str = "",
    ) -> list[Row]:
        """Read the rows whose field has one of some values, and that meet a condition."""
        found: list[Row] = []
        left = iter(values)
        while part := list(islice(left, PAGE)):
            conditions = filter(None, (condition, in_list(field, part)))
            found += self.query(collection, " and ".join(conditions), fields)
        return found

    def search(
        self, collection: str, condition: str, count: int, *, field: str, question: object
    ) -> Hits:
        """Return the best rows for a vector or text as (key, score), `MAX_HITS` at most."""
        [hits] = self.call(
            "search",
            collection,
            data=[question],
            anns_field=field,
            filter=condition,
            limit=min(count, MAX_HITS),
            consistency_level="Strong",
        )
        return [(int(hit["id"]), float(hit["distance"])) for hit in hits]


def in_list(field: str, values: Iterable[int | str]) -> str:
    """Return the condition that a field has one of some values; at least one is needed."""
    return f"{field} in {json.dumps(list(values))}"


def file_of(location: str) -> Path | None:
    """Return the database file of a location `milvus:FILE.db`; None for the URL of a cluster."""
    if location.startswith(EMBEDDED):
        path = Path(location.removeprefix(EMBEDDED))
        if path.suffix != ".db":
            raise SettingsError(f"{location}: the file's name must end with .db.")
        return path.absolute()
    address = urlsplit(location)
    if address.username is not None or address.password is not None:
        raise SettingsError(
            f"The address of {address.hostname} contains a password: remove it, and set the "
            f"environment variable {TOKEN} to `user:password` or a token."
        )
    return None


def connect(location: str) -> Connection:
    """Open a connection; a database file that does not exist is created.

    Raises:
        SettingsError: Milvus' packages are not installed, or the location is invalid.
        IndexBusyError: another process has the database file open.
        IndexDamagedError: the database file cannot be opened.
        IndexStorageError: the cluster cannot be reached.
    """
    path = file_of(location)
    MilvusClient = _client_class(location)  # noqa: N806
    if path is None:
        try:
            token = os.environ.get(TOKEN, "")
            client = MilvusClient(location, token=token, timeout=TIMEOUT_SECONDS)
        except _milvus_errors() as error:
            _refuse(location, error)
        write_lock = _cluster_write_locks.setdefault(location, threading.Lock())
        return Connection(client, place=location, write_lock=write_lock)
    with _open_files_lock:
        file = _open_files[path]
        file.users += 1
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Dedicated, because a shared client may have been closed, or its server may have ended.
        client = MilvusClient(str(path), timeout=TIMEOUT_SECONDS, dedicated=True)
    except OSError as error:
        _leave(path)
        raise IndexStorageError(f"{location}: cannot be written to ({error}).") from error
    except _milvus_errors() as error:
        _leave(path)
        _raise_if_open_elsewhere(path)
        raise IndexDamagedError(
            f"{location}: cannot be opened ({error}). If it is not a database of Milvus, choose "
            "another name."
        ) from error
    return Connection(
        client,
        place=location,
        write_lock=file.write_lock,
        call_lock=file.call_lock,
        leave=lambda: _leave(path),
    )


def _client_class(location: str) -> Any:
    try:
        from pymilvus import MilvusClient

        if file_of(location) is not None:
            import milvus_lite  # noqa: F401
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{location} needs more packages ({error}). Install them with "
            "`pip install 'document-qa-assistant[milvus]'`."
        ) from error
    for name in ("pymilvus", "milvus_lite"):
        # They also log the errors they raise, with a traceback that contains the question.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return MilvusClient


def _raise_if_open_elsewhere(path: Path) -> None:
    """Raise IndexBusyError if another process has a database file open."""
    with suppress(OSError):
        try:
            FileLock(path / "LOCK").acquire(timeout=0).lock.release()
        except Timeout as error:
            raise IndexBusyError(
                f"{EMBEDDED}{path}: another process has it open, and only one can. Stop that "
                "process, or use a Milvus server."
            ) from error


def _milvus_errors() -> tuple[type[Exception], ...]:
    import grpc
    from pymilvus import MilvusException

    return MilvusException, grpc.RpcError


def _code(error: Any) -> str:
    code = error.code() if callable(error.code) else error.code
    return str(getattr(code, "name", code))


def _refuse(place: str, error: Exception) -> NoReturn:
    if _code(error) in REFUSED:
        raise IndexStorageError(
            f"{place}: access denied ({error}). Set the environment variable {TOKEN}."
        ) from error
    raise IndexStorageError(
        f"{place}: Milvus failed ({error}). Try again later. Documents that were reported as added "
        "are kept."
    ) from error
