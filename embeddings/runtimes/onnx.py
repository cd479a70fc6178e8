"""Transformers run by ONNX Runtime: the default, without torch."""

from __future__ import annotations

import os

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from embeddings.errors import ModelError

__all__ = ["OnnxModel"]


class OnnxModel:
    """A model file that ONNX Runtime runs on the CPU (the `Model` protocol)."""

    def __init__(self, content: bytes, *, name: str, threads: int | None = None) -> None:
        """Load a model.

        Args:
            content: the bytes of an ONNX file with its weights inside.
            name: what errors call the model.
            threads: how many cores one run may use; None means all that this process may.

        Raises:
            ModelError: the bytes are no model that this ONNX Runtime can run.
        """
        options = onnxruntime.SessionOptions()
        # The file is fused and quantised already; a second optimisation only costs start-up time.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = _usable_cores() if threads is None else threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime raises many unrelated kinds
            raise ModelError(
                f"{name} is no ONNX model that ONNX Runtime {onnxruntime.__version__} can run: "
                f"{error}. Install the package again, or name another model."
            ) from error
        self._inputs = {given.name for given in self._session.get_inputs()}

    def run(
        self,
        input_ids: NDArray[np.int64],
        attention_mask: NDArray[np.int64],
        token_type_ids: NDArray[np.int64],
    ) -> tuple[NDArray[np.float32], ...]:
        """Run a padded batch; inputs have shape (batch, tokens), outputs (batch, tokens, ...)."""
        inputs = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "token_type_ids": token_type_ids,
        }
        used = {name: value for name, value in inputs.items() if name in self._inputs}
        return tuple(self._session.run(None, used))


def _usable_cores() -> int:
    """Count the cores this process may run on, which a container may hold below the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
