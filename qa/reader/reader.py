"""Extractive reader: finds the words of a passage that answer a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings import Model, ModelFolder, sentences
from qa.reader.spans import (
    LogitSpan,
    ScoredSentence,
    merge,
    normalise,
    sentence_logits,
    window_spans,
)
from qa.reader.windows import ReaderInput, Window, WindowMaker
from qa.types import Span

BUNDLED = Path(__file__).parents[1] / "weights"

Logits: TypeAlias = tuple[NDArray[np.float32], ...]
"""Outputs of the model for one window, each of shape (length,)."""


@dataclass(frozen=True, slots=True)
class PassageReading:
    """The results of reading one passage for one question."""

    spans: tuple[LogitSpan, ...]
    """Best first."""
    sentences: tuple[ScoredSentence, ...]
    """In text order. A model without an evidence head scores a sentence by its best span."""
    relevance: float
    """Log odds that the passage answers the question. A model without a relevance head gives the
    margin of the best span."""


class Reader:
    """An extractive reader: every answer is a character range of a passage."""

    def __init__(  # noqa: PLR0913
        self,
        model: Model,
        tokenizer: Tokenizer,
        *,
        name: str,
        max_window_tokens: int = 384,
        stride_tokens: int = 128,
        max_answer_tokens: int = 30,
        reads_headings: bool = False,
    ) -> None:
        """Create a reader.

        Args:
            model: outputs arrays of shape (length,): start and end logits; the bundled model
                also evidence logits and, read at the first token, the relevance logit.
            tokenizer: the model's tokenizer; its truncation and padding are turned off.
            name: the model's name.
            max_window_tokens: window length including question and special tokens.
            stride_tokens: passage tokens that two neighbouring windows share.
            max_answer_tokens: longest span considered.
            reads_headings: whether the model was trained with headings in front of passages.

        Raises:
            SettingsError: the windows leave no room for a question.
        """
        self.name = name
        self.tokenizer = tokenizer
        self.max_window_tokens = max_window_tokens
        self.model = model
        """Runs the model; may be replaced by another runtime with the same logits."""
        self._maker = WindowMaker(
            tokenizer, max_tokens=max_window_tokens, stride_tokens=stride_tokens
        )
        self._max_answer_tokens = max_answer_tokens
        self._reads_headings = reads_headings

    @classmethod
    def open(cls, model: str | Path | None = None, *, threads: int | None = None) -> Self:
        """Load a reader.

        Args:
            model: None for the bundled model; a folder written by `qa export`; or the folder or id
                of any question-answering model of transformers. An id that is not on this machine
                is downloaded.
            threads: number of cores to use; None for all available ones. Models run by torch use
                torch's own setting.

        Raises:
            ModelError: the model cannot be loaded, or is not trained to answer questions.
        """
        folder = BUNDLED if model is None else Path(model)
        if model is None or ModelFolder.is_at(folder):
            parts = ModelFolder.open(folder, kind="reader", threads=threads)
            names = ("max_window_tokens", "stride_tokens", "max_answer_tokens")
            sizes = {key: int(str(parts.settings[key])) for key in names if key in parts.settings}
            return cls(
                parts.model,
                parts.tokenizer,
                name=parts.name,
                reads_headings=bool(parts.settings.get("reads_headings", False)),
                **sizes,
            )
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
            reads_headings=loaded.has_all_heads,
        )

    def check_question(self, question: str) -> None:
        """Check that a question can be read.

        Raises:
            QuestionError: the question is empty or too long.
        """
        self._maker.encode_question(question)

    def read(self, question: str, contexts: Sequence[str], *, n_best: int = 5) -> list[list[Span]]:
        """Find at most `n_best` spans of each context: one list per context, best first.

        Scores are probabilities over all contexts of the call (see `normalise`), so spans of
        different contexts can be compared. A context without a word has no span.

        Raises:
            QuestionError: the question is empty or too long.
        """
        self.check_question(question)
        inputs = [ReaderInput(question, text) for text in contexts]
        return normalise([reading.spans for reading in self.read_passages(inputs, n_best=n_best)])

    def read_passages(
        self, inputs: Sequence[ReaderInput], *, n_best: int = 5
    ) -> list[PassageReading]:
        """Read questions and passages in one batch; results are in the order given.

        A reading has at most `n_best` spans.

        Raises:
            QuestionError: a question is empty or too long.
        """
        if not self._reads_headings:
            inputs = [one._replace(heading="") for one in inputs]
        windows = self.windows(inputs)
        read: list[list[tuple[Window, Logits]]] = [[] for _ in inputs]
        for window, logits in zip(windows, self.logits(windows), strict=True):
            read[window.context].append((window, logits))
        return [
            self._reading(one.text, found, n_best) for one, found in zip(inputs, read, strict=True)
        ]

    def windows(self, inputs: Sequence[ReaderInput]) -> list[Window]:
        """Cut inputs into the windows that the model is given, in order.

        Raises:
            QuestionError: a question is empty or too long.
        """
        return [window for window in self._maker.windows(inputs) if window.in_context.any()]

    def logits(self, windows: Sequence[Window]) -> list[Logits]:
        """Run the model: its outputs for each window, each of shape (length,), in order."""
        return self.model.run([window.tokens for window in windows])

    def _reading(
        self, text: str, windows: Sequence[tuple[Window, Logits]], n_best: int
    ) -> PassageReading:
        """Combine the windows of one passage."""
        bounds = sentences(text)
        spans = merge(
            (
                window_spans(
                    window,
                    logits[0],
                    logits[1],
                    n_best=n_best,
                    max_answer_tokens=self._max_answer_tokens,
                )
                for window, logits in windows
            ),
            n_best,
        )
        if any(len(logits) < _HEADS for _, logits in windows):
            return _reading_of_spans(spans, bounds)
        scored = (
            one for window, logits in windows for one in sentence_logits(window, logits[2], bounds)
        )
        best = {one.start: one for one in sorted(scored, key=lambda one: one.logit)}
        return PassageReading(
            spans=tuple(spans),
            sentences=tuple(best[start] for start in sorted(best)),
            relevance=max((float(logits[3][0]) for _, logits in windows), default=-np.inf),
        )


_HEADS = 4
"""Outputs of a model with evidence and relevance heads."""


def _reading_of_spans(
    spans: Sequence[LogitSpan], bounds: Sequence[tuple[int, int]]
) -> PassageReading:
    """Derive sentence scores and relevance from the spans of a model that has no other heads."""
    scored = []
    for start, end in bounds:
        inside = [span.margin for span in spans if span.start < end and start < span.end]
        if inside:
            scored.append(ScoredSentence(start, end, max(inside)))
    relevance = max((span.margin for span in spans), default=-np.inf)
    return PassageReading(tuple(spans), tuple(scored), relevance)
