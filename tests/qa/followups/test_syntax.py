import pytest

from qa.followups.syntax import parse, tokenise


@pytest.mark.parametrize(
    ("question", "asked", "auxiliary", "subject"),
    [
        ("Where did Sedat Önal hold talks?", "Where", "did", "Sedat Önal"),
        ("Who headed the delegation?", "Who", None, None),
        ("Who will lead the team?", "Who", "will", None),
        ("Who is the architect of the bridge?", "Who", "is", None),
        ("What will the council build?", "What", "will", "the council"),
        ("What was the council building?", "What", "was", "the council"),
        ("How much will the bridge cost?", "How much", "will", "the bridge"),
        ("How long was the strike?", "How long", "was", "the strike"),
        ("In which year was the opera house opened?", "In which year", "was", "the opera house"),
        ("Which party won the election?", "Which party", None, None),
        ("Which villages did it flood?", "Which villages", "did", "it"),
        ("When did this happen?", "When", "did", "this"),
        ("What did the annual report say?", "What", "did", "the annual report"),
        ("Why did the dog bark at Ada?", "Why", "did", "the dog"),
        ("Did Turkey support the plan?", None, "Did", "Turkey"),
        ("When Ada left, who came?", None, None, None),
        ("ceasefire Libya", None, None, None),
        ("And when?", "when", None, None),
        ("", None, None, None),
    ],
)
def test_a_question_is_taken_apart(
    question: str, asked: str | None, auxiliary: str | None, subject: str | None
) -> None:
    syntax = parse(question)
    parts = (syntax.asked, syntax.subject)
    found = [" ".join(token.text for token in syntax.of(part)) or None for part in parts]
    assert found == [asked, subject]
    at = syntax.auxiliary
    assert (None if at is None else syntax.tokens[at].text) == auxiliary


@pytest.mark.parametrize(
    ("question", "adverbial"),
    [
        ("When did it end?", True),
        ("How long was it?", True),
        ("In which year did it end?", True),
        ("How many came?", False),
        ("Which towns were flooded?", False),
    ],
)
def test_what_is_asked_for_is_a_circumstance_or_a_part(question: str, adverbial: bool) -> None:
    assert parse(question).adverbial is adverbial


def test_a_text_is_split_into_words_and_signs() -> None:
    tokens = tokenise("Did Mr. Önal’s U.S. trip (of Sept. 5) cost 1,200 euros?")
    assert [token.text for token in tokens] == [
        *("Did", "Mr.", "Önal", "’s", "U.S.", "trip", "(", "of", "Sept.", "5", ")"),
        *("cost", "1,200", "euros", "?"),
    ]


def test_capitals_tell_a_name_from_a_pronoun() -> None:
    assert [token.tag for token in tokenise("It saw us and IT in May")] == [
        *("pron", "word", "pron", "conj", "name", "prep", "name"),
    ]
