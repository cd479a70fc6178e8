import time
from pathlib import Path

import pytest

from embeddings.stores.local import bm25
from embeddings.stores.local.analyzer import query_terms, related_forms, split_compound, terms
from embeddings.stores.local.store import LocalStore
from embeddings.types import Document
from tests.embeddings.stores.samples import ALL, DIMENSIONS, cut, unit

IDENTIFIERS = {
    "release": "Release v2.3.1 mended the parser.",
    "next release": "Release v2.3.2 mended the start.",
    "later release": "Release v2.13.1 mended the colours.",
    "function": "The function getUserById gives an account.",
    "other function": "The function getGroupByName gives a team.",
    "fstab": "The file /etc/fstab lists what is mounted at boot.",
    "mtab": "The file /etc/mtab lists what is mounted now.",
    "error": "ORA-00942 says that a table is missing.",
    "other error": "ORA-00941 says that a cluster name is missing.",
    "part": "Part XJ-4400/B is the left hinge.",
    "other part": "Part XJ-4400/C is the right hinge.",
    "flag": "With --dry-run the tool writes nothing.",
    "dry": "Run on a dry day; a dry run is a rehearsal.",
    "C": "The course on C is full.",
    "C#": "The course on C# is open.",
    ".NET": "The talk on .NET is today.",
    "net": "The net of the goal is torn.",
    "number": "Flight 2000 left at one.",
    "other number": "Flight 2 left at two, with 000 on its tail.",
    "founder": "The founder of the museum was a sailor.",
    "committee": "The committee met on Friday.",
}


def put(store: LocalStore, *documents: Document) -> None:
    with store.writing():
        for document in documents:
            store.put(document, cut(document, len(document.text)), unit(1))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    store = LocalStore.create(tmp_path_factory.mktemp("terms") / "index", {}, DIMENSIONS)
    put(store, *(Document(id_, text) for id_, text in IDENTIFIERS.items()))
    return store


def found(store: LocalStore, query: str) -> list[str]:
    hits = store.search_lexical(query, 9, ALL)
    return [store.chunks([id_])[id_].document_id for id_, _ in hits]


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("v2.3.1", "release"),
        ("2.3.1", "release"),
        ("version 2.3.2?", "next release"),
        ("2.13.1", "later release"),
        ("get user by id", "function"),
        ("getGroupByName()", "other function"),
        ("What is in /etc/fstab?", "fstab"),
        ("/etc/mtab", "mtab"),
        ("ora-00942", "error"),
        ("ORA-00941", "other error"),
        ("part XJ-4400/B", "part"),
        ("XJ-4400/C", "other part"),
        ("What does --dry-run do?", "flag"),
        ("Who teaches C#?", "C#"),
        (".NET", ".NET"),
        ("flight 2,000", "number"),
        ("flight 2000", "number"),
    ],
)
def test_identifier_finds_its_own_document_first(
    store: LocalStore, query: str, document: str
) -> None:
    assert found(store, query)[0] == document


@pytest.mark.parametrize(
    ("query", "text", "other"),
    [
        ("part 4711-0815", "Part 4711-0815 is a gasket.", "Part 4711-0816 is a seal."),
        ("path join", "Call os.path.join for two names.", "The path is steep."),
        ("os.path.join", "Call os.path.join for two names.", "Call os.path.exists for one name."),
        ("the e-mail address", "Our email address is new.", "Our street address is new."),
        ("our wifi key", "The wi-fi key is on the box.", "The door key is on the box."),
        ("nonprofit groups", "It helps non-profit groups.", "It helps groups of friends."),
        ("lamp color", "The colour of the lamp is red.", "The size of the lamp is small."),
        ("favourite harbours", "The harbor is deep.", "The river is deep."),
        ("city center", "The centre of the city is old.", "The wall of the city is old."),
        ("who analyzed it", "Ada analysed it.", "Bo painted it."),
        ("product catalog", "The catalogue lists a product.", "The product is new."),
        ("programs of the fair", "The programme of the fair.", "The end of the fair."),
        ("child safety", "Toys and the safety of children.", "Tools and the safety of staff."),
        ("which women left", "A woman left.", "A dog left."),
        ("people per room", "One person per room.", "One bed per room."),
        ("WH1000XM4", "The model WH-1000XM4 has a microphone.", "The WH-1000XM5 has a cable."),
        ("XJ-4400", "The part XJ4400 is a hinge.", "The part XK4400 is a bolt."),
        ("DIN912", "Norm DIN 912 is on screws.", "Norm DIN 933 is on screws."),
        ("the workflow", "The work and its flow are new.", "The work is new."),
        ("a checkin desk", "The check-in desk is new.", "The desk is new: a check."),
    ],
)
def test_other_spelling_finds_its_document_first(
    tmp_path: Path, query: str, text: str, other: str
) -> None:
    with LocalStore.create(tmp_path / "index", {}, DIMENSIONS) as store:
        put(store, Document("other", other), Document("wanted", text))
        scores = [score for _, score in store.search_lexical(query, 9, ALL)]
        assert found(store, query)[0] == "wanted"
        assert scores[1:] == [] or scores[0] > scores[1]


def test_other_spelling_is_found_where_both_are_indexed(tmp_path: Path) -> None:
    with LocalStore.create(tmp_path / "index", {}, DIMENSIONS) as store:
        put(store, Document("color", "A color of paint."), Document("colour", "A colour of ink."))
        assert found(store, "colours") == ["colour", "color"]
        assert found(store, "colors") == ["color", "colour"]


def test_verb_finds_its_agent_noun(store: LocalStore) -> None:
    assert found(store, "Who founded it?") == ["founder"]


@pytest.mark.parametrize("query", ["comittee", "commitee", "comitee", "committe", "cmmoittee"])
def test_misspelled_word_finds_the_correct_word(store: LocalStore, query: str) -> None:
    assert found(store, query) == ["committee"]


@pytest.mark.parametrize("query", ["ORA-00943", "7.3.1", "cost", "commotion"])
def test_identifiers_and_distant_words_are_not_corrected(store: LocalStore, query: str) -> None:
    assert "committee" not in found(store, query)
    assert terms(query)[-1] not in {term for text in IDENTIFIERS.values() for term in terms(text)}


def test_indexed_word_is_not_corrected(tmp_path: Path) -> None:
    with LocalStore.create(tmp_path / "index", {}, DIMENSIONS) as store:
        put(store, Document("plane", "The plane left."), Document("plant", "The plant grew."))
        assert found(store, "plants") == ["plant"]
        assert found(store, "planets") == ["plane", "plant"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2,000 and 1,234,567.50", ["2000", "and", "1234567", "50", "1234567.50"]),
        ("in 1,20,3", ["in", "1", "20", "3"]),
        ("see (v2.3.1).", ["see", "2", "3", "1", "2.3.1"]),
        ("getUserID", ["getuserid", "get", "user", "id"]),
        ("XMLParser", ["xmlparser", "xml", "parser"]),
        ("IgA, pH and 3B", ["iga", "ph", "and", "3b"]),
        ("well-known and/or", ["well", "known", "and", "or"]),
        ("C++, F#", ["c", "f", "c++", "f#"]),
        ("./run.sh -v", ["run", "sh", "v", "./run.sh", "-v"]),
        ("--mode=fast", ["mode", "fast", "--mode"]),
        ("12% of $5.20", ["12", "of", "5", "20", "5.20"]),
    ],
)
def test_terms_hold_whole_identifiers_after_the_words(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_query_terms_leave_out_stop_words_and_repetitions() -> None:
    assert query_terms("What is the US role in the role of C#?") == ["us", "role", "c", "c#"]


def test_time_for_a_query_does_not_grow_with_the_square_of_a_word() -> None:
    began = time.process_time()
    query_terms("a" * 50_000)
    assert time.process_time() - began < 5  # 40 s if each letter starts a search for a hyphen


def test_kindred_terms_join_verbs_and_agent_nouns() -> None:
    assert "founder" in related_forms("found")
    assert "director" in related_forms("direct")
    assert related_forms("founder") == ["found"]
    for word in ("factor", "fact", "number", "2.3.1", "her"):
        assert "fact" not in related_forms(word)
        assert "factor" not in related_forms(word)


def test_only_words_of_usual_length_are_divided() -> None:
    assert "start up" in split_compound("startup")
    assert split_compound("2.3.1") == split_compound("her") == split_compound("a" * 70_000) == []


def test_cache_with_terms_of_an_older_version_is_rebuilt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(bm25, "VERSION", 1)
        older.setattr(bm25, "terms", str.split)
        with LocalStore.create(tmp_path / "index", {}, DIMENSIONS) as store:
            put(store, Document("release", "v2.3.1 mended it"), Document("plain", "nothing"))
            assert found(store, "2.3.1") == []
    with LocalStore.open(tmp_path / "index") as store:
        assert found(store, "2.3.1") == ["release"]
        assert store.check() == []
