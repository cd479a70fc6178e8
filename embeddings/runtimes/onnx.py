"""Transformers run by ONNX Runtime: the default, without torch."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from embeddings.errors import ModelError
from embeddings.types import Tokens


class OnnxModel:
    """A model file that ONNX Runtime runs on the CPU (the `Model` protocol).

    Each text is run alone, several at once on the available cores. A dynamically quantised model
    scales its activations by the largest in the batch, so in a batch the outputs of a text would
    depend on the other texts; alone they are the same in every call. This is not slower: nothing
    is padded, and the cores do not wait for each other inside a matrix product.
    """

    def __init__(self, content: bytes, *, name: str, threads: int | None = None) -> None:
        """Load a model from the bytes of an ONNX file; `name` is its name in error messages.

        At most `threads` texts run at once; None for one on each available core.

        Raises:
            ModelError: this ONNX Runtime cannot run the bytes.
        """
        options = onnxruntime.SessionOptions()
        # The file is fused and quantised already; a second optimisation only costs start-up time.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A model must not load weights from other files: this folder has none.
        options.add_session_config_entry(
            "session.model_external_initializers_file_folder_path", os.devnull
        )
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime raises many unrelated kinds
            raise ModelError(
                f"{name} is not an ONNX model that ONNX Runtime {onnxruntime.__version__} can run: "
                f"{error}. Install the package again, or name another model."
            ) from error
        # The session keeps a copy of the model, only to restart with another provider.
        self._session._model_bytes = None
        self._inputs = {given.name for given in self._session.get_inputs()}
        # A container can limit the cores of a process; only Linux reports that limit.
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self._workers = ThreadPoolExecutor(cores if threads is None else threads)

    def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
        """Run each text; its outputs have shape (length, ...), in the order given."""
        if len(texts) == 1:
            return [self._run(texts[0])]
        # The longest first, so that no core is left with a long one at the end.
        order = sorted(range(len(texts)), key=lambda position: -len(texts[position]))
        outputs = self._workers.map(self._run, [texts[position] for position in order])
        found = dict(zip(order, outputs, strict=True))
        return [found[position] for position in range(len(texts))]

    def _run(self, text: Tokens) -> tuple[NDArray[np.float32], ...]:
        inputs = {
            "input_ids": text.input_ids[None],
            "attention_mask": np.ones((1, len(text)), dtype=np.int64),
            "token_type_ids": text.type_ids[None],
        }
        used = {name: value for name, value in inputs.items() if name in self._inputs}
        return tuple(output[0] for output in self._session.run(None, used))
