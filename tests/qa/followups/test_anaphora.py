import pytest

from qa.followups.anaphora import resolve
from qa.followups.mentions import mention_of, mentions
from qa.followups.syntax import parse


def mentioned(*questions: str) -> list:
    """What questions mention, the latest turn first, each in the order of its words."""
    return [mentions(parse(question)) for question in reversed(questions)]


@pytest.mark.parametrize(
    ("question", "resolved"),
    [
        ("Where was she born?", "Where was Queen Anna born?"),
        ("Who met her?", "Who met Queen Anna?"),
        ("Where is her brother?", "Where is Queen Anna's brother?"),
        ("How old is it?", "How old is the treaty?"),
        ("Who signed this treaty?", "Who signed the treaty?"),
        ("What did the nurses say about it?", "What did the nurses say about the treaty?"),
        ("Who went there in May?", "Who went to Chile in May?"),
        ("Who else was there?", "Who else was there?"),
        ("Who lives there?", "Who lives in Chile?"),
        ("How far is it from there?", "How far is it from Chile?"),
        ("Who ruled then?", "Who ruled in 1994?"),
        ("Who ruled until then?", "Who ruled until 1994?"),
        ("What happened that year?", "What happened in 1994?"),
        ("And did she say she signed it?", "Did Queen Anna say she signed the treaty?"),
        ("When did his wife leave?", "When did his wife leave?"),
        ("Why did they strike?", "Why did they strike?"),
    ],
)
def test_a_word_stands_for_what_fits_it(question: str, resolved: str) -> None:
    earlier = mentioned("Did Queen Anna sign the treaty in Chile in 1994?")
    assert resolve(question, earlier) == resolved


def test_of_several_turns_the_latest_that_fits_tells() -> None:
    earlier = mentioned("Who sold the mill?", "Did Queen Anna buy the farm?", "Who is Mr. Lind?")
    assert resolve("When was it sold?", earlier) == "When was the farm sold?"
    assert resolve("Did he know her?", earlier) == "Did Mr. Lind know Queen Anna?"


@pytest.mark.parametrize(
    ("answer", "question", "resolved"),
    [
        ("a bridge", "How long is it?", "How long is the bridge?"),
        ("three paintings", "Who sold them?", "Who sold the three paintings?"),
        ("local farmers", "What is their demand?", "What is local farmers' demand?"),
        ("on June 14", "Who came then?", "Who came on June 14?"),
        ("June 14", "Who came then?", "Who came on June 14?"),
        ("last month", "Who came then?", "Who came last month?"),
        ("at the museum", "Who works there?", "Who works at the museum?"),
    ],
)
def test_words_take_the_form_that_their_place_wants(
    answer: str, question: str, resolved: str
) -> None:
    mention = mention_of(answer)
    assert mention is not None
    assert resolve(question, [[mention]]) == resolved
