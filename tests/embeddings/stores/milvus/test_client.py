from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from embeddings.errors import IndexStorageError, SettingsError
from embeddings.stores.milvus.client import (
    BATCH_ROWS,
    PAUSES_SECONDS,
    TIMEOUT_SECONDS,
    Connection,
    connect,
    file_of,
)

pymilvus = pytest.importorskip("pymilvus", reason="Milvus' packages are not installed")
grpc = pytest.importorskip("grpc")


class Trouble(grpc.RpcError):
    """An error as gRPC raises it."""

    def __init__(self, code: Any) -> None:
        super().__init__(code.name)
        self.code = lambda: code


class Client:
    """A client whose first calls fail."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self.closed = False

    def upsert(self, *arguments: Any, **named: Any) -> str:
        self.calls.append((arguments, named))
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    query = upsert

    def close(self) -> None:
        self.closed = True


def connection_to(client: Client) -> tuple[Connection, list[float]]:
    slept: list[float] = []
    return Connection(client, place="there", sleep=slept.append), slept


PASSING = [
    Trouble(grpc.StatusCode.UNAVAILABLE),
    Trouble(grpc.StatusCode.DEADLINE_EXCEEDED),
    Trouble(grpc.StatusCode.RESOURCE_EXHAUSTED),
    pymilvus.MilvusException(code=8, message="rate limit exceeded"),
    pymilvus.MilvusException(code=grpc.StatusCode.UNAVAILABLE, message="out of retries"),
    pymilvus.MilvusException(code=1, message="node is going", retriable=True),
]


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_transient_error_is_retried(error: Exception) -> None:
    client = Client(error, error)
    connection, slept = connection_to(client)
    assert connection.call("upsert", "c", []) == "done"
    assert len(client.calls) == 3
    assert all(named == {"timeout": TIMEOUT_SECONDS} for _, named in client.calls)
    for pause, waited in zip(PAUSES_SECONDS, slept, strict=False):
        assert pause / 2 <= waited <= pause * 1.5
    assert len(slept) == 2


def test_waits_between_retries_grow_and_vary() -> None:
    waits = []
    for _ in range(20):
        connection, slept = connection_to(Client(*PASSING[:4]))
        connection.call("upsert", "c", [])
        waits.append(tuple(slept))
    assert len(set(waits)) > 1
    assert all(wait[3] > wait[0] for wait in waits)


def test_repeated_transient_error_raises_after_all_retries() -> None:
    client = Client(*[Trouble(grpc.StatusCode.UNAVAILABLE)] * 9)
    connection, slept = connection_to(client)
    with pytest.raises(
        IndexStorageError, match=r"there: Milvus failed \(UNAVAILABLE\)\. Try again"
    ):
        connection.call("upsert", "c", [])
    assert len(client.calls) == len(PAUSES_SECONDS) + 1 == len(slept) + 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Trouble(grpc.StatusCode.UNAUTHENTICATED), "there: access denied.*MILVUS_TOKEN"),
        (pymilvus.MilvusException(code=6, message="illegal"), "there: Milvus failed.*illegal"),
    ],
)
def test_permanent_error_raises_at_once(error: Exception, message: str) -> None:
    client = Client(error)
    connection, slept = connection_to(client)
    with pytest.raises(IndexStorageError, match=message):
        connection.query("c", "generation > 0", ["body"])
    assert (len(client.calls), slept) == (1, [])


def test_rows_are_written_in_batches() -> None:
    client = Client()
    connection, _ = connection_to(client)
    rows = [{"id": number} for number in range(2 * BATCH_ROWS + 1)]
    connection.upsert("c", rows)
    connection.upsert("c", [])
    batches = [arguments[1] for arguments, _ in client.calls]
    assert [len(batch) for batch in batches] == [BATCH_ROWS, BATCH_ROWS, 1]
    assert [row for batch in batches for row in batch] == rows


def test_queries_are_strongly_consistent() -> None:
    client = Client()
    connection_to(client)[0].query("c", "generation > 0", ["body"])
    assert client.calls[0][1]["consistency_level"] == "Strong"


def test_location_is_a_file_or_a_cluster(tmp_path: Path) -> None:
    assert file_of(f"milvus:{tmp_path}/x.db") == tmp_path / "x.db"
    assert file_of("milvus:x.db") == Path("x.db").absolute()
    assert file_of("https://host:19530/news") is None
    with pytest.raises(SettingsError, match=r"must end with \.db"):
        file_of("milvus:index")


def test_password_in_an_address_is_refused_and_not_in_the_message() -> None:
    with pytest.raises(SettingsError, match="MILVUS_TOKEN") as raised:
        connect("https://ada:secret@host:19530")
    assert "secret" not in str(raised.value)


def test_unreachable_cluster_raises_index_storage_error() -> None:
    with pytest.raises(IndexStorageError, match=r"http://127\.0\.0\.1:1: Milvus failed"):
        connect("http://127.0.0.1:1")


@pytest.mark.parametrize("missing", ["pymilvus", "milvus_lite"])
def test_missing_packages_raise_settings_error(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SettingsError, match=r"pip install 'document-qa-assistant\[milvus\]'"):
        connect(f"milvus:{tmp_path}/x.db")
    assert list(tmp_path.iterdir()) == []
