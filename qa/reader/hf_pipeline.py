"""The question-answering pipeline that transformers removed in 5.3: same calls, same results.

Replace `from transformers import pipeline` with `from qa import pipeline`.

In each window, start and end logits become probabilities by a softmax over the tokens of the
context and the first token, which stands for "no answer" (null). The score of a span is
P(start) * P(end). `window_spans` returns the margin of a span over the null, so its score is
exp(margin) times the score of the null. Scores of spans with the same text (extended to whole
words, ignoring case) are added. One thing differs: transformers also added the scores of the same
answer in overlapping windows, which could exceed 1; here the highest score counts.
"""

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from qa.reader.reader import Logits, Reader
from qa.reader.spans import LogitSpan, window_spans
from qa.reader.windows import Window, WindowMaker

Example: TypeAlias = Mapping[str, str]
"""A dictionary with the keys "question" and "context"."""

_IGNORED = frozenset({"batch_size", "num_workers", "padding"})


class Result(TypedDict):
    """An answer as a dictionary: `answer == context[start:end]`.

    If the context does not answer, the answer is empty, from 0 to 0.
    """

    score: float
    """0 to 1."""
    start: int
    end: int
    answer: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the pipeline or of a call, named as in transformers."""

    top_k: int = 1
    """Number of answers to return."""
    doc_stride: int | None = None
    """Context tokens that neighbouring windows share; None: 128, or half of a shorter window."""
    max_answer_len: int = 15
    """Length of the longest answer in tokens."""
    max_seq_len: int | None = None
    """Length of a window in tokens; None: that of the reader, at most 384."""
    max_question_len: int = 64
    """Questions are cut after this many tokens."""
    handle_impossible_answer: bool = False
    """Whether the empty answer can be returned, if its score is high enough."""
    align_to_words: bool = True
    """Whether answers are extended to whole words."""

    def __post_init__(self) -> None:
        for name in ("top_k", "max_answer_len", "max_question_len"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} parameter should be >= 1 (got {getattr(self, name)})")


class QuestionAnsweringPipeline:
    """A reader with the interface of the question-answering pipeline of transformers."""

    def __init__(self, reader: Reader, settings: Settings | None = None) -> None:
        self._reader = reader
        self._settings = Settings() if settings is None else settings

    def __call__(
        self,
        *examples: str | Example | Sequence[Example],
        question: str | Sequence[str] | None = None,
        context: str | Sequence[str] | None = None,
        **settings: object,
    ) -> Result | list[Result] | list[Result | list[Result]]:
        """Answer one question or many.

        Args:
            *examples: dictionaries `{"question": ..., "context": ...}`, a list of them, or a
                question and its context. Replaces `question` and `context`.
            question: a question, or a list.
            context: a context for all questions, or a list of the same length.
            **settings: fields of `Settings`; None means the setting of the pipeline. `batch_size`,
                `num_workers` and `padding` are ignored. `topk` is the old name of `top_k`, `X` and
                `data` are old names of the examples; they cause a warning.

        Returns:
            The answer of a single example (in a list or not), or a list of answers, best first, if
            `top_k` is above 1. For several examples a list of that.

        Raises:
            ValueError: an argument is empty, missing or out of range.
            KeyError: an example does not have both keys.
            TypeError: an argument is unknown.
        """
        given: list[str | Example | Sequence[Example]] = list(examples)
        for name in ("X", "data"):
            if name in settings:
                warnings.warn(
                    f"The argument `{name}` is deprecated: use `question` and `context`.",
                    FutureWarning,
                    stacklevel=2,
                )
                value = settings.pop(name)
                given = given or [value]  # type: ignore[list-item]
        used = _updated(self._settings, settings)
        pairs = _pairs(given, question, context)
        answers = self._answer(pairs, used)
        results = [found if used.top_k > 1 else found[0] for found in answers]
        return results[0] if len(results) == 1 else results

    def _answer(self, pairs: list[tuple[str, str]], settings: Settings) -> list[list[Result]]:
        maker = self._maker(settings)
        question_tokens = min(settings.max_question_len, maker.max_question_tokens)
        windows = maker.windows(
            [(maker.shorten_question(asked, question_tokens), text) for asked, text in pairs]
        )
        per_pair: list[list[tuple[Window, Logits]]] = [[] for _ in pairs]
        for window, logits in zip(windows, self._reader.logits(windows), strict=True):
            per_pair[window.context].append((window, logits))
        words = [maker.words(text) if settings.align_to_words else None for _, text in pairs]
        return [
            _best(context, found, its_words, settings)
            for (_, context), found, its_words in zip(pairs, per_pair, words, strict=True)
        ]

    def _maker(self, settings: Settings) -> WindowMaker:
        """Return a window maker for the settings."""
        length, stride = settings.max_seq_len, settings.doc_stride
        if length is None:
            length = min(self._reader.max_window_tokens, 384)
        if stride is None:
            stride = min(length // 2, 128)
        if stride > length:
            raise ValueError(f"`doc_stride` ({stride}) is larger than `max_seq_len` ({length})")
        return WindowMaker(self._reader.tokenizer, max_tokens=length, stride_tokens=stride)


def pipeline(
    task: str = "question-answering", model: str | Path | Reader | None = None, **settings: object
) -> QuestionAnsweringPipeline:
    """Create a question-answering pipeline.

    Args:
        task: "question-answering".
        model: id or folder of a model (see `Reader.open`), or a reader; None: the bundled reader.
        **settings: fields of `Settings`, or `topk`, the old name of `top_k`. Other arguments of
            transformers (`tokenizer`, `device` ...) are ignored.

    Raises:
        ValueError: the task is unknown, or a setting is out of range.
        ModelError: the model cannot be loaded.
    """
    if task != "question-answering":
        raise ValueError(f"Unknown task {task!r}: use 'question-answering'.")
    known = {*_SETTINGS, "topk"} & settings.keys()
    chosen = _updated(Settings(), {name: settings[name] for name in known})
    reader = model if isinstance(model, Reader) else Reader.open(model)
    return QuestionAnsweringPipeline(reader, chosen)


_SETTINGS = tuple(field.name for field in dataclasses.fields(Settings))


def _updated(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """Return settings with changes.

    Raises:
        ValueError: a value is out of range.
        TypeError: a name is unknown.
    """
    given = {
        name: value for name, value in changes.items() if value is not None and name not in _IGNORED
    }
    if "topk" in given:
        warnings.warn("`topk` is deprecated: use `top_k`.", FutureWarning, stacklevel=3)
        given.setdefault("top_k", given["topk"])
        del given["topk"]
    unknown = sorted(given.keys() - set(_SETTINGS))
    if unknown:
        raise TypeError(
            f"Unknown argument {unknown[0]!r}. Use question, context, {', '.join(_SETTINGS)}."
        )
    return dataclasses.replace(settings, **given)  # type: ignore[arg-type]


def _pairs(
    examples: Sequence[str | Example | Sequence[Example]],
    question: str | Sequence[str] | None,
    context: str | Sequence[str] | None,
) -> list[tuple[str, str]]:
    """Convert the arguments of any form of call to (question, context) pairs."""
    if len(examples) == 2 and all(isinstance(text, str) for text in examples):
        question, context = (str(text) for text in examples)
        examples = ()
    if examples:
        pairs = _example_pairs(examples)
    elif question is None or context is None:
        raise ValueError("Give `question` and `context`, or a dictionary of both.")
    else:
        questions = [question] if isinstance(question, str) else list(question)
        contexts = [context] * len(questions) if isinstance(context, str) else list(context)
        if len(questions) != len(contexts):
            raise ValueError("Questions and contexts don't have the same lengths")
        pairs = list(zip(questions, contexts, strict=True))
    for pair in pairs:
        for name, text in zip(("question", "context"), pair, strict=True):
            if text is None:
                raise ValueError(f"`{name}` cannot be None")
            if not isinstance(text, str):
                raise TypeError(f"`{name}` must be a text, not {type(text).__name__}")
            if not text.strip():
                raise ValueError(f"`{name}` cannot be empty")
    return pairs


def _example_pairs(examples: Sequence[Any]) -> list[tuple[str, str]]:
    if len(examples) == 1 and not isinstance(examples[0], str | Mapping):
        examples = list(examples[0])
    if not all(isinstance(example, Mapping) for example in examples):
        raise ValueError("Give a question and a context, or dictionaries of both.")
    if not all({"question", "context"} <= example.keys() for example in examples):
        raise KeyError("You need to provide a dictionary with keys {question:..., context:...}")
    return [(example["question"], example["context"]) for example in examples]


def _best(
    context: str,
    windows: list[tuple[Window, Logits]],
    words: NDArray[np.int64] | None,
    settings: Settings,
) -> list[Result]:
    """Return the best answers of one context, best first."""
    # Several spans can become one answer, so more of them are needed.
    n_best = settings.top_k if words is None else 2 * settings.top_k + 10
    answers: dict[str, Result] = {}
    nulls = []
    for window, logits in windows:
        start, end = logits[0], logits[1]
        log_null = _log_first(start, window) + _log_first(end, window)
        nulls.append(float(np.exp(log_null)))
        found: dict[str, Result] = {}
        for span in window_spans(
            window, start, end, n_best=n_best, max_answer_tokens=settings.max_answer_len
        ):
            begin, stop = (span.start, span.end) if words is None else _aligned(span, words)
            text, score = context[begin:stop], float(np.exp(span.margin + log_null))
            seen = found.setdefault(
                text.lower(), {"score": 0.0, "start": begin, "end": stop, "answer": text}
            )
            seen["score"] += score
        for key, answer in found.items():
            if key not in answers or answer["score"] > answers[key]["score"]:
                answers[key] = answer
    none: Result = {"score": min(nulls), "start": 0, "end": 0, "answer": ""}
    ranked = list(answers.values())
    if settings.handle_impossible_answer or not ranked:
        ranked.append(none)
    return sorted(ranked, key=lambda answer: -answer["score"])[: settings.top_k]


def _log_first(logits: NDArray[np.float32], window: Window) -> float:
    """Return the log probability of the first token in a softmax over it and the context."""
    chosen = window.in_context.copy()
    chosen[0] = True
    values = logits[chosen].astype(np.float64)
    return float(values[0] - np.logaddexp.reduce(values))


def _aligned(span: LogitSpan, words: NDArray[np.int64]) -> tuple[int, int]:
    """Extend a span to whole words."""
    first = int(np.searchsorted(words[:, 0], span.start, side="right")) - 1
    last = int(np.searchsorted(words[:, 1], span.end, side="left"))
    return int(words[first, 0]), int(words[last, 1])
