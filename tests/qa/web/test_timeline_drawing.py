import datetime
import re

from embeddings import Document
from qa import Answer
from qa.serialization import timeline_json
from qa.timeline.timeline import Timeline, timeline_entries
from qa.web.timeline_drawing import answers_over_time, values_over_time
from tests.qa.web.conftest import DAY as FAIR_DAY

DAY = datetime.date


def test_dated_answers_are_drawn_in_order_at_their_share_of_the_time(answer, exchange) -> None:
    answers = exchange(
        answer("Monday", 0.7, date=DAY(2020, 1, 11)),
        answer("rained", 0.2, date=DAY(2020, 1, 1)),
        answer("prize", 0.1, date=DAY(2020, 1, 6)),
        answer("Baker", 0.1, date=None),
        answer("won", 0.04, date=DAY(2020, 1, 20)),
    )["reply"]["answers"]
    shown = answers_over_time(answers)
    assert re.findall(r">(\w+)</text>", shown) == ["rained", "prize", "Monday"]
    assert re.findall(r'cx="([\d.]+)%"', shown) == ["2.0", "50.0", "98.0"]
    assert 'aria-label="2020-01-01: rained, 20%; 2020-01-06: prize, 10%;' in shown


def test_answers_of_one_day_or_without_a_day_are_not_drawn(answer, exchange) -> None:
    assert answers_over_time([]) == ""
    for second in (answer("Monday"), answer("Monday", date=None)):
        assert answers_over_time(exchange(answer(), second)["reply"]["answers"]) == ""


def dated_answer(text: str, words: str, date: datetime.date) -> Answer:
    start = text.index(words)
    document = Document(id=text, text=text, date=date)
    return Answer(words, 0.7, start, start + len(words), document, context=text, context_start=0)


def shown_timeline(answers: list[Answer]) -> str:
    made = Timeline("Who?", timeline_entries(answers), None, None, 3, 0.1)
    return values_over_time(timeline_json(made))


def test_values_are_drawn_from_their_first_to_their_last_day() -> None:
    shown = shown_timeline(
        [
            dated_answer("The butler did it.", "butler", DAY(2020, 1, 1)),
            dated_answer("They say that it was the cook.", "cook", DAY(2020, 1, 6)),
            dated_answer("Only a cook can have done it.", "cook", DAY(2020, 1, 11)),
        ]
    )
    assert re.findall(r">(\w+)</text>", shown) == ["butler", "cook"]
    assert re.findall(r'cx="([\d.]+)%"', shown) == ["2.0", "50.0", "98.0"]
    assert re.findall(r'class="period" x1="([\d.]+)%" x2="([\d.]+)%"', shown) == [
        ("2.0", "2.0"),
        ("50.0", "98.0"),
    ]
    assert "2020-01-01 to 2020-01-01: butler, superseded; 2020-01-06" in shown
    assert '<span class="mark">superseded</span>' in shown


def test_values_of_one_day_are_listed_and_not_drawn(answer) -> None:
    shown = shown_timeline([answer()])
    assert "<svg" not in shown
    assert "Rosa Pell</h4>" in shown
    assert FAIR_DAY.isoformat() in shown


def test_timeline_without_values_shows_a_message() -> None:
    assert "No dated document answers this on its own." in shown_timeline([])
