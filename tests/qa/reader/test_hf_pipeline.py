from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from qa.reader.hf_pipeline import QuestionAnsweringPipeline, pipeline
from qa.reader.reader import Reader

MakeModel = Callable[[Mapping[str, float]], Any]
LOGITS = {"[CLS]": 0, "roof": 2, "mat": 1, "london": 1.5, "p": 1, "##s": 0.5, "a": 0.25, "the": -1}
QUESTION = "Where did the cat sleep?"
CONTEXT = "The cat slept on the roof in London. The dog sat on the mat."


@pytest.fixture
def reader(tokenizer: Tokenizer, word_model: MakeModel) -> Reader:
    return Reader(word_model(LOGITS), tokenizer, name="words")


@pytest.fixture
def answer(reader: Reader) -> QuestionAnsweringPipeline:
    return pipeline("question-answering", model=reader)


def token_probabilities(tokenizer: Tokenizer, context: str) -> tuple[list[tuple[int, int]], Any]:
    """The softmax over the context's tokens and the first one, which comes at index 0."""
    encoding = tokenizer.encode(context, add_special_tokens=False)
    logits = np.array([LOGITS["[CLS]"], *(LOGITS.get(token, -10) for token in encoding.tokens)])
    return encoding.offsets, np.exp(logits) / np.exp(logits).sum()


def test_score_is_the_product_of_start_and_end_probability(
    answer: QuestionAnsweringPipeline, tokenizer: Tokenizer
) -> None:
    offsets, probability = token_probabilities(tokenizer, CONTEXT)
    expected: dict[str, tuple[float, int, int]] = {}
    for i, (start, _) in enumerate(offsets):
        for j in range(i, min(i + 4, len(offsets))):
            end = offsets[j][1]
            score = probability[i + 1] * probability[j + 1]
            expected[CONTEXT[start:end]] = (score, start, end)
    ranked = sorted(expected.items(), key=lambda item: -item[1][0])[:6]

    found = answer(question=QUESTION, context=CONTEXT, top_k=6, max_answer_len=4)

    assert [a["answer"] for a in found] == [text for text, _ in ranked]
    for result, (_, (score, start, end)) in zip(found, ranked, strict=True):
        assert (result["start"], result["end"]) == (start, end)
        assert result["score"] == pytest.approx(score)


def test_one_answer_is_a_dictionary_and_more_are_a_list(answer: QuestionAnsweringPipeline) -> None:
    best = answer(question=QUESTION, context=CONTEXT)
    assert set(best) == {"score", "start", "end", "answer"}
    assert best["answer"] == "roof" == CONTEXT[best["start"] : best["end"]]
    first, second = answer(question=QUESTION, context=CONTEXT, top_k=2)
    assert first["answer"] == "roof"
    assert second["answer"] == "roof in London"
    assert [type(first[key]) for key in ("score", "start", "end", "answer")] == [
        float,
        int,
        int,
        str,
    ]


def test_every_form_of_call_gives_the_same_answers(answer: QuestionAnsweringPipeline) -> None:
    one = answer(question=QUESTION, context=CONTEXT)
    other = answer(question="who", context="Mary went to London")
    first = {"question": QUESTION, "context": CONTEXT}
    second = {"question": "who", "context": "Mary went to London"}
    assert answer(first) == answer([first]) == one
    assert answer(question=[QUESTION], context=[CONTEXT]) == one
    assert answer([first, second]) == [one, other]
    assert answer(question=[QUESTION, "who"], context=[CONTEXT, "Mary went to London"]) == [
        one,
        other,
    ]
    assert answer(first, second) == [one, other]
    assert answer(question=[QUESTION, QUESTION], context=CONTEXT) == [one, one]
    assert answer([first, second], top_k=2) == [answer(first, top_k=2), answer(second, top_k=2)]


def test_empty_answer_is_ranked_by_its_score(
    answer: QuestionAnsweringPipeline, tokenizer: Tokenizer
) -> None:
    context = "the dog"
    _, probability = token_probabilities(tokenizer, context)
    result = answer(question=QUESTION, context=context, handle_impossible_answer=True)
    assert result == {
        "score": pytest.approx(probability[0] ** 2),
        "start": 0,
        "end": 0,
        "answer": "",
    }
    assert answer(question=QUESTION, context=context)["answer"] == "the"
    found = answer(question=QUESTION, context=CONTEXT, handle_impossible_answer=True, top_k=20)
    scores = [a["score"] for a in found]
    assert scores == sorted(scores, reverse=True)
    assert [a["answer"] for a in found].count("") == 1


def test_empty_answer_has_its_lowest_score_of_all_windows(
    answer: QuestionAnsweringPipeline,
) -> None:
    alone = answer(question="who", context="roof", handle_impossible_answer=True, top_k=2)
    long = answer(
        question="who",
        context="dog " * 40 + "roof",
        handle_impossible_answer=True,
        top_k=2,
        max_seq_len=16,
    )
    empty = [next(a["score"] for a in found if a["answer"] == "") for found in (alone, long)]
    assert empty[1] == pytest.approx(empty[0], rel=1e-3)


def test_spans_are_extended_to_words_and_their_scores_added(
    answer: QuestionAnsweringPipeline, tokenizer: Tokenizer
) -> None:
    context = "on maps."
    _, probability = token_probabilities(tokenizer, context)
    # "maps" reads m ##a ##p ##s here; every span from one of its pieces to another is the word.
    pieces = probability[2:6]
    whole = sum(pieces[i] * pieces[j] for i in range(4) for j in range(i, 4))

    aligned = answer(question="who", context=context)
    exact = answer(question="who", context=context, align_to_words=False)

    assert aligned == {
        "score": pytest.approx(whole, rel=1e-4),
        "start": 3,
        "end": 7,
        "answer": "maps",
    }
    assert exact == {"score": pytest.approx(pieces[3] ** 2), "start": 6, "end": 7, "answer": "s"}


def test_repeated_words_are_one_answer_at_the_likeliest_place(
    answer: QuestionAnsweringPipeline, tokenizer: Tokenizer
) -> None:
    context = "Mat. The mat."
    _, probability = token_probabilities(tokenizer, context)
    result = answer(question="who", context=context)
    assert result == {
        "score": pytest.approx(probability[1] ** 2 + probability[4] ** 2),
        "start": 0,
        "end": 3,
        "answer": "Mat",
    }


def test_score_from_overlapping_windows_is_at_most_1(
    tokenizer: Tokenizer, word_model: MakeModel
) -> None:
    model = word_model({"[CLS]": 0, "roof": 9})
    answer = pipeline(model=Reader(model, tokenizer, name="words"))
    context = "the dog sat on the mat . the roof . the dog sat on the mat . the dog sat"
    result = answer(question="who", context=context, max_seq_len=20, doc_stride=12)
    assert result["answer"] == "roof"
    assert 0.99 < result["score"] <= 1


def test_answer_in_several_windows_has_the_highest_score(
    answer: QuestionAnsweringPipeline,
) -> None:
    sure, torn = "dog roof " + "dog " * 10, "roof mat london mat london mat " + "dog " * 6
    # Each is the context of one window.
    cut = {"max_seq_len": 16, "doc_stride": 0}
    apart = [answer(question="who", context=text, **cut) for text in (sure, torn)]
    assert apart[0]["answer"] == apart[1]["answer"] == "roof"
    assert apart[0]["score"] > apart[1]["score"]
    for context, start in ((sure + torn, 4), (torn + sure, len(torn) + 4)):
        assert answer(question="who", context=context, **cut) == apart[0] | {
            "start": start,
            "end": start + 4,
        }


def test_max_seq_len_and_doc_stride_set_the_windows(
    tokenizer: Tokenizer, word_model: MakeModel
) -> None:
    model = word_model(LOGITS)
    answer = pipeline(model=Reader(model, tokenizer, name="words"))
    answer(question="who", context="dog " * 30, max_seq_len=16, doc_stride=4)
    # 12 tokens of context a window, 8 of them new in every further one: 12 + 2 * 8 + 2.
    assert model.lengths == [16, 16, 16, 10]
    model.lengths.clear()
    answer(question="who", context="dog " * 30)
    assert model.lengths == [34]


def test_long_question_is_truncated(tokenizer: Tokenizer, word_model: MakeModel) -> None:
    model = word_model(LOGITS)
    answer = pipeline(model=Reader(model, tokenizer, name="words"))
    answer(question="who " * 100, context="the roof", max_question_len=10)
    answer(question="who " * 100, context="the roof")
    answer(question="who " * 100, context="the roof", max_seq_len=20)
    assert model.lengths == [10 + 2 + 3, 64 + 2 + 3, 6 + 2 + 3]


def test_call_arguments_override_pipeline_settings(reader: Reader) -> None:
    answer = pipeline("question-answering", model=reader, top_k=3, device=-1, tokenizer=None)
    assert len(answer(question=QUESTION, context=CONTEXT)) == 3
    assert len(answer(question=QUESTION, context=CONTEXT, top_k=2, batch_size=8)) == 2
    assert len(answer(question=QUESTION, context=CONTEXT, top_k=None)) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"question": "", "context": CONTEXT}, "`question` cannot be empty"),
        ({"question": QUESTION, "context": ""}, "`context` cannot be empty"),
        ({"question": QUESTION, "context": " \n"}, "`context` cannot be empty"),
        ({"question": [QUESTION], "context": [None]}, "`context` cannot be None"),
        ({"question": [QUESTION] * 2, "context": [CONTEXT]}, "the same lengths"),
        ({"question": QUESTION}, "Give `question` and `context`"),
        ({"question": QUESTION, "context": CONTEXT, "top_k": 0}, r"top_k .* >= 1 \(got 0\)"),
        (
            {"question": QUESTION, "context": CONTEXT, "max_answer_len": 0},
            r"max_answer_len .* >= 1",
        ),
        (
            {"question": QUESTION, "context": CONTEXT, "doc_stride": 50, "max_seq_len": 40},
            r"`doc_stride` \(50\) is larger than `max_seq_len` \(40\)",
        ),
    ],
)
def test_invalid_arguments_raise_value_error(
    answer: QuestionAnsweringPipeline, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        answer(**arguments)


@pytest.mark.parametrize("name", ["X", "data"])
def test_old_names_of_examples_cause_a_warning(
    answer: QuestionAnsweringPipeline, name: str
) -> None:
    example = {"question": QUESTION, "context": CONTEXT}
    with pytest.warns(FutureWarning, match=f"`{name}` is deprecated"):
        assert answer(**{name: example}) == answer(example)
    with pytest.warns(FutureWarning, match=f"`{name}` is deprecated"):
        assert answer(**{name: [example, example]}) == answer([example, example])


def test_topk_causes_a_warning_and_sets_top_k(reader: Reader) -> None:
    with pytest.warns(FutureWarning, match="use `top_k`"):
        answer = pipeline("question-answering", model=reader, topk=3)
    assert len(answer(question=QUESTION, context=CONTEXT)) == 3
    with pytest.warns(FutureWarning, match="use `top_k`"):
        assert len(answer(question=QUESTION, context=CONTEXT, topk=2)) == 2


def test_example_without_context_raises_key_error(answer: QuestionAnsweringPipeline) -> None:
    with pytest.raises(KeyError, match="dictionary with keys"):
        answer({"question": QUESTION})


def test_question_that_is_not_text_raises_type_error(answer: QuestionAnsweringPipeline) -> None:
    with pytest.raises(TypeError, match="`question` must be a text, not list"):
        answer({"question": [QUESTION], "context": CONTEXT})


def test_unknown_argument_raises_type_error(answer: QuestionAnsweringPipeline) -> None:
    with pytest.raises(TypeError, match="topp_k"):
        answer(question=QUESTION, context=CONTEXT, topp_k=2)


def test_other_tasks_are_refused() -> None:
    with pytest.raises(ValueError, match="'summarization'"):
        pipeline("summarization")


def test_question_and_context_may_be_positional() -> None:
    answer = pipeline()
    given = {"question": "Who came?", "context": "Only Ada came."}
    assert answer(given["question"], given["context"]) == answer(**given) == answer(given)
    for wrong in (("Who came?",), ("Who?", "Ada.", "Bob."), (given, "Who?")):
        with pytest.raises(ValueError, match="Give a question and a context"):
            answer(*wrong)
