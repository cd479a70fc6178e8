import pytest

from qa.followups.mentions import asked_noun, mention_of, mentions, without_aside
from qa.followups.syntax import parse


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (
            "Who headed the Turkish delegation to Moscow?",
            {"the Turkish delegation": "group", "Moscow": "name"},
        ),
        ("Where did Sedat Önal hold talks?", {"Sedat Önal": "person", "talks": "thing"}),
        (
            "When did President Macron visit Algeria?",
            {"President Macron": "person", "Algeria": "place"},
        ),
        ("Who lived in Murcia in 1994?", {"Murcia": "place", "1994": "time"}),
        ("Who is the mayor of Lyon?", {"the mayor of Lyon": "person", "Lyon": "name"}),
        (
            "When did the factory in Turin close?",
            {"the factory in Turin": "place", "the factory": "place", "Turin": "place"},
        ),
        (
            "Who was Angela Merkel's successor?",
            {"Angela Merkel's successor": "person", "Angela Merkel": "person"},
        ),
        ("What did the court decide on Sept. 16?", {"the court": "group", "Sept. 16": "time"}),
        ("Why was it that Haftar left?", {"Haftar": "name"}),
    ],
)
def test_a_question_mentions_people_places_times_and_things(
    question: str, found: dict[str, str]
) -> None:
    assert {mention.text: mention.kind for mention in mentions(parse(question))} == found


@pytest.mark.parametrize(
    ("answer", "kind", "plural", "gender"),
    [
        ("Foreign Minister Hans Berg", "person", False, "male"),
        ("Queen Margrethe", "person", False, "female"),
        ("Egypt and the United Arab Emirates", "place", True, None),
        ("three paintings", "thing", True, None),
        ("48 million crowns", "quantity", False, None),
        ("a bridge to the mainland", "thing", False, None),
        ("13 December 2007", "time", False, None),
        ("the U.S. Senate", "group", False, None),
    ],
)
def test_an_answer_is_described_by_its_words(
    answer: str, kind: str, plural: bool, gender: str | None
) -> None:
    mention = mention_of(answer)
    assert mention is not None
    assert (mention.text, mention.kind) == (answer, kind)
    assert (mention.plural, mention.gender) == (plural, gender)


@pytest.mark.parametrize("answer", ["", "...", "he was hopeful", "to wait", "closed", "the " * 13])
def test_an_answer_that_is_no_noun_phrase_is_no_mention(answer: str) -> None:
    assert mention_of(answer) is None


def test_an_answer_loses_its_preposition_and_what_is_said_by_the_way() -> None:
    mention = mention_of("in Moscow, where it snowed.")
    assert mention is not None
    assert (mention.text, mention.preposition) == ("Moscow", "in")
    assert without_aside("Haftar, who is supported by Egypt") == "Haftar"


@pytest.mark.parametrize(
    ("question", "noun"),
    [
        ("Which villages were flooded?", "villages"),
        ("How many people came?", "people"),
        ("In which year did it open?", "year"),
        ("How long is the strike?", None),
        ("Who won the prize?", None),
    ],
)
def test_what_is_asked_for_by_name_is_found(question: str, noun: str | None) -> None:
    found = asked_noun(parse(question))
    assert (found.text if found else None) == noun
