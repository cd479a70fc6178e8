import datetime
from collections.abc import Iterator

import pytest

from embeddings import DateRange, Document, Index, QuestionError, SettingsError
from qa import Answer, Assistant, TimelineEntry
from qa.timeline.timeline import time_slices, timeline_entries
from tests.qa.answering.answer_pairs import DIFFERENT, EQUAL, answer_of

FILLERS = ("Rain fell on the hills all day", "A fair was held in the old market", "Snow lay deep")


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def answer(words: str, date: str, text: str = "", score: float = 0.9) -> Answer:
    whole = f"{words}. {text or date}"
    document = Document(id=f"{date} {words}", text=whole, date=day(date))
    return Answer(words, score, 0, len(words), document, context=whole, context_start=0)


def shown(entries: tuple[TimelineEntry, ...]) -> list[tuple[str, str, str, int, bool]]:
    return [
        (one.best.text, str(one.first), str(one.last), len(one.answers), one.superseded)
        for one in entries
    ]


def test_answers_are_grouped_by_value_in_order_of_days() -> None:
    answers = [
        answer("forty", "2020-03-03", score=0.7),
        answer("51", "2020-03-09"),
        answer("40", "2020-03-01"),
        answer("51 people", "2020-03-07", score=0.95),
    ]
    assert shown(timeline_entries(answers)) == [
        ("40", "2020-03-01", "2020-03-03", 2, True),
        ("51 people", "2020-03-07", "2020-03-09", 2, False),
    ]


@pytest.mark.parametrize(
    ("pairs", "entries"), [(EQUAL, 1), (DIFFERENT, 2)], ids=["equal", "different"]
)
def test_answers_are_one_entry_if_and_only_if_they_are_equal(
    pairs: list[tuple[str, str]], entries: int
) -> None:
    for one, other in pairs:
        given = [answer_of(one, "one"), answer_of(other, "other")]
        assert len(timeline_entries(given)) == entries, (one, other)


def test_value_repeated_on_the_last_day_is_not_superseded() -> None:
    answers = [answer("40", "2020-03-01"), answer("51", "2020-03-05"), answer("40", "2020-03-05")]
    assert [one.superseded for one in timeline_entries(answers)] == [False, False]


def test_value_of_several_documents_is_not_superseded_by_one() -> None:
    several = [answer("40", "2020-03-01"), answer("40", "2020-03-02")]
    one = [answer("51", "2020-03-05")]
    assert [entry.superseded for entry in timeline_entries(several + one)] == [False, False]
    two = [*one, answer("51", "2020-03-06")]
    assert [entry.superseded for entry in timeline_entries(several + two)] == [True, False]


def test_weekday_and_date_of_the_same_day_are_one_value() -> None:
    [entry] = timeline_entries([answer("Tuesday", "2020-09-16"), answer("Sept. 15", "2020-09-20")])
    assert len(entry.answers) == 2


def test_near_duplicates_count_once_and_are_cited() -> None:
    story = "The minister told reporters in the capital that all of them had been found alive."
    answers = [answer("40", f"2020-03-0{number}", story) for number in (1, 2, 3)]
    [entry] = timeline_entries([*answers, answer("40", "2020-03-04")])
    assert [len(one.citations) for one in entry.answers] == [2, 0]
    assert {cited.document.id for cited in entry.answers[0].citations} == {
        "2020-03-02 40",
        "2020-03-03 40",
    }


def test_corrected_copy_counts() -> None:
    story = "The minister told reporters in the capital that all of them had been found alive."
    entries = timeline_entries(
        [answer("40", "2020-03-01", story), answer("51", "2020-03-02", story)]
    )
    assert [one.superseded for one in entries] == [True, False]


def test_no_answers_give_no_entries() -> None:
    assert timeline_entries([]) == ()


def test_time_slices_have_equal_numbers_of_documents() -> None:
    dates = [day(f"2020-01-0{number}") for number in (5, 1, 2, 3, 9, 4)]
    assert list(time_slices(dates, 3)) == [
        DateRange(day("2020-01-01"), day("2020-01-02")),
        DateRange(day("2020-01-03"), day("2020-01-04")),
        DateRange(day("2020-01-05"), day("2020-01-09")),
    ]


def test_documents_of_the_last_possible_day_are_in_the_last_slice() -> None:
    first, last = day("9999-12-30"), datetime.date.max
    assert list(time_slices([first, last, last, last], 4)) == [
        DateRange(first, first),
        DateRange(last, last),
    ]


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_every_document_is_in_one_slice(count: int) -> None:
    dates = [day("2020-01-01")] * 4 + [day("2020-01-03"), day("2020-02-01")]
    cut = list(time_slices(dates, count))
    assert len(cut) <= count
    assert all(sum(date in time_slice for time_slice in cut) == 1 for date in dates)
    assert list(time_slices([], count)) == []


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    place = tmp_path_factory.mktemp("timeline") / "index"
    with Index.open(place, create=True) as index:
        index.add(
            Document(
                id=f"{month}.txt",
                text=f"The flood in Ormsay killed {dead} people. {filler} in month {month}.",
                date=datetime.date(2021, month, 1),
            )
            for month, dead, filler in zip((3, 4, 5), (12, 19, 19), FILLERS, strict=True)
        )
        index.add([Document(id="undated.txt", text="The flood in Ormsay killed 3 people.")])
    with Assistant.open(place) as opened:
        yield opened


QUESTION = "How many people did the flood in Ormsay kill?"


def test_timeline_has_values_with_first_and_last_day(assistant: Assistant) -> None:
    timeline = assistant.timeline(QUESTION)
    assert [(one.best.text.split()[0], one.superseded) for one in timeline.values] == [
        ("12", True),
        ("19", False),
    ]
    assert timeline.values[1].first == day("2021-04-01")
    assert timeline.values[1].last == day("2021-05-01")
    assert timeline.read == 3
    for entry in timeline.values:
        for one in entry.answers:
            assert one.document.text[one.start : one.end] == one.text


def test_options_and_time_in_the_question_filter_the_timeline(assistant: Assistant) -> None:
    def ids(question: str = QUESTION, **given: object) -> set[str]:
        values = assistant.timeline(question, **given).values
        return {one.document.id for entry in values for one in entry.answers}

    assert ids(as_of="2021-04-01") == {"3.txt", "4.txt"}
    assert ids(after="2021-04-01") == {"4.txt", "5.txt"}
    assert ids(documents=["5.txt"]) == {"5.txt"}
    assert ids(f"{QUESTION[:-1]} in April 2021?") == {"4.txt"}
    assert ids(min_score=1.0) == set()
    assert ids("Who won the chess tournament in Lima?") == set()


def test_invalid_question_or_option_raises(assistant: Assistant) -> None:
    with pytest.raises(QuestionError):
        assistant.timeline(" ")
    for given in ({"k": 0}, {"slices": 0}, {"min_score": 2}, {"as_of": "soon"}):
        with pytest.raises(SettingsError):
            assistant.timeline(QUESTION, **given)
