import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from transformers import BertForQuestionAnswering

from embeddings import ModelError, ModelFolder, QuestionError
from qa.reader.reader import Reader
from qa.reader.spans import LogitSpan, normalise
from qa.reader.windows import ReaderInput, WindowMaker
from tests.tiny_bert import save_bert

QUESTION = "Where did the cat sleep?"
MakeModel = Callable[[Mapping[str, float]], Any]


@pytest.fixture
def reader(tokenizer: Tokenizer, word_model: MakeModel) -> Reader:
    model = word_model({"[CLS]": 0, "roof": 3, "mat": 1})
    return Reader(model, tokenizer, name="words", max_window_tokens=24, stride_tokens=4)


def spans_of(
    reader: Reader, *pairs: tuple[str, str], n_best: int = 5
) -> list[tuple[LogitSpan, ...]]:
    """Return the spans of question and passage pairs read in one call."""
    inputs = [ReaderInput(*pair) for pair in pairs]
    return [reading.spans for reading in reader.read_passages(inputs, n_best=n_best)]


def test_best_span_of_a_context_comes_first(reader: Reader) -> None:
    context = "The cat slept on the roof. The dog sat on the mat."
    (spans,) = reader.read(QUESTION, [context])
    assert [context[s.start : s.end] for s in spans[:2]] == [
        "roof",
        "roof. The dog sat on the mat",
    ]
    assert all(a.score >= b.score for a, b in itertools.pairwise(spans))


def test_scores_are_normalised_over_all_contexts_of_a_call(reader: Reader) -> None:
    contexts = ["The mat.", "", "The roof.", " \n"]
    mat, empty, roof, blank = reader.read(QUESTION, contexts, n_best=1)
    assert empty == blank == []
    # Start and end logit of each, against a null of 0.
    total = 1 + np.exp(6) + np.exp(2)
    assert roof[0].score == pytest.approx(np.exp(6) / total)
    assert mat[0].score == pytest.approx(np.exp(2) / total)


def test_margins_of_several_calls_normalise_to_scores_of_one_call(reader: Reader) -> None:
    contexts = ["The cat sat on the mat.", "The roof.", "Mary went to London."]
    apart = [spans_of(reader, (QUESTION, context))[0] for context in contexts]
    assert normalise(apart) == reader.read(QUESTION, contexts)


def test_long_context_is_read_to_its_end_without_repeated_spans(reader: Reader) -> None:
    context = "the dog sat . " * 30 + "on the roof"
    ((best, *rest),) = spans_of(reader, (QUESTION, context), n_best=8)
    assert best == LogitSpan(len(context) - 4, len(context), 6.0)
    places = [(span.start, span.end) for span in [best, *rest]]
    assert len(set(places)) == 8


def test_pairs_are_answered_in_the_order_given(tokenizer: Tokenizer, word_model: MakeModel) -> None:
    model = word_model({"[CLS]": 0, "roof": 3, "mat": 1, "london": 2})
    reader = Reader(model, tokenizer, name="words")
    pairs = [
        ("who", "the mat"),
        (QUESTION, "the dog sat on the dog sat on the dog on the roof"),
        ("where", ""),
        ("who", "in London"),
    ]
    apart = [spans_of(reader, pair)[0] for pair in pairs]
    assert spans_of(reader, *pairs) == apart
    assert [spans[0].margin if spans else None for spans in apart] == [2, 6, None, 4]


def test_spans_do_not_depend_on_other_contexts_of_the_call(reader: Reader) -> None:
    contexts = ["the mat", "the cat sat on the mat and the dog"]
    apart = [spans_of(reader, ("who", context))[0] for context in contexts]
    assert spans_of(reader, *(("who", context) for context in contexts)) == apart


def test_logits_have_the_order_of_the_windows(reader: Reader, tokenizer: Tokenizer) -> None:
    windows = WindowMaker(tokenizer, max_tokens=24, stride_tokens=4).windows(
        [("who", "mat"), ("who", "the cat sat on the roof"), ("who", "the mat")]
    )
    for window, (start, end) in zip(windows, reader.logits(windows), strict=True):
        expected = reader.model.start[window.tokens.input_ids]  # type: ignore[attr-defined]
        assert start.tolist() == end.tolist() == expected.tolist()


def test_no_context_gives_no_spans(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == []
    assert reader.read_passages([]) == []


@pytest.mark.parametrize("contexts", [[], ["the cat"]])
@pytest.mark.parametrize(("question", "message"), [(" ", "empty"), ("cat " * 20, "20 tokens")])
def test_invalid_question_raises_with_and_without_contexts(
    reader: Reader, question: str, message: str, contexts: list[str]
) -> None:
    with pytest.raises(QuestionError, match=message):
        reader.read(question, contexts)


def test_transformers_folder_opens(tokenizer: Tokenizer, tmp_path: Path) -> None:
    own = Tokenizer.from_str(tokenizer.to_str())
    save_bert(BertForQuestionAnswering, tmp_path, own, max_position_embeddings=32)

    reader = Reader.open(tmp_path)

    assert reader.max_window_tokens == 32
    context = "the cat slept on the roof . " * 20
    (spans,) = reader.read(QUESTION, [context])
    assert len(spans) == 5
    assert sum(span.score for span in spans) < 1


def test_model_folder_with_missing_checksums_raises_model_error(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.json").write_text(json.dumps({"kind": "reader", "name": "broken"}))
    (tmp_path / "SHA256SUMS").write_text("")
    assert ModelFolder.is_at(tmp_path)
    with pytest.raises(ModelError, match=r"model\.onnx"):
        Reader.open(tmp_path)
