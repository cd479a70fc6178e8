"""The question-answering pipeline that transformers removed in 5.3: same calls, same dictionaries.

Old code runs again with `from qa import pipeline` in place of `from transformers import pipeline`.

In each window, start and end logits become probabilities by a softmax over the context's tokens
and the first token, which stands for no answer (the null); a span's score is P(start) * P(end).
`window_spans` gives a span's margin over the null, so that its score is exp(margin) times the
null's score. Spans that read the same once they reach to whole words (their case aside) are added
up, being different readings of one answer. One thing differs: the old pipeline also added up what
overlapping windows said of the same answer, so that scores could pass 1; here the window that is
surest of it counts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from qa.reader.reader import Logits, Reader
from qa.reader.spans import LogitSpan, window_spans
from qa.reader.windows import Window, WindowMaker

__all__ = ["QuestionAnsweringPipeline", "pipeline"]


class Result(TypedDict):
    """An answer as a dictionary: `answer == context[start:end]`.

    The empty answer, from 0 to 0, says that the context does not answer.
    """

    score: float
    """0 to 1."""
    start: int
    end: int
    answer: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be set for the pipeline or for a call, under the names it always had."""

    top_k: int = 1
    """How many answers to return."""
    doc_stride: int | None = None
    """Context tokens that neighbouring windows share; None: 128, or half of a shorter window."""
    max_answer_len: int = 15
    """The longest answer, in tokens."""
    max_seq_len: int | None = None
    """The length of a window in tokens; None for the reader's own, 384 at most."""
    max_question_len: int = 64
    """Questions are cut after so many tokens."""
    handle_impossible_answer: bool = False
    """Whether the empty answer competes, by its score."""
    align_to_words: bool = True
    """Whether answers reach to the ends of their first and last word."""

    def __post_init__(self) -> None:
        for name in ("top_k", "max_answer_len", "max_question_len"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} parameter should be >= 1 (got {getattr(self, name)})")


class QuestionAnsweringPipeline:
    """A reader, called as the question-answering pipeline of transformers was."""

    def __init__(self, reader: Reader, settings: Settings | None = None) -> None:
        self._reader = reader
        self._settings = Settings() if settings is None else settings
        self._made: tuple[tuple[int, int], WindowMaker] | None = None

    def __call__(
        self,
        *examples: str | Mapping[str, str] | Sequence[Mapping[str, str]],
        question: str | Sequence[str] | None = None,
        context: str | Sequence[str] | None = None,
        **settings: int | bool | None,
    ) -> Result | list[Result] | list[Result | list[Result]]:
        """Answer one question or many.

        Args:
            *examples: `{"question": ..., "context": ...}`, or a list of such, or a question and
                its context; in place of the two below.
            question: a question, or a list.
            context: a context for all questions, or a list of as many.
            **settings: see `Settings`; None leaves the pipeline's own. `batch_size`,
                `num_workers` and `padding` are accepted and change nothing.

        Returns:
            For one example (in a list or not) its answer, which with `top_k` above 1 is a list,
            best first; for several examples a list of that.

        Raises:
            ValueError: an argument is empty, missing or out of range.
            KeyError: an example lacks one of its two keys.
        """
        used = _updated(self._settings, settings)
        if len(examples) == 2 and all(isinstance(text, str) for text in examples):
            question, context = (str(text) for text in examples)
            examples = ()
        if len(examples) > 1 or any(isinstance(example, str) for example in examples):
            raise ValueError("Give a question and a context, or a dictionary of both.")
        pairs = _pairs(examples[0] if examples else None, question, context)
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
        return [
            _best(
                context, found, maker.words(context) if settings.align_to_words else None, settings
            )
            for (_, context), found in zip(pairs, per_pair, strict=True)
        ]

    def _maker(self, settings: Settings) -> WindowMaker:
        """Make windows as the settings say; the last maker is kept, calls rarely differ."""
        length, stride = settings.max_seq_len, settings.doc_stride
        if length is None:
            length = min(self._reader.max_window_tokens, 384)
        if stride is None:
            stride = min(length // 2, 128)
        if stride > length:
            raise ValueError(f"`doc_stride` ({stride}) is larger than `max_seq_len` ({length})")
        made = self._made
        if made is None or made[0] != (length, stride):
            maker = WindowMaker(self._reader.tokenizer, max_tokens=length, stride_tokens=stride)
            made = self._made = (length, stride), maker
        return made[1]


def pipeline(
    task: str = "question-answering",
    model: str | Path | Reader | None = None,
    **settings: object,
) -> QuestionAnsweringPipeline:
    """Make a pipeline for the one task there is here.

    Args:
        task: "question-answering".
        model: None for the bundled reader, a model's id or folder (see `Reader.open`), or a reader.
        **settings: see `Settings`. Anything else that transformers took (`tokenizer`, `device` and
            so on) is accepted and changes nothing.

    Raises:
        ValueError: the task is another one, or a setting is out of range.
        ModelError: the model cannot be loaded.
    """
    if task != "question-answering":
        raise ValueError(f"Unknown task {task!r}: the only one here is 'question-answering'.")
    names = {field.name for field in dataclasses.fields(Settings)}
    chosen = _updated(Settings(), {name: settings[name] for name in names & settings.keys()})
    reader = model if isinstance(model, Reader) else Reader.open(model)
    return QuestionAnsweringPipeline(reader, chosen)


def _updated(settings: Settings, changes: Mapping[str, object]) -> Settings:
    given = {
        name: value
        for name, value in changes.items()
        if value is not None and name not in ("batch_size", "num_workers", "padding")
    }
    return dataclasses.replace(settings, **given)  # type: ignore[arg-type]


def _pairs(
    examples: str | Mapping[str, str] | Sequence[Mapping[str, str]] | None,
    question: str | Sequence[str] | None,
    context: str | Sequence[str] | None,
) -> list[tuple[str, str]]:
    """Bring every form of call to (question, context) pairs."""
    if examples is not None and not isinstance(examples, str):
        listed = [examples] if isinstance(examples, Mapping) else list(examples)
        for example in listed:
            if not {"question", "context"} <= example.keys():
                raise KeyError(
                    "You need to provide a dictionary with keys {question:..., context:...}"
                )
        pairs = [(example["question"], example["context"]) for example in listed]
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
            if not text.strip():
                raise ValueError(f"`{name}` cannot be empty")
    return pairs


def _best(
    context: str,
    windows: list[tuple[Window, Logits]],
    words: NDArray[np.int64] | None,
    settings: Settings,
) -> list[Result]:
    """Choose the answers of one context, best first, from its windows and their logits."""
    # Spans of one word become one answer: look at more of them to find enough.
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
    """Take the log probability of the first token, by a softmax over it and the context."""
    chosen = window.in_context.copy()
    chosen[0] = True
    values = logits[chosen].astype(np.float64)
    highest = values.max()
    return float(values[0] - highest - np.log(np.exp(values - highest).sum()))


def _aligned(span: LogitSpan, words: NDArray[np.int64]) -> tuple[int, int]:
    """Extend a span to the beginning of its first word and the end of its last."""
    first = int(np.searchsorted(words[:, 0], span.start, side="right")) - 1
    last = int(np.searchsorted(words[:, 1], span.end, side="left"))
    return int(words[first, 0]), int(words[last, 1])
