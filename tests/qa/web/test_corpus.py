import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings import DateRange, Document, Index
from qa.web.corpus import Corpus


def document(name: str, day: int | None, title: str = "") -> Document:
    date = None if day is None else datetime.date(2020, 1, day)
    return Document(id=name, text=f"Mara Holt, a diver, found {name}.", title=title, date=date)


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add([document("b", 1), document("a", None), document("c", 2, "Ship found")])
        yield Corpus(index, lambda change: change())


def ids(found) -> list[str]:
    return [known.id for known in found]


def test_the_newest_come_first_and_the_undated_last(corpus: Corpus) -> None:
    assert ids(corpus.documents()) == ["c", "b", "a"]


def test_the_list_follows_the_index(corpus: Corpus) -> None:
    corpus.documents()
    corpus.index.add([document("d", 3)])
    assert ids(corpus.documents()) == ["d", "c", "b", "a"]


def test_documents_are_found_by_words_of_title_and_name_and_by_day(corpus: Corpus) -> None:
    assert ids(corpus.matching("SHIP fou", DateRange())) == ["c"]
    assert ids(corpus.matching("ship nothing", DateRange())) == []
    assert ids(corpus.matching("", DateRange.of("2020-01-01", "2020-01-01"))) == ["b"]


def test_examples_are_made_anew_when_the_documents_change(corpus: Corpus) -> None:
    assert corpus.examples() == ["Who is Mara Holt?"]
    corpus.index.remove(["a", "b", "c"])
    assert corpus.examples() == []


def test_a_removed_document_comes_back_whole(corpus: Corpus) -> None:
    before = corpus.index.document("c")
    token, removed = corpus.remove("c")
    assert removed == before
    assert corpus.index.document("c") is None
    assert corpus.restore(token) == before
    assert corpus.index.document("c") == before
    assert corpus.restore(token) is None


def test_what_is_not_there_cannot_be_removed(corpus: Corpus) -> None:
    assert corpus.remove("z") is None


def test_undoing_does_not_overwrite_what_came_since(corpus: Corpus) -> None:
    token, _ = corpus.remove("c")
    newer = document("c", 9)
    corpus.index.add([newer])
    assert corpus.restore(token) is None
    assert corpus.index.document("c") == newer


def test_only_the_last_removals_are_kept(corpus: Corpus) -> None:
    corpus.index.add([document(f"many{number}", 1) for number in range(21)])
    tokens = [corpus.remove(f"many{number}")[0] for number in range(21)]
    assert corpus.restore(tokens[0]) is None
    assert corpus.restore(tokens[1]).id == "many1"
