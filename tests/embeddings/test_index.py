import datetime
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from embeddings.chunking import Chunking
from embeddings.date_range import DateRange
from embeddings.encoder import BUNDLED
from embeddings.errors import (
    DocumentError,
    IndexBusyError,
    IndexMismatchError,
    IndexNotFoundError,
    ModelError,
    SettingsError,
)
from embeddings.handle import IndexResources
from embeddings.index import Index
from embeddings.stores.local.store import LocalStore
from embeddings.types import Chunk, Document, Filter


@pytest.fixture
def index(tmp_path: Path, encoder) -> Iterator[Index]:
    store = LocalStore.create(tmp_path / "index", {}, encoder.dimensions)
    with Index(IndexResources(store, encoder, Chunking(words=10))) as made:
        yield made


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "harbour.txt").write_text("The harbour of Ayton was closed by a storm.")
    (folder / "school.txt").write_text("A new school opened in Beeford on Monday.")
    return folder


def ids(index: Index) -> list[str]:
    return [known.id for known in index.documents()]


def test_adding_a_folder_again_encodes_nothing(index: Index, corpus: Path, encoder) -> None:
    report = index.add_paths([corpus])
    assert report.added == ("harbour.txt", "school.txt")
    encoded = len(encoder.encoded)
    again = index.add_paths([corpus])
    assert (again.added, again.unchanged) == ((), ("harbour.txt", "school.txt"))
    assert len(encoder.encoded) == encoded


def test_changed_file_is_updated_and_its_old_text_not_found(index: Index, corpus: Path) -> None:
    index.add_paths([corpus])
    (corpus / "school.txt").write_text("The library of Beeford burnt down.")
    assert index.add_paths([corpus]).updated == ("school.txt",)
    texts = [hit.chunk.text for hit in index.search("school library", 10)]
    assert "The library of Beeford burnt down." in texts
    assert not any("school" in text for text in texts)


def test_file_deleted_from_a_folder_is_removed(index: Index, corpus: Path) -> None:
    index.add_paths([corpus])
    (corpus / "school.txt").unlink()
    assert index.add_paths([corpus]).removed == ("school.txt",)
    assert ids(index) == ["harbour.txt"]


def test_adding_one_folder_leaves_the_documents_of_another(
    index: Index, corpus: Path, tmp_path: Path
) -> None:
    index.add_paths([corpus])
    other = tmp_path / "other"
    other.mkdir()
    (other / "market.txt").write_text("The market is held on Fridays.")
    assert index.add_paths([other]).removed == ()
    assert ids(index) == ["harbour.txt", "market.txt", "school.txt"]


def test_folder_that_cannot_be_listed_keeps_its_documents(
    index: Index, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add_paths([corpus])

    def refuse(path: Path) -> None:
        raise DocumentError(f"{path} cannot be listed")

    monkeypatch.setattr("embeddings.file_ingest.find_files", refuse)
    report = index.add_paths([corpus])
    assert (report.removed, len(report.failed)) == ((), 1)
    assert ids(index) == ["harbour.txt", "school.txt"]


def test_index_folder_inside_the_corpus_is_skipped(index: Index, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The index lies next to this note.")
    assert index.add_paths([tmp_path]).added == ("note.txt",)
    report = index.add_paths([tmp_path])
    assert (report.unchanged, report.failed) == (("note.txt",), ())


def test_invalid_k_or_dense_weight_raises_settings_error(
    index: Index, tmp_path: Path, encoder
) -> None:
    with pytest.raises(SettingsError, match="k must be 1 or more"):
        index.search("storm", 0)
    store = LocalStore.open(tmp_path / "index")
    with store, pytest.raises(SettingsError, match="dense_weight"):
        Index(IndexResources(store, encoder, Chunking()), dense_weight=7)


def test_newest_is_the_newest_date_of_a_document(index: Index) -> None:
    assert index.newest is None
    days = (datetime.date(2020, 9, 16), None, datetime.date(2019, 1, 1))
    for number, day in enumerate(days):
        index.add([Document(id=str(number), text="Some words.", date=day)])
        assert index.newest == days[0]
    index.remove(["0"])
    assert index.newest == days[2]


def test_row_deleted_from_a_table_is_removed(index: Index, tmp_path: Path) -> None:
    table = tmp_path / "news.csv"
    table.write_text("id,text\n1,First report of the day.\n2,Second report of the day.\n")
    assert index.add_paths([table]).added == ("news.csv#1", "news.csv#2")
    table.write_text("id,text\n2,Second report of the day.\n")
    report = index.add_paths([table])
    assert (report.unchanged, report.removed) == (("news.csv#2",), ("news.csv#1",))


def test_failed_skipped_and_empty_files_are_reported_and_an_emptied_file_is_removed(
    index: Index, corpus: Path
) -> None:
    index.add_paths([corpus])
    (corpus / "school.txt").write_bytes(b"")
    (corpus / "picture.png").write_bytes(b"\x89PNG")
    report = index.add_paths([corpus, "missing-folder"])
    assert [Path(path).name for path, _ in report.failed] == ["missing-folder"]
    assert [Path(path).name for path, _ in report.warnings] == ["school.txt"]
    assert [Path(path).name for path in report.skipped] == ["picture.png"]
    assert report.removed == ("school.txt",)
    assert ids(index) == ["harbour.txt"]


def test_files_of_one_name_in_two_folders_keep_different_ids(index: Index, tmp_path: Path) -> None:
    for name in ("east", "west"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes.txt").write_text(f"Notes from the {name}.")
    folders = [tmp_path / "east", tmp_path / "west"]
    assert index.add_paths(folders).added == ("notes.txt", "west/notes.txt")
    assert index.add_paths(folders).unchanged == ("notes.txt", "west/notes.txt")


def test_moved_folder_keeps_its_ids_and_has_new_sources(
    index: Index, corpus: Path, tmp_path: Path
) -> None:
    index.add_paths([corpus])
    moved = corpus.rename(tmp_path / "moved")
    assert index.add_paths([moved]).moved == ("harbour.txt", "school.txt")
    assert [known.source for known in index.documents()] == [
        str(moved / "harbour.txt"),
        str(moved / "school.txt"),
    ]


def test_single_path_is_accepted_without_a_list(index: Index, corpus: Path) -> None:
    assert index.add_paths(str(corpus)).added == ("harbour.txt", "school.txt")


def test_progress_begins_before_the_first_file_is_read(
    index: Index, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("embeddings.ingest.Preparer.read", interrupt)
    with pytest.raises(KeyboardInterrupt):
        index.add_paths([corpus], progress=lambda done, files: seen.append((done, files)))
    assert seen == [(0, 2)]


def test_progress_counts_files_to_the_end(index: Index, corpus: Path) -> None:
    seen: list[tuple[int, int]] = []
    index.add_paths([corpus], progress=lambda done, files: seen.append((done, files)))
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_unusable_documents_are_reported_and_the_others_added(index: Index) -> None:
    texts = {"b": " \n ", "c": "half a \ud800 pair", "": "Words without a name."}
    unusable = [Document(id=name, text=text) for name, text in texts.items()]
    report = index.add([Document(id="a", text="Some words."), *unusable])
    assert report.added == ("a",)
    assert [path for path, _ in report.failed] == ["b", "c", ""]
    assert index.add([Document(id="a", text="Other words.")]).updated == ("a",)
    found = index.document("a")
    assert found is not None
    assert found.text == "Other words."


def test_removed_documents_are_not_found(index: Index, corpus: Path) -> None:
    index.add_paths([corpus])
    assert index.remove(["school.txt", "never.txt"]) == ("school.txt",)
    assert {hit.chunk.document_id for hit in index.search("school", 10)} == {"harbour.txt"}
    assert index.document("school.txt") is None


def test_hit_has_its_lexical_and_dense_score(index: Index, corpus: Path) -> None:
    index.add_paths([corpus])
    first, second = index.search("storm harbour", 2)
    assert first.chunk.document_id == "harbour.txt"
    assert first.score == 1.0
    assert first.lexical is not None
    assert first.lexical > 0
    assert first.dense is not None
    assert second.lexical is None
    assert second.dense is not None


def test_filter_applies_inside_the_search(index: Index) -> None:
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=n) for n in range(200)]
    index.add(Document(id=f"d{n}", text="The same words.", date=day) for n, day in enumerate(days))
    within = Filter(dates=DateRange(after=days[150], before=days[152]))
    hits = index.search("the same words", 10, within=within)
    assert {hit.chunk.document_id for hit in hits} == {"d150", "d151", "d152"}


class StoreWithARemoval(LocalStore):
    """Another process has just removed the document "gone", after the search and before reading."""

    asked = 0

    def chunks(self, chunk_ids: Sequence[int]) -> dict[int, Chunk]:
        self.asked += len(chunk_ids)
        found = super().chunks(chunk_ids)
        return {id_: chunk for id_, chunk in found.items() if chunk.document_id != "gone"}


def test_next_hit_replaces_a_chunk_that_was_just_removed(tmp_path: Path, encoder) -> None:
    LocalStore.create(tmp_path / "index", {}, encoder.dimensions).close()
    store = StoreWithARemoval(tmp_path / "index")
    with Index(IndexResources(store, encoder, Chunking(words=10))) as index:
        index.add([Document("gone", "The storm."), Document("near", "The storm ended.")])
        index.add([Document(str(number), "A ferry waited for long.") for number in range(30)])
        found = [hit.chunk.document_id for hit in index.search("storm", 3)]
        assert found == ["near", "0", "1"]
        assert store.asked == 4  # one more than k, and not all


def test_empty_index_finds_nothing(index: Index) -> None:
    assert index.search("anything", 10) == []


def test_search_many_equals_separate_searches(index: Index, corpus: Path) -> None:
    index.add_paths([corpus])
    questions = ["storm", "school on Monday", "nothing of the kind"]
    assert index.search_many(questions, 2) == [index.search(one, 2) for one in questions]


def test_documents_added_before_an_interruption_stay(index: Index, encoder) -> None:
    def documents() -> Iterator[Document]:
        for n in range(1500):
            yield Document(id=f"d{n}", text=f"Words of document {n}.")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.add(documents())
    stored = len(ids(index))
    assert 1000 <= stored < 1500
    report = index.add(Document(id=f"d{n}", text=f"Words of document {n}.") for n in range(1500))
    assert len(report.unchanged) == stored
    assert len(report.added) == 1500 - stored
    assert index.check() == []


def test_second_writer_raises_busy_error_and_readers_continue(
    index: Index, tmp_path: Path, encoder
):
    index.add([Document(id="a", text="Some words.")])
    other = Index(IndexResources(LocalStore.open(tmp_path / "index"), encoder, Chunking(words=10)))

    def documents() -> Iterator[Document]:
        with pytest.raises(IndexBusyError):
            other.add([Document(id="c", text="Third.")])
        assert [hit.chunk.document_id for hit in other.search("some words")] == ["a"]
        yield Document(id="b", text="More words.")

    assert index.add(documents()).added == ("b",)
    assert {hit.chunk.document_id for hit in other.search("words")} == {"a", "b"}
    other.close()


def test_opening_a_missing_index_raises_index_not_found_error(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError):
        Index.open(tmp_path / "none")
    assert not Index.is_at(tmp_path / "none")


def test_reopened_index_has_the_same_hits_and_chunking(tmp_path: Path, corpus: Path) -> None:
    place = tmp_path / "index"
    with Index.open(place, create=True, chunking=Chunking(words=40)) as made:
        made.add_paths([corpus])
        found = made.search("Which harbour was closed?", 2)
        assert found[0].chunk.document_id == "harbour.txt"
    with Index.open(place) as opened:
        assert opened.search("Which harbour was closed?", 2) == found
    with pytest.raises(IndexMismatchError, match=r"of 40 words \(0 shared\)"):
        Index.open(place, chunking=Chunking(words=50))


def test_index_of_another_encoder_raises_index_mismatch_error(tmp_path: Path) -> None:
    settings = {
        "encoder": "other@12345678",
        "encoder_model": "",
        "chunk_words": 100,
        "overlap_words": 0,
    }
    LocalStore.create(tmp_path / "index", settings, 384).close()
    with pytest.raises(IndexMismatchError, match="made with encoder other@12345678"):
        Index.open(tmp_path / "index")


def test_encoder_named_by_the_index_only_is_not_downloaded(
    tmp_path: Path, encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(name: str, **how: object) -> str:
        asked.append((name, how["local_files_only"]))
        raise FileNotFoundError("not here")

    monkeypatch.setattr("embeddings.runtimes.torch.snapshot_download", refuse)
    settings = {"encoder": "some-one/it", "encoder_model": "some-one/it"}
    measures = {"chunk_words": 100, "overlap_words": 0}
    LocalStore.create(tmp_path / "index", settings | measures, encoder.dimensions).close()
    with pytest.raises(ModelError, match="some-one/it"):
        Index.open(tmp_path / "index")
    assert asked == [("some-one/it", True)]
    with pytest.raises(ModelError, match="some-one/it"):
        Index.open(tmp_path / "index", encoder="some-one/it")
    assert asked[1:] == [("some-one/it", True), ("some-one/it", False)]


def test_workers_get_the_encoder_that_the_index_was_opened_with(tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(BUNDLED, folder)
    with Index.open(tmp_path / "index", create=True, encoder=folder) as index:
        assert index._handle._resources.model == str(folder)
    with Index.open(tmp_path / "index") as index:
        assert index._handle._resources.model == str(folder)
