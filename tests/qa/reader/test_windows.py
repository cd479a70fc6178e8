import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from embeddings import QuestionError, SettingsError
from qa.reader.windows import WindowMaker

PIECES = [
    "cat",
    "Sat",
    "on",
    "İstanbul",
    "ﬁn",
    "ß",
    "日本",
    "😀",
    "👍🏽",
    ".",
    "'s",
    " ",
    "\n",
    "\u00a0",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
SHARED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def tokens_of(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


@pytest.fixture(params=["tokenizer", "byte_tokenizer"])
def any_tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return request.getfixturevalue(request.param)


@SHARED
@given(context=TEXTS, question=st.sampled_from(["who?", "where did the cat"]))
def test_windows_equal_the_truncation_of_the_tokenizer(
    any_tokenizer: Tokenizer, question: str, context: str
) -> None:
    own = Tokenizer.from_str(any_tokenizer.to_str())
    own.enable_truncation(30, stride=5, strategy="only_second")
    encoding = own.encode(question, context)
    expected = [encoding, *encoding.overflowing]

    windows = WindowMaker(any_tokenizer, max_tokens=30, stride_tokens=5).windows(
        [(question, context)]
    )

    assert [w.tokens.input_ids.tolist() for w in windows] == [part.ids for part in expected]
    assert windows[0].tokens.type_ids.tolist() == expected[0].type_ids
    two_types = 1 in expected[0].type_ids
    for window, part in zip(windows, expected, strict=True):
        # The tokenizer's own gives later windows a second type where its template has one only.
        assert window.tokens.type_ids.tolist() == (part.type_ids if two_types else [0] * len(part))
        assert window.in_context.tolist() == [s == 1 for s in part.sequence_ids]
        for inside, (start, end), offsets in zip(
            window.in_context, window.offsets.tolist(), part.offsets, strict=True
        ):
            own_text = context[slice(*offsets)] if inside else ""
            assert context[start:end] == own_text.strip()


@SHARED
@given(context=TEXTS)
def test_windows_cover_every_token_and_share_the_stride(
    any_tokenizer: Tokenizer, context: str
) -> None:
    maker = WindowMaker(any_tokenizer, max_tokens=24, stride_tokens=4)
    parts = [w.tokens.input_ids[w.in_context].tolist() for w in maker.windows([("who", context)])]

    joined = parts[0]
    for part in parts[1:]:
        assert joined[-4:] == part[:4]
        joined = joined + part[4:]
    assert joined == tokens_of(any_tokenizer, context)


@SHARED
@given(context=TEXTS)
def test_tokens_of_a_context_cover_all_but_white_space(
    any_tokenizer: Tokenizer, context: str
) -> None:
    covered = np.zeros(len(context), dtype=bool)
    for window in WindowMaker(any_tokenizer, max_tokens=24, stride_tokens=4).windows(
        [("who", context)]
    ):
        for start, end in window.offsets:
            covered[start:end] = True
    assert "".join(c for c, seen in zip(context, covered, strict=True) if not seen).strip() == ""


@pytest.mark.parametrize(
    ("context", "slices"),
    [
        ("İstanbul", ["İ", "s", "t", "a", "n", "b", "u", "l"]),
        ("😀 cat", ["😀", "cat"]),
        ("The\u00a0CAT, sat", ["The", "CAT", ",", "sat"]),
        ("Öl", ["Ö", "l"]),
    ],
)
def test_offsets_refer_to_the_original_text(
    tokenizer: Tokenizer, context: str, slices: list[str]
) -> None:
    maker = WindowMaker(tokenizer, max_tokens=64, stride_tokens=8)
    (window,) = maker.windows([("who", context)])
    assert [context[s:e] for s, e in window.offsets[window.in_context]] == slices


def test_decomposed_letter_keeps_its_accent(tokenizer: Tokenizer) -> None:
    context = "O\u0308l a\u0301\u0323 cat"
    maker = WindowMaker(tokenizer, max_tokens=64, stride_tokens=8)
    (window,) = maker.windows([("who", context)])
    found = [context[s:e] for s, e in window.offsets[window.in_context]]
    assert found == ["O\u0308", "l", "a\u0301\u0323", "cat"]


def test_byte_tokens_are_stripped_and_space_gives_no_candidate(
    byte_tokenizer: Tokenizer,
) -> None:
    maker = WindowMaker(byte_tokenizer, max_tokens=64, stride_tokens=8)
    (window,) = maker.windows([("who", "a b\n é")])
    assert window.offsets[window.in_context].tolist() == [
        [0, 1],
        [2, 3],
        [4, 4],
        [5, 5],
        [5, 6],
        [5, 6],
    ]


@pytest.mark.parametrize("context", ["", " \n\t"])
def test_blank_context_gives_one_window_without_candidates(
    any_tokenizer: Tokenizer, context: str
) -> None:
    windows = WindowMaker(any_tokenizer, max_tokens=24, stride_tokens=4).windows(
        [("who", context), ("who", "cat")]
    )
    assert [w.context for w in windows] == [0, 1]
    assert (windows[0].offsets[:, 0] == windows[0].offsets[:, 1]).all()


def test_longest_question_leaves_room_for_context_beyond_the_stride(tokenizer: Tokenizer) -> None:
    maker = WindowMaker(tokenizer, max_tokens=20, stride_tokens=4)
    assert maker.max_question_tokens == 20 - 3 - 4 - 1
    longest = "cat " * maker.max_question_tokens
    assert len(tokenizer.encode(longest, add_special_tokens=False)) == maker.max_question_tokens
    assert [len(w) for w in maker.windows([(longest, "dog " * 8)])] == [20, 20, 20, 20]


@pytest.mark.parametrize("context", ["cat", "cat " * 100])
def test_too_long_question_raises_with_its_length_and_the_limit(
    tokenizer: Tokenizer, context: str
) -> None:
    maker = WindowMaker(tokenizer, max_tokens=20, stride_tokens=4)
    with pytest.raises(QuestionError, match=r"has 13 tokens .* at most 12"):
        maker.windows([("who", context), ("cat " * 13, context)])


@pytest.mark.parametrize("question", ["", "  ", "\u200b"])
def test_empty_question_raises_question_error(tokenizer: Tokenizer, question: str) -> None:
    maker = WindowMaker(tokenizer, max_tokens=20, stride_tokens=4)
    with pytest.raises(QuestionError, match="empty"):
        maker.encode_question(question)


@pytest.mark.parametrize(("max_tokens", "stride_tokens"), [(3, 0), (20, 16), (20, 30), (20, -1)])
def test_windows_without_room_for_a_question_raise_settings_error(
    tokenizer: Tokenizer, max_tokens: int, stride_tokens: int
) -> None:
    with pytest.raises(SettingsError, match=f"Windows of {max_tokens} tokens"):
        WindowMaker(tokenizer, max_tokens=max_tokens, stride_tokens=stride_tokens)


def test_question_is_shortened_at_a_token_boundary(tokenizer: Tokenizer) -> None:
    maker = WindowMaker(tokenizer, max_tokens=20, stride_tokens=4)
    assert maker.shorten_question("Where did the cat sleep?", 3) == "Where did the"
    assert maker.shorten_question("Where did the cat sleep?", 6) == "Where did the cat sleep?"


def test_special_token_in_a_document_is_plain_text(tokenizer: Tokenizer) -> None:
    maker = WindowMaker(tokenizer, max_tokens=40, stride_tokens=4)
    (window,) = maker.windows([("who", "the [SEP] cat [CLS]")])
    assert not set(window.tokens.input_ids[window.in_context]) & {0, 1, 2, 3}


def test_lone_surrogate_does_not_shift_offsets(tokenizer: Tokenizer) -> None:
    maker = WindowMaker(tokenizer, max_tokens=40, stride_tokens=4)
    (window,) = maker.windows([("who \ud83d", "the \ud83d cat")])
    assert window.offsets[window.in_context].tolist() == [[0, 3], [4, 5], [6, 9]]


def test_words_are_those_of_the_tokenizer(tokenizer: Tokenizer, byte_tokenizer: Tokenizer) -> None:
    text = "Mary's café, in İstanbul"
    words = WindowMaker(tokenizer, max_tokens=40, stride_tokens=4).words(text)
    expected = ["Mary", "'", "s", "café", ",", "in", "İstanbul"]
    assert [text[start:end] for start, end in words] == expected
    words = WindowMaker(byte_tokenizer, max_tokens=40, stride_tokens=4).words("Mary in Rome")
    assert words.tolist() == [[0, 4], [5, 7], [8, 12]]


def test_truncation_and_padding_of_the_tokenizer_are_turned_off(tokenizer: Tokenizer) -> None:
    own = Tokenizer.from_str(tokenizer.to_str())
    own.enable_truncation(7)
    own.enable_padding(length=30)
    (window,) = WindowMaker(own, max_tokens=40, stride_tokens=4).windows([("who", "cat " * 20)])
    assert len(window) == 24
