import dataclasses
from collections.abc import Mapping, Sequence

import pytest

from embeddings import Chunk, Filter, Hit
from qa.answering.early_stopping import read_until_settled
from qa.answering.retrieval import SearchRequest
from qa.reader.reader import PassageReading
from qa.reader.spans import LogitSpan
from qa.reader.windows import ReaderInput
from tests.qa.answering.readings import reading


class FakeReader:
    """Reader that finds the first word of each context, with the given log odds."""

    def __init__(self, margins: Mapping[str, float]) -> None:
        self._margins = margins
        self.calls: list[list[tuple[str, str]]] = []

    def read_passages(self, inputs: Sequence[ReaderInput], *, n_best: int) -> list[PassageReading]:
        self.calls.append([(one.question, one.text) for one in inputs])
        words = [one.text.split()[0] for one in inputs]
        return [reading(LogitSpan(0, len(word), self._margins[word])) for word in words]


def request(question: str) -> SearchRequest:
    return SearchRequest(question, Filter(), preference=None, question_without_time=question)


def hits(*words: str) -> list[Hit]:
    texts = [f"{word} it is." for word in words]
    chunks = [Chunk(word, 0, len(text), text) for word, text in zip(words, texts, strict=True)]
    return [
        Hit(chunk, score=0.5, lexical=1.0, dense=0.9 - number / 10)
        for number, chunk in enumerate(chunks)
    ]


COUNTED = "One", "Two", "Three", "Four", "Five", "Six"


@pytest.mark.parametrize(
    ("sure", "read"), [("One", 2), ("Two", 2), ("Three", 4), ("Four", 4), ("Five", 6), (None, 6)]
)
def test_hits_are_read_until_the_answer_is_settled(sure: str | None, read: int) -> None:
    reader = FakeReader({word: 8.0 if word == sure else -8.0 for word in COUNTED})
    aggregated = read_until_settled(reader, request("Which?"), hits(*COUNTED), min_read=2)
    assert [hit.chunk.document_id for hit in aggregated.hits] == [*COUNTED[:read]]
    assert [context for call in reader.calls for _, context in call] == [
        f"{word} it is." for word in COUNTED[:read]
    ]
    assert aggregated.answers[0].text == (sure or "One")


@pytest.mark.parametrize(
    ("found", "calls", "answer"),
    [
        (["One", "Two", "Three"], [["One"]], "One"),
        (["Two", "Three", "One"], [["Two"], ["Three"], ["One"]], "One"),
        (["Two"], [["Two"]], "Two"),
        ([], [], None),
    ],
)
def test_each_call_reads_the_next_hits(
    found: list[str], calls: list[list[str]], answer: str | None
) -> None:
    reader = FakeReader(dict.fromkeys(COUNTED, -8.0) | {"One": 8.0})
    aggregated = read_until_settled(reader, request("Which?"), hits(*found), min_read=1)
    assert len(aggregated.hits) == sum(map(len, calls))
    assert reader.calls == [[("Which?", f"{word} it is.") for word in call] for call in calls]
    assert [one.text for one in aggregated.answers[:1]] == ([answer] if answer else [])


def test_passages_of_equal_cosine_are_read_in_one_call() -> None:
    reader = FakeReader(dict.fromkeys(COUNTED, -8.0) | {"One": 8.0})
    found = [dataclasses.replace(hit, dense=0.5) for hit in hits(*COUNTED)]
    aggregated = read_until_settled(reader, request("Which?"), found, min_read=2)
    assert len(aggregated.hits) == 6
    assert [len(call) for call in reader.calls] == [6]


def test_copies_do_not_count_as_read() -> None:
    reader = FakeReader(dict.fromkeys(COUNTED, -8.0) | {"One": 8.0})
    found = hits("One", "One", "One", "One", "Two", "Three")
    aggregated = read_until_settled(reader, request("Which?"), found, min_read=2)
    assert [hit.chunk.document_id for hit in aggregated.hits] == ["One"] * 4 + ["Two"]


def test_min_read_of_all_hits_reads_them_in_one_call() -> None:
    reader = FakeReader(dict.fromkeys(COUNTED, 8.0))
    aggregated = read_until_settled(reader, request("Which?"), hits(*COUNTED), min_read=6)
    assert len(aggregated.hits) == 6
    assert len(reader.calls) == 1
