"""Calls to replicas with failures. The end-to-end tests use a cluster."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from embeddings import ClusterError, ModelError, Tokens
from qa import Config, Reader
from qa.ray_serve import (
    EncoderReplica,
    RayEncoder,
    RayModel,
    ReaderReplica,
    Replicas,
    end_left_over,
    run_models_on_cluster,
)
from qa.reader.windows import ReaderInput

exceptions = pytest.importorskip("ray.exceptions", reason="Ray is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:Using extra keyword:DeprecationWarning")


class Response:
    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self.cancelled = False

    def result(self, timeout_s: float) -> Any:
        assert timeout_s >= 0
        return self._work()

    def cancel(self) -> None:
        self.cancelled = True


class Handle:
    """Replicas whose first calls fail."""

    def __init__(self, replica: Any, *, failures: list[Exception] | None = None) -> None:
        self._replica = replica
        self._failures = [] if failures is None else failures
        self.given: list[tuple[str, Any]] = []
        self._method = ""

    def __getattr__(self, method: str) -> Any:
        self._method = method
        return self

    def remote(self, *arguments: Any) -> Response:
        method = self._method
        self.given.append((method, arguments))

        def work() -> Any:
            if self._failures:
                raise self._failures.pop(0)
            return getattr(self._replica, method)(*arguments)

        return Response(work)


class Doubling:
    def name(self) -> str:
        return "doubling"

    def double(self, number: int) -> int:
        return 2 * number

    def run(self, texts: list[Tokens]) -> list[tuple[Any, ...]]:
        return [(text.input_ids * 2.0, text.input_ids * 3.0) for text in texts]


LOST = [exceptions.ActorDiedError(), exceptions.ActorUnavailableError("gone", b"1" * 16)]


@pytest.mark.parametrize(
    "failure", [*LOST, TimeoutError("late")], ids=lambda one: type(one).__name__
)
def test_lost_or_slow_call_is_retried(failure: Exception) -> None:
    handle = Handle(Doubling(), failures=[failure])
    assert Replicas(handle).call("double", [(1,), (2,), (3,)]) == [2, 4, 6]
    assert len(handle.given) == 4


def test_unanswered_call_raises_cluster_error() -> None:
    handle = Handle(Doubling(), failures=[TimeoutError()] * 100)
    with pytest.raises(ClusterError, match=r"within 0\.3 s.*Try again"):
        Replicas(handle, call_seconds=0.3, try_seconds=0.1).call("double", [(1,)])
    assert 1 < len(handle.given) < 10


def test_error_of_the_model_is_not_retried() -> None:
    failure = exceptions.RayTaskError("double", "a traceback", ValueError("seven"))
    handle = Handle(Doubling(), failures=[failure])
    with pytest.raises(exceptions.RayTaskError):
        Replicas(handle).call("double", [(7,)])
    assert len(handle.given) == 1


def test_long_document_is_sent_in_batches() -> None:
    out = most = 0

    class Counted(Handle):
        def remote(self, *arguments: Any) -> Response:
            nonlocal out, most
            out += 1
            most = max(most, out)
            response = super().remote(*arguments)

            def work() -> Any:
                nonlocal out
                out -= 1
                return response.result(0)

            return Response(work)

    class Counting:
        def encode_documents(self, texts: list[str]) -> Any:
            return np.array([[float(text)] for text in texts], dtype=np.float32)

    encoder = RayEncoder(Replicas(Counted(Counting())), name="counting", dimensions=1)
    numbers = [float(number) for number in range(1000)]
    assert encoder.encode_documents([str(n) for n in numbers])[:, 0].tolist() == numbers
    assert most == 16  # of 16 texts each: 1,000 take 63 calls


def test_replica_of_another_model_raises() -> None:
    copies = Replicas(Handle(Doubling()))
    copies.require_name("doubling", seconds=1)
    with pytest.raises(ModelError, match="has the model doubling, and this one halving"):
        copies.require_name("halving", seconds=1)


def test_replica_that_does_not_start_raises() -> None:
    copies = Replicas(Handle(Doubling(), failures=[TimeoutError()] * 100))
    with pytest.raises(ClusterError, match="`serve status`"):
        copies.require_name("doubling", seconds=0.1)


def test_windows_are_distributed_and_returned_in_order() -> None:
    handle = Handle(Doubling(), failures=[LOST[0]])
    texts = [Tokens(np.array([n, n]), np.zeros(2, dtype=np.int64)) for n in range(10)]
    outputs = RayModel(Replicas(handle)).run(texts)
    assert [(start[0], end[0]) for start, end in outputs] == [(2 * n, 3 * n) for n in range(10)]
    assert [len(texts) for _, (texts,) in handle.given] == [4, 4, 2, 4]
    assert RayModel(Replicas(handle)).run([]) == []


def test_replicas_return_the_results_of_local_models() -> None:
    encoder = EncoderReplica(None)
    there = RayEncoder(Replicas(Handle(encoder)), name=encoder.name(), dimensions=384)
    texts = [f"Harbour {n} received grain." for n in range(40)]
    assert there.encode_documents(texts).tolist() == encoder.encode_documents(texts).tolist()
    assert there.encode_questions(texts).tolist() == encoder.encode_questions(texts).tolist()
    assert there.encode_documents([]).shape == (0, 384)

    replica = ReaderReplica(None)
    reader = Reader.open()
    inputs = [ReaderInput("Who came?", text) for text in ("Ada came.", "Nobody came.")]
    wanted = reader.read_passages(inputs)
    reader.model = RayModel(Replicas(Handle(replica)))
    assert reader.read_passages(inputs) == wanted


def test_replicas_of_killed_servers_are_deleted() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = platform.node()
    names = {
        "left": f"qa-{here}-{ended.pid}-ReaderReplica",
        "mine": f"qa-{here}-{os.getpid()}-ReaderReplica",
        "elsewhere": f"qa-other.{here}-{ended.pid}-ReaderReplica",
        "another program": "chat",
    }

    class Serve:
        deleted: ClassVar[list[str]] = []

        def status(self) -> SimpleNamespace:
            return SimpleNamespace(applications=dict.fromkeys(names.values()))

        def delete(self, name: str) -> None:
            self.deleted.append(name)

    end_left_over(Serve())
    assert Serve.deleted == [names["left"]]


def test_models_run_locally_without_a_cluster() -> None:
    reader = Reader.open()
    model = reader.model
    with run_models_on_cluster(SimpleNamespace(reader=reader), Config()):
        assert reader.model is model
