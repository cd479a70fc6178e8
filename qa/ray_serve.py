"""Run the encoder and the reader as Ray Serve replicas on a cluster.

Only the models run on the cluster; the server keeps the index and everything else. Models have no
state, so a call that is lost with its machine is repeated.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import (
    ClusterError,
    Encoder,
    ModelError,
    Tokens,
    Vectors,
    join_cluster,
    open_encoder,
)
from qa.assistant import Assistant
from qa.config import Config
from qa.reader.reader import Reader

STARTING_SECONDS = 180.0
"""Time limit in seconds for the first replicas to start; their machines can be starting as well."""
CALL_SECONDS = 30.0
"""Time limit in seconds of a call with its retries."""
TRY_SECONDS = 10.0
"""Time limit in seconds of one try; after that the machine is assumed to be lost."""
PAUSE_SECONDS = 0.2

WINDOWS_A_CALL = 4
TEXTS_A_CALL = 16
"""Maximum number of windows or texts per call; further ones go to other replicas."""
TEXTS_AT_ONCE = 256
"""Texts of a document that are sent at the same time, so that a long document causes no timeout."""

_PREFIX = "qa"


@contextmanager
def run_models_on_cluster(assistant: Assistant, config: Config) -> Iterator[None]:
    """Run the models of an assistant on the cluster of the settings, if there is one.

    Answers are the same: the replicas run the same weights with the same code.

    Raises:
        ClusterError: the cluster cannot be joined, or no replica starts.
        ModelError: a machine of the cluster has other weights.
    """
    if config.ray is None:
        yield
        return
    with join_cluster(config.ray), _serving(max_replicas=config.ray_replicas) as start:
        reader = start(ReaderReplica, _absolute(config.reader), cores=1)

        def remote_encoder(local: Encoder, model: str | None) -> Encoder:
            encoder = start(EncoderReplica, model, cores=0.5)
            encoder.require_name(local.name, seconds=STARTING_SECONDS)
            return RayEncoder(encoder, name=local.name, dimensions=local.dimensions)

        assistant.index.delegate(remote_encoder)
        reader.require_name(_absolute(assistant.reader.name), seconds=STARTING_SECONDS)
        assistant.reader.model = RayModel(reader)
        yield


def _absolute(model: str | None) -> str | None:
    """Return a model with an absolute path if it is a folder."""
    return str(Path(model).resolve()) if model is not None and Path(model).is_dir() else model


@contextmanager
def _serving(*, max_replicas: int) -> Iterator[Callable[..., Replicas]]:
    """Start Ray Serve; yield a function that starts replicas of a model. All stop at the end."""
    from ray import serve
    from ray.exceptions import RayError

    # These handlers do not respect the logging of this process.
    logging.getLogger("ray.serve").handlers.clear()
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    serve.start(proxy_location="Disabled", logging_config={"enable_access_log": False})
    end_left_over(serve)
    names: list[str] = []

    def start(kind: type, model: str | None, *, cores: float) -> Replicas:
        """Start replicas of a model without waiting for them."""
        names.append(f"{_PREFIX}-{platform.node()}-{os.getpid()}-{kind.__name__}")
        deployment = serve.deployment(
            name=kind.__name__,
            ray_actor_options={"num_cpus": cores},
            # Other calls stay in the queue, from which any replica can take them.
            max_ongoing_requests=2,
            autoscaling_config={
                # Two, so that calls continue if one is lost.
                "min_replicas": min(2, max_replicas),
                "max_replicas": max_replicas,
                "target_ongoing_requests": 1,
                "upscale_delay_s": 5,
            },
        )(kind)
        target = serve.RunTarget(deployment.bind(model), name=names[-1], route_prefix=None)
        [handle] = serve.run_many([target], wait_for_applications_running=False)
        return Replicas(handle)

    try:
        yield start
    finally:
        for name in names:
            with suppress(RayError):  # the cluster is gone, and its replicas as well
                serve.delete(name, _blocking=False)


def end_left_over(serve: Any) -> None:
    """Delete the replicas of servers of this machine that were killed: they occupy cores."""
    for name in serve.status().applications:
        prefix, _, rest = name.partition(f"-{platform.node()}-")
        process = rest.partition("-")[0]
        if prefix == _PREFIX and process.isdigit() and not _runs(int(process)):
            serve.delete(name)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # the process of another user
        return True
    return True


class Replicas:
    """Replicas of one model. A call goes to a free replica, and to another one if that is lost."""

    def __init__(
        self, handle: Any, *, call_seconds: float = CALL_SECONDS, try_seconds: float = TRY_SECONDS
    ) -> None:
        self._handle = handle
        self._call_seconds = call_seconds
        self._try_seconds = try_seconds

    def require_name(self, wanted: str | None, *, seconds: float) -> None:
        """Wait for the first replica, and check the name of its model."""
        try:
            [name] = Replicas(self._handle, call_seconds=seconds, try_seconds=seconds).call(
                "name", [()]
            )
        except ClusterError as error:
            raise ClusterError(
                f"No replica of the model {wanted} has started in the Ray cluster. Two of the "
                "reader and two of the encoder need 3 free cores, `--ray-replicas 1` needs 1.5. "
                "`ray status` shows free cores, `serve status` why a replica does not start."
            ) from error
        if name != wanted:
            raise ModelError(
                f"A machine of the Ray cluster has the model {name}, this machine has {wanted}. "
                "Install the same version on all machines."
            )

    def call(self, method: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Call a method concurrently with several arguments; return the results in their order."""
        until = time.monotonic() + self._call_seconds
        remote = getattr(self._handle, method).remote
        responses = [remote(*given) for given in arguments]
        return [
            self._result(response, lambda given=given: remote(*given), until)
            for given, response in zip(arguments, responses, strict=True)
        ]

    def _result(self, response: Any, retry: Any, until: float) -> Any:
        from ray.exceptions import RayError, RayTaskError
        from ray.serve.exceptions import RayServeException

        while True:
            left = until - time.monotonic()
            try:
                return response.result(timeout_s=max(0.0, min(left, self._try_seconds)))
            except RayTaskError:  # an error of the model, which would occur again
                raise
            except (RayError, RayServeException, TimeoutError) as error:
                response.cancel()
                if left <= 0:
                    raise ClusterError(
                        f"The Ray cluster did not answer within {self._call_seconds:g} s: its "
                        "machines are busy or restarting. Try again in a moment."
                    ) from error
            time.sleep(PAUSE_SECONDS)
            response = retry()


class EncoderReplica:
    """Encoder on a core of the cluster."""

    def __init__(self, model: str | None) -> None:
        self._encoder = open_encoder(model, threads=1)

    def name(self) -> str:
        """Return the name of the model."""
        return self._encoder.name

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode texts of documents."""
        return self._encoder.encode_documents(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode questions."""
        return self._encoder.encode_questions(texts)


class ReaderReplica:
    """Model of a reader on a core of the cluster."""

    def __init__(self, model: str | None) -> None:
        self._reader = Reader.open(model, threads=1)

    def name(self) -> str:
        """Return the name of the model."""
        return self._reader.name

    def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
        """Run each text and return the model's outputs."""
        return self._reader.model.run(texts)


@dataclass(frozen=True, slots=True)
class RayEncoder:
    """Encoder that runs on replicas (the `Encoder` protocol)."""

    replicas: Replicas
    name: str
    dimensions: int

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode texts of documents; shape (len(texts), dimensions)."""
        return self._encode("encode_documents", texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode questions; shape (len(texts), dimensions)."""
        return self._encode("encode_questions", texts)

    def _encode(self, method: str, texts: Sequence[str]) -> Vectors:
        vectors = [np.empty((0, self.dimensions), dtype=np.float32)]
        for (part,) in _batches(texts, TEXTS_AT_ONCE):
            vectors += self.replicas.call(method, _batches(part, TEXTS_A_CALL))
        return np.concatenate(vectors)


@dataclass(frozen=True, slots=True)
class RayModel:
    """Model of a reader that runs on replicas (the `Model` protocol)."""

    replicas: Replicas

    def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
        """Run the model on each text; outputs in input order."""
        parts = _batches(texts, WINDOWS_A_CALL)
        return [outputs for part in self.replicas.call("run", parts) for outputs in part]


def _batches(sequence: Sequence[Any], size: int) -> list[tuple[Any, ...]]:
    """Split a sequence into the arguments of several calls."""
    return [(sequence[begin : begin + size],) for begin in range(0, len(sequence), size)]
