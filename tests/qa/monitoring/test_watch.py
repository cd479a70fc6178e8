import datetime
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from embeddings import Document, Index, SettingsError
from qa import Assistant, Reader, Reply
from qa.monitoring.batch import BatchQuestion
from qa.monitoring.watch import Change, WatchResult, watch
from qa.serialization import change_json
from tests.qa.answering.answer_pairs import DIFFERENT, EQUAL, answer_of

WHO = BatchQuestion("Who is the mayor of Dunmore?")
WHERE = BatchQuestion("Where was the fair held?")


def mayor(name: str, day: str, **more) -> Document:
    return Document(
        id=f"{day}.txt",
        text=f"{name} is the mayor of Dunmore.",
        date=datetime.date.fromisoformat(day),
        title="The mayor",
        **more,
    )


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as made:
        made.add([mayor("Rosa Pell", "2020-01-01")])
        yield made


@pytest.fixture
def assistant(index: Index) -> Assistant:
    return Assistant(index, Reader.open())


def test_first_run_reports_no_changes(assistant: Assistant, tmp_path: Path) -> None:
    state = tmp_path / "watch.json"
    assert watch([WHO, WHERE], assistant, state, k=5) == WatchResult((), ())
    assert state.exists()


def test_changed_answer_is_reported_with_both_sources(
    assistant: Assistant, index: Index, tmp_path: Path
) -> None:
    state = tmp_path / "watch.json"
    watch([WHO], assistant, state, k=5)
    index.remove(["2020-01-01.txt"])
    index.add([mayor("Ada Bell", "2021-06-01", source="/news/ada.txt")])
    [change] = watch([WHO], assistant, state, k=5).changes
    assert change.question == WHO.question
    assert change.was is not None
    assert change.now is not None
    assert (change.was.answer, change.was.date) == ("Rosa Pell", "2020-01-01")
    assert (change.now.answer, change.now.date) == ("Ada Bell", "2021-06-01")
    assert change.now.source == "/news/ada.txt"
    assert change_json(change)["was"] == {
        "answer": "Rosa Pell",
        "score": change.was.score,
        "document": "2020-01-01.txt",
        "title": "The mayor",
        "date": "2020-01-01",
        "source": "",
        "start": 0,
        "end": 9,
        "day": None,
    }
    assert watch([WHO], assistant, state, k=5).changes == ()


@pytest.mark.parametrize(
    ("pairs", "changed"), [(EQUAL, 0), (DIFFERENT, 1)], ids=["equal", "different"]
)
def test_answer_has_changed_if_and_only_if_it_is_not_equal(
    pairs: list[tuple[str, str]], changed: int, tmp_path: Path
) -> None:
    for one, other in pairs:
        for run, marked in enumerate((one, other)):
            reply = Reply("?", "?", (answer_of(marked, str(run)),), hits=(), read=1, seconds={})
            answering = Mock(index=Mock(generation=run), ask=Mock(return_value=reply))
            found = watch([WHO], answering, tmp_path / "watch.json", k=5)
        assert len(found.changes) == changed, (one, other)
        (tmp_path / "watch.json").unlink()


def test_lost_answer_and_new_answer_are_changes(
    assistant: Assistant, index: Index, tmp_path: Path
) -> None:
    state = tmp_path / "watch.json"
    watch([WHO], assistant, state, k=5)
    index.remove(["2020-01-01.txt"])
    [gone] = watch([WHO], assistant, state, k=5).changes
    assert (gone.was is None, gone.now) == (False, None)
    index.add([mayor("Rosa Pell", "2020-01-01")])
    [back] = watch([WHO], assistant, state, k=5).changes
    assert (back.was, back.now is None) == (None, False)


def test_same_answer_from_another_document_is_not_a_change(
    assistant: Assistant, index: Index, tmp_path: Path
) -> None:
    state = tmp_path / "watch.json"
    watch([WHO], assistant, state, k=5)
    index.remove(["2020-01-01.txt"])
    index.add([mayor("The rosa Pell", "2021-06-01")])
    assert watch([WHO], assistant, state, k=5).changes == ()


@pytest.mark.parametrize(
    ("question", "was", "now", "changed"),
    [
        ("When is the vote?", "The vote is on Tuesday.", "The vote is on Tuesday.", True),
        (
            "How many people came?",
            "There came 200 people.",
            "There came two hundred people.",
            False,
        ),
        ("How many people came?", "There came 200 people.", "There came 250 people.", True),
    ],
)
def test_answers_are_compared_by_value_and_not_by_words(
    assistant: Assistant,
    index: Index,
    tmp_path: Path,
    question: str,
    was: str,
    now: str,
    changed: bool,
) -> None:
    state = tmp_path / "watch.json"
    index.add([Document(id="news", text=was, date=datetime.date(2020, 1, 1))])
    watch([BatchQuestion(question)], assistant, state, k=5)
    index.add([Document(id="news", text=now, date=datetime.date(2021, 6, 1))])
    result = watch([BatchQuestion(question)], assistant, state, k=5)
    assert len(result.changes) == changed


def test_time_saved_in_an_earlier_form_is_no_change(
    assistant: Assistant, index: Index, tmp_path: Path
) -> None:
    state, question = tmp_path / "watch.json", BatchQuestion("When does the vote start?")
    index.add([Document(id="news", text="The vote starts at 15:00 CET in the hall.")])
    watch([question], assistant, state, k=5)
    saved = state.read_text()
    assert '"key": "14:00Z"' in saved
    state.write_text(saved.replace('"key": "14:00Z"', '"key": "15:00 cet"'))
    index.add([Document(id="other", text="The hall is old.")])
    assert watch([question], assistant, state, k=5).changes == ()


def test_questions_are_not_asked_if_the_index_is_unchanged(
    assistant: Assistant, index: Index, tmp_path: Path
) -> None:
    class Silent:
        def __init__(self) -> None:
            self.index = index

    state = tmp_path / "watch.json"
    watch([WHO], assistant, state, k=5)
    assert watch([WHO], Silent(), state, k=5).changes == ()  # type: ignore[arg-type]


def test_same_question_with_other_dates_is_saved_separately(
    assistant: Assistant, index: Index, tmp_path: Path
) -> None:
    early = BatchQuestion(WHO.question, {"before": "2020-12-31"})
    state = tmp_path / "watch.json"
    watch([WHO, early], assistant, state, k=5)
    index.add([mayor("Ada Bell", "2021-06-01")])
    watch([WHO, early], assistant, state, k=5)
    index.remove(["2020-01-01.txt"])
    changes = watch([early], assistant, state, k=5).changes
    assert [change.now for change in changes] == [None]


def test_failed_question_is_reported_and_the_others_are_saved(
    assistant: Assistant, index: Index, tmp_path: Path
) -> None:
    state = tmp_path / "watch.json"
    long, bad = BatchQuestion("why " * 1000), BatchQuestion(WHO.question, {"after": "soon"})
    result = watch([long, bad, WHO], assistant, state, k=5)
    assert [question for question, _ in result.failed] == [long.question, bad.question]
    assert "'soon' is not a date" in result.failed[1][1]
    index.add([mayor("Ada Bell", "2021-06-01")])
    index.remove(["2020-01-01.txt"])
    [change] = watch([long, WHO], assistant, state, k=5).changes
    assert change.now is not None
    assert change.now.answer == "Ada Bell"


def test_change_is_found_again_if_reporting_it_failed(
    assistant: Assistant, index: Index, tmp_path: Path
) -> None:
    def fail(change: Change) -> None:
        raise BrokenPipeError

    state = tmp_path / "watch.json"
    watch([WHO], assistant, state, k=5)
    index.remove(["2020-01-01.txt"])
    with pytest.raises(BrokenPipeError):
        watch([WHO], assistant, state, k=5, report=fail)
    reported: list[Change] = []
    result = watch([WHO], assistant, state, k=5, report=reported.append)
    assert result.changes == tuple(reported)
    assert len(reported) == 1


@pytest.mark.parametrize("content", ["[]", "no", '{"a": 1}', '{"a": [1, {"answer": "b"}]}'])
def test_file_of_other_content_raises_settings_error(
    assistant: Assistant, tmp_path: Path, content: str
) -> None:
    state = tmp_path / "watch.json"
    state.write_text(content)
    with pytest.raises(SettingsError, match="does not contain saved answers"):
        watch([WHO], assistant, state, k=5)
