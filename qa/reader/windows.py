"""A question and its contexts as token windows, for serving and for training alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from embeddings import QuestionError, SettingsError, Tokens

__all__ = ["Window", "WindowMaker"]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One question with one stretch of one context, as the model reads it.

    All arrays have the window's own length. `offsets` are half-open character ranges in
    the context, without white space at their ends; of width 0 for a token no answer may begin or
    end at: outside the context (0, 0), inside it white space alone.
    """

    context: int
    """Which context of the call this window was cut from."""
    tokens: Tokens
    """What the model is given."""
    in_context: NDArray[np.bool_]
    """Shape (length,): True for the context's tokens."""
    offsets: NDArray[np.int64]
    """Shape (length, 2)."""

    def __len__(self) -> int:
        return len(self.tokens)


class WindowMaker:
    """Cuts question and context pairs into overlapping windows; only the context is ever cut.

    `max_tokens` is the length of a window with its question and special tokens, `stride_tokens` how
    many context tokens two neighbouring windows share (as in Devlin et al. 2019, section 4.2).
    """

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int, stride_tokens: int) -> None:
        """Take a tokenizer over: it cuts and pads no more, and reads special tokens as text.

        Raises:
            SettingsError: such windows leave no room for a question.
        """
        special_tokens = tokenizer.num_special_tokens_to_add(is_pair=True)
        self._room = max_tokens - special_tokens
        self._stride_tokens = stride_tokens
        self.max_question_tokens = self._room - stride_tokens - 1
        """The longest question that leaves room for a window to move on."""
        if stride_tokens < 0 or self.max_question_tokens < 1:
            raise SettingsError(
                f"Windows of {max_tokens} tokens that share {stride_tokens} leave no room for a "
                f"question and {special_tokens} special tokens: choose longer windows, or a stride "
                "between 0 and the half of a window."
            )
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        # "[SEP]" written in a document is text like any other.
        self._tokenizer.encode_special_tokens = True

    def question_tokens(self, question: str) -> int:
        """Count a question's tokens, without special ones."""
        return len(self._encode(question))

    def shorten_question(self, question: str, max_tokens: int) -> str:
        """Keep the beginning of a question that has more than `max_tokens` tokens."""
        offsets = self._encode(question).offsets
        return question if len(offsets) <= max_tokens else question[: offsets[max_tokens - 1][1]]

    def check_question(self, question: str) -> None:
        """Refuse what cannot be asked.

        Raises:
            QuestionError: the question has no token, or more than `max_question_tokens`.
        """
        self._encode_question(question)

    def windows(self, pairs: Sequence[tuple[str, str]]) -> list[Window]:
        """Cut (question, context) pairs, in order; `Window.context` is the pair's position.

        A context without a token (empty, or white space alone) gives one window in which
        no answer can stand.

        Raises:
            QuestionError: a question has no token, or more than `max_question_tokens`.
        """
        questions = {text: self._encode_question(text) for text, _ in dict.fromkeys(pairs)}
        contexts = self._tokenizer.encode_batch(
            [_encodable(context) for _, context in pairs], add_special_tokens=False
        )
        made: list[Window] = []
        for position, (question, context) in enumerate(pairs):
            encoding = contexts[position]
            room = self._room - len(questions[question])
            if len(encoding) > room:
                encoding.truncate(room, stride=self._stride_tokens)
            for part in [encoding, *encoding.overflowing]:
                pair = self._tokenizer.post_process(questions[question], part)
                made.append(_window(pair, position, context))
        return made

    def words(self, context: str) -> NDArray[np.int64]:
        """Find the words the tokenizer sees: shape (words, 2), half-open characters, in order."""
        encoding = self._encode(context)
        ranges: dict[int | None, tuple[int, int]] = {}
        for word, (start, end) in zip(encoding.word_ids, encoding.offsets, strict=True):
            first, _ = ranges.get(word, (start, end))
            ranges[word] = first, end
        fitted = [_fitted(start, end, context) for start, end in ranges.values()]
        return np.array(fitted, dtype=np.int64).reshape(-1, 2)

    def _encode(self, text: str) -> Encoding:
        return self._tokenizer.encode(_encodable(text), add_special_tokens=False)

    def _encode_question(self, question: str) -> Encoding:
        encoding = self._encode(question)
        if len(encoding) == 0:
            raise QuestionError("The question is empty. Ask in a word or more.")
        if len(encoding) > self.max_question_tokens:
            raise QuestionError(
                f"The question has {len(encoding)} tokens (parts of words), and the reader takes "
                f"at most {self.max_question_tokens}. Ask in fewer words."
            )
        return encoding


def _window(pair: Encoding, position: int, context: str) -> Window:
    in_context = np.array([sequence == 1 for sequence in pair.sequence_ids], dtype=np.bool_)
    offsets = [
        _fitted(start, end, context) if inside else (0, 0)
        for inside, (start, end) in zip(in_context, pair.offsets, strict=True)
    ]
    return Window(
        context=position,
        tokens=Tokens(
            input_ids=np.array(pair.ids, dtype=np.int64),
            type_ids=np.array(pair.type_ids, dtype=np.int64),
        ),
        in_context=in_context,
        offsets=np.array(offsets, dtype=np.int64).reshape(-1, 2),
    )


def _fitted(start: int, end: int, text: str) -> tuple[int, int]:
    """Make a token's range fit to be quoted.

    Byte-level and SentencePiece tokens carry the white space in front of a word; tokenizers that
    strip accents leave the marks of a decomposed letter out of every token.
    """
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    while start < end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return start, end


def _encodable(text: str) -> str:
    """Put `?` for half a surrogate pair, which tokenizers refuse; the offsets stay."""
    return text.encode("utf-8", "replace").decode()
