"""Tests that every store must pass. Tests of one store are in its own folder."""

from __future__ import annotations

import datetime
import math
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embeddings.errors import (
    DocumentError,
    IndexBusyError,
    IndexNotFoundError,
    IndexStorageError,
)
from embeddings.stores.factory import store_class
from embeddings.stores.store import FileProblem, ProblemKind, Store
from embeddings.types import Chunk, Document, Filter, MetadataValue, Section, Vectors
from tests.embeddings.stores.samples import (
    ALL,
    DIMENSIONS,
    FILTERS,
    Place,
    allowed_chunks,
    corpus,
    cut,
    put,
    unit,
)

KINDS = ["local", "clustered", "milvus"]


def place_of(kind: str, folder: Path) -> Place:
    if kind == "milvus":
        pytest.importorskip("pymilvus", reason="Milvus' packages are not installed")
    return Place(kind, folder)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, memory: Path) -> Place:
    return place_of(request.param, memory)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with closing(place.create({"encoder": "fake", "chunk_tokens": 128})) as store:
        yield store


@pytest.fixture(params=KINDS, scope="module")
def news(request: pytest.FixtureRequest) -> Iterator[Store]:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(place_of(request.param, Path(folder)).create()) as store,
    ):
        put(store, *corpus())
        yield store


def vectors_by_chunk(store: Store) -> dict[int, Vectors]:
    """Return the vectors of the corpus by chunk id; ids count from 1 in the order of the corpus."""
    vectors = [unit(len(cut(document)), seed) for seed, document in enumerate(corpus())]
    return dict(enumerate(np.concatenate(vectors), start=1))


def nearest(
    vectors: dict[int, Vectors], question: Vectors, k: int, allowed: set[int]
) -> list[tuple[int, float]]:
    scored = [(id_, float(vector @ question)) for id_, vector in vectors.items() if id_ in allowed]
    return sorted(scored, key=lambda hit: (-hit[1], hit[0]))[:k]


# Reading


def test_document_is_read_as_it_was_put(store: Store) -> None:
    document = Document(
        "a/ü\x00.txt",
        "Emoji \U0001f600 and\x00NUL and e\u0301 count as characters. " * 3,
        "A title",
        datetime.date(987, 6, 5),
        "https://example.org/a",
        {"text": "x", "yes": True, "one": 1, "half": 0.5, "big": 2**70, "inf": math.inf},
        file_size=1_234,
        file_mtime_ns=1_600_000_000_123_456_789,
    )
    put(store, document)
    found = store.document(document.id)
    assert found == document
    assert [type(value) for value in found.metadata.values()] == [
        type(value) for value in document.metadata.values()
    ]
    assert list(store.chunks(range(10)).values()) == cut(document)
    (listed,) = store.documents()
    assert (listed.id, listed.title, listed.date) == (document.id, "A title", document.date)
    assert (listed.source, listed.metadata) == (document.source, document.metadata)
    assert (listed.digest, listed.characters) == (document.digest, len(document.text))
    assert listed.chunks == len(cut(document))
    assert (listed.file_size, listed.file_mtime_ns) == (1_234, 1_600_000_000_123_456_789)
    assert store.check() == []


def test_sections_pages_and_table_headers_are_read_as_they_were_put(store: Store) -> None:
    text = "".join(f"Chapter {number}\n" + "It rained. " * 40 for number in range(60))
    starts = [text.index(f"Chapter {number}\n") for number in range(60)]
    document = Document(
        "manual",
        text,
        "Manual",
        sections=tuple(
            Section(f"Chapter {number}: Überblick \U0001f600 " + "x" * 200, 1 + number % 3, start)
            for number, start in enumerate(starts)
        ),
        pages=tuple(starts),
    )
    chunks = [
        replace(chunk, table_header="No | Größe" if number % 2 else "")
        for number, chunk in enumerate(cut(document, 100))
    ]
    with store.writing():
        store.put(Document("before", "The ferry left.", pages=(0,)), [], unit(0))
        store.put(document, chunks, unit(len(chunks)))
    assert store.document("manual") == document
    assert store.chunks(range(1, 999)) == dict(enumerate(chunks, start=1))
    assert chunks[-1].section[0].startswith("Chapter 57: Überblick \U0001f600 xxx")
    assert (chunks[-2].page, chunks[-2].table_header) == (60, "No | Größe")
    assert any(chunk.table_header for chunk in chunks)
    assert {id_ for id_, _ in store.search_lexical("Größe", 999, ALL)} == {
        id_ for id_, chunk in enumerate(chunks, start=1) if chunk.table_header
    }
    assert store.check() == []


def test_document_without_chunks_is_stored(store: Store) -> None:
    put(store, Document("empty", ""))
    assert store.document("empty") == Document("empty", "")
    assert store.search_dense(unit(1), 3, ALL) == [[]]
    assert store.check() == []


def test_documents_are_listed_by_id(news: Store) -> None:
    assert [listed.id for listed in news.documents()] == sorted(d.id for d in corpus())


@pytest.mark.parametrize(
    ("offset", "limit"), [(0, 5), (5, 5), (38, 5), (40, 5), (0, 0), (3, None), (0, None)]
)
def test_page_of_documents_is_a_part_of_the_list(
    news: Store, offset: int, limit: int | None
) -> None:
    everything = list(news.documents())
    end = None if limit is None else offset + limit
    assert list(news.documents(offset, limit)) == everything[offset:end]


def test_known_returns_the_documents_with_these_ids(news: Store) -> None:
    listed = {document.id: document for document in news.documents()}
    ids = ["news/03.txt", "news/39.txt", "nowhere", "\udcff"]
    assert news.known(ids) == {id_: listed[id_] for id_ in ids[:2]}
    assert news.known(set(listed)) == listed
    assert news.known([]) == {}


SOURCES = ["/a/b.txt", "/a/b.txt/c", "/a/b/1", "/a/b/2/3", "/a/b0", "/a/b", "/a", "http://a/b", ""]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("/a/b", ["/a/b", "/a/b/1", "/a/b/2/3"]),
        ("/a/b/", ["/a/b", "/a/b/1", "/a/b/2/3"]),
        ("/a/b.txt", ["/a/b.txt", "/a/b.txt/c"]),
        ("/a/b/2/3", ["/a/b/2/3"]),
        ("/", sorted(source for source in SOURCES if source.startswith("/"))),
        ("/a/%", []),
        ("/a/\udcff", []),
    ],
)
def test_documents_under_returns_the_documents_of_a_folder_or_file(
    store: Store, prefix: str, expected: list[str]
) -> None:
    put(store, *(Document(f"id {source}", "x", source=source) for source in SOURCES))
    assert [document.source for document in store.documents_under(prefix)] == expected
    with store.writing():
        store.remove("id /a/b/1")
    remaining = [source for source in expected if source != "/a/b/1"]
    assert [document.source for document in store.documents_under(prefix)] == remaining


def test_set_file_info_changes_only_the_file_info(store: Store) -> None:
    put(store, Document("d", "The ferry left.", source="/d"))
    before, generation = store.known(["d"])["d"], store.generation
    with store.writing():
        store.set_file_info("d", 5, 6)
        store.set_file_info("nowhere", 5, 6)
    after = replace(before, file_size=5, file_mtime_ns=6)
    assert list(store.documents()) == [after]
    assert store.document("d") == Document(
        "d", "The ferry left.", source="/d", file_size=5, file_mtime_ns=6
    )
    assert store.generation == generation
    assert store.check() == []
    with pytest.raises(RuntimeError):
        store.set_file_info("d", 7, 8)


@pytest.mark.parametrize("id_", ["d", "new", "other"])
def test_moved_document_keeps_its_chunks_and_vectors(store: Store, id_: str) -> None:
    text = "name: Lamp; price: 12\n" * 10
    document = Document("d", text, "Prices", source="/d", sections=(Section("Lamps", 1, 0),))
    put(store, Document("other", "The ferry left."), document)
    nearest = store.search_dense(unit(1), 20, Filter(documents=frozenset({"d"})))[0]
    moved = replace(document, id=id_, source="/new", file_size=7, file_mtime_ns=8)
    with store.writing():
        assert store.move("nowhere", moved) is False
        assert store.move("d", moved) is True
    assert [known.id for known in store.documents()] == sorted({"other", id_})
    assert store.document(id_) == moved
    found = store.search_dense(unit(1), 20, Filter(documents=frozenset({id_})))[0]
    assert [score for _, score in found] == pytest.approx([score for _, score in nearest])
    chunks = store.chunks([chunk_id for chunk_id, _ in found])
    assert sorted(chunk.start for chunk in chunks.values()) == [c.start for c in cut(moved)]
    assert {chunk.document_id for chunk in chunks.values()} == {id_}
    assert store.search_lexical("lamp", 1, ALL)[0][0] in chunks
    assert store.check() == []
    with pytest.raises(RuntimeError):
        store.move(id_, document)


def test_missing_documents_and_chunks_are_left_out(store: Store) -> None:
    assert store.document("nowhere") is None
    assert store.document("\udcff") is None
    assert store.chunks([1, 0, -1]) == {}
    with store.writing():
        assert store.remove("nowhere") is False
        assert store.remove("\udcff") is False
    assert store.generation == 0


def test_reopened_store_has_the_same_settings_and_contents(place: Place) -> None:
    settings: dict[str, MetadataValue] = {"encoder": "fake", "chunk_tokens": 128}
    with closing(place.create(settings)) as store:
        put(store, *corpus(3))
    with closing(place.open()) as store:
        assert store.settings == settings
        assert store.generation == 3
        assert [store.document(listed.id) for listed in store.documents()] == corpus(3)


def test_chunk_id_of_a_removed_chunk_is_not_used_again(store: Store) -> None:
    first, second = Document("d", "The ferry left."), Document("d", "The ferry came.")
    put(store, first)
    with store.writing():
        store.remove("d")
    put(store, second)
    ((before, _),) = store.search_lexical("ferry", 1, ALL)
    assert before == 2
    assert store.chunks([1]) == {}


@pytest.mark.parametrize("name", ["id", "text", "title", "source", "sections"])
def test_lone_surrogates_raise_document_error(store: Store, name: str) -> None:
    heading = (Section("half \ud83d", 1, 0),)
    parts = {"id": "d", "text": "text", name: heading if name == "sections" else "half \ud83d"}
    document = Document(**parts)  # type: ignore[arg-type]
    with pytest.raises(DocumentError, match=f"its {name} contains lone surrogates"):
        put(store, document)
    assert list(store.documents()) == []


@pytest.mark.parametrize(
    ("chunk", "vectors"),
    [
        (Chunk("other", 0, 4, "text"), unit(1)),
        (Chunk("d", 0, 3, "text"), unit(1)),
        (Chunk("d", 0, 9, "text"), unit(1)),
        (Chunk("d", 0, 4, "text"), unit(2)),
        (Chunk("d", 0, 4, "text"), unit(1)[:, :7]),
        (Chunk("d", 0, 4, "text"), unit(1) * 2),
        (Chunk("d", 0, 4, "text"), unit(1) * np.nan),
    ],
)
def test_chunks_or_vectors_that_do_not_fit_raise_value_error(
    store: Store, chunk: Chunk, vectors: Vectors
) -> None:
    with store.writing(), pytest.raises(ValueError, match=r"^d: "):
        store.put(Document("d", "text"), [chunk], vectors)
    assert list(store.documents()) == []


# Searching


@pytest.mark.parametrize("within", FILTERS)
@pytest.mark.parametrize("k", [1, 7, 1000])
def test_dense_search_equals_brute_force(news: Store, within: Filter, k: int) -> None:
    questions = unit(5, seed=99)
    vectors, allowed = vectors_by_chunk(news), allowed_chunks(news, within)
    for question, hits in zip(questions, news.search_dense(questions, k, within), strict=True):
        expected = nearest(vectors, question, k, allowed)
        assert [id_ for id_, _ in hits] == [id_ for id_, _ in expected]
        np.testing.assert_allclose(
            [score for _, score in hits], [score for _, score in expected], atol=1e-6
        )


@pytest.mark.parametrize("within", FILTERS)
def test_lexical_search_returns_the_chunks_with_a_term(news: Store, within: Filter) -> None:
    allowed = allowed_chunks(news, within)
    chunks = news.chunks(range(1, 1000))
    for word in ["storm", "museum", "17"]:
        hits = news.search_lexical(word, 1000, within)
        holding = {
            id_
            for id_, chunk in chunks.items()
            if word in re.findall(r"\w+", chunk.indexed_text.lower())
        }
        assert {id_ for id_, _ in hits} == holding & allowed
        assert all(score > 0 for _, score in hits)


def test_ties_go_to_the_smaller_id(store: Store) -> None:
    question, tied = np.eye(2, DIMENSIONS, dtype=np.float32)
    tied = 0.6 * question + 0.8 * tied
    with store.writing():
        for number in range(30):
            best = number in (15, 29)  # added late, so they displace some of the ties
            document = Document(f"{number:02}", "The museum opened." + best * " The museum closed.")
            vector = question if best else tied
            store.put(document, cut(document), vector[None])
        store.remove("04")
    ids = [16, 30, 1, 2, 3, 4, 6]
    assert [[id_ for id_, _ in hits] for hits in store.search_dense(question[None], 7, ALL)] == [
        ids
    ]
    assert [id_ for id_, _ in store.search_lexical("museum", 7, ALL)] == ids


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Onal", "Professor Önal spoke."),
        ("O\u0308nal", "Professor \u00d6nal spoke."),
        ("office", "The o\ufb03ce closed."),
        ("crossing", "Nobody crosses the river."),
        ("What did the WHO say?", "The WHO warned of flu."),
        ("who", "The WHO warned of flu."),
        ("WHO IS THE MAYOR", "The mayor resigned."),
        ("What is that?", "To be or not to be: that is it."),
        ("हिन्दी", "हिन्दी दिवस"),
    ],
)
def test_question_finds_other_spellings(store: Store, question: str, text: str) -> None:
    put(store, Document("right", text), Document("wrong", "Trams run on rails."))
    hits = store.search_lexical(question, 5, ALL)
    assert [store.chunks([id_])[id_].document_id for id_, _ in hits] == ["right"]


def test_vowel_sign_is_part_of_its_word(store: Store) -> None:
    put(store, Document("a", "हिन्दी दिवस"), Document("b", "दा"))
    assert [id_ for id_, _ in store.search_lexical("हिन्दी", 5, ALL)] == [1]


def test_stop_words_find_no_chunks(store: Store) -> None:
    put(store, Document("a", "The storm."), Document("b", "What is the use of it?"))
    hits = store.search_lexical("What was the storm?", 5, ALL)
    assert [id_ for id_, _ in hits] == [1]


@pytest.mark.parametrize(
    "question",
    ['"storm', "storm AND", "+storm -ferry (", "text:storm", "storm*", "st\\orm storm", "storm\x00",
     "storm \ud83d", "[storm TO", "storm^9 ~2", "a" * 70_000 + " storm"],
)  # fmt: skip
def test_characters_of_a_question_are_not_operators(news: Store, question: str) -> None:
    hits = news.search_lexical(question, 1000, ALL)
    assert {id_ for id_, _ in news.search_lexical("storm", 1000, ALL)} <= {id_ for id_, _ in hits}


@pytest.mark.parametrize("question", ["", " ", "?!", "\x00", "zzz"])
def test_question_without_known_words_finds_nothing(news: Store, question: str) -> None:
    assert news.search_lexical(question, 5, ALL) == []


def test_title_and_date_are_searched(store: Store) -> None:
    dated = Document("a", "It rained.", "Weather report", datetime.date(2021, 3, 4))
    put(store, dated, Document("b", "It rained."))
    assert [id_ for id_, _ in store.search_lexical("weather", 5, ALL)] == [1]
    assert [id_ for id_, _ in store.search_lexical("March 2021", 5, ALL)] == [1]


def test_filter_matches_equal_metadata_values_of_other_types(store: Store) -> None:
    values: list[MetadataValue] = [1, 1.0, True, "1", 0, False, -0.0, 2**70, float(2**70), math.nan]
    put(store, *(Document(str(n), "storm", metadata={"v": v}) for n, v in enumerate(values)))
    for value in values:
        expected = [n for n, other in enumerate(values, start=1) if other == value]
        within = Filter(metadata={"v": value})
        assert sorted(id_ for id_, _ in store.search_lexical("storm", 99, within)) == expected
        assert sorted(id_ for id_, _ in store.search_dense(unit(1), 99, within)[0]) == expected


def test_searches_while_writing_see_earlier_changes(store: Store) -> None:
    with store.writing():
        for number in range(3):
            document = Document(str(number), f"The ferry number{number}.")
            store.put(document, cut(document), unit(1, number))
            assert len(store.search_lexical("ferry", 9, ALL)) == number + 1
            assert len(store.search_dense(unit(1), 9, ALL)[0]) == number + 1
        store.remove("1")
        assert store.search_lexical("number1", 9, ALL) == []
        assert [id_ for id_, _ in store.search_dense(unit(1), 9, ALL)[0]] == [1, 3]


@pytest.mark.parametrize(
    "name", ['"', "\\", '" or 1 == 1 or document == "', "a\x00b", "{id}", "x" * 70_000, "é\n'"]
)
def test_characters_of_an_id_or_metadata_are_not_operators(store: Store, name: str) -> None:
    named = Document(name[:9_999], "The storm broke.", metadata={name[:9_998]: name[:9_997]})
    put(store, named, Document("other", "The storm broke.", metadata={"desk": "x"}))
    assert store.document(named.id) == named
    for within in (
        Filter(documents=frozenset({named.id})),
        Filter(metadata=named.metadata),
        Filter(documents=frozenset({named.id, "nowhere"}), metadata=named.metadata),
    ):
        assert [id_ for id_, _ in store.search_lexical("storm", 9, within)] == [1]
        assert [id_ for id_, _ in store.search_dense(unit(1), 9, within)[0]] == [1]
    with store.writing():
        assert store.remove(named.id)
    assert [listed.id for listed in store.documents()] == ["other"]
    assert store.check() == []


def test_long_text_and_its_chunks_are_read_as_they_were_put(store: Store) -> None:
    text = "".join(f"{number} \U0001f600 " for number in range(9_000))
    document = Document("long", text)
    put(store, document)
    assert store.document("long") == document
    expected = dict(enumerate(cut(document), start=1))
    assert len(expected) > 1_500
    assert store.chunks(list(expected)) == expected
    whole = Document("whole", text[:25_000])
    with store.writing():
        store.put(whole, cut(whole, 25_000), unit(1))
    assert store.chunks([len(expected) + 1]) == {len(expected) + 1: cut(whole, 25_000)[0]}
    assert store.check() == []


def test_search_with_k_0_returns_no_hits(news: Store) -> None:
    assert news.search_dense(unit(2), 0, ALL) == [[], []]
    assert news.search_lexical("storm", 0, ALL) == []


# Writing


def test_put_and_remove_outside_of_writing_raise_runtime_error(store: Store) -> None:
    with pytest.raises(RuntimeError):
        store.put(Document("d", ""), [], unit(0))
    with pytest.raises(RuntimeError):
        store.remove("d")
    with store.writing():
        pass
    with pytest.raises(RuntimeError):
        store.remove("d")


def test_second_writer_raises_index_busy_error(store: Store, place: Place) -> None:
    errors: list[Exception] = []

    def write() -> None:
        try:
            with store.writing():
                pass
        except IndexBusyError as error:
            errors.append(error)
        try:
            store.remove("d")
        except RuntimeError as error:
            errors.append(error)

    with store.writing():
        with closing(place.open()) as other, pytest.raises(IndexBusyError), other.writing():
            pass
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        with pytest.raises(IndexBusyError), store.writing():
            pass
    assert [type(error) for error in errors] == [IndexBusyError, RuntimeError]
    with store.writing():
        pass


def test_open_reader_sees_the_changes_of_a_writer(store: Store, place: Place) -> None:
    put(store, *corpus(5))
    with closing(place.open()) as reader:
        assert len(reader.search_dense(unit(1), 99, ALL)[0]) == len(reader.chunks(range(99)))
        for round_ in range(3):  # the writer prunes removals meanwhile
            with store.writing():
                store.remove(f"news/0{round_}.txt")
            put(store, Document(f"new {round_}", f"Comet number{round_}."), seed=round_)
            expected = sorted(store.chunks(range(99)))
            assert sorted(id_ for id_, _ in reader.search_dense(unit(1), 99, ALL)[0]) == expected
            assert len(reader.search_lexical(f"number{round_}", 9, ALL)) == 1
            assert reader.generation == store.generation
        assert reader.check() == []


def test_threads_search_while_another_writes(store: Store) -> None:
    put(store, *corpus(5))
    stop = threading.Event()
    failures: list[BaseException] = []

    def search() -> None:
        try:
            while not stop.is_set():
                ids = [id_ for id_, _ in store.search_dense(unit(1), 9, ALL)[0]]
                ids += [id_ for id_, _ in store.search_lexical("storm", 9, ALL)]
                store.chunks(ids)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for document in corpus(20):
        put(store, document)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.check() == []


def test_exception_while_writing_keeps_earlier_documents(store: Store, place: Place) -> None:
    document = Document("d", "The harbour froze.")
    with pytest.raises(KeyboardInterrupt), store.writing():  # noqa: PT012
        store.put(document, cut(document), unit(1))
        raise KeyboardInterrupt
    with closing(place.open()) as other:
        assert len(other.search_lexical("harbour", 1, ALL)) == 1
        assert other.check() == []


IDS = ["a", "a#1", "a/b", "a/b#2", "a$", "a0", "a.txt", "A", "b/a"]


@pytest.mark.parametrize(
    ("file_id", "expected"),
    [
        ("a", ["a", "a#1", "a/b", "a/b#2"]),
        ("a/b", ["a/b", "a/b#2"]),
        ("b", ["b/a"]),
        ("a#", []),
        ("\udcff", []),
    ],
)
def test_documents_in_returns_a_file_with_its_rows_and_inner_files(
    store: Store, file_id: str, expected: list[str]
) -> None:
    put(store, *(Document(id_, "x") for id_ in IDS))
    assert [document.id for document in store.documents_in(file_id)] == expected


# Problems with files


def test_problems_are_read_as_they_were_set(store: Store, place: Place) -> None:
    put(store, *corpus(2))
    generation = store.generation
    problems = {
        f"/a/ü {number}.pdf": FileProblem(
            f"({number}, 2)", "It is 'damaged' \U0001f600", ProblemKind(number - 1)
        )
        for number in range(1, 4)
    }
    with store.writing():
        assert store.problems() == {}
        store.set_problems(problems)
    with closing(place.open()) as other, other.writing():
        assert other.problems() == problems
        other.set_problems(dict(list(problems.items())[1:]))
        assert list(other.problems()) == list(problems)[1:]
        assert other.generation == generation
    assert store.check() == []
    with store.writing():
        store.set_problems({})
        assert store.problems() == {}
    assert store.document_count == 2


# Newest date and counts


def test_newest_follows_added_replaced_and_removed_documents(store: Store) -> None:
    day = datetime.date(2021, 3, 4)
    assert store.newest is None
    put(store, Document("undated", "It rained."), Document("old", "It rained.", date=day))
    put(store, Document("new", "It rained.", date=day + datetime.timedelta(400)))
    assert store.newest == datetime.date(2022, 4, 8)
    put(store, Document("new", "It rained.", date=day + datetime.timedelta(1)))
    assert store.newest == datetime.date(2021, 3, 5)
    with store.writing():
        store.remove("new")
        assert store.newest == day
        store.remove("old")
        assert store.newest is None
    with store.writing():
        store.remove("undated")
    assert store.newest is None


def test_newest_is_never_after_today(store: Store) -> None:
    today = datetime.date.today()
    far = [Document(f"far {n}", "x", date=today + datetime.timedelta(n)) for n in (1, 28_000)]
    put(store, *far)
    assert store.newest is None
    put(store, Document("old", "x", date=datetime.date(2020, 9, 16)))
    assert store.newest == datetime.date(2020, 9, 16)
    put(store, Document("today", "x", date=today))
    assert store.newest == today


def test_counts_follow_the_documents(store: Store) -> None:
    assert (store.document_count, store.chunk_count) == (0, 0)
    put(store, *corpus(3), Document("empty", ""))
    chunks = sum(len(cut(document)) for document in corpus(3))
    assert (store.document_count, store.chunk_count) == (4, chunks)
    with store.writing():
        store.remove("news/00.txt")
        assert store.document_count == 3
        assert store.chunk_count == chunks - len(cut(corpus(1)[0]))


# Creating and opening


def test_creating_over_an_index_raises_index_storage_error(store: Store, place: Place) -> None:
    put(store, *corpus(2))
    with pytest.raises(IndexStorageError):
        place.create()
    with closing(place.open()) as other:
        assert len(list(other.documents())) == 2


def test_opening_a_missing_index_raises_index_not_found_error(place: Place, memory: Path) -> None:
    kind = store_class(place.location)
    assert not kind.is_at(place.location)
    with pytest.raises(IndexNotFoundError, match=r"qa index FOLDER --index \S"):
        place.open()
    assert list(memory.iterdir()) == []
    place.create().close()
    assert kind.is_at(place.location)


def test_created_index_continues_from_a_generation(place: Place) -> None:
    kind = store_class(place.location)
    with closing(kind.create(place.location, {}, DIMENSIONS, generation=41)) as store:
        put(store, *corpus(2))
        assert store.generation == 43
        assert [store.document(listed.id) for listed in store.documents()] == corpus(2)
