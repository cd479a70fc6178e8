"""Reads contexts for the words that answer a question."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings import Model, ModelFolder
from qa.reader.spans import LogitSpan, merge, normalise, window_spans
from qa.reader.windows import Window, WindowMaker
from qa.types import Span

__all__ = ["BUNDLED", "Reader"]

BUNDLED = Path(__file__).parents[1] / "weights"


class Reader:
    """An extractive reader: every answer is a stretch of a context, character by character."""

    def __init__(
        self,
        model: Model,
        tokenizer: Tokenizer,
        *,
        name: str,
        max_window_tokens: int = 384,
        stride_tokens: int = 128,
        max_answer_tokens: int = 30,
    ) -> None:
        """Put a reader together.

        Args:
            model: its first two outputs are the start and the end logits, each (length,).
            tokenizer: the model's own; it is taken over (see `WindowMaker`).
            name: what the model is called.
            max_window_tokens: the length of a window, question and special tokens included.
            stride_tokens: how many context tokens two neighbouring windows share.
            max_answer_tokens: longer spans are no candidates.

        Raises:
            SettingsError: such windows leave no room for a question.
        """
        self.name = name
        self.tokenizer = tokenizer
        self.max_window_tokens = max_window_tokens
        self.model = model
        """What runs it; another that gives the same logits may take its place."""
        self._maker = WindowMaker(
            tokenizer, max_tokens=max_window_tokens, stride_tokens=stride_tokens
        )
        self._max_answer_tokens = max_answer_tokens

    @classmethod
    def open(cls, model: str | Path | None = None, *, threads: int | None = None) -> Reader:
        """Load a reader.

        Args:
            model: None for the bundled one; a folder written by `qa export`; or any
                question-answering model of transformers, by folder or by id. An id that is not on
                this machine yet is downloaded.
            threads: how many cores it may use; None means all that this process may. A model that
                torch runs takes what torch is set to.

        Raises:
            ModelError: it cannot be loaded, or is not trained to answer questions.
        """
        if model is None:
            return cls._open_folder(BUNDLED, threads)
        if ModelFolder.is_at(Path(model)):
            return cls._open_folder(Path(model), threads)
        # Importing torch and transformers takes seconds that the bundled reader never needs.
        from embeddings.runtimes.torch import TorchModel

        loaded, tokenizer, max_tokens = TorchModel.open_reader(str(model))
        window_tokens = min(384, max_tokens)
        return cls(
            loaded,
            tokenizer,
            name=str(model),
            max_window_tokens=window_tokens,
            stride_tokens=min(128, window_tokens // 3),
        )

    @classmethod
    def _open_folder(cls, folder: Path, threads: int | None) -> Reader:
        parts = ModelFolder.open(folder, kind="reader", threads=threads)
        names = ("max_window_tokens", "stride_tokens", "max_answer_tokens")
        measures = {key: int(str(parts.settings[key])) for key in names if key in parts.settings}
        return cls(parts.model, parts.tokenizer, name=parts.name, **measures)

    def check_question(self, question: str) -> None:
        """Refuse a question that cannot be read for.

        Raises:
            QuestionError: it is empty, or too long.
        """
        self._maker.check_question(question)

    def read(self, question: str, contexts: Sequence[str], *, n_best: int = 5) -> list[list[Span]]:
        """Find the spans that answer best: a list per context, at most `n_best` long, best first.

        Scores are probabilities over all contexts of the call together, so spans of different
        contexts compare (see `normalise`). A context without a word has no span.

        Raises:
            QuestionError: the question is empty, or too long.
        """
        return normalise(self.read_margins(question, contexts, n_best=n_best))

    def read_margins(
        self, question: str, contexts: Sequence[str], *, n_best: int = 5
    ) -> list[list[LogitSpan]]:
        """Do as `read` does, without normalising: contexts read in several calls still compare."""
        self.check_question(question)
        return self.read_margins_many([(question, text) for text in contexts], n_best=n_best)

    def read_margins_many(
        self, pairs: Sequence[tuple[str, str]], *, n_best: int = 5
    ) -> list[list[LogitSpan]]:
        """Read (question, context) pairs at once: a list of spans for each pair, best first.

        Raises:
            QuestionError: a question is empty, or too long.
        """
        windows = self.windows(pairs)
        found: list[list[list[LogitSpan]]] = [[] for _ in pairs]
        for window, (start, end) in zip(windows, self.logits(windows), strict=True):
            spans = window_spans(
                window, start, end, n_best=n_best, max_answer_tokens=self._max_answer_tokens
            )
            found[window.context].append(spans)
        return [merge(spans, n_best) for spans in found]

    def windows(self, pairs: Sequence[tuple[str, str]]) -> list[Window]:
        """Cut (question, context) pairs into what the model is given, pair after pair.

        Raises:
            QuestionError: a question is empty, or too long.
        """
        return [window for window in self._maker.windows(pairs) if window.in_context.any()]

    def logits(
        self, windows: Sequence[Window]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Run the model: start and end logits of each window, in the order given."""
        outputs = self.model.run([window.tokens for window in windows])
        return [(output[0], output[1]) for output in outputs]
