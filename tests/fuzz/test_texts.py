"""Any text or question is parsed or left unchanged, and offsets stay exact."""

import datetime
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings import Chunking, Document, Index, QuestionError
from embeddings.dates import (
    dateline,
    file_name_date,
    leading_date,
    leading_title,
    news_header,
    parse_date,
)
from qa import Assistant, Reader, Turn
from qa.answering.comparison.normalization import agree, value_of
from qa.answering.near_duplicates import find_near_duplicates
from qa.dates import date_of, parse_time_range
from qa.followups import standalone
from qa.reader.windows import WindowMaker

FUZZ = settings(deadline=None)
WITH_MODELS = settings(deadline=None, max_examples=max(30, settings.default.max_examples // 10))

WORDS = """Who What When Where did was is the a an in on at since until by of and or last this next
week month year day days May march 16 Sept. September 2020 1999 12,000 3.5 million two first early
mid- late quarter Q3 1990s century Monday Tuesday yesterday ago Ankara U.S. Mr. O'Neil he she it
they there then that his one ones news published what about why how many much – — - ' " “ ” ( ) , .
? ! : ; / % $ € 2020-09-16 16/9/2020 31 February 99999 0""".split()
SIGNS = [
    *("\0", "\t", "\n", "\r\n", "\x1f", "\x85", "\u2028", "\u00a0", "\u3000", "\ufeff", " " * 40),
    *(
        "e\u0301",
        "\u0301" * 9,
        "שלום",
        "مرحبا",
        "\u202e",
        "\u2067",
        "👨‍👩‍👧‍👦",
        "🇹🇷",
        "İ",
        "ß",
        "ﬁ",
    ),
    *("字。", "ไทย", "नमस्ते", "٣", "²", "Ⅷ", "１２", "\U0001d7d8", "\ud800", "x" * 120, "[SEP]"),
]
TEXTS = (
    st.text(max_size=200)
    | st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)
    | st.lists(st.sampled_from([*WORDS, *SIGNS]) | st.text(max_size=3), max_size=30).map(" ".join)
    | st.lists(st.sampled_from([*WORDS, *SIGNS, " "]), max_size=30).map("".join)
)
DAYS = st.dates() | st.sampled_from([datetime.date.min, datetime.date.max])


@FUZZ
@given(text=TEXTS)
def test_any_text_gives_valid_dates_or_none(text: str) -> None:
    for day in (parse_date(text), leading_date(text), file_name_date(text)):
        assert day is None or 1000 <= day.year <= 2999
    header, city, title = news_header(text), dateline(text), leading_title(text)
    assert header is None or header.title == " ".join(header.title.split())
    assert city is None or city in text
    assert title in text


@FUZZ
@given(text=st.lists(st.sampled_from([*WORDS, "GMT", "+03:00", "T10:30", "Z"]), max_size=6))
def test_date_like_text_gives_its_own_year_or_none(text: list[str]) -> None:
    for value in (" ".join(text), "".join(text)):
        day = parse_date(value)
        assert day is None or str(day.year) in value


@FUZZ
@given(question=TEXTS, as_of=DAYS)
def test_any_question_gives_a_valid_time_range_or_none(question: str, as_of: datetime.date) -> None:
    window = parse_time_range(question, as_of)
    if window is not None:
        assert 0 <= window.start < window.end <= len(question)
        assert window.before <= as_of
        assert window.after is None or window.after <= window.before
        assert window.preference.nearness(as_of) >= 0
        assert window.question_without_time(question)


@FUZZ
@given(text=TEXTS, published=st.none() | DAYS, data=st.data())
def test_any_span_of_a_text_gives_an_ordered_period_or_none(
    text: str, published: datetime.date | None, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    period = date_of(text, start, end, published=published)
    assert period is None or period.first <= period.last


@FUZZ
@given(question=TEXTS, history=st.lists(st.builds(Turn, TEXTS, st.none() | TEXTS), max_size=3))
def test_any_conversation_gives_a_standalone_question(question: str, history: list[Turn]) -> None:
    understood = standalone(question, history)
    assert understood == question or understood.strip()
    assert standalone(question, []) == question


@FUZZ
@given(one=TEXTS, other=TEXTS)
def test_agreement_of_any_two_answers_is_symmetric(one: str, other: str) -> None:
    values = value_of(one), value_of(other)
    assert agree(*values) == agree(*reversed(values))
    assert agree(values[0], values[0])
    assert all(
        first <= place for place, first in enumerate(find_near_duplicates([one, other, one]))
    )


@FUZZ
@given(text=TEXTS, words=st.integers(1, 30), overlap=st.integers(0, 15))
def test_chunks_of_any_text_are_slices_of_it(text: str, words: int, overlap: int) -> None:
    chunking = Chunking(words=words, overlap_words=min(overlap, words // 2))
    chunks = chunking.split(Document(id="a", text=text))
    assert all(chunk.text == text[chunk.start : chunk.end] for chunk in chunks)
    assert bool(chunks) == bool(text.strip())


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.open()


@FUZZ
@given(context=TEXTS, question=TEXTS)
def test_window_offsets_of_any_context_are_within_it(
    reader: Reader, context: str, question: str
) -> None:
    maker = WindowMaker(reader.tokenizer, max_tokens=48, stride_tokens=8)
    question = maker.shorten_question(question, 12)
    try:
        windows = maker.windows([(question, context)])
    except QuestionError:
        return
    for window in windows:
        assert len(window) <= 48
        for start, end in window.offsets[window.in_context]:
            assert 0 <= start <= end <= len(context)


@WITH_MODELS
@given(question=TEXTS, contexts=st.lists(TEXTS, min_size=1, max_size=3))
def test_spans_of_any_context_are_words_of_it(
    reader: Reader, question: str, contexts: list[str]
) -> None:
    try:
        found = reader.read(question, contexts)
    except QuestionError:
        return
    for context, spans in zip(contexts, found, strict=True):
        assert bool(spans) <= bool(context.strip())
        for span in spans:
            assert 0 <= span.start < span.end <= len(context)
            assert 0 <= span.score <= 1
            words = context[span.start : span.end]
            assert words == words.strip()


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory):
    with Index.open(tmp_path_factory.mktemp("fuzz") / "index", create=True) as index:
        kept = [
            "ANKARA — A Turkish delegation met in Moscow on 16 September 2020. “Enough,” he said.",
            "👨‍👩‍👧‍👦 e\u0301\u0301 שלום. The mayor of Haifa is Ada Berg \u202e. İstanbul 字。",
            "x" * 3000 + " 12,000 people were displaced in May 2020.",
        ]
        report = index.add(
            Document(id=str(number), text=text, date=datetime.date(2020, 9, number + 1))
            for number, text in enumerate(kept)
        )
        assert len(report.added) == 3
        yield Assistant(index, Reader.open())


@WITH_MODELS
@given(question=TEXTS)
def test_any_question_is_searched(assistant: Assistant, question: str) -> None:
    hits = assistant.index.search(question, 3)
    assert len(hits) == 3
    assert all(0 <= hit.score <= 1 for hit in hits)


@WITH_MODELS
@given(question=TEXTS, history=st.lists(st.builds(Turn, TEXTS, st.none() | TEXTS), max_size=2))
def test_answers_to_any_question_are_quotations(
    assistant: Assistant, question: str, history: list[Turn]
) -> None:
    try:
        reply = assistant.ask(question, history=history, min_score=0)
    except QuestionError:
        return
    for answer in reply.answers:
        assert answer.document.text[answer.start : answer.end] == answer.text
        assert answer.text.strip()


@pytest.mark.parametrize("sign", [*WORDS, *SIGNS, "1 May", "week of 3 June", "Q1", "the end of"])
def test_question_of_one_repeated_token_is_parsed_fast(reader: Reader, sign: str) -> None:
    as_of = datetime.date(2020, 9, 16)
    maker = WindowMaker(reader.tokenizer, max_tokens=reader.max_window_tokens, stride_tokens=128)
    for unit in (sign, f"{sign} ", f"{sign}{' ' * 2000}"):
        question = maker.shorten_question((unit * 10_000)[:10_000], maker.max_question_tokens)
        began = time.process_time()
        parse_time_range(question, as_of)
        standalone(question, [Turn("Who headed the delegation?", "Sedat Önal")])
        standalone("Where did he go?", [Turn(question, None)])
        value_of(question[:200])
        assert time.process_time() - began < 2, unit
