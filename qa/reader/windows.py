"""Question and passage pairs as token windows, for serving and training."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from embeddings import QuestionError, SettingsError, Tokens


class ReaderInput(NamedTuple):
    """A question and a passage to read for it."""

    question: str
    text: str
    heading: str = ""
    """Title and section headings of the passage: read for context, never part of an answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The tokens of one question and one part of its passage.

    All arrays have the window's length. `offsets` are half-open character ranges in the passage
    text, without surrounding white space. The width is 0 for tokens at which no answer may start
    or end: question, heading and special tokens (0, 0), and white space.
    """

    context: int
    """Index of the reader input that this window was cut from."""
    tokens: Tokens
    """Model input."""
    in_context: NDArray[np.bool_]
    """Shape (length,): True for tokens of the passage text."""
    offsets: NDArray[np.int64]
    """Shape (length, 2)."""

    def __len__(self) -> int:
        return len(self.tokens)


class WindowMaker:
    """Cuts reader inputs into overlapping windows; only the passage is ever cut.

    `max_tokens` is the window length including question and special tokens, `stride_tokens` the
    number of passage tokens that two neighbouring windows share (Devlin et al. 2019, section 4.2).
    """

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int, stride_tokens: int) -> None:
        """Configure a tokenizer: no truncation, no padding, special tokens read as plain text.

        Raises:
            SettingsError: the windows leave no room for a question.
        """
        special_tokens = tokenizer.num_special_tokens_to_add(is_pair=True)
        self._room = max_tokens - special_tokens
        self._stride_tokens = stride_tokens
        self.max_question_tokens = self._room - stride_tokens - 1
        """Longest question that still leaves room for the passage."""
        if stride_tokens < 0 or self.max_question_tokens < 1:
            raise SettingsError(
                f"Windows of {max_tokens} tokens that share {stride_tokens} leave no room for a "
                f"question and {special_tokens} special tokens: choose longer windows, or a stride "
                "between 0 and the half of a window."
            )
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        # "[SEP]" in a document is plain text, not a special token.
        self._tokenizer.encode_special_tokens = True

    def shorten_question(self, question: str, max_tokens: int) -> str:
        """Cut a question to its first `max_tokens` tokens."""
        offsets = self._encode(question).offsets
        return question if len(offsets) <= max_tokens else question[: offsets[max_tokens - 1][1]]

    def windows(self, inputs: Sequence[ReaderInput | tuple[str, str]]) -> list[Window]:
        """Cut reader inputs into windows, in order; `Window.context` is the input's position.

        The heading precedes the text, in the first window only. A text without a token (empty, or
        only white space) gives one window in which no answer is possible.

        Raises:
            QuestionError: a question has no token, or more than `max_question_tokens`.
        """
        given = [ReaderInput(*one) for one in inputs]
        questions = {one: self.encode_question(one) for one in {each.question for each in given}}
        prefixes = [f"{one.heading}\n" if one.heading else "" for one in given]
        encodings = self._tokenizer.encode_batch(
            [_encodable(prefix + one.text) for prefix, one in zip(prefixes, given, strict=True)],
            add_special_tokens=False,
        )
        made: list[Window] = []
        for position, (one, prefix) in enumerate(zip(given, prefixes, strict=True)):
            question, encoding = questions[one.question], encodings[position]
            room = self._room - len(question)
            if len(encoding) > room:
                encoding.truncate(room, stride=self._stride_tokens)
            for part in [encoding, *encoding.overflowing]:
                pair = self._tokenizer.post_process(question, part)
                made.append(_window(pair, position, one.text, text_start=len(prefix)))
        return made

    def words(self, context: str) -> NDArray[np.int64]:
        """Return the tokenizer's words: shape (words, 2), half-open character ranges, in order."""
        encoding = self._encode(context)
        ranges: dict[int | None, tuple[int, int]] = {}
        for word, (start, end) in zip(encoding.word_ids, encoding.offsets, strict=True):
            first, _ = ranges.get(word, (start, end))
            ranges[word] = first, end
        fitted = [_fitted(start, end, context) for start, end in ranges.values()]
        return np.array(fitted, dtype=np.int64).reshape(-1, 2)

    def _encode(self, text: str) -> Encoding:
        return self._tokenizer.encode(_encodable(text), add_special_tokens=False)

    def encode_question(self, question: str) -> Encoding:
        """Return the tokens of a question.

        Raises:
            QuestionError: the question has no token, or more than `max_question_tokens`.
        """
        encoding = self._encode(question)
        if len(encoding) == 0:
            raise QuestionError("The question is empty: type one.")
        if len(encoding) > self.max_question_tokens:
            raise QuestionError(
                f"The question has {len(encoding)} tokens (parts of words), and the reader takes "
                f"at most {self.max_question_tokens}. Ask in fewer words."
            )
        return encoding


def _window(pair: Encoding, position: int, text: str, *, text_start: int) -> Window:
    in_context = np.array(
        [
            sequence == 1 and start >= text_start
            for sequence, (start, _) in zip(pair.sequence_ids, pair.offsets, strict=True)
        ],
        dtype=np.bool_,
    )
    offsets = [
        _fitted(start - text_start, end - text_start, text) if inside else (0, 0)
        for inside, (start, end) in zip(in_context, pair.offsets, strict=True)
    ]
    return Window(
        context=position,
        tokens=Tokens.of(pair),
        in_context=in_context,
        offsets=np.array(offsets, dtype=np.int64).reshape(-1, 2),
    )


def _fitted(start: int, end: int, text: str) -> tuple[int, int]:
    """Adjust a token's character range for quoting.

    Byte-level and SentencePiece tokens include the white space before a word. Tokenizers that
    strip accents leave combining marks out of every token.
    """
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    while start < end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return start, end


def _encodable(text: str) -> str:
    """Replace lone surrogates, which tokenizers reject, with `?`; offsets stay the same."""
    return text.encode("utf-8", "replace").decode()
