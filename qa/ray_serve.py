"""Ray Serve: copies of the encoder and the reader on the machines of a cluster.

A server keeps the index, the tokens, the windows and the spans, and has only the models run
elsewhere. They have no state, so a call that is lost with its machine is made again.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
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

__all__ = ["Replicas", "run_models_on_cluster"]

STARTING_SECONDS = 180.0
"""How long the first copies may take to start, on machines that may be just starting too."""
CALL_SECONDS = 30.0
"""How long a call may take, with all its tries."""
TRY_SECONDS = 10.0
"""How long a copy may take for a call: longer means that its machine is gone."""
PAUSE_SECONDS = 0.2

WINDOWS_A_CALL = 4
TEXTS_A_CALL = 16
"""How much a copy does at once; the rest of a question, or of a document, goes to others."""
TEXTS_AT_ONCE = 256
"""How much of a document is out at once: a long one takes its time, but no call does."""

_PREFIX = "qa"


@contextmanager
def run_models_on_cluster(assistant: Assistant, config: Config) -> Iterator[None]:
    """Have an assistant's models run on the settings' cluster until the end, if they name one.

    Answers are the same: the copies run the same weights by the same code.

    Raises:
        SettingsError: Ray is not installed, or the address cannot be used.
        ClusterError: the cluster cannot be joined, or no copy starts.
        ModelError: a machine of the cluster has other weights.
    """
    if config.ray is None:
        yield
        return
    with join_cluster(config.ray), _serving(most=config.ray_replicas) as start:
        reader = start(ReaderReplica, _anywhere(config.reader), cores=1)

        def delegated(local: Encoder, model: str | None) -> Encoder:
            encoder = start(EncoderReplica, model, cores=0.5)
            encoder.require_name(local.name, seconds=STARTING_SECONDS)
            return RayEncoder(encoder, name=local.name, dimensions=local.dimensions)

        assistant.index.delegate(delegated)
        reader.require_name(_anywhere(assistant.reader.name), seconds=STARTING_SECONDS)
        assistant.reader.model = RayModel(reader)
        yield


def _anywhere(model: str | None) -> str | None:
    """Name a model so that a folder is found from every working directory."""
    return str(Path(model).resolve()) if model is not None and Path(model).is_dir() else model


@contextmanager
def _serving(*, most: int) -> Iterator[Callable[..., Replicas]]:
    """Give a function that has copies of a model started; all end at the end."""
    from ray import serve
    from ray.exceptions import RayError

    # It writes past everybody's logs.
    logging.getLogger("ray.serve").handlers.clear()
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    serve.start(proxy_location="Disabled", logging_config={"enable_access_log": False})
    end_left_over(serve)
    names: list[str] = []

    def start(kind: type, model: str | None, *, cores: float) -> Replicas:
        names.append(f"{_PREFIX}-{platform.node()}-{os.getpid()}-{kind.__name__}")
        return _started(names[-1], kind, model, cores=cores, most=most)

    try:
        yield start
    finally:
        for name in names:
            with suppress(RayError):  # with the cluster gone, its copies are, too
                serve.delete(name, _blocking=False)


def end_left_over(serve: Any) -> None:
    """End the copies of servers of this machine that were killed, which hold cores for nobody."""
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
    except PermissionError:  # it is another user's
        return True
    return True


def _started(name: str, kind: type, model: str | None, *, cores: float, most: int) -> Replicas:
    """Have copies of a model started, without waiting for them."""
    from ray import serve

    deployment = serve.deployment(
        name=kind.__name__,
        ray_actor_options={"num_cpus": cores},
        # What a copy has not begun waits here, where another one can still get it.
        max_ongoing_requests=2,
        autoscaling_config={
            # Two, so that one may be lost without anybody waiting for another to start.
            "min_replicas": min(2, most),
            "max_replicas": most,
            "target_ongoing_requests": 1,
            "upscale_delay_s": 5,
        },
    )(kind)
    target = serve.RunTarget(deployment.bind(model), name=name, route_prefix=None)
    [handle] = serve.run_many([target], wait_for_applications_running=False)
    return Replicas(handle)


class Replicas:
    """Copies of one model; each call goes to one that is free, and to another when it is lost."""

    def __init__(
        self, handle: Any, *, call_seconds: float = CALL_SECONDS, try_seconds: float = TRY_SECONDS
    ) -> None:
        self._handle = handle
        self._call_seconds = call_seconds
        self._try_seconds = try_seconds

    def require_name(self, wanted: str | None, *, seconds: float) -> None:
        """Wait for the first copy.

        Raises:
            ClusterError: none starts in time.
            ModelError: it is a copy of another model.
        """
        try:
            [name] = Replicas(self._handle, call_seconds=seconds, try_seconds=seconds).call(
                "name", [()]
            )
        except ClusterError as error:
            raise ClusterError(
                f"No copy of the model {wanted} has started in the Ray cluster: `ray status` tells "
                "whether cores are free, `serve status` why a copy does not start."
            ) from error
        if name != wanted:
            raise ModelError(
                f"A machine of the Ray cluster has the model {name}, and this one {wanted}. "
                "Install the same version on every machine."
            )

    def call(self, method: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Call a method with each of several arguments, all at once; results in their order.

        Raises:
            ClusterError: a result does not come in time.
        """
        until = time.monotonic() + self._call_seconds
        remote = getattr(self._handle, method).remote
        begun = [remote(*given) for given in arguments]
        return [
            self._result(response, lambda given=given: remote(*given), until)
            for given, response in zip(arguments, begun, strict=True)
        ]

    def _result(self, response: Any, again: Any, until: float) -> Any:
        from ray.exceptions import RayError, RayTaskError
        from ray.serve.exceptions import RayServeException

        while True:
            left = until - time.monotonic()
            try:
                return response.result(timeout_s=max(0.0, min(left, self._try_seconds)))
            except RayTaskError:  # the model's own failure, which it would repeat
                raise
            except (RayError, RayServeException, TimeoutError) as error:
                response.cancel()
                if left <= 0:
                    raise ClusterError(
                        f"The Ray cluster did not answer within {self._call_seconds:g} s: its "
                        "machines are busy, or being replaced. Try again in a moment."
                    ) from error
            time.sleep(PAUSE_SECONDS)
            response = again()


class EncoderReplica:
    """An encoder on a core of the cluster."""

    def __init__(self, model: str | None) -> None:
        self._encoder = open_encoder(model, threads=1)

    def name(self) -> str:
        """Name the model."""
        return self._encoder.name

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to be found."""
        return self._encoder.encode_documents(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to search with."""
        return self._encoder.encode_questions(texts)


class ReaderReplica:
    """A reader's model on a core of the cluster."""

    def __init__(self, model: str | None) -> None:
        self._reader = Reader.open(model, threads=1)

    def name(self) -> str:
        """Name the model."""
        return self._reader.name

    def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
        """Run each text and return the model's outputs."""
        return self._reader.model.run(texts)


class RayEncoder:
    """An encoder whose copies encode (the `Encoder` protocol)."""

    def __init__(self, copies: Replicas, *, name: str, dimensions: int) -> None:
        self._copies = copies
        self._name = name
        self._dimensions = dimensions

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self._dimensions

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to be found; shape (len(texts), dimensions)."""
        return self._encoded("encode_documents", texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to search with; shape (len(texts), dimensions)."""
        return self._encoded("encode_questions", texts)

    def _encoded(self, method: str, texts: Sequence[str]) -> Vectors:
        vectors = [np.empty((0, self._dimensions), dtype=np.float32)]
        for (part,) in _cut(texts, TEXTS_AT_ONCE):
            vectors += self._copies.call(method, _cut(part, TEXTS_A_CALL))
        return np.concatenate(vectors)


class RayModel:
    """A reader's model whose copies run it (the `Model` protocol)."""

    def __init__(self, copies: Replicas) -> None:
        self._copies = copies

    def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
        """Run each text; outputs are in the order given."""
        parts = _cut(texts, WINDOWS_A_CALL)
        return [outputs for part in self._copies.call("run", parts) for outputs in part]


def _cut(sequence: Sequence[Any], size: int) -> list[tuple[Any, ...]]:
    """Cut what goes to the copies into the arguments of calls."""
    return [(sequence[begin : begin + size],) for begin in range(0, len(sequence), size)]
